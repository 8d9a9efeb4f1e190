"""PyTorch's legacy tensor types: `FloatTensor([1, 2])`, `x.type("torch.LongTensor")`."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import create, dtypes, patterns
from .devices import require_cpu
from .dtypes import DType
from .errors import ArgumentError, ChoiceError, GradError, explain
from .public import public
from .runtime.disguise import inner_of
from .runtime.entry import Handle
from .runtime.record import realise, wrap
from .tensor import TensorType

NAMES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16",
    "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long",
    "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64", "bool": "Bool",
}  # fmt: skip
"""Names of PyTorch's legacy tensor types by dtype."""


def legacy(*args: Any, dtype: DType | None = None, device: Any = None) -> Any:
    """PyTorch's legacy constructor `Tensor(data)` or `Tensor(2, 3)`: always of one dtype."""
    require_cpu(device, "Tensor")
    dtype = dtype or dtypes.default()
    if len(args) == 1 and isinstance(args[0], Handle):
        given: Any = inner_of(args[0])
        return given.to(dtype)
    if len(args) == 1 and isinstance(args[0], list | tuple | np.ndarray):
        return create.tensor(args[0], dtype=dtype)
    if all([isinstance(a, int) for a in args]):
        return patterns.empty(*(args or (0,)), dtype=dtype)
    raise ArgumentError(explain("Tensor", "expected data or sizes", hint="use torch.tensor(data)"))


TensorType.legacy = staticmethod(legacy)


@public("Tensor")
def new(self: Any, *args: Any, device: Any = None) -> Any:
    """A tensor of the same dtype, of data or of a size: `x.new(2, 3)`, `x.new([1.0])`."""
    if not args:
        return create.tensor([], dtype=self.dtype, device=device)
    return legacy(*args, dtype=self.dtype, device=device)


@public("Tensor")
def map_(self: Any, tensor: Any, callable: Any) -> Any:
    """Itself, with `callable(a, b)` in the place of each number `a` at which `tensor` has `b`."""
    return self.copy_(called(self, callable, tensor))


@public("Tensor")
def map2_(self: Any, x: Any, y: Any, callable: Any) -> Any:
    """As `map_`, for a `callable` of three numbers."""
    return self.copy_(called(self, callable, x, y))


def called(self: Any, callable: Any, *others: Any) -> Any:
    """A tensor of what `callable` makes of the elements of `self` and others, one at a time."""
    if self.requires_grad:
        raise GradError(explain("map_", "can't call map_() on a tensor that requires grad"))
    columns = [realise(o.expand(self.shape)).reshape(-1).tolist() for o in (self, *others)]
    numbers = [callable(*row) for row in zip(*columns, strict=True)]
    return wrap(np.asarray(numbers, self._value.dtype.numpy).reshape(self._value.shape))


class LegacyType(type):
    """The type of `FloatTensor` and its kind: calling one makes a tensor of its dtype."""

    dtype: DType

    def __call__(cls, *args: Any, **options: Any) -> Any:
        """What PyTorch's constructor makes of these."""
        return legacy(*args, dtype=cls.dtype, **options)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Handle) and instance._value.dtype is cls.dtype


def of_dtype(dtype: DType) -> Any:
    """The legacy type of `dtype`, such as `FloatTensor`."""
    doc = f"PyTorch's legacy constructor of {dtype!r} tensors; use torch.tensor(data, dtype=...)."
    name = f"{NAMES[dtype.name]}Tensor"
    return LegacyType(name, (), {"dtype": dtype, "__doc__": doc, "__module__": "torch"})


for name in NAMES:
    public()(of_dtype(dtypes.by_name(name)))


def named(name: str) -> DType:
    """The dtype of the legacy type called `name`, such as "torch.FloatTensor"."""
    for dtype, kind in NAMES.items():
        if name == f"torch.{kind}Tensor":
            return dtypes.by_name(dtype)
    raise ChoiceError(explain("type", f"invalid type: {name!r}", hint="use x.to(torch.float32)"))
