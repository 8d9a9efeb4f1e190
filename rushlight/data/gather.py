"""Batches of a dataset that lies in memory as arrays: one gather for all samples of a batch.

`Table` has the arrays behind a dataset and takes a batch from them. It is used only where nobody
can tell the difference from asking for sample after sample and stacking them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from operator import is_
from typing import Any

import numpy as np

from ..graph import Fresh
from ..runtime.entry import types
from ..runtime.record import leaf_for, realise, wrap
from ..tensor import Tensor
from .collate import collate_arrays, collate_scalars, collate_tensors, default_collate_fn_map
from .dataset import Subset, TensorDataset
from .native_batches import FIXED, native_maker
from .reading import rows_read
from .sampler import index_array

PLAIN = {int, np.int64}
"""Types of indices that mean the same to an array and to its rows."""


class Table:
    """The arrays behind an in-memory dataset.

    `tensors` are its tensors or arrays, whose first dimension counts the samples. `single` says
    that a sample is a row of the only one, not a tuple of a row from each. `rows`, if not None,
    maps the indices of the dataset to rows: it is the part of the tensors that a Subset leaves.
    `intact` has what must not have changed: (owner, name of its attribute, value, length). With
    `keys` a sample is a dict of such rows.

    `batch(index)` is the batch at an array of indices, or None if it must be made in another way.
    """

    def __init__(
        self, tensors: tuple[Any, ...], single: bool, rows: Any, intact: Any, keys: Any = None
    ) -> None:
        self.tensors = tensors
        self.single = single
        self.keys: tuple[str, ...] | None = keys
        self.rows = rows
        self.intact: list[tuple[Any, ...]] = intact
        self.values = [getattr(tensor, "_value", None) for tensor in tensors]
        self.leaves: dict[int, list[Fresh]] = {}  # of batches, by their length
        self.whole: Any = None  # what `maker` has made for epochs
        self.native: dict[int, Any] = {}  # and machine code, by the length of its batches

    def __reduce__(self) -> Any:
        return type(None), ()  # a copy of the loader makes its own

    def is_like(self, other: Table) -> bool:
        """Whether `other` gives the same batches of the same arrays."""
        mine, others = (
            [*t.tensors, *t.values, *[x for owner, _, found, _ in t.intact for x in (owner, found)]]
            for t in (self, other)
        )
        if type(self) is not type(other) or len(mine) != len(others):
            return False
        if (self.single, self.keys) != (other.single, other.keys) or not all(
            map(is_, mine, others)
        ):
            return False
        if [count for *_, count in self.intact] != [count for *_, count in other.intact]:
            return False
        return self.rows is other.rows or np.array_equal(self.rows, other.rows)

    @cached_property
    def batch(self) -> Callable[[Any], Any]:
        """See above."""
        return self.maker()

    def maker(self, otherwise: Callable[[Any], Any] | None = None) -> Callable[[Any], Any]:
        """`batch`; or a function that has `otherwise` make batches where `batch` cannot."""
        return batch_maker(self, otherwise)

    def native_maker(self, count: int, otherwise: Callable[[Any], Any]) -> Any:
        """Machine code for batches of `count` samples, None if there is none; see there."""
        if self.native.get(count) is None and self.keys is None:
            self.native[count] = native_maker(self, count, otherwise)
        return self.native.get(count)

    def batch_of(self, indices: Any) -> Any:
        """As `batch`, of a list of indices, as any sampler may give."""
        if type(indices) is not list or not indices or not PLAIN.issuperset(map(type, indices)):
            return None
        return self.batch(np.array(indices))


class MadeTable(Table):
    """A dataset whose class makes the arrays of a batch itself.

    `_arrays_at(index)` returns what `default_collate` would make of the samples, or None where it
    must be asked for them one by one.
    """

    def __init__(self, dataset: Any, rows: Any, intact: Any) -> None:
        super().__init__((dataset,), False, rows, intact)
        self.dataset = dataset
        self.batch = self.make  # type: ignore[misc]

    def maker(self, otherwise: Callable[[Any], Any] | None = None) -> Callable[[Any], Any]:
        """See Table."""

        def batch(index: Any) -> Any:
            made = self.make(index)
            return otherwise(index.tolist()) if made is None and otherwise else made

        return batch

    def native_maker(self, count: int, otherwise: Callable[[Any], Any]) -> Any:
        """None: it makes the arrays itself."""

    def make(self, index: Any) -> Any:
        """The batch at an array of indices, or None."""
        for owner, name, found, count in self.intact:
            if getattr(owner, name) is not found or len(found) != count:
                return None
        try:
            if self.rows is not None:
                index = self.rows.take(index)
            arrays = self.dataset._arrays_at(index)
        except IndexError:
            return None
        return None if arrays is None else [wrap(array) for array in arrays]


def batch_maker(table: Table, otherwise: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    """`table.maker(otherwise)`: straight Python, without a loop, called for every batch.

    The dataset may have been changed since the last one: so its arrays are looked up each time.
    """
    space: dict[str, Any] = {
        "leaves": table.leaves, "leaves_for": leaves_for, "new": types.new,
        "otherwise": otherwise, "realise": realise, "rows": table.rows,
    }  # fmt: skip
    refuse = "    return otherwise(index.tolist())" if otherwise else "    return None"
    lines = ["def batch(index):"]
    for k, (owner, name, found, count) in enumerate(table.intact):
        space[f"owner{k}"], space[f"found{k}"] = owner, found
        resized = "" if type(found) in FIXED else f" or len(found{k}) != {count}"
        lines += [f"  if owner{k}.{name} is not found{k}{resized}:", refuse]
    lines.append("  try:")
    if table.rows is not None:
        lines.append("    index = rows.take(index)")
    places = range(len(table.tensors))
    for k, tensor in enumerate(table.tensors):
        array = f"t{k}"
        space[array] = tensor
        if isinstance(tensor, Tensor):
            space[f"value{k}"] = tensor._value
            array = f"(t{k}._array if t{k}._value is value{k} else realise(t{k}))"
        lines.append(f"    part{k} = {array}.take(index, 0)")
    parts, made, names = (", ".join(f"{w}{k}" for k in places) for w in ("part", "made", "leaf"))
    lines += ["  except IndexError:", refuse]
    lines.append("  count = len(index)")
    lines.append(
        f"  {names}, = leaves[count] if count in leaves else leaves_for(leaves, ({parts},))"
    )
    for k in places:
        lines.append(f"  made{k} = new(); made{k}._array = part{k}; made{k}._value = leaf{k}")
    whole = made if table.single else f"[{made}]"
    if table.keys is not None:
        whole = ", ".join([f"{key!r}: made{k}" for k, key in enumerate(table.keys)]).join("{}")
    lines.append(f"  return {whole}")
    exec(compiled("\n".join(lines)), space)
    batch: Callable[[Any], Any] = space.pop("batch")  # else the two would keep each other alive
    return batch


def leaves_for(known: dict[int, list[Fresh]], parts: Sequence[Any]) -> list[Fresh]:
    """What the tensors of such a batch denote, from now on `known`."""
    leaves = known[len(parts[0])] = [leaf_for(part) for part in parts]
    return leaves


@lru_cache(64)
def compiled(text: str) -> Any:
    """The code of a batch maker: needed for every epoch, and the same for most datasets."""
    return compile(text, "<rushlight batch>", "exec")


def table_of(dataset: Any) -> Table | None:
    """The arrays behind `dataset`, if nothing but them decides what a sample is."""
    rows = keys = None
    intact: list[tuple[Any, ...]] = []
    while is_plain_subset(dataset):
        indices = index_array(dataset.indices)
        if indices is None:
            return None
        count = len(indices)
        if rows is not None and rows.size and not -count <= rows.min() <= rows.max() < count:
            return None  # an error, if that sample is ever asked for
        rows = indices if rows is None else indices[rows]
        intact.append((dataset, "indices", dataset.indices, count))
        dataset = dataset.dataset
    if makes_batches(dataset) and collates_as_usual():
        return MadeTable(dataset, rows, intact)
    if has_batches(dataset):
        return None
    read = rows_read(dataset)
    if read is not None:
        single, keys = read.single, read.keys
        tensors = tuple([getattr(dataset, name) for name in read.names])
        needed = (*read.names, *read.decided)
        intact += [(dataset, name, getattr(dataset, name), 0) for name in dict.fromkeys(needed)]
    elif not isinstance(dataset, TensorDataset):
        tensors, single = (dataset,), True
    elif type(dataset).__getitem__ is TensorDataset.__getitem__:
        tensors, single = dataset.tensors, False
        intact.append((dataset, "tensors", tensors, len(tensors)))
    else:
        return None
    if type(tensors) is not tuple or not tensors or not collates_as_usual():
        return None
    if not all(is_plain_rows(t) for t in tensors):
        return None
    return Table(tensors, single, rows, intact, keys)


def makes_batches(dataset: Any) -> bool:
    """Whether the class that says what a sample is also says what the arrays of a batch are."""
    said = [k for k in type(dataset).__mro__ if "__getitem__" in vars(k)]
    return bool(said) and "_arrays_at" in vars(said[0]) and not has_batches(dataset)


def has_batches(dataset: Any) -> bool:
    """Whether the dataset makes whole batches itself."""
    return getattr(dataset, "__getitems__", None) is not None


def is_plain_subset(dataset: Any) -> bool:
    """Whether this is a Subset that behaves like one."""
    kind = type(dataset)
    return (
        isinstance(dataset, Subset)
        and kind.__getitem__ is Subset.__getitem__
        and kind.__getitems__ is Subset.__getitems__
        and "__getitems__" not in vars(dataset)
    )


def is_plain_rows(rows: Any) -> bool:
    """Whether this is a tensor or an array whose rows are stacked as they are."""
    if type(rows) is Tensor:
        if rows._value.requires_grad or not rows._value.shape:
            return False
        realise(rows)
        return True
    if type(rows) is not np.ndarray or not rows.ndim:
        return False
    # PyTorch refuses byte orders and negative strides: then the ordinary way says what is wrong.
    return rows.dtype.isnative and rows.dtype.kind in "biufc" and min(rows.strides) >= 0


def collates_as_usual() -> bool:
    """Whether nobody has changed how tensors and arrays become batches."""
    found = default_collate_fn_map
    numbers = (np.bool_, np.number, np.object_)
    return (
        found.get(Tensor) is collate_tensors
        and found.get(np.ndarray) is collate_arrays
        and found.get(numbers) is collate_scalars
        and not any(isinstance(k, type) and issubclass(k, np.generic) for k in found)
    )
