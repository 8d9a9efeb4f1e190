"""Every test starts with an empty recorder, and leaves none of its settings behind."""

import importlib
import os
import signal

import pretend
import pytest
import skipped

from rushlight import dtypes, printing
from rushlight.graph import scope
from rushlight.runtime import compiling
from rushlight.runtime.recorder import local


def pytest_addoption(parser):
    parser.addoption(
        "--full", action="store_true", help="take all samples of PyTorch's own tables, not a few"
    )
    parser.addoption(
        skipped.OPTION, action="store_true", help="run only what the last whole run skipped"
    )


def pytest_configure(config):
    config.pluginmanager.register(skipped.Skipped(config))
    os.environ.setdefault("RUSHLIGHT_HASTE", "1")  # tests are short, and look at machine code
    compiling.config.haste = True
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell runs us in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def few(request):
    """A function that leaves out some items of a long list, unless `--full` was given."""

    def taken(items, most):
        items = list(items)
        if request.config.getoption("--full") or len(items) <= most:
            return items
        return [items[k * len(items) // most] for k in range(most)]

    return taken


@pytest.fixture(autouse=True)
def clean_recorder():
    yield
    recorder = local.recorder
    recorder.flush()
    recorder.restart()
    recorder.grad = True
    recorder.eager = False
    scope.grad = True
    dtypes.set_default(dtypes.float32)
    printing.set_printoptions(profile="default")


@pytest.fixture(params=["numpy", "pretend"])
def engine(request, monkeypatch):
    """What hot windows are run by: NumPy alone, or something that behaves like machine code."""
    return compile_with(pretend if request.param == "pretend" else None, monkeypatch)


@pytest.fixture(params=["numpy", "pretend", "llvm"])
def each_engine(request, monkeypatch):
    """As `engine`, and real machine code, which takes longer to make."""
    found = {"numpy": None, "pretend": pretend}.get(request.param)
    if request.param == "llvm":
        pytest.importorskip("llvmlite")
        found = importlib.import_module("rushlight.engines.llvm")
    return compile_with(found, monkeypatch)


def compile_with(engine, monkeypatch):
    """`engine`, which compiles hot windows at once from now on (None: they stay with NumPy)."""
    compiling.wait(60)  # what other tests have left in the queue
    local.recorder.restart()  # nothing that another engine has seen
    machinery = engine.make_machinery() if hasattr(engine, "make_machinery") else None
    monkeypatch.setattr(compiling.state, "engine", engine)
    monkeypatch.setattr(compiling.state, "machinery", machinery)
    monkeypatch.setattr(compiling.state, "available", engine is not None)
    monkeypatch.setattr(compiling.state, "ask", compiling.state.compile if engine else skip)
    monkeypatch.setattr(compiling.config, "strict", True)
    monkeypatch.setattr(compiling.config, "recompile_limit", 10**6)  # tests are one loop, mostly
    return engine


def skip(plan):
    """Do not compile `plan`."""
