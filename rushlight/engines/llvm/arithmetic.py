"""Arithmetic in the IR text: operations of scalars and vectors, which combine as one expects.

Where operands differ in lanes, the scalar is spread. No fast-math flag is set unless asked for:
NaN, infinities and the sign of zero are what IEEE 754 says.
"""

from __future__ import annotations

from .blocks import Blocks
from .values import Value, mangled, type_text

PREDICATES = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}
"""Comparisons by short name, of numbers with fractions; those of integers are signed."""

DIVISIONS = ("sdiv", "udiv", "srem", "urem")
"""What stops the process when the divisor is 0: never computed before it is known to be needed."""

TWO_TYPES = ("fptosi.sat", "fptoui.sat", "ldexp", "powi", "lrint", "llrint", "lround", "llround")
"""Intrinsics whose name spells two types."""

FOLDED = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "shl": lambda a, b: a << b, "and": lambda a, b: a & b, "or": lambda a, b: a | b,
}  # fmt: skip


class Arithmetic(Blocks):
    """The operations without memory."""

    def splat(self, value: Value, lanes: int) -> Value:
        """`value` in every lane (a vector of that many lanes stays as it is)."""
        if value.lanes == lanes:
            return value
        if value.lanes != 1:
            raise ValueError(f"{value.typed} cannot be spread over {lanes} lanes")
        if value.is_constant:
            return Value(f"splat ({value.typed})", value.kind, lanes, value.level)
        full = type_text(value.kind, lanes)
        first = self.pure(
            f"insertelement {full} poison, {value.typed}, i64 0", value.kind, lanes, value.level
        )
        return self.pure(
            f"shufflevector {first.typed}, {full} poison, <{lanes} x i32> zeroinitializer",
            value.kind,
            lanes,
            value.level,
        )

    def together(self, *values: Value) -> tuple[int, int, list[Value]]:
        """The common lanes, the deepest level, and the values spread over the lanes."""
        lanes = max([v.lanes for v in values])
        return lanes, max([v.level for v in values]), [self.splat(v, lanes) for v in values]

    def binary(self, opcode: str, a: Value, b: Value, flags: str = "") -> Value:
        """`a opcode b`; `flags` such as "contract" or "nsw" are LLVM's."""
        if a.kind != b.kind:
            raise TypeError(f"{opcode} of {a.typed} and {b.typed}: the kinds differ")
        easy = self._folded(opcode, a, b)
        if easy is not None:
            return easy
        lanes, level, (a, b) = self.together(a, b)
        if opcode in DIVISIONS and (not b.is_constant or "poison" in b.text):
            level = max(level, self.depth)
        word = f"{opcode} {flags}" if flags else opcode
        return self.pure(f"{word} {a.typed}, {b.text}", a.kind, lanes, level)

    def _folded(self, opcode: str, a: Value, b: Value) -> Value | None:
        """The result where integers are known well enough, else None."""
        x, y = a.known, b.known
        if x is not None and y is not None and opcode in FOLDED:
            return self.number(FOLDED[opcode](x, y), a.kind)
        if y == 0 and opcode in ("add", "sub", "or", "shl", "ashr", "lshr"):
            return a
        if x == 0 and opcode in ("add", "or"):
            return b
        if opcode == "mul" and 1 in (x, y):
            return b if x == 1 else a
        return None

    def _by_kind(self, word: str, a: Value, b: Value, flags: str) -> Value:
        return self.binary("f" + word if a.is_float else word, a, b, flags)

    def add(self, a: Value, b: Value, flags: str = "") -> Value:
        """The sum."""
        return self._by_kind("add", a, b, flags)

    def sub(self, a: Value, b: Value, flags: str = "") -> Value:
        """The difference."""
        return self._by_kind("sub", a, b, flags)

    def mul(self, a: Value, b: Value, flags: str = "") -> Value:
        """The product."""
        return self._by_kind("mul", a, b, flags)

    def div(self, a: Value, b: Value, flags: str = "") -> Value:
        """The quotient; of integers towards zero, signed, and undefined for a divisor of 0."""
        return self.binary("fdiv" if a.is_float else "sdiv", a, b, flags)

    def negate(self, a: Value) -> Value:
        """The value with the other sign."""
        if a.is_float:
            return self.pure(f"fneg {a.typed}", a.kind, a.lanes, a.level)
        return self.sub(self.number(0, a.kind), a)

    def invert(self, a: Value) -> Value:
        """The value with every bit changed: `not` of a truth value."""
        return self.binary("xor", a, self.number(1 if a.kind == "i1" else -1, a.kind))

    def compare(self, predicate: str, a: Value, b: Value) -> Value:
        """A truth value for each lane; `predicate` is lt, le, gt, ge, eq, ne or one of LLVM's."""
        lanes, level, (a, b) = self.together(a, b)
        if a.is_float:
            text = f"fcmp {PREDICATES.get(predicate, predicate)} {a.typed}, {b.text}"
        else:
            order = "u" if a.kind in ("i1", "ptr") else "s"
            short = predicate in PREDICATES and predicate not in ("eq", "ne")
            text = f"icmp {order if short else ''}{predicate} {a.typed}, {b.text}"
        return self.pure(text, "i1", lanes, level)

    def select(self, condition: Value, a: Value, b: Value) -> Value:
        """`a` where the condition holds, `b` elsewhere."""
        if condition.known is not None:
            return a if condition.known else b
        lanes, level, (condition, a, b) = self.together(condition, a, b)
        return self.pure(f"select {condition.typed}, {a.typed}, {b.typed}", a.kind, lanes, level)

    def intrinsic(self, name: str, *args: Value, kind: str | None = None, flags: str = "") -> Value:
        """`llvm.<name>` of the arguments, for the types they have; `kind` is the result's."""
        name = name.removeprefix("llvm.")
        plain = [a for a in args if not (a.kind == "i1" and a.is_constant)]  # switches stay scalar
        lanes, level, spread = self.together(*plain)
        operands = [spread.pop(0) if a in plain else a for a in args]
        result = Value("", kind or args[0].kind, lanes)
        types = [mangled(result if kind and name in TWO_TYPES else operands[0])]
        if name in TWO_TYPES:
            types.append(mangled(operands[0] if kind else operands[1]))
        full = ".".join(["llvm", name, *types])
        self.declare(result.type, full, [a.type for a in operands])
        call = f"call {flags} {result.type}" if flags else f"call {result.type}"
        text = f"{call} @{full}({', '.join([a.typed for a in operands])})"
        return self.pure(text, result.kind, lanes, level)

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """`a * b + c`, rounded once."""
        return self.intrinsic("fma", a, b, c)

    def multiply_add(self, a: Value, b: Value, c: Value) -> Value:
        """`a * b + c`, rounded once where the processor does so at the cost of one instruction."""
        return self.intrinsic("fmuladd", a, b, c)

    def convert(self, opcode: str, a: Value, kind: str) -> Value:
        """`a` as another kind by LLVM's `opcode`: fpext, sitofp, bitcast, zext ..."""
        if a.kind == kind:
            return a
        return self.pure(
            f"{opcode} {a.typed} to {type_text(kind, a.lanes)}", kind, a.lanes, a.level
        )

    def reduce(self, how: str, vector: Value) -> Value:
        """One scalar of all lanes: add, mul, max, min, or, and.

        Sums and products of floats are taken in any order; NaN wins in max and min.
        """
        if vector.lanes == 1:
            return vector
        word, flags, start = how, "", ""
        if vector.is_float:
            word = {"max": "fmaximum", "min": "fminimum"}.get(how, "f" + how)
            if how in ("add", "mul"):
                identity = self.number(-0.0 if how == "add" else 1.0, vector.kind)
                flags, start = "reassoc ", identity.typed + ", "
        elif how in ("max", "min"):
            word = "s" + how
        full = f"llvm.vector.reduce.{word}.{mangled(vector)}"
        self.declare(vector.kind, full, [vector.kind, vector.type] if start else [vector.type])
        text = f"call {flags}{vector.kind} @{full}({start}{vector.typed})"
        return self.pure(text, vector.kind, 1, vector.level)

    def lane(self, vector: Value, k: int) -> Value:
        """The element in lane `k`."""
        text = f"extractelement {vector.typed}, i64 {k}"
        return self.pure(text, vector.kind, 1, vector.level)

    def shuffle(self, a: Value, b: Value, places: list[int]) -> Value:
        """The lanes of `a` and `b`, counted through both, in the order of `places`."""
        order = ", ".join([f"i32 {k}" for k in places])
        text = f"shufflevector {a.typed}, {b.typed}, <{len(places)} x i32> <{order}>"
        return self.pure(text, a.kind, len(places), max(a.level, b.level))

    def iota(self, lanes: int, kind: str = "i64", start: int = 0) -> Value:
        """The constant vector start, start + 1 ..."""
        if lanes == 1:
            return self.number(start, kind)
        items = [self.number(start + k, kind).typed for k in range(lanes)]
        return Value(f"<{', '.join(items)}>", kind, lanes)
