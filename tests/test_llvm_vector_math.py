"""Vector functions: within 2.5 units in the last place of the exact result, right at the edges."""

import ctypes
import itertools
import math
import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from rushlight.engines.llvm import jit
from rushlight.engines.llvm.builder import Builder, parameter
from rushlight.engines.llvm.target import target
from rushlight.engines.llvm.vector_math import BINARY, FUNCTIONS

X, Y, OUT, N = [
    parameter(n, k) for n, k in (("x", "ptr"), ("y", "ptr"), ("o", "ptr"), ("n", "i64"))
]
DTYPES = {"float": np.float32, "double": np.float64}
LIMIT = 2.5


def native(function, kind, lanes, count=1):
    """A function of NumPy arrays that applies a vector function to their elements."""
    b = Builder()

    def step(i):
        args = [b.load(b.address(p, i, kind), kind, lanes) for p in (X, Y)[:count]]
        b.store(function(b, *args), b.address(OUT, i, kind))

    b.loop(0, N, lanes, step)
    b.function("f", [X, Y, OUT, N])
    address = jit.build(b.module(), ["f"])["f"]
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(address)

    def apply(*arrays):
        n = len(arrays[0])
        padded = [np.resize(a, -(-n // lanes) * lanes).astype(DTYPES[kind]) for a in arrays]
        out = np.zeros_like(padded[0])
        call(padded[0].ctypes.data, padded[-1].ctypes.data, out.ctypes.data, len(out))
        return out[:n]

    return apply


def library(name):
    def reference(x):
        return np.array([float(getattr(math, name)(v)) for v in x.astype(float)])

    return reference


def logistic(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


REFERENCES = {
    "sigmoid": logistic,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "erf": library("erf"),
    "erfc": library("erfc"),
    "atan": np.arctan,
    "tan": np.tan,
}
for name in ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "tanh", "sqrt", "sin", "cos"):
    REFERENCES[name] = getattr(np, name)
LOOSER = {"erf": 1.0, "erfc": 1.0}
"""What the references in double may themselves be wrong by."""


def edges(dtype):
    info = np.finfo(dtype)
    one = [0.0, 1.0, 0.5, 2.0, info.tiny, info.smallest_subnormal, info.max, info.eps, np.inf]
    up = [np.nextafter(dtype(v), dtype(np.inf)) for v in one[:7]]
    down = [np.nextafter(dtype(v), dtype(-np.inf)) for v in one[:7]]
    both = np.array([*one, *up, *down, 88.72284, 88.7229, 103.97, 104, 709.78, 745.2, 9.5])
    return np.concatenate([both, -both, [np.nan]]).astype(dtype)


def samples(dtype, n=4000):
    rng = np.random.default_rng(5)
    integer = np.uint32 if dtype == np.float32 else np.uint64
    anything = rng.integers(0, np.iinfo(integer).max, n, integer, endpoint=True).view(dtype)
    parts = [edges(dtype), anything, np.arange(-300, 301) * (np.pi / 4)]
    parts += [rng.normal(size=n) * scale for scale in (1e-4, 0.3, 1, 5, 40, 300, 2e4)]
    return np.concatenate([p.astype(dtype) for p in parts])


def units_off(got, exact, dtype):
    """How many units in the last place each result is from the exact one; inf if it is of another
    sort."""
    with np.errstate(all="ignore"):
        return units(got, exact, exact.astype(dtype), dtype)


def units(got, exact, nearest, dtype):
    unit = np.spacing(np.abs(nearest)).astype(np.longdouble)
    off = np.abs(got.astype(np.longdouble) - exact) / unit
    ended = np.isnan(nearest) | np.isinf(nearest) | np.isinf(got)
    same = np.where(np.isnan(nearest), np.isnan(got), got == nearest)
    zero = (nearest == 0) & (got == 0)
    same |= zero & (np.signbit(got) == np.signbit(nearest))
    # At the edge of the range the nearest number and infinity are neighbours.
    edge = np.finfo(dtype).max * np.sign(exact).astype(dtype)
    same |= (np.isinf(got) ^ np.isinf(nearest)) & ((got == edge) | (nearest == edge))
    return np.where(ended | zero, np.where(same, 0, np.inf), off)


@pytest.mark.parametrize("lanes", ["all", "half", "one"])
@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("name", REFERENCES)
def test_functions_are_near_the_exact_result(name, kind, lanes):
    dtype, width = DTYPES[kind], target().lanes(kind)
    if kind == "double" and np.finfo(np.longdouble).nmant < 60:
        pytest.skip("nothing more exact than double to compare with")
    f = native(FUNCTIONS[name], kind, {"all": width, "half": width // 2, "one": 1}[lanes])
    with np.errstate(all="ignore"):
        x = samples(dtype)
        exact = np.asarray(REFERENCES[name](x.astype(np.longdouble)), np.longdouble)
        if name in ("tanh", "sin", "tan", "expm1", "log1p", "atan", "erf"):
            exact = np.where(x == 0, x, exact)  # the sign of zero
        off = units_off(f(x), exact, dtype)
    worst = off.argmax()
    limit = LIMIT + (LOOSER.get(name, 0.0) if kind == "double" else 0)
    assert off[worst] <= limit, f"{name}({x[worst]!r}) is {off[worst]} units off"


SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 1e-45, 1e38, -1e38, 1e-30, 2.5,
           math.inf, -math.inf, math.nan, 16777217.0, 1.0000001, -1.0000001]  # fmt: skip


@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_arguments(name, kind):
    dtype = DTYPES[kind]
    pairs = np.array(list(itertools.product(SPECIAL, SPECIAL)), dtype)
    rng = np.random.default_rng(3)
    more = rng.normal(size=(4000, 2)) * 10
    if name == "pow":
        more[:, 0] = np.abs(more[:, 0]) ** 3
    x, y = np.concatenate([pairs, more.astype(dtype)]).T
    f = native(BINARY[name], kind, target().lanes(kind), 2)
    reference = {"pow": np.power, "atan2": np.arctan2}[name]
    with np.errstate(all="ignore"):
        exact = reference(x.astype(np.longdouble), y.astype(np.longdouble))
        off = units_off(f(x, y), exact, dtype)
    worst = off.argmax()
    assert off[worst] <= LIMIT, f"{name}({x[worst]!r}, {y[worst]!r}) is {off[worst]} units off"


@pytest.mark.parametrize("kind", DTYPES)
def test_functions_of_the_library(kind):
    dtype = DTYPES[kind]
    x = np.linspace(-3, 3, 48).astype(dtype)
    names = {"acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh",
             "atanh": "arctanh", "cosh": "cosh", "sinh": "sinh"}  # fmt: skip
    with np.errstate(invalid="ignore"):
        for ours, theirs in names.items():
            got = native(FUNCTIONS[ours], kind, 8)(x)
            np.testing.assert_allclose(got, getattr(np, theirs)(x), rtol=4 * np.finfo(dtype).eps)
    got = native(FUNCTIONS["lgamma"], kind, 8)(np.abs(x))
    exact = [math.lgamma(v) for v in np.abs(x)]
    np.testing.assert_allclose(got, exact, rtol=8 * np.finfo(dtype).eps, atol=1e-7)


def test_gelu():
    x = np.linspace(-12, 12, 400).astype(np.float32)
    exact = [v / 2 * math.erfc(-v * math.sqrt(0.5)) for v in x.astype(float)]
    got = native(FUNCTIONS["gelu"], "float", 8)(x)
    np.testing.assert_allclose(got, exact, rtol=1e-5)  # the argument of erfc is rounded
    np.testing.assert_allclose(got, exact, rtol=1e-6, atol=1e-7)


def test_far_angles_do_not_change_the_near_ones():
    x = np.array([1.0, 1e30, -2.0, 0.5] * 4, np.float32)
    f = native(FUNCTIONS["sin"], "float", 8)
    np.testing.assert_allclose(f(x), np.sin(x.astype(float)), rtol=3e-7)


@pytest.mark.parametrize("cpu", ["avx2", "baseline"])
def test_on_lesser_processors(cpu):
    if "RUSHLIGHT_CPU" in os.environ:
        pytest.skip("this is such a run")
    if target().bits < 256 or "x86" not in target().triple:
        pytest.skip("this processor has nothing to take away")
    chosen = (
        "test_functions_are_near and all" if cpu == "avx2" else "test_functions_are_near and exp"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", chosen],
        env=os.environ | {"RUSHLIGHT_CPU": cpu}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout or "100%" in done.stdout
