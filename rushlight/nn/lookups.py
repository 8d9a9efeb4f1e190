"""Functions of `nn.functional` that look at the numbers given: rows of tables, and one-hot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import bfloat, ops
from ..calls import function
from ..errors import ShapeError, explain
from ..graph import Node
from ..ops import OPS
from ..ops.samples import floats, ints
from ..ops.table import Tensor, derived
from ..runtime.memory import protect_saved
from ..runtime.record import realise, wrap
from ..runtime.recorder import local

plain_embedding = function(OPS["embedding"])
plain_one_hot = function(OPS["one_hot"])


@derived(grad_name="EmbeddingBackward0")
def embedding_by_share(
    input: Tensor, weight: Tensor, shares: Tensor, padding_idx: int | None = None
) -> Node:
    """The rows of `weight` whose numbers are in `input`; their gradients count by `shares`."""
    rows = ops.embedding(input, weight, padding_idx)
    return ops.with_data(rows * shares, rows)


@embedding_by_share.samples
def _() -> Iterator[Any]:
    yield ints(2, 3, low=0, high=4), floats(4, 3), floats(2, 3, 1, low=0.1)


share_rows = function(embedding_by_share)


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of `weight` whose numbers are in `input`.

    padding_idx: a row that gets no gradient.
    max_norm: rows that are looked up and longer than this are first shortened to it, in `weight`.
    scale_grad_by_freq: whether gradients of a row are averaged rather than added up.

    >>> F.embedding(torch.tensor([1, 0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    if max_norm is not None:
        shorten(weight, realise(input), max_norm, norm_type)
    if scale_grad_by_freq:
        return share_rows(input, weight, shares_of(realise(input), weight), padding_idx)
    return plain_embedding(input, weight, padding_idx)


def shares_of(rows: Any, weight: Any) -> Any:
    """One over how often each of the numbers `rows` occurs."""
    _, places, counts = np.unique(rows, return_inverse=True, return_counts=True)
    shares = 1 / counts[places.reshape(rows.shape)]
    return wrap(weight._value.dtype.array(shares[..., None]))


def shorten(weight: Any, rows: Any, max_norm: float, norm_type: float) -> None:
    """Scale those of the `rows` of `weight` that are longer than `max_norm` down to it."""
    array = realise(weight)
    local.recorder.flush()  # what was recorded earlier must read the old contents
    rows = np.unique(rows)
    found = bfloat.values(array[rows])
    norms = np.linalg.norm(found, norm_type, axis=1)
    long = norms > max_norm
    if long.any():
        protect_saved(array)
        scales = max_norm / (norms[long].astype(np.float64) + 1e-7)
        shorter = found[long] * scales[:, None].astype(found.dtype)
        array[rows[long]] = bfloat.converted(shorter, array.dtype)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """1 at the place that each number names, 0 elsewhere, along a new last dimension.

    >>> F.one_hot(torch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    if num_classes == -1:
        numbers = realise(tensor)
        if not numbers.size:
            problem = "Can not infer total number of classes from empty tensor."
            raise ShapeError(explain("one_hot", problem))
        if numbers.min() < 0:
            raise ShapeError(explain("one_hot", "Class values must be non-negative."))
        num_classes = int(numbers.max()) + 1
    return plain_one_hot(tensor, num_classes)
