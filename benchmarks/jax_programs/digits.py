"""784-30-10, sigmoid, mean squared error, SGD, shuffled batches of 10 taken from arrays."""

import numpy as np

from . import parts


def setup(jax):
    """A function that does one step and returns the loss."""
    jnp, tree = jax.numpy, jax.tree_util.tree_map
    rng = np.random.default_rng(0)
    params = [parts.linear(rng, 784, 30), parts.linear(rng, 30, 10)]
    images = rng.random((4000, 784), np.float32)
    targets = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 4000)]

    def loss_of(params, x, y):
        (w1, b1), (w2, b2) = params
        out = jax.nn.sigmoid(jax.nn.sigmoid(x @ w1 + b1) @ w2 + b2)
        return jnp.mean((out - y) ** 2)

    def batches():
        while True:
            order = rng.permutation(4000)
            for k in range(0, 4000, 10):
                index = order[k : k + 10]
                yield images[index], targets[index]

    def sgd(params, grads, state):
        return tree(lambda p, g: p - 3.0 * g, params, grads), state

    return parts.stepper(jax, loss_of, params, (lambda params: (), sgd), batches())
