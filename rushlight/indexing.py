"""Reading and writing `x[index]` with every kind of index that PyTorch takes.

An index is taken apart into a basic part (integers, slices, None, ...), which is a view, and
tensors of integers, one for a dimension, which gather. A mask stands for the places where it is
true, which must be known: it is computed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import config, ops
from .calls import general
from .errors import ArgumentError, ChoiceError, DimError, ShapeError, explain
from .graph import Fresh, Node
from .ops.table import Number, Tensor, Tensors, derived
from .runtime.deliver import link
from .runtime.entry import Handle, types
from .runtime.glimpse import glimpse
from .runtime.memory import protect_saved
from .runtime.mutate import apply_inplace
from .runtime.record import leaf_for, realise, wrap
from .runtime.recorder import local
from .runtime.views import view_on

BASIC = (int, slice, type(None), type(Ellipsis))
FEW = 8
"""So many rows may be part of what is recorded."""

FULL = (None, None, None)
"""The encoded slice `:`."""


def getitem(x: Any, index: Any) -> Any:
    """The elements of `x` at `index`: a view if the index is basic, else a copy."""
    kind = type(index)
    leaf = x._value
    if kind is int and type(leaf) is Fresh:
        return row(x, index)
    code = code_of(index if kind is tuple else (index,))
    known = None if code is None else TAKEN.get((leaf, code))
    if known is not None:
        return view_on(x, *known)
    basic, gathered = take_apart(x, index)
    view = x if is_whole(basic) else basic_view(x, basic)
    return view if gathered is None else gather(view, gathered)


def basic_view(x: Any, basic: Any) -> Any:
    """The view of `x` at a basic index."""
    leaf = x._value
    known = TAKEN.get((leaf, basic))
    if known is not None:
        return view_on(x, *known)
    view = view_at(x, index=basic)
    if type(leaf) is Fresh and view._value.leaf:
        if len(TAKEN) > config.trie_cap:
            TAKEN.clear()
        TAKEN[leaf, basic] = (((ops.basic_index, {"index": basic}),), view._value)
    return view


view_at = general(ops.basic_index)
gather = general(ops.advanced_index)

TAKEN: dict[Any, Any] = {}
"""Views of concrete tensors by what these denote, and the index: (chain, value)."""


def code_of(items: tuple[Any, ...]) -> Any:
    """A basic index as something that can be hashed, None if it takes more than a look."""
    code: list[Any] = []
    for item in items:
        kind = type(item)
        if kind is slice:
            code.append((item.start, item.stop, item.step))
            for bound in code[-1]:
                if bound is not None and type(bound) is not int:
                    return None
        elif item is None or kind is int:
            code.append(item)
        else:
            return None
    return tuple(code)


def row(x: Any, index: int) -> Any:
    """One row of a concrete tensor without history: datasets ask for very many of them."""
    leaf = x._value
    known = ROWS.get(leaf)
    if known is None:
        encode(index, x, 0)
        known = ROWS[leaf] = leaf_for(x._array[index, ...])
    try:
        array = x._array[index, ...]
    except IndexError:
        encode(index, x, 0)  # says what is wrong
        raise
    view = types.new()
    view._array = array
    view._value = known
    link(x, view, ((ops.basic_index, {"index": (index,)}),))
    return view


def rows_of(x: Any) -> Any:
    """Each row of `x`. There may be another number of them each time, so many are not recorded."""
    value = x._value
    many = value.shape[0] > FEW and not value.requires_grad and not local.recorder.mapping
    if many and not value.leaf:
        realise(x)
    if type(x._value) is Fresh:
        return iter([row(x, k) for k in range(value.shape[0])])
    return iter(x.unbind(0))


ROWS: dict[Fresh, Fresh] = {}
"""What the rows of a tensor denote, by what it denotes itself."""


def setitem(x: Any, index: Any, value: Any) -> None:
    """Write `value` into the elements of `x` at `index`."""
    mask = single_mask(index)
    if mask is not None and fits_mask(x, mask, value):
        apply_inplace(put_where, (x, mask, value), {})
        return
    if not isinstance(value, Handle | bool | int | float | complex | np.generic):
        problem = f"can't assign a {type(value).__name__} to a tensor"
        raise ArgumentError(explain("setitem", problem, hint="use torch.tensor(...) of it"))
    basic, gathered = take_apart(x, index)
    now = is_plain(x) and (is_plain(value) or (gathered is None and moves(basic, value)))
    if now and not local.recorder.mapping:
        write_now(x, basic, gathered, value)
    elif gathered is None:
        apply_inplace(put_basic, (x, value, basic), {})
    else:
        apply_inplace(put_advanced, (x, value, gathered, basic), {})


def is_plain(x: Any) -> bool:
    """Whether `x` is a concrete tensor that needs no gradient, or no tensor at all."""
    if not isinstance(x, Handle):
        return True
    value = x._value
    return value.leaf and not value.requires_grad


def moves(basic: Any, value: Any) -> bool:
    """Whether a basic index has numbers in it, which a loop changes, and `value` no gradient.

    Were such a call recorded, each place would make another program; and writing into part of
    memory costs less than a new value of all of it.
    """
    return not value._value.requires_grad and any([b is not None and b != FULL for b in basic])


def write_now(x: Any, basic: Any, gathered: Any, value: Any) -> None:
    """Write into the memory of a concrete tensor at once: copying all of it could cost more."""
    array = realise(value) if isinstance(value, Handle) else value
    array = x._value.dtype.array(array)
    local.recorder.flush()  # what was recorded earlier must read the old contents
    target = ops.basic_index.numpy(realise(x), index=basic)
    protect_saved(x._array)
    try:
        if gathered is None:
            np.copyto(target, array, casting="unsafe")
        else:
            places = [slice(None) if g is None else realise(g) for g in gathered]
            target[tuple(places)] = array
    except (ValueError, IndexError) as error:
        kind = ShapeError if isinstance(error, ValueError) else DimError
        got = {"the tensor": x._value.spec}
        if isinstance(value, Handle):
            got["the value"] = value._value.spec
        raise kind(explain("setitem", str(error), got)) from None


def take_apart(x: Any, index: Any) -> tuple[Any, Any]:
    """The basic part of `index` and, per dimension that it leaves, an index tensor or None.

    The second is None altogether if the index is basic.
    """
    items = list(index) if isinstance(index, tuple) or is_tuple_like(index) else [index]
    items = [i if isinstance(i, BASIC) and not isinstance(i, bool) else as_index(i) for i in items]
    used = sum([dims_used(i) for i in items])
    if used > x.ndim:
        problem = f"too many indices for tensor of dimension {x.ndim}"
        raise DimError(explain("index", problem, {"input": x._value.spec}))
    basic: list[Any] = []
    gathered: list[Any] = []
    dim = 0
    for item in items:
        if item is Ellipsis:
            basic += [FULL] * (x.ndim - used)
            gathered += [None] * (x.ndim - used)
            dim += x.ndim - used
            used = x.ndim
        elif isinstance(item, Handle):
            for place in places_of(x, item, dim):
                basic.append(FULL)
                gathered.append(place)
            dim += item._value.ndim if is_mask(item) else 1
        elif isinstance(item, np.bool_):  # x[True] adds a dimension; x[False] an empty one
            basic.append(None)
            gathered.append(from_array(np.zeros(int(item), np.int64)))
        else:
            basic.append(encode(item, x, dim))
            if type(item) is not int:
                gathered.append(None)
            dim += item is not None
    if not any([g is not None for g in gathered]):
        return tuple(basic), None
    while gathered[-1] is None:
        gathered.pop()
    return tuple(basic), gathered


def is_tuple_like(index: Any) -> bool:
    """Whether a list stands for a tuple of indices, as one that holds more than numbers does."""
    parts = (list, tuple, slice, np.ndarray, type(None), type(Ellipsis), Handle)
    return isinstance(index, list) and any([isinstance(i, parts) for i in index])


def encode(item: Any, x: Any, dim: int) -> Any:
    """One item of a basic index as something that can be hashed."""
    if isinstance(item, slice):
        step = 1 if item.step is None else as_int(item.step)
        if step <= 0:
            hint = "use x.flip(dim) to reverse"
            raise ChoiceError(explain("index", "slice step must be positive", hint=hint))
        return (as_int(item.start), as_int(item.stop), item.step and step)
    if isinstance(item, int):
        shape = x._value.shape
        if not shape:
            problem = "invalid index of a 0-dim tensor"
            raise DimError(explain("index", problem, hint="use tensor.item() to get its number"))
        if not -shape[dim] <= item < shape[dim]:
            n = shape[dim]
            problem = f"index {item} is out of bounds for dimension {dim} with size {n}"
            hint = f"valid indices are {-n} to {n - 1}" if n else "the dimension is empty"
            raise DimError(explain("index", problem, {"input": x._value.spec}, hint))
    return item


def as_int(bound: Any) -> int | None:
    """A bound of a slice as a Python integer."""
    if bound is None or type(bound) is int:
        return bound
    if isinstance(bound, Handle):
        return int(realise(bound))
    if not hasattr(bound, "__index__"):
        problem = f"slice indices must be integers or None, not {bound!r}"
        raise IndexArgumentError(explain("index", problem))
    return int(bound.__index__())


def as_index(item: Any) -> Any:
    """Anything but a basic index as an index tensor, a truth value or a Python integer."""
    if isinstance(item, bool | np.bool_):
        return np.bool_(item)
    if isinstance(item, np.integer):
        return int(item)
    if isinstance(item, Handle):
        dtype = item._value.dtype
        if dtype.name not in ("int64", "int32", "int16", "int8", "uint8", "bool"):
            problem = "tensors used as indices must be long, int, byte or bool tensors"
            raise DimError(explain("index", problem, {"the index": item._value.spec}))
        return item
    if isinstance(item, list | tuple | range | np.ndarray):
        if any([isinstance(i, Handle) for i in item]):
            item = [i.item() if isinstance(i, Handle) else i for i in item]
        array = np.asarray(item)
        if array.size == 0 and array.dtype != bool:
            array = array.astype(np.int64)
        if array.dtype.kind in "biu":
            return from_array(array if array.dtype == bool else array.astype(np.int64))
    problem = f"only integers, slices, ellipsis, None and tensors are valid indices, not {item!r}"
    raise IndexArgumentError(explain("index", problem))


class IndexArgumentError(ArgumentError, IndexError):
    """Something that is no index."""


def from_array(array: Any) -> Any:
    """A concrete tensor of an index array."""
    return wrap(array)


def is_mask(index: Any) -> bool:
    """Whether an index tensor is a mask."""
    return index._value.dtype.name in ("bool", "uint8")


def dims_used(item: Any) -> int:
    """How many dimensions of the tensor an item of an index takes up."""
    if item is None or item is Ellipsis or isinstance(item, np.bool_):
        return 0
    return item._value.ndim if isinstance(item, Handle) and is_mask(item) else 1


def places_of(x: Any, index: Any, dim: int) -> Sequence[Any]:
    """The index tensors, one per dimension, that an index tensor or a mask at `dim` stands for."""
    if not is_mask(index):
        return [index]
    shape = index._value.shape
    if shape != x._value.shape[dim : dim + len(shape)]:
        got = {"input": x._value.spec, "the mask": index._value.spec}
        raise DimError(explain("index", f"the shape of the mask does not match at {dim}", got))
    return [from_array(places) for places in np.nonzero(glimpse(index))]


def is_whole(basic: Any) -> bool:
    """Whether a basic index changes nothing."""
    return all([b == FULL for b in basic])


def single_mask(index: Any) -> Any:
    """The mask, if `index` is nothing but one."""
    if isinstance(index, tuple) and len(index) == 1:
        index = index[0]
    if isinstance(index, np.ndarray) and index.dtype == bool:
        index = from_array(index)
    return index if isinstance(index, Handle) and index._value.dtype.name == "bool" else None


def fits_mask(x: Any, mask: Any, value: Any) -> bool:
    """Whether writing at `mask` is a choice between `value` and `x`, with no need to count."""
    shape = mask._value.shape
    if shape != x._value.shape[: len(shape)]:
        return False
    ndim = value._value.ndim if isinstance(value, Handle) else np.ndim(value)
    return bool(ndim <= x.ndim - len(shape))


def fitted(value: Node, x: Node) -> Node:
    """`value` in the dtype of `x`."""
    return value if value.dtype is x.dtype and not value.number else ops.cast(value, dtype=x.dtype)


@derived(grad_name="IndexPutBackward0")
def put_where(input: Tensor, mask: Tensor, value: Tensor | Number) -> Node:
    """`input` with `value` wherever `mask` (over the first dimensions) is true."""
    extra = input.ndim - mask.ndim
    if extra:
        mask = ops.reshape_view(mask, shape=mask.shape + (1,) * extra)
    return ops.where(mask, fitted(value, input), input)


@derived(grad_name="CopySlices")
def put_basic(input: Tensor, value: Tensor | Number, index: Any) -> Node:
    """`input` with `value` at a basic `index`."""
    view = ops.basic_index(input, index=index)
    return write(input, view, index, expanded(fitted(value, input), view))


@derived(grad_name="IndexPutBackward0")
def put_advanced(input: Tensor, value: Tensor | Number, indices: Tensors, index: Any) -> Node:
    """`input` with `value` where `indices` point within the view at the basic `index`."""
    value = fitted(value, input)
    if is_whole(index):
        return ops.advanced_put(input, value, indices)
    view = ops.basic_index(input, index=index)
    return write(input, view, index, ops.advanced_put(view, value, indices))


def write(input: Node, view: Node, index: Any, new: Node) -> Node:
    """`input` with its basic view at `index` replaced."""
    return ops.write_view(input, new, view=view.op, attrs=(("index", index),))


def expanded(value: Node, view: Node) -> Node:
    """`value` broadcast to the shape of the view it is written into."""
    shape = value.shape
    while len(shape) > view.ndim and shape[0] == 1:  # leading ones are dropped
        shape = shape[1:]
    if shape != value.shape:
        value = ops.reshape_view(value, shape=shape)
    if shape == view.shape:
        return value
    try:
        fits = np.broadcast_shapes(shape, view.shape) == view.shape
    except ValueError:
        fits = False
    if not fits:
        got = {"the part written to": view.spec, "the value": value.spec}
        raise ShapeError(explain("setitem", "the value does not broadcast to the part", got))
    return ops.expand_view(value, shape=view.shape)
