"""Compilation in the background: nobody waits for it, and nothing goes wrong because of it."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pretend
import pytest

import rushlight as torch
from rushlight.runtime import compiling
from rushlight.runtime.hot import NativeReplay, Replay
from rushlight.runtime.recorder import local

TESTS = Path(__file__).resolve().parent
SETUP = f"""
import os, sys, time
sys.path[:0] = [{str(TESTS.parent)!r}, {str(TESTS)!r}]
import pretend
import rushlight as torch
from rushlight.runtime import compiling
from rushlight.runtime.recorder import local

class Slow:
    def compile(program, updates):
        time.sleep(0.3)
        return pretend.compile(program, updates)

def train(steps):
    w = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        (w * 2).sum().backward()
        optimizer.step()
    return w.tolist()
"""


def program(text, **environment):
    """What a Python program prints; it must end well and complain of nothing."""
    environment = {**os.environ, **environment}
    forks = "ignore:This process:DeprecationWarning"  # that Python 3.12 dislikes beside threads
    done = subprocess.run(
        [sys.executable, "-W", forks, "-c", SETUP + text],
        capture_output=True, text=True, env=environment, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


@pytest.fixture
def background(monkeypatch):
    """Compiles with whatever engine it is given, in the background."""

    def use(engine):
        local.recorder.restart()
        monkeypatch.setattr(compiling.state, "engine", engine)
        monkeypatch.setattr(compiling.state, "available", True)

    yield use
    compiling.state.error = None
    compiling.wait()


class Engine:
    """An engine that does in `compile` what it is told."""

    name = "told"

    def __init__(self, compile):
        self.compile = compile


def train(steps):
    w = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        (w * 2).sum().backward()
        optimizer.step()
    return w.tolist(), local.recorder.last.plan


def test_numpy_goes_on_until_the_code_is_there(background):
    ready = threading.Event()
    background(Engine(lambda *given: ready.wait(30) and pretend.compile(*given)))
    w = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5)

    def steps(count):
        for _ in range(count):
            optimizer.zero_grad()
            (w * 2).sum().backward()
            optimizer.step()
        return type(local.recorder.last.plan.replay)

    assert steps(10) is Replay
    assert not compiling.wait(timeout=0.01)
    ready.set()
    assert compiling.wait()
    assert steps(1) is NativeReplay
    assert w.tolist() == [-10] * 3


def test_a_loop_that_goes_on_gives_way_to_its_first_compilation_once():
    text = """
compiling.state.engine = Slow
compiling.PAUSE = 10.0
train(compiling.VISITS + 1)
print(compiling.state.is_idle())
w = torch.ones(4, requires_grad=True)
for _ in range(compiling.VISITS + 1):
    (w * 2).sum().backward()
    w.grad = None
print(compiling.state.is_idle())
"""
    assert program(text).split() == ["True", "False"]


def test_an_engine_that_fails_is_told_of_quietly(background, caplog):
    def fail(program, updates):
        raise ZeroDivisionError("by design")

    background(Engine(fail))
    with caplog.at_level(logging.DEBUG, "rushlight"):
        values, _ = train(10)
        assert compiling.wait()
        values, plan = train(10)
    assert values == [-9] * 3 and plan.native is None
    assert "by design" in caplog.text


def test_in_strict_mode_it_is_raised(background, monkeypatch):
    def fail(program, updates):
        raise ZeroDivisionError("by design")

    monkeypatch.setattr(compiling.config, "strict", True)
    background(Engine(fail))
    with pytest.raises(ZeroDivisionError, match="by design"):
        train(6)
        compiling.wait()


def test_an_engine_may_decline(background):
    background(Engine(lambda program, updates: None))
    values, plan = train(10)
    assert compiling.wait()
    assert values == [-9] * 3 and plan.native is None


def test_an_engine_that_refuses_its_arguments_leaves_the_step_to_numpy(background):
    class Refusing(pretend.Code):
        def call(self, *given):
            raise ValueError("no")

    background(Engine(Refusing))
    train(6)
    assert compiling.wait()
    assert train(20)[0] == [-19] * 3


def test_no_engine_is_asked_if_numpy_is_wanted():
    text = "train(20); print(compiling.state.thread, local.recorder.last.plan.native)"
    assert program(text, RUSHLIGHT_ENGINE="numpy").split() == ["None", "None"]


def test_an_unknown_engine_is_named():
    done = subprocess.run(
        [sys.executable, "-c", "import rushlight"],
        capture_output=True, text=True, check=False, cwd=TESTS.parent,
        env={**os.environ, "RUSHLIGHT_ENGINE": "steam"},
    )  # fmt: skip
    assert done.returncode and "RUSHLIGHT_ENGINE=steam is not the name of an engine" in done.stderr


def test_the_end_of_a_program_waits_for_at_most_one_compilation():
    text = """
