"""Calling a module: straight to `forward`, or through hooks of every kind."""

import copy
import pickle

import numpy as np
import pytest

import rushlight
from rushlight import nn
from rushlight.nn import hooks
from rushlight.nn.routes import routes


def array(tensor):
    return np.array(tensor.detach().numpy())


class Double(nn.Module):
    def forward(self, x, by=2):
        return x * by


@pytest.fixture
def double():
    yield Double()
    assert Double.__call__ is routes.straight or Double.__call__ is nn.Module.__call__
    assert not routes.hooked.get(Double)


def test_a_call_is_forward_whatever_that_is(double, monkeypatch):
    x = rushlight.ones(1)
    assert double(x).item() == 2 and double(x, by=3).item() == 3
    monkeypatch.setattr(Double, "forward", lambda self, x: x * 10)
    assert double(x).item() == 10
    double.forward = lambda x: x * 100
    assert double(x).item() == 100 and nn.Module.__call__(double, x).item() == 100


def test_classes_with_a_call_of_their_own(double):
    class Counted(Double):
        calls = 0

        def __call__(self, *args, **kwargs):
            self.calls += 1
            return super().__call__(*args, **kwargs)

    counted = Counted()
    x = rushlight.ones(1)
    assert counted(x).item() == 2 and counted.calls == 1
    with counted.register_forward_hook(lambda module, args, out: out + 1):
        assert counted(x).item() == 3
    assert counted(x).item() == 2 and counted.calls == 3


def test_only_hooked_classes_take_the_longer_way(double):
    handle = double.register_forward_hook(lambda module, args, out: out + 1)
    assert type(double).__call__ is hooks.call
    assert nn.ReLU.__call__ is routes.straight
    x = rushlight.ones(1)
    assert double(x).item() == 3 and Double()(x).item() == 2
    handle.remove()
    handle.remove()
    assert "__call__" not in Double.__dict__


def test_hooked_classes_may_be_related(double):
    class Triple(Double):
        def forward(self, x):
            return x * 3

    x, triple = rushlight.ones(1), Triple()
    first = double.register_forward_hook(lambda module, args, out: out + 1)
    second = triple.register_forward_hook(lambda module, args, out: out + 2)
    assert (double(x).item(), triple(x).item()) == (3, 5)
    first.remove()
    assert (double(x).item(), triple(x).item()) == (2, 5)
    second.remove()
    assert (double(x).item(), triple(x).item()) == (2, 3)


def test_hooks_put_in_directly(double):
    double._forward_hooks[0] = lambda module, args, out: out + 1
    assert double(rushlight.ones(1)).item() == 3
    double._forward_hooks.clear()
    double.register_forward_hook(print).remove()


def test_hooks_survive_copies(double):
    double.handle = double.register_forward_hook(add_one)
    for twin in (copy.deepcopy(double), pickle.loads(pickle.dumps(double))):
        assert twin(rushlight.ones(1)).item() == 3
        twin.handle.remove()
        assert twin(rushlight.ones(1)).item() == 2
    assert double(rushlight.ones(1)).item() == 3
    double.handle.remove()


def add_one(module, args, out):
    return out + 1


def test_forward_hooks_see_and_change(double):
    seen = []
    x = rushlight.ones(1)
    with double.register_forward_pre_hook(lambda module, args: (args[0] + 1,)):
        assert double(x).item() == 4
    with double.register_forward_pre_hook(lambda module, args: args[0] + 2):
        assert double(x).item() == 6
    with double.register_forward_pre_hook(
        lambda module, args, kwargs: (args, {"by": 5}), with_kwargs=True
    ):
        assert double(x).item() == 5
    double_hook = double.register_forward_hook(
        lambda module, args, kwargs, out: seen.append((args, kwargs, out)), with_kwargs=True
    )
    double(x, by=7)
    double_hook.remove()
    assert seen[0][1] == {"by": 7} and seen[0][2].item() == 7


def test_order_of_hooks(double):
    order = []
    handles = [
        double.register_forward_hook(lambda *_: order.append("second")),
        double.register_forward_hook(lambda *_: order.append("first"), prepend=True),
        double.register_forward_pre_hook(lambda *_: order.append("before")),
    ]
    double(rushlight.ones(1))
    assert order == ["before", "first", "second"]
    for handle in handles:
        handle.remove()


def test_hooks_that_are_always_called(double):
    seen = []
    handle = double.register_forward_hook(
        lambda module, args, out: seen.append(out), always_call=True
    )
    with pytest.raises(TypeError):
        double(rushlight.ones(1), by="no")
    assert seen == [None]
    handle.remove()

    def fail(module, args, out):
        raise KeyError("oh")

    with (
        double.register_forward_hook(fail, always_call=True),
        pytest.warns(UserWarning, match="silenced as another error was raised in forward"),
        pytest.raises(TypeError),
    ):
        double(rushlight.ones(1), by="no")


def test_hooks_of_all_modules():
    seen = []
    module = nn.modules.module
    registered = [
        module.register_module_forward_pre_hook(lambda m, args: seen.append("before")),
        module.register_module_forward_hook(lambda m, args, out: seen.append(type(m).__name__)),
        module.register_module_full_backward_pre_hook(lambda m, g: seen.append("down")),
        module.register_module_full_backward_hook(lambda m, gi, go: seen.append("up")),
    ]
    x = rushlight.ones(1, 3, requires_grad=True)
    nn.Sequential(nn.ReLU(), nn.Tanh())(x).sum().backward()
    for handle in registered:
        handle.remove()
    assert seen == ["before", "before", "ReLU", "before", "Tanh", "Sequential",
                    "down", "down", "up", "down", "up", "up"]  # fmt: skip
    assert nn.Module.__call__ is routes.straight
    nn.ReLU()(x)
    assert len(seen) == 12


def test_backward_hooks_see_and_change(double):
    seen = []
    handles = [
        double.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go))),
        double.register_full_backward_hook(lambda m, gi, go: (gi[0] * 10,)),
        double.register_full_backward_pre_hook(lambda m, go: (go[0] * 3,)),
    ]
    x = rushlight.ones(2, requires_grad=True)
    double(x).sum().backward()
    assert array(x.grad).tolist() == [60, 60]
    (grad_input,), (grad_output,) = seen[0]
    assert array(grad_input).tolist() == [6, 6] and array(grad_output).tolist() == [3, 3]
    for handle in handles:
        handle.remove()
    x.grad = None
    double(x).sum().backward()
    assert array(x.grad).tolist() == [2, 2]


def test_backward_hooks_do_not_mix(double):
    double.register_full_backward_hook(print).remove()
    with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks and full"):
        double.register_backward_hook(print)


def test_a_class_may_look_attributes_up_itself():
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 3)

        def __getattr__(self, name):
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(self.__dict__["_modules"]["inner"], name)

    wrapped = Wrapped()
    assert wrapped.out_features == 3
    assert wrapped._forward_hooks == {}
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'nothing'"):
        wrapped.nothing  # noqa: B018
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'nothing'"):
        nn.Linear(1, 1).nothing  # noqa: B018


def test_a_module_that_was_not_begun_says_so():
    class Late(nn.Module):
        def __init__(self):
            self.scale = 2.0

    for name in ("_parameters", "_buffers", "_modules"):
        with pytest.raises(AttributeError, match=r"begin Late\.__init__ with super"):
            getattr(Late(), name)
