"""Layers that bring values to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ChoiceError, ShapeError, explain
from ..graph import Node, Shape
from .loss import size_text
from .reduce import average
from .samples import at_kink, floats
from .table import Number, Tensor, derived
from .views import reshape_view


def moments(x: Node, axes: Shape) -> tuple[Node, Node, Node]:
    """`x` less its mean over `axes`, that mean, and the variance."""
    mean = average(x, axes, True)
    centred = x - mean
    return centred, mean, average(ops.square(centred), axes, True)


def standardized(x: Node, axes: Shape, eps: float) -> Node:
    """`x` with mean 0 and variance 1 over `axes`."""
    centred, _, variance = moments(x, axes)
    return centred * ops.rsqrt(variance + eps)


def rescaled(x: Node, weight: Node | None, bias: Node | None, shape: Shape | None = None) -> Node:
    """`x * weight + bias`, both of them seen in `shape`."""
    if weight is not None:
        x = x * (weight if shape is None else reshape_view(weight, shape=shape))
    if bias is not None:
        x = x + (bias if shape is None else reshape_view(bias, shape=shape))
    return x


def like(out: Node, input: Node) -> Node:
    """`out` in the dtype of `input`, in row-major memory."""
    return ops.contiguous(out if out.dtype is input.dtype else ops.cast(out, dtype=input.dtype))


# -- over the last dimensions ------------------------------------------------------------------


def last_axes(op: str, input: Node, normalized_shape: Any, **scales: Node | None) -> Shape:
    """The last axes, which must have the sizes `normalized_shape`, as must the `scales`."""
    given = normalized_shape
    sizes = (given,) if isinstance(given, int) else tuple(given)
    if not sizes:
        problem = (
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least "
            "one element, but got normalized_shape = []"
        )
        raise ShapeError(explain(op, problem))
    for name, scale in scales.items():
        if scale is not None and scale.shape != sizes:
            problem = (
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(scale.shape)} and normalized_shape = {list(sizes)}"
            )
            raise ShapeError(explain(op, problem))
    if input.shape[input.ndim - len(sizes) :] != sizes or input.ndim < len(sizes):
        wanted = ", ".join(["*", *map(str, sizes)])
        problem = (
            f"Given normalized_shape={list(sizes)}, expected input with shape [{wanted}], but got "
            f"input of size{list(input.shape)}"
        )
        hint = "normalized_shape is the last size (or sizes) of the input"
        raise ShapeError(explain(op, problem, {"input": input.spec}, hint))
    return tuple(range(input.ndim - len(sizes), input.ndim))


@derived(on="F torch", grad_name="NativeLayerNormBackward0")
def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Node:
    """`input` with mean 0 and variance 1 over its last dimensions, times `weight`, plus `bias`.

    >>> F.layer_norm(torch.tensor([[1.0, 3.0]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    axes = last_axes("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    return like(rescaled(standardized(input, axes, eps), weight, bias), input)


@layer_norm.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), (4,)
    yield floats(3, 4).T, [3], floats(3, seed=1), floats(3, seed=2)
    yield floats(2, 3, 2), (3, 2), floats(3, 2, seed=1), None, 0.1


@derived(on="F torch", grad_name="MulBackward0")
def rms_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None
) -> Node:
    """`input` over the root of the mean of its squares over the last dimensions, times `weight`.

    >>> F.rms_norm(torch.tensor([[3.0, 4.0]]), (2,))
    tensor([[0.8485, 1.1314]])
    """
    axes = last_axes("rms_norm", input, normalized_shape, weight=weight)
    tiny = input.dtype.eps if eps is None else eps
    out = input * ops.rsqrt(average(ops.square(input), axes, True) + tiny)
    return like(rescaled(out, weight, None), input)


@rms_norm.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), (4,)
    yield floats(2, 3, 2), (3, 2), floats(3, 2, seed=1), 0.1


# -- over the batch ----------------------------------------------------------------------------


def over_channels(op: str, input: Node, **vectors: Node | None) -> tuple[Shape, Shape]:
    """The axes other than the channels', and the shape of a vector with one for each channel."""
    channels = input.shape[1] if input.ndim > 1 else 0
    for name, vector in vectors.items():
        if vector is not None and vector.size != channels:
            problem = f"{name} should contain {channels} elements not {vector.size}"
            hint = f"the input has {channels} channels: give the layer num_features={channels}"
            raise ShapeError(explain(op, problem, {"input": input.spec}, hint))
    axes = tuple([k for k in range(input.ndim) if k != 1])
    return axes, tuple([channels if k == 1 else 1 for k in range(input.ndim)])


def check_count(input: Node, axes: Shape) -> int:
    """How many values each channel has; raises if that is one, which has no variance."""
    count = 1
    for k in axes:
        count *= input.shape[k]
    if count == 1:
        problem = (
            "Expected more than 1 value per channel when training, got input size "
            f"{size_text(input.shape)}"
        )
        hint = "use a larger batch, or .eval() mode"
        raise ChoiceError(explain("batch_norm", problem, hint=hint))
    return count


@derived(grad_name="NativeBatchNormBackward0")
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: Number = 0.1,
    eps: float = 1e-5,
) -> Node:
    """Each channel of `input` less its mean, over its deviation, times `weight`, plus `bias`.

    Mean and variance are those of the batch if `training`, else the running ones. The running ones
    are not changed here: `batch_norm_step` returns their new values too.
    """
    if training:
        return step_of_training(input, weight, bias, eps)[0]
    if running_mean is None or running_var is None:
        problem = "running_mean must be defined in evaluation mode"
        raise ShapeError(explain("batch_norm", problem))
    _, shape = over_channels(
        "batch_norm",
        input,
        running_mean=running_mean,
        running_var=running_var,
        weight=weight,
        bias=bias,
    )
    # As factor and shift of each channel, the batch is passed over but twice.
    factor = ops.rsqrt(running_var + eps)
    if weight is not None:
        factor = factor * weight
    shift = -(running_mean * factor)
    if bias is not None:
        shift = shift + bias
    return like(rescaled(input, factor, shift, shape), input)


