"""NaN, infinities and signed zeros are what PyTorch makes of them, in NumPy and machine code."""

import numpy as np
import pytest

import rushlight
from rushlight import config
from rushlight.runtime.recorder import local

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("each_engine")

# PyTorch's own answers to gelu(inf) and fmod(3e38, tiny) depend on the place in the array.
INF, NAN = float("inf"), float("nan")
SPECIAL = [NAN, INF, -INF, 0.0, -0.0, 1.5, -1.5, 1e-40, -3e38]
X = np.array([[a for _ in SPECIAL] for a in SPECIAL])
Y = np.array([[0.25 if b == 1e-40 else b for b in SPECIAL] for _ in SPECIAL])
ROWS = np.array([
    [1.0, NAN, 3.0, 2.0], [NAN, 1.0, NAN, 5.0], [INF, 1.0, INF, 0.0], [-INF, -INF, -INF, -INF],
    [-INF, 1.0, 2.0, 2.0], [INF, -INF, NAN, 0.0], [0.0, -0.0, 0.0, -0.0], [3e38, 3e38, 1.0, -3e38],
])  # fmt: skip

TWO = (
    "add", "sub", "mul", "div", "maximum", "minimum", "fmax", "fmin", "eq", "ne", "lt", "le",
    "gt", "ge", "atan2", "copysign", "hypot", "pow", "logaddexp", "logical_and", "logical_xor",
    "floor_divide", "xlogy",
)  # fmt: skip
ONE = (
    "abs", "neg", "sign", "sgn", "sqrt", "rsqrt", "reciprocal", "exp", "expm1", "log", "log1p",
    "log2", "sin", "cos", "tan", "tanh", "sigmoid", "relu", "floor", "ceil", "round", "trunc",
    "frac", "isnan", "isinf", "isfinite", "isposinf", "isneginf", "signbit", "square",
    "nan_to_num", "erf", "erfc", "logit", "atan", "asin", "sinh", "cosh", "asinh",
)  # fmt: skip
LAYERS = (
    "relu6", "leaky_relu", "elu", "silu", "softplus", "hardtanh", "hardsigmoid", "hardswish",
    "logsigmoid", "selu", "mish", "softsign", "tanhshrink", "softshrink", "hardshrink",
)  # fmt: skip
ALONG = (
    "sum", "prod", "mean", "amax", "amin", "argmax", "argmin", "softmax", "log_softmax",
    "logsumexp", "cumsum", "cumprod", "var", "nansum", "nanmean", "argsort", "all", "any",
    "median", "nanmedian",
)  # fmt: skip

