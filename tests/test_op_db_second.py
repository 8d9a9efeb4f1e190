"""Second gradients of PyTorch's own table of operators: its samples in float64, both compared.

A few entries are tried with one sample each; `--full` tries all entries with more.
"""

import contextlib
import warnings

import numpy as np
import pytest

import rushlight

op_db = pytest.importorskip("op_db")
torch = op_db.torch

DIFFERENT = {
    "as_strided_scatter": "PyTorch gives the first gradient to what was overwritten",
    "linalg.norm.subgradients_at_zero": "at 0, where there is no second derivative",
    "nn.functional.linear_cross_entropy.chunked": "PyTorch's has no second gradient",
    "nn.functional.linear_cross_entropy.chunked_none": "PyTorch's has no second gradient",
}
"""Entries of which some samples give something else, and why."""

ENTRIES = [
    info
    for info in op_db.applicable()
    if info.supports_gradgrad
    and info.supports_autograd
    and torch.float64 in info.supported_backward_dtypes("cpu")
]


def second(framework, function, sample):
    """The first gradients of a sample, and the gradients of these."""
    translate = op_db.Translation(framework)
    args = [translate(sample.input), *[translate(a) for a in sample.args]]
    kwargs = translate(dict(sample.kwargs))
    framework.manual_seed(42)
    returned = function(*args, **kwargs)
    if sample.output_process_fn_grad is not None:
        with contextlib.suppress(TypeError, AttributeError, NotImplementedError):
            returned = sample.output_process_fn_grad(returned)
    first = slopes(framework, op_db.tensors(returned, framework.Tensor), translate.leaves, True)
    return first, slopes(framework, first, translate.leaves, False)


def slopes(framework, values, leaves, create_graph):
    """The gradients of all elements of `values`, weighed, for each of the leaves."""
    roots = [v for v in values if v is not None and v.requires_grad]
    roots = [r for r in roots if r.is_floating_point() or r.is_complex()]
    if not roots or not leaves:
        return []
    total = sum([op_db.weighed(framework, root, k) for k, root in enumerate(roots)])
    return framework.autograd.grad(total, leaves, create_graph=create_graph, allow_unused=True)


def verdict(info, sample):
    """What is wrong with one sample, or ""."""
    function = op_db.ours(info)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = second(torch, info.op, sample)
        except Exception as error:
            return f"skip {type(error).__name__}: {str(error)[:80]}"
        try:
            mine = second(rushlight, function, sample)
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:160]}"
    for what, got, expected in zip(("gradient", "second gradient"), mine, theirs, strict=True):
        wrong = compared([op_db.array_of(t) for t in got], [op_db.array_of(t) for t in expected])
        if wrong:
            return f"{what} {wrong}"
    return ""


def compared(got, expected):
    """How two lists of arrays differ, or "": None is as good as zeros."""
    for k in range(max(len(got), len(expected))):
        a, b = [arrays[k] if k < len(arrays) else None for arrays in (got, expected)]
        if a is None or b is None:
            left = b if a is None else a
            if left is not None and np.any(left):
                return f"{k}: only one has it"
            continue
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"{k}: {a.dtype}{list(a.shape)} instead of {b.dtype}{list(b.shape)}"
        big = max(1.0, float(np.abs(b[np.isfinite(b)]).max(initial=0)))
        if not np.allclose(a, b, 1e-5, 1e-7 * big, equal_nan=True):
            return f"{k}: values differ"
    return ""


def verdicts(info, most):
    """What is wrong with each of the samples of an entry, `most` of them at most."""
    samples = op_db.samples_of(info, most, torch.float64, gradients=True, first=100)
    return [(sample, verdict(info, sample)) for sample in samples]


@pytest.mark.filterwarnings("ignore")
def test_second_gradients(request):
    """Every sixteenth entry is tried, with one sample; all of them with more by --full."""
    full = request.config.getoption("--full")
    wrong = []
    for info in ENTRIES if full else ENTRIES[::16]:
        name = op_db.full_name(info)
        if name not in DIFFERENT and op_db.ours(info) is not None:
            found = [v for _, v in verdicts(info, 10 if full else 1) if v]
            wrong += [f"{name}: {v}" for v in found if not v.startswith("skip")]
    assert not wrong, "\n".join(wrong)
