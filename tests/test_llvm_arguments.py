"""The native entrance of a program: it takes what fits and refuses everything else in words."""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from rushlight.engines.llvm import layout
from rushlight.engines.llvm.builder import Builder, parameter
from rushlight.engines.llvm.entrance import Array, Number, enter, program

STEP = [parameter("table", "ptr"), parameter("pool", "ptr"), parameter("thread", "i64"),
        parameter("threads", "i64")]  # fmt: skip
TABLE = STEP[0]
F4, I8 = np.dtype(np.float32), np.dtype(np.int64)

pytestmark = pytest.mark.skipif(not layout.supported(), reason="another interpreter")


class Recorder:
    at = None


def slot(b, k, kind):
    return b.load(b.address(TABLE, k, "i64"), kind)


def double_into(specs, **options):
    """A program that writes twice its first argument, three floats, into its second."""
    b = Builder()
    x = b.load(slot(b, 0, "ptr"), "float", 3)
    b.store(b.add(x, x), slot(b, 1, "ptr"))
    b.function("step", STEP)
    enter(b, specs, **options)
    return program(b, specs, "double")


def two(**second):
    return [Array("x", F4, (3,)), Array("out", F4, (3,), written=True, **second)]


@pytest.mark.parametrize(
    "options", [{}, {"release": True}, {"parallel": True}, {"parallel": True, "release": True}]
)
def test_a_program_runs_and_tells_the_recorder(options):
    call = double_into(two(), **options)
    x, out, recorder, halt = np.arange(3, dtype=F4), np.zeros(3, F4), Recorder(), object()
    before = sys.getrefcount(x), sys.getrefcount(None)
    for _ in range(100):
        assert call(recorder, halt, x, out) is None
    assert recorder.at is halt and out.tolist() == [0, 2, 4]
    assert sys.getrefcount(x) == before[0] and abs(sys.getrefcount(None) - before[1]) < 50


def test_numbers_come_in_their_slots():
    specs = [Array("out", np.dtype(np.float64), (3,), written=True), Number("a", "double"),
             Number("b", "i64"), Number("c", "i1")]  # fmt: skip
    b = Builder()
    out = slot(b, 0, "ptr")
    b.store(slot(b, 1, "double"), out)
    for k in (2, 3):
        b.store(b.convert("sitofp", slot(b, k, "i64"), "double"), b.address(out, k - 1, "double"))
    b.function("step", STEP)
    enter(b, specs)
    call = program(b, specs, "numbers")
    got = np.zeros(3)
    for numbers in ((0.1, 7, True), (-1, -1, False), (-1.0, -(2**63), True)):
        call(Recorder(), None, got, *numbers)
        assert got.tolist() == list(map(float, numbers))
    for numbers in ((0.1, 2**63, True), (10**400, 1, True)):
        with pytest.raises(OverflowError):
            call(Recorder(), None, got, *numbers)
    for numbers in ((True, 1, True), ("1", 1, True), (1.0, 1.0, True), (1.0, True, True),
                    (1.0, 1, 1), (np.float64(1), 1, True), (None, 1, True)):  # fmt: skip
        with pytest.raises(TypeError, match=r"numbers: [abc] must be a (float|int|bool)"):
            call(Recorder(), None, got, *numbers)


class Other(np.ndarray):
    pass


def frozen():
    x = np.zeros(3, F4)
    x.flags.writeable = False
    return x


