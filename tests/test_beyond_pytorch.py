"""What PyTorch refuses and rushlight does: a value is what it was when it was used.

PyTorch keeps references to the tensors that a gradient needs and raises if one of them was changed
in place afterwards. Here what is recorded are values, so the gradient is that of what was computed.
"""

import numpy as np
import pytest

import rushlight as torch


def test_a_tensor_changed_after_it_was_used_has_the_gradient_of_its_use():
    x = torch.tensor([1.0, 3.0], requires_grad=True)
    y = x * 2
    z = y * y
    y += 100
    z.sum().backward()
    assert x.grad.tolist() == [8, 24]


def test_a_result_changed_in_place_keeps_the_gradient_of_its_function():
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    y = x.exp()
    y += 1
    y.sum().backward()
    assert np.allclose(x.grad.numpy(), np.exp([0.0, 1.0]))


@pytest.mark.parametrize("look", [False, True])
def test_a_parameter_changed_before_the_backward_pass(look):
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    if look:
        assert loss.item() == 5
    with torch.no_grad():
        w += 10
    loss.backward()
    assert w.grad.tolist() == [2, 4] and w.tolist() == [11, 12]


@pytest.mark.parametrize("look", [False, True])
def test_data_changed_before_the_backward_pass(look):
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    if look:
        assert loss.item() == 5
    w.data += 10
    loss.backward()
    assert w.grad.tolist() == [2, 4] and w.tolist() == [11, 12]


def test_data_exchanged_before_the_backward_pass():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    w.data = torch.tensor([5.0, 5.0])
    loss.backward()
    assert w.grad.tolist() == [2, 4]
    w.grad = None
    (w * w).sum().backward()
    assert w.grad.tolist() == [10, 10]


def test_one_of_several_views_may_be_changed_in_place():
    x = torch.ones(4, requires_grad=True)
    y = x * 1
    a, b = y.chunk(2)
    a += b
    y.sum().backward()
    assert x.grad.tolist() == [1, 1, 2, 2]


def test_overlapping_parts_are_copied_as_if_apart():
    x = torch.arange(5)
    x[1:] = x[:-1]
    assert x.tolist() == [0, 0, 1, 2, 3]


def test_numpy_arrays_and_tensors_combine_either_way_round():
    assert (np.arange(2) * torch.ones(2)).tolist() == [0, 1]
    assert (np.ones(2) + torch.ones(2, dtype=torch.float64)).tolist() == [2, 2]
