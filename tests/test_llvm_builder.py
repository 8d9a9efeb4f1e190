"""The IR text builder: what it writes, and that what it writes computes the right thing."""

import ctypes
import math

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from rushlight.engines.llvm import jit
from rushlight.engines.llvm.builder import (
    Builder,
    Value,
    parameter,
    round_to_bfloat16,
    widen_bfloat16,
)

P, Q, N = parameter("p", "ptr"), parameter("q", "ptr"), parameter("n", "i64")
POINTER, COUNT = ctypes.c_void_p, ctypes.c_int64


def run(b, x, out, n=0):
    """Run the function that `b` holds on two arrays and a number."""
    b.function("f", [P, Q, N])
    address = jit.build(b.module(), ["f"], b.symbols)["f"]
    ctypes.CFUNCTYPE(None, POINTER, POINTER, COUNT)(address)(x.ctypes.data, out.ctypes.data, n)
    return out


def each(operation, x, kind="float", to=None, lanes=8):
    """Apply `operation(builder, vector)` to the elements of `x`."""
    b = Builder()
    out = np.zeros(len(x), to or x.dtype)

    def step(i):
        y = operation(b, b.load(b.address(P, i, kind), kind, lanes))
        b.store(y, b.address(Q, i, y.kind))

    b.loop(0, len(x), lanes, step)
    return run(b, x, out)


def floats(n=64, kind=np.float32):
    special = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e-40, -1.5, 2.5]
    x = np.random.default_rng(0).normal(size=n) * 3
    x[: len(special)] = special
    return x.astype(kind)


@pytest.mark.parametrize("kind,dtype", [("float", np.float32), ("double", np.float64)])
def test_arithmetic_keeps_nan_infinity_and_signed_zero(kind, dtype):
    x = floats(kind=dtype)

    def operation(b, v):
        one = b.number(1.0, kind)
        ratio = b.div(b.mul(v, v), b.sub(v, one))
        return b.select(b.compare("lt", v, one), b.negate(ratio), b.add(ratio, v))

    with np.errstate(all="ignore"):
        ratio = x * x / (x - dtype(1))
        expected = np.where(x < 1, -ratio, ratio + x)
    got = each(operation, x, kind)
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(np.signbit(got[:4]), np.signbit(expected[:4]))


def test_intrinsics():
    x = floats()
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(each(lambda b, v: b.intrinsic("fabs", v), x), np.abs(x))
        np.testing.assert_array_equal(
            each(lambda b, v: b.intrinsic("llvm.roundeven", v), x), np.rint(x)
        )
        np.testing.assert_array_equal(
            each(lambda b, v: b.intrinsic("maximum", v, b.number(0.5, "float")), x),
            np.maximum(x, np.float32(0.5)),
        )
    whole = each(lambda b, v: b.intrinsic("fptosi.sat", v, kind="i32"), x, to=np.int32)
    assert whole[2] == 2**31 - 1 and whole[3] == -(2**31) and whole[4] == 0 and whole[6] == -1
    powers = each(lambda b, v: b.intrinsic("ldexp", v, b.number(3, "i32")), x)
    np.testing.assert_array_equal(powers, x * 8)
    bits = np.arange(-4, 4, dtype=np.int32)
    magnitudes = each(lambda b, v: b.intrinsic("abs", v, b.number(0, "i1")), bits, "i32")
    np.testing.assert_array_equal(magnitudes, np.abs(bits))


def test_products_that_are_added_to():
    x = np.linspace(0.1, 3, 24).astype(np.float32)
    exact = x.astype(float) * x + x
    once = each(lambda b, v: b.fma(v, v, v), x)
    np.testing.assert_array_equal(once, exact.astype(np.float32))
    np.testing.assert_allclose(each(lambda b, v: b.multiply_add(v, v, v), x), exact, rtol=2e-7)


def test_integers_and_conversions():
    x = np.array([-7, 7, 2**62, -(2**63), 0, 1, -1, 9], np.int64)

    def operation(b, v):
        rest = b.binary("srem", v, b.number(4, "i64"))
        return b.binary("xor", b.div(v, b.number(2, "i64")), rest)

    expected = np.trunc(x / 2).astype(np.int64) ^ np.fmod(x, 4)
    np.testing.assert_array_equal(each(operation, x, "i64"), expected)
    doubles = each(lambda b, v: b.convert("sitofp", v, "double"), x, "i64", np.float64)
    np.testing.assert_array_equal(doubles, x.astype(np.float64))


def test_truth_values_are_bytes_in_memory():
    x = floats()
    with np.errstate(invalid="ignore"):
        positive = each(lambda b, v: b.compare("gt", v, b.number(0, "float")), x, to=np.bool_)
        np.testing.assert_array_equal(positive, x > 0)
    flipped = each(lambda b, v: b.invert(v), positive, "i1")
    np.testing.assert_array_equal(flipped, ~positive)


