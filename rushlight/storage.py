"""The memory of a tensor by itself: what `x.untyped_storage()` and `x.storage()` give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from . import devices, dtypes
from .calls import function
from .errors import MissingError, explain
from .graph import contiguous_strides
from .ops import OPS
from .public import public
from .runtime.record import elements, realise

as_strided = function(OPS["as_strided"])


def memory_of(x: Any) -> Any:
    """All elements of the memory of `x` in a row: a tensor without history that shares it."""
    base = x if x._base is None else x._base
    flat = base.detach()
    if flat._value.strides == contiguous_strides(flat._value.shape):
        return flat.view(-1)
    return as_strided(flat, (flat.numel(),), (1,), 0)


class Storage:
    """What both kinds of storage share: `flat` is a tensor of all their elements."""

    def __init__(self, flat: Any) -> None:
        if not hasattr(flat, "_value"):
            name = type(self).__name__
            hint = "x.untyped_storage() gives that of a tensor"
            raise MissingError(explain(name, "storages cannot be made alone", hint=hint))
        self.flat = flat

    @property
    def device(self) -> devices.Device:
        """Where it is: always the CPU."""
        return devices.cpu

    is_cuda = False

    def data_ptr(self) -> int:
        """The address of the first element."""
        return int(self.flat.data_ptr())

    def nbytes(self) -> int:
        """Bytes of all elements."""
        return int(self.flat.nbytes)

    def tolist(self) -> list[Any]:
        """All elements as Python numbers."""
        found: list[Any] = elements(self.flat).tolist()
        return found

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Storage) and other.data_ptr() == self.data_ptr()
        return same and other.nbytes() == self.nbytes()  # type: ignore[union-attr]

    def __hash__(self) -> int:
        return self.data_ptr()

    def is_shared(self) -> bool:
        """Whether other processes see it: never."""
        return False


@public()
class UntypedStorage(Storage):
    """Memory as bytes."""

    def size(self) -> int:
        """How many bytes."""
        return self.nbytes()

    __len__ = size

    def tolist(self) -> list[Any]:
        """All bytes."""
        found: list[Any] = realise(self.flat).view(np.uint8).tolist()
        return found

    def __getitem__(self, index: Any) -> Any:
        return self.tolist()[index]

    def __repr__(self) -> str:
        lines = "\n ".join(map(str, self.tolist()))
        return f" {lines}\n[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"


@public()
class TypedStorage(Storage):
    """Memory as elements of a dtype. What is written to it the tensors see that share it."""

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the elements."""
        kind: dtypes.DType = self.flat.dtype
        return kind

    def size(self) -> int:
        """How many elements."""
        return int(self.flat.numel())

    __len__ = size

    def element_size(self) -> int:
        """Bytes per element."""
        return int(self.flat.element_size())

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        return UntypedStorage(self.flat)

    def fill_(self, value: Any) -> TypedStorage:
        """Itself, with every element `value`."""
        self.flat.fill_(value)
        return self

    def copy_(self, source: Any, non_blocking: bool | None = None) -> TypedStorage:
        """Itself, with the elements of another storage."""
        self.flat.copy_(source.flat)
        return self

    def clone(self) -> TypedStorage:
        """A copy."""
        return TypedStorage(self.flat.clone())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return TypedStorage(self.flat[index])
        return self.flat[index].item()

    def __setitem__(self, index: Any, value: Any) -> None:
        self.flat[index] = value

    def __repr__(self) -> str:
        lines = "\n ".join(map(str, self.tolist()))
        kind = f"dtype={self.dtype}, device=cpu"
        return f" {lines}\n[torch.storage.TypedStorage({kind}) of size {len(self)}]"


@public("Tensor")
def untyped_storage(self: Any) -> UntypedStorage:
    """Its memory as bytes; tensors that share memory have equal ones.

    >>> x = torch.zeros(2, 3)
    >>> x[1].untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    True
    """
    return UntypedStorage(memory_of(self))


@public("Tensor")
def storage(self: Any) -> TypedStorage:
    """Its memory as elements, those included that it does not show.

    >>> torch.arange(4)[2:].storage().tolist()
    [0, 1, 2, 3]
    """
    return TypedStorage(memory_of(self))


@public()
def is_storage(obj: Any) -> bool:
    """Whether `obj` is a storage."""
    return isinstance(obj, Storage)
