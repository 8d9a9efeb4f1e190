"""A character GPT: 4 layers, 4 heads, 128 wide, context 64, batch 12, AdamW."""

import numpy as np

from . import parts

LAYERS, HEADS, WIDTH, CONTEXT, BATCH, LETTERS = 4, 4, 128, 64, 12, 65


def initial(rng):
    """The parameters."""

    def matrix(*shape):
        return rng.normal(0, 0.02, shape).astype(np.float32)

    def zeros(n):
        return np.zeros(n, np.float32)

    def norm():
        return np.ones(WIDTH, np.float32), zeros(WIDTH)

    blocks = [
        {
            "norm1": norm(),
            "qkv": (matrix(WIDTH, 3 * WIDTH), zeros(3 * WIDTH)),
            "out": (matrix(WIDTH, WIDTH), zeros(WIDTH)),
            "norm2": norm(),
            "up": (matrix(WIDTH, 4 * WIDTH), zeros(4 * WIDTH)),
            "down": (matrix(4 * WIDTH, WIDTH), zeros(WIDTH)),
        }
        for _ in range(LAYERS)
    ]
    return {
        "letters": matrix(LETTERS, WIDTH),
        "places": matrix(CONTEXT, WIDTH),
        "blocks": blocks,
        "norm": norm(),
    }


def setup(jax):
    """A function that does one step and returns the loss."""
    jnp = jax.numpy
    rng = np.random.default_rng(0)
    params = initial(rng)
    text = rng.integers(0, LETTERS, 100_000)
    decay = jax.tree_util.tree_map(lambda p: 0.1 if p.ndim >= 2 else 0.0, params)
    mask = jnp.tril(jnp.ones((CONTEXT, CONTEXT), bool))

    def norm(x, p):
        centred = x - x.mean(-1, keepdims=True)
        spread = jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return centred / spread * p[0] + p[1]

    def attention(x, p):
        w, b = p["qkv"]
        size = WIDTH // HEADS
        qkv = (x @ w + b).reshape(BATCH, CONTEXT, 3, HEADS, size).transpose(2, 0, 3, 1, 4)
        q, k, v = qkv  # (batch, heads, time, size)
        scores = q @ k.swapaxes(-1, -2) * size**-0.5
        y = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf)) @ v
        w, b = p["out"]
        return y.transpose(0, 2, 1, 3).reshape(BATCH, CONTEXT, WIDTH) @ w + b

    def mlp(x, p):
        (w1, b1), (w2, b2) = p["up"], p["down"]
        return jax.nn.gelu(x @ w1 + b1, approximate=False) @ w2 + b2

    def loss_of(params, x, y):
        h = params["letters"][x] + params["places"]
        for p in params["blocks"]:
            h = h + attention(norm(h, p["norm1"]), p)
            h = h + mlp(norm(h, p["norm2"]), p)
        logits = norm(h, params["norm"]) @ params["letters"].T
        return parts.cross_entropy(jax, logits.reshape(-1, LETTERS), y.reshape(-1))

    def batches():
        window = np.arange(CONTEXT)
        while True:
            place = rng.integers(0, len(text) - CONTEXT, (BATCH, 1)) + window
            yield text[place], text[place + 1]

    start, update = parts.adam(jax, 1e-3, 0.9, 0.99)
    decaying = (start, lambda params, grads, state: update(params, grads, state, decay))
    return parts.stepper(jax, loss_of, params, decaying, batches())
