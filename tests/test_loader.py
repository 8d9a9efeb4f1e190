"""The DataLoader in the main thread: its batches, its random streams, its arguments."""

import itertools
import warnings

import numpy as np
import pytest
from test_collate import shown

import rushlight as torch
from rushlight.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
)
from rushlight.data.array_epoch import ArrayEpoch
from rushlight.data.epoch import Epoch


class Squares(Dataset):
    def __init__(self, n=10):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return index * index


class Count(IterableDataset):
    def __init__(self, n=5, length=None):
        self.n = n
        self.length = length

    def __iter__(self):
        return iter(range(self.n))


class Counted(Count):
    def __len__(self):
        return self.length


def tensors(n=10):
    return TensorDataset(torch.arange(n), torch.arange(3.0 * n).reshape(n, 3))


def seen(loader):
    return [shown(batch) for batch in loader]


# -- batches -----------------------------------------------------------------------------------


def test_batches_in_order():
    batches = list(DataLoader(tensors(5), batch_size=2))
    assert [type(b) for b in batches] == [list] * 3
    assert [b[0].tolist() for b in batches] == [[0, 1], [2, 3], [4]]
    assert batches[1][1].tolist() == [[6, 7, 8], [9, 10, 11]]
    assert [b.tolist() for b in DataLoader(Squares(5), 2, drop_last=True)] == [[0, 1], [4, 9]]


def test_one_sample_at_a_time():
    assert list(DataLoader(Squares(3), batch_size=None)) == [0, 1, 4]
    found = list(DataLoader(np.arange(3.0), batch_size=None))
    assert [(t.dtype, t.item()) for t in found] == [(torch.float64, k) for k in range(3)]
    rows = DataLoader(torch.arange(6), batch_size=None, sampler=[[0, 5], [3]])
    assert [t.tolist() for t in rows] == [[0, 5], [3]]


def test_anything_with_getitem_and_len_is_a_dataset():
    assert [b.tolist() for b in DataLoader([5, 6, 7], 2)] == [[5, 6], [7]]
    assert [b.tolist() for b in DataLoader(torch.arange(3), 2)] == [[0, 1], [2]]
    assert [b.tolist() for b in DataLoader(np.arange(3), 2)] == [[0, 1], [2]]
    assert list(DataLoader("abc", 2)) == [["a", "b"], ["c"]]
    assert [b.tolist() for b in DataLoader({0: 7, 1: 8}, 2)] == [[7, 8]]
    assert list(DataLoader([], 2)) == []


def test_a_sampler_and_a_batch_sampler():
    assert [b.tolist() for b in DataLoader(Squares(), 2, sampler=[3, 1, 2])] == [[9, 1], [4]]
    loader = DataLoader(Squares(), batch_sampler=[[1], (2, 3), torch.tensor([4])])
    assert [b.tolist() for b in loader] == [[1], [4, 9], [16]]
    assert (loader.batch_size, loader.drop_last) == (None, False)
    assert isinstance(loader.sampler, SequentialSampler)
    assert len(loader) == 3


def test_a_collate_fn():
    assert list(DataLoader(Squares(4), 3, collate_fn=list)) == [[0, 1, 4], [9]]
    assert list(DataLoader(Squares(2), None, collate_fn=str)) == ["0", "1"]


def test_a_dataset_that_makes_batches_at_once():
    class Batched(Squares):
        def __getitems__(self, indices):
            return [-i for i in indices]

    assert [b.tolist() for b in DataLoader(Batched(3), 2)] == [[0, -1], [-2]]
    inside = Subset(Batched(10), [5, 6, 7])
    assert [b.tolist() for b in DataLoader(inside, 2)] == [[-5, -6], [-7]]


def test_lengths():
    for n, size, drop in itertools.product(range(1, 8), range(1, 4), (False, True)):
        loader = DataLoader(Squares(n), size, drop_last=drop)
        assert len(loader) == len(iter(loader)) == len(list(loader))
    assert len(DataLoader(Squares(3), None)) == 3
    assert len(iter(DataLoader(tensors(5), 2))) == 3
    with pytest.raises(TypeError, match="no len"):
        len(DataLoader(Squares(), sampler=iter([1])))


