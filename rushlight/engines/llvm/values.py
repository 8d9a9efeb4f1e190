"""The values of the IR text: what they are called, their types, and constants of any kind."""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass

FLOATS = ("half", "float", "double")
"""The kinds with fractions."""

BITS = {
    "i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64, "half": 16, "float": 32, "double": 64,
    "ptr": 64,
}  # fmt: skip
"""The width of each kind in a register."""

MANGLED = {
    "i1": "i1", "i8": "i8", "i16": "i16", "i32": "i32", "i64": "i64",
    "half": "f16", "float": "f32", "double": "f64", "ptr": "p0",
}  # fmt: skip
"""How the names of intrinsics spell each kind."""

TRUTH = {"true": 1, "false": 0}


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar or vector of the IR.

    `text` is its name (`%add3`) or a constant; `kind` its scalar type (`float`, `i64`, `ptr` ...);
    `level` the depth of the innermost loop or branch in which it varies: 0 outside of all.
    """

    text: str
    kind: str
    lanes: int = 1
    level: int = 0

    @property
    def type(self) -> str:
        """The LLVM type, such as `<16 x float>`."""
        return type_text(self.kind, self.lanes)

    @property
    def typed(self) -> str:
        """Type and name, as operands are written."""
        return f"{self.type} {self.text}"

    @property
    def is_float(self) -> bool:
        """Whether the elements may have fractions."""
        return self.kind in FLOATS

    @property
    def is_constant(self) -> bool:
        """Whether the value is known while emitting."""
        return not self.text.startswith(("%", "@"))

    @property
    def known(self) -> int | None:
        """The number that a constant scalar integer is, else None."""
        if self.lanes != 1 or self.kind[0] != "i" or not self.is_constant:
            return None
        return int(TRUTH.get(self.text, self.text))


def type_text(kind: str, lanes: int) -> str:
    """The LLVM type of `lanes` elements of `kind`."""
    return kind if lanes == 1 else f"<{lanes} x {kind}>"


def mangled(value: Value) -> str:
    """The type of `value` as the names of intrinsics spell it, such as `v16f32`."""
    return f"v{value.lanes}{MANGLED[value.kind]}" if value.lanes > 1 else MANGLED[value.kind]


def constant_text(x: float, kind: str) -> str:
    """The exact LLVM text of the number `x` as an element of `kind`."""
    if kind == "ptr":
        return "null"
    if kind == "i1":
        return "true" if x else "false"
    if kind in FLOATS:
        return float_text(float(x), kind)
    half = 1 << (BITS[kind] - 1)
    return str((int(x) + half) % (2 * half) - half)


def float_text(x: float, kind: str) -> str:
    """The bits of `x`, rounded to `kind`; LLVM writes a float as the double of the same value."""
    if kind == "float":
        x = ctypes.c_float(x).value
    elif kind == "half":
        return "0xH{:04X}".format(*struct.unpack("<H", struct.pack("<e", x)))
    return "0x{:016X}".format(*struct.unpack("<Q", struct.pack("<d", x)))


def parameter(name: str, kind: str, lanes: int = 1) -> Value:
    """A parameter of the function that is being written."""
    return Value(f"%{name}", kind, lanes)
