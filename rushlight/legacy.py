"""PyTorch's legacy tensor types: `FloatTensor([1, 2])`, `x.type("torch.LongTensor")`."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import create, dtypes, patterns
from .devices import require_cpu
from .dtypes import DType
from .errors import ArgumentError, ChoiceError, explain
from .public import public
from .runtime.entry import Handle
from .tensor import TensorType

NAMES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "uint8": "Byte", "int8": "Char",
    "int16": "Short", "int32": "Int", "int64": "Long", "bool": "Bool",
}  # fmt: skip
"""Names of PyTorch's legacy tensor types by dtype."""


def legacy(*args: Any, dtype: DType | None = None, device: Any = None) -> Any:
    """PyTorch's legacy constructor `Tensor(data)` or `Tensor(2, 3)`: always of one dtype."""
    require_cpu(device, "Tensor")
    dtype = dtype or dtypes.default()
    if len(args) == 1 and isinstance(args[0], Handle):
        return args[0].to(dtype)  # type: ignore[attr-defined]
    if len(args) == 1 and isinstance(args[0], list | tuple | np.ndarray):
        return create.tensor(args[0], dtype=dtype)
    if all([isinstance(a, int) for a in args]):
        return patterns.empty(*(args or (0,)), dtype=dtype)
    raise ArgumentError(explain("Tensor", "expected data or sizes", hint="use torch.tensor(data)"))


TensorType.legacy = staticmethod(legacy)


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
