"""Recurrent layers: a cell applied step after step, its state handed on.

The input of all steps is projected by one product of matrices; a step then costs one more product,
of the state, and what the gates do with it. A batch is a matrix of rows, the steps one after
another, so that sequences of different lengths (`sizes` says how many go on at each step) are no
different from equal ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node
from .contract import mm
from .join import join
from .layers import through
from .samples import floats
from .slicing import cut, element, part
from .table import Tensor, Tensors, derived
from .views import expand_view, permute_view, reshape_view

State = tuple[Node, ...]
Step = Callable[[Node, State], State]


# -- cells -------------------------------------------------------------------------------------


def lstm_gates(gates: Node, c: Node) -> State:
    """The state after a step of an LSTM: what it shows, and what it remembers."""
    n = c.shape[1]
    i, f, g, o = cut(gates, 1, (n, 2 * n, 3 * n, 4 * n))
    c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
    return ops.sigmoid(o) * ops.tanh(c), c


def gru_gates(x: Node, hidden: Node, h: Node) -> Node:
    """The state after a step of a GRU, of the projections of input and state."""
    n = h.shape[1]
    both = ops.sigmoid(part(x, 1, 0, 2 * n) + part(hidden, 1, 0, 2 * n))
    r, z = cut(both, 1, (n, 2 * n))
    new = ops.tanh(part(x, 1, 2 * n, 3 * n) + r * part(hidden, 1, 2 * n, 3 * n))
    return (h - new) * z + new


def projection(weight: Node, bias: Node | None) -> Callable[[Node], Node]:
    """The product with `weight`, transposed once for all steps, plus `bias`."""
    across = permute_view(weight, dims=(1, 0))

    def project(h: Node) -> Node:
        product = mm(h, across)
        return product if bias is None else product + bias

    return project


def step_of(kind: str, weights: Sequence[Node], biases: bool) -> tuple[Step, Node | None]:
    """What a cell does with the projected input of one step; the bias of that projection."""
    to_input, to_hidden = weights[2:4] if biases else (None, None)
    # Biases that are only added up are added once, before the first step.
    together = None if to_input is None or to_hidden is None else to_input + to_hidden
    if kind == "gru":
        hidden = projection(weights[1], to_hidden)
        return lambda x, s: (gru_gates(x, hidden(s[0]), s[0]),), to_input
    hidden = projection(weights[1], None)
    if kind == "lstm":
        smaller = projection(weights[-1], None) if len(weights) > (4 if biases else 2) else None

        def lstm(x: Node, state: State) -> State:
            h, c = lstm_gates(x + hidden(state[0]), state[1])
            return (h if smaller is None else smaller(h)), c

        return lstm, together
    bend = ops.tanh if kind == "rnn_tanh" else ops.relu
    return lambda x, s: (bend(x + hidden(s[0])),), together


def check_sizes(op: str, x: Node, h: Node, w_ih: Node, w_hh: Node) -> None:
    """Raise unless an input and a state fit the weights of a cell."""
    for name, given, weight in (("input", x, w_ih), ("hidden", h, w_hh)):
        if given.shape[-1] != weight.shape[1]:
            problem = (
                f"{name} has inconsistent size: got {given.shape[-1]} expected {weight.shape[1]}"
            )
            raise ShapeError(explain(op, problem, {name: given.spec}))


def one_step(
    kind: str, input: Node, state: Sequence[Node], weights: Sequence[Node | None]
) -> State:
    """The state after one step; biases may be None."""
    given = [w for w in weights if w is not None]
    if len(given) == 3:
        raise ShapeError(explain(kind, "expected both biases, or none"))
    check_sizes(kind, input, state[0], given[0], given[1])
    step, bias = step_of(kind, given, len(given) > 2)
    return step(through(input, given[0], bias), tuple(state))


def by_op(out: Node, form: Any) -> str:
    """What is shown is a product, what is remembered a sum."""
    return "MulBackward0" if out.op is ops.mul else "AddBackward0"


@derived(on="torch", grad_name=by_op)
def lstm_cell(
    input: Tensor,
    hx: Tensors,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Node, ...]:
    """What an LSTM cell shows and what it remembers after one step, given both before it.

    Hochreiter & Schmidhuber, "Long short-term memory" (1997).
    """
    return one_step("lstm", input, hx, (w_ih, w_hh, b_ih, b_hh))


@derived(on="torch", grad_name="AddBackward0")
def gru_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Node:
    """The state of a gated recurrent unit after one step.

    Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014).
    """
    return one_step("gru", input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]


@derived(on="torch", grad_name="TanhBackward0")
def rnn_tanh_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Node:
    """The state of a simple recurrent cell after one step, bent by tanh."""
    return one_step("rnn_tanh", input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]


@derived(on="torch", grad_name="ReluBackward0")
def rnn_relu_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Node:
    """The state of a simple recurrent cell after one step, bent by relu."""
    return one_step("rnn_relu", input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]


@lstm_cell.samples
def _() -> Iterator[Any]:
    state = [floats(2, 4, seed=1), floats(2, 4, seed=2)]
    biases = floats(16, seed=5), floats(16, seed=6)
    yield floats(2, 3), state, floats(16, 3, seed=3), floats(16, 4, seed=4), *biases
    yield floats(2, 3), state, floats(16, 3, seed=3), floats(16, 4, seed=4)


@gru_cell.samples
def _() -> Iterator[Any]:
    weights = floats(12, 3, seed=3), floats(12, 4, seed=4)
    yield floats(2, 3), floats(2, 4), *weights, floats(12, seed=5), floats(12, seed=6)
    yield floats(2, 3), floats(2, 4), *weights


@rnn_tanh_cell.samples
@rnn_relu_cell.samples
def _() -> Iterator[Any]:
    weights = floats(4, 3, seed=3), floats(4, 4, seed=4)
    yield floats(2, 3), floats(2, 4), *weights, floats(4, seed=5), floats(4, seed=6)
    yield floats(2, 3), floats(2, 4), *weights


# -- sequences ---------------------------------------------------------------------------------


def joined(rows: list[Node]) -> Node:
    """`rows` below one another."""
    return rows[0] if len(rows) == 1 else join(*rows, axis=0)


def paused(step: Step, ended: Node) -> Step:
    """`step` for sequences of different lengths: the state of one that has `ended` stays."""

    def go_on(x: Node, state: State) -> State:
        return tuple(
            [ops.where(ended, s, new) for s, new in zip(state, step(x, state), strict=True)]
        )

    return go_on


def unrolled(
    step: Step,
    x: Node,
    state: State,
    sizes: Sequence[int],
    backwards: bool,
    ended_at: Node | None = None,
) -> tuple[Node, State]:
    """What every step shows, in rows, and the state in which each sequence ends.

    The first `sizes[t]` sequences are there at step t; each ends no later than the one before it.
    Those stay as they are that `ended_at` says have ended.
    """
    starts = [0, *accumulate(sizes)]
    n = sizes[-1 if backwards else 0]
    now = tuple([part(s, 0, 0, n) if n < s.shape[0] else s for s in state])
    ended: list[State] = []
    shown: list[Node] = []
    order = range(len(sizes))
    for t in reversed(order) if backwards else order:
        have, n = now[0].shape[0], sizes[t]
        if n < have:
            ended.append(tuple([part(s, 0, n, have) for s in now]))
            now = tuple([part(s, 0, 0, n) for s in now])
        elif n > have:  # going backwards, a shorter sequence begins here
            more = [part(s, 0, have, n) for s in state]
            now = tuple([joined([s, new]) for s, new in zip(now, more, strict=True)])
        this = step if ended_at is None else paused(step, element(ended_at, 0, t))
        now = this(part(x, 0, starts[t], starts[t] + n), now)
        shown.append(now[0])
    if backwards:
        shown.reverse()
    if ended:
        parts = zip(now, *reversed(ended), strict=True)
        now = tuple([joined(list(p)) for p in parts])
    return joined(shown), now


def layer_name(out: Node, form: Any) -> str:
    """PyTorch leaves LSTMs without projection to a library, and stacks the steps of others."""
    if out.op is ops.reshape_view:
        plain = form[3] == "lstm" and out.inputs[0].op is join
        return "MkldnnRnnLayerBackward0" if plain else "StackBackward0"
    return "CatBackward0" if out.op is join else by_op(out, form)


@derived(grad_name=layer_name)
def recurrent_layer(
    input: Tensor,
    state: Tensors,
    weights: Tensors,
    kind: str,
    biases: bool = True,
    backwards: bool = False,
    sizes: Any = None,
    ended: Tensor | None = None,
) -> tuple[Node, ...]:
    """What one layer shows at every step, then the state in which it ends.

    `input` is (time, batch, features), or, where `sizes` says how many sequences there are at each
    step, (rows, features). `ended`, (time, batch, 1), is true where a sequence is over. `weights`
    are those of input and state, the biases, and the projection of an LSTM if it has one. An empty
    `state` stands for zeros.
    """
    times = sizes or (input.shape[1],) * input.shape[0]
    flat = input if sizes else ops.reshape(input, input.shape[0] * input.shape[1], input.shape[2])
    if not state:
        widths = [weights[1].shape[1]]
        widths += [weights[1].shape[0] // 4] if kind == "lstm" else []
        zero = ops.constant(0, input.dtype)
        state = [expand_view(zero, shape=(max(times), n)) for n in widths]
    check_sizes(kind, flat, state[0], weights[0], weights[1])
    step, bias = step_of(kind, weights, biases)
    x = through(flat, weights[0], bias)
    shown, last = unrolled(step, x, tuple(state), times, backwards, ended)
    if not sizes:
        shown = reshape_view(shown, shape=(*input.shape[:2], shown.shape[1]))
        shown = (
            shown if ended is None else ops.masked_fill(shown, ended, ops.constant(0, shown.dtype))
        )
    elif shown is last[0]:
        shown = ops.clone(shown)
    return shown, *last


@recurrent_layer.samples
def _() -> Iterator[Any]:
    x = floats(3, 2, 3)
    weights = [floats(16, 3, seed=1), floats(16, 4, seed=2), floats(16, seed=3), floats(16, seed=4)]
    yield x, [floats(2, 4, seed=5), floats(2, 4, seed=6)], weights, "lstm"
    yield x, [], [*weights[:1], floats(16, 2), floats(2, 4)], "lstm", False, True
    weights = [floats(12, 3, seed=1), floats(12, 4, seed=2), floats(12, seed=3), floats(12, seed=4)]
    yield floats(6, 3), [floats(3, 4)], weights, "gru", True, False, (3, 2, 1)
    yield floats(6, 3), [floats(3, 4)], weights, "gru", True, True, (3, 2, 1)
    ended = np.array([[[False], [False]], [[False], [True]], [[False], [True]]])
    yield x, [floats(2, 4, seed=5)], weights, "gru", True, True, None, ended
    yield x, [], [floats(4, 3), floats(4, 4)], "rnn_tanh", False
    yield floats(1, 3), [], [floats(4, 3), floats(4, 4)], "rnn_relu", False, False, (1,)
