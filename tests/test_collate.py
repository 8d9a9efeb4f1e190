"""From samples to a batch."""

import enum
from collections import Counter, OrderedDict, UserDict, UserList, defaultdict, deque, namedtuple
from types import MappingProxyType

import numpy as np
import pytest

import rushlight as torch
from rushlight.data import collate as module
from rushlight.data import default_collate, default_convert

Point = namedtuple("Point", "x y")
Colour = enum.IntEnum("Colour", "RED GREEN")


def shown(batch):
    """A batch as plain data that says everything about it, whichever framework made it."""
    if hasattr(batch, "stride") and hasattr(batch, "requires_grad"):
        array = batch.detach().numpy()
        strides = tuple(batch.stride()) if array.size else ()
        return str(batch.dtype), tuple(batch.shape), strides, array.tolist()
    if isinstance(batch, np.ndarray):
        return "array", str(batch.dtype), batch.tolist()
    if isinstance(batch, dict | UserDict | MappingProxyType):
        return type(batch).__name__, {key: shown(value) for key, value in batch.items()}
    if isinstance(batch, list | tuple | deque | UserList):
        return type(batch).__name__, [shown(part) for part in batch]
    return type(batch).__name__, batch


def samples(torch):
    """Lists of samples that can be collated, by name."""
    return {
        "ints": [1, 2, 3],
        "bools": [True, False],
        "bools and ints": [True, 2],
        "large": [2**40, -1],
        "floats": [1.0, 2.5],
        "int first": [1, 2.5],
        "float first": [2.5, 1],
        "enum": [Colour.RED, Colour.GREEN],
        "strings": ["a", "bc"],
        "bytes": [b"a", b"b"],
        "string first": ["a", 1],
        "numpy float64": [np.float64(1), np.float64(2)],
        "numpy float32": [np.float32(1), np.float32(2)],
        "numpy float16": [np.float16(1)],
        "numpy int8": [np.int8(1), np.int8(-1)],
        "numpy bool": [np.bool_(True), np.bool_(False)],
        "numpy complex": [np.complex64(1j)],
        "numpy string": [np.str_("a")],
        "arrays": [np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)],
        "arrays of no dimension": [np.array(1.5), np.array(2.5)],
        "arrays of other layout": [np.arange(6).reshape(2, 3).T] * 2,
        "arrays of other dtypes": [np.zeros(2, np.float32), np.ones(2)],
        "empty arrays": [np.zeros((0, 3)), np.zeros((0, 3))],
        "array and tensor": [np.zeros(2), torch.ones(2, dtype=torch.float64)],
        "tensors": [torch.zeros(2, 3), torch.ones(2, 3)],
        "numbers": [torch.tensor(1), torch.tensor(2)],
        "tensors of other dtypes": [torch.zeros(2, dtype=torch.int64), torch.ones(2)],
        "tensors of other layout": [torch.arange(6).reshape(2, 3).t()] * 3,
        "expanded": [torch.ones(1).expand(3), torch.zeros(3)],
        "empty tensors": [torch.zeros(3, 0), torch.zeros(3, 0)],
        "dicts": [{"a": 1, "b": 2.0}, {"b": 3.0, "a": 4, "c": 5}],
        "ordered": [OrderedDict(b=1, a=2)] * 2,
        "default": [defaultdict(int, a=1)] * 2,
        "counters": [Counter(a=1)] * 2,
        "user dicts": [UserDict(a=1)] * 2,
        "proxies": [MappingProxyType({"a": 1})] * 2,
        "named": [Point(1, 2.0), Point(3, 4.0)],
        "tuples": [(1, "a"), (2, "b")],
        "lists": [[1, "a"], [2, "b"]],
        "deques": [deque([1, 2]), deque([3, 4])],
        "user lists": [UserList([1])] * 2,
        "ranges": [range(2), range(2)],
        "byte arrays": [bytearray(b"ab"), bytearray(b"cd")],
        "empty tuples": [(), ()],
        "nested": [({"a": torch.zeros(1)}, [1, ("x",)]), ({"a": torch.ones(1)}, [2, ("y",)])],
    }


EVERY = sorted(samples(torch))


