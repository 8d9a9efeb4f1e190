"""Subclasses of Tensor, and other types that say what functions make of them: as under PyTorch."""

import copy
import pickle

import pytest

import rushlight
import rushlight._C
import rushlight.overrides

torch = pytest.importorskip("torch")
BOTH = pytest.mark.parametrize("f", [torch, rushlight], ids=["torch", "rushlight"])


class Length(rushlight.Tensor):
    pass


def kinds(f):
    """Types of a program that is written for `f`."""

    class Plain(f.Tensor):
        pass

    class Told(f.Tensor):
        calls = []

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            cls.calls.append(func.__name__)
            return super().__torch_function__(func, types, args, kwargs or {})

    class Named(f.Tensor):
        @staticmethod
        def __new__(cls, data, name=""):
            made = f.as_tensor(data).as_subclass(cls)
            made.unit = name
            return made

        def __init__(self, data, name=""):
            self.twice = name + name

        def half(self):
            return Named(self / 2, self.unit)

    return Plain, Told, Named


@BOTH
def test_results_are_of_the_subclass(f):
    Plain, _, _ = kinds(f)
    x = f.ones(2, 3).as_subclass(Plain)
    results = [x + 1, 2 - x, x.sum(), x[0], x @ f.ones(3, 2), f.ones(2, 3) * x, f.relu(x), -x]
    results += [f.nn.functional.softmax(x, 1), f.stack([x, x]), f.cat([x] * 5), x.max(1).values]
    results += [x.unbind()[1], next(iter(x)), f.nn.functional.linear(x, f.ones(2, 3)), x.t()]
    assert [type(r) for r in results] == [Plain] * len(results)
    assert isinstance(x, f.Tensor) and not isinstance(x, f.nn.Parameter)
    assert type(f.ones(2)) is f.Tensor and type(x.as_subclass(f.Tensor)) is f.Tensor
    assert (x + 1).tolist() == [[2.0] * 3] * 2 and x.shape == (2, 3) and x.dtype is f.float32
    assert repr(x[0]) == "Plain([1., 1., 1.])" and f.equal(x, f.ones(2, 3))
    for _ in range(5):  # as warm as any
        x = f.tanh(x) * 2
        assert type(x) is Plain
    assert float(Plain([2, 3]).sum()) == 5.0 and type(Plain(2, 2)) is Plain


@BOTH
def test_changes_and_gradients(f):
    Plain, _, _ = kinds(f)
    base = f.zeros(3)
    x = base.as_subclass(Plain)
    assert x.add_(1) is x and base.tolist() == [1, 1, 1]
    x[0] = 5
    assert base.tolist() == [5, 1, 1]
    x.requires_grad_()
    y = (x**2).sum()
    assert type(y) is Plain and y.requires_grad and not y.is_leaf
    y.backward()
    assert type(x.grad) is f.Tensor and x.grad.tolist() == [10, 2, 2]
    w = f.ones(2, requires_grad=True)
    (g,) = f.autograd.grad((w.as_subclass(Plain) * 3).sum(), w)
    assert g.tolist() == [3, 3]
    x.grad = None
    assert x.grad is None and f.as_tensor(x) is x


@BOTH
def test_the_type_is_asked(f):
    _, Told, Named = kinds(f)
    x = f.arange(6.0).reshape(2, 3).as_subclass(Told)
    y = (x + 1).sum(dim=1)
    f.nn.functional.relu(y - 10)
    f.matmul(x, f.ones(3, 1))
    assert Told.calls == ["add", "sum", "sub", "relu", "matmul"]
    n = Named([1.0, 2.0], "m")
    assert (n.unit, n.twice) == ("m", "mm") and n.half().tolist() == [0.5, 1.0]
    assert n.half().unit == "m" and type(n + 1) is Named and not hasattr(n + 1, "unit")


@BOTH
def test_types_that_are_not_asked(f):
    class Silent(f.Tensor):
        __torch_function__ = f._C._disabled_torch_function_impl

    x = f.ones(2).as_subclass(Silent)
    assert type(x) is Silent and type(x + 1) is type(f.exp(x)) is f.Tensor
    Plain, _, _ = kinds(f)
    y = f.Tensor._make_subclass(Plain, f.ones(2), True)
    assert type(y) is Plain and y.requires_grad and y.is_leaf
    with f._C.DisableTorchFunctionSubclass():
        assert type(y * 2) is f.Tensor
    assert type(y * 2) is Plain


class Diagonal:
    """A matrix of which only one number is kept."""

    done = {}

    def __init__(self, n, value):
        self.n, self.value = n, value

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func not in cls.done:
            return NotImplemented
        return cls.done[func](*args, **(kwargs or {}))


@BOTH
def test_objects_that_are_no_tensors(f):
    Diagonal.done = {
        f.mean: lambda d: d.value / d.n,
        f.add: lambda a, b: Diagonal(a.n, a.value + b.value),
        f.Tensor.add: lambda a, b: "sum",
    }
    d = Diagonal(4, 2.0)
    assert f.mean(d) == 0.5 and f.add(d, d).value == 4
    with pytest.raises(TypeError):
        f.mul(d, 3)
    with pytest.raises(TypeError):
        f.exp(object())


def test_subclasses_are_copied_and_pickled():
    x = rushlight.ones(2).as_subclass(Length)
    x.unit = "m"
    for y in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert type(y) is Length and y.unit == "m" and y.tolist() == [1, 1]
        y.fill_(3)
    assert x.tolist() == [1, 1]


@BOTH
def test_types_print_as_pytorchs(f):
    x = f.ones(2)
    shown = [type(x), type(x.dtype), type(x.shape), type(x.device), type(f.nn.Parameter(x))]
    assert [repr(kind) for kind in shown] == [
        "<class 'torch.Tensor'>",
        "<class 'torch.dtype'>",
        "<class 'torch.Size'>",
        "<class 'torch.device'>",
        "<class 'torch.nn.parameter.Parameter'>",
    ]
    assert "Plain" in repr(kinds(f)[0])
