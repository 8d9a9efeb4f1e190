"""Many examples at once: what the rules of `vmap` are made of.

A rule says what an op makes of a batch of examples, as nodes:

    @tanh.vmap
    def _(batch, x): ...

`batch.size` is how many examples there are, and `batch.mapped` says which inputs hold one element
for each of them, along their first axis; the others are the same for all. The result holds the
examples along its first axis. Most ops need no rule of their own: that of their kind will do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..graph import Leaf, Node, Spec
from .table import Kind, Tensor, primitive

Rule = Callable[..., Node]


class Batch(NamedTuple):
    """How many examples there are, and which inputs differ from one to the next."""

    size: int
    mapped: tuple[bool, ...]

    def spread(self, inputs: Sequence[Node]) -> list[Node]:
        """`inputs`, each with the examples along its first axis; numbers stay as they are."""
        return [
            x if m or x.number else ops.expand_view(x, shape=(self.size, *x.shape))
            for x, m in zip(inputs, self.mapped, strict=True)
        ]

    def aligned(self, inputs: Sequence[Node]) -> list[Node]:
        """`inputs` so that they broadcast as single examples do, with the examples in front."""
        ndims = [x.ndim - m for x, m in zip(inputs, self.mapped, strict=True)]
        most = max(ndims)
        return [
            widened(x, most - n) if m else x
            for x, m, n in zip(inputs, self.mapped, ndims, strict=True)
        ]


def widened(x: Node, count: int) -> Node:
    """A batch with `count` axes of size 1 put in front of each example's own."""
    if not count:
        return x
    return ops.reshape_view(x, shape=(x.shape[0], *[1] * count, *x.shape[1:]))


def moved(x: Node, source: int, to: int) -> Node:
    """`x` with its axis `source` in the place `to`."""
    if source == to:
        return x
    dims = [k for k in range(x.ndim) if k != source]
    dims.insert(to, source)
    return ops.permute_view(x, dims=tuple(dims))


def merged(x: Node, at: int) -> Node:
    """`x` with its axes `at` and `at + 1` made one."""
    return ops.reshape(x, (*x.shape[:at], x.shape[at] * x.shape[at + 1], *x.shape[at + 2 :]))


def parted(x: Node, at: int, size: int) -> Node:
    """`x` with its axis `at` parted in two, the first of the given size."""
    rest = x.shape[at] // size if size else 0
    return ops.reshape(x, (*x.shape[:at], size, rest, *x.shape[at + 1 :]))


# -- the rules of kinds ------------------------------------------------------------------------


def broadcast(op: Any, batch: Batch, /, *inputs: Node, **attrs: Any) -> Node:
    """The rule of ops that work element by element, or on the last axes, and broadcast the rest."""
    given = batch.aligned(inputs)
    node: Node = op(*given, **attrs)
    if node.ndim < max([x.ndim for x in given]):  # its shape is that of an input without examples
        everyone = Batch(batch.size, tuple([True] * len(given)))
        node = op(*everyone.aligned(batch.spread(inputs)), **attrs)
    return node


def along(op: Any, batch: Batch, /, *inputs: Node, **attrs: Any) -> Node:
    """The rule of ops that work along the `axis`, or the `axes`, that they are told."""
    if "axis" in attrs:
        attrs["axis"] += 1
    if "axes" in attrs:
        attrs["axes"] = tuple([k + 1 for k in attrs["axes"]])
    node: Node = op(*batch.spread(inputs), **attrs)
    return node


def shown(op: Any, batch: Batch, /, *inputs: Node, **attrs: Any) -> Node:
    """The rule of views: one that shows every example as the view of one shows that."""
    node: Node = op(*batch.spread(inputs), **op.vmap_attrs(batch.size, **attrs))
    return node


def beside(op: Any, batch: Batch, /, *inputs: Node, **attrs: Any) -> Node:
    """The rule of ops whose inputs are batches already: examples make longer ones."""
    return parted(op(*[merged(x, 0) for x in batch.spread(inputs)], **attrs), 0, batch.size)


def alone(op: Any, batch: Batch, /, *inputs: Node, **attrs: Any) -> Node:
    """The rule of all others: one example after the other. Correct, and slower."""
    return one_by_one(*inputs, op=op, mapped=batch.mapped, attrs=tuple(attrs.items()))


def rule_of(op: Any) -> Rule:
    """What `op` makes of a batch of examples: its own rule, or that of its kind."""
    if op.vmap_rule is not None:
        rule: Rule = op.vmap_rule
        return rule
    names = {p.name for p in op.params}
    if op.kind is Kind.VIEW and op.vmap_attrs is not None:
        return partial(shown, op)
    if names & {"axis", "axes"}:
        return partial(along, op)
    if op.kind is Kind.ELEMENTWISE or op.kind is Kind.LINALG:
        return partial(broadcast, op)
    return partial(alone, op)


# -- one example after the other ---------------------------------------------------------------


def looped(*arrays: Any, op: Any, mapped: tuple[bool, ...], attrs: Any) -> Any:
    """NumPy: what `op` makes of each example, one on top of the other."""
    count = next(len(a) for a, m in zip(arrays, mapped, strict=True) if m)
    made = []
    for k in range(count):
        given = [a[k, ...] if m else a for a, m in zip(arrays, mapped, strict=True)]
        made.append(op.numpy(*given, **dict(attrs)))
    return np.stack(made)


@primitive(Kind.CONTROL, numpy=looped)
def one_by_one(*inputs: Tensor, op: Any, mapped: tuple[bool, ...], attrs: Any) -> Spec:
    """What `op` makes of each example; `mapped` says which inputs hold one along the first axis."""
    one = [Leaf(x.shape[1:], x.dtype) if m else x for x, m in zip(inputs, mapped, strict=True)]
    spec = op.fn(*one, **dict(attrs))
    size = next(x.shape[0] for x, m in zip(inputs, mapped, strict=True) if m)
    return Spec((size, *spec.shape), spec.dtype)