UNFIT = {
    "none": (None, TypeError, "must be a NumPy array"),
    "int": (3, TypeError, "of type int"),
    "type": (np.ndarray, TypeError, "of type type"),
    "list": ([1.0, 2.0, 3.0], TypeError, "of type list"),
    "number": (np.float32(1), TypeError, "of type float32"),
    "subclass": (np.zeros(3, F4).view(Other), TypeError, "of type Other"),
    "dtype": (np.zeros(3), TypeError, "must be of dtype float32"),
    "integers": (np.zeros(3, np.int32), TypeError, "must be of dtype float32"),
    "order of bytes": (np.zeros(3, ">f4"), TypeError, "must be of dtype float32"),
    "objects": (np.zeros(3, object), TypeError, "must be of dtype float32"),
    "records": (np.zeros(3, "f4,f4"), TypeError, "must be of dtype float32"),
    "longer": (np.zeros(4, F4), ValueError, r"float32\[4\]"),
    "0-d": (np.zeros((), F4), ValueError, r"float32\[\]"),
    "2-d": (np.zeros((1, 3), F4), ValueError, r"float32\[1, 3\]"),
    "strided": (np.zeros(6, F4)[::2], ValueError, r"strides \(8,\)"),
    "backwards": (np.zeros(3, F4)[::-1], ValueError, r"strides \(-4,\)"),
    "read-only": (frozen(), ValueError, "read-only"),
    "unaligned": (np.frombuffer(bytearray(13), F4, 3, 1), ValueError, "unaligned"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_does_not_fit_is_refused_by_name(case):
    value, error, words = UNFIT[case]
    call, recorder = double_into(two()), Recorder()
    with pytest.raises(error, match=words) as caught:
        call(recorder, None, np.zeros(3, F4), value)
    assert "double: out must be" in str(caught.value) and recorder.at is None


def test_wrong_counts_are_refused():
    call, x = double_into(two()), np.zeros(3, F4)
    for given in ((), (None,), (Recorder(), None), (Recorder(), None, x), (Recorder(), 1, x, x, x)):
        with pytest.raises(TypeError, match=f"takes 4 arguments, {len(given)} were given"):
            call(*given)
    with pytest.raises(TypeError, match="keyword"):
        call(Recorder(), None, x, out=x)


def test_a_recorder_that_refuses_is_heard():
    call, x = double_into(two()), np.zeros(3, F4)
    with pytest.raises(AttributeError):
        call(object(), None, x, x.copy())


def test_other_strides_and_equal_dtypes_can_be_asked_for():
    call = double_into(two(strides=(8,)))
    out = np.zeros(6, F4)
    call(Recorder(), None, np.arange(3, dtype=F4), out[::2])
    with pytest.raises(ValueError, match="with strides"):
        call(Recorder(), None, np.arange(3, dtype=F4), out[:3])
    again = double_into([Array("x", I8, (2, 3)), Array("out", I8, (2, 3), (8, 16), True)])
    longs = np.zeros((2, 3), np.longlong)  # another type number, the same elements
    assert again(Recorder(), None, longs, np.zeros((3, 2), np.int64).T) is None
    named = np.zeros((2, 3), np.dtype(np.int64, metadata={"a": 1}))
    assert again(Recorder(), None, named, np.zeros((3, 2), np.int64).T) is None


def test_memory_lives_as_long_as_the_program():
    class Held(np.ndarray):
        pass

    arena = np.full(3, 5, F4).view(Held)
    b = Builder()
    b.store(b.load(b.symbol("arena"), "float", 3), slot(b, 0, "ptr"))
    b.function("step", STEP)
    specs = [Array("out", F4, (3,), written=True)]
    enter(b, specs)
    call = program(b, specs, "copy", {"arena": arena})
    alive = weakref.ref(arena)
    del arena
    gc.collect()
    out = np.zeros(3, F4)
    call(Recorder(), None, out)
    assert out.tolist() == [5, 5, 5]
    del call
    gc.collect()
    assert alive() is None


def test_threads_may_call_one_program_at_a_time():
    """The arena is written and read with work between: two at once would be seen."""
    arena = np.zeros(1, np.float64)
    b = Builder()
    place = b.symbol("arena")
    x = slot(b, 1, "double")
    b.store(x, place)

    def work(i, y):
        return [b.fma(y, b.number(0.5, "double"), b.number(1.0, "double"))]

    (y,) = b.loop(0, 20_000, 1, work, [x])
    b.forget_loads()
    left = b.load(place, "double")
    b.store(b.select(b.compare("eq", left, x), y, b.number(-1.0, "double")), slot(b, 0, "ptr"))
    b.function("step", STEP)
    specs = [Array("out", np.dtype(np.float64), (1,), written=True), Number("x", "double")]
    enter(b, specs, release=True)
    call = program(b, specs, "slow", {"arena": arena})
    seen = []

    def caller(x):
        out = np.zeros(1)
        for _ in range(200):
            call(Recorder(), None, out, x)
            seen.append(out[0])

    threads = [threading.Thread(target=caller, args=(float(k),)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    np.testing.assert_allclose(seen, 2.0)
    assert len(seen) == 800