def test_several_iterators_at_once():
    torch.manual_seed(0)
    loader = DataLoader(tensors(), 3, shuffle=True)
    pairs = list(zip(loader, loader, strict=True))
    for which in range(2):
        whole = sorted(i for pair in pairs for i in pair[which][0].tolist())
        assert whole == list(range(10))
    assert any(a[0].tolist() != b[0].tolist() for a, b in pairs)


def test_the_batches_can_be_trained_on():
    w = torch.zeros(3, requires_grad=True)
    for x, y in DataLoader(TensorDataset(torch.eye(3), torch.arange(3.0)), 2):
        ((x @ w - y) ** 2).sum().backward()
    assert w.grad.tolist() == [0.0, -2.0, -4.0]


# -- streams -----------------------------------------------------------------------------------


def test_an_iterable_dataset():
    assert [b.tolist() for b in DataLoader(Count(5), 2)] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in DataLoader(Count(5), 2, drop_last=True)] == [[0, 1], [2, 3]]
    assert [b.tolist() for b in DataLoader(Count(4), 2)] == [[0, 1], [2, 3]]
    assert list(DataLoader(Count(3), None)) == [0, 1, 2]
    iterator = iter(DataLoader(Count(1), 2))
    next(iterator)
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(iterator)


def test_the_length_of_an_iterable_dataset():
    assert len(DataLoader(Counted(5, 5), 2)) == 3
    assert len(DataLoader(Counted(5, 5), 2, drop_last=True)) == 2
    assert len(DataLoader(Counted(5, 5), None)) == 5
    with pytest.raises(TypeError, match="no len"):
        len(DataLoader(Count(), 2))


def test_more_samples_than_promised():
    loader = DataLoader(Counted(6, 2), 2)
    assert len(list(loader)) == 3  # nobody asked for the length
    len(loader)
    text = r"was reported to be 2\(when accessing len\(dataloader\)\), but 3 samples have been"
    with pytest.warns(UserWarning, match=text):
        assert len(list(loader)) == 3


# -- the short way -----------------------------------------------------------------------------


class Own(TensorDataset):
    """The same samples, asked for one by one."""

    def __getitem__(self, index):
        return super().__getitem__(index)


def arrays(n=23):
    rng = np.random.default_rng(0)
    yield rng.random((n, 4)).astype(np.float32)
    yield rng.integers(0, 9, n)
    yield rng.random((n, 2, 3))
    yield np.asfortranarray(rng.random((n, 3)))
    yield rng.random((3, n)).T[:, ::2]
    yield rng.random(n) > 0.5
    yield np.broadcast_to(rng.random((1, 2)), (n, 2))
    yield np.zeros((n, 0, 2), np.int32)
    yield rng.random((2 * n, 2))[::2]


@pytest.mark.parametrize("size", [1, 4, 23, 100])
@pytest.mark.parametrize("kind", ["sequential", "random", "weighted", "subset", "list", "parts"])
def test_a_gather_gives_what_single_samples_give(size, kind):
    kept = [torch.from_numpy(np.array(a, order="K")) for a in arrays()]
    index = [3, 0, -1, 7, 7, 20]

    def batches(dataset):
        torch.manual_seed(5)
        sampler = {
            "random": RandomSampler(range(23)),
            "weighted": WeightedRandomSampler(np.arange(1.0, 24.0), 50),
            "subset": SubsetRandomSampler(index),
            "list": index,
        }.get(kind)
        if kind == "parts":
            dataset = Subset(Subset(dataset, range(2, 20)), [5, 1, -3])
        found = iter(DataLoader(dataset, size, sampler=sampler))
        return found, list(found)

    short, found = batches(TensorDataset(*kept))
    long, expected = batches(Own(*kept))
    assert isinstance(short, Epoch if kind == "list" else ArrayEpoch)
    assert isinstance(long, Epoch)
    assert [shown(b) for b in found] == [shown(b) for b in expected]
    assert all(type(t) is torch.Tensor for b in found for t in b)
    assert all(t.is_contiguous() for b in found for t in b if t.numel())


@pytest.mark.parametrize("k", range(9))
def test_a_gather_from_an_array_or_a_tensor(k):
    array = next(itertools.islice(arrays(), k, None))
    for dataset in (array, torch.from_numpy(np.array(array, order="K"))):
        iterator = iter(DataLoader(dataset, 5))
        assert isinstance(iterator, ArrayEpoch)
        for found, start in zip(iterator, range(0, 23, 5), strict=True):
            rows = range(start, min(start + 5, 23))
            assert shown(found) == shown(default_collate([dataset[i] for i in rows]))


