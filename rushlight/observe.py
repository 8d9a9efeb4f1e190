"""Functions whose result cannot be known without looking at values: they run the window.

Where a gradient flows, only the places are looked at: what is done with them is recorded.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes, ops
from .calls import function
from .create import finished
from .errors import ArgumentError, ChoiceError, DtypeError, ShapeError, explain
from .grad_fn import made_as
from .indexing import getitem, put_advanced, take_apart
from .ops.returns import named
from .outputs import written
from .public import public
from .runtime.entry import Handle
from .runtime.mutate import apply_inplace
from .runtime.record import apply, elements, wrap


@public("torch Tensor")
def nonzero(input: Any, *, as_tuple: bool = False, out: Any = None) -> Any:
    """The indices of the elements that are not zero: a row each, or a tensor per dimension.

    >>> torch.nonzero(torch.tensor([0, 3, 0, 5]))
    tensor([[1],
            [3]])
    """
    if input._value.ndim == 0 and not as_tuple:
        return finished(np.zeros((int(bool(elements(input))), 0), np.int64), False, "nonzero", out)
    places = np.nonzero(np.atleast_1d(elements(input)))
    if as_tuple:
        columns = np.stack(places).T
        return tuple([wrap(columns[:, k]) for k in range(columns.shape[1])])
    # A column lies together in memory, as in PyTorch.
    return finished(np.stack(places).T, False, "nonzero", out)


choose = function(ops.where)


@public()
def where(condition: Any, *choices: Any, **named: Any) -> Any:
    """`input` where `condition` holds, else `other`; with neither, the places where it holds.

    >>> torch.where(torch.tensor([True, False]), 1.0, 0.0)
    tensor([1., 0.])
    >>> torch.where(torch.tensor([False, True]))
    (tensor([1]),)
    """
    if choices or named:
        return choose(condition, *choices, **named)
    return nonzero(condition, as_tuple=True)


@public("torch Tensor")
def argwhere(input: Any) -> Any:
    """The indices of the elements that are not zero, a row each."""
    return nonzero(input)


@public("torch Tensor")
def masked_select(input: Any, mask: Any, *, out: Any = None) -> Any:
    """A 1-D tensor of the elements of `input` where `mask` is true.

    >>> torch.masked_select(torch.tensor([1, 2, 3]), torch.tensor([True, False, True]))
    tensor([1, 3])
    """
    if mask._value.dtype is not dtypes.bool_:
        problem = "masked_select: expected BoolTensor for mask"
        raise DtypeError(explain("masked_select", problem, {"the mask": mask._value.spec}))
    shape = np.broadcast_shapes(input._value.shape, mask._value.shape) or (1,)
    made = made_as(getitem(input.expand(shape), mask.expand(shape)), "MaskedSelectBackward0")
    return made if out is None else written(out, made, "masked_select")


@public("torch Tensor")
def nonzero_static(input: Any, *, size: int, fill_value: int = -1) -> Any:
    """The first `size` rows of `nonzero`; where there are fewer, rows of `fill_value`.

    >>> torch.nonzero_static(torch.tensor([0, 3]), size=2)
    tensor([[ 1],
            [-1]])
    """
    if size < 0:
        raise ShapeError(explain("nonzero_static", f"'size' must not be negative: {size}"))
    found = elements(nonzero(input))[:size]
    out = np.full((size, found.shape[1]), fill_value, np.int64)
    out[: len(found)] = found
    return wrap(out)


@public("torch Tensor")
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """`input` with the elements of `source`, in order, where `mask` is true."""
    if mask._value.dtype is not dtypes.bool_:
        problem = f"only supports boolean masks, but got mask with dtype {mask._value.dtype.name}"
        raise DtypeError(explain("masked_scatter", problem))
    shape = np.broadcast_shapes(input._value.shape, mask._value.shape)
    count = int(np.count_nonzero(np.broadcast_to(elements(mask), shape)))
    if source._value.size < count:
        problem = f"source has {source._value.size} elements but the mask {count} ones"
        raise ShapeError(explain("masked_scatter", problem))
    full = mask.expand(shape)
    values = source.reshape(-1)[:count]
    made = index_put(input.expand(shape), nonzero(full, as_tuple=True), values)
    return made_as(made, "MaskedScatterBackward0")


@public("Tensor")
def masked_scatter_(self: Any, mask: Any, source: Any) -> Any:
    """Itself, with the elements of `source` where `mask` is true."""
    return self.copy_(masked_scatter(self, mask, source))


@public("torch Tensor")
def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """`input` with `values` at `indices` (a tuple of index tensors); added if `accumulate`."""
    basic, gathered = take_apart(input, tuple(indices))
    if accumulate:
        return apply(ops.advanced_put, (input, as_values(values), gathered, True), {})
    return apply(put_advanced, (input, as_values(values), gathered, basic), {})


@public("torch Tensor")
def index_put_(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """Itself, with `values` at `indices`; added to what is there if `accumulate`."""
    basic, gathered = take_apart(input, tuple(indices))
    if accumulate:
        return apply_inplace(ops.advanced_put, (input, as_values(values), gathered, True), {})
    return apply_inplace(put_advanced, (input, as_values(values), gathered, basic), {})


def as_values(values: Any) -> Any:
    """Numbers and tensors as they are."""
    if not isinstance(values, Handle | int | float | complex):
        kind = type(values).__name__
        raise ArgumentError(explain("index_put", f"values must be Tensor, not {kind}"))
    return values


@public("torch Tensor")
def equal(input: Any, other: Any) -> bool:
    """Whether two tensors have the same shape and elements.

    >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
    True
    """
    if input._value.shape != other._value.shape:
        return False
    return bool(np.array_equal(elements(input), elements(other)))


@public("torch Tensor")
def allclose(
    input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether |input - other| <= atol + rtol * |other| everywhere.

    >>> torch.allclose(torch.tensor([1.0]), torch.tensor([1.0 + 1e-7]))
    True
    """
    if not isinstance(other, Handle):
        kind = type(other).__name__
        hint = "torch.tensor(...) makes a tensor"
        raise ArgumentError(explain("allclose", f"other must be Tensor, not {kind}", hint=hint))
    got = {"input": input._value.spec, "other": other._value.spec}
    if input._value.dtype is not other._value.dtype:
        raise DtypeError(explain("allclose", "the dtypes must be the same", got))
    try:
        np.broadcast_shapes(input._value.shape, other._value.shape)
    except ValueError:
        raise ShapeError(explain("allclose", "shapes do not broadcast", got)) from None
    return bool(np.allclose(elements(input), elements(other), rtol, atol, equal_nan))


