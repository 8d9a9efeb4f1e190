"""Pictures that a DataLoader transforms a batch at a time: the numbers of one after another."""

import numpy as np
import pytest
from test_collate import shown

import rushlight as torch
from rushlight.data import DataLoader, Subset, default_collate
from rushlight.data.array_epoch import ArrayEpoch
from rushlight.vision import transforms as T
from rushlight.vision.datasets import CIFAR10, Digits
from rushlight.vision.transforms.together import together

TRANSFORMS = {
    "plain": T.ToTensor(),
    "composed": T.Compose([T.ToTensor()]),
    "normalised": T.Compose([T.ToTensor(), T.Normalize((0.1307,), (0.3081,))]),
    "twice": T.Compose([T.ToTensor(), T.Normalize([0.5], [0.25]), T.Normalize(0.1, 3.0)]),
    "in place": T.Compose([T.ToTensor(), T.Normalize((0.1307,), (0.3081,), inplace=True)]),
}


def colours(transform):
    """CIFAR10 as if it had been loaded."""
    rng = np.random.default_rng(0)
    data = CIFAR10.__new__(CIFAR10)
    data.data = rng.integers(0, 256, (50, 32, 32, 3)).astype(np.uint8)
    data.targets = [int(k) for k in rng.integers(0, 10, 50)]
    data.transform, data.target_transform = transform, None
    return data


def expected(dataset, indices):
    return shown(default_collate([dataset[k] for k in indices]))


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("make", [lambda t: Digits(transform=t), colours])
def test_a_batch_at_a_time_gives_the_same(name, make):
    dataset = make(TRANSFORMS[name])
    for data in (dataset, Subset(dataset, [7, 3, -1, 30, 11])):
        batches = iter(DataLoader(data, 3))
        assert isinstance(batches, ArrayEpoch)
        assert shown(next(batches)) == expected(data, range(3))
        assert all(t.is_contiguous() for t in next(batches))
        order = [[4, 0], [1, 1, 3]]
        loader = DataLoader(data, batch_sampler=order)
        assert [shown(batch) for batch in loader] == [expected(data, k) for k in order]


def test_double_precision():
    torch.set_default_dtype(torch.float64)
    data = Digits(transform=TRANSFORMS["normalised"])
    assert shown(next(iter(DataLoader(data, 5)))) == expected(data, range(5))


def test_colours_are_normalised_each_by_its_own():
    data = colours(T.Compose([T.ToTensor(), T.Normalize((0.1, 0.2, 0.3), (1.0, 2.0, 3.0))]))
    assert shown(next(iter(DataLoader(data, 5)))) == expected(data, range(5))


def test_changes_are_seen_by_the_next_batch():
    data = Digits(transform=T.ToTensor())
    batches = iter(DataLoader(data, 4))
    next(batches)
    data.targets = data.targets + 1
    data.transform = T.Compose([T.ToTensor(), lambda x: x * 0])
    x, y = next(batches)
    assert not x.any()
    assert y.tolist() == data.targets[4:8].tolist()
    data.transform, data.target_transform = T.ToTensor(), str
    assert list(next(batches)[1]) == [str(int(k)) for k in data.targets[8:12]]


@pytest.mark.parametrize(
    "transform",
    [
        None,
        lambda picture: picture,
        T.Compose([]),
        T.Compose([T.RandomCrop(3), T.ToTensor()]),
        T.Compose([T.ToTensor(), T.Normalize((0.0,), (0.0,))]),
        T.Compose([T.ToTensor(), T.Normalize((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))]),
    ],
)
def test_what_is_left_to_one_after_another(transform):
    assert together(transform, np.zeros((2, 4, 4), np.uint8)) is None


def test_tampering_is_noticed():
    normalize = T.Normalize((0.5,), (0.5,))
    transform = T.Compose([T.ToTensor(), normalize])
    pixels = np.zeros((2, 4, 4), np.uint8)
    assert together(transform, pixels) is not None
    handle = normalize.register_forward_hook(lambda module, args, out: out * 2)
    assert together(transform, pixels) is None
    handle.remove()
    normalize.forward = lambda x: x
    assert together(transform, pixels) is None


def test_a_subclass_that_says_what_a_sample_is():
    class Mine(Digits):
        def __getitem__(self, index):
            return super().__getitem__(index)[1]

    batch = next(iter(DataLoader(Mine(transform=T.ToTensor()), 3)))
    assert batch.tolist() == Digits().targets[:3].tolist()


def test_an_index_that_is_not_there():
    data = Digits(train=False, transform=T.ToTensor())
    with pytest.raises(IndexError) as caught:
        next(iter(DataLoader(Subset(data, [0, 5000]), 2)))
    assert "5000" in str(caught.value) + "".join(caught.value.__notes__)
