"""784-512-512-10, relu, cross-entropy, Adam, batches of 128 in turn."""

from itertools import cycle

import numpy as np

from . import parts


def setup(jax):
    """A function that does one step and returns the loss."""
    jnp = jax.numpy
    rng = np.random.default_rng(0)
    params = [parts.linear(rng, 784, 512), parts.linear(rng, 512, 512), parts.linear(rng, 512, 10)]
    batches = [
        (jnp.asarray(rng.random((128, 784), np.float32)), jnp.asarray(rng.integers(0, 10, 128)))
        for _ in range(16)
    ]

    def loss_of(params, x, y):
        *hidden, (w, b) = params
        for v, c in hidden:
            x = jax.nn.relu(x @ v + c)
        return parts.cross_entropy(jax, x @ w + b, y)

    return parts.stepper(jax, loss_of, params, parts.adam(jax, 1e-3), cycle(batches))
