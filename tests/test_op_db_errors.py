"""Errors of PyTorch's own table of operators: what it refuses is refused, with the same type.

The samples are the table's `error_inputs`. What rushlight takes, or refuses with another type of
error, must be named here with the reason.
"""

import warnings

import numpy as np
import pytest

import rushlight

op_db = pytest.importorskip("op_db")
torch = op_db.torch

DIFFERENT = {
    "cov": ("whether weights are negative is not looked at", "cannot be negative"),
    "__radd__": ("a number in the place of self", "descriptor"),
    "__rmul__": ("a number in the place of self", "descriptor"),
}
"""Entries of which some wrong samples are taken: why, and what PyTorch says then."""

ENTRIES = [i for i in op_db.applicable() if i.error_inputs_func is not None]


def outcome(framework, function, sample):
    """The error that a sample leads to, None if there is none."""
    translate = op_db.Translation(framework)
    args = [translate(sample.input), *[translate(a) for a in sample.args]]
    kwargs = translate(dict(sample.kwargs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for made in op_db.tensors(function(*args, **kwargs), framework.Tensor):
                op_db.array_of(made)  # what depends on values is only seen when they are computed
        except Exception as error:
            return error
    return None


def verdict(info, sample):
    """What is wrong with one sample, or ""."""
    if "out" in sample.kwargs:  # that is for test_op_db_out.py
        return ""
    try:
        theirs = outcome(torch, info.op, sample)
        mine = outcome(rushlight, op_db.ours(info), sample)
    except Exception as error:
        return f"skip: this sample cannot be carried over: {error}"
    if theirs is None or isinstance(mine, type(theirs)):
        return ""
    return f"{mine!r} instead of {theirs!r}"


def verdicts(info):
    """What is wrong with each of the wrong samples of an entry."""
    torch.manual_seed(0)
    np.random.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        listed = [e.sample_input for e in info.error_inputs("cpu")]
    return [(sample, verdict(info, sample)) for sample in listed]


@pytest.mark.filterwarnings("ignore")
def test_errors(request):
    """Every twelfth entry is tried; all of them by --full."""
    full = request.config.getoption("--full")
    wrong = []
    for info in ENTRIES if full else ENTRIES[::12]:
        name = op_db.full_name(info)
        said = DIFFERENT.get(name, ("", "\0"))[1]
        if op_db.ours(info) is not None:
            found = [v for _, v in verdicts(info) if v and not v.startswith("skip")]
            wrong += [f"{name}: {v}" for v in found if said not in v]
    assert not wrong, "\n".join(wrong)
