"""Losses that compare scores, one for each class, with the right classes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..dtypes import DType
from ..errors import ChoiceError, DtypeError, ShapeError, explain
from ..graph import Node, Shape, Spec
from .activation import expect_fractional
from .along import grid
from .batching import Batch
from .index import OutOfRange, has_outliers
from .loss import Flag, chosen, reduced_by
from .samples import Array, floats
from .softmax import log_softmax_along
from .table import Kind, Tensor, derived, primitive

IGNORED = -100
"""The class that PyTorch leaves out unless told otherwise."""


# -- the score of the right class --------------------------------------------------------------


def kept(target: Any, n: int, ignore: int) -> tuple[Any, Any]:
    """The classes with ignored ones replaced by 0, and where they are not ignored (None: nowhere).

    Raises OutOfRange if there is no such class.
    """
    if not has_outliers(target, n) and not 0 <= ignore < n:
        return target, None
    mask = target != ignore
    safe = np.where(mask, target, 0)
    if has_outliers(safe, n):
        bad = int(safe[(safe < 0) | (safe >= n)].flat[0])
        hint = f"there are {n} classes, so targets are 0 to {n - 1} (or {ignore}, which is ignored)"
        if bad == np.iinfo(np.int64).min:
            hint = "this is what nan becomes as an integer: look for nan in the targets"
        raise OutOfRange(explain("loss", f"Target {bad} is out of bounds.", hint=hint))
    return safe, mask


def right_scores(x: Any, target: Any, *, axis: int, ignore: int) -> Any:
    """NumPy: the elements of `x` at `target` along `axis`, which goes away; 0 where ignored."""
    target, mask = kept(target, x.shape[axis], ignore)
    found = x[full_key(target, axis)]
    return found if mask is None else np.where(mask, found, x.dtype.type(0))


def full_key(target: Any, axis: int) -> tuple[Any, ...]:
    """NumPy's index for the elements at `target` along an `axis` that `target` does not have."""
    places = grid(target.shape, None)
    return (*places[:axis], target, *places[axis:])


@primitive(Kind.INDEX, numpy=right_scores, grad_name="NllLossBackward0")
def pick_class(input: Tensor, target: Tensor, *, axis: int, ignore: int) -> Spec:
    """The scores of the classes `target` along `axis`, which goes away; 0 where it is `ignore`."""
    return Spec(target.shape, input.dtype)


@pick_class.vjp
def _(
    g: Node, out: Node, input: Node, target: Node, *, axis: int, ignore: int
) -> tuple[Node, None]:
    return put_class(g, target, axis=axis, n=input.shape[axis], ignore=ignore), None


@pick_class.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4), np.array([0, 3, 1])), {"axis": 1, "ignore": IGNORED}
    yield (floats(2, 3, 2), np.array([[0, 2], [1, 1]])), {"axis": 1, "ignore": 1}


def put_scores(g: Any, target: Any, *, axis: int, n: int, ignore: int) -> Array:
    """NumPy: zeros with `g` at `target` along a new `axis` of size `n`, unless ignored."""
    out: Array = np.zeros((*target.shape[:axis], n, *target.shape[axis:]), g.dtype)
    target, mask = kept(target, n, ignore)
    out[full_key(target, axis)] = g if mask is None else np.where(mask, g, g.dtype.type(0))
    return out


@primitive(Kind.INDEX, numpy=put_scores)
def put_class(g: Tensor, target: Tensor, *, axis: int, n: int, ignore: int) -> Spec:
    """Zeros with `g` at the classes `target` along a new `axis` of size `n`, unless ignored."""
    shape = target.shape
    return Spec((*shape[:axis], n, *shape[axis:]), g.dtype)


@put_class.vjp
def _(
    g: Node, out: Node, first: Node, target: Node, *, axis: int, n: int, ignore: int
) -> tuple[Node, None]:
    return pick_class(g, target, axis=axis, ignore=ignore), None


@put_class.samples
def _() -> Iterator[Any]:
    yield (floats(3), np.array([0, 3, 1])), {"axis": 1, "n": 4, "ignore": IGNORED}


@primitive(
    Kind.REDUCE,
    numpy=lambda target, *, ignore, dtype: dtype.numpy.type(np.count_nonzero(target != ignore)),
)
def count_kept(target: Tensor, *, ignore: int, dtype: DType) -> Spec:
    """How many of the classes are not `ignore`."""
    return Spec((), dtype)


@count_kept.vmap
def _(batch: Batch, target: Node, *, ignore: int, dtype: DType) -> Node:
    kept = ops.cast(ops.ne(target, ignore), dtype=dtype)
    return ops.reduce_sum(kept, axes=tuple(range(1, target.ndim)), keepdim=False)


@count_kept.samples
def _() -> Iterator[Any]:
    yield (np.array([0, 3, 1]),), {"ignore": 3, "dtype": dtypes.float32}


# -- negative log-likelihood -------------------------------------------------------------------


