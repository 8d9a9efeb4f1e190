"""Datasets of one's own that only look up rows: a batch is one gather, and nobody can tell."""

import numpy as np
import pytest

import rushlight as torch
from rushlight.data import DataLoader, Dataset, random_split
from rushlight.data.gather import table_of
from rushlight.data.reading import Read, result_of, rows_read

HELD = {"transform": None, "train": True, "count": 0}


class Reads:
    """Methods that read rows, and what they read."""

    def pair(self, i):
        """With words about it."""
        return self.x[i], self.y[i]

    def by_name(self, i):
        image = self.x[i]
        label = self.y[i]
        return [image, label]

    def swapped(self, i):
        a, b = self.x[i], self.y[i]
        return b, a

    def one(self, i):
        return self.x[i]

    def thrice(self, i):
        a, b, c = self.x[i], self.y[i], self.x[i]
        return a, b, c

    def transformed(self, i):
        x = self.x[i]
        if self.transform:
            x = self.transform(x)
        return x, self.y[i]

    def transformed_unless_none(self, i):
        x, y = self.x[i], self.y[i]
        if self.transform is not None:
            x = self.transform(x)
        if self.transform is None:
            return x, y
        return y

    def tested(self, i):
        if self.train:
            x = self.x[i]
        else:
            x = self.z(i)
        return x

    def named(self, i):
        return {"x": self.x[i], "y": self.y[i]}

    def named_one(self, i):
        return {"x": self.x[i]}

    def listed(self, i):
        if torch.is_tensor(i):
            i = i.tolist()
        return self.x[i], self.y[i]

    def listed_and_named(self, i):
        if torch.is_tensor(i):
            i = i.tolist()
        x = self.x[i]
        if self.transform:
            x = self.transform(x)
        return {"y": self.y[i], "x": x}

    answers = {
        "named": "xy", "named_one": "x", "listed": "xy", "listed_and_named": "yx",
        "pair": "xy", "by_name": "xy", "swapped": "yx", "one": "x", "thrice": "xyx",
        "transformed": "xy", "transformed_unless_none": "xy", "tested": "x",
    }  # fmt: skip


class Does:
    """Methods that do more, or something else."""

    def calls(self, i):
        return self.x(i)

    def index_too(self, i):
        return self.x[i], i

    def branches(self, i):
        if i:
            return self.x[i]
        return self.y[i]

    def counts(self, i):
        return self.x[i] if self.count else self.y[i]

    def loops(self, i):
        while self.transform is None:
            x = self.x[i]
        return x

    def deep(self, i):
        return self.x.y[i]

    def writes(self, i):
        self.count = i
        return self.x[i]

    def nested(self, i):
        return self.x[i], (self.y[i], self.x[i])

    def another_index(self, i):
        i = self.x[i]
        return self.y[i]

    def another_self(self, i):
        self = i
        return self.y[i]

    def number(self, i):
        return self.x[0]

    def shifted(self, i):
        return self.x[i + 1]

    def yields(self, i):
        yield self.x[i]

    def many(self, *i):
        return self.x[i]

    def nothing(self, i):
        return ()

    def twice(self, i):
        return {"x": self.x[i], "x": self.y[i]}  # noqa: F601

    def numbered(self, i):
        return {0: self.x[i], 1: self.y[i]}

    def with_index(self, i):
        return {"x": self.x[i], "i": i}

    def named_by_row(self, i):
        return {self.x[i]: self.y[i]}

    def other_test(self, i):
        if torch.is_storage(i):
            i = i.tolist()
        return self.x[i]

    def test_of_row(self, i):
        if torch.is_tensor(self.x[i]):
            return self.x[i]
        return self.y[i]

    def constant(self, i):
        return "x"

    def picks(self, i):
        return (self.x[i], self.y[i])[i]


def methods(kind):
    return [f for f in vars(kind).values() if callable(f)]


@pytest.mark.parametrize("method", methods(Reads), ids=lambda f: f.__name__)
def test_what_is_read(method):
    name = method.__name__
    found = result_of(method.__code__, HELD, globals())
    wanted = {"trans": ("transform",), "teste": ("train",), "listed_and": ("transform",)}
    decided = next((v for k, v in wanted.items() if name.startswith(k)), ())
    assert found.names == tuple(Reads.answers[name]) and set(found.decided) == set(decided)
    assert found.keys == (found.names if "named" in name and name != "by_name" else None)
    if name != "named_one":
        assert found.single == (len(found.names) == 1)


@pytest.mark.parametrize("method", methods(Does), ids=lambda f: f.__name__)
def test_what_does_more_is_not_for_us(method):
    assert result_of(method.__code__, HELD, globals()) is None


def test_only_our_test_for_tensors_is_known(monkeypatch):
    assert result_of(Reads.listed.__code__, HELD, {}) is None
    monkeypatch.setattr(torch, "is_tensor", lambda i: True)
    assert result_of(Reads.listed.__code__, HELD, globals()) is None


