"""Activations, losses, normalisation, convolution and pooling where the sweeps do not look."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import oracle
import pytest

from rushlight.engines.numpy import interpret
from rushlight.ops import OPS
from rushlight.ops.samples import bools, floats


def call(name: str, *args: Any, **kwargs: Any) -> oracle.Call:
    """The recorded call of an op."""
    return oracle.record(OPS[name], oracle.Example(args, kwargs, False), grad=True)


def results(name: str, *args: Any, **kwargs: Any) -> list[Any]:
    """The values of an op's results."""
    made = call(name, *args, **kwargs)
    return [np.asarray(a) for a in oracle.values(made, made.results)]


def slopes(name: str, *args: Any, **kwargs: Any) -> list[Any]:
    """The gradients of the sum of an op's first result."""
    made = call(name, *args, **kwargs)
    root = made.results[0]
    seed = made.leaf(np.ones(root.shape, root.dtype.numpy))
    found = oracle.gradients([root], [seed], made.inputs)
    return [None if g is None else np.asarray(oracle.values(made, [g])[0]) for g in found]


# -- activations -------------------------------------------------------------------------------

EXTREMES = np.array([-1e4, -200.0, -1.0, 0.0, 1.0, 200.0, 1e4], np.float32)
CURVES = ["elu", "selu", "celu", "silu", "softplus", "logsigmoid", "mish", "softsign", "hardswish"]


@pytest.mark.parametrize("name", CURVES)
def test_nothing_overflows_far_from_zero(name: str) -> None:
    assert np.isfinite(results(name, EXTREMES)[0]).all()
    assert np.isfinite(slopes(name, EXTREMES)[0]).all()


def test_softmax_shares_one_out_among_huge_scores() -> None:
    x = np.array([[1e30, 1e30, -1e30]], np.float32)
    assert results("softmax", x, 1)[0].tolist() == [[0.5, 0.5, 0.0]]
    assert np.isfinite(results("log_softmax", np.array([1e4, 0.0], np.float32), 0)[0]).all()


def test_softmax_without_a_dimension_warns() -> None:
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        call("softmax", floats(2, 3))


def test_half_precision_sums_in_single() -> None:
    x = np.full((1, 4096), 1.0, np.float16)
    assert results("softmax", x, 1)[0][0, 0] == np.float16(1 / 4096)
    found = results("layer_norm", (floats(2, 64) * 200).astype(np.float16), (64,))[0]
    assert found.dtype == np.float16
    assert np.isfinite(found).all()


# -- losses ------------------------------------------------------------------------------------


def test_a_target_that_is_no_class_is_named() -> None:
    for target in (np.array([0, 1, 9]), np.array([0, 1, -1])):
        made = call("cross_entropy", floats(3, 4), target)
        with pytest.raises(interpret.NodeError) as caught:
            oracle.values(made, made.results)
        assert isinstance(caught.value.error, IndexError)
        assert str(caught.value.error) == (
            f"loss: Target {target[2]} is out of bounds.\n"
            "  hint: there are 4 classes, so targets are 0 to 3 (or -100, which is ignored)"
        )


def test_cross_entropy_checks_shapes_when_recorded() -> None:
    with pytest.raises(
        ValueError, match=r"input batch_size \(3\) to match target batch_size \(2\)"
    ):
        call("cross_entropy", floats(3, 4), np.array([0, 1]))
    with pytest.raises(RuntimeError, match="multi-target not supported"):
        call("cross_entropy", floats(3, 4), np.zeros((3, 2), int))
    with pytest.raises(RuntimeError, match=r"Expected target size \[2, 4\], got \[2, 5\]"):
        call("cross_entropy", floats(2, 3, 4), np.zeros((2, 5), int))
    with pytest.raises(RuntimeError, match="expected target dtype to be Long or Byte"):
        call("cross_entropy", floats(3, 4), np.zeros(3, np.float32))


def test_all_targets_ignored_has_no_mean() -> None:
    assert np.isnan(results("cross_entropy", floats(2, 3), np.array([-100, -100]))[0])
    assert results("cross_entropy", floats(2, 3), np.array([-100, -100]), reduction="sum")[0] == 0