def test_no_gather_where_somebody_could_tell():
    class Items(TensorDataset):
        def __getitems__(self, indices):
            return [self[0]]

    class Part(Subset):
        def __getitem__(self, index):
            return super().__getitem__(0)

    def short(*args, **kwargs):
        return isinstance(iter(DataLoader(*args, **kwargs)), ArrayEpoch)

    data = tensors()
    assert short(data, 2)
    assert short(data, 2, collate_fn=default_collate)
    assert not short(data, 2, collate_fn=lambda samples: default_collate(samples))
    assert not short(data, None)
    assert not short(Items(*data.tensors), 2)
    assert not short(Part(data, [1]), 2)
    assert not short(Squares(), 2)
    assert not short(TensorDataset(torch.ones(2, requires_grad=True)), 2)
    assert not short(Subset(data, ["a"]), 2)
    data.__getitems__ = lambda indices: [data[0]]
    assert not short(data, 2)
    assert not short(np.array(["a"]), 2)
    assert short(tensors(), 2, sampler=DistributedSampler("ab", 1, 0))


def test_a_change_of_the_dataset_is_seen_by_the_next_batch():
    data = tensors(6)
    batches = iter(DataLoader(data, 2))
    assert next(batches)[0].tolist() == [0, 1]
    data.tensors[0].add_(10)
    assert next(batches)[0].tolist() == [12, 13]
    data.tensors = (torch.arange(100, 106),)
    assert next(batches)[0].tolist() == [104, 105]
    array = np.zeros((4, 1))
    batches = iter(DataLoader(TensorDataset(torch.from_numpy(array)), 2))
    next(batches)
    array += 1
    assert next(batches)[0].tolist() == [[1], [1]]


def test_a_batch_does_not_share_memory_with_the_dataset():
    data = tensors(4)
    for x, _ in DataLoader(data, 2):
        x.add_(100)
    assert data.tensors[0].tolist() == [0, 1, 2, 3]


def test_a_pending_dataset():
    data = TensorDataset(torch.arange(4) * 2)
    assert [x.tolist() for (x,) in DataLoader(data, 3)] == [[0, 2, 4], [6]]


def test_indices_that_are_not_there():
    loader = DataLoader(tensors(3), 2, sampler=[0, 1, 2, 5])
    iterator = iter(loader)
    next(iterator)
    with pytest.raises(IndexError) as caught:
        next(iterator)
    assert caught.value.__notes__ == ["    raised by dataset[5]"]
    part = DataLoader(Subset(tensors(3), [0, 9]), 2)
    with pytest.raises(IndexError, match="9"):
        list(part)


# -- errors in a dataset -----------------------------------------------------------------------


class Broken(Squares):
    """Sample 3 (or every one) raises what `error()` makes."""

    def __init__(self, error, at=(3,)):
        super().__init__()
        self.error = error
        self.at = at

    def __getitem__(self, index):
        if index in self.at:
            raise self.error()
        return index


@pytest.mark.parametrize("size", [2, None])
def test_an_error_names_the_sample_and_the_next_batch_follows(size):
    error = KeyError("boom")
    iterator = iter(DataLoader(Broken(lambda: error), size))
    found = []
    for _ in range(12):
        try:
            batch = next(iterator)
            found += [batch] if size is None else batch.tolist()
        except KeyError as caught:
            assert caught is error
            assert caught.__notes__ == ["    raised by dataset[3]"]
        except StopIteration:
            break
    assert found == [0, 1, 2, 4, 5, 6, 7, 8, 9] if size is None else [0, 1, 4, 5, 6, 7, 8, 9]
    with pytest.raises(KeyError):
        list(DataLoader(Broken(lambda: error), size))
    assert error.__notes__ == ["    raised by dataset[3]"]


def test_an_error_of_a_stream_names_the_place():
    class Stream(IterableDataset):
        def __iter__(self):
            yield from range(3)
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom") as caught:
        list(DataLoader(Stream(), 2))
    assert caught.value.__notes__ == ["    raised by the dataset's iterator at sample 3"]


