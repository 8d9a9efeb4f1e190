"""From samples to a batch: what stands at one place in all of them becomes one tensor.

`default_collate` goes down into mappings, named tuples and sequences alike; what it does with the
things it finds there is in `default_collate_fn_map`, which programs may extend by types of theirs.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..calls import function
from ..create import as_tensor, tensor
from ..errors import ArgumentError, ShapeError, explain
from ..ops import OPS
from ..runtime.entry import Handle
from ..runtime.record import realise, wrap
from ..tensor import Tensor

stack = function(OPS["stack"])

TEXT = "OUSV"
"""Kinds of NumPy arrays that are no numbers: objects, strings, records."""


def default_collate(batch: Any) -> Any:
    """A batch of samples: tensors, arrays and numbers stacked, the structure around them kept.

    Tensors and arrays of one shape become a tensor with a first dimension more; Python's floats
    become float64, integers int64; strings stay a list. Samples that are mappings, named tuples or
    sequences give the same of batches (a plain tuple gives a list). Raises RuntimeError if shapes
    or lengths differ, TypeError for anything else.

    >>> torch.utils.data.default_collate([{"x": 1, "y": "a"}, {"x": 2, "y": "b"}])
    {'x': tensor([1, 2]), 'y': ['a', 'b']}
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Any, *, collate_fn_map: dict[Any, Callable[..., Any]] | None = None) -> Any:
    """The batch of samples that `default_collate` gives, with another map of types."""
    first = batch[0]
    if collate_fn_map is not None:
        found = collate_fn_map.get(type(first))
        if found is None:
            matching = [f for kinds, f in collate_fn_map.items() if isinstance(first, kinds)]
            found = matching[0] if matching else None
        if found is not None:
            return found(batch, collate_fn_map=collate_fn_map)
    if isinstance(first, Mapping):
        content = {
            key: collate([sample[key] for sample in batch], collate_fn_map=collate_fn_map)
            for key in first
        }
        return mapping_like(first, content)
    if isinstance(first, Sequence):
        check_lengths(batch)
        columns = zip(*batch, strict=True)
        parts = [collate(column, collate_fn_map=collate_fn_map) for column in columns]
        return sequence_like(first, parts)
    raise unknown(f"found {type(first)}")


def default_convert(data: Any) -> Any:
    """`data` with every array in it as a tensor on the same memory; all else as it is.

    >>> torch.utils.data.default_convert({"x": np.array([1, 2]), "n": 3})
    {'x': tensor([1, 2]), 'n': 3}
    """
    if isinstance(data, Handle | str | bytes):
        return data
    if isinstance(data, np.ndarray | np.generic):
        text = isinstance(data, np.ndarray) and data.dtype.kind in TEXT
        return data if text else as_tensor(data)
    if isinstance(data, Mapping):
        return mapping_like(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence):
        return sequence_like(data, [default_convert(part) for part in data])
    return data


def mapping_like(model: Any, content: dict[Any, Any]) -> Any:
    """A mapping of the type of `model` with this content; a dict if that cannot be made."""
    try:
        if isinstance(model, MutableMapping):
            made = copy.copy(model)  # keeps what else it has, such as a default factory
            made.update(content)
            return made
        return type(model)(content)
    except TypeError:
        return content


def sequence_like(model: Any, parts: list[Any]) -> Any:
    """A sequence of the type of `model` with these parts; for a plain tuple, as PyTorch, a list."""
    if isinstance(model, tuple):
        return type(model)(*parts) if hasattr(model, "_fields") else parts
    try:
        if isinstance(model, MutableSequence):
            made = copy.copy(model)
            for k, part in enumerate(parts):
                made[k] = part
            return made
        return type(model)(parts)
    except TypeError:
        return parts


def check_lengths(batch: Any) -> None:
    """Raise RuntimeError unless all sequences are of one length."""
    lengths = [len(sample) for sample in batch]
    if len(set(lengths)) > 1:
        k = next(k for k, n in enumerate(lengths) if n != lengths[0])
        problem = "each element in list of batch should be of equal size"
        got = {"sample 0": f"of length {lengths[0]}", f"sample {k}": f"of length {lengths[k]}"}
        hint = "pad them, or give the DataLoader a collate_fn of your own"
        raise ShapeError(explain("default_collate", problem, got, hint))


def unknown(found: str) -> ArgumentError:
    """The error for samples that cannot become a batch."""
    problem = "batch must contain tensors, numpy arrays, numbers, dicts or lists"
    hint = "convert the samples, or give the DataLoader a collate_fn of your own"
    return ArgumentError(explain("default_collate", f"{problem}; {found}", hint=hint))


# -- what is stacked ---------------------------------------------------------------------------


def collate_tensors(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """A tensor with the tensors of `batch` along a new first dimension."""
    for k, sample in enumerate(batch):
        if not isinstance(sample, Handle):
            problem = f"expected Tensor as element {k}, but got {type(sample).__name__}"
            hint = "all samples must be of one kind"
            raise ArgumentError(explain("default_collate", problem, hint=hint))
    values = {sample._value: None for sample in batch}  # a set that keeps its order
    if len(values) > 1:
        check_shapes([sample._value for sample in batch])
    if any(v.requires_grad for v in values) or len({v.dtype for v in values}) > 1:
        return stack(list(batch))  # a gradient may flow through it; the dtypes are promoted
    return wrap(np.array([realise(sample) for sample in batch], order="C"))


def check_shapes(samples: Sequence[Any]) -> None:
    """Raise RuntimeError unless all samples, arrays or nodes, are of one shape."""
    shape = samples[0].shape
    for k, sample in enumerate(samples):
        if sample.shape != shape:
            problem = (
                "stack expects each tensor to be equal size, but got "
                f"{list(shape)} at entry 0 and {list(sample.shape)} at entry {k}"
            )
            got = {"sample 0": f"of shape {shape}", f"sample {k}": f"of shape {sample.shape}"}
            hint = "crop or pad the samples, or give the DataLoader a collate_fn of your own"
            raise ShapeError(explain("default_collate", problem, got, hint))


def collate_arrays(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """A tensor with the arrays of `batch` along a new first dimension."""
    first = batch[0]
    if first.dtype.kind in TEXT:
        raise unknown(f"found an array of {first.dtype}")
    if not all(type(s) is np.ndarray and s.dtype is first.dtype for s in batch):
        return collate([as_tensor(sample) for sample in batch], collate_fn_map=collate_fn_map)
    check_shapes(batch)
    native = dtypes.of_numpy(first.dtype, "default_collate").numpy
    return wrap(np.array(batch, native, order="C"))


def collate_scalars(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """A 1-D tensor of NumPy numbers, in their dtype."""
    if all(type(sample) is type(batch[0]) for sample in batch):
        return tensor(np.array(batch))
    return tensor(list(batch))


def collate_floats(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """A 1-D tensor of Python floats: float64."""
    return tensor(list(batch), dtype=dtypes.float64)


def collate_integers(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """A 1-D tensor of Python integers or truth values."""
    return tensor(list(batch))


def collate_text(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """The strings as they came."""
    return batch


default_collate_fn_map: dict[Any, Callable[..., Any]] = {
    Tensor: collate_tensors,
    np.ndarray: collate_arrays,
    (np.bool_, np.number, np.object_): collate_scalars,
    float: collate_floats,
    int: collate_integers,
    str: collate_text,
    bytes: collate_text,
}
"""What makes a batch of samples of each type: the exact type first, then the first that fits."""
