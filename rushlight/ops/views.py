"""Views: the primitives that show the elements of an array in another way, and their inverses.

A view shares memory with what it is a view of, so a change through it is `write_view`, and its
gradient is `unview`: both take any view, as the op and the attributes that make it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from .. import ops
from ..errors import ChoiceError, DimError, explain
from ..graph import Node, Shape, Spec, contiguous_strides
from .batching import Batch, widened
from .samples import floats
from .table import Kind, Tensor, primitive

Index = tuple[Any, ...]


# -- reshape -----------------------------------------------------------------------------------


def runs_of(shape: Shape, strides: Shape) -> Iterator[tuple[int, int]]:
    """The stretches of evenly spaced elements, from the right: (how many, how far apart)."""
    count, apart = 1, strides[-1]
    for k in range(len(shape) - 1, -1, -1):
        count *= shape[k]
        if k == 0 or (shape[k - 1] != 1 and strides[k - 1] != count * apart):
            yield count, apart
            count, apart = 1, strides[k - 1]


def strides_as(shape: Shape, strides: Shape, new: Shape) -> Shape | None:
    """The strides with which an array of `shape` is seen as `new`; None if it must be copied."""
    if new == shape:
        return strides
    if 0 in shape or not shape:
        return contiguous_strides(new)
    found: list[int] = []
    left = list(new)
    for count, apart in runs_of(shape, strides):
        seen = 1
        while left and (seen < count or left[-1] == 1):
            found.append(seen * apart)
            seen *= left.pop()
        if seen != count:
            return None
    return tuple(reversed(found))


def reshaped_strides(node: Node) -> Shape:
    """The layout of a reshaped array; of a copy if it cannot be a view."""
    source = node.inputs[0]
    found = strides_as(source.shape, source.strides, node.shape)
    return contiguous_strides(node.shape) if found is None else found


@primitive(
    Kind.VIEW,
    numpy=lambda x, *, shape: x.reshape(shape),
    layout=reshaped_strides,
    grad_name="ViewBackward0",
)
def reshape_view(input: Tensor, *, shape: Shape) -> Spec:
    """The elements of `input`, in the same order, in a new `shape`."""
    return Spec(shape, input.dtype)


reshape_view.vmap_attrs = lambda size, shape: {"shape": (size, *shape)}


@reshape_view.vjp
def _(g: Node, out: Node, input: Node, *, shape: Shape) -> tuple[Node]:
    return (ops.reshape(g, *input.shape),)


@reshape_view.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"shape": (2, 6)}
    yield (floats(1),), {"shape": ()}


# -- permute, expand ---------------------------------------------------------------------------


@primitive(
    Kind.VIEW,
    numpy=lambda x, *, dims: x.transpose(dims),
    layout=lambda node: tuple([node.inputs[0].strides[d] for d in node.attrs["dims"]]),
    grad_name="PermuteBackward0",
)
def permute_view(input: Tensor, *, dims: Shape) -> Spec:
    """`input` with its dimensions in the order of `dims`."""
    return Spec(tuple([input.shape[d] for d in dims]), input.dtype)


permute_view.vmap_attrs = lambda size, dims: {"dims": (0, *[d + 1 for d in dims])}


@permute_view.vjp
def _(g: Node, out: Node, input: Node, *, dims: Shape) -> tuple[Node]:
    return (permuted(g, tuple(sorted(range(len(dims)), key=dims.__getitem__))),)


def permuted(input: Node, dims: Shape) -> Node:
    """`input` with its dimensions in the order of `dims`; what was permuted, if that undoes it."""
    if not input.leaf and input.op is permute_view:
        before = input.attrs["dims"]
        if all(before[d] == k for k, d in enumerate(dims)):
            return input.inputs[0]
    return permute_view(input, dims=dims)


@permute_view.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3, 4),), {"dims": (2, 0, 1)}


@lru_cache(4096)
def expanded_byte_strides(shape: Shape, item: int, new: Shape) -> Shape:
    """The strides in bytes with which a contiguous array of `shape` fills `new`."""
    extra = len(new) - len(shape)
    steps = contiguous_strides(shape)
    kept = [0 if n != m else s * item for n, m, s in zip(shape, new[extra:], steps, strict=True)]
    return (0,) * extra + tuple(kept)


def spread_out(x: Any, *, shape: Shape) -> Any:
    """NumPy's broadcast_to, in a quarter of its time if `x` is contiguous."""
    if type(x) is np.ndarray and x.flags.c_contiguous and x.size:
        steps = expanded_byte_strides(x.shape, x.itemsize, shape)
        return np.ndarray(shape, x.dtype, x, 0, steps)
    return np.broadcast_to(x, shape)


def expanded_strides(node: Node) -> Shape:
    """Strides of 0 where elements repeat, as PyTorch reports them."""
    source = node.inputs[0]
    extra = node.ndim - source.ndim
    found: list[int] = []
    for k in range(node.ndim - 1, -1, -1):
        if k >= extra:
            n, stride = source.shape[k - extra], source.strides[k - extra]
        else:
            n, stride = 1, node.shape[k + 1] * found[-1] if found else 1
        found.append(stride if n == node.shape[k] else 0)
    return tuple(reversed(found))