def test_samples_that_do_not_stack_are_named():
    class Ragged(Squares):
        def __getitem__(self, index):
            return torch.zeros(index + 1)

    with pytest.raises(RuntimeError, match=r"got \[8\] at entry 0 and \[3\] at") as caught:
        list(DataLoader(Ragged(), 2, sampler=[7, 2]))
    assert caught.value.__notes__ == ["    raised by collating the samples 7, 2"]


def test_a_dataset_without_getitem():
    with pytest.raises(NotImplementedError, match="should implement __getitem__"):
        list(DataLoader(Dataset(), sampler=[0]))


# -- arguments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"num_workers": -1}, ValueError, "num_workers option should be non-negative"),
        ({"timeout": -1}, ValueError, "timeout option should be non-negative"),
        ({"prefetch_factor": 2}, ValueError, "prefetch_factor option needs num_workers > 0"),
        ({"prefetch_factor": -2, "num_workers": 1}, ValueError, "should be non-negative"),
        ({"persistent_workers": True}, ValueError, "persistent_workers option needs num_workers"),
        ({"sampler": [1], "shuffle": True}, ValueError, "mutually exclusive with shuffle"),
        ({"batch_sampler": [[1]], "batch_size": 2}, ValueError, "batch_sampler option is mutual"),
        ({"batch_sampler": [[1]], "shuffle": True}, ValueError, "batch_sampler option is mutual"),
        ({"batch_sampler": [[1]], "drop_last": True}, ValueError, "batch_sampler option is mut"),
        ({"batch_size": None, "drop_last": True}, ValueError, "disables auto-batching"),
        ({"batch_size": 0}, ValueError, "batch_size should be a positive integer"),
        ({"batch_size": -1}, ValueError, "but got batch_size=-1"),
        ({"batch_size": 2.0}, ValueError, "but got batch_size=2.0"),
        ({"batch_size": True}, ValueError, "but got batch_size=True"),
        ({"drop_last": 1}, ValueError, "drop_last should be a boolean value"),
        ({"multiprocessing_context": "fork"}, ValueError, "can only be used with multi-process"),
        ({"multiprocessing_context": "x", "num_workers": 1}, ValueError, "valid start method in"),
        ({"multiprocessing_context": 3, "num_workers": 1}, TypeError, "a valid context object"),
        ({"dataset": [], "shuffle": True}, ValueError, "but got num_samples=0"),
        ({"dataset": Count(), "shuffle": True}, ValueError, "unspecified shuffle option"),
        ({"dataset": Count(), "sampler": [1]}, ValueError, "unspecified sampler option"),
        ({"dataset": Count(), "batch_sampler": [[1]]}, ValueError, "unspecified batch_sampler"),
    ],
)
def test_arguments_that_do_not_go_together(options, kind, text):
    with pytest.raises(kind, match=text):
        DataLoader(**{"dataset": Squares(), **options})


def test_a_timeout_needs_workers():
    loader = DataLoader(Squares(), timeout=1)
    with pytest.raises(AssertionError, match="timeout needs num_workers > 0"):
        iter(loader)


FIXED = ["batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"]


@pytest.mark.parametrize("name", FIXED)
def test_what_was_derived_from_cannot_be_set(name):
    loader = DataLoader(Squares())
    text = f"{name} attribute should not be set after DataLoader is initialized"
    with pytest.raises(ValueError, match=text):
        setattr(loader, name, None)
    loader.collate_fn = list
    assert next(iter(loader)) == [0]


def test_pinning_warns():
    with pytest.warns(UserWarning, match="'pin_memory' argument is set as true but no accel"):
        assert len(list(DataLoader(Squares(4), 2, pin_memory=True))) == 2


def test_attributes_are_pytorchs():
    loader = DataLoader(Squares(), 4, shuffle=True, num_workers=1)
    assert isinstance(loader.sampler, RandomSampler)
    assert isinstance(loader.batch_sampler, BatchSampler)
    assert (loader.batch_size, loader.drop_last, loader.num_workers) == (4, False, 1)
    assert (loader.prefetch_factor, loader.timeout, loader.in_order) == (2, 0, True)
    assert loader.collate_fn is default_collate
    assert loader.multiprocessing_context is None
    assert DataLoader[int](Squares()).generator is None


