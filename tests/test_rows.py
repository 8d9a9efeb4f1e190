"""Rows of a tensor by number, as datasets ask for them: views, at once, however many are kept."""

import numpy as np
import pytest

import rushlight as torch
from rushlight.runtime.recorder import local


def test_a_row_is_a_view():
    x = torch.arange(12.0).reshape(3, 4).t()
    row = x[1]
    assert (row.tolist(), row.stride(), row.storage_offset()) == ([1.0, 5.0, 9.0], (4,), 1)
    assert local.recorder.at is local.recorder.root, "nothing is recorded"
    row.add_(10)
    assert x[1].tolist() == [11.0, 15.0, 19.0]
    x.zero_()
    assert row.tolist() == [0.0, 0.0, 0.0]
    x[-1][-1] = 5
    assert x[3, 2].item() == 5


def test_a_row_of_one_dimension_is_a_tensor():
    x = torch.arange(3)
    assert x[2].shape == () and x[2].item() == 2
    x[2].fill_(7)
    assert x.tolist() == [0, 1, 7]


def test_a_row_takes_part_in_a_gradient():
    x = torch.ones(3, 2)
    row = x[0]
    w = torch.ones(2, requires_grad=True)
    row.mul_(w)
    assert x.requires_grad and row.requires_grad
    x.sum().backward()
    assert w.grad.tolist() == [1.0, 1.0]


def test_a_row_that_is_not_there():
    x = torch.ones(3, 2)
    for index in (3, -4):
        with pytest.raises(IndexError, match=f"index {index} is out of bounds for dimension 0"):
            x[index]
    with pytest.raises(IndexError, match="invalid index of a 0-dim tensor"):
        torch.tensor(1.0)[0]


def test_memory_that_numpy_changes():
    array = np.zeros((2, 3))
    row = torch.from_numpy(array)[1]
    array[1] = 4
    assert row.tolist() == [4.0, 4.0, 4.0]


def test_views_that_are_gone_are_forgotten():
    x = torch.ones(5, 2)
    for k in range(1000):
        x[k % 5]
    assert len(x._views) <= 16
    kept = [x[k % 5] for k in range(1000)]
    assert len(x._views) >= 1000
    x[0].add_(1)
    assert kept[0].tolist() == [2.0, 2.0]
