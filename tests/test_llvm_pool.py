"""The pool of threads: every tile is done once, whatever happens to the process."""

import ctypes
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import rushlight as torch
from rushlight import cores
from rushlight.engines.llvm import layout, pool
from rushlight.engines.llvm.builder import Builder, parameter
from rushlight.engines.llvm.entrance import Array, Number, enter, program

pytestmark = pytest.mark.skipif(not layout.supported(), reason="another interpreter")

I8 = np.dtype(np.int64)


class Recorder:
    at = None


def two_phases(tiles=64, release=True):
    """A program of two phases: squares of tiles, then sums of neighbours, which need a barrier.

    It adds to what is there, so that a tile done twice is seen.
    """
    b = Builder()
    table, shared = parameter("table", "ptr"), parameter("pool", "ptr")
    thread, threads = parameter("thread", "i64"), parameter("threads", "i64")
    x = b.load(table, "ptr")
    y = b.load(b.address(table, 1, "i64"), "ptr")
    start = b.load(b.address(table, 2, "i64"), "i64")

    def square(i):
        place = b.address(x, i, "i64")
        value = b.mul(b.add(i, start), b.add(i, start))
        b.store(b.add(b.load(place, "i64", hoist=False), value), place)

    def neighbours(i):
        following = b.binary("urem", b.add(i, b.number(1, "i64")), b.number(tiles, "i64"))
        pair = [b.load(b.address(x, k, "i64"), "i64", hoist=False) for k in (i, following)]
        place = b.address(y, i, "i64")
        b.store(b.add(b.load(place, "i64", hoist=False), b.add(*pair)), place)

    pool.hand_out(b, shared, tiles, square)
    pool.barrier(b, shared)
    pool.hand_out(b, shared, tiles, neighbours)
    b.function("step", [table, shared, thread, threads])
    specs = [Array("x", I8, (tiles,), written=True), Array("y", I8, (tiles,), written=True),
             Number("start", "i64")]  # fmt: skip
    enter(b, specs, parallel=True, release=release)
    return program(b, specs, "two_phases")


def check(call, times, tiles=64):
    for k in range(times):
        x, y = np.zeros(tiles, I8), np.zeros(tiles, I8)
        call(Recorder(), None, x, y, k)
        expected = (np.arange(tiles) + k) ** 2
        assert (x == expected).all() and (y == expected + np.roll(expected, -1)).all()


@pytest.fixture(autouse=True)
def same_number_of_threads():
    before = cores.threads()
    yield
    cores.set_threads(before)


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 2, 1])
def test_every_tile_is_done_once(threads):
    cores.set_threads(threads)
    check(two_phases(), 200)


def test_each_thread_has_a_range_and_then_robs_others():
    taken = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64)(
        pool.symbols()["pool_take"]
    )
    memory = np.zeros(pool.PLACES["SIZE"], np.uint8)
    views = [np.array([memory.ctypes.data, 1, thread, 3, 0, 0], np.int64) for thread in range(3)]

    def take(order, tiles):
        return [taken(views[k].ctypes.data, tiles) for k in order]

    assert take((0, 1, 2), 7) == [0, 2, 4]  # their ranges are 0-1, 2-3 and 4-6
    assert take((0, 0, 0, 1, 1), 7) == [1, 3, 6, 5, -1]
    assert take((2, 0, 1), 7) == [-1, -1, -1]
    late = views[2].copy()
    for view in views:
        view[[1, 4]] = 2, 0  # the next phase
    assert take((2,), 2) == [1]
    assert taken(late.ctypes.data, 7) == -1  # what is over was taken whole
    assert take((0, 1, 1), 2) == [0, -1, -1]  # its range has no tile: there are too few
    beyond = np.array([memory.ctypes.data, 3, 7, 3, 0, 0], np.int64)  # called to a step of more
    assert [taken(beyond.ctypes.data, 5) for _ in range(6)] == [1, 2, 4, 3, 0, -1]


