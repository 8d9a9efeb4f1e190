"""Datasets and what is made of them: tensors side by side, rows of datasets, parts, splits."""

import warnings

import numpy as np
import pytest

import rushlight as torch
from rushlight import data as names
from rushlight.data import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)


class Squares(Dataset):
    def __init__(self, n=5):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return index * index


class Batched(Squares):
    def __init__(self, n=5, lose=0):
        super().__init__(n)
        self.asked = []
        self.lose = lose

    def __getitems__(self, indices):
        self.asked.append(list(indices))
        return [i * i for i in indices][self.lose :]


class Count(IterableDataset):
    def __init__(self, n=3):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))


class Counted(Count):
    def __len__(self):
        return self.n


# -- names -------------------------------------------------------------------------------------


def test_the_public_names_are_the_same_objects():
    import rushlight.utils.data as public
    import rushlight.utils.data._utils.collate as collate
    import rushlight.utils.data.dataloader as dataloader
    import rushlight.utils.data.distributed as distributed
    import rushlight.utils.data.sampler as sampler
    from rushlight.utils.data import DataLoader

    assert torch.utils.data is names is public
    assert sampler is names.sampler
    assert dataloader.DataLoader is DataLoader is names.DataLoader
    assert distributed.DistributedSampler is names.DistributedSampler
    assert collate.default_collate is names.default_collate
    assert public._utils.collate is collate


def test_every_exported_name_is_there():
    for name in names.__all__:
        assert getattr(names, name) is not None


def test_pytorch_has_the_same_names():
    real = pytest.importorskip("torch.utils.data")
    own = {"dataloader", "distributed"}
    assert set(names.__all__) - own <= set(real.__all__)
    missing = {n for n in real.__all__ if n not in names.__all__ and n[0] != "_"}
    # Data pipes, which PyTorch has given up, and their type checks.
    assert missing == {
        "DFIterDataPipe", "DataChunk", "IterDataPipe", "MapDataPipe", "argument_validation",
        "functional_datapipe", "guaranteed_datapipes_determinism", "non_deterministic",
        "runtime_validation", "runtime_validation_disabled",
    }  # fmt: skip


def test_signatures_are_pytorchs():
    inspect = pytest.importorskip("inspect")
    real = pytest.importorskip("torch.utils.data")
    for name in names.__all__:
        if name in ("dataloader", "distributed"):
            continue
        ours = inspect.signature(getattr(names, name)).parameters
        theirs = inspect.signature(getattr(real, name)).parameters
        assert list(ours) == list(theirs), name
        for p, q in zip(ours.values(), theirs.values(), strict=True):
            assert p.kind == q.kind, name
            if p.name != "generator":
                assert p.default == q.default, name


# -- Dataset -----------------------------------------------------------------------------------


def test_a_dataset_can_be_subscripted():
    class Typed(Dataset[int]):
        pass

    with pytest.raises(NotImplementedError, match="should implement __getitem__"):
        Typed()[0]
    with pytest.raises(TypeError, match="no len"):
        len(Typed())


def test_an_iterable_dataset_must_have_iter():
    class Nothing(IterableDataset):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Nothing()


# -- TensorDataset -----------------------------------------------------------------------------


def test_tensor_dataset():
    data = TensorDataset(torch.arange(4), torch.arange(8.0).reshape(4, 2))
    assert len(data) == 4
    number, row = data[2]
    assert number.item() == 2
    assert row.tolist() == [4.0, 5.0]
    assert [t.tolist() for t in data[1:3]] == [[1, 2], [[2.0, 3.0], [4.0, 5.0]]]
    assert data[-1][0].item() == 3
    assert isinstance(data[0], tuple)


def test_tensor_dataset_needs_one_size():
    with pytest.raises(AssertionError) as caught:
        TensorDataset(torch.zeros(3, 2), torch.zeros(4))
    assert str(caught.value) == (
        "TensorDataset: Size mismatch between tensors\n"
        "    tensor 0 is float32[3, 2]\n"
        "    tensor 1 is float32[4]\n"
        "  hint: the first dimension counts the samples, and must be the same for all"
    )


def test_tensor_dataset_needs_tensors_with_rows():
    with pytest.raises(TypeError, match="argument 1 must be Tensor, not list"):
        TensorDataset(torch.zeros(2), [1, 2])
    with pytest.raises(TypeError, match="not ndarray"):
        TensorDataset(np.zeros(2))
    with pytest.raises(IndexError, match="no dimension"):
        TensorDataset(torch.tensor(1.0))


# -- ConcatDataset, ChainDataset ---------------------------------------------------------------


def test_concat():
    data = Squares(3) + Squares(2) + Squares(4)
    assert isinstance(data, ConcatDataset)
    assert len(data) == 9
    whole = [0, 1, 4, 0, 1, 0, 1, 4, 9]
    assert [data[i] for i in range(9)] == whole
    assert [data[i] for i in range(-9, 0)] == whole
    data = ConcatDataset([Squares(3), Squares(0), Squares(2)])
    assert data.cumulative_sizes == [3, 3, 5]
    assert data[3] == 0


def test_concat_out_of_range():
    data = ConcatDataset([Squares(3)])
    with pytest.raises(IndexError, match="index 3 is out of range for 3 samples"):
        data[3]
    with pytest.raises(ValueError, match="absolute value of index should not exceed"):
        data[-4]


