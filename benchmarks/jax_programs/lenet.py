"""LeNet-5, cross-entropy, Adam, batches of 64 in turn."""

from itertools import cycle

import numpy as np

from . import parts


def conv(rng, inputs, outputs, size):
    """Weight and bias of a convolution, uniform as PyTorch's."""
    bound = (inputs * size * size) ** -0.5
    weight = rng.uniform(-bound, bound, (outputs, inputs, size, size)).astype(np.float32)
    return weight, rng.uniform(-bound, bound, (outputs, 1, 1)).astype(np.float32)


def network(jax, params, x):
    """The logits."""
    lax, relu = jax.lax, jax.nn.relu
    convolutions, hidden, (w, b) = params
    for v, c in convolutions:
        x = relu(lax.conv(x, v, (1, 1), "VALID") + c)
        x = lax.reduce_window(x, -np.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    x = x.reshape(x.shape[0], -1)
    for v, c in hidden:
        x = relu(x @ v + c)
    return x @ w + b


def setup(jax):
    """A function that does one step and returns the loss."""
    jnp = jax.numpy
    rng = np.random.default_rng(0)
    params = (
        [conv(rng, 1, 6, 5), conv(rng, 6, 16, 5)],
        [parts.linear(rng, 256, 120), parts.linear(rng, 120, 84)],
        parts.linear(rng, 84, 10),
    )
    batches = [
        (
            jnp.asarray(rng.random((64, 1, 28, 28), np.float32)),
            jnp.asarray(rng.integers(0, 10, 64)),
        )
        for _ in range(16)
    ]

    def loss_of(params, x, y):
        return parts.cross_entropy(jax, network(jax, params, x), y)

    return parts.stepper(jax, loss_of, params, parts.adam(jax, 1e-3), cycle(batches))
