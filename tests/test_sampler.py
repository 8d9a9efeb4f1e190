"""Samplers: PyTorch's orders, bit for bit, drawn at the same moments."""

import itertools

import numpy as np
import pytest
from golden_rng import ArrayPlayer, load_runs, play

import rushlight as torch
from rushlight.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    random_split,
)
from rushlight.data.array_epoch import blocks, index_blocks
from rushlight.generator import default_generator

SEEDS = range(12)


class Player(ArrayPlayer):
    """Performs the steps of samplers with the real classes, all on the default generator."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        self.twister = default_generator.twister

    def random_sampler(self, n, num_samples=None, replacement=False):
        sampler = RandomSampler(range(n), replacement=replacement, num_samples=num_samples)
        return np.array(list(sampler))

    def random_split(self, n, lengths):
        return [np.array(part.indices) for part in random_split(range(n), lengths)]

    def dataloader_epochs(self, n, batch_size, epochs):
        loader = DataLoader(TensorDataset(torch.arange(n)), batch_size, shuffle=True)
        return [np.concatenate([x.numpy() for (x,) in loader]) for _ in range(epochs)]


class SlowPlayer(Player):
    """The same with a dataset that gives one sample after the other."""

    def dataloader_epochs(self, n, batch_size, epochs):
        loader = DataLoader(range(n), batch_size, shuffle=True)
        return [np.concatenate([x.numpy() for x in loader]) for _ in range(epochs)]


@pytest.mark.parametrize("player", [Player, SlowPlayer])
@pytest.mark.parametrize("run", load_runs(), ids=lambda run: str(run.seed))
def test_golden_run(run, player):
    play(run, player(run.seed))


# -- orders ------------------------------------------------------------------------------------


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_sequential():
    assert list(SequentialSampler("abcd")) == [0, 1, 2, 3]
    assert len(SequentialSampler("abcd")) == 4


def test_random_visits_everything_once():
    sampler = RandomSampler(range(100))
    assert len(sampler) == sampler.num_samples == 100
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second
    assert all(type(i) is int for i in first)


def test_random_beyond_the_end_and_before_it():
    assert len(list(RandomSampler(range(4), num_samples=10))) == 10
    few = list(RandomSampler(range(100), num_samples=10))
    assert len(set(few)) == 10
    drawn = list(RandomSampler(range(3), replacement=True, num_samples=100))
    assert len(drawn) == 100
    assert set(drawn) == {0, 1, 2}


def test_the_last_permutation_is_drawn_even_if_none_of_it_is_used():
    g = generator()
    indices = iter(RandomSampler(range(5), generator=g))
    first = list(itertools.islice(indices, 5))
    half = g.get_state()
    assert list(indices) == []
    other = generator()
    assert torch.randperm(5, generator=other).tolist() == first
    assert torch.equal(other.get_state(), half)
    torch.randperm(5, generator=other)
    assert torch.equal(other.get_state(), g.get_state())


def test_nothing_is_drawn_before_it_is_needed():
    state = torch.get_rng_state()
    indices = iter(RandomSampler(range(5)))
    weighted = iter(WeightedRandomSampler([1.0, 2.0], 5))
    subset = iter(SubsetRandomSampler([1, 2]))
    assert torch.equal(torch.get_rng_state(), state)
    for sampler in (indices, weighted, subset):
        before = torch.get_rng_state()
        next(sampler)
        assert not torch.equal(torch.get_rng_state(), before)


def test_weighted():
    assert set(WeightedRandomSampler([0.0, 1.0, 3.0], 50)) == {1, 2}
    assert sorted(WeightedRandomSampler([1, 2, 3], 3, replacement=False)) == [0, 1, 2]
    assert WeightedRandomSampler(np.ones(3, np.float32), 3).weights.dtype == torch.float64
    with pytest.raises(RuntimeError, match="without replacement"):
        list(WeightedRandomSampler([1, 2], 3, replacement=False))


def test_subset_gives_the_items_themselves():
    assert sorted(SubsetRandomSampler("xyz")) == ["x", "y", "z"]
    items = list(SubsetRandomSampler(torch.tensor([5, 6])))
    assert sorted(t.item() for t in items) == [5, 6]
    assert list(SubsetRandomSampler([])) == []


def test_batches():
    assert list(BatchSampler(range(7), 3, False)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(BatchSampler(range(7), 3, True)) == [[0, 1, 2], [3, 4, 5]]
    for n, size in itertools.product(range(8), range(1, 5)):
        for drop in (False, True):
            sampler = BatchSampler(SequentialSampler(range(n)), size, drop)
            assert len(sampler) == len(list(sampler))
    with pytest.raises(TypeError, match="no len"):
        len(BatchSampler(iter([1]), 1, False))


def test_a_sampler_is_what_has_iter():
    with pytest.raises(NotImplementedError):
        iter(Sampler())
    with pytest.raises(TypeError):
        Sampler("ab")


# -- arrays of indices -------------------------------------------------------------------------


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("size", [1, 3, 5, 7, 40, 200])
@pytest.mark.parametrize("sizes", [[], [10], [3, 3, 3], [32, 32, 32, 4], [1, 50, 0, 2]])
def test_arrays_are_cut_into_batches(sizes, size, drop_last):
    ends = np.cumsum([0, *sizes])
    arrays = (np.arange(a, b) for a, b in itertools.pairwise(ends))
    batches = itertools.chain.from_iterable(blocks(arrays, size, drop_last))
    found = [batch.tolist() for batch in batches]
    assert found == list(BatchSampler(range(ends[-1]), size, drop_last))


def samplers(g):
    yield SequentialSampler(range(10))
    yield RandomSampler(range(10), generator=g)
    yield RandomSampler(range(10), generator=g, num_samples=25)
    yield RandomSampler(range(10), generator=g, num_samples=70, replacement=True)
    yield SubsetRandomSampler([5, 2, 7, 1], generator=g)
    yield SubsetRandomSampler(np.array([5, 2, 7, 1]), generator=g)
    yield WeightedRandomSampler([0.1, 0.2, 0.7], 11, generator=g)
    yield DistributedSampler(range(10), 3, 2)


@pytest.mark.parametrize("k", range(8))
@pytest.mark.parametrize("size", [1, 4, 5, 32, 100])
def test_arrays_are_drawn_when_single_indices_would_be(k, size):
    one, many = generator(), generator()
    lists = iter(BatchSampler(next(itertools.islice(samplers(one), k, None)), size, False))
    sampler = BatchSampler(next(itertools.islice(samplers(many), k, None)), size, False)
    arrays = itertools.chain.from_iterable(index_blocks(sampler))
    for _ in range(200):
        expected = next(lists, None)
        found = next(arrays, None)
        assert torch.equal(one.get_state(), many.get_state())
        if expected is None:
            assert found is None
            break
        assert found.tolist() == expected


def test_a_sampler_of_somebody_else_gives_no_arrays():
    class Mine(RandomSampler):
        def __iter__(self):
            return iter([0])

    assert index_blocks(BatchSampler(Mine(range(3)), 2, False)) is None
    assert index_blocks(BatchSampler([1, 2], 2, False)) is None
    assert index_blocks(BatchSampler(SubsetRandomSampler("ab"), 2, False)) is None


# -- DistributedSampler ------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("n", "replicas"), [(10, 3), (9, 3), (2, 5), (0, 3), (1, 1), (100, 7)])
def test_distributed_parts_cover_everything(n, replicas, drop_last, shuffle):
    parts = []
    for rank in range(replicas):
        sampler = DistributedSampler(range(n), replicas, rank, shuffle, drop_last=drop_last)
        parts.append(list(sampler))
        assert len(parts[-1]) == len(sampler)
    together = [i for part in parts for i in part]
    assert len({len(p) for p in parts}) == 1
    if drop_last:
        assert len(set(together)) == len(together) == n // replicas * replicas
    elif n:
        assert set(together) == set(range(n))


def test_distributed_epochs_differ():
    sampler = DistributedSampler(range(50), 2, 0)
    first = list(sampler)
    assert list(sampler) == first
    sampler.set_epoch(1)
    assert list(sampler) != first
    assert list(DistributedSampler(range(50), 2, 0, seed=1)) == list(sampler)


# -- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: RandomSampler([]), ValueError, "num_samples should be a positive integer"),
        (lambda: RandomSampler("ab", num_samples=0), ValueError, "but got num_samples=0"),
        (lambda: RandomSampler("ab", num_samples=1.5), ValueError, "but got num_samples=1.5"),
        (lambda: RandomSampler("ab", replacement=1), TypeError, "boolean value, but got repl"),
        (lambda: list(RandomSampler([], num_samples=2)), ValueError, "nothing to draw"),
        (lambda: WeightedRandomSampler([1], 0), ValueError, "but got num_samples=0"),
        (lambda: WeightedRandomSampler([1], True), ValueError, "but got num_samples=True"),
        (lambda: WeightedRandomSampler([1], 1, 1), ValueError, "but got replacement=1"),
        (lambda: WeightedRandomSampler([[1]], 1), ValueError, r"have shape \(1, 1\)"),
        (lambda: BatchSampler("ab", 0, False), ValueError, "positive integer value, but got"),
        (lambda: BatchSampler("ab", True, False), ValueError, "but got batch_size=True"),
        (lambda: BatchSampler("ab", 2.0, False), ValueError, "but got batch_size=2.0"),
        (lambda: BatchSampler("ab", 2, 0), ValueError, "but got drop_last=0"),
        (lambda: DistributedSampler("ab"), ValueError, "process group has not been initialized"),
        (lambda: DistributedSampler("ab", 2, 2), ValueError, r"the interval \[0, 1\]"),
        (lambda: DistributedSampler("ab", 2, -1), ValueError, "Invalid rank -1"),
    ],
)
def test_wrong_arguments(make, kind, text):
    with pytest.raises(kind, match=text):
        make()


# -- PyTorch itself ----------------------------------------------------------------------------


def drawn(module, seed, make, abandon):
    """Indices and states: of an iteration that is perhaps abandoned, and of another."""
    module.manual_seed(seed)
    g = module.Generator()
    g.manual_seed(seed + 1)
    sampler = make(module.utils.data, g)
    found = []
    for stop in (abandon, None):
        found.append([int(i) for i in itertools.islice(sampler, stop)])
        found.append(module.get_rng_state().numpy().tobytes())
        found.append(g.get_state().numpy().tobytes())
    return found


MAKERS = [
    lambda data, g: data.RandomSampler(range(37)),
    lambda data, g: data.RandomSampler(range(37), generator=g),
    lambda data, g: data.RandomSampler(range(5), num_samples=17, generator=g),
    lambda data, g: data.RandomSampler(range(5), num_samples=3),
    lambda data, g: data.RandomSampler(range(1000), True, 100, g),
    lambda data, g: data.RandomSampler(range(7), True),
    lambda data, g: data.RandomSampler(range(400), True, 64, g),
    lambda data, g: data.SubsetRandomSampler(range(3, 60, 2)),
    lambda data, g: data.SubsetRandomSampler([4, 2, 9], generator=g),
    lambda data, g: data.WeightedRandomSampler(np.arange(1.0, 30.0), 50),
    lambda data, g: data.WeightedRandomSampler([0.5, 1, 2], 2, False, g),
    lambda data, g: data.DistributedSampler(range(53), 4, 3, seed=5),
    lambda data, g: data.DistributedSampler(range(53), 4, 3, drop_last=True),
    lambda data, g: data.DistributedSampler(range(53), 4, 1, shuffle=False),
]


@pytest.mark.parametrize("abandon", [None, 0, 1, 3, 32])
@pytest.mark.parametrize("k", range(len(MAKERS)))
def test_orders_and_states_are_pytorchs(k, abandon):
    real = pytest.importorskip("torch")
    pytest.importorskip("torch.utils.data")
    for seed in SEEDS:
        assert drawn(torch, seed, MAKERS[k], abandon) == drawn(real, seed, MAKERS[k], abandon)
