"""`out=` over PyTorch's own table of operators: tensors of several kinds are given to be filled.

What is written must be what the function gives without `out`, which test_op_db.py compares. What
PyTorch refuses is refused by the same type of error, but for one rule: which dtypes `out` may have
is another for each function there; here it is whatever the result can be converted to.
"""

import warnings

import numpy as np
import pytest

import rushlight
from rushlight.errors import DtypeError, GradError

op_db = pytest.importorskip("op_db")
torch = op_db.torch

DIFFERENT = {
    "nn.functional.linear": "an argument that PyTorch does not document",
}
"""Entries that take no `out`, and why."""

ENTRIES = [i for i in op_db.applicable() if i.supports_out]

KINDS = ("same", "empty", "other", "strided", "wider", "whole", "graded")
"""The tensors that are given: of the same shape and dtype, without elements, of another shape, with
gaps, of a wider dtype, of whole numbers, and one that requires grad."""

WIDER = {"float32": "float64", "int64": "float32", "complex64": "complex128", "bool": "int64"}


def room(framework, kind, made):
    """A tensor of that kind for a result like `made`."""
    shape, dtype = tuple(made.shape), made.dtype
    named = str(dtype).removeprefix("torch.")
    if kind == "wider":
        dtype = getattr(framework, WIDER.get(named, named))
    if kind == "whole":
        dtype = framework.int32
    shape = {"empty": (0,), "other": (3, *shape)}.get(kind, shape)
    if kind == "strided":
        return framework.zeros((*shape, 2), dtype=dtype).select(-1, 1)
    out = framework.zeros(shape, dtype=dtype)
    return out.requires_grad_() if kind == "graded" else out


def outcome(framework, function, sample, kind):
    """What there is in the tensors given and whether they were resized with a warning; an error."""
    translate = op_db.Translation(framework)
    args = [translate(sample.input), *[translate(a) for a in sample.args]]
    kwargs = translate(dict(sample.kwargs))
    framework.manual_seed(42)
    made = function(*args, **kwargs)
    parts = op_db.tensors(made, framework.Tensor)
    try:
        out = [room(framework, kind, p) for p in parts]
    except RuntimeError:
        return None  # there is no such tensor
    framework.manual_seed(42)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            single = isinstance(made, framework.Tensor)
            returned = function(*args, **kwargs, out=out[0] if single else tuple(out))
        except Exception as error:
            return error
    resized = any(["was resized" in str(w.message) for w in caught])
    wrong = ""
    for a, b in zip(op_db.tensors(returned, framework.Tensor), out, strict=True):
        wrong = wrong or ("" if a is b else "another tensor is returned")
    for a, b in zip(map(op_db.array_of, out), map(op_db.array_of, parts), strict=True):
        if a.shape != b.shape:
            wrong = f"{list(a.shape)} instead of {list(b.shape)}"
        elif not np.allclose(a, b, 1e-5, 1e-6, equal_nan=True):
            wrong = wrong or "values differ"
    return wrong, resized


def verdict(info, sample, kind):
    """What is wrong with one sample and kind, or ""."""
    try:
        theirs = outcome(torch, info.op, sample, kind)
    except Exception as error:
        return f"skip {error}"
    try:
        mine = outcome(rushlight, op_db.ours(info), sample, kind)
    except Exception as error:  # without `out`: for test_op_db.py
        return f"skip {error}"
    if mine is None or theirs is None:
        return ""
    if isinstance(mine, Exception):
        allowed = isinstance(theirs, Exception) and isinstance(mine, type(theirs))
        allowed = allowed or (kind in ("wider", "whole") and isinstance(mine, DtypeError))
        allowed = allowed or (kind == "graded" and isinstance(mine, GradError))
        return "" if allowed else f"{kind}: {mine!r} instead of {theirs!r}"
    if isinstance(theirs, Exception):
        if kind in ("wider", "whole"):
            return mine[0] and f"{kind}: {mine[0]}"
        return f"{kind}: taken instead of {theirs!r}"
    if info.name in op_db.EMPTY or theirs[0]:  # it computes in the dtype of `out`
        return ""
    if mine[0] or (theirs[1] and not mine[1]):
        return f"{kind}: {mine!r} instead of {theirs}"
    return ""


def verdicts(info, most):
    """What is wrong with some samples of an entry and each kind of `out`."""
    samples = op_db.samples_of(info, most, torch.float32, first=50)
    return [(sample, verdict(info, sample, kind)) for sample in samples for kind in KINDS]


@pytest.mark.filterwarnings("ignore")
def test_out(request):
    """Every sixteenth entry is tried, with one sample; all of them with more by --full."""
    full = request.config.getoption("--full")
    wrong = []
    for info in ENTRIES if full else ENTRIES[::16]:
        if info.name not in DIFFERENT and op_db.ours(info) is not None:
            found = [v for _, v in verdicts(info, 3 if full else 1) if v]
            wrong += [f"{op_db.full_name(info)}: {v}" for v in found if not v.startswith("skip")]
    assert not wrong, "\n".join(wrong)