# -- PyTorch itself ----------------------------------------------------------------------------


def digest(module, g):
    states = module.get_rng_state().numpy(), g.get_state().numpy()
    return tuple(hash(s.tobytes()) for s in states)


def epochs(module, make, seed, abandon=None, keep=False):
    """Batches and generator states of three epochs, the second perhaps abandoned half-way."""
    module.manual_seed(seed)
    g = module.Generator()
    g.manual_seed(seed + 1)
    loader = make(module, module.utils.data, g)
    found = []
    for stop in (None, abandon, None):
        iterator = iter(loader)
        found.append(digest(module, g))
        for batch in itertools.islice(iterator, stop):
            found += [shown(batch), digest(module, g)]
        del iterator
        found.append(digest(module, g))
    return found


def pair(module, n=23):
    data = module.utils.data
    return data.TensorDataset(module.arange(n), module.arange(2.0 * n).reshape(n, 2))


class Letters:
    def __len__(self):
        return 14

    def __getitem__(self, index):
        return {
            "letter": "abcdefghijklmn"[index],
            "number": float(index),
            "index": (index, [index]),
        }


SETTINGS = {
    "in order": lambda t, d, g: d.DataLoader(pair(t), 5),
    "in order, generator": lambda t, d, g: d.DataLoader(pair(t), 5, generator=g),
    "shuffled": lambda t, d, g: d.DataLoader(pair(t), 5, shuffle=True),
    "shuffled, generator": lambda t, d, g: d.DataLoader(pair(t), 5, True, generator=g),
    "whole batches": lambda t, d, g: d.DataLoader(pair(t, 20), 5, True, generator=g),
    "drop": lambda t, d, g: d.DataLoader(pair(t), 5, True, drop_last=True, generator=g),
    "no batches": lambda t, d, g: d.DataLoader(pair(t, 6), None, True, generator=g),
    "one by one": lambda t, d, g: d.DataLoader(pair(t, 6), shuffle=True),
    "letters": lambda t, d, g: d.DataLoader(Letters(), 4, True, generator=g),
    "part": lambda t, d, g: d.DataLoader(d.random_split(pair(t), [0.6, 0.4], g)[0], 4, True),
    "tensor": lambda t, d, g: d.DataLoader(t.arange(40).reshape(10, 4), 3, True),
    "array": lambda t, d, g: d.DataLoader(np.arange(10), 3, True, generator=g),
    "replacement": lambda t, d, g: d.DataLoader(
        pair(t), 7, sampler=d.RandomSampler(range(23), True, 80, g)
    ),
    "weighted": lambda t, d, g: d.DataLoader(
        pair(t), 7, sampler=d.WeightedRandomSampler(np.arange(1.0, 24.0), 40, generator=g)
    ),
    "subset": lambda t, d, g: d.DataLoader(pair(t), 3, sampler=d.SubsetRandomSampler([9, 4, 2])),
    "batch sampler": lambda t, d, g: d.DataLoader(
        pair(t), batch_sampler=d.BatchSampler(d.RandomSampler(range(23), generator=g), 4, True)
    ),
    "concatenated": lambda t, d, g: d.DataLoader(pair(t, 4) + pair(t, 5), 2, True),
    "stacked": lambda t, d, g: d.DataLoader(d.StackDataset(x=pair(t, 7), y="abcdefg"), 2, True),
}


@pytest.mark.parametrize("abandon", [None, 0, 1, 2, 4])
@pytest.mark.parametrize("name", SETTINGS)
def test_batches_and_states_are_pytorchs(name, abandon):
    real = pytest.importorskip("torch")
    pytest.importorskip("torch.utils.data")
    for seed in range(6):
        ours = epochs(torch, SETTINGS[name], seed, abandon)
        theirs = epochs(real, SETTINGS[name], seed, abandon)
        assert ours == theirs


def test_the_last_batch_of_an_abandoned_epoch_draws_no_more():
    g = torch.Generator().manual_seed(0)
    loader = DataLoader(tensors(10), 5, shuffle=True, generator=g)
    iterator = iter(loader)
    next(iterator), next(iterator)
    state = g.get_state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert next(iterator, None) is None
    assert not torch.equal(g.get_state(), state)  # the second permutation of rng spec 16
