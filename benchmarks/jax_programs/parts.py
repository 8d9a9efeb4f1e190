"""What the programs share: initial values, and optimizers written by hand."""

import numpy as np


def linear(rng, inputs, outputs):
    """Weight and bias of a linear layer, uniform as PyTorch's."""
    bound = inputs**-0.5
    weight = rng.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
    return weight, rng.uniform(-bound, bound, outputs).astype(np.float32)


def adam(jax, lr, b1=0.9, b2=0.999, eps=1e-8):
    """(start, update): start(params) is a state, update(params, grads, state, decay) the next two.

    `decay`, a tree like `params`, has AdamW's weight decay for each parameter.
    """
    jnp, tree = jax.numpy, jax.tree_util.tree_map

    def start(params):
        return tree(jnp.zeros_like, params), tree(jnp.zeros_like, params), jnp.zeros((), jnp.int32)

    def update(params, grads, state, decay=None):
        m, v, t = state
        t = t + 1
        m = tree(lambda m, g: b1 * m + (1 - b1) * g, m, grads)
        v = tree(lambda v, g: b2 * v + (1 - b2) * g * g, v, grads)
        c1, c2 = 1 - b1**t, 1 - b2**t
        if decay is not None:
            params = tree(lambda p, d: p * (1 - lr * d), params, decay)
        params = tree(lambda p, m, v: p - lr * (m / c1) / (jnp.sqrt(v / c2) + eps), params, m, v)
        return params, (m, v, t)

    return start, update


def cross_entropy(jax, logits, targets):
    """The mean over the batch."""
    logs = jax.nn.log_softmax(logits)
    return -jax.numpy.take_along_axis(logs, targets[:, None], 1).mean()


def stepper(jax, loss_of, params, optimizer, batches):
    """A function that does one step with the next of `batches` (tuples of arrays)."""
    start, update = optimizer

    def train(params, state, *batch):
        loss, grads = jax.value_and_grad(loss_of)(params, *batch)
        return *update(params, grads, state), loss

    train = jax.jit(train, donate_argnums=(0, 1))
    params = jax.tree_util.tree_map(jax.numpy.asarray, params)
    held = [params, start(params)]

    def step():
        held[0], held[1], loss = train(*held, *next(batches))
        return loss

    return step
