"""Batches that machine code makes of datasets in memory are those that Python makes."""

import copy
import gc
import importlib
import os
import pickle
import sys
import threading
import weakref

import numpy as np
import pytest
from test_collate import shown

import rushlight as torch
from rushlight.data import DataLoader, Subset, TensorDataset, array_epoch, gather
from rushlight.runtime import compiling

pytest.importorskip("llvmlite")
llvm = importlib.import_module("rushlight.engines.llvm")
pool = importlib.import_module("rushlight.engines.llvm.pool")

N = 600


@pytest.fixture
def asked(monkeypatch):
    """Machine code is there; how many batches it has left to Python so far."""
    counts, make = [], gather.batch_maker

    def counting(table, otherwise):
        batch = make(table, otherwise)

        def call(index):
            counts.append(len(index))
            return batch(index)

        return call

    monkeypatch.setattr(compiling.state, "machinery", llvm.make_machinery())
    monkeypatch.setattr(gather, "batch_maker", counting)
    return counts


def by_python(monkeypatch, make):
    """What `make()` returns where there is no machine code."""
    with monkeypatch.context() as m:
        m.setattr(compiling.state, "machinery", None)
        return make()


def numbers(*shape):
    return torch.arange(float(np.prod(shape))).reshape(shape)


DATASETS = {
    "lines and more": lambda: TensorDataset(numbers(N, 17), torch.arange(N)),
    "whole lines": lambda: TensorDataset(numbers(N, 32), torch.arange(N) % 2 == 0),
    "many lines": lambda: TensorDataset(numbers(N, 3, 9, 7), numbers(N, 2).double()),
    "lines of odd bytes": lambda: (numbers(N, 131) % 251).to(torch.uint8),
    "odd bytes": lambda: TensorDataset((numbers(N, 11) % 256).to(torch.uint8), numbers(N, 1)),
    "one tensor": lambda: numbers(N, 5),
    "an array": lambda: np.arange(N * 70.0).reshape(N, 70),
    "no elements": lambda: TensorDataset(numbers(N, 0), torch.arange(N)),
    "part": lambda: Subset(TensorDataset(numbers(2 * N, 20)), [-1, *range(N - 1)]),
    "part of a part": lambda: Subset(Subset(numbers(2 * N, 20), range(5, 800)), list(range(N))),
}


@pytest.mark.parametrize("size", [1, 3, 10, 128])
@pytest.mark.parametrize("name", DATASETS)
def test_batches_are_those_of_python(name, size, asked, monkeypatch):
    dataset = DATASETS[name]()

    def epochs():
        torch.manual_seed(size)
        shuffled = DataLoader(dataset, size, shuffle=True)
        ordered = DataLoader(dataset, size)
        return [shown(batch) for loader in (shuffled, ordered) for batch in loader]

    expected = by_python(monkeypatch, epochs)
    asked.clear()
    found = epochs()
    assert found == expected
    assert len(asked) == 2 * (N % size > 0)  # the last batch of an epoch, which is shorter


