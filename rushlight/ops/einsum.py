"""Sums of products in index notation, and what is written with them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from .. import ops
from ..errors import ShapeError, explain
from ..graph import Node
from .arithmetic import common_shape
from .contract import batch_mm, mm
from .dims import axis
from .samples import floats
from .slicing import part
from .table import Tensor, Tensors, derived
from .views import expand_view, permute_view, reshape_view

Labels = list[str]


class Term:
    """An operand of einsum: `node`, and a label for each of its dimensions."""

    def __init__(self, node: Node, labels: Labels) -> None:
        self.node = node
        self.labels = labels

    def size(self, label: str) -> int:
        """The size of the dimension called `label`."""
        return self.node.shape[self.labels.index(label)]

    def summed(self, away: Sequence[str]) -> Term:
        """The term with the dimensions `away` summed."""
        places = tuple([k for k, label in enumerate(self.labels) if label in away])
        if not places:
            return self
        node = ops.reduce_sum(self.node, axes=places, keepdim=False)
        return Term(node, [label for label in self.labels if label not in away])

    def arranged(self, order: Sequence[str]) -> Node:
        """The node with its dimensions in this order; size 1 where it has no such dimension."""
        present = [label for label in order if label in self.labels]
        node = self.node
        if present != self.labels:
            node = permute_view(node, dims=tuple([self.labels.index(x) for x in present]))
        if len(present) < len(order):
            sizes = [self.size(x) if x in self.labels else 1 for x in order]
            node = ops.reshape(node, tuple(sizes))
        return node


def parse(equation: str, operands: Sequence[Node]) -> tuple[list[Term], Labels]:
    """The terms and the labels of the result that `equation` stands for.

    A dimension that is part of an ellipsis gets a number for its label, counted from the right.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    texts = left.split(",")
    if len(texts) != len(operands):
        fewer = "fewer" if len(operands) < len(texts) else "more"
        problem = f"{fewer} operands were provided than specified in the equation"
        raise ShapeError(explain("einsum", problem, {"equation": repr(equation)}))
    terms = []
    most = 0
    for k, (text, node) in enumerate(zip(texts, operands, strict=True)):
        labels = labels_of(text, node, k)
        most = max(most, sum(label.isdigit() for label in labels))
        terms.append(diagonal_term(Term(node, labels)))
    hidden = [str(k) for k in range(most, 0, -1)]
    if arrow:
        result = [*right.replace("...", ".")]
        at = result.index(".") if "." in result else None
        result = result if at is None else [*result[:at], *hidden, *result[at + 1 :]]
    else:
        written = left.replace(",", "").replace(".", "")
        result = [*hidden, *sorted(x for x in set(written) if written.count(x) == 1)]
    known = {x for term in terms for x in term.labels}
    for x in result:
        if x not in known:
            problem = f"output subscript {x} does not appear in the equation for any input operand"
            raise ShapeError(explain("einsum", problem, {"equation": repr(equation)}))
    return terms, result


def labels_of(text: str, node: Node, k: int) -> Labels:
    """A label for each dimension of the `k`-th operand, whose subscripts are `text`."""
    found = [*text.replace("...", ".")]
    if not all(x == "." or x.isalpha() for x in found) or found.count(".") > 1:
        problem = f"invalid subscripts {text!r} for operand {k}"
        raise ShapeError(explain("einsum", problem, hint="use letters, and ... at most once"))
    free = node.ndim - len(found) + 1
    if "." not in found:
        if len(found) != node.ndim:
            problem = (
                f"the number of subscripts in the equation ({len(found)}) does not "
                f"match the number of dimensions ({node.ndim}) for operand {k} and no ellipsis "
                "was given"
            )
            raise ShapeError(explain("einsum", problem, {"operand": node.spec}))
        return found
    if free < 0:
        problem = (
            f"the number of subscripts in the equation ({len(found) - 1}) is more than "
            f"the number of dimensions ({node.ndim}) for operand {k}"
        )
        raise ShapeError(explain("einsum", problem, {"operand": node.spec}))
    at = found.index(".")
    return [*found[:at], *[str(j) for j in range(free, 0, -1)], *found[at + 1 :]]