def step_of_training(
    input: Node, weight: Node | None, bias: Node | None, eps: float
) -> tuple[Node, Node, Node, int]:
    """A normalised batch, its mean and variance, and how many values each channel has."""
    axes, shape = over_channels("batch_norm", input, weight=weight, bias=bias)
    count = check_count(input, axes)
    centred, mean, variance = moments(input, axes)
    out = rescaled(centred * ops.rsqrt(variance + eps), weight, bias, shape)
    return like(out, input), mean, variance, count


@derived(grad_name="NativeBatchNormBackward0")
def batch_norm_step(
    input: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    momentum: Number = 0.1,
    eps: float = 1e-5,
) -> tuple[Node, Node, Node]:
    """The normalised batch, and the new values of the running mean and the running variance.

    Each moves towards that of the batch by the share `momentum`; the variance is the unbiased one.
    """
    over_channels("batch_norm", input, running_mean=running_mean, running_var=running_var)
    out, mean, variance, count = step_of_training(input, weight, bias, eps)
    batch_mean = reshape_view(ops.detach(mean), shape=running_mean.shape)
    batch_var = reshape_view(ops.detach(variance), shape=running_var.shape)
    unbiased = batch_var * (count / (count - 1))
    return (
        out,
        moved(running_mean, batch_mean, momentum),
        moved(running_var, unbiased, momentum),
    )


def moved(old: Node, new: Node, momentum: Number) -> Node:
    """`old` moved towards `new` by the share `momentum`."""
    # Not `old * (1 - momentum)`: of numbers given at run time 1 - momentum would be a float32.
    found: Node = old - old * momentum + ops.cast(new * momentum, dtype=old.dtype)
    return found


@batch_norm.samples
def _() -> Iterator[Any]:
    mean, var = floats(4, seed=3), floats(4, low=0.5, seed=4)
    weight, bias = floats(4, seed=1), floats(4, seed=2)
    yield floats(3, 4), mean, var, weight, bias
    yield floats(3, 4), mean, var
    yield floats(3, 4), None, None, weight, bias, True
    yield floats(2, 4, 3), None, None, None, None, True


@batch_norm_step.samples
def _() -> Iterator[Any]:
    # No gradient flows into the running values, whatever their slopes.
    mean, var = floats(4, seed=3), floats(4, low=0.5, seed=4)
    yield at_kink(floats(3, 4), mean, var, floats(4, seed=1), floats(4, seed=2))
    yield at_kink(floats(2, 4, 3), mean, var)


