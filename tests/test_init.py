"""Initial values: PyTorch's bits, and what each way of initialising promises."""

import math

import numpy as np
import pytest

import rushlight
from rushlight import nn

init = nn.init


def array(tensor):
    return np.array(tensor.detach().numpy())


# -- what is promised --------------------------------------------------------------------------


def test_initialisers_change_their_tensor_and_return_it():
    for name in ("uniform_", "normal_", "zeros_", "ones_", "eye_", "xavier_uniform_",
                 "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "trunc_normal_",
                 "orthogonal_"):  # fmt: skip
        p = nn.Parameter(rushlight.full((4, 3), 9.0))
        assert getattr(init, name)(p) is p
        assert p.requires_grad and p.is_leaf
        assert not (array(p) == 9).any(), name


def test_gains():
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("leaky_relu", 0.3) == math.sqrt(2 / 1.09)
    for wrong in ("softmax", "identity"):
        with pytest.raises(ValueError, match=f"Unsupported nonlinearity {wrong}"):
            init.calculate_gain(wrong)
    with pytest.raises(ValueError, match="negative_slope True not a valid number"):
        init.calculate_gain("leaky_relu", True)


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (3, 2, 2)])
def test_orthogonal_rows_or_columns(shape):
    w = array(init.orthogonal_(rushlight.empty(shape), gain=2.0)).reshape(shape[0], -1)
    small = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-5)


def test_sparse_columns():
    w = array(init.sparse_(rushlight.empty(10, 4), 0.25, std=1.0))
    assert (np.count_nonzero(w == 0, axis=0) == 3).all()


def test_dirac_kernels_hand_their_input_through():
    x = rushlight.rand(1, 4, 5, 5)
    conv = nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False)
    init.dirac_(conv.weight, groups=2)
    assert rushlight.allclose(conv(x), x)


def test_truncated_normals_stay_inside():
    for low, high in ((-2.0, 2.0), (1.5, 2.0), (-1.9, -1.8)):
        w = array(init.trunc_normal_(rushlight.empty(50), a=low, b=high))
        assert (w >= low).all() and (w <= high).all()
    with pytest.warns(UserWarning, match="mean is more than 2 std"):
        init.trunc_normal_(rushlight.empty(5), mean=5.0, a=1.9)


def test_errors_say_what_is_wrong():
    empty = rushlight.empty
    wrong = {
        "fewer than 2 dimensions": lambda: init.xavier_uniform_(empty(3)),
        "Mode x not supported": lambda: init.kaiming_uniform_(empty(3, 3), mode="x"),
        "Only tensors with 2 dimensions": lambda: init.eye_(empty(3)),
        "3, 4, or 5 dimensions": lambda: init.dirac_(empty(3)),
        "divisible by groups": lambda: init.dirac_(empty(3, 3, 3), groups=2),
        "2 or more dimensions": lambda: init.orthogonal_(empty(3)),
    }
    for words, attempt in wrong.items():
        with pytest.raises(ValueError, match=words):
            attempt()
    with pytest.raises(RuntimeError, match=r"expects to return a \[from, to\) range"):
        init.uniform_(empty(3), 3.0, 1.0)
    with pytest.raises(RuntimeError, match=r"std >= 0"):
        init.normal_(empty(3), 0.0, -1.0)


def test_empty_tensors_are_left_alone():
    with pytest.warns(UserWarning, match="zero-element tensors is a no-op"):
        assert init.kaiming_uniform_(rushlight.empty(0, 3)).shape == (0, 3)


def test_names_of_old_warn():
    with pytest.warns(FutureWarning, match=r"`nn.init.uniform` is now deprecated"):
        init.uniform(rushlight.empty(3))
    assert init.kaiming_normal.__name__ == "kaiming_normal"


# -- PyTorch -----------------------------------------------------------------------------------

WAYS = [
    ("uniform_", (), {}), ("uniform_", (-2.0, 3.0), {}), ("normal_", (1.0, 0.5), {}),
    ("trunc_normal_", (), {}), ("trunc_normal_", (0.5, 0.7, -1.0, 1.0), {}),
    ("trunc_normal_", (0.0, 1.0, 1.0, 1.5), {}), ("constant_", (0.3,), {}), ("ones_", (), {}),
    ("zeros_", (), {}), ("xavier_uniform_", (1.5,), {}), ("xavier_normal_", (), {}),
    ("kaiming_uniform_", (), {"a": 0.2}), ("kaiming_normal_", (), {"mode": "fan_out"}),
    ("kaiming_normal_", (), {"nonlinearity": "tanh"}), ("orthogonal_", (), {"gain": 1.5}),
    ("sparse_", (0.3,), {"std": 0.5}), ("eye_", (), {}), ("dirac_", (), {}),
]  # fmt: skip


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_numbers_are_pytorchs_bit_for_bit(way, dtype, torch):
    name, args, kwargs = way
    shapes = [(4, 6), (16, 16), (33, 7)]
    if name == "dirac_":
        shapes = [(4, 6, 3), (6, 4, 3, 3)]
    elif name not in ("eye_", "sparse_"):
        shapes += [(3, 2, 2), (5, 4, 3, 3)]
    for seed, shape in enumerate(shapes):
        for permuted in (False, True):
            if name == "orthogonal_" and permuted:
                continue  # PyTorch cannot
            filled = [
                fill(framework, name, args, kwargs, shape, dtype, seed, permuted)
                for framework in (rushlight, torch)
            ]
            got, expected = filled
            where = f"{shape}, permuted {permuted}"
            if name == "orthogonal_":
                np.testing.assert_allclose(got, expected, atol=2e-6, err_msg=where)
            else:
                assert got.tobytes() == expected.tobytes(), where
    assert rushlight.rand(1).item() == torch.rand(1).item()


def fill(framework, name, args, kwargs, shape, dtype, seed, permuted):
    """The array that an initialiser makes; of a tensor with permuted memory if so asked."""
    framework.manual_seed(seed)
    dtype = getattr(framework, dtype)
    tensor = framework.zeros(*(reversed(shape) if permuted else shape), dtype=dtype)
    if permuted:
        tensor = tensor.permute(*reversed(range(len(shape))))
    getattr(framework.nn.init, name)(tensor, *args, **kwargs)
    return np.array(tensor.numpy(), order="C")


def test_generators_are_used(torch):
    for framework in (rushlight, torch):
        framework.manual_seed(0)
    made = []
    for framework in (rushlight, torch):
        generator = framework.Generator().manual_seed(3)
        tensor = framework.empty(20, 3)
        made.append(array(framework.nn.init.kaiming_uniform_(tensor, generator=generator)))
    assert made[0].tobytes() == made[1].tobytes()
    assert rushlight.rand(1).item() == torch.rand(1).item()