@primitive(Kind.VIEW, numpy=spread_out, layout=expanded_strides, grad_name="ExpandBackward0")
def expand_view(input: Tensor, *, shape: Shape) -> Spec:
    """`input` repeated, without copying, along axes of size 1 to fill `shape`."""
    return Spec(shape, input.dtype)


expand_view.vmap_attrs = lambda size, shape: {"shape": (size, *shape)}


@expand_view.vmap
def _(batch: Batch, input: Node, *, shape: Shape) -> Node:
    input = widened(input, len(shape) - input.ndim + 1)
    return expand_view(input, shape=(batch.size, *shape))


@expand_view.vjp
def _(g: Node, out: Node, input: Node, *, shape: Shape) -> tuple[Node]:
    return (g,)  # summed by the gradient walk, as for every broadcast


@expand_view.samples
def _() -> Iterator[Any]:
    yield (floats(3, 1),), {"shape": (2, 3, 4)}
    yield (floats(),), {"shape": (2, 3)}


# -- basic indexing ----------------------------------------------------------------------------


def canonical(input: Node, index: Index, op: str = "index") -> Index:
    """`index` with one item for each dimension of `input`: a number from 0, or a slice as a triple.

    None stays where a new dimension goes. Raises DimError if there is no such element.
    """
    given = sum([i is not None and i is not Ellipsis for i in index])
    if given > input.ndim:
        problem = f"too many indices for tensor of dimension {input.ndim}"
        raise DimError(explain(op, problem, {"input": input.spec}))
    fill = [(None, None, None)] * (input.ndim - given)
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    items = [*index[:at], *fill, *index[at + 1 :]]
    found: list[Any] = []
    k = 0
    for item in items:
        if item is None:
            found.append(None)
            continue
        n = input.shape[k]
        found.append(canonical_slice(item, n, op) if type(item) is tuple else item)
        if type(item) is not tuple:
            if not -n <= item < n:
                problem = f"index {item} is out of bounds for dimension {k} with size {n}"
                raise DimError(explain(op, problem, {"input": input.spec}))
            found[-1] = item % n
        k += 1
    return tuple(found)


def canonical_slice(item: Index, n: int, op: str) -> tuple[int, int, int]:
    """A slice, given as a triple, with ends from 0 to `n`."""
    start, stop, step = item
    if step is not None and step <= 0:
        raise ChoiceError(explain(op, "step must be greater than zero", hint="use torch.flip"))
    start, stop, step = slice(start, stop, step).indices(n)
    return start, max(start, stop), step


@lru_cache(4096)
def decode(index: Index) -> Index:
    """A hashable basic index as NumPy takes it; it always gives an array, never a scalar."""
    found = tuple([slice(*i) if type(i) is tuple else i for i in index])
    return found if Ellipsis in found else (*found, Ellipsis)


def indexed_strides(node: Node) -> Shape:
    """The layout of a slice."""
    source = node.inputs[0]
    found: list[int] = []
    k = 0
    for item in canonical(source, node.attrs["index"]):
        if item is None:
            found.append(source.shape[k] * source.strides[k] if k < source.ndim else 1)
            continue
        if type(item) is tuple:
            found.append(source.strides[k] * item[2])
        k += 1
    return tuple(found)


def index_name(out: Node, form: Any) -> str:
    """The name of the last of the views that an index stands for."""
    for item in reversed(form[1]):
        if item is None:
            return "UnsqueezeBackward0"
        if isinstance(item, int):
            return "SelectBackward0"
        if isinstance(item, tuple) and item != (None, None, None):
            return "SliceBackward0"
    return "AliasBackward0"


@primitive(
    Kind.VIEW,
    numpy=lambda x, *, index: x[decode(index)],
    layout=indexed_strides,
    grad_name=index_name,
)
def basic_index(input: Tensor, *, index: Index) -> Spec:
    """`input[index]` for integers, slices (as triples), None and Ellipsis."""
    shape = []
    for item, n in paired(canonical(input, index), input.shape):
        if item is None:
            shape.append(1)
        elif type(item) is tuple:
            shape.append(len(range(*slice(*item).indices(n))))
    return Spec(tuple(shape), input.dtype)


def paired(index: Index, shape: Shape) -> Iterator[tuple[Any, int]]:
    """The items of a canonical index with the sizes they apply to."""
    sizes = iter(shape)
    for item in index:
        yield item, 1 if item is None else next(sizes)


basic_index.vmap_attrs = lambda size, index: {"index": ((None, None, None), *index)}


@basic_index.vjp
def _(g: Node, out: Node, input: Node, *, index: Index) -> tuple[Node]:
    attrs = (("index", index),)
    return (ops.unview(g, shape=input.shape, view=basic_index, attrs=attrs, overlaps=False),)


@basic_index.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"index": (1,)}
    yield (floats(3, 4),), {"index": ((0, 3, 2), None, (1, 4, 1))}
    yield (floats(3, 4),), {"index": (Ellipsis, -1)}
    yield (floats(),), {"index": (None,)}