def test_losses_of_unequal_sizes_warn_in_pytorchs_words() -> None:
    with pytest.warns(UserWarning) as caught:
        call("mse_loss", floats(3, 1), floats(3))
    assert str(caught[0].message) == (
        "Using a target size (torch.Size([3])) that is different to the input size "
        "(torch.Size([3, 1])). This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size."
    )


def test_reductions_by_their_old_names() -> None:
    x, y = floats(3), floats(3, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        total = results("mse_loss", x, y, size_average=False)[0]
        each = results("mse_loss", x, y, reduce=False)[0]
    np.testing.assert_allclose(total, each.sum(), rtol=1e-6)
    with pytest.raises(ValueError, match="average is not a valid value for reduction"):
        call("mse_loss", x, y, reduction="average")


def test_probabilities_must_be_probabilities() -> None:
    made = call("binary_cross_entropy", floats(3, low=1.5), floats(3, low=0, high=1))
    with pytest.raises(interpret.NodeError, match="should be between 0 and 1"):
        oracle.values(made, made.results)
    with pytest.raises(ValueError, match=r"try target.unsqueeze\(1\)"):
        call("binary_cross_entropy_with_logits", floats(3, 1), floats(3))


# -- normalisation -----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4), (2, 3, 2, 2)])
def test_a_training_step_moves_the_running_statistics(shape: tuple[int, ...]) -> None:
    x, mean, var = floats(*shape), floats(3, seed=1), floats(3, low=0.5, seed=2)
    out, new_mean, new_var = results("batch_norm_step", x, mean, var, None, None, 0.3)
    axes = tuple([k for k in range(x.ndim) if k != 1])
    np.testing.assert_allclose(new_mean, 0.7 * mean + 0.3 * x.mean(axes), rtol=1e-5)
    np.testing.assert_allclose(new_var, 0.7 * var + 0.3 * x.var(axes, ddof=1), rtol=1e-5)
    np.testing.assert_allclose(out, results("batch_norm", x, None, None, training=True)[0])
    np.testing.assert_allclose(out.mean(axes), 0, atol=1e-6)


def test_one_value_has_no_variance() -> None:
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        call("batch_norm", floats(1, 3), None, None, training=True)
    with pytest.raises(ValueError, match="Expected more than 1 spatial element when training"):
        call("instance_norm", floats(2, 3, 1))


# -- attention ---------------------------------------------------------------------------------


def test_attention_to_nothing_is_nothing() -> None:
    q, k, v = floats(1, 3, 2), floats(1, 4, 2, seed=1), floats(1, 4, 2, seed=2)
    mask = np.array([[True] * 4, [False] * 4, [True, False, True, False]])
    for allowed in (mask, np.where(mask, 0, -np.inf).astype(np.float32)):
        out = results("scaled_dot_product_attention", q, k, v, allowed)[0]
        assert np.isfinite(out).all()
        assert not out[0, 1].any()
        assert all(
            np.isfinite(g).all() for g in slopes("scaled_dot_product_attention", q, k, v, mask)
        )


def test_attention_is_an_average_of_values() -> None:
    q, k = floats(2, 3, 4), floats(2, 5, 4, seed=1)
    v = np.broadcast_to(np.arange(2, dtype=np.float32), (2, 5, 2)).copy()
    out = results("scaled_dot_product_attention", q, k, v, bools(3, 5) | np.eye(3, 5, dtype=bool))[
        0
    ]
    np.testing.assert_allclose(out, np.broadcast_to(np.arange(2), (2, 3, 2)), rtol=1e-5)


# -- convolution -------------------------------------------------------------------------------


def direct(x: Any, w: Any, stride: int, pad: int, dilation: int, groups: int) -> Any:
    """Convolution of signals by its definition."""
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad)))
    outputs, per_group, width = w.shape
    count = (x.shape[2] - dilation * (width - 1) - 1) // stride + 1
    out = np.zeros((x.shape[0], outputs, count))
    for o, i in itertools.product(range(outputs), range(count)):
        first = o // (outputs // groups) * per_group
        window = x[:, first : first + per_group, i * stride :][:, :, : dilation * width : dilation]
        out[:, o, i] = (window[:, :, :width] * w[o]).sum((1, 2))
    return out


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("pad", [0, 2])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("groups", [1, 2])
def test_convolution_is_what_its_definition_says(
    stride: int, pad: int, dilation: int, groups: int
) -> None:
    x, w = floats(2, 4, 9), floats(6, 4 // groups, 3, seed=1)
    options: Any = {"stride": stride, "padding": pad, "dilation": dilation, "groups": groups}
    found = results("conv1d", x, w, **options)[0]
    np.testing.assert_allclose(found, direct(x, w, stride, pad, dilation, groups), 1e-4, 1e-4)


def test_a_transposed_convolution_is_the_adjoint() -> None:
    for stride, pad, dilation in itertools.product((1, 2), (0, 1), (1, 2)):
        x, w = floats(1, 2, 4, 5), floats(2, 3, 2, 3, seed=1)
        options: Any = {"stride": stride, "padding": pad, "dilation": dilation}
        y = results("conv_transpose2d", x, w, **options)[0]
        image = floats(*y.shape, seed=2)
        back = results("conv2d", image, w, **options)[0]
        np.testing.assert_allclose((y * image).sum(), (x * back).sum(), rtol=1e-4)


def test_images_that_do_not_fit_the_kernels() -> None:
    with pytest.raises(RuntimeError) as caught:
        call("conv2d", floats(1, 2, 5, 5), floats(4, 3, 3, 3))
    assert str(caught.value) == (
        "conv2d: Given groups=1, weight of size [4, 3, 3, 3], expected input[1, 2, 5, 5] to have 3 "
        "channels, but got 2 channels instead\n"
        "    input is float32[1, 2, 5, 5]\n"
        "    weight is float32[4, 3, 3, 3]\n"
        "  hint: the channels are the size after the batch: (batch, channels, ...)"
    )
    with pytest.raises(RuntimeError, match=r"Kernel size: \(3 x 3\)"):
        call("conv2d", floats(1, 3, 2, 2), floats(4, 3, 3, 3))
    with pytest.raises(RuntimeError, match="not supported for strided convolutions"):
        call("conv2d", floats(1, 3, 5, 5), floats(4, 3, 3, 3), stride=2, padding="same")


# -- pooling -----------------------------------------------------------------------------------


def test_pooling_finds_nan_and_the_first_of_equals() -> None:
    x = np.array([[[1.0, np.nan, 3.0, 3.0, -np.inf, -np.inf]]], np.float32)
    values, places = results("max_pool1d", x, 2, return_indices=True)
    np.testing.assert_array_equal(values, [[[np.nan, 3, -np.inf]]])
    assert places.tolist() == [[[1, 2, 4]]]
    values, places = results("max_pool1d", x[:, :, 4:], 2, 1, 1, return_indices=True)
    assert places.tolist() == [[[0, 0, 1]]]


def test_places_point_at_the_values() -> None:
    x = floats(2, 3, 7, 5)
    for name, args in [("max_pool2d", ((3, 2), 2, 1)), ("adaptive_max_pool2d", ((3, 4),))]:
        values, places = results(name, x, *args, return_indices=True)
        flat = np.take_along_axis(x.reshape(2, 3, -1), places.reshape(2, 3, -1), 2)
        np.testing.assert_array_equal(flat.reshape(values.shape), values)


def test_adaptive_means_weigh_every_element_of_their_windows() -> None:
    x = floats(1, 1, 5)
    found = results("adaptive_avg_pool1d", x, 3)[0]
    expected = [x[0, 0, a:b].mean() for a, b in ((0, 2), (1, 4), (3, 5))]
    np.testing.assert_allclose(found[0, 0], expected, rtol=1e-6)


def test_interpolation_keeps_a_straight_line_straight() -> None:
    line = np.arange(5, dtype=np.float32).reshape(1, 1, 5)
    found = results("interpolate", line, 9, mode="linear", align_corners=True)[0]
    np.testing.assert_allclose(found[0, 0], np.arange(9) / 2, rtol=1e-6)


def test_patches_fold_back_to_the_image_they_came_from() -> None:
    image = floats(2, 3, 6, 4)
    columns = results("im2col", image, 2, stride=2)[0]
    assert columns.shape == (2, 12, 6)
    np.testing.assert_array_equal(results("col2im", columns, (6, 4), 2, stride=2)[0], image)
