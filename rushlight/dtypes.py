"""Element types and the rules by which they combine.

The names and the promotion rules are PyTorch's: the widest category among the tensors with
dimensions wins, a 0-d tensor only matters if its category is higher, and a Python number only if
its category is higher still.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from . import bfloat
from .errors import ArgumentError, DtypeError, explain
from .public import Named

BOOL, INT, FLOAT, COMPLEX = range(4)
"""Categories, in the order of promotion."""


class DType(metaclass=Named, shown="torch.dtype"):
    """An element type: `name`, its NumPy dtype (`numpy`), `category` and `itemsize` in bytes.

    `narrow` ones, of 16 bits, are stored as they are and computed in float32: see ops/rounded.py.

    NumPy has no bfloat16: arrays of it have the dtype `bfloat.BITS`, as arrays of nothing else do.
    """

    __slots__ = ("category", "is_signed", "itemsize", "name", "narrow", "numpy")

    def __init__(self, name: str, category: int, numpy: Any) -> None:
        self.name = name
        self.category = category
        self.numpy: np.dtype[Any] = np.dtype(numpy)
        self.itemsize = self.numpy.itemsize
        self.is_signed = self.numpy.kind not in "bu"
        self.narrow = category == FLOAT and self.itemsize == 2

    @property
    def is_floating_point(self) -> bool:
        """Whether values are real and may be fractional."""
        return self.category == FLOAT

    @property
    def is_complex(self) -> bool:
        """Whether values have an imaginary part."""
        return self.category == COMPLEX

    @property
    def differentiable(self) -> bool:
        """Whether a tensor of this type can require a gradient."""
        return self.category >= FLOAT

    def array(self, values: Any, copy: bool = False) -> Any:
        """`values` as an array of this type, a new one if need be or if so asked."""
        return bfloat.converted(values, self.numpy, copy)

    @property
    def carrier(self) -> np.dtype[Any]:
        """The NumPy dtype for values of this type that are computed with NumPy alone."""
        return np.dtype(np.float32) if self.numpy == bfloat.BITS else self.numpy

    def nearest(self, x: float) -> float:
        """The nearest to a number that this floating-point type has."""
        return float(bfloat.values(self.array(x)))

    @property
    def eps(self) -> float:
        """The distance from 1 to the next larger floating-point number."""
        return bfloat.EPS if self.numpy == bfloat.BITS else float(np.finfo(self.numpy).eps)

    @property
    def largest(self) -> float:
        """The largest finite floating-point number."""
        return bfloat.LARGEST if self.numpy == bfloat.BITS else float(np.finfo(self.numpy).max)

    def to_real(self) -> DType:
        """The type of the real part."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    def to_complex(self) -> DType:
        """The complex type whose parts have this type."""
        known = {"bfloat16": complex64, "float32": complex64, "float64": complex128}
        return known.get(self.name, self)

    def __repr__(self) -> str:
        # Programs print dtypes; they must see what PyTorch prints.
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (by_name, (self.name,))

    def __copy__(self) -> DType:
        return self

    def __deepcopy__(self, memo: object) -> DType:
        return self


bool_ = DType("bool", BOOL, np.bool_)
uint8 = DType("uint8", INT, np.uint8)
int8 = DType("int8", INT, np.int8)
int16 = DType("int16", INT, np.int16)
int32 = DType("int32", INT, np.int32)
int64 = DType("int64", INT, np.int64)
uint16 = DType("uint16", INT, np.uint16)
uint32 = DType("uint32", INT, np.uint32)
uint64 = DType("uint64", INT, np.uint64)
float16 = DType("float16", FLOAT, np.float16)
bfloat16 = DType("bfloat16", FLOAT, bfloat.BITS)
float32 = DType("float32", FLOAT, np.float32)
float64 = DType("float64", FLOAT, np.float64)
complex64 = DType("complex64", COMPLEX, np.complex64)
complex128 = DType("complex128", COMPLEX, np.complex128)

ALL = (
    bool_, uint8, int8, int16, int32, int64, uint16, uint32, uint64,
    float16, bfloat16, float32, float64, complex64, complex128,
)  # fmt: skip
UNSIGNED = (uint16, uint32, uint64)
"""Integers that combine only with their own kind and with floating-point numbers."""

