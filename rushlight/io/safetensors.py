"""The safetensors format: tensors by name, and nothing else.

A file is eight bytes that say how long the header is, the header (JSON: dtype, shape and place of
each tensor, and a `__metadata__` of texts), and the bytes of the tensors, one after another without
gaps. All of that is checked before a tensor is made.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import dtypes
from ..devices import require_cpu
from ..errors import ArgumentError, DataError, FormatError, ShapeError, explain
from ..runtime.memory import owner_of
from ..runtime.record import realise, wrap
from ..tensor import Tensor
from ..whole_file import whole_file
from .saving import explained
from .storages import in_bytes

__all__ = ["load", "load_file", "save", "save_file"]

CODES = {
    "BOOL": dtypes.bool_, "U8": dtypes.uint8, "I8": dtypes.int8, "I16": dtypes.int16,
    "U16": dtypes.uint16, "F16": dtypes.float16, "BF16": dtypes.bfloat16, "I32": dtypes.int32,
    "U32": dtypes.uint32, "F32": dtypes.float32, "C64": dtypes.complex64, "F64": dtypes.float64,
    "I64": dtypes.int64, "U64": dtypes.uint64,
}  # fmt: skip
"""What the format calls each dtype, in the order of the format: the widest are last."""

LONGEST_HEADER = 100_000_000
METADATA = "__metadata__"
OP = "safetensors"


# -- reading -----------------------------------------------------------------------------------


def load_file(filename: Any, device: Any = "cpu") -> dict[str, Tensor]:
    """The tensors in a safetensors file, by name.

    >>> import tempfile, os
    >>> from rushlight.io import safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.safetensors")
    ...     safetensors.save_file({"w": torch.ones(2)}, path)
    ...     safetensors.load_file(path)
    {'w': tensor([1., 1.])}
    """
    require_cpu(device, OP)
    with open(filename, "rb") as file:
        return Reading(file, os.path.getsize(filename), f"'{Path(filename)}'").tensors()


def load(data: bytes) -> dict[str, Tensor]:
    """The tensors in the bytes of a safetensors file, by name.

    >>> from rushlight.io import safetensors
    >>> safetensors.load(safetensors.save({"w": torch.zeros(1)}))
    {'w': tensor([0.])}
    """
    return Reading(io.BytesIO(data), len(data), "the data").tensors()


class Reading:
    """A file of `size` bytes that is being read; errors call it `name`."""

    def __init__(self, file: Any, size: int, name: str) -> None:
        self.file = file
        self.name = name
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > LONGEST_HEADER or 8 + length > size:
            raise self.damaged(f"it is no safetensors file, or cut off (it has {size} bytes)")
        self.room = size - 8 - length
        try:
            header = json.loads(file.read(length).decode(), object_pairs_hook=once)
        except (ValueError, RecursionError) as error:
            raise self.damaged(f"its header cannot be read ({error})") from None
        if not isinstance(header, dict):
            raise self.damaged("its header is not a dictionary")
        header.pop(METADATA, None)
        self.header: dict[str, Any] = header

    def damaged(self, why: str) -> FormatError:
        """The error for a file that is not as it should be."""
        hint = "copy or download it again"
        return FormatError(explain(OP, f"{self.name}: {why}", hint=hint))

    def tensors(self) -> dict[str, Tensor]:
        """The tensors by name."""
        places = [(*self.described(name, entry), name) for name, entry in self.header.items()]
        end = 0
        found = {}
        for start, stop, shape, code, name in sorted(places):
            if start != end:
                raise self.damaged(f"there is a gap or an overlap before {name!r}")
            end = stop
            found[name] = self.tensor(stop - start, shape, code)
        if end != self.room:
            raise self.damaged(f"there are {self.room} bytes of tensors, {end} are accounted for")
        return {name: found[name] for name in self.header}

    def described(self, name: str, entry: Any) -> tuple[int, int, tuple[int, ...], str]:
        """Where a tensor begins and ends, its shape and the code of its dtype."""
        try:
            shape, (start, stop), code = entry["shape"], entry["data_offsets"], entry["dtype"]
            whole = all([type(n) is int and n >= 0 for n in (*shape, start, stop)])
        except (TypeError, KeyError, ValueError):
            raise self.damaged(f"{name!r} is not described as it should be") from None
        if code not in CODES:
            problem = f"{self.name}: {name!r} has dtype {code}, which rushlight does not have"
            raise DataError(explain(OP, problem, hint=f"there are {', '.join(CODES)}"))
        size = math.prod(shape) * CODES[code].itemsize
        if not whole or stop - start != size or stop > self.room:
            raise self.damaged(f"{name!r} of shape {shape} is said to lie from {start} to {stop}")
        return start, stop, tuple(shape), code

    def tensor(self, size: int, shape: tuple[int, ...], code: str) -> Any:
        """The next tensor of the file."""
        content = np.frombuffer(bytearray(self.file.read(size)), np.uint8)
        if len(content) != size:
            raise self.damaged("it is cut off")
        kind = in_bytes(CODES[code])
        array = content.view(kind.newbyteorder("<")).astype(kind, copy=False)
        return wrap(array.view(CODES[code].numpy).reshape(shape))


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dictionary of the pairs; raises if a name comes twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


# -- writing -----------------------------------------------------------------------------------


def save_file(
    tensors: Mapping[str, Any], filename: Any, metadata: Mapping[str, str] | None = None
) -> None:
    """Nothing, after writing tensors by name to a safetensors file.

    What was in the file before is there still if anything goes wrong.
    """
    header, arrays = described(tensors, metadata)
    path = Path(filename)
    with explained(path, OP, sum([a.nbytes for a in arrays])), whole_file(path) as file:
        file.write(header)
        for array in arrays:
            file.write(content_of(array))


def save(tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a safetensors file of tensors by name."""
    header, arrays = described(tensors, metadata)
    return b"".join([header, *map(content_of, arrays)])


