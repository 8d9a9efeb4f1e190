"""Parameters computed from others: weight norm, spectral norm, orthogonal ones as PyTorch's."""

import numpy as np
import pytest

import rushlight
from rushlight import nn

CASES = {
    "weight": lambda f: f.nn.utils.parametrizations.weight_norm(f.nn.Linear(4, 3)),
    "weight dim": lambda f: f.nn.utils.parametrizations.weight_norm(f.nn.Conv1d(2, 3, 2), dim=1),
    "older": lambda f: f.nn.utils.weight_norm(f.nn.Linear(4, 3)),
    "older conv": lambda f: f.nn.utils.weight_norm(f.nn.Conv1d(2, 3, 2), dim=1),
    "weight all": lambda f: f.nn.utils.parametrizations.weight_norm(f.nn.Linear(4, 3), dim=None),
    "spectral": lambda f: f.nn.utils.parametrizations.spectral_norm(f.nn.Linear(4, 3)),
    "spectral conv": lambda f: f.nn.utils.parametrizations.spectral_norm(
        f.nn.ConvTranspose1d(2, 3, 2), n_power_iterations=2
    ),
    "older spectral": lambda f: f.nn.utils.spectral_norm(f.nn.Linear(4, 3)),
    "older spectral conv": lambda f: f.nn.utils.spectral_norm(
        f.nn.ConvTranspose1d(2, 3, 2), n_power_iterations=2
    ),
    "square": lambda f: f.nn.utils.parametrizations.orthogonal(f.nn.Linear(4, 4)),
    "wide": lambda f: f.nn.utils.parametrizations.orthogonal(f.nn.Linear(4, 3)),
    "tall": lambda f: f.nn.utils.parametrizations.orthogonal(f.nn.Linear(4, 6), "weight", "cayley"),
    "without base": lambda f: f.nn.utils.parametrizations.orthogonal(
        f.nn.Linear(4, 3), use_trivialization=False
    ),
}


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def play(f, make):
    """State, outputs and gradients over three training steps."""
    f.manual_seed(4)
    module = make(f)
    x = f.from_numpy(np.random.default_rng(0).normal(size=(2, 2, 4)).astype(np.float32))
    optimizer = f.optim.SGD(module.parameters(), lr=0.1)
    seen = []
    for _ in range(3):
        optimizer.zero_grad()
        out = module(x)
        out.square().sum().backward()
        optimizer.step()
        seen.append(np.array(out.detach().numpy()))
    module.eval()
    seen.append(np.array(module(x).detach().numpy()))
    state = module.state_dict()
    seen += [np.array(v.detach().numpy()) for v in state.values()]
    return seen, list(state), repr(module)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", CASES.values(), ids=CASES.keys())
def test_training_is_pytorchs(make, torch):
    ours, theirs = [play(f, make) for f in (rushlight, torch)]
    assert ours[1:] == theirs[1:]
    for a, b in zip(ours[0], theirs[0], strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-5)


def test_a_parametrization_comes_and_goes():
    layer = nn.Linear(3, 3)
    before = layer.weight.detach().clone()
    nn.utils.parametrizations.weight_norm(layer)
    assert nn.utils.parametrize.is_parametrized(layer, "weight")
    np.testing.assert_allclose(layer.weight.detach(), before, 1e-6, 1e-7)
    layer.weight = before * 2
    np.testing.assert_allclose(layer.weight.detach(), before * 2, 1e-6, 1e-7)
    nn.utils.parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear
    assert sorted(dict(layer.named_parameters())) == ["bias", "weight"]
    np.testing.assert_allclose(layer.weight.detach(), before * 2, 1e-6, 1e-7)


def test_a_missing_parameter_is_named():
    with pytest.raises(ValueError, match="no parameter or buffer with name 'wait'"):
        nn.utils.parametrizations.weight_norm(nn.Linear(2, 2), "wait")


@pytest.mark.filterwarnings("ignore")
def test_the_older_form_goes_too():
    layer = nn.utils.weight_norm(nn.Linear(3, 2))
    x = rushlight.ones(1, 3)
    before = layer(x).tolist()
    nn.utils.remove_weight_norm(layer)
    assert sorted(dict(layer.named_parameters())) == ["bias", "weight"]
    np.testing.assert_allclose(layer(x).tolist(), before, 1e-6)
    with pytest.raises(ValueError, match="not found"):
        nn.utils.remove_weight_norm(layer)


def test_the_older_spectral_norm_goes_too():
    layer = nn.utils.spectral_norm(nn.Linear(3, 2)).eval()
    x = rushlight.ones(1, 3)
    before = layer(x).tolist()
    with pytest.raises(RuntimeError, match="two spectral_norm hooks"):
        nn.utils.spectral_norm(layer)
    nn.utils.remove_spectral_norm(layer)
    assert sorted(dict(layer.named_parameters())) == ["bias", "weight"]
    np.testing.assert_allclose(layer(x).tolist(), before, 1e-6)
    with pytest.raises(ValueError, match="not found"):
        nn.utils.remove_spectral_norm(layer)


def test_a_weight_can_be_set_to_an_orthogonal_one():
    layer = nn.utils.parametrizations.orthogonal(nn.Linear(3, 5))
    kind = nn.utils.parametrize.type_before_parametrizations(layer)
    assert kind is nn.Linear is not type(layer)
    with rushlight.no_grad():
        layer.weight = rushlight.eye(5, 3)
    np.testing.assert_allclose(layer.weight.detach(), np.eye(5, 3), atol=1e-6)
    free = nn.utils.parametrizations.orthogonal(nn.Linear(3, 3), use_trivialization=False)
    with pytest.raises(NotImplementedError, match="without a base"):
        free.weight = rushlight.eye(3)


@pytest.mark.parametrize("size", [3, 5])
def test_an_older_response_norm(size, torch):
    image = np.random.default_rng(0).normal(size=(2, 7, 3, 2)).astype("f")
    ours, theirs = [
        f.nn.CrossMapLRN2d(size, 0.5, 0.75, 2)(f.tensor(image)) for f in (rushlight, torch)
    ]
    np.testing.assert_allclose(ours, theirs, 1e-5, 1e-6)
    with pytest.raises(ValueError, match="4D"):
        nn.CrossMapLRN2d(size)(rushlight.ones(2, 2))


class Counted(nn.Module):
    calls = 0

    def forward(self, x):
        Counted.calls += 1
        return x * 2


def test_what_parametrizations_make_may_be_kept():
    parametrize = nn.utils.parametrize
    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Counted())
    Counted.calls = 0
    with parametrize.cached():
        first = layer.weight
        with parametrize.cached():
            assert layer.weight is first
        layer(rushlight.ones(2)).sum().backward()
    assert Counted.calls == 1 and layer.parametrizations.weight.original.grad is not None
    assert layer.weight is not first and Counted.calls == 2