def test_phases_may_be_counted_round():
    cores.set_threads(3)
    call = two_phases()
    check(call, 3)
    words = pool.memory().view(np.uint32)
    for start in (2**31 + 99, 2**32 - 3):  # no thread is at work: they may be changed
        words[pool.PLACES["STATE"] // 4 + 1] = words[pool.PLACES["OPENED"] // 4] = start
        check(call, 50)
    assert words[pool.PLACES["OPENED"] // 4] == 50 * 2 - 3  # two phases a step


def test_the_number_may_change_between_steps():
    call = two_phases()
    for threads in (1, 4, 2, 7, 1, 3) * 10:
        cores.set_threads(threads)
        check(call, 3)


def chain(phases, tiles):
    """A program of many phases: each adds, to a row of its own, neighbours of the row before.

    Tiles take unequal time (`work`), so threads are at different places all the time.
    """
    b = Builder()
    table, shared = parameter("table", "ptr"), parameter("pool", "ptr")
    thread, threads = parameter("thread", "i64"), parameter("threads", "i64")
    x = b.load(table, "ptr")
    work = b.load(b.address(table, 1, "i64"), "i64")

    def at(row, i):
        return b.address(x, b.add(i, b.number(row * tiles, "i64")), "i64")

    def phase(row, i):
        uneven = b.mul(work, b.binary("and", b.mul(i, b.number(5, "i64")), b.number(7, "i64")))
        sum_of = b.loop(
            0, uneven, 1, lambda j, c: [b.binary("xor", c, b.mul(j, j))], [i], guard=True
        )
        odd = b.compare("eq", sum_of[0], b.number(-1, "i64"))  # it never is
        following = b.binary("urem", b.add(i, b.number(1, "i64")), b.number(tiles, "i64"))
        value = b.convert("zext", b.invert(odd), "i64")
        if row:
            pair = [b.load(at(row - 1, k), "i64", hoist=False) for k in (i, following)]
            value = b.mul(value, b.add(*pair))
        b.store(b.add(b.load(at(row, i), "i64", hoist=False), value), at(row, i))

    for row in range(phases):
        pool.hand_out(b, shared, tiles, lambda i, row=row: phase(row, i))
        pool.barrier(b, shared)
    b.function("step", [table, shared, thread, threads])
    specs = [Array("x", I8, (phases, tiles), written=True), Number("work", "i64")]
    enter(b, specs, parallel=True, release=True)
    return program(b, specs, "chain")


@pytest.mark.parametrize("phases,tiles", [(1, 3), (5, 16), (20, 5)])
def test_threads_may_come_late(phases, tiles):
    call = chain(phases, tiles)
    expected = np.repeat(2 ** np.arange(phases), tiles).reshape(phases, tiles)
    for k in range(300):
        cores.set_threads((1, 2, 3, 4, 8)[k % 5])
        x = np.zeros((phases, tiles), I8)
        call(Recorder(), None, x, (0, 10, 300)[k % 3])
        np.testing.assert_array_equal(x, expected)
        if k % 50 == 0:
            time.sleep(0.002)  # the workers go to sleep


def test_steps_of_many_threads_and_of_few_in_turns():
    programs = {(phases, tiles): chain(phases, tiles) for phases, tiles in ((20, 5), (30, 2))}
    numbers = random.Random(0)
    for _ in range(2000):
        (phases, tiles), call = numbers.choice([*programs.items()])
        cores.set_threads(numbers.choice((1, 2, 3, 8, 33)))
        x = np.zeros((phases, tiles), I8)
        call(Recorder(), None, x, numbers.choice((0, 10, 300)))
        assert (x == (2 ** np.arange(phases))[:, None]).all()


def test_several_python_threads_share_the_pool():
    cores.set_threads(3)
    errors = []

    def caller():
        try:
            check(two_phases(), 100)
        except AssertionError as error:
            errors.append(error)

    callers = [threading.Thread(target=caller) for _ in range(3)]
    for t in callers:
        t.start()
    for t in callers:
        t.join()
    assert not errors


PROLOGUE = """
import os, sys, threading, time, signal
import numpy as np
from rushlight import cores
from tests.test_llvm_pool import check, two_phases, Recorder
cores.set_threads(3)
call = two_phases()
check(call, 3)
"""


def in_process(body, status=0, **options):
    """Run a program that has warmed the pool up; what it printed."""
    text = PROLOGUE + textwrap.dedent(body)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text],
        capture_output=True, text=True, timeout=60, cwd=os.path.dirname(os.path.dirname(__file__)),
        **options,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_starts_its_own_threads():
    out = in_process("""
        for _ in range(5):
            child = os.fork()
            if child == 0:
                check(call, 50)
                check(two_phases(tiles=40), 5, 40)
                os._exit(7)
            check(call, 50)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    """)
    assert out.split() == ["7"] * 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forking_while_another_thread_computes():
    out = in_process("""
        stop = False
        def compute():
            while not stop:
                check(call, 1)
        threads = [threading.Thread(target=compute) for _ in range(2)]
        for t in threads:
            t.start()
        for _ in range(10):
            child = os.fork()
            if child == 0:
                signal.alarm(30)
                check(call, 5)
                os._exit(7)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        stop = True
        for t in threads:
            t.join()
    """)
    assert out.split() == ["7"] * 10


def test_the_interpreter_exits_while_threads_compute():
    for _ in range(3):
        out = in_process("""
            def compute():
                while True:
                    check(call, 1)
            for _ in range(2):
                threading.Thread(target=compute, daemon=True).start()
            time.sleep(0.05)
            print("end")
        """)
        assert out.split() == ["end"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_an_interrupt_arrives_between_steps_and_harms_nothing():
    out = in_process("""
        def interrupt():
            time.sleep(0.1)  # until the main thread is ready to catch
            for _ in range(50):
                time.sleep(0.002)
                os.kill(os.getpid(), signal.SIGINT)
            done.append(1)
        done, count = [], 0
        threading.Thread(target=interrupt).start()
        while not done:
            try:
                while not done:
                    check(call, 1)
            except KeyboardInterrupt:
                count += 1
        check(call, 10)
        print(count > 10)
    """)
    assert out.split() == ["True"]


def test_workers_leave_signals_to_python():
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    cores.set_threads(4)
    call = two_phases()
    check(call, 1)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        check(call, 1000)
    check(call, 1)


def test_torch_tells_and_sets_the_number():
    torch.set_num_threads(3)
    assert torch.get_num_threads() == cores.threads() == 3
    for wrong in (0, -1, 2.0, None):
        with pytest.raises((RuntimeError, TypeError), match="set_num_threads"):
            torch.set_num_threads(wrong)
    assert torch.get_num_threads() == 3


def test_numpys_products_take_the_number_too(monkeypatch):
    told = []
    monkeypatch.setattr(cores, "blas_setter", lambda: told.append)
    torch.set_num_threads(2)
    monkeypatch.setattr(cores, "blas_setter", lambda: None)  # no OpenBLAS in this NumPy
    torch.set_num_threads(3)
    assert told == [2]


def test_quotas_and_wishes(tmp_path, monkeypatch):
    file = tmp_path / "cpu.max"
    for text, expected in (("150000 100000", 2), ("50000 100000", 1), ("max 100000", 1 << 16)):
        file.write_text(text)
        assert cores.quota(file) == expected
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert cores.default() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert cores.default() == cores.count_cores() >= 1