@pytest.mark.parametrize("lanes", [1, 4, 8, 16])
@pytest.mark.parametrize("how", ["add", "mul", "max", "min"])
def test_reductions(how, lanes):
    x = np.random.default_rng(1).uniform(0.5, 1.5, lanes).astype(np.float32)
    numpy = {"add": np.sum, "mul": np.prod, "max": np.max, "min": np.min}[how]
    for values in (x, np.where(np.arange(lanes) == lanes // 2, np.float32(np.nan), x)):
        b = Builder()
        b.store(b.reduce(how, b.load(P, "float", lanes)), Q)
        got = run(b, values, np.zeros(1, np.float32))[0]
        np.testing.assert_allclose(got, numpy(values), rtol=1e-6)


def test_reductions_of_integers_and_truth_values():
    x = np.array([3, -9, 4, 12, 5, -6, 7, 8], np.int32)
    b = Builder()
    v = b.load(P, "i32", 8)
    for k, how in enumerate(["add", "max", "min", "or", "and"]):
        b.store(b.reduce(how, v), b.address(Q, k, "i32"))
    any_big = b.reduce("or", b.compare("gt", v, b.number(11, "i32")))
    b.store(b.convert("zext", any_big, "i32"), b.address(Q, 5, "i32"))
    got = run(b, x, np.zeros(6, np.int32))
    ors, ands = np.bitwise_or.reduce(x), np.bitwise_and.reduce(x)
    np.testing.assert_array_equal(got, [x.sum(), 12, -9, ors, ands, 1])


@pytest.mark.parametrize("n", [0, 1, 5, 24])
def test_loops_of_unknown_length_carry_values(n):
    b = Builder()
    zero = b.number(0.0, "double")

    def outer(i, total):
        def inner(j, product):
            return [b.mul(product, b.load(b.address(P, j, "double"), "double"))]

        start = b.load(b.address(P, i, "double"), "double")
        (product,) = b.loop(0, 3, 1, inner, [start])
        return [b.add(total, product)]

    (total,) = b.loop(0, N, 1, outer, [zero], guard=True)
    b.store(total, Q)
    x = np.linspace(1, 2, 24)
    got = run(b, x, np.zeros(1), n)
    np.testing.assert_allclose(got[0], (x[:n] * x[0] * x[1] * x[2]).sum(), rtol=1e-13)


def test_loops_known_to_be_empty_or_single_are_no_loops():
    b = Builder()
    start = b.number(1.0, "float")
    assert b.loop(4, 4, 1, lambda i, c: [b.add(c, c)], [start]) == (start,)
    (once,) = b.loop(2, 5, 4, lambda i, c: [b.convert("sitofp", i, "float")], [start])
    assert "phi" not in b.function("f") and once.text.startswith("%sitofp")


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("active", [0, 1, 3, 8])
def test_masks(lanes, active):
    x = np.arange(1, 9, dtype=np.float32)
    for dynamic in (False, True):
        b = Builder()
        mask = b.first(N, lanes) if dynamic else active
        b.store(b.load(P, "float", lanes, mask), Q)
        b.store(b.load(P, "float", lanes), b.address(Q, 8, "float"), mask)
        got = run(b, x, np.full(16, -1, np.float32), active)
        count = min(active, lanes)
        np.testing.assert_array_equal(got[:count], x[:count])
        assert (got[count:lanes] == 0).all() and (got[8 + count :] == -1).all()
        np.testing.assert_array_equal(got[8 : 8 + count], x[:count])


@pytest.mark.parametrize("kind,dtype", [("float", np.float32), ("double", np.float64),
                                        ("i64", np.int64), ("i1", np.bool_)])  # fmt: skip
def test_gather_and_scatter(kind, dtype):
    x = (np.arange(16) % 3).astype(dtype)
    b = Builder()
    places = Value("<i64 3, i64 0, i64 15, i64 7>", "i64", 4)
    y = b.gather(P, places, kind)
    b.scatter(y, Q, places, 3)
    got = run(b, x, np.zeros(16, dtype))
    expected = np.zeros(16, dtype)
    expected[[3, 0, 15]] = x[[3, 0, 15]]
    np.testing.assert_array_equal(got, expected)


def test_scattering_to_equal_places_keeps_the_last():
    b = Builder()
    b.scatter(b.iota(4, "i32", 5), Q, Value("<i32 2, i32 2, i32 2, i32 2>", "i32", 4))
    assert run(b, np.zeros(1), np.zeros(4, np.int32))[2] == 8


def test_branches_give_values_and_keep_their_work_inside():
    b = Builder()
    x = b.load(P, "double")

    def then():
        return [b.div(b.number(1.0, "double"), x)]

    (y,) = b.branch(b.compare("gt", N, b.number(0, "i64")), then, lambda: [x])
    b.store(y, Q)
    text = b.function("f", [P, Q, N])
    assert text.index("fdiv") > text.index("then")
    address = jit.build(b.module(), ["f"])["f"]
    f = ctypes.CFUNCTYPE(None, POINTER, POINTER, COUNT)(address)
    x, out = np.array([4.0]), np.zeros(1)
    for n, expected in ((1, 0.25), (0, 4.0)):
        f(x.ctypes.data, out.ctypes.data, n)
        assert out[0] == expected


def test_repeat_takes_from_a_counter_until_it_is_empty():
    b = Builder()

    def head():
        tile = b.here(f"atomicrmw add ptr {Q.text}, i64 1 monotonic", "i64")
        return tile, b.compare("lt", tile, N)

    def body(tile):
        place = b.address(Q, b.add(tile, b.number(1, "i64")), "i64")
        b.store(b.mul(tile, tile), place)

    b.repeat(head, body)
    got = run(b, np.zeros(1), np.zeros(8, np.int64), 5)
    np.testing.assert_array_equal(got, [6, 0, 1, 4, 9, 16, 0, 0])


def test_equal_operations_are_written_once_and_leave_loops():
    b = Builder()
    x = b.load(P, "float")

    def step(i):
        square = b.mul(x, x)
        assert square is b.mul(x, x) and square.level == 0
        b.store(b.splat(square, 8), b.address(Q, i, "float"))

    b.loop(0, 64, 8, step)
    text = b.function("f", [P, Q, N])
    assert text.count("= fmul") == 1 and text.index("= fmul") < text.index("loop")


def test_loads_are_remembered_until_memory_is_written():
    b = Builder()
    first = b.load(P, "float")
    assert b.load(P, "float") is first
    b.store(b.add(first, first), P)
    b.forget_loads()
    assert b.load(P, "float") is not first

    def step(i):
        assert b.load(P, "float").level == 0
        b.forget_loads()
        assert b.load(P, "float").level == 1
        b.loop(0, N, 1, lambda j: assert_level(b, 1))

    b.loop(0, N, 1, step)


def assert_level(b, level):
    assert b.load(P, "float").level == level


def test_division_by_what_may_be_zero_stays_in_the_loop():
    b = Builder()

    def step(i):
        assert b.div(N, N).level == 1
        assert b.div(N, b.number(3, "i64")).level == 0

    b.loop(0, N, 1, step, guard=True)


def test_calls_by_address_pointer_and_name():
    kind = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
    seen = []
    callback = kind(lambda x: seen.append(x) or 2 * x)
    address = ctypes.cast(callback, ctypes.c_void_p).value
    b = Builder()
    y = b.call(address, "double", b.load(P, "double"))
    b.store(b.call(address, "double", y), Q)
    b.store(b.call("fabs", "double", b.negate(y)), b.address(Q, 1, "double"))
    assert b.symbols == {"outside0": address}
    got = run(b, np.array([3.0]), np.zeros(2))
    np.testing.assert_array_equal(got, [12, 6])
    assert seen == [3, 6] and str(address) not in b.module()


def test_bfloat16_rounds_to_even():
    bits = np.array([0x3F808000, 0x3F818000, 0x3F808001, 0x7F800000, 0xFF800000, 0x7F800001,
                     0x80000000, 0x7F7FFFFF], np.uint32)  # fmt: skip
    got = each(round_to_bfloat16, bits.view(np.float32), to=np.uint16)
    expected = [0x3F80, 0x3F82, 0x3F81, 0x7F80, 0xFF80, 0x7FC0, 0x8000, 0x7F80]
    np.testing.assert_array_equal(got, expected)
    back = each(widen_bfloat16, got, "i16", np.float32)
    np.testing.assert_array_equal(back.view(np.uint32) >> 16, got)


def test_constants():
    b = Builder()
    assert b.number(0.1, "float").text == "0x3FB99999A0000000"
    assert b.number(1e300, "float").text == b.number(math.inf, "float").text
    assert b.number(True, "i1").text == "true" and b.number(2**63, "i64").text == str(-(2**63))
    assert b.number(255, "i8").text == "-1" and b.number(1.5, "half").text == "0xH3E00"
    assert b.add(b.number(3, "i64"), b.number(4, "i64")).known == 7


def test_mistakes_are_told():
    b = Builder()
    with pytest.raises(TypeError, match="kinds differ"):
        b.add(b.number(1, "i64"), b.number(1, "float"))
    with pytest.raises(ValueError, match="must return"):
        b.loop(0, N, 1, lambda i, c: [], [b.number(1, "i64")])
    leaked = []
    b = Builder()
    b.loop(0, N, 1, lambda i: leaked.append(b.add(i, i)))
    with pytest.raises(ValueError, match="after the loop"):
        b.mul(leaked[0], N)


@pytest.mark.parametrize("kind,dtype,wide", [("i16", np.int16, "i32"), ("i32", np.int32, "i64")])
@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_one_lane_of_a_truncated_vector_is_all_that_is_written(kind, dtype, wide, lanes):
    for count in range(1, lanes + 1):
        b = Builder()
        x = np.arange(1, lanes + 1).astype(wide.replace("i", "int")) * 65537
        out = np.full(lanes + 4, 7, dtype)
        b.store(b.convert("trunc", b.load(P, wide, lanes), kind), Q, count)
        wanted = np.append(x[:count].astype(dtype), out[count:])
        np.testing.assert_array_equal(run(b, x, out), wanted)
