"""Every test starts with an empty recorder, and leaves none of its settings behind."""

import pytest

from rushlight import dtypes, printing
from rushlight.graph import scope
from rushlight.runtime.recorder import local


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
