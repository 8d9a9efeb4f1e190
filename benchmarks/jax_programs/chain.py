"""A chain of elementwise operations on ten million floats."""

COUNT = 10_000_000


def setup(jax):
    """A function that runs the chain once and returns when it is done."""
    jnp = jax.numpy
    x = jax.random.normal(jax.random.key(0), (COUNT,))

    @jax.jit
    def chain(x):
        y = jax.nn.relu(x * 2.0 + 1.0) - 0.5
        return jax.nn.sigmoid(y) * x + jnp.abs(x)

    def step():
        return chain(x).block_until_ready()[0]

    return step
