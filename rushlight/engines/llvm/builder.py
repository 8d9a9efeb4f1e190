"""The IR text builder that the engine emits with: arithmetic, memory and calls.

Truth values are bytes in memory and `i1` in registers: loads and stores of kind `i1` convert.
A load is remembered like any operation, and stands as far out as its address allows. Whoever
stores to memory that may be read again says `forget_loads`.
"""

from __future__ import annotations

from .arithmetic import Arithmetic
from .values import BITS, Value, mangled, parameter, type_text

Mask = int | Value | None
"""Which lanes count: the first so many, those of an i1 vector, or all."""


class Builder(Arithmetic):
    """Writes a module of IR text, function after function.

    >>> b = Builder()
    >>> x, out = parameter("x", "ptr"), parameter("out", "ptr")
    >>> def step(i):
    ...     eight = b.load(b.address(x, i, "float"), "float", 8)
    ...     b.store(b.add(eight, eight), b.address(out, i, "float"))
    >>> _ = b.loop(0, 64, 8, step)
    >>> text = b.function("double", [x, out])
    """

    # Memory

    def address(self, pointer: Value, index: int | Value, kind: str) -> Value:
        """The address of element `index` of the elements of `kind` at `pointer`."""
        index = self.integer(index)
        if index.known == 0:
            return pointer
        text = f"getelementptr {stored(kind)}, {pointer.typed}, {index.typed}"
        return self.pure(text, "ptr", 1, max(pointer.level, index.level))

    def load(
        self,
        pointer: Value,
        kind: str,
        lanes: int = 1,
        mask: Mask = None,
        align: int | None = None,
        hoist: bool = True,
    ) -> Value:
        """`lanes` elements from `pointer` on; those outside of `mask` are 0 and not touched.

        `hoist=False` keeps the load in the innermost loop.
        """
        if kind == "i1":
            byte = self.load(pointer, "i8", lanes, mask, align, hoist)
            return self.compare("ne", byte, self.number(0, "i8"))
        level = pointer.level if hoist else self.depth
        full, by = type_text(kind, lanes), align or BITS[kind] // 8
        active = self._mask(mask, lanes)
        if active is None:
            return self.remembered(f"load {full}, {pointer.typed}, align {by}", kind, lanes, level)
        zero = self.splat(self.number(0, kind), lanes)
        if lanes == 1:
            loaded = self.branch(
                active,
                lambda: [self.load(pointer, kind, 1, None, align, hoist)],
                lambda: [zero],
            )
            return loaded[0]
        name = f"llvm.masked.load.{mangled(zero)}.p0"
        self.declare(full, name, ["ptr", "i32", active.type, full])
        operands = f"{pointer.typed}, i32 {by}, {active.typed}, {full} zeroinitializer"
        return self.remembered(
            f"call {full} @{name}({operands})", kind, lanes, max(level, active.level)
        )

    def store(
        self, value: Value, pointer: Value, mask: Mask = None, align: int | None = None
    ) -> None:
        """Write the lanes of `value` that are in `mask` at `pointer`."""
        if mask == 1 and value.lanes > 1:
            # LLVM 22 writes all bits of the number that such a lane was truncated from.
            value, mask = self.lane(value, 0), None
        if value.kind == "i1":
            value = self.convert("zext", value, "i8")
        by = align or BITS[value.kind] // 8
        active = self._mask(mask, value.lanes)
        if active is None:
            self.raw(f"store {value.typed}, {pointer.typed}, align {by}")
        elif value.lanes == 1:
            self.branch(active, lambda: self.store(value, pointer, None, align))
        else:
            name = f"llvm.masked.store.{mangled(value)}.p0"
            self.declare("void", name, [value.type, "ptr", "i32", active.type])
            self.raw(f"call void @{name}({value.typed}, {pointer.typed}, i32 {by}, {active.typed})")

    def prefetch(self, pointer: Value) -> None:
        """Ask for the memory at `pointer`, which will be read soon."""
        self.declare("void", "llvm.prefetch.p0", ["ptr", "i32", "i32", "i32"])
        self.raw(f"call void @llvm.prefetch.p0({pointer.typed}, i32 0, i32 3, i32 1)")

    def gather(
        self, pointer: Value, indices: Value, kind: str, mask: Mask = None, hoist: bool = True
    ) -> Value:
        """The elements of `kind` at the vector of indices from `pointer`; 0 outside of `mask`."""
        if indices.lanes == 1:
            return self.load(self.address(pointer, indices, kind), kind, 1, mask, None, hoist)
        if kind == "i1":
            byte = self.gather(pointer, indices, "i8", mask, hoist)
            return self.compare("ne", byte, self.number(0, "i8"))
        places, active, lanes = self._places(pointer, indices, kind, mask)
        full = type_text(kind, lanes)
        name = f"llvm.masked.gather.{mangled(Value('', kind, lanes))}.v{lanes}p0"
        self.declare(full, name, [places.type, "i32", active.type, full])
        operands = f"{places.typed}, i32 {BITS[kind] // 8}, {active.typed}, {full} zeroinitializer"
        level = max(places.level, active.level) if hoist else self.depth
        return self.remembered(f"call {full} @{name}({operands})", kind, lanes, level)

    def scatter(self, value: Value, pointer: Value, indices: Value, mask: Mask = None) -> None:
        """Write lanes to the indices from `pointer`; of equal ones the last lane wins."""
        value = self.splat(value, indices.lanes)
        if indices.lanes == 1:
            return self.store(value, self.address(pointer, indices, value.kind), mask)
        if value.kind == "i1":
            value = self.convert("zext", value, "i8")
        places, active, lanes = self._places(pointer, indices, value.kind, mask)
        name = f"llvm.masked.scatter.{mangled(value)}.v{lanes}p0"
        self.declare("void", name, [value.type, places.type, "i32", active.type])
        size = BITS[value.kind] // 8
        self.raw(f"call void @{name}({value.typed}, {places.typed}, i32 {size}, {active.typed})")
        return None

    def _places(
        self, pointer: Value, indices: Value, kind: str, mask: Mask
    ) -> tuple[Value, Value, int]:
        """The addresses of the elements, the mask of the lanes, and their number."""
        lanes = indices.lanes
        text = f"getelementptr {stored(kind)}, {pointer.typed}, {indices.typed}"
        places = self.pure(text, "ptr", lanes, max(pointer.level, indices.level))
        return places, self._mask(mask, lanes) or self.splat(self.number(1, "i1"), lanes), lanes

    def _mask(self, mask: Mask, lanes: int) -> Value | None:
        """The truth vector of a mask, or None where all lanes count."""
        if isinstance(mask, Value):
            return self.splat(mask, lanes)
        if mask is None or mask >= lanes:
            return None
        if lanes == 1:
            return self.number(0, "i1")
        bits = ", ".join([f"i1 {'true' if k < mask else 'false'}" for k in range(lanes)])
        return Value(f"<{bits}>", "i1", lanes)

    def first(self, count: Value, lanes: int) -> Value:
        """The mask of the first `count` lanes, where the count is known only at run time."""
        return self.compare("lt", self.iota(lanes, count.kind), count)

    # Calls

    def call(self, target: int | str | Value, result: str, *args: Value) -> Value:
        """The result of calling a function: an address, the name of one outside, or a pointer.

        An address is written as a name that the linker resolves (`symbols`), because the text
        must be the same in every process. Whatever the call may write, loads are forgotten by
        the caller.
        """
        if isinstance(target, int):
            target = self.outside(target)
        if isinstance(target, str):
            self.declare(result, target, [a.type for a in args])
        callee = target.text if isinstance(target, Value) else f"@{target}"
        text = f"call {result} {callee}({', '.join([a.typed for a in args])})"
        if result == "void":
            self.raw(text)
            return Value("", "void")
        return self.here(text, result)

    def symbol(self, name: str) -> Value:
        """The address of memory outside, which the linker is given under this name."""
        self.declarations.add(f"@{name} = external global i64")
        return Value(f"@{name}", "ptr")

    def outside(self, address: int) -> str:
        """The name that stands for the function at `address`."""
        for name, known in self.symbols.items():
            if known == address:
                return name
        name = f"outside{len(self.symbols)}"
        self.symbols[name] = address
        return name


def stored(kind: str) -> str:
    """The kind as which elements of `kind` lie in memory."""
    return "i8" if kind == "i1" else kind


def widen_bfloat16(b: Builder, bits: Value) -> Value:
    """The floats that bfloat16 bits (i16) stand for."""
    wide = b.binary("shl", b.convert("zext", bits, "i32"), b.number(16, "i32"))
    return b.convert("bitcast", wide, "float")


def round_to_bfloat16(b: Builder, x: Value) -> Value:
    """The bfloat16 bits (i16) nearest to floats, ties to even; NaN stays NaN."""
    bits = b.convert("bitcast", x, "i32")
    upper = b.binary("lshr", bits, b.number(16, "i32"))
    odd = b.binary("and", upper, b.number(1, "i32"))
    rounded = b.add(bits, b.add(odd, b.number(0x7FFF, "i32")))
    rounded = b.binary("lshr", rounded, b.number(16, "i32"))
    quiet = b.binary("or", upper, b.number(0x40, "i32"))
    kept = b.select(b.compare("uno", x, x), quiet, rounded)
    return b.convert("trunc", kept, "i16")


__all__ = ["Builder", "Value", "parameter", "round_to_bfloat16", "stored", "widen_bfloat16"]
