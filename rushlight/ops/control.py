"""Ops that join data with a history other than its own. Mutation and custom functions need them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import ops
from ..graph import Leaf, Node, Spec
from .layouts import like_inputs
from .samples import floats
from .table import Kind, Tensor, primitive


@primitive(Kind.CONTROL, numpy=lambda x, new: new, passes=1, layout=like_inputs)
def with_data(input: Tensor, new: Tensor) -> Spec:
    """The values of `new` with the history of `input`: what a change unknown to autograd leaves."""
    return input.spec


with_data.keeps_history = True


@with_data.vjp
def _(g: Node, out: Node, input: Node, new: Node) -> tuple[Node, None]:
    return (g, None)


@with_data.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)


@primitive(Kind.CONTROL, numpy=lambda x, new: new, passes=1, layout=like_inputs)
def overwritten(input: Tensor, new: Tensor) -> Spec:
    """The values of `new`, requiring grad because `input` did: what overwriting it leaves."""
    return input.spec


@overwritten.vjp
def _(g: Node, out: Node, input: Node, new: Node) -> tuple[Node, Node]:
    return ops.expand_view(ops.constant(0, g.dtype), shape=g.shape), g


@overwritten.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4, seed=1)


@primitive(Kind.VIEW, numpy=lambda x, *history: x[...])
def rejoin(input: Tensor, history: Tensor) -> Spec:
    """A view of `input` with the history of `history`, whose values are the same."""
    return input.spec


rejoin.keeps_history = True


@rejoin.vjp
def _(g: Node, out: Node, input: Node, history: Node) -> tuple[None, Node]:
    return (None, g)


@rejoin.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(3, 4)


@primitive(Kind.CONTROL, numpy=lambda out, *inputs: out, passes=0, layout=like_inputs)
def custom(out: Tensor, *inputs: Tensor) -> Spec:
    """`out`, made from `inputs` in a way that only a custom function's `backward` knows."""
    return out.spec


@custom.vjp
def _(g: Node, made: Node, out: Node, *inputs: Node) -> tuple[Node | None, ...]:
    # Never run: a pass that meets a custom function goes in steps. It only says which of the
    # forward values are needed here, namely none: the context keeps what `backward` wants.
    return (None, *[Leaf(i.shape, i.dtype) for i in inputs])


@custom.samples
def _() -> Iterator[Any]:
    yield floats(3), floats(4)