# -- over groups of channels -------------------------------------------------------------------


def in_groups(input: Node, groups: int, eps: float) -> Node:
    """`input` with mean 0 and variance 1 over each group of channels of each sample."""
    count = input.shape[0] * groups
    rows = ops.reshape(input, (count, input.size // max(count, 1)))
    return reshape_view(standardized(rows, (1,), eps), shape=input.shape)


@derived(on="F torch", grad_name="NativeGroupNormBackward0")
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Node:
    """`input` with mean 0 and variance 1 over each of `num_groups` groups of channels.

    >>> F.group_norm(torch.tensor([[1.0, 3.0, 5.0, 5.0]]), 2)
    tensor([[-1.0000,  1.0000,  0.0000,  0.0000]])
    """
    if input.ndim < 2:
        problem = f"Expected at least 2 dimensions for input tensor but received {input.ndim}"
        raise ShapeError(explain("group_norm", problem))
    if num_groups < 1 or input.shape[1] % num_groups:
        problem = (
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
        )
        raise ShapeError(explain("group_norm", problem))
    if input.size == input.shape[0] * num_groups and input.shape[0] == 1:
        problem = (
            "Expected more than 1 value per channel when training, got input size "
            f"{size_text(input.shape)}"
        )
        raise ChoiceError(explain("group_norm", problem))
    _, shape = over_channels("group_norm", input, weight=weight, bias=bias)
    return like(rescaled(in_groups(input, num_groups, eps), weight, bias, shape), input)


@group_norm.samples
def _() -> Iterator[Any]:
    yield floats(2, 4, 3), 2, floats(4, seed=1), floats(4, seed=2)
    yield floats(2, 4), 1
    yield floats(2, 3, 2, 1), 3, floats(3, seed=1)


@derived(grad_name="ViewBackward0")
def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: Number = 0.1,
    eps: float = 1e-5,
) -> Node:
    """Each channel of each sample with mean 0 and variance 1, times `weight`, plus `bias`.

    With `use_input_stats=False` the running mean and variance serve instead; here they are never
    changed.
    """
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, 0.0, eps)
    if input.size == input.shape[0] * input.shape[1]:
        problem = (
            "Expected more than 1 spatial element when training, got input size "
            f"{size_text(input.shape)}"
        )
        raise ChoiceError(explain("instance_norm", problem))
    _, shape = over_channels("instance_norm", input, weight=weight, bias=bias)
    return like(rescaled(in_groups(input, input.shape[1], eps), weight, bias, shape), input)


@instance_norm.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3, 4),)
    yield floats(2, 3, 4), None, None, floats(3, seed=1), floats(3, seed=2)


@derived(on="F", grad_name="DivBackward0")
def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Node:
    """`input` over `(k + alpha * m) ** beta`, with m the mean of squares of `size` channels around.

    Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks (2012).

    >>> F.local_response_norm(torch.tensor([[[3.0], [4.0]]]), 1, alpha=1.0, beta=0.5).flatten()
    tensor([0.9487, 0.9701])
    """
    if input.ndim < 3:
        problem = f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)"
        raise ChoiceError(explain("local_response_norm", problem))
    if not input.size:
        return input
    around = [0, 0] * (input.ndim - 2) + [size // 2, (size - 1) // 2]
    squares = ops.pad(ops.square(input), around)
    windows = ops.unfold(squares, 1, size, 1)
    mean = average(windows, (input.ndim,), False)
    return input / ops.pow(mean * alpha + k, beta)


@local_response_norm.samples
def _() -> Iterator[Any]:
    yield floats(2, 5, 2), 2
    yield floats(1, 4, 3), 3, 0.5, 0.75, 2.0


# -- vectors to length 1 -----------------------------------------------------------------------


@derived(on="F", grad_name="DivBackward0")
def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Node:
    """`input` over its `p`-norm along `dim`, or over `eps` if that is larger.

    >>> F.normalize(torch.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    return input / ops.clamp_min(ops.vector_norm(input, p, dim, True), eps)


@normalize.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(3, 4), 1.0, 0
    yield (floats(2, 3, 2),), {"dim": (1, 2)}
    yield at_kink(np.zeros((2, 2), np.float32))
