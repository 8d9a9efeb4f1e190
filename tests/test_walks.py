"""Walks of a tree of modules: what was found before counts while nothing has changed."""

import gc
import weakref

import rushlight as torch

nn = torch.nn


def test_parameters_are_those_that_there_are_now(monkeypatch):
    inner = nn.Linear(2, 2)
    net = nn.Sequential(nn.Sequential(inner, nn.ReLU()), nn.Linear(2, 1))

    def walked():
        found = [id(p) for p in net.parameters()]
        assert found == [id(p) for p in net.parameters()]
        assert found == [id(p) for _, p in net.named_parameters()]
        return len(found)

    assert walked() == 4
    inner.bias = None
    assert walked() == 3
    inner.bias = nn.Parameter(torch.ones(2))
    assert walked() == 4
    net[0].append(nn.Linear(2, 2))
    assert walked() == 6
    net[0][2].weight = inner.weight
    assert walked() == 5
    del net[0][2]
    assert walked() == 4
    inner.register_parameter("more", nn.Parameter(torch.ones(1)))
    assert walked() == 5
    inner._parameters.pop("more")
    assert walked() == 4
    net[0]._modules = {"0": nn.Linear(2, 2, bias=False)}
    assert walked() == 3
    monkeypatch.setattr(nn.Module, "named_parameters", lambda self, **given: iter(()))
    assert not list(net.parameters())


def test_a_walk_keeps_no_parameter_alive():
    net = nn.Sequential(nn.Linear(2, 2))
    list(net.parameters())
    gone = weakref.ref(net[0].weight)
    net[0].weight = nn.Parameter(torch.ones(2, 2))
    gc.collect()
    assert gone() is None
