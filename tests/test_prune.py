"""Pruning against PyTorch's: the same masks, the same names, and training with them."""

import numpy as np
import pytest

import rushlight

WAYS = [
    ("l1_unstructured", {"amount": 5}),
    ("l1_unstructured", {"amount": 0.3}),
    ("random_unstructured", {"amount": 0.5}),
    ("random_structured", {"amount": 2, "dim": 0}),
    ("random_structured", {"amount": 0.25, "dim": 1}),
    ("ln_structured", {"amount": 1, "n": 2, "dim": 1}),
    ("ln_structured", {"amount": 0.5, "n": 1, "dim": -1}),
    ("ln_structured", {"amount": 2, "n": float("inf"), "dim": 0}),
]


def network(framework):
    framework.manual_seed(0)
    return framework.nn.Sequential(framework.nn.Linear(6, 8), framework.nn.Linear(8, 4))


def trained(framework, model):
    """The state of a model after a few steps."""
    optimizer = framework.optim.SGD(model.parameters(), lr=0.1)
    x = framework.arange(12.0).reshape(2, 6) / 12
    for _ in range(3):
        optimizer.zero_grad()
        model(x).square().sum().backward()
        optimizer.step()
    return {name: value.detach().numpy() for name, value in model.state_dict().items()}


def same(mine, theirs):
    assert list(mine) == list(theirs)
    for name, value in mine.items():
        np.testing.assert_allclose(value, theirs[name], rtol=1e-4, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("second", [None, *WAYS[1:7:2]], ids=str)
@pytest.mark.parametrize("first", WAYS, ids=str)
def test_masks_and_training_are_pytorchs(first, second):
    torch = pytest.importorskip("torch")
    pytest.importorskip("torch.nn.utils.prune")
    states = []
    for framework in (rushlight, torch):
        model = network(framework)
        for way in filter(None, (first, second)):
            getattr(framework.nn.utils.prune, way[0])(model[0], "weight", **way[1])
        assert framework.nn.utils.prune.is_pruned(model)
        states.append(trained(framework, model))
        framework.nn.utils.prune.remove(model[0], "weight")
        assert not framework.nn.utils.prune.is_pruned(model)
        states.append(trained(framework, model))
    same(states[0], states[2])
    same(states[1], states[3])


def test_global_pruning_is_pytorchs():
    torch = pytest.importorskip("torch")
    pytest.importorskip("torch.nn.utils.prune")
    states = []
    for framework in (rushlight, torch):
        prune = framework.nn.utils.prune
        model = network(framework)
        prune.random_unstructured(model[1], "bias", amount=1)
        pairs = [(model[0], "weight"), (model[1], "weight"), (model[1], "bias")]
        prune.global_unstructured(pairs, prune.L1Unstructured, amount=0.4)
        scores = {pairs[0]: framework.arange(48.0).reshape(8, 6)}
        prune.global_unstructured(pairs[:2], prune.L1Unstructured, scores, amount=3)
        states.append(trained(framework, model))
    same(*states)


def test_what_cannot_be_pruned():
    prune = rushlight.nn.utils.prune
    layer = rushlight.nn.Linear(2, 2)
    with pytest.raises(ValueError, match="greater"):
        prune.l1_unstructured(layer, "weight", amount=5)
    with pytest.raises(ValueError, match="from 0 to 1"):
        prune.l1_unstructured(layer, "weight", amount=1.5)
    with pytest.raises(TypeError, match="number"):
        prune.random_unstructured(layer, "weight", amount="half")
    with pytest.raises(ValueError, match="multidimensional"):
        prune.ln_structured(layer, "bias", amount=1, n=2, dim=0)
    with pytest.raises(ValueError, match="pruned before"):
        prune.remove(layer, "weight")
    with pytest.raises(TypeError, match="unstructured"):
        pairs = [(layer, "weight")]
        prune.global_unstructured(pairs, prune.LnStructured, amount=1, n=2)
    with pytest.raises(RuntimeError, match="same shape"):
        prune.l1_unstructured(layer, "weight", 1, importance_scores=rushlight.ones(3))
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_masks_of_ones_and_of_ones_own():
    prune = rushlight.nn.utils.prune
    layer = prune.identity(rushlight.nn.Linear(2, 2), "weight")
    assert layer.weight_mask.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    prune.custom_from_mask(layer, "weight", rushlight.tensor([[1, 0], [1, 1]]))
    assert layer.weight[0, 1] == 0
    pruned = prune.L1Unstructured(amount=1).prune(rushlight.tensor([3.0, -1.0]))
    assert pruned.tolist() == [3.0, 0.0]