@public("torch Tensor")
def is_nonzero(input: Any) -> bool:
    """Whether the only element is not zero."""
    return bool(input)


@public("torch Tensor")
def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each number occurs among non-negative integers (or the sum of its weights)."""
    array = elements(input)
    if array.ndim != 1 or array.dtype.kind not in "iub" or (array.size and array.min() < 0):
        problem = "only supports 1-d non-negative integral inputs"
        raise ShapeError(explain("bincount", problem, {"input": input._value.spec}))
    if weights is None:
        return wrap(np.bincount(array, minlength=minlength).astype(np.int64))
    values = elements(weights)
    counts = np.bincount(array, values, minlength)
    return wrap(counts.astype(values.dtype if values.dtype.kind == "f" else np.float64))


@public("torch Tensor")
def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements (or slices along `dim`), sorted, and how to get back to them."""
    found, inverse, counts = np.unique(
        elements(input), return_inverse=True, return_counts=True, axis=dim
    )
    shape = input._value.shape if dim is None else (-1,)
    results = [wrap(input._value.dtype.array(found))]
    if return_inverse:
        results.append(wrap(inverse.reshape(shape).astype(np.int64)))
    if return_counts:
        results.append(wrap(counts.astype(np.int64)))
    return results[0] if len(results) == 1 else tuple(results)