def content_of(array: Any) -> Any:
    """The bytes of an array, row by row, lowest byte first."""
    array = array.view(in_bytes(dtypes.stored_in(array.dtype)))
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()


def described(tensors: Any, metadata: Any) -> tuple[bytes, list[Any]]:
    """The first part of the file, and the arrays in their order in the rest."""
    arrays = checked(tensors)
    codes = {dtype: code for code, dtype in CODES.items()}
    header: dict[str, Any] = {METADATA: texts(metadata)} if metadata else {}
    place = 0
    # Wide elements first, so that each is aligned; then by name, so that files can be compared.
    rank = {dtype.numpy: k for k, dtype in enumerate(CODES.values())}
    names = sorted(arrays, key=lambda n: (-rank[arrays[n].dtype], n))
    for name in names:
        array = arrays[name]
        end = place + array.nbytes
        code = codes[dtypes.stored_in(array.dtype)]
        header[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [place, end]}
        place = end
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text, [arrays[n] for n in names]


def checked(tensors: Any) -> dict[str, Any]:
    """The arrays of the tensors by name, if the format can hold them."""
    if not isinstance(tensors, Mapping):
        problem = f"tensors must be a dict of tensors by name, not {type(tensors).__name__}"
        raise ArgumentError(explain(OP, problem, hint="safetensors.save_file({'w': w}, path)"))
    arrays: dict[str, Any] = {}
    owners: dict[int, str] = {}
    for name, value in tensors.items():
        if not isinstance(name, str) or name == METADATA or not isinstance(value, Tensor):
            got = {"the name": repr(name), "the value": type(value).__name__}
            hint = "the format holds tensors by name only; torch.save takes more"
            raise ArgumentError(explain(OP, "expected a name and a tensor", got, hint))
        if value.dtype not in CODES.values():
            raise DataError(explain(OP, f"{name!r} has dtype {value.dtype}, which it cannot hold"))
        array = realise(value)
        if array.size and owners.setdefault(id(owner_of(array)), name) != name:
            refuse_shared(owners[id(owner_of(array))], name)
        arrays[name] = array
    return arrays


def refuse_shared(first: str, second: str) -> None:
    """Raise: two names for the same memory, which the format cannot say."""
    problem = f"{first!r} and {second!r} share memory, which the format cannot express"
    hint = "leave one of them out, or save a copy of it (tensor.clone()); torch.save keeps it"
    raise ShapeError(explain(OP, problem, hint=hint))


def texts(metadata: Any) -> dict[str, str]:
    """The metadata, if it is texts by name."""
    if not all([isinstance(k, str) and isinstance(v, str) for k, v in dict(metadata).items()]):
        raise ArgumentError(explain(OP, "metadata must be texts by name (dict of str to str)"))
    return dict(metadata)