PAIRS = {
    name: lambda t, x, y, name=name: getattr(t, name)(x, y)
    for name in TWO
} | {
    "fmod": lambda t, x, y: t.fmod(t.where(x < -1e30, x / 1e30, x), y),
    "remainder": lambda t, x, y: t.remainder(t.where(x < -1e30, x / 1e30, x), y),
    "where": lambda t, x, y: t.where(x > y, x, y),
    "clamp by tensors": lambda t, x, y: t.clamp(x, min=y, max=y + 1),
    "isclose": lambda t, x, y: t.isclose(x, y, equal_nan=True),
    "lerp": lambda t, x, y: t.lerp(x, y, 0.5),
    "true_divide by 0": lambda t, x, y: x / 0.0,
    "mul by 0": lambda t, x, y: x * 0.0,
}  # fmt: skip
ONES = {
    name: lambda t, x, name=name: getattr(t, name)(x)
    for name in ONE
} | {
    name: lambda t, x, name=name: getattr(t.nn.functional, name)(x)
    for name in LAYERS
} | {
    "clamp": lambda t, x: t.clamp(x, -1, 1),
    "clamp_min": lambda t, x: t.clamp(x, min=0.0),
    "clamp to nan": lambda t, x: t.clamp(x, max=NAN),
    "power 2": lambda t, x: x**2,
    "power 0": lambda t, x: x**0,
    "power 0.5": lambda t, x: x**0.5,
    "power -1": lambda t, x: x**-1,
    "nonzero": lambda t, x: x.bool(),
    "threshold": lambda t, x: t.nn.functional.threshold(x, 0.0, 7.0),
}  # fmt: skip
REDUCED = {
    name: lambda t, x, name=name: getattr(t, name)(x, 1)
    for name in ALONG
} | {
    "max": lambda t, x: t.max(x, 1),
    "min": lambda t, x: t.min(x, 1),
    "whole max": lambda t, x: x.max(),
    "whole min": lambda t, x: x[:1].min(),
    "sort": lambda t, x: t.sort(x, dim=1, stable=True),
    "sort down": lambda t, x: t.sort(x, dim=1, descending=True, stable=True),
    "topk": lambda t, x: t.topk(x, 2, 1)[0],
    "cummax": lambda t, x: t.cummax(x, 1),
    "cummin": lambda t, x: t.cummin(x, 1),
    "logcumsumexp": lambda t, x: t.logcumsumexp(x, 1),
    "norm": lambda t, x: t.linalg.vector_norm(x, dim=1),
    "max norm": lambda t, x: t.linalg.vector_norm(x, INF, dim=1),
    "layer norm": lambda t, x: t.nn.functional.layer_norm(x, (4,)),
    "max pool": lambda t, x: t.nn.functional.max_pool1d(x[None], 2),
    "cross entropy": lambda t, x: t.nn.functional.cross_entropy(
        x, t.zeros(len(ROWS), dtype=t.int64), reduction="none"
    ),
    "matmul": lambda t, x: x @ x.t(),
}  # fmt: skip
ROUNDED = {
    "sum", "mean", "var", "nansum", "nanmean", "norm", "layer norm", "matmul", "prod", "hypot",
}  # fmt: skip
"""What is computed in an order of ours."""

EITHER_ZERO = {"relu", "relu6", "clamp", "clamp_min", "softshrink", "maximum", "minimum"} | {
    "max", "min", "amax", "amin", "fmax", "fmin", "max pool", "cummax", "cummin", "topk", "sort",
    "clamp by tensors",
}  # fmt: skip
"""Of two zeros that are equal either is the larger; PyTorch's choice depends on where they are."""


def results(t, functions, arrays, dtype):
    """What each function makes of the arrays, all in one window."""
    given = [t.tensor(a.astype(dtype)) for a in arrays]
    found = {}
    for name, function in functions.items():
        made = function(t, *given)
        found[name] = list(made) if isinstance(made, tuple) else [made]
    return {name: [np.array(m.numpy()) for m in made] for name, made in found.items()}


def check(functions, arrays, dtype, monkeypatch):
    monkeypatch.setattr(config, "hot", 1)
    expected = results(torch, functions, arrays, dtype)
    got = results(rushlight, functions, arrays, dtype)
    wrong = [
        f"{name}: {a.tolist()} instead of {b.tolist()}"
        for name in functions
        for a, b in zip(got[name], expected[name], strict=True)
        if not same(a, b, name not in ROUNDED, name not in ROUNDED | EITHER_ZERO)
    ]
    local.recorder.flush()
    assert not wrong, "\n".join(wrong)


def same(a, b, exact, signs):
    """Whether the same elements are NaN, infinite and, if `signs`, negative zeros."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind != "f":
        return bool((a == b).all())
    near = np.allclose(a, b, rtol=1e-5, atol=0 if exact else 1e-5, equal_nan=True)
    zeros = (a == 0) & (b == 0)
    return near and (not signs or bool((np.signbit(a) == np.signbit(b))[zeros].all()))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pairs(dtype, monkeypatch):
    check(PAIRS, [X, Y], dtype, monkeypatch)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_by_one(dtype, monkeypatch):
    check(ONES, [X[:, 0]], dtype, monkeypatch)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_reductions(dtype, monkeypatch):
    check(REDUCED, [ROWS], dtype, monkeypatch)
