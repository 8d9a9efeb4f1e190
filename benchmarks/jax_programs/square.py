"""The notes' y = x^2: 1-10-1, relu, mean squared error, Adam."""

from itertools import repeat

import numpy as np

from . import parts


def setup(jax):
    """A function that does one step and returns the loss."""
    jnp = jax.numpy
    rng = np.random.default_rng(0)
    params = [parts.linear(rng, 1, 10), parts.linear(rng, 10, 1)]
    x = jnp.linspace(-3, 3, 100)[:, None]
    y = x**2

    def loss_of(params, x, y):
        (w1, b1), (w2, b2) = params
        return jnp.mean((jax.nn.relu(x @ w1 + b1) @ w2 + b2 - y) ** 2)

    return parts.stepper(jax, loss_of, params, parts.adam(jax, 0.01), repeat((x, y)))
