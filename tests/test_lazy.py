"""Layers that learn the size of their input from the first: as PyTorch's, and what they become."""

import numpy as np
import pytest

import rushlight
from rushlight import nn

INPUTS = {
    "LazyLinear": ((3,), (2, 5)),
    "LazyConv1d": ((4, 3), (2, 5, 8)), "LazyConv2d": ((4, 3, 2, 1), (2, 3, 8, 8)),
    "LazyConv3d": ((4, 2), (1, 3, 4, 4, 4)), "LazyConvTranspose1d": ((4, 3), (2, 5, 8)),
    "LazyConvTranspose2d": ((4, 3), (2, 3, 4, 4)), "LazyConvTranspose3d": ((4, 2), (1, 3, 2, 2, 2)),
    "LazyBatchNorm1d": ((), (4, 3)), "LazyBatchNorm2d": ((), (2, 3, 4, 4)),
    "LazyBatchNorm3d": ((), (2, 3, 2, 2, 2)), "LazyInstanceNorm1d": ((), (2, 3, 4)),
    "LazyInstanceNorm2d": ((), (2, 3, 4, 4)), "LazyInstanceNorm3d": ((), (2, 3, 2, 2, 2)),
}  # fmt: skip


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def test_every_lazy_layer_is_here():
    assert {name for name in nn.HOME if name.startswith("Lazy")} == set(INPUTS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", INPUTS)
def test_a_lazy_layer_becomes_what_pytorchs_becomes(name, torch):
    args, shape = INPUTS[name]
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    shown = []
    for framework in (rushlight, torch):
        framework.manual_seed(4)
        layer = getattr(framework.nn, name)(*args)
        assert layer.has_uninitialized_params()
        before = repr(layer)
        out = layer(framework.from_numpy(x.copy()))
        state = {k: np.array(v.numpy()) for k, v in layer.state_dict().items()}
        shown.append(
            (before, repr(layer), type(layer).__name__, np.array(out.detach().numpy()), state)
        )
    ours, theirs = shown
    assert ours[:3] == theirs[:3]
    np.testing.assert_allclose(ours[3], theirs[3], 1e-4, 1e-5)
    assert list(ours[4]) == list(theirs[4])
    for key, value in theirs[4].items():
        np.testing.assert_allclose(ours[4][key], value, 1e-6, 1e-7)


def test_hooks_and_optimizers_outlast_the_change():
    layer = nn.LazyLinear(2)
    seen = []
    layer.register_forward_hook(lambda module, args, out: seen.append(tuple(out.shape)))
    optimizer = rushlight.optim.SGD(layer.parameters(), lr=1.0)
    weight = layer.weight
    out = layer(rushlight.ones(3, 4))
    assert seen == [(3, 2)]
    assert type(layer) is nn.Linear
    assert layer.weight is weight
    before = weight.detach().clone()
    out.sum().backward()
    optimizer.step()
    np.testing.assert_allclose(weight.detach(), before - 3, 1e-6)
    layer(rushlight.ones(3, 4))
    assert len(seen) == 2


def test_a_state_dict_brings_the_shapes():
    full = nn.Linear(4, 2)
    layer = nn.LazyLinear(2)
    layer.load_state_dict(full.state_dict())
    assert not layer.has_uninitialized_params()
    x = rushlight.ones(1, 4)
    assert layer(x).tolist() == full(x).tolist()
    assert type(layer) is nn.Linear


def test_a_parameter_without_shape_says_so():
    layer = nn.LazyLinear(2)
    assert repr(layer.weight) == "<UninitializedParameter>"
    with pytest.raises(RuntimeError, match="has no shape yet"):
        layer.weight.shape  # noqa: B018
