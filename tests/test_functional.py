"""`torch.nn.functional`: its names, its random functions, and what changes in place."""

import numpy as np
import pytest

import rushlight
from rushlight.errors import MissingError
from rushlight.nn import functional as F


def array(tensor):
    return np.array(tensor.detach().numpy())


# -- names -------------------------------------------------------------------------------------


def test_names_come_from_the_table():
    names = dir(F)
    assert {"relu", "linear", "dropout", "batch_norm", "embedding", "fold"} <= set(names)
    for name in names:
        assert callable(getattr(F, name)), name
        assert getattr(F, name).__doc__, name


def test_a_missing_name_says_what_to_use():
    with pytest.raises(MissingError, match="conv1d, after"):
        F.conv_tbc  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean softmax"):
        F.sofmax  # noqa: B018
    assert not hasattr(F, "nothing_like_it")


# -- in place ----------------------------------------------------------------------------------

INPLACE = (
    "relu relu6 hardtanh hardsigmoid hardswish leaky_relu elu selu celu silu mish rrelu threshold"
)


@pytest.mark.parametrize("name", INPLACE.split())
def test_inplace_changes_the_tensor_itself(name):
    extra = (0.1, 2.0) if name == "threshold" else ()
    x = rushlight.tensor([-2.0, -0.1, 0.5, 3.0])
    expected = array(getattr(F, name)(x, *extra))
    assert not np.array_equal(expected, array(x))
    assert getattr(F, name)(x, *extra, inplace=True) is x
    np.testing.assert_array_equal(array(x), expected)


UNDERSCORED = "relu_ leaky_relu_ elu_ celu_ selu_ hardtanh_ threshold_"


@pytest.mark.parametrize("name", UNDERSCORED.split())
def test_functions_with_an_underscore(name):
    extra = (0.1, 2.0) if name == "threshold_" else ()
    x = rushlight.tensor([-2.0, 3.0])
    expected = array(getattr(F, name[:-1])(x, *extra))
    assert getattr(F, name)(x, *extra) is x
    np.testing.assert_array_equal(array(x), expected)


def test_inplace_may_be_given_by_position():
    x = rushlight.tensor([-2.0, 3.0])
    assert F.leaky_relu(x, 0.5, True) is x
    np.testing.assert_array_equal(array(x), [-1, 3])


def test_a_leaf_that_requires_grad_is_not_changed():
    x = rushlight.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="in-place operation"):
        F.relu(x, inplace=True)


def test_gradients_through_inplace():
    x = rushlight.tensor([-2.0, 3.0], requires_grad=True)
    F.relu(x * 2, inplace=True).sum().backward()
    np.testing.assert_array_equal(array(x.grad), [0, 2])


# -- dropout -----------------------------------------------------------------------------------


def test_dropout_does_nothing_when_there_is_nothing_to_do():
    x = rushlight.ones(3)
    state = array(rushlight.get_rng_state()).tobytes()
    assert F.dropout(x, 0.5, training=False) is x
    assert F.dropout(x, 0.0) is x
    assert F.alpha_dropout(x, 0.5) is x
    empty = rushlight.ones(0)
    assert F.dropout(empty) is empty
    assert (array(F.dropout(x, 1.0)) == 0).all()
    assert array(rushlight.get_rng_state()).tobytes() == state


def test_dropout_keeps_some_and_scales_them():
    values = set(array(F.dropout(rushlight.ones(200), 0.2)).tolist())
    assert values == {0.0, float(np.float32(1) / np.float32(0.8))}


def test_whole_channels_are_dropped():
    for x, drop in (
        (rushlight.ones(6, 5, 4), F.dropout1d),
        (rushlight.ones(6, 5, 2, 2), F.dropout2d),
        (rushlight.ones(6, 5, 2, 2, 2), F.dropout3d),
    ):
        out = array(drop(x)).reshape(30, -1)
        assert (out == out[:, :1]).all() and len(set(out[:, 0])) == 2