ALIASES = {
    "half": float16, "float": float32, "double": float64, "short": int16, "int": int32,
    "long": int64, "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip
_BY_NAME = {d.name: d for d in ALL}
_BY_NUMPY = {d.numpy: d for d in ALL}

_default = float32


def by_name(name: str) -> DType:
    """The dtype called `name`, such as "float32"."""
    return _BY_NAME[name]


def stored_in(dtype: np.dtype[Any]) -> DType:
    """The dtype of tensors in arrays of ours of NumPy's `dtype`."""
    return _BY_NUMPY.get(dtype) or of_numpy(dtype)


def of_numpy(dtype: np.dtype[Any], op: str = "tensor") -> DType:
    """The dtype for NumPy's `dtype` in others' arrays; raises TypeError if there is none."""
    found = _BY_NUMPY.get(dtype) or _BY_NUMPY.get(dtype.newbyteorder("="))
    if found is None or found is bfloat16:
        kinds = ", ".join(d.name for d in ALL if d is not bfloat16)
        raise ArgumentError(
            explain(op, f"can't convert np.ndarray of type {dtype}", hint=f"supported: {kinds}")
        )
    return found


def default() -> DType:
    """The dtype of tensors made from Python floats (`set_default_dtype`)."""
    return _default


def set_default(dtype: DType) -> None:
    """Make `dtype` the one of tensors made from Python floats."""
    global _default
    if not isinstance(dtype, DType) or dtype.category != FLOAT:
        raise ArgumentError(explain("set_default_dtype", "only floating-point types are supported"))
    _default = dtype


def of_number(value: object) -> DType:
    """The dtype of a tensor made from the Python number `value`."""
    kind = type(value)
    if kind is bool:
        return bool_
    if kind is int:
        return int64
    if kind is complex:
        return _default.to_complex()
    return _default


def promote(a: DType, b: DType) -> DType:
    """The smallest dtype that both `a` and `b` convert to (`torch.promote_types`)."""
    if a is b:
        return a
    if a.category != b.category:
        high, low = (a, b) if a.category > b.category else (b, a)
        if (low in UNSIGNED and high.category != FLOAT) or high in UNSIGNED:
            raise unsigned(a, b)
        if high.category == COMPLEX and low is float64:
            return complex128
        return high
    if a in UNSIGNED or b in UNSIGNED:
        raise unsigned(a, b)
    if a.category == INT and uint8 in (a, b):
        other = b if a is uint8 else a
        return int16 if other is int8 else other  # int8 cannot hold 255
    if a.itemsize == b.itemsize:
        return float32  # float16 and bfloat16: neither holds the other
    return a if a.itemsize > b.itemsize else b


def unsigned(a: DType, b: DType) -> DtypeError:
    """The error for dtypes that do not combine."""
    problem = "promotion for uint16, uint32 and uint64 is not supported"
    hint = "convert one first, as in x.to(torch.int64)"
    return DtypeError(explain("promote", problem, {"the dtypes": f"{a.name}, {b.name}"}, hint))


def result_type(operands: Iterable[tuple[DType, int, bool]]) -> DType:
    """The dtype in which operands combine; each is given as (dtype, dimensions, is a number)."""
    best: list[DType | None] = [None, None, None]  # with dimensions, 0-d tensors, numbers
    for dtype, ndim, is_number in operands:
        place = 2 if is_number else (1 if ndim == 0 else 0)
        known = best[place]
        best[place] = dtype if known is None else promote(known, dtype)
    result: DType | None = None
    for candidate in best:
        if candidate is None:
            continue
        if result is None:
            result = candidate
        elif candidate.category > result.category:
            # A number only says its category: an int64 tensor plus 1.5 is the default float, and
            # a float32 tensor plus any complex number keeps its precision.
            if candidate.category == COMPLEX and result.category == FLOAT:
                result = complex64 if result is float16 else result.to_complex()
            else:
                result = candidate
    if result is None:
        raise DtypeError(explain("result_type", "no operands"))
    return result