@pytest.fixture
def threads():
    """The number of threads may be changed."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def jobs():
    """How many jobs the pool of threads has had."""
    return int(pool.memory()[:8].view(np.int64)[0]) >> 16


@pytest.mark.skipif(sys.platform != "linux", reason="no pool of threads there")
@pytest.mark.parametrize(("columns", "size"), [(784, 700), (1001, 603), (60_000, 9)])
def test_large_batches_are_copied_by_all_threads(columns, size, asked, threads, monkeypatch):
    monkeypatch.setattr(array_epoch, "WORTH", 1)
    data = torch.randn(2 * size, columns)
    order = torch.randperm(2 * size).tolist()
    whole = TensorDataset(data, torch.arange(2 * size))
    loader = DataLoader(Subset(whole, order), size)
    for count, shared in ((1, 0), (3, 2), (2, 2)):
        torch.set_num_threads(count)
        before = jobs()
        batches = list(loader)
        assert jobs() - before == shared
        assert [y.tolist() for _, y in batches] == [order[:size], order[size:]]
        assert all((x.numpy() == data.numpy()[y.numpy()]).all() for x, y in batches)
    assert not asked


def test_an_array_is_used_again_unless_somebody_holds_it(asked):
    loader = DataLoader(TensorDataset(numbers(N, 20)), 2)
    assert len({id(x._array) for (x,) in loader}) == 2
    kept = list(loader)
    assert len({id(x._array) for (x,) in kept}) == len(kept)
    assert [x.tolist() for (x,) in kept] == numbers(N // 2, 2, 20).tolist()
    arrays = [x.numpy() for (x,) in loader]
    rows = [x[1:] for (x,) in loader]
    assert [a[0, 0] for a in arrays] == list(range(0, 20 * N, 40))
    assert [r[0, 0].item() for r in rows] == list(range(20, 20 * N, 40))
    assert not asked


def test_a_batch_is_its_owners(asked):
    data = numbers(N, 20)
    loader = DataLoader(data, 2)
    for k, x in enumerate(loader):
        assert x[0, 0].item() == 40 * k
        x.mul_(0)
        x[1] = 5.0
        x.numpy()[:] = 7
    assert torch.equal(data, numbers(N, 20))
    assert not asked


def test_a_batch_that_a_gradient_needs_is_kept(asked):
    weight = torch.ones(20, requires_grad=True)
    losses = [(x @ weight).square().sum() for x in DataLoader(numbers(N, 20), 300)]
    losses[1].sum().item()
    list(DataLoader(numbers(N, 20) * 0, 300))
    torch.stack(losses).sum().backward()
    expected = numbers(N, 20).double()
    assert torch.allclose(weight.grad.double(), 2 * expected.T @ expected.sum(1))


def test_a_dataset_may_be_changed_at_any_time(asked):
    data = TensorDataset(numbers(N, 20) + 0, torch.arange(N))
    batches = iter(DataLoader(data, 2))
    assert next(batches)[0][0, 0].item() == 0
    data.tensors[0].add_(1)
    assert not data.tensors[0]._value.leaf  # recorded, and not yet done
    assert next(batches)[0][0, 0].item() == 41
    assert len(asked) == 1
    data.tensors[0].numpy()[:] = 3
    assert next(batches)[0].tolist() == [[3.0] * 20] * 2
    data.tensors[0].zero_()
    next(batches)
    data.tensors = (numbers(N, 3), torch.arange(N))
    assert next(batches)[0].tolist() == [[24.0, 25.0, 26.0], [27.0, 28.0, 29.0]]
    assert len(asked) == 2


@pytest.mark.parametrize("index", [N, -N - 1])
def test_errors_are_those_of_python(index, asked, monkeypatch):
    data = Subset(TensorDataset(numbers(N, 20)), [*range(N - 10), index])

    def error():
        with pytest.raises(IndexError) as caught:
            list(DataLoader(data, 2))
        return str(caught.value), caught.value.__notes__

    assert error() == by_python(monkeypatch, error)


def test_a_part_that_shrinks_or_grows(asked):
    part = Subset(TensorDataset(numbers(N, 20)), list(range(N)))
    loader = DataLoader(part, 2)
    batches = iter(loader)
    next(batches)
    part.indices += [7, 8]
    assert next(batches)[0][:, 0].tolist() == [40.0, 60.0]
    assert asked == [2]
    part.indices.reverse()
    assert next(iter(loader))[0][:, 0].tolist() == [160.0, 140.0]
    assert asked == [2]


def test_machine_code_that_comes_in_the_middle(asked, monkeypatch):
    machinery = compiling.state.machinery
    monkeypatch.setattr(compiling.state, "machinery", None)
    found = []
    for k, x in enumerate(DataLoader(numbers(N, 20), 1)):
        found.append(x[0, 0].item())
        if k == 50:
            monkeypatch.setattr(compiling.state, "machinery", machinery)
    assert found == list(range(0, 20 * N, 20))
    assert len(asked) == 64


def test_a_loader_keeps_its_table_while_nothing_changes(asked):
    data = TensorDataset(numbers(N, 20), torch.arange(N))
    loader = DataLoader(data, 2)
    list(loader)
    table = loader._table
    list(loader)
    assert loader._table is table
    data.tensors = (numbers(N, 20) + 1, torch.arange(N))
    assert next(iter(loader))[0][0, 0].item() == 1
    assert loader._table is not table
    part = Subset(data, range(N))
    loader = DataLoader(part, 2)
    list(loader)
    part.dataset = TensorDataset(data.tensors[1], data.tensors[1])
    assert [y.tolist() for y, _ in loader][-1] == [N - 2, N - 1]
    for other in (copy.copy(loader), copy.deepcopy(loader), pickle.loads(pickle.dumps(loader))):
        assert other.dataset.indices == range(N)
        assert [y.tolist() for _, y in other] == [[k, k + 1] for k in range(0, N, 2)]


def test_a_table_keeps_nothing_alive(asked):
    gc.collect()
    gc.disable()
    try:
        data = numbers(N, 20)
        alive = weakref.ref(data)
        loader = DataLoader(TensorDataset(data), 2)
        list(loader)
        del loader, data
        assert alive() is None
    finally:
        gc.enable()


def test_references_are_given_back(asked):
    loader = DataLoader(TensorDataset(numbers(N, 20), torch.arange(N)), 2, shuffle=True)
    list(loader)
    gc.collect()
    kinds = ("Fresh", "Slots", "Table", "ndarray", "Tensor")
    things = [t for t in gc.get_objects() if type(t).__name__ in kinds]
    things += [*loader._table.native.values(), None, ()]
    before = [sys.getrefcount(thing) for thing in things]
    for _ in range(3):
        list(loader)
    after = [sys.getrefcount(thing) for thing in things]
    assert max(abs(b - a) for b, a in zip(before, after, strict=True)) < 20


def test_whatever_it_is_called_with(asked):
    loader = DataLoader(numbers(N, 20), 2)
    list(loader)
    (batch,) = loader._table.native.values()
    whole = np.arange(8)
    assert batch(np.array([3, -1]))[:, 0].tolist() == [60.0, 20.0 * (N - 1)]
    assert not asked
    for index in (whole[:3], whole[::4], whole[:2].astype(np.int32), np.array([0, 1], ">i8")):
        assert batch(index)[:, 0].tolist() == [20.0 * k for k in index]
    assert len(asked) == 4
    for wrong in (np.array(3), None, 5, "ab"):
        with pytest.raises((TypeError, ValueError)):
            batch(wrong)
    with pytest.raises(TypeError):
        batch()
    with pytest.raises(TypeError):
        batch(whole[:2], whole[:2])


def test_an_array_that_its_owner_has_changed_is_not_used(asked):
    loader = DataLoader(numbers(N, 20), 2)
    for k, x in enumerate(loader):
        assert x.shape == (2, 20)
        assert x[1, 3].item() == 40 * k + 23
        if k == 10:
            x._array.flags.writeable = False
        elif k == 21:
            x._array.resize((20, 2), refcheck=False)
    assert asked


def test_in_threads_and_in_children(asked):
    loader = DataLoader(numbers(N, 20), 2)
    wanted = [x.tolist() for x in loader]
    found = []

    def collect():
        found.append([x.tolist() for x in loader])

    threads = [threading.Thread(target=collect) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted, wanted]
    if hasattr(os, "fork"):
        child = os.fork()
        if not child:
            os._exit(int([x.tolist() for x in loader] != wanted))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not asked
