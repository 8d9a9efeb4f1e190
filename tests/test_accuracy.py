"""Long sums are as accurate as PyTorch's: on NumPy and in machine code, whatever is summed over."""

import importlib

import conftest
import numpy as np
import pytest

import rushlight
from rushlight import config
from rushlight.ops.totals import total
from rushlight.runtime import compiling
from rushlight.runtime.recorder import local

torch = pytest.importorskip("torch")

R = np.random.default_rng(0)
LONG = np.full(10**7, 0.1, np.float32)  # every rounding in the same direction
COLUMNS = R.random((100_000, 5), np.float32)
IMAGES = R.random((80, 3, 40, 41), np.float32)
WIDE = R.random((3, 20_000), np.float32)

CASES = {
    "sum": (lambda x: x.sum(), LONG),
    "mean of squares": (lambda x: (x * x).mean(), LONG),
    "norm": (lambda x: (x * x).sum().sqrt(), LONG),
    "var": (lambda x: x.var(), COLUMNS),
    "columns": (lambda x: x.sum(0), COLUMNS),
    "squares of columns": (lambda x: (x * x).mean(0), COLUMNS),
    "var of columns": (lambda x: x.var(0), COLUMNS),
    "rows": (lambda x: x.sum(1), WIDE),
    "channels": (lambda x: x.mean((0, 2, 3)), IMAGES),
    "first and third": (lambda x: x.sum((0, 2)), IMAGES),
    "product": (lambda x: x @ x.mT, WIDE),
    "product of columns": (lambda x: x.mT @ x, COLUMNS),
    "dot": (lambda x: x @ x, LONG[:1_000_000]),
    "logsumexp": (lambda x: x.logsumexp(0), COLUMNS),
    "shares": (lambda x: x.softmax(0), COLUMNS[:50_000]),
    "running sum": (lambda x: x.cumsum(0), LONG[:1_000_000]),
}


@pytest.fixture(params=["numpy", "llvm"])
def run(request, monkeypatch):
    """Runs a function of one tensor on an engine, from the first time on."""
    engine = None
    if request.param == "llvm":
        pytest.importorskip("llvmlite")
        engine = importlib.import_module("rushlight.engines.llvm")
    conftest.compile_with(engine, monkeypatch)
    monkeypatch.setattr(config, "hot", 1)
    return lambda f, x: f(rushlight.tensor(x)).numpy()


def off(found, exact):
    """The largest relative error."""
    return float(np.max(np.abs(found.astype(np.float64) - exact) / np.abs(exact)))


@pytest.mark.parametrize("name", CASES)
def test_sums_are_no_less_accurate_than_pytorchs(name, run):
    f, x = CASES[name]
    exact = f(torch.from_numpy(x).double()).numpy()
    theirs = off(f(torch.from_numpy(x)).numpy(), exact)
    assert off(run(f, x), exact) < max(3 * theirs, 4e-7)


def test_it_was_machine_code(run):
    local.recorder.flush()
    x = rushlight.tensor(COLUMNS)
    x.sum(0).numpy()
    assert (local.recorder.last.plan.native is not None) is (compiling.state.engine is not None)


@pytest.mark.parametrize("most", [47, 300, 5000])
def test_sums_of_any_length(most, run):
    for n in (most, most + 1):
        x = np.arange(n * 3, dtype=np.float32).reshape(n, 3) % 17
        for f in (lambda x: x.sum(0), lambda x: x.sum(), lambda x: x.mT @ x):
            np.testing.assert_array_equal(run(f, x), f(torch.from_numpy(x)).numpy())


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2), ()])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_totals_over_any_axes_of_any_layout(axes, order):
    whole = R.integers(-8, 8, (150, 7, 300)).astype(np.float32).transpose(order)
    for x in (whole, whole[:, ::2], whole[:1], whole[:, :0]):
        for keepdim in (False, True):
            got, expected = total(x, axes, keepdim), x.sum(axes, keepdims=keepdim)
            assert got.shape == expected.shape and (got == expected).all()


def test_half_precision_is_summed_in_single(run):
    x = np.ones((5000, 3), np.float16)
    for f in (
        lambda x: x.sum(0), lambda x: x.mean(), lambda x: (x * 60000).mean(0), lambda x: x.var(),
        lambda x: (x * 300).norm(), lambda x: (x * 300).std(0), lambda x: x.norm(3),
    ):  # fmt: skip
        np.testing.assert_array_equal(run(f, x), f(torch.from_numpy(x)).numpy())
