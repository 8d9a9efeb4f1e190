"""Random words into numbers in machine code: rng/machine.py says what each function does.

The generator's recurrence looks back by 227 words at least, more than any vector has lanes, so it
is computed in vectors. Whatever is a float here is rounded where NumPy's way rounds it (rng/), and
a fused multiply-add once: results have the same bits.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

from ...rng import rejection
from ...rng.machine import Machine
from ...rng.rule import ROUND
from . import layout
from .builder import Builder
from .jit import build
from .normals import begin, box_muller, box_muller64, masked, normal_pairs, shifted
from .rules import module_of
from .target import is_x86, target
from .values import Value, parameter

RULES = ["_poisson", "_gamma", "_binomial"]

MIDDLE = 397
"""How many words on the third one stands that a new word is made of."""

Piece = Callable[[Value, int], None]


@cache
def make_streams() -> Machine | None:
    """The functions; None if this interpreter or processor is not as expected."""
    t = target()
    if not layout.supported() or (is_x86(t.triple) and t.bits < 256):  # fused steps need AVX2
        return None
    b = Builder()
    for write in WRITERS:
        write(b)
    names = [name for name in Machine._fields if name != "rules"]
    found = build(b.module(), names)
    return Machine(
        words=of_arrays(found["words"], 2),
        uniform24=of_arrays(found["uniform24"], 2, *[ctypes.c_float] * 3),
        uniform53=of_arrays(found["uniform53"], 2, *[ctypes.c_double] * 3),
        less53=of_arrays(found["less53"], 2, ctypes.c_int64),
        modulo=of_arrays(found["modulo"], 2, ctypes.c_double, ctypes.c_int64),
        box_muller=of_arrays(found["box_muller"], 1, *[ctypes.c_float] * 2),
        box_muller64=of_arrays(found["box_muller64"], 1, *[ctypes.c_double] * 2),
        normal_pairs=of_arrays(found["normal_pairs"], 1),
        rules=compiled_rules(),
        shuffle=shuffler(found["shuffle"]),
    )


def of_arrays(address: int, arrays: int, *kinds: Any) -> Callable[..., None]:
    """A function of so many arrays and of numbers; it is told how long the last array is."""
    # Arrays are passed as objects, and the global lock is kept: these calls are short.
    kind = ctypes.PYFUNCTYPE(None, *[ctypes.py_object] * arrays, ctypes.c_int64, *kinds)
    function = kind(address)

    def call(*given: Any) -> None:
        function(*given[:arrays], len(given[arrays - 1]), *given[arrays:])

    return call


def compiled_rules() -> dict[str, Callable[..., int]]:
    """The rules of rng/rejection.py."""
    found = build(module_of(rejection, RULES), [f"draw{name}" for name in RULES])
    kind = ctypes.PYFUNCTYPE(ctypes.c_int64, *[ctypes.py_object] * 3, *[ctypes.c_int64] * 2)

    def ready(address: int) -> Callable[..., int]:
        function = kind(address)
        return lambda supply, columns, out, start: function(supply, columns, out, start, len(out))

    return {name: ready(found[f"draw{name}"]) for name in RULES}


def shuffler(address: int) -> Callable[..., None]:
    """`shuffle`, which needs to know how long both arrays are."""
    kind = ctypes.PYFUNCTYPE(None, *[ctypes.py_object] * 2, *[ctypes.c_int64] * 3)
    function = kind(address)
    return lambda words, order, start: function(words, order, len(words), len(order), start)


def in_pieces(b: Builder, count: Value, lanes: int, piece: Piece) -> None:
    """Write `piece(start, lanes)` for all places: in vectors, then one at a time."""
    whole = b.binary("and", count, b.number(-lanes, "i64"))
    for start, stop, step in ((b.number(0, "i64"), whole, lanes), (whole, count, 1)):

        def body(i: Value, step: int = step) -> None:
            b.forget_loads()
            piece(i, step)

        b.loop(start, stop, step, body, guard=True)


# -- words ---------------------------------------------------------------------------------------


def words(b: Builder) -> None:
    """Write `words`, round after round: the new key behind the old one, then in its place."""
    objects, (key, out) = begin(b, ("key", "out"))
    count = parameter("n", "i64")
    lanes = target().lanes("i32")

    def one(k: int | Value) -> Value:
        return b.load(b.address(key, k, "i32"), "i32", lanes, None, 4, hoist=False)

    def one_round(start: Value) -> None:
        def some(i: Value) -> None:
            b.forget_loads()
            following = one(b.add(i, b.number(1, "i64")))
            third = one(b.add(i, b.number(MIDDLE, "i64")))
            new = renewed(b, one(i), following, third)
            b.store(new, b.address(key, b.add(i, b.number(ROUND, "i64")), "i32"), None, 4)
            b.store(tempered(b, new), b.address(out, b.add(start, i), "i32"), None, 4)

        def back(i: Value) -> None:
            b.forget_loads()
            moved = one(b.add(i, b.number(ROUND, "i64")))
            b.store(moved, b.address(key, i, "i32"), None, 4)

        b.loop(0, ROUND, lanes, some)
        b.loop(0, ROUND, lanes, back)

    b.loop(0, count, ROUND, one_round, guard=True)
    b.function("words", [*objects, count])


def renewed(b: Builder, old: Value, following: Value, third: Value) -> Value:
    """The words of the next key."""
    mixed = b.binary("or", masked(b, old, 1 << 31), masked(b, following, (1 << 31) - 1))
    odd = b.binary("and", following, b.number(1, "i32"))
    matrix = masked(b, b.sub(b.number(0, "i32"), odd), 0x9908B0DF)
    return b.binary("xor", third, b.binary("xor", shifted(b, "lshr", mixed, 1), matrix))


def tempered(b: Builder, x: Value) -> Value:
    """The output of words of a key."""
    x = b.binary("xor", x, shifted(b, "lshr", x, 11))
    x = b.binary("xor", x, masked(b, shifted(b, "shl", x, 7), 0x9D2C5680))
    x = b.binary("xor", x, masked(b, shifted(b, "shl", x, 15), 0xEFC60000))
    return b.binary("xor", x, shifted(b, "lshr", x, 18))


# -- numbers of one word or two ------------------------------------------------------------------


def uniform24(b: Builder) -> None:
    """Write `uniform24`."""
    uniform(b, "float", low24)


def uniform53(b: Builder) -> None:
    """Write `uniform53`."""
    uniform(b, "double", low53)


def low24(b: Builder, source: Value, i: Value, lanes: int) -> Value:
    """The numbers of the low 24 bits of the words from place i on."""
    bits = masked(b, b.load(b.address(source, i, "i32"), "i32", lanes), (1 << 24) - 1)
    return b.mul(b.convert("sitofp", bits, "float"), b.number(2.0**-24, "float"))


def low53(b: Builder, source: Value, i: Value, lanes: int) -> Value:
    """The numbers of the low 53 bits of pairs of words, from pair i on."""
    return b.mul(
        b.convert("sitofp", pairs(b, source, i, lanes), "double"), b.number(2.0**-53, "double")
    )


def pairs(b: Builder, source: Value, i: Value, lanes: int) -> Value:
    """The low 53 bits of pairs of words, the first of which is the high half."""
    pair = b.load(b.address(source, i, "i64"), "i64", lanes, None, 4)
    half = b.number(32, "i64")
    return masked(b, b.intrinsic("fshl", pair, pair, b.splat(half, lanes)), (1 << 53) - 1)


def uniform(b: Builder, kind: str, units: Callable[[Builder, Value, Value, int], Value]) -> None:
    """Write one of the functions that give numbers from `low` to `high`."""
    objects, (source, out) = begin(b, ("words", "out"))
    count = parameter("n", "i64")
    width, low, high = limits = [parameter(name, kind) for name in ("width", "low", "high")]

    def piece(i: Value, lanes: int) -> None:
        value = b.fma(units(b, source, i, lanes), width, low)
        value = b.select(b.compare("eq", value, high), low, value)
        b.store(value, b.address(out, i, kind))

    in_pieces(b, count, target().lanes(kind), piece)
    b.function("uniform24" if kind == "float" else "uniform53", [*objects, count, *limits])


def less53(b: Builder) -> None:
    """Write `less53`."""
    objects, (source, out) = begin(b, ("words", "out"))
    count, bound = parameter("n", "i64"), parameter("bound", "i64")

    def piece(i: Value, lanes: int) -> None:
        less = b.compare("lt", pairs(b, source, i, lanes), bound)
        b.store(less, b.address(out, i, "i1"))

    in_pieces(b, count, 2 * target().lanes("i64"), piece)
    b.function("less53", [*objects, count, bound])


def modulo(b: Builder) -> None:
    """Write `modulo`: quotients of such whole numbers, rounded to double, are on no wrong side."""
    objects, (source, out) = begin(b, ("words", "out"))
    count, divisor, low = parameter("n", "i64"), parameter("d", "double"), parameter("low", "i64")

    def piece(i: Value, lanes: int) -> None:
        word = b.load(b.address(source, i, "i32"), "i32", lanes)
        whole = b.convert("uitofp", word, "double")
        quotient = b.intrinsic("floor", b.div(whole, divisor))
        rest = b.convert("fptosi", b.fma(b.negate(quotient), divisor, whole), "i32")
        b.store(b.add(b.convert("sext", rest, "i64"), low), b.address(out, i, "i64"))

    in_pieces(b, count, target().lanes("double"), piece)
    b.function("modulo", [*objects, count, divisor, low])


def shuffle(b: Builder) -> None:
    """Write `shuffle`."""
    objects, (source, order) = begin(b, ("words", "order"))
    count, size, start = [parameter(name, "i64") for name in ("n", "size", "start")]

    def step(i: Value) -> None:
        b.forget_loads()
        word = b.load(b.address(source, i, "i32"), "i32", hoist=False)
        k = b.add(start, i)
        left = b.convert("trunc", b.sub(size, k), "i32")
        further = b.convert("zext", b.binary("urem", word, left), "i64")
        here, there = [b.address(order, at, "i64") for at in (k, b.add(k, further))]
        ours, theirs = [b.load(place, "i64", hoist=False) for place in (here, there)]
        b.store(theirs, here)
        b.store(ours, there)

    b.loop(0, count, 1, step, guard=True)
    b.function("shuffle", [*objects, count, size, start])


WRITERS = (
    words, uniform24, uniform53, less53, modulo, box_muller, box_muller64, normal_pairs, shuffle,
)  # fmt: skip
"""Who writes each function."""
