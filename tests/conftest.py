"""Every test starts with an empty recorder, and leaves none of its settings behind."""

import pretend
import pytest

from rushlight import dtypes, printing
from rushlight.graph import scope
from rushlight.runtime import compiling
from rushlight.runtime.recorder import local


def pytest_addoption(parser):
    parser.addoption(
        "--full", action="store_true", help="take all samples of PyTorch's own tables, not a few"
    )


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
    recorder.grad = True
    recorder.eager = False
    scope.grad = True
    dtypes.set_default(dtypes.float32)
    printing.set_printoptions(profile="default")


@pytest.fixture(params=["numpy", "pretend"])
def engine(request, monkeypatch):
    """What hot windows are run by: NumPy alone, or something that behaves like machine code."""
    if request.param == "numpy":
        monkeypatch.setattr(compiling.state, "available", False)
        return None
    local.recorder.restart()  # nothing that another engine has seen
    monkeypatch.setattr(compiling.state, "engine", pretend)
    monkeypatch.setattr(compiling.state, "available", True)
    monkeypatch.setattr(compiling.state, "ask", compiling.state.compile)
    monkeypatch.setattr(compiling.config, "strict", True)
    return pretend