class Pairs(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Asked(Pairs):
    """The same, sample by sample."""

    def __getitem__(self, i):
        return (self.x[i], self.y[i])[:]


class Named(Pairs):
    def __getitem__(self, i):
        if torch.is_tensor(i):
            i = i.tolist()
        return {"x": self.x[i], "a label": self.y[i]}


class AskedByName(Pairs):
    def __getitem__(self, i):
        return dict(zip(["x", "a label"], (self.x[i], self.y[i]), strict=True))


KINDS = {
    "tensors": lambda: (torch.rand(10, 3), torch.arange(10)),
    "arrays": lambda: (np.random.default_rng(0).random((10, 2, 3)), np.arange(10) % 2 == 0),
    "both": lambda: (np.arange(20, dtype=np.int32).reshape(10, 2), torch.rand(10, 1).half()),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [False, True])
def test_batches_are_as_if_asked_for_one_by_one(kind, part):
    torch.manual_seed(0)
    x, y = KINDS[kind]()
    found = []
    for dataset in (Pairs(x, y), Asked(x, y)):
        assert (table_of(dataset) is None) == isinstance(dataset, Asked)
        torch.manual_seed(1)
        if part:
            dataset, _ = random_split(dataset, [7, 3])
        found.append(list(DataLoader(dataset, 4, shuffle=True)))
    for ours, theirs in zip(*found, strict=True):
        assert type(ours) is type(theirs) is list
        for a, b in zip(ours, theirs, strict=True):
            assert a.dtype == b.dtype and a.tolist() == b.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_dicts_are_as_if_asked_for_one_by_one(kind):
    torch.manual_seed(0)
    x, y = KINDS[kind]()
    found = []
    for dataset in (Named(x, y), AskedByName(x, y)):
        assert (table_of(dataset) is None) == isinstance(dataset, AskedByName)
        torch.manual_seed(1)
        found.append(list(DataLoader(dataset, 4, shuffle=True)))
    for ours, theirs in zip(*found, strict=True):
        assert type(ours) is type(theirs) is dict and list(ours) == list(theirs)
        for a, b in zip(ours.values(), theirs.values(), strict=True):
            assert a.dtype == b.dtype and a.tolist() == b.tolist()


def test_dicts_of_many_samples_are_left_to_python():
    dataset = Named(torch.rand(700, 3), torch.arange(700))
    found = [k for batch in DataLoader(dataset, 10) for k in batch["a label"].tolist()]
    assert found == list(range(700))


def test_a_dataset_may_change_between_batches():
    dataset = Pairs(torch.zeros(6, 1), torch.arange(6))
    batches = iter(DataLoader(dataset, 2))
    assert next(batches)[0].tolist() == [[0], [0]]
    dataset.x[2] = 5.0
    assert next(batches)[0].tolist() == [[5], [0]]
    dataset.x = torch.ones(6, 1)
    assert next(batches)[0].tolist() == [[1], [1]]


def test_a_transform_that_comes_later_is_called():
    class Transformed(Pairs):
        transform: object

        def __getitem__(self, i):
            x = self.x[i]
            if self.transform is not None:
                x = self.transform(x)
            return x, self.y[i]

    dataset = Transformed(torch.zeros(6, 1), torch.arange(6))
    dataset.transform = None
    assert table_of(dataset) is not None
    batches = iter(DataLoader(dataset, 2))
    assert next(batches)[0].tolist() == [[0], [0]]
    dataset.transform = lambda x: x + 3
    assert next(batches)[0].tolist() == [[3], [3]]
    dataset.transform = None
    assert next(batches)[0].tolist() == [[0], [0]]


def test_a_row_that_is_not_there_is_the_datasets_error():
    dataset = Pairs(torch.zeros(4, 1), torch.arange(3))
    with pytest.raises(IndexError, match="out of") as caught:
        list(DataLoader(dataset, 4))
    assert "dataset[3]" in caught.value.__notes__[0]


@pytest.mark.parametrize("change", ["property", "getattribute", "list", "history", "class"])
def test_what_an_attribute_is_decides(change):
    x, y = torch.zeros(3, 1), torch.arange(3)

    class Changed(Pairs):
        if change == "property":
            y = property(lambda self: torch.ones(3), lambda self, value: None)
        if change == "class":
            y = torch.ones(3)
        if change == "getattribute":

            def __getattribute__(self, name):
                return object.__getattribute__(self, name)

    dataset = Changed(x.tolist() if change == "list" else x, y)
    if change == "history":
        dataset.x.requires_grad_()
    assert rows_read(Pairs(x, y)) == Read(("x", "y"), False, ())
    assert table_of(dataset) is None
    assert len(list(DataLoader(dataset, 2))) == 2