@public("torch Tensor")
def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """`input` (flattened, or along `dim`) without elements equal to the one before them."""
    array = elements(input)
    rows = array.reshape(-1) if dim is None else np.moveaxis(array, dim, 0)
    n = len(rows)
    flat = rows.reshape(n, rows.size // max(n, 1))
    first = np.ones(n, bool)
    first[1:] = (flat[1:] != flat[:-1]).any(axis=1)
    kept = rows[first]
    kept = np.array(kept if dim is None else np.moveaxis(kept, 0, dim))
    results = [wrap(input._value.dtype.array(kept))]
    if return_inverse:
        inverse = np.cumsum(first) - 1
        results.append(wrap(inverse.reshape(array.shape) if dim is None else inverse))
    if return_counts:
        results.append(wrap(np.diff(np.append(np.flatnonzero(first), n))))
    return results[0] if len(results) == 1 else tuple(results)


Histogram = named("histogram", "hist bin_edges")


@public("torch Tensor")
def histogram(
    input: Any,
    bins: Any,
    *,
    range: Any = None,
    weight: Any = None,
    density: bool = False,
    out: Any = None,
) -> Any:
    """Counts of the elements in `bins` intervals, and the borders of these."""
    edges = elements(bins) if isinstance(bins, Handle) else bins
    array = elements(input)
    weights = None if weight is None else elements(weight).reshape(-1)
    hist, edges = np.histogram(array.reshape(-1), edges, range, density, weights)
    dtype = input._value.dtype
    made = Histogram(wrap(dtype.array(hist)), wrap(dtype.array(edges)))
    return made if out is None else written(out, made, "histogram")


slopes = function(ops.gradient)
slopes_at = function(ops.gradient_at)


@public()
def gradient(
    input: Any, *, spacing: Any = None, dim: Any = None, edge_order: int = 1
) -> tuple[Any, ...]:
    """The slopes along each dimension, from the neighbours on both sides.

    spacing: the distance of neighbours, or one for each dimension, or for each a tensor of places.

    >>> torch.gradient(torch.tensor([1.0, 4.0, 9.0]), spacing=(torch.tensor([0.0, 1.0, 3.0]),))
    (tensor([3.0000, 2.8333, 2.5000]),)
    """
    every = range(input.ndim) if dim is None else dim
    dims = (every,) if isinstance(every, int) else tuple(every)
    found: tuple[Any, ...]
    if isinstance(spacing, list | tuple) and any([isinstance(s, Handle) for s in spacing]):
        found = slopes_at(input, list(spacing), dims, edge_order)
    else:
        step = 1 if spacing is None else spacing
        found = slopes(input, spacing=step, dim=dims, edge_order=edge_order)
    return found


Histograms = named("histogramdd", "hist bin_edges")


@public()
def histogramdd(
    input: Any, bins: Any, range: Any = None, weight: Any = None, density: bool = False
) -> Any:
    """Counts of the rows of `input` in boxes, and the borders of these along each dimension.

    bins: the number of intervals, one for each dimension, or the borders themselves.

    >>> torch.histogramdd(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), bins=[2, 2]).hist
    tensor([[0., 1.],
            [1., 0.]])
    """
    array = elements(input)
    n = array.shape[-1]
    counts = [bins] * n if isinstance(bins, int) else list(bins)
    if len(counts) != n:
        problem = "the size of bins must be equal to the innermost dimension of the input"
        raise ShapeError(explain("histogramdd", problem, {"input": input._value.spec}))
    borders = [elements(b) if isinstance(b, Handle) else int(b) for b in counts]
    if any([np.any(np.diff(b) < 0) for b in borders if not isinstance(b, int)]):
        problem = "borders must be monotonically increasing"
        raise ChoiceError(explain("histogramdd", problem, hint="sort them"))
    pairs = None if range is None else list(zip(range[::2], range[1::2], strict=True))
    weights = None if weight is None else elements(weight).reshape(-1)
    hist, edges = np.histogramdd(array.reshape(-1, n), borders, pairs, density, weights)
    kind = array.dtype
    return Histograms(wrap(hist.astype(kind)), tuple([wrap(e.astype(kind)) for e in edges]))


repeat_each = function(ops.repeat_interleave)
split_at = function(ops.tensor_split)


@public("torch Tensor")
def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """`input` with each element repeated along `dim`; `repeats` is one number, or one for each.

    >>> torch.repeat_interleave(torch.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> torch.repeat_interleave(torch.tensor([1, 2]), torch.tensor([0, 3]))
    tensor([2, 2, 2])
    """
    if isinstance(repeats, int):
        return repeat_each(input, repeats, dim)
    if repeats is None:  # the numbers from 0, each as often as `input` says
        counts = elements(input)
        return wrap(np.repeat(np.arange(counts.size), counts))
    counts = elements(repeats) if isinstance(repeats, Handle) else np.asarray(repeats)
    if counts.size == 1:
        return repeat_each(input, int(counts.reshape(())), dim)
    whole: Any = input.reshape(-1) if dim is None else input
    k = 0 if dim is None else dim
    if counts.ndim != 1 or counts.size != whole.shape[k] or (counts < 0).any():
        problem = "repeats must be one number, or one that is not negative for each element"
        raise ShapeError(explain("repeat_interleave", problem, {"input": input._value.spec}))
    return whole.index_select(k, wrap(np.repeat(np.arange(counts.size), counts)))


@public("torch Tensor")
def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> Any:
    """The parts of `input` along `dim`: so many, or divided at these places.

    >>> torch.tensor_split(torch.tensor([1, 2, 3]), (1,))
    (tensor([1]), tensor([2, 3]))
    """
    if isinstance(indices_or_sections, Handle):
        places = elements(indices_or_sections).tolist()
        indices_or_sections = tuple(places) if isinstance(places, list) else places
    return split_at(input, indices_or_sections, dim)