def diagonal_term(term: Term) -> Term:
    """`term` with the diagonal taken of dimensions that share a label."""
    labels, node = list(term.labels), term.node
    for label in set(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if node.shape[first] != node.shape[second]:
                problem = (
                    f"subscript {label} is repeated but the sizes don't match, "
                    f"{node.shape[second]} != {node.shape[first]}"
                )
                raise ShapeError(explain("einsum", problem, {"operand": node.spec}))
            node = ops.diagonal(node, 0, first, second)
            del labels[second], labels[first]
            labels.append(label)
    return Term(node, labels)


def agreed(terms: list[Term]) -> list[Term]:
    """`terms` with dimensions of size 1 expanded where another term has more."""
    sizes: dict[str, int] = {}
    for k, term in enumerate(terms):
        for label, n in zip(term.labels, term.node.shape, strict=True):
            known = sizes.get(label, 1)
            if n != known and 1 not in (n, known):
                problem = (
                    f"subscript {label} has size {n} for operand {k} which does not "
                    f"broadcast with previously seen size {known}"
                )
                raise ShapeError(explain("einsum", problem))
            sizes[label] = n if known == 1 else known
    found = []
    for term in terms:
        shape = tuple([sizes[x] for x in term.labels])
        node = term.node if term.node.shape == shape else expand_view(term.node, shape=shape)
        found.append(Term(node, term.labels))
    return found


def product(x: Term, y: Term, kept: set[str]) -> Term:
    """The product of two terms, summed over the dimensions that nobody needs any more."""
    x = x.summed([a for a in x.labels if a not in kept and a not in y.labels])
    y = y.summed([a for a in y.labels if a not in kept and a not in x.labels])
    both = [a for a in x.labels if a in y.labels and a in kept]
    away = [a for a in x.labels if a in y.labels and a not in kept]
    only_x = [a for a in x.labels if a not in y.labels]
    only_y = [a for a in y.labels if a not in x.labels]
    order = [*both, *only_x, *only_y]
    if not away:
        return Term(x.arranged(order) * y.arranged(order), order)
    b = math.prod([x.size(a) for a in both])
    n = math.prod([x.size(a) for a in only_x])
    m = math.prod([x.size(a) for a in away])
    k = math.prod([y.size(a) for a in only_y])
    shape = [x.size(a) if a in x.labels else y.size(a) for a in order]
    left, right = x.arranged([*both, *only_x, *away]), y.arranged([*both, *away, *only_y])
    if both:
        out = batch_mm(ops.reshape(left, (b, n, m)), ops.reshape(right, (b, m, k)))
    else:
        out = mm(ops.reshape(left, (n, m)), ops.reshape(right, (m, k)))
    return Term(reshape_view(out, shape=tuple(shape)), order)


@derived(on="torch", grad_name="ViewBackward0")
def einsum(equation: str, *operands: Tensors) -> Node:
    """Sums of products of `operands`, written as one letter per dimension.

    A letter that is not on the right of the arrow is summed over; without an arrow the letters that
    occur once remain, in alphabetical order.

    >>> torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(3, 2))
    tensor([[3., 3.],
            [3., 3.]])
    """
    given = operands[0] if len(operands) == 1 and not isinstance(operands[0], Node) else operands
    terms, result = parse(equation, given)  # type: ignore[arg-type]
    terms = agreed(terms)
    total = terms[0]
    for k, term in enumerate(terms[1:], 1):
        later = {x for other in terms[k + 1 :] for x in other.labels}
        total = product(total, term, later | set(result))
    total = total.summed([x for x in total.labels if x not in result])
    return total.arranged(result)


@einsum.samples
def _() -> Iterator[Any]:
    yield "ij,jk->ik", floats(2, 3), floats(3, 4, seed=1)
    yield "ij,jk", floats(2, 3), floats(3, 4, seed=1)
    yield "bij,bjk->bik", floats(2, 2, 3), floats(2, 3, 2, seed=1)
    yield "...ij,...jk->...ik", floats(2, 2, 3), floats(3, 2, seed=1)
    yield "ij->ji", floats(2, 3)
    yield "ii->i", floats(3, 3)
    yield "ii", floats(3, 3)
    yield "ij,ij->", floats(2, 3), floats(2, 3, seed=1)
    yield "i,j->ij", floats(2), floats(3, seed=1)
    yield "bi,kij,bj->bk", floats(2, 3), floats(4, 3, 2, seed=1), floats(2, 2, seed=2)
    yield "bhqd,bhkd->bhqk", floats(1, 2, 2, 3), floats(1, 2, 3, 3, seed=1)
    yield "b...->...", floats(2, 3)


@derived(on="torch", grad_name="ViewBackward0")
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Node:
    """Sums of products over the last `dims` dimensions of `a` and the first of `b`, or over pairs.

    >>> torch.tensordot(torch.ones(2, 3), torch.ones(3, 2), dims=1)
    tensor([[3., 3.],
            [3., 3.]])
    """
    if isinstance(dims, int):
        if dims < 0 or dims > min(a.ndim, b.ndim):
            problem = f"tensordot expects dims >= 0 and to fit both tensors, but got dims={dims}"
            raise ShapeError(explain("tensordot", problem))
        firsts, seconds = tuple(range(a.ndim - dims, a.ndim)), tuple(range(dims))
    else:
        pair = [(d,) if isinstance(d, int) else tuple(d) for d in dims]
        firsts = tuple([axis(d, a.ndim, "tensordot") for d in pair[0]])
        seconds = tuple([axis(d, b.ndim, "tensordot") for d in pair[1]])
    if len(firsts) != len(seconds):
        raise ShapeError(explain("tensordot", "both dimension lists should have the same length"))
    for i, j in zip(firsts, seconds, strict=True):
        if a.shape[i] == 1 != b.shape[j]:
            b = ops.sum(b, j, True)
        elif b.shape[j] == 1 != a.shape[i]:
            a = ops.sum(a, i, True)
    for i, j in zip(firsts, seconds, strict=True):
        if a.shape[i] != b.shape[j]:
            problem = (
                f"contracted dimensions need to match, but first has size {a.shape[i]} in dim {i} "
                f"and second has size {b.shape[j]} in dim {j}"
            )
            raise ShapeError(explain("tensordot", problem, {"a": a.spec, "b": b.spec}))
    rest_a = [k for k in range(a.ndim) if k not in firsts]
    rest_b = [k for k in range(b.ndim) if k not in seconds]
    left = permute_view(a, dims=(*rest_a, *firsts))
    right = permute_view(b, dims=(*seconds, *rest_b))
    n = math.prod([a.shape[i] for i in firsts])
    rows, columns = [a.shape[k] for k in rest_a], [b.shape[k] for k in rest_b]
    out = mm(ops.reshape(left, (math.prod(rows), n)), ops.reshape(right, (n, math.prod(columns))))
    return reshape_view(out, shape=(*rows, *columns))


@tensordot.samples
def _() -> Iterator[Any]:
    yield floats(2, 3, 4), floats(3, 4, 2, seed=1)
    yield (floats(2, 3), floats(3, 2, seed=1)), {"dims": 1}
    yield (floats(2, 3), floats(2, 4, seed=1)), {"dims": ([0], [0])}
    yield (floats(2), floats(3, seed=1)), {"dims": 0}


@derived(on="torch Tensor", grad_name="UnsafeViewBackward0")
def kron(input: Tensor, other: Tensor) -> Node:
    """Kronecker product: `input` with each element replaced by its product with all of `other`.

    >>> torch.kron(torch.tensor([1, 10]), torch.tensor([1, 2]))
    tensor([ 1,  2, 10, 20])
    """
    ndim = max(input.ndim, other.ndim)
    first = (1,) * (ndim - input.ndim) + input.shape
    second = (1,) * (ndim - other.ndim) + other.shape
    left = ops.reshape(input, tuple([m for n in first for m in (n, 1)]))
    right = ops.reshape(other, tuple([m for n in second for m in (1, n)]))
    return ops.reshape(left * right, tuple([n * m for n, m in zip(first, second, strict=True)]))


@kron.samples
def _() -> Iterator[Any]:
    yield floats(2, 2), floats(2, 3, seed=1)
    yield floats(2), floats(2, 2, seed=1)


@derived(on="torch Tensor", grad_name="LinalgCrossBackward0")
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Node:
    """Cross products of the vectors that `input` and `other` hold along `dim`.

    >>> torch.cross(torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0]), dim=0)
    tensor([0, 0, 1])
    """
    if dim is None:
        threes = [k for k, n in enumerate(input.shape) if n == 3]
        if not threes:
            raise ShapeError(explain("cross", "no dimension of size 3 in input"))
        dim = threes[0]
    k = vectors_along("cross", input, other, dim)
    a = [part(input, k, i, i + 1) for i in range(3)]
    b = [part(other, k, i, i + 1) for i in range(3)]
    turns = [(1, 2), (2, 0), (0, 1)]
    return ops.cat([a[i] * b[j] - a[j] * b[i] for i, j in turns], k)


def vectors_along(op: str, input: Node, other: Node, dim: int) -> int:
    """The axis of the vectors; raises unless both tensors have vectors of 3 numbers along it."""
    if input.ndim != other.ndim:
        problem = "inputs must have the same number of dimensions."
        raise ShapeError(explain(op, problem, {"input": input.spec, "other": other.spec}))
    k = axis(dim, input.ndim, op)
    if input.shape[k] != 3 or other.shape[k] != 3:
        problem = (
            f"inputs dimension {dim} must have length 3. Got {input.shape[k]} and {other.shape[k]}"
        )
        raise ShapeError(explain(op, problem))
    return k


@cross.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), floats(2, 3, seed=1), 1
    yield floats(3), floats(3, seed=1), -1
    yield floats(3, 2), floats(3, 1, seed=1), 0


@derived(grad_name="LinalgCrossBackward0")
def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Node:
    """Cross products of the vectors that two tensors, broadcast, hold along `dim`."""
    vectors_along("linalg.cross", input, other, dim)
    shape = common_shape("linalg.cross", [input, other])
    x, y = expand_view(input, shape=shape), expand_view(other, shape=shape)
    return cross(x, y, dim)


@linalg_cross.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), floats(1, 3, seed=1)
