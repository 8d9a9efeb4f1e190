"""Every test starts with an empty recorder, and leaves none of its settings behind."""

import pytest

from rushlight import dtypes, printing
from rushlight.graph import scope
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