def test_concat_of_nothing_or_of_streams():
    with pytest.raises(AssertionError, match="should not be an empty iterable"):
        ConcatDataset([])
    with pytest.raises(AssertionError, match="does not support IterableDataset"):
        ConcatDataset([Squares(), Count()])


def test_the_old_misspelling_warns():
    with pytest.warns(FutureWarning, match="renamed to `cumulative_sizes`"):
        assert ConcatDataset([Squares(3)]).cummulative_sizes == [3]


def test_chain():
    data = Counted(2) + Counted(3)
    assert isinstance(data, ChainDataset)
    assert list(data) == list(data) == [0, 1, 0, 1, 2]
    assert len(data) == 5
    with pytest.raises(TypeError, match="no len"):
        len(ChainDataset([Count()]))
    with pytest.raises(AssertionError, match="only supports IterableDataset, not Squares"):
        list(ChainDataset([Count(), Squares()]))


# -- Subset, StackDataset ----------------------------------------------------------------------


def test_subset():
    data = Subset(Squares(10), [7, 3, -1])
    assert len(data) == 3
    assert [data[i] for i in range(3)] == [49, 9, 1]
    tensors = Subset(TensorDataset(torch.arange(10)), [7, 3, 5])
    assert tensors[[2, 0]][0].tolist() == [5, 7]
    assert [t.item() for (t,) in tensors.__getitems__([2, 0])] == [5, 7]


def test_subset_asks_for_batches_at_once():
    inner = Batched(10)
    assert Subset(inner, [7, 3, 5]).__getitems__([2, 0]) == [25, 49]
    assert Subset(Subset(inner, range(1, 8)), [4, 1]).__getitems__([1, 0]) == [4, 25]
    assert inner.asked == [[5, 7], [2, 5]]


def test_stack():
    data = StackDataset(Squares(4), "abcd")
    assert (len(data), data[2]) == (4, (4, "c"))
    named = StackDataset(number=Batched(4), letter="abcd")
    assert named[3] == {"number": 9, "letter": "d"}
    assert named.__getitems__([1, 0]) == [
        {"number": 1, "letter": "b"},
        {"number": 0, "letter": "a"},
    ]
    assert named.datasets["number"].asked == [[1, 0]]


def test_stack_of_nothing_of_both_and_of_other_lengths():
    with pytest.raises(ValueError, match="At least one dataset should be passed"):
        StackDataset()
    with pytest.raises(ValueError, match="both by position and by name"):
        StackDataset("ab", c="ab")
    with pytest.raises(ValueError, match=r"Size mismatch between datasets, of lengths \[2, 3\]"):
        StackDataset("ab", "abc")
    with pytest.raises(ValueError, match="Nested dataset's output size mismatch"):
        StackDataset(Batched(4, lose=1)).__getitems__([0, 1])


# -- random_split ------------------------------------------------------------------------------


def test_split_by_lengths():
    g = torch.Generator().manual_seed(3)
    order = torch.randperm(10, generator=g).tolist()
    parts = random_split(Squares(10), [3, 0, 7], generator=g.manual_seed(3))
    assert [p.indices for p in parts] == [order[:3], [], order[3:]]
    assert all(isinstance(p, Subset) for p in parts)


@pytest.mark.parametrize(
    ("count", "fractions", "lengths"),
    [
        (10, [0.7, 0.3], [7, 3]),
        (10, [0.33, 0.33, 0.34], [4, 3, 3]),
        (11, [0.5, 0.5], [6, 5]),
        (10, [1], [10]),
        (1, [1], [1]),
        (7, [1 / 3] * 3, [3, 2, 2]),
    ],
)
def test_split_by_fractions(count, fractions, lengths):
    assert [len(p) for p in random_split(Squares(count), fractions)] == lengths


def test_an_empty_part_warns():
    with pytest.warns(UserWarning, match="Length of split at index 2 is 0"):
        random_split(Squares(2), [0.4, 0.3, 0.3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        random_split(Squares(2), [2, 0])  # it was asked for


@pytest.mark.parametrize(
    ("lengths", "kind", "text"),
    [
        ([3, 6], ValueError, "Sum of input lengths does not equal the length"),
        ([0.3, 0.3], ValueError, "Sum of input lengths does not equal the length"),
        ([1.5, -0.5], ValueError, "Fraction at index 0 is not between 0 and 1"),
        ([5.0, 5.0], TypeError, "lengths must be integers"),
        ([-3, 13], ValueError, "must not be negative"),
        (["a"], TypeError, "unsupported operand"),
    ],
)
def test_wrong_lengths(lengths, kind, text):
    with pytest.raises(kind, match=text):
        random_split(Squares(10), lengths)


def test_splits_are_pytorchs():
    real = pytest.importorskip("torch")
    count = 0
    for seed in range(20):
        for n, lengths in [(10, [3, 7]), (1000, [0.9, 0.1]), (11, [0.25] * 4), (300, [300])]:
            real.manual_seed(seed)
            torch.manual_seed(seed)
            theirs = real.utils.data.random_split(range(n), lengths)
            ours = random_split(range(n), lengths)
            assert [p.indices for p in ours] == [p.indices for p in theirs]
            states = real.get_rng_state().numpy(), torch.get_rng_state().numpy()
            np.testing.assert_array_equal(*states)
            count += 1
    assert count == 80
