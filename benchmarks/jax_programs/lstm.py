"""A language model: 2 LSTM layers of 128, batch 20, 35 steps, its state carried on, Adam."""

import numpy as np

from . import parts

LAYERS, WIDTH, BATCH, STEPS, LETTERS = 2, 128, 20, 35, 256


def setup(jax):
    """A function that does one step and returns the loss."""
    jnp = jax.numpy
    rng = np.random.default_rng(0)
    text = rng.integers(0, LETTERS, (100 * STEPS + 1, BATCH))
    params = {
        "encoder": rng.normal(size=(LETTERS, WIDTH)).astype(np.float32),
        "lstm": [
            (parts.linear(rng, WIDTH, 4 * WIDTH), parts.linear(rng, WIDTH, 4 * WIDTH))
            for _ in range(LAYERS)
        ],
        "decoder": parts.linear(rng, WIDTH, LETTERS),
    }

    def layer(p, x, state):
        (w, b), (u, c) = p
        inputs = x @ w + b + c  # (time, batch, 4 * width)

        def cell(state, given):
            h, s = state
            i, f, g, o = jnp.split(given + h @ u, 4, -1)
            s = jax.nn.sigmoid(f) * s + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(s)
            return (h, s), h

        return jax.lax.scan(cell, state, inputs)

    def loss_of(params, states, x, y):
        h = params["encoder"][x]
        after = []
        for p, state in zip(params["lstm"], states, strict=True):
            state, h = layer(p, h, state)
            after.append(state)
        w, b = params["decoder"]
        logits = (h @ w + b).reshape(-1, LETTERS)
        return parts.cross_entropy(jax, logits, y.reshape(-1)), after

    start, update = parts.adam(jax, 2e-3)

    def train(params, state, states, x, y):
        (loss, states), grads = jax.value_and_grad(loss_of, has_aux=True)(params, states, x, y)
        return *update(params, grads, state), states, loss

    train = jax.jit(train, donate_argnums=(0, 1, 2))
    params = jax.tree_util.tree_map(jnp.asarray, params)
    states = [(jnp.zeros((BATCH, WIDTH)), jnp.zeros((BATCH, WIDTH))) for _ in range(LAYERS)]
    held = [params, start(params), states]
    place = 0

    def step():
        nonlocal place
        x, y = text[place : place + STEPS], text[place + 1 : place + STEPS + 1]
        place = (place + STEPS) % (100 * STEPS)
        *held[:], loss = train(*held, x, y)
        return loss

    return step
