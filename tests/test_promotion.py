"""What every pair of dtypes becomes in every kind of call, and what Python numbers make of one."""

import itertools

import numpy as np
import pytest

import rushlight

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

NAMES = [
    "bool", "uint8", "int8", "int16", "int32", "int64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
]  # fmt: skip
NUMBERS = (True, 2, 2.5, 1 + 2j)
CALLS = {
    "add": lambda f, x, y: x + y,
    "sub": lambda f, x, y: x - y,
    "mul": lambda f, x, y: x * y,
    "div": lambda f, x, y: x / y,
    "floor": lambda f, x, y: x // y,
    "remainder": lambda f, x, y: x % y,
    "pow": lambda f, x, y: x**y,
    "equal": lambda f, x, y: x == y,
    "less": lambda f, x, y: x < y,
    "and": lambda f, x, y: x & y,
    "shift": lambda f, x, y: x << y,
    "maximum": lambda f, x, y: f.maximum(x, y),
    "where": lambda f, x, y: f.where(f.tensor([True, False]), x, y),
    "cat": lambda f, x, y: f.cat([x.reshape(-1), y.reshape(-1)]),
    "inplace": lambda f, x, y: x.mul_(y),
    "atan2": lambda f, x, y: f.atan2(x, y),
    "reflected": lambda f, x, y: y - x,
    "over": lambda f, x, y: y / x,
    "result_type": lambda f, x, y: f.result_type(x, y),
}
UNARY = [
    "neg", "abs", "sqrt", "exp", "sin", "sum", "mean", "prod", "max", "cumsum", "std", "round",
    "floor", "sign", "square", "reciprocal", "sigmoid", "tanh", "relu", "logical_not",
    "bitwise_not", "isnan", "argmax", "any", "all", "var", "norm", "median", "sort",
]  # fmt: skip


def made(f, name, dimensions):
    """A tensor of a dtype: two numbers, or one without a dimension."""
    values = [1, 3] if name != "bool" else [True, True]
    return f.tensor(values if dimensions else values[1], dtype=getattr(f, name))


def outcomes(call):
    """What `call(framework)` gives in both: dtype, shape and values, or that it fails."""
    found = []
    for f in (rushlight, torch):
        try:
            result = call(f)
        except (RuntimeError, TypeError, IndexError, NotImplementedError):
            found.append("fails")
            continue
        if isinstance(result, tuple):
            result = result[0]
        if not isinstance(result, f.Tensor):
            found.append(str(result))
        elif str(result.dtype) == "torch.complex32":
            found.append("fails")  # NumPy has no such type
        else:
            shown = result.float() if result.dtype is f.bfloat16 else result
            found.append((str(result.dtype), tuple(result.shape), np.array(shown.numpy())))
    return found


def same(ours, theirs):
    if "fails" in (ours, theirs) or isinstance(theirs, str):
        return ours == theirs
    few = {
        "torch.float16": 2e-3,
        "torch.bfloat16": 1.6e-2,
        "torch.float32": 1e-6,
        "torch.complex64": 1e-6,
    }
    tolerance = few.get(theirs[0], 1e-12)
    with np.errstate(all="ignore"):
        near = np.allclose(ours[2], theirs[2], tolerance, equal_nan=True)
    return ours[:2] == theirs[:2] and near


def is_known(name, *words):
    """Whether rushlight is known to differ: mostly it does what PyTorch has no kernel for."""
    if any(["float16" in w for w in words]) and any(["complex" in w for w in words]):
        return True  # becomes complex64: there is no complex type of half precision
    truth = all([w in ("bool", "bool_", "True") for w in words])
    if truth and name in ("pow", "argmax", "median"):
        return True
    return name in ("std", "var") and "complex" in words[0]


@pytest.mark.parametrize("name", CALLS)
def test_pairs_of_tensors(name):
    call = CALLS[name]
    wrong = []
    for case in itertools.product(NAMES, NAMES, (1, 0), (1, 0)):
        a, b, m, n = case
        got = outcomes(lambda f, a=a, b=b, m=m, n=n: call(f, made(f, a, m), made(f, b, n)))
        if not same(*got) and not is_known(name, a, b):
            wrong.append(f"{name}({a}[{m}d], {b}[{n}d]): {got[0]} instead of {got[1]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(set(CALLS) - {"maximum", "cat", "atan2"}))
def test_tensors_and_numbers(name):
    call = CALLS[name]
    wrong = []
    for a, number, n in itertools.product(NAMES, NUMBERS, (1, 0)):
        got = outcomes(lambda f, a=a, number=number, n=n: call(f, made(f, a, n), number))
        kind = "complex" if isinstance(number, complex) else str(number)
        if not same(*got) and not is_known(name, a, kind):
            wrong.append(f"{name}({a}[{n}d], {number}): {got[0]} instead of {got[1]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_tensor(name):
    arguments = (0,) if name == "cumsum" else ()
    wrong = []
    for a, n in itertools.product(NAMES, (1, 0)):
        got = outcomes(lambda f, a=a, n=n: getattr(f, name)(made(f, a, n), *arguments))
        if not same(*got) and not is_known(name, a):
            wrong.append(f"{name}({a}[{n}d]): {got[0]} instead of {got[1]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("a", NAMES)
def test_conversions(a):
    for b in NAMES:
        got = outcomes(lambda f, b=b: made(f, a, 1).to(getattr(f, b)))
        assert same(*got), f"{a} to {b}"
        for rule in ("can_cast", "promote_types"):
            said = [str(getattr(f, rule)(getattr(f, a), getattr(f, b))) for f in (rushlight, torch)]
            assert said[0] == said[1], f"{rule}({a}, {b})"