compiling.state.engine = Slow
for k in range(4):
    local.recorder.restart()
    print(train(6 + k))
"""
    start = time.monotonic()
    assert program(text).split("\n")[0] == "[-5.0, -5.0, -5.0]"
    assert time.monotonic() - start < 30


def test_the_end_waits_for_code_that_is_being_made_and_not_for_a_thread_that_waits_for_the_end():
    pytest.importorskip("llvmlite")
    text = """
from rushlight.engines.llvm import jit

class Guarded:
    def compile(program, updates):
        with jit.LOCK:
            time.sleep(FIRST)
        time.sleep(0.2)
        with jit.LOCK:
            print("compiled", flush=True)

compiling.state.find_engine()
compiling.state.engine = Guarded
compiling.FAREWELL = 5.0 * (FIRST < 1)
train(6)
while compiling.state.current is None: pass
"""
    start = time.monotonic()
    assert program(text.replace("FIRST", "0.2")) == "compiled\n"
    assert program(text.replace("FIRST", "2.5")) == ""
    assert time.monotonic() - start > 2.5


def test_a_thread_that_wants_llvm_after_the_end_ends_and_is_not_waited_for():
    pytest.importorskip("llvmlite")
    text = """
from rushlight.engines.llvm import jit

compiling.state.find_engine()
thread = compiling.state.one_at_a_time
jit.end()
train(6)
while compiling.state.unfinished: pass
with thread:
    print(compiling.state.thread, local.recorder.last.plan.native)
"""
    assert program(text, RUSHLIGHT_CACHE="0") == "None None\n"


def test_an_engine_that_is_there_when_the_process_has_ended_begins_nothing():
    pytest.importorskip("llvmlite")
    text = """
compiling.state.stopping = True
try:
    compiling.state.find_engine()
except SystemExit:
    print("ends")
"""
    assert program(text) == "ends\n"


def test_code_that_llvm_is_making_when_a_program_ends_is_kept(tmp_path):
    pytest.importorskip("llvmlite")
    text = """
import threading
from rushlight.engines.llvm import jit

begun, plain = threading.Event(), jit.parsed

def parsed(text):
    begun.set()
    time.sleep(0.2)
    return plain(text)

jit.parsed = parsed
compiling.FAREWELL = 0.0
train(6)
begun.wait()
"""
    assert program(text, RUSHLIGHT_CACHE=str(tmp_path)) == ""
    assert [path.suffix for path in tmp_path.iterdir()] == [".rl"]


def test_a_child_compiles_for_itself():
    text = """
compiling.state.engine = pretend
train(20); compiling.wait(); train(20)
child = os.fork()
if child == 0:
    w = torch.ones(3, requires_grad=True)
    for k in range(20):
        y = (w * 2).exp().sum().item()
        compiling.wait()
    os._exit(0 if local.recorder.last.plan.native is not None and y > 22 else 1)
print(os.waitpid(child, 0)[1], train(10))
"""
    assert program(text) == "0 [-9.0, -9.0, -9.0]\n"


def test_a_child_of_a_process_that_is_compiling_compiles_too():
    text = """
compiling.state.engine = Slow
w = torch.ones(3)
for k in range(10):
    y = (w * 2).sum().item()
while compiling.state.current is None: pass
child = os.fork()
for k in range(2):
    y = (w * 2).sum().item()
    compiling.wait()
fast = local.recorder.last.plan.native is not None and y == 6
if child == 0:
    os._exit(0 if fast else 1)
print(os.waitpid(child, 0)[1], fast)
"""
    assert program(text) == "0 True\n"


def test_a_child_of_a_process_that_is_importing_the_engine_does_without():
    text = """
compiling.state.find_engine = lambda: time.sleep(0.5)
train(20)
while compiling.state.current is None: pass
child = os.fork()
if child == 0:
    good = train(20) == [-19.0] * 3 and compiling.wait(0)
    os._exit(0 if good and not compiling.state.available else 1)
print(os.waitpid(child, 0)[1], compiling.wait(), train(10))
"""
    assert program(text) == "0 True [-9.0, -9.0, -9.0]\n"


def test_ctrl_c_reaches_the_program_and_not_the_compilation(background):
    compiled = []

    def slowly(program, updates):
        time.sleep(0.3)
        compiled.append(pretend.compile(program, updates))
        return compiled[-1]

    background(Engine(slowly))
    with pytest.raises(KeyboardInterrupt):
        train(10)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(10)
    assert compiling.wait() and compiled


def test_threads_train_while_programs_are_compiled(background):
    background(Engine(lambda *given: time.sleep(0.01) or pretend.compile(*given)))
    results = {}

    def work(k):
        for _ in range(3):
            results[k] = train(30 + k)[0]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {k: [-29.0 - k] * 3 for k in range(4)}