def check_classes(op: str, input: Node, target: Node, weight: Node | None) -> int:
    """The axis of the classes; raises unless `target` has one class for each row of scores."""
    if not input.ndim:
        raise ChoiceError(explain(op, "Expected 1 or more dimensions (got 0)"))
    axis = 1 if input.ndim > 1 else 0
    if target.dtype not in (dtypes.int64, dtypes.uint8):
        problem = f"expected target dtype to be Long or Byte, but got {target.dtype.name}"
        hint = "convert with .long()"
        if target.dtype.differentiable and input.dtype.category < dtypes.FLOAT:
            hint = "the scores come first, the classes second: are the arguments swapped?"
        raise DtypeError(explain(op, problem, {"input": input.spec, "target": target.spec}, hint))
    expect_fractional(op, input)
    wanted = input.shape[:axis] + input.shape[axis + 1 :]
    if target.shape != wanted:
        got = {"input": input.spec, "target": target.spec}
        problem = f"Expected target size {list(wanted)}, got {list(target.shape)}"
        if axis and target.ndim and target.shape[0] != input.shape[0]:
            problem = (
                f"Expected input batch_size ({input.shape[0]}) to match target batch_size "
                f"({target.shape[0]})."
            )
            hint = "each row of scores needs one class: look at the shapes of both"
            raise ChoiceError(explain(op, problem, got, hint))
        hint = ""
        if input.ndim == 2:
            problem = "0D or 1D target tensor expected, multi-target not supported"
            hint = "one-hot rows: target.argmax(1); a (batch, 1) target: target.squeeze(1)"
        raise ShapeError(explain(op, problem, got, hint))
    if weight is not None and weight.shape != (input.shape[axis],):
        problem = (
            "weight tensor should be defined either for all or no classes, i.e. it should have "
            f"{input.shape[axis]} elements"
        )
        raise ShapeError(explain(op, problem, {"weight": weight.spec}))
    return axis


def class_weights(weight: Node, shape: Shape, axis: int) -> Node:
    """A weight for each class, over an array of scores of `shape`."""
    sizes = [n if k == axis else 1 for k, n in enumerate(shape)]
    return ops.expand_view(ops.reshape(weight, tuple(sizes)), shape=shape)


def likelihood_loss(
    input: Node, target: Node, weight: Node | None, ignore: int, reduction: str, axis: int
) -> Node:
    """`nll_loss` of well-formed arguments."""
    if target.dtype is not dtypes.int64:
        target = ops.cast(target, dtype=dtypes.int64)
    scores = pick_class(input, target, axis=axis, ignore=ignore)
    weights = None
    if weight is not None:
        over = class_weights(weight, input.shape, axis)
        weights = pick_class(over, target, axis=axis, ignore=ignore)
        scores = scores * weights
    if reduction != "mean":
        return reduced_by(reduction, -scores)
    if weights is None:
        total = count_kept(target, ignore=ignore, dtype=input.dtype)
    else:
        total = ops.sum(weights)
    return -ops.sum(scores) / total


def likelihood_name(out: Node, form: Any) -> str:
    """Of a class for each example, or for each place."""
    return "NllLossBackward0" if out.home.a.ndim < 3 else "NllLoss2DBackward0"


@derived(on="F", grad_name=likelihood_name)
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Flag = None,
    ignore_index: int = IGNORED,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Node:
    """Mean of `-input` at the right classes: `input` holds log-probabilities along dimension 1.

    >>> F.nll_loss(torch.tensor([[-0.5, -1.0], [-2.0, -0.1]]), torch.tensor([0, 1]))
    tensor(0.3000)
    """
    reduction = chosen(size_average, reduce, reduction)
    axis = check_classes("nll_loss", input, target, weight)
    return likelihood_loss(input, target, weight, ignore_index, reduction, axis)


def labelled() -> Iterator[Any]:
    """Samples of scores and classes."""
    x, target = floats(3, 4), np.array([0, 3, 1])
    weight = floats(4, low=0.5, seed=2)
    yield x, target
    yield (x, target), {"weight": weight}
    yield (x, target), {"weight": weight, "ignore_index": 3}
    yield (x, np.array([0, -100, 1])), {"reduction": "sum"}
    yield (x, target), {"weight": weight, "reduction": "none", "ignore_index": 3}
    yield floats(4), np.array(2)
    yield floats(2, 3, 2), np.array([[0, 2], [1, -100]])
    yield (floats(2, 3, 2), np.array([[0, 2], [1, 1]])), {"weight": floats(3, low=0.5, seed=2)}


@nll_loss.samples
def _() -> Iterator[Any]:
    yield from labelled()


# -- cross entropy -----------------------------------------------------------------------------


def entropy_name(out: Node, form: Any) -> str:
    """Of classes, of classes that are made less certain, or of probabilities."""
    x, target = out.home.a, out.home.b
    if target.dtype.is_floating_point and target.shape == x.shape:
        return "DivBackward1" if form[6] == "mean" else "NegBackward0"
    return likelihood_name(out, form) if not form[7] else "AddBackward0"


