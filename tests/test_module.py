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
    rushlight.manual_seed(0)
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

    rushlight.manual_seed(0)
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
    held = parameters[3].grad.detach()
    nn.utils.clip_grad_value_(parameters, 0.01)
    assert max(abs(array(p.grad)).max() for p in parameters) == np.float32(0.01)
    np.testing.assert_array_equal(array(held), array(parameters[3].grad))
    np.testing.assert_allclose(nn.utils.get_total_norm([held]).item(), norm(parameters[3:]), 1e-5)


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


def test_data_may_be_set_to_another_dtype_and_shape():
    layer = nn.Linear(2, 1)
    layer(rushlight.ones(1, 2)).sum().backward()
    layer.weight.data = rushlight.ones(3, 2, dtype=rushlight.float64)
    layer.bias.data = rushlight.zeros(3, dtype=rushlight.float64)
    assert layer.weight.dtype is rushlight.float64
    assert layer.weight.shape == (3, 2)
    assert layer.weight.requires_grad
    out = layer(rushlight.ones(1, 2, dtype=rushlight.float64))
    assert out.tolist() == [[2.0, 2.0, 2.0]]


def test_hooks_are_printed_as_a_dictionary():
    layer = nn.Linear(1, 1)
    assert repr(layer._forward_hooks) == "OrderedDict()"
    layer.register_forward_hook(print)
    assert repr(layer._forward_hooks).startswith("OrderedDict(")


def test_split_has_pytorchs_names_of_its_arguments():
    x = rushlight.arange(6.0)
    assert [p.tolist() for p in x.split(split_size=[2, 4])] == [[0, 1], [2, 3, 4, 5]]
    assert len(rushlight.split(x, split_size_or_sections=4)) == 2


def test_loading_leaves_what_was_computed_before_as_it_was():
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    old = {name: value.clone() for name, value in net.state_dict().items()}
    memory = net[0].weight._array
    out = net(rushlight.ones(1, 2))  # nobody has looked at it
    net.load_state_dict({name: value * 0 for name, value in old.items()})
    assert net[0].weight._array is memory and not memory.any()
    hidden = rushlight.tanh(old["0.weight"].sum(1) + old["0.bias"])
    assert rushlight.allclose(out[0], (old["2.weight"][0] * hidden).sum() + old["2.bias"])
    out.backward()
    assert rushlight.allclose(net[0].bias.grad, old["2.weight"][0] * (1 - hidden**2))
    net.load_state_dict(old)
    assert rushlight.equal(net[0].weight, old["0.weight"])