@pytest.mark.parametrize("name", EVERY)
def test_batches_are_pytorchs(name):
    real = pytest.importorskip("torch")
    theirs = pytest.importorskip("torch.utils.data").default_collate(samples(real)[name])
    assert shown(default_collate(samples(torch)[name])) == shown(theirs)


@pytest.mark.parametrize("name", EVERY)
def test_conversions_are_pytorchs(name):
    real = pytest.importorskip("torch")
    theirs = pytest.importorskip("torch.utils.data").default_convert(samples(real)[name])
    assert shown(default_convert(samples(torch)[name])) == shown(theirs)


def test_what_comes_out_without_pytorch_to_ask():
    assert repr(default_collate([1, 2])) == "tensor([1, 2])"
    assert repr(default_collate([1.0, 2.0])) == "tensor([1., 2.], dtype=torch.float64)"
    assert repr(default_collate([{"a": (1, "x")}, {"a": (2, "y")}])) == (
        "{'a': [tensor([1, 2]), ('x', 'y')]}"
    )
    assert default_collate([Point(1, 2)])._fields == ("x", "y")
    assert default_collate([torch.zeros(2), torch.ones(2)]).tolist() == [[0, 0], [1, 1]]


def test_a_gradient_flows_through_a_batch():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    batch = default_collate([x * 2, x * 3])
    assert batch.requires_grad
    (batch * torch.tensor([[1.0], [10.0]])).sum().backward()
    assert x.grad.tolist() == [32.0, 32.0]


def test_pending_tensors_are_collated():
    x = torch.ones(3)
    assert default_collate([x + k for k in range(3)]).tolist() == [[1] * 3, [2] * 3, [3] * 3]


def test_a_batch_is_a_copy():
    array = np.zeros(2)
    tensor = torch.zeros(2)
    batches = default_collate([array, array]), default_collate([tensor, tensor])
    array += 1
    tensor += 1
    assert [b.sum().item() for b in batches] == [0, 0]


def test_conversion_shares_memory():
    array = np.zeros(2)
    tensor = default_convert({"a": [array]})["a"][0]
    array += 1
    assert tensor.tolist() == [1, 1]


# -- errors ------------------------------------------------------------------------------------


def test_samples_of_other_shapes():
    with pytest.raises(RuntimeError) as caught:
        default_collate([torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(4, 3)])
    assert str(caught.value) == (
        "default_collate: stack expects each tensor to be equal size, "
        "but got [2, 3] at entry 0 and [4, 3] at entry 2\n"
        "    sample 0 is of shape (2, 3)\n"
        "    sample 2 is of shape (4, 3)\n"
        "  hint: crop or pad the samples, or give the DataLoader a collate_fn of your own"
    )
    with pytest.raises(RuntimeError, match=r"got \[2\] at entry 0 and \[3\] at entry 1"):
        default_collate([np.zeros(2), np.zeros(3)])


def test_samples_of_other_lengths():
    with pytest.raises(RuntimeError, match="each element in list of batch should be of equal"):
        default_collate([[1, 2], [1, 2], [1]])


@pytest.mark.parametrize(
    "sample", [None, 1j, {1}, object(), np.array(["a"]), np.array([None]), slice(1)]
)
def test_samples_that_make_no_batch(sample):
    text = "batch must contain tensors, numpy arrays, numbers, dicts or lists; found"
    with pytest.raises(TypeError, match=text):
        default_collate([sample, sample])


def test_samples_of_several_kinds():
    with pytest.raises(TypeError, match="expected Tensor as element 1, but got int"):
        default_collate([torch.zeros(1), 1])
    with pytest.raises(TypeError):
        default_collate([1, "a"])
    with pytest.raises(KeyError):
        default_collate([{"a": 1}, {"b": 1}])


def test_an_empty_batch():
    with pytest.raises(IndexError):
        default_collate([])


# -- other types -------------------------------------------------------------------------------


def test_types_can_be_added(monkeypatch):
    def add(batch, *, collate_fn_map=None):
        return module.collate([z.real for z in batch], collate_fn_map=collate_fn_map)

    monkeypatch.setitem(module.default_collate_fn_map, complex, add)
    found = default_collate([(1 + 2j, 1), (3 + 4j, 2)])
    assert [t.tolist() for t in found] == [[1.0, 3.0], [1, 2]]
    assert module.collate([1, 2], collate_fn_map={int: lambda batch, **_: sum(batch)}) == 3