@derived(on="F", grad_name=entropy_name)
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Flag = None,
    ignore_index: int = IGNORED,
    reduce: Flag = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Node:
    """Mean of `-log_softmax(input)` at the right classes; or weighted by their probabilities.

    `input` holds a score for each class along dimension 1; `target` the number of the right class,
    or, in the shape of `input`, the probability of each class.

    >>> F.cross_entropy(torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([0, 1]))
    tensor(0.6931)
    """
    reduction = chosen(size_average, reduce, reduction)
    if not 0 <= label_smoothing <= 1:
        problem = f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}"
        raise ShapeError(explain("cross_entropy", problem))
    fractional = target.dtype.is_floating_point and target.shape == input.shape
    if fractional and input.ndim:
        axis = 1 if input.ndim > 1 else 0
    else:
        axis = check_classes("cross_entropy", input, target, weight)
    scores = log_softmax_along(input, axis=axis)
    if fractional:
        return soft_entropy(scores, target, weight, reduction, label_smoothing, axis)
    plain = likelihood_loss(scores, target, weight, ignore_index, reduction, axis)
    if not label_smoothing:
        return plain
    rest = smoothing_loss(scores, target, weight, ignore_index, reduction, axis)
    share = label_smoothing / input.shape[axis]
    return plain * (1 - label_smoothing) + rest * share


def soft_entropy(
    scores: Node, target: Node, weight: Node | None, reduction: str, smoothing: float, axis: int
) -> Node:
    """Cross entropy with probabilities for targets."""
    n = scores.shape[axis]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / n
    weighted = scores * target
    if weight is not None:
        weighted = weighted * class_weights(weight, scores.shape, axis)
    loss = -ops.reduce_sum(weighted, axes=(axis,), keepdim=False)
    if reduction != "mean":
        return reduced_by(reduction, loss)
    return ops.sum(loss) / (scores.size // max(n, 1))


def smoothing_loss(
    scores: Node, target: Node, weight: Node | None, ignore: int, reduction: str, axis: int
) -> Node:
    """The part of the loss that treats all classes alike."""
    weighted = scores
    if weight is not None:
        weighted = scores * class_weights(weight, scores.shape, axis)
    loss = -ops.reduce_sum(weighted, axes=(axis,), keepdim=False)
    loss = ops.where(ops.eq(target, ignore), 0, loss)
    if reduction != "mean":
        return reduced_by(reduction, loss)
    if weight is None:
        total = count_kept(target, ignore=ignore, dtype=scores.dtype)
    else:
        over = class_weights(weight, scores.shape, axis)
        total = ops.sum(pick_class(over, target, axis=axis, ignore=ignore))
    return ops.sum(loss) / total


@cross_entropy.samples
def _() -> Iterator[Any]:
    yield from labelled()
    for args in labelled():
        positional, named = args if isinstance(args[-1], dict) else (args, {})
        yield positional, {**named, "label_smoothing": 0.1}
    x, likely = floats(3, 4), floats(3, 4, low=0.1, high=1, seed=1)
    yield x, likely
    yield (x, likely), {"weight": floats(4, low=0.5, seed=2), "label_smoothing": 0.2}
    yield (floats(2, 3, 2), floats(2, 3, 2, low=0, seed=1)), {"reduction": "sum"}
    yield floats(4), floats(4, low=0, seed=1)


@derived(on="F", grad_name="NllLossBackward0")
def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Node:
    """`cross_entropy(linear(input, linear_weight, linear_bias), target)`.

    `linear_weight` is (classes, *places, features), with a loss for each place. `options`, which
    say how to save memory, are accepted and not needed.
    """
    if linear_weight.ndim < 2:
        problem = f"expected linear_weight with dimensionality at least 2, got {linear_weight.ndim}"
        raise ShapeError(explain("linear_cross_entropy", problem))
    classes, *places, features = linear_weight.shape
    if places and input.ndim < 2:
        problem = f"a loss at each place wants a batch, (N, {features}), got {list(input.shape)}"
        raise ShapeError(explain("linear_cross_entropy", problem, {"weight": linear_weight.spec}))
    rows = ops.reshape(linear_weight, (math.prod(places, start=classes), features))
    bias = None if linear_bias is None else ops.reshape(linear_bias, (rows.shape[0],))
    scores = ops.linear(input, rows, bias)
    scores = ops.reshape(scores, (*input.shape[:-1], classes, *places))
    if target.shape == scores.shape and ignore_index is not None:
        problem = "ignore_index cannot be specified when target contains probabilities"
        raise ShapeError(explain("linear_cross_entropy", problem))
    ignore = IGNORED if ignore_index is None else ignore_index
    return cross_entropy(scores, target, weight, None, ignore, None, reduction, label_smoothing)


@linear_cross_entropy.samples
def _() -> Iterator[Any]:
    x, target = floats(3, 2), np.array([0, 3, 1])
    yield x, floats(4, 2, seed=1), target
    yield (x, floats(4, 2, seed=1), target), {"linear_bias": floats(4), "ignore_index": 3}
    target = np.array([[0, 3], [1, 2], [2, 2]])
    yield (x, floats(4, 2, 2, seed=1), target), {"label_smoothing": 0.1, "reduction": "sum"}