def test_dropout_in_place():
    x = rushlight.ones(50)
    assert F.dropout(x, 0.5, True, True) is x
    assert set(array(x).tolist()) == {0.0, 2.0}


def test_dropout_draws_anew_in_every_window():
    x = rushlight.ones(40)
    drawn = [array(F.dropout(x)).tobytes() for _ in range(4)]
    assert len(set(drawn)) == 4


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_dropout_wants_a_probability(p):
    for name in ("dropout", "dropout2d", "alpha_dropout", "feature_alpha_dropout"):
        with pytest.raises(ValueError, match="probability has to be between 0 and 1"):
            getattr(F, name)(rushlight.ones(2, 3, 4), p)


def test_dropouts_of_strange_dimensions():
    with pytest.raises(RuntimeError, match="Expected 2D or 3D input, but received a 1D input"):
        F.dropout1d(rushlight.ones(2))
    with pytest.warns(UserWarning, match="Received a 2-D input to dropout2d"):
        F.dropout2d(rushlight.ones(2, 3))
    with pytest.warns(UserWarning, match="Use dropout1d|use dropout1d|switch to using dropout1d"):
        F.dropout2d(rushlight.ones(2, 3, 4))
    with pytest.raises(RuntimeError, match="at least 2 dimensions"):
        F.feature_alpha_dropout(rushlight.ones(2), 0.5, True)


# -- running statistics ------------------------------------------------------------------------


def test_batch_norm_moves_the_running_statistics():
    mean, var = rushlight.zeros(2), rushlight.ones(2)
    x = rushlight.tensor([[1.0, 2.0], [3.0, 6.0]])
    F.batch_norm(x, mean, var, training=True, momentum=0.5)
    np.testing.assert_allclose(array(mean), [1, 2])
    np.testing.assert_allclose(array(var), [1.5, 4.5])
    F.batch_norm(x, mean, var, training=False)
    np.testing.assert_allclose(array(mean), [1, 2])


def test_views_of_running_statistics_move_along():
    mean, var = rushlight.zeros(2), rushlight.ones(2)
    early = mean[:1]
    x = rushlight.tensor([[1.0, 2.0], [3.0, 6.0]])
    F.batch_norm(x, mean, var, training=True, momentum=0.5)
    late = mean.detach()
    F.batch_norm(x, mean, var, training=True, momentum=0.5)
    np.testing.assert_allclose(array(early), [1.5])
    np.testing.assert_allclose(array(late), [1.5, 3.0])


def test_batch_norm_twice_in_one_window():
    mean, var = rushlight.zeros(1), rushlight.ones(1)
    for _ in range(3):
        for value in (1.0, 2.0):
            x = rushlight.tensor([[value], [value + 2]])
            F.batch_norm(x, mean, var, training=True, momentum=0.5)
        rushlight.zeros(1).add_(1).item()
    expected = 0.0
    for _ in range(3):
        for value in (2.0, 3.0):
            expected = expected / 2 + value / 2
    np.testing.assert_allclose(array(mean), [expected], rtol=1e-6)


def test_batch_norm_of_one_value():
    with pytest.raises(ValueError, match="more than 1 value per channel when training"):
        F.batch_norm(rushlight.ones(1, 2), None, None, training=True)


# -- tables ------------------------------------------------------------------------------------


def test_embedding_shortens_rows_in_place():
    table = rushlight.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
    out = F.embedding(rushlight.tensor([0, 1, 0]), table, max_norm=1.0)
    np.testing.assert_allclose(array(out), [[0.6, 0.8], [0.3, 0.4], [0.6, 0.8]], rtol=1e-5)
    np.testing.assert_allclose(array(table)[2], [6, 8])


