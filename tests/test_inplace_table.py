"""In-place forms of the functions in PyTorch's own table: gradients through what they replaced.

The tensor changed is a value that was just recorded, or a view of one that was looked at before.
"""

import itertools

import numpy as np
import pytest

import rushlight

op_db = pytest.importorskip("op_db")
torch = op_db.torch

APART = {
    "draws": ("cauchy", "exponential", "geometric", "log_normal", "normal", "uniform"),
    "truth values have no gradient here, PyTorch passes on the one of the old value": (
        *("logical_and", "logical_not", "logical_or", "logical_xor"),
    ),
    "PyTorch lets the tensor grow": ("addbmm",),
    "another shape in place, refused where there is a gradient function": (
        *("squeeze", "t", "transpose", "unsqueeze"),
    ),
}
"""Functions that are not compared, by the reason."""

ENTRIES = [
    info
    for info in op_db.applicable()
    if info.inplace_variant
    and hasattr(rushlight.Tensor, getattr(info.inplace_variant, "__name__", "?"))
    and info.name not in itertools.chain(*APART.values())
]


def changed(framework, info, sample, in_view):
    """The values after the change, and the gradients of all that went into them."""
    arguments = op_db.Translation(framework)
    leaf = framework.tensor(sample.input.numpy().copy()).requires_grad_()
    others = arguments([a.detach() if isinstance(a, torch.Tensor) else a for a in sample.args])
    tensors = [x for x in others if isinstance(x, framework.Tensor)]
    leaves = [leaf, *[x.requires_grad_() for x in tensors if x.is_floating_point()]]
    whole = framework.stack([leaf * 1, leaf * 2]) if in_view else leaf * 1
    part = whole[0] if in_view else whole
    if in_view:
        float(whole.sum())
    getattr(part, info.inplace_variant.__name__)(*others, **arguments(sample.kwargs))
    weights = framework.arange(whole.numel(), dtype=framework.float32).reshape(whole.shape) + 1
    (whole * weights).sum().backward()
    gradients = [x.grad if x.grad is not None else framework.zeros_like(x) for x in leaves]
    return [x.detach().numpy() for x in (whole, *gradients)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("info", ENTRIES, ids=op_db.full_name)
def test_gradients_are_pytorchs(info):
    samples = info.sample_inputs("cpu", torch.float32, requires_grad=False)
    for sample, in_view in itertools.product(itertools.islice(samples, 2), (False, True)):
        if not isinstance(sample.input, torch.Tensor):
            continue
        try:
            expected = changed(torch, info, sample, in_view)
        except RuntimeError:
            continue  # PyTorch cannot
        for ours, theirs in zip(changed(rushlight, info, sample, in_view), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
