"""The module itself: what belongs to it, how it is called, saved, copied and printed."""

import copy
import gc
import pickle
import weakref
from abc import ABC, abstractmethod
from collections import OrderedDict

import numpy as np
import pytest

import rushlight
from rushlight import nn
from rushlight.nn import hooks


def array(tensor):
    return np.array(tensor.detach().numpy())


class Net(nn.Module):
    """Two layers, a buffer, and a constant."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.second = nn.Linear(4, 2)
        self.register_buffer("scale", rushlight.ones(1))
        self.size = 3

    def forward(self, x):
        return self.second(rushlight.relu(self.first(x))) * self.scale


# -- parameters and buffers --------------------------------------------------------------------


def test_a_parameter_shares_the_memory_of_its_tensor():
    t = rushlight.zeros(3)
    p = nn.Parameter(t)
    t[0] = 5
    assert array(p)[0] == 5
    with rushlight.no_grad():
        p.add_(1)
    assert array(t).tolist() == [6, 1, 1]


def test_a_parameter_is_a_leaf_that_requires_grad():
    p = nn.Parameter(rushlight.ones(2) * 3)
    assert p.is_leaf and p.requires_grad
    assert not nn.Parameter(rushlight.ones(2), requires_grad=False).requires_grad
    assert repr(p) == "Parameter containing:\ntensor([3., 3.], requires_grad=True)"
    with pytest.raises(RuntimeError, match="floating point"):
        nn.Parameter(rushlight.tensor([1]))
    assert not nn.Parameter(rushlight.tensor([1]), requires_grad=False).requires_grad
    with pytest.raises(TypeError, match="must be a Tensor"):
        nn.Parameter([1.0])


def test_copies_of_parameters():
    p = nn.Parameter(rushlight.ones(2))
    p.grad = rushlight.ones(2)
    p.note = "kept"
    twin = copy.deepcopy(p)
    assert isinstance(twin, nn.Parameter) and twin.grad is None and not hasattr(twin, "note")
    for frozen in (p, nn.Parameter(rushlight.ones(2), requires_grad=False)):
        same = pickle.loads(pickle.dumps(frozen))
        assert type(same) is nn.Parameter and same.requires_grad is frozen.requires_grad
    assert pickle.loads(pickle.dumps(p)).note == "kept"


def test_subclasses_of_parameter():
    class Named(nn.Parameter):
        def __new__(cls, data, name):
            made = super().__new__(cls, data)
            made.name = name
            return made

    p = Named(rushlight.ones(2), "w")
    assert type(p) is Named and p.name == "w" and p.requires_grad
    module = nn.Module()
    module.w = p
    assert list(module._parameters) == ["w"]


def test_tensors_may_say_that_they_are_parameters():
    t = rushlight.ones(2)
    assert not isinstance(t, nn.Parameter)
    t._is_param = True
    assert isinstance(t, nn.Parameter)


def test_buffers():
    module = nn.Module()
    module.kept = nn.Buffer(rushlight.ones(1))
    module.left_out = nn.Buffer(rushlight.ones(1), persistent=False)
    assert isinstance(module.kept, nn.Buffer) and type(module.kept) is rushlight.Tensor
    assert list(module.state_dict()) == ["kept"]
    assert [name for name, _ in module.named_buffers()] == ["kept", "left_out"]
    module.left_out = rushlight.zeros(2)
    assert list(module.state_dict()) == ["kept"]


# -- attributes and registries -----------------------------------------------------------------


def test_what_belongs_to_a_module_is_an_ordinary_attribute():
    net = Net()
    assert net.__dict__["first"] is net._modules["first"]
    assert net.first.__dict__["weight"] is net.first._parameters["weight"]


def test_registries_written_to_directly():
    net = Net()
    new = nn.Parameter(rushlight.zeros(4, 3))
    net.first._parameters["weight"] = new
    assert net.first.weight is new
    del net._modules["second"]
    assert not hasattr(net, "second")
    net._buffers["scale"] = None
    assert net.scale is None
    net._buffers = {"other": rushlight.ones(1)}
    assert not hasattr(net, "scale") and array(net.other) == 1
    assert dict(net._modules) == {"first": net.first}
    net._modules.update(third=nn.ReLU())
    assert net._modules.pop("third") is not None and not hasattr(net, "third")


def test_assignment_moves_names_between_registries():
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter(rushlight.ones(1))
    assert list(module._parameters) == ["x"]
    module.x = None
    assert module._parameters == {"x": None} and module.x is None
    module.y = nn.ReLU()
    module.y = nn.Parameter(rushlight.ones(1))
    assert list(module._parameters) == ["x", "y"] and not module._modules
    module.z = nn.Buffer(rushlight.ones(1), persistent=False)
    module.z = nn.Linear(1, 1)
    assert list(module._modules) == ["z"] and not module._buffers
    assert not module._non_persistent_buffers_set
    del module.z
    assert not module._modules and "z" not in module.__dict__
    with pytest.raises(AttributeError, match="no attribute 'z'"):
        module.z  # noqa: B018


def test_plain_tensors_are_no_parameters():
    module = nn.Module()
    module.x = rushlight.ones(1)
    assert not module._parameters and not module._buffers and array(module.x) == 1


def test_names_of_attributes():
    names = dir(Net())
    assert {"first", "scale", "size", "forward", "training"} <= set(names)
    assert "0" not in dir(nn.Sequential(nn.ReLU()))


def test_abstract_modules():
    class Shape(nn.Module, ABC):
        @abstractmethod
        def area(self): ...

    class Square(Shape):
        def area(self):
            return 1

    with pytest.raises(TypeError, match="abstract"):
        Shape()
    assert Square().area() == 1


def test_modules_die_at_once():
    net = Net()
    net(rushlight.ones(1, 3)).sum().backward()
    handle = net.register_forward_hook(lambda *args: None)
    dead = [weakref.ref(net), weakref.ref(net.first), weakref.ref(net.first.weight)]
    gc.disable()
    try:
        del net
        assert [reference() for reference in dead] == [None, None, None]
    finally:
        gc.enable()
        handle.remove()


# -- calling -----------------------------------------------------------------------------------


class Double(nn.Module):
    def forward(self, x, by=2):
        return x * by


@pytest.fixture
def double():
    yield Double()
    assert Double.__call__ is hooks.straight or Double.__call__ is nn.Module.__call__
    assert not hooks.routes.hooked.get(Double)


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
    assert nn.ReLU.__call__ is hooks.straight
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
    assert nn.Module.__call__ is hooks.straight
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


# -- state -------------------------------------------------------------------------------------


def test_a_state_dict_shares_memory_with_the_module():
    net = Net()
    state = net.state_dict()
    assert isinstance(state, OrderedDict)
    with rushlight.no_grad():
        net.first.bias.fill_(7)
    assert array(state["first.bias"]).tolist() == [7] * 4
    assert not state["first.bias"].requires_grad
    assert net.state_dict(keep_vars=True)["first.bias"] is net.first.bias


def test_training_goes_on_while_a_state_dict_is_held():
    net = Net()
    start = copy.deepcopy(net.state_dict())
    live = net.state_dict()
    optimizer = rushlight.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        (net(rushlight.ones(2, 3)) ** 2).sum().backward()
        optimizer.step()
        np.testing.assert_array_equal(array(live["second.bias"]), array(net.second.bias))
    assert not np.array_equal(array(start["second.bias"]), array(net.second.bias))
    net.load_state_dict(start)
    np.testing.assert_array_equal(array(live["second.bias"]), array(start["second.bias"]))


def test_loading_keeps_parameters_the_same_objects():
    net, other = Net(), Net()
    weight = net.first.weight
    weight.grad = rushlight.ones(4, 3)
    net.load_state_dict(other.state_dict())
    assert net.first.weight is weight and weight.requires_grad and weight.grad is not None
    np.testing.assert_array_equal(array(weight), array(other.first.weight))
    net.load_state_dict(other.state_dict(), assign=True)
    assert net.first.weight is not weight and net.first.weight.requires_grad


def test_loading_in_a_training_loop_takes_effect():
    net = Net()
    states = [copy.deepcopy(Net().state_dict()) for _ in range(2)]
    x = rushlight.ones(1, 3)
    outputs = []
    for k in (0, 1, 0, 1, 0):
        net.load_state_dict(states[k])
        outputs.append(array(net(x)).tolist())
    assert outputs[0] == outputs[2] == outputs[4] != outputs[1] == outputs[3]


def test_state_dict_hooks_with_module_survive_copies():
    net = Net()
    seen = []
    net.register_load_state_dict_pre_hook(lambda module, *args: seen.append(module))
    twin = copy.deepcopy(net)
    twin.load_state_dict(net.state_dict())
    assert seen == [twin]


# -- conversion --------------------------------------------------------------------------------


def test_conversion_keeps_parameters_the_same_objects():
    net = Net()
    weight = net.first.weight
    net(rushlight.ones(1, 3)).sum().backward()
    assert net.double() is net
    assert net.first.weight is weight and weight.dtype is rushlight.float64
    assert weight.grad.dtype is rushlight.float64 and net.scale.dtype is rushlight.float64
    assert net(rushlight.ones(1, 3, dtype=rushlight.float64)).dtype is rushlight.float64
    net.to(rushlight.float32)(rushlight.ones(1, 3)).sum().backward()
    assert weight.dtype is rushlight.float32


def test_conversion_to_what_it_is_changes_nothing():
    net = Net()
    cell = net.first.weight._cell
    net.to("cpu").float().to(rushlight.float32).cpu()
    assert net.first.weight._cell is cell
    with pytest.raises(RuntimeError, match="no device"):
        net.cuda()
    with pytest.raises(TypeError, match="only accepts floating point or complex"):
        net.to(rushlight.int32)


def test_training_after_conversion():
    net = Net().double()
    optimizer = rushlight.optim.SGD(net.parameters(), lr=0.1)
    x = rushlight.ones(2, 3, dtype=rushlight.float64)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = (net(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses == sorted(losses, reverse=True) and losses[0] > losses[-1]


def test_zero_grad():
    net = Net()
    net(rushlight.ones(1, 3)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert all((array(p.grad) == 0).all() for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_requires_grad():
    net = Net()
    assert net.requires_grad_(False) is net
    assert not any(p.requires_grad for p in net.parameters())
    assert not net(rushlight.ones(1, 3)).requires_grad


def test_gradients_cut_to_size():
    def norm(parameters):
        return np.sqrt(sum((array(p.grad) ** 2).sum() for p in parameters))

    net = Net()
    parameters = list(net.parameters())
    x = rushlight.ones(2, 3) * 100
    for k in range(4):  # the first time it is recorded, later repeated
        net.zero_grad()
        (net(x) ** 2).sum().backward()
        before = norm(parameters)
        total = nn.utils.clip_grad_norm_(parameters, 1.0 + k)
        np.testing.assert_allclose(total.item(), before, rtol=1e-5)
        np.testing.assert_allclose(norm(parameters), min(before, 1.0 + k), rtol=1e-5)
    held = parameters[0].grad.detach()
    nn.utils.clip_grad_value_(parameters, 0.01)
    assert max(abs(array(p.grad)).max() for p in parameters) == np.float32(0.01)
    assert abs(array(held)).max() == np.float32(0.01)
    np.testing.assert_allclose(nn.utils.get_total_norm([held]).item(), norm(parameters[:1]), 1e-5)


def test_parameters_as_a_vector():
    net = Net()
    vector = nn.utils.parameters_to_vector(net.parameters())
    assert vector.shape == (26,)
    new = rushlight.arange(26.0)
    nn.utils.vector_to_parameters(new, net.parameters())
    assert array(net.second.bias).tolist() == [24, 25]
    with rushlight.no_grad():
        net.second.bias.zero_()
    assert array(new)[-2:].tolist() == [0, 0]


def test_names_in_other_places():
    assert nn.modules.batchnorm._BatchNorm in nn.BatchNorm2d.__mro__
    assert nn.modules.module.Module is nn.Module
    assert nn.modules.Linear is nn.Linear
    assert nn.parameter.Parameter is nn.Parameter
    with pytest.raises(AttributeError, match="did you mean Linear"):
        nn.Linaer  # noqa: B018


def test_importing_is_lazy():
    import subprocess
    import sys

    program = (
        "import sys, rushlight; "
        "assert 'rushlight.nn' not in sys.modules; "
        "import rushlight.nn; "
        "assert 'rushlight.nn.module' not in sys.modules; "
        "rushlight.nn.Linear; "
        "assert 'rushlight.nn.conv' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# -- PyTorch -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def outcome(torch, program):
    """What a program returns, as text, or what it raises."""
    torch.manual_seed(1)
    try:
        return str(program(torch, torch.nn)), None
    except Exception as error:
        return None, error


def before_init(value):
    def program(torch, nn):
        class Early(nn.Module):
            def __init__(self):
                self.x = value(torch, nn)

        return Early()

    return program


def linear(change):
    """A program that makes a Linear `m` and changes it."""

    def program(torch, nn):
        m = nn.Linear(2, 2)
        m.extra = 3
        found = change(torch, nn, m)
        return m if found is None else found

    return program


MISTAKES = {
    "module before init": before_init(lambda t, nn: nn.ReLU()),
    "parameter before init": before_init(lambda t, nn: nn.Parameter(t.ones(1))),
    "buffer before init": before_init(lambda t, nn: nn.Buffer(t.ones(1))),
    "tensor for parameter": linear(lambda t, nn, m: setattr(m, "weight", t.ones(2, 2))),
    "number for parameter": linear(lambda t, nn, m: setattr(m, "weight", 3)),
    "number for buffer": lambda t, nn: setattr(nn.BatchNorm1d(1), "running_mean", 3),
    "number for module": lambda t, nn: setattr(nn.Sequential(nn.ReLU()), "0", 3),
    "tensor for module": lambda t, nn: setattr(nn.Sequential(nn.ReLU()), "0", t.ones(1)),
    "taken name": linear(lambda t, nn, m: m.register_parameter("extra", None)),
    "taken buffer name": linear(lambda t, nn, m: m.register_buffer("extra", None)),
    "taken module name": linear(lambda t, nn, m: m.add_module("weight", None)),
    "dot in name": linear(lambda t, nn, m: m.register_buffer("a.b", None)),
    "empty name": linear(lambda t, nn, m: m.add_module("", None)),
    "number as name": linear(lambda t, nn, m: m.register_parameter(3, None)),
    "no parameter": linear(lambda t, nn, m: m.register_parameter("a", t.ones(2))),
    "no buffer": linear(lambda t, nn, m: m.register_buffer("a", 3)),
    "no module": linear(lambda t, nn, m: m.add_module("a", 3)),
    "no such attribute": linear(lambda t, nn, m: m.nothing),
    "no such attribute to delete": linear(lambda t, nn, m: delattr(m, "nothing")),
    "no such submodule": linear(lambda t, nn, m: m.get_submodule("a.b")),
    "not a submodule": linear(lambda t, nn, m: m.get_submodule("weight")),
    "not a parameter": linear(lambda t, nn, m: m.get_parameter("extra")),
    "not a buffer": linear(lambda t, nn, m: m.get_buffer("weight")),
    "no target": linear(lambda t, nn, m: m.set_submodule("", nn.ReLU())),
    "strict target": linear(lambda t, nn, m: m.set_submodule("a", nn.ReLU(), strict=True)),
    "no module as target": linear(lambda t, nn, m: m.set_submodule("a", 3)),
    "no mode": linear(lambda t, nn, m: m.train(1)),
    "no forward": lambda t, nn: nn.Module()(1),
    "arguments": lambda t, nn: nn.Module(1),
    "keywords": lambda t, nn: nn.Module(a=1),
    "integers": linear(lambda t, nn, m: m.to(t.int64)),
    "missing keys": linear(lambda t, nn, m: m.load_state_dict({})),
    "all keys wrong": linear(
        lambda t, nn, m: m.load_state_dict(
            {"weight": t.ones(3, 3), "x.y": t.ones(1), "bias": 3, "z": 1}
        )
    ),
    "sizes wrong": linear(
        lambda t, nn, m: m.load_state_dict({"weight": t.ones(1), "bias": t.ones(())}, strict=False)
    ),
    "no dict": linear(lambda t, nn, m: m.load_state_dict(3)),
    "index": lambda t, nn: nn.Sequential(nn.ReLU())[1],
    "index of list": lambda t, nn: nn.ModuleList([nn.ReLU()])[-2],
    "text as index": lambda t, nn: nn.Sequential(nn.ReLU())["a"],
    "list added": lambda t, nn: nn.Sequential(nn.ReLU()) + [1],
    "no times": lambda t, nn: nn.Sequential(nn.ReLU()) * 0,
    "insert beyond": lambda t, nn: nn.Sequential().insert(2, nn.ReLU()),
    "extend by number": lambda t, nn: nn.ModuleList().extend(3),
    "pairs too short": lambda t, nn: nn.ModuleDict([("a",)]),
    "key of module dict": lambda t, nn: nn.ModuleDict()["x"],
    "name of a method": lambda t, nn: nn.ModuleDict({"keys": nn.ReLU()}),
    "list is not called": lambda t, nn: nn.ParameterList()(1),
    "list has no forward": lambda t, nn: nn.ModuleList()(1),
    "key of parameter dict": lambda t, nn: nn.ParameterDict()["x"],
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_explained_as_in_pytorch(name, torch):
    _, expected = outcome(torch, MISTAKES[name])
    _, got = outcome(rushlight, MISTAKES[name])
    assert expected is not None and got is not None
    builtin = next(kind for kind in type(expected).__mro__ if kind.__module__ == "builtins")
    assert isinstance(got, builtin)
    words, said = [str(error).strip("'\"").replace("\\'", "'") for error in (expected, got)]
    assert words in said.replace("rushlight.nn.containers", "torch.nn.modules.container")


def state(torch, nn):
    return nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3)), nn.Linear(3, 1))


def shared(torch, nn):
    m = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    m.add_module("again", m[0])
    m[1].own = m[0].weight
    return m


def hooked(torch, nn):
    m = state(torch, nn)
    seen = []
    m._register_state_dict_hook(lambda *args: seen.append(("save", list(args[1]), args[2:])))
    m[0].register_state_dict_pre_hook(lambda *args: seen.append(args[1:]))
    m[1].register_load_state_dict_pre_hook(lambda *args: seen.append([str(a) for a in args[2:]]))
    m.register_load_state_dict_post_hook(lambda module, keys: seen.append(str(keys)))
    found = m.state_dict()
    del found["0.bias"]
    found["1.0.x"] = 3
    m.load_state_dict(found, strict=False)
    return seen


def extra(torch, nn):
    class Extra(nn.Module):
        def get_extra_state(self):
            return 3

        def set_extra_state(self, value):
            self.found = value

    m = nn.Sequential(Extra())
    m.load_state_dict(m.state_dict())
    return m.state_dict(), m[0].found


def old_batch_norm(torch, nn):
    m = nn.BatchNorm1d(1)
    found = dict(m.state_dict())
    del found["num_batches_tracked"]
    return m.load_state_dict(found)


def edited(torch, nn):
    m = nn.Sequential(*[nn.Linear(1, 1) for _ in range(5)])
    m.insert(1, nn.ReLU())
    m.pop(0)
    del m[1:3]
    m += nn.Sequential(nn.Tanh())
    m[0] = nn.GELU()
    m.extend([nn.ELU(), nn.ELU()]).append(nn.SELU())
    n = nn.ModuleList(m[2:])
    n.insert(0, nn.ReLU())
    n += [nn.ReLU(), nn.ReLU()]
    d = nn.ModuleDict(OrderedDict([("b", n), ("a", m * 2)]))
    d.update([("c", nn.Tanh())])
    return d, list(d), [name for name, _ in d.named_modules()]


def parameter_lists(torch, nn):
    p = nn.ParameterList([torch.ones(2), nn.Parameter(torch.zeros(1, 2)), 3])
    p.append(torch.ones(1))
    d = nn.ParameterDict({"b": torch.ones(2), "a": torch.zeros(()), "c": "text"})
    d["d"] = torch.ones(1)
    return p, d, d | {"x": torch.ones(1)}, list(d), p[1:], p.state_dict(), d.state_dict()


PROGRAMS = {
    "state": lambda t, nn: state(t, nn).state_dict(),
    "metadata": lambda t, nn: state(t, nn).state_dict()._metadata,
    "prefix": lambda t, nn: state(t, nn).state_dict(prefix="net."),
    "print": state,
    "shared": lambda t, nn: [n for n, _ in shared(t, nn).named_parameters()],
    "shared twice": lambda t, nn: [
        n for n, _ in shared(t, nn).named_parameters(remove_duplicate=False)
    ],
    "shared modules": lambda t, nn: [n for n, _ in shared(t, nn).named_modules()],
    "shared modules twice": lambda t, nn: [
        n for n, _ in shared(t, nn).named_modules(remove_duplicate=False)
    ],
    "shared children": lambda t, nn: [n for n, _ in shared(t, nn).named_children()],
    "shared state": lambda t, nn: list(shared(t, nn).state_dict()),
    "buffers": lambda t, nn: [n for n, _ in state(t, nn).named_buffers(prefix="m")],
    "apply": lambda t, nn: (lambda seen: (state(t, nn).apply(seen.append), seen))([]),
    "hooked": hooked,
    "extra": extra,
    "old batch norm": old_batch_norm,
    "edited": edited,
    "parameter lists": parameter_lists,
    "without strict": linear(
        lambda t, nn, m: m.load_state_dict({"weight": t.ones(2, 2), "x": 3}, strict=False)
    ),
    "one element": lambda t, nn: (
        lambda m: (
            m.register_parameter("p", nn.Parameter(t.tensor(1.0))),
            m.load_state_dict({"p": t.tensor([4.0])}),
            m.p,
        )  # fmt: skip
    )(nn.Module()),
    "none among modules": lambda t, nn: (
        lambda m: (m.add_module("a", None), m, list(m.modules()), m.state_dict())
    )(nn.Module()),
    "double": lambda t, nn: state(t, nn).double().state_dict(),
    "half": lambda t, nn: nn.Linear(2, 2).half().weight.dtype,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_print_what_they_print_in_pytorch(name, torch):
    expected, error = outcome(torch, PROGRAMS[name])
    assert error is None
    got, error = outcome(rushlight, PROGRAMS[name])
    assert error is None, repr(error)
    assert got == expected
