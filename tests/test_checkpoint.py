"""`torch.utils.checkpoint`: values, gradients and random streams are PyTorch's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import rushlight
import rushlight.utils.checkpoint

torch = pytest.importorskip("torch")


def both(program: Any) -> None:
    """Assert that `program` gives the same numbers with PyTorch and here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = program(torch), program(rushlight)
    for a, b in zip(ours, theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert a.requires_grad == b.requires_grad
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 1e-5, 1e-6)


def network(lib: Any) -> Any:
    lib.manual_seed(1)
    return lib.nn.Sequential(
        lib.nn.Linear(4, 8), lib.nn.Dropout(0.5), lib.nn.ReLU(), lib.nn.Linear(8, 2)
    )


@pytest.mark.parametrize("reentrant", [True, False, None])
@pytest.mark.parametrize("wanted", [True, False])
def test_a_checkpoint(reentrant: bool | None, wanted: bool) -> None:
    def program(lib: Any) -> Any:
        net = network(lib)
        x = lib.ones(3, 4, requires_grad=wanted)
        out = lib.utils.checkpoint.checkpoint(net, x, use_reentrant=reentrant)
        if out.requires_grad:
            (out.square().sum() + net[3](lib.ones(1, 8)).sum()).backward()
        return [out, x.grad, *[p.grad for p in net.parameters()], lib.rand(3)]

    both(program)


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("segments", [1, 2, 3])
def test_a_sequence_of_checkpoints(reentrant: bool, segments: int) -> None:
    def program(lib: Any) -> Any:
        net = network(lib)
        x = lib.ones(3, 4, requires_grad=True)
        call = lib.utils.checkpoint.checkpoint_sequential
        out = call(net, segments, x, use_reentrant=reentrant)
        out.square().sum().backward()
        return [out, x.grad, *[p.grad for p in net.parameters()], lib.rand(3)]

    both(program)


def test_what_needs_the_other_kind_says_so() -> None:
    call = rushlight.utils.checkpoint.checkpoint
    x = rushlight.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="use_reentrant=False"):
        call(rushlight.sum, x, use_reentrant=True, dim=0)
    assert call(rushlight.sum, x, use_reentrant=False, dim=0).item() == 2
    with pytest.warns(UserWarning, match="use_reentrant=False"):
        call(rushlight.sin, x)