def test_one_hot_counts_classes_itself():
    out = F.one_hot(rushlight.tensor([[0, 2], [1, 0]]))
    assert out.shape == (2, 2, 3)
    assert out.dtype is rushlight.int64
    with pytest.raises(RuntimeError, match="non-negative"):
        F.one_hot(rushlight.tensor([-1]))


def test_gumbel_softmax():
    logits = rushlight.zeros(5, 4, requires_grad=True)
    soft = F.gumbel_softmax(logits)
    np.testing.assert_allclose(array(soft).sum(1), 1, rtol=1e-5)
    hard = F.gumbel_softmax(logits, hard=True)
    assert sorted(set(array(hard).round(5).ravel().tolist())) == [0.0, 1.0]
    (hard * rushlight.arange(4.0)).sum().backward()
    assert logits.grad is not None


def test_triplets_with_any_distance():
    near = F.triplet_margin_with_distance_loss(
        rushlight.zeros(2, 3),
        rushlight.ones(2, 3),
        rushlight.ones(2, 3) * 2,
        distance_function=lambda a, b: (a - b).abs().sum(1),
        margin=4.0,
        reduction="none",
    )
    np.testing.assert_allclose(array(near), [1, 1])


# -- PyTorch -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


DRAWING = [
    ("dropout", (7, 5), {"p": 0.3}),
    ("dropout1d", (7, 5, 3), {"p": 0.3}),
    ("dropout2d", (7, 5, 3, 2), {"p": 0.6}),
    ("dropout3d", (2, 5, 3, 2, 2), {"p": 0.6}),
    ("alpha_dropout", (7, 5), {"p": 0.3, "training": True}),
    ("feature_alpha_dropout", (7, 5, 2), {"p": 0.3, "training": True}),
    ("rrelu", (40,), {"lower": 0.1, "upper": 0.7, "training": True}),
    ("gumbel_softmax", (6, 5), {"tau": 0.5}),
    ("gumbel_softmax", (6, 5), {"hard": True}),
]


@pytest.mark.parametrize("permuted", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", DRAWING, ids=lambda case: f"{case[0]} {case[2]}")
def test_random_functions_draw_pytorchs_numbers(case, dtype, permuted, torch):
    name, shape, kwargs = case
    values = np.random.default_rng(1).normal(size=shape).astype(dtype)
    results = []
    for framework in (rushlight, torch):
        framework.manual_seed(9)
        x = framework.from_numpy(values.copy())
        if permuted:  # the same values in another order of memory
            axes = tuple(reversed(range(len(shape))))
            x = x.permute(*axes).contiguous().permute(*axes)
        x.requires_grad_()
        function = getattr(framework.nn.functional, name)
        outputs = [function(x, **kwargs) for _ in range(2)]
        (outputs[0] * framework.arange(float(shape[-1]), dtype=x.dtype)).sum().backward()
        results.append([*map(array, outputs), array(x.grad)])
    for got, expected in zip(*results, strict=True):
        assert got.dtype == expected.dtype
        if name == "gumbel_softmax":
            np.testing.assert_allclose(got, expected, 1e-4, 1e-5)
        else:
            assert got.tobytes() == expected.tobytes()
    assert rushlight.rand(1).item() == torch.rand(1).item()


def test_functions_are_where_pytorch_has_them(torch):
    strange = [name for name in dir(F) if not hasattr(torch.nn.functional, name)]
    assert not [n for n in strange if n != "feature_dropout"]


def test_signatures_are_pytorchs(torch):
    import inspect

    for name in ("dropout", "dropout2d", "alpha_dropout", "batch_norm", "instance_norm",
                 "embedding", "gumbel_softmax", "rrelu", "relu",
                 "triplet_margin_with_distance_loss"):  # fmt: skip
        ours = inspect.signature(getattr(F, name)).parameters
        theirs = inspect.signature(getattr(torch.nn.functional, name)).parameters
        assert [(p.name, p.default, p.kind) for p in ours.values()] == [
            (p.name, p.default, p.kind) for p in theirs.values()
        ], name
