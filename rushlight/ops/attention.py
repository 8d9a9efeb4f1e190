"""Attention: values averaged with weights that depend on how well keys answer a query."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, DtypeError, ShapeError, explain
from ..graph import Constant, Node
from .samples import bools, floats
from .table import Tensor, derived
from .views import expand_view, permute_view


def causal_mask(rows: int, columns: int) -> Node:
    """Which keys a query may look at: those no later than itself."""
    true = ops.cast(Constant(True), dtype=dtypes.bool_)
    return ops.tril(expand_view(true, shape=(rows, columns)))


def masked(scores: Node, mask: Node) -> tuple[Node, Node]:
    """`scores` with the mask applied, and the rows in which everything is masked.

    Those rows hold zeros, so that their softmax is harmless.
    """
    if mask.dtype is dtypes.bool_:
        scores = ops.where(mask, scores, -math.inf)
    elif mask.dtype is scores.dtype or mask.dtype.is_floating_point:
        scores = scores + ops.to_dtype(mask, scores.dtype)
    else:
        problem = (
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
            f"attn_mask.dtype: {mask.dtype.name} and query.dtype: {scores.dtype.name} instead."
        )
        raise DtypeError(explain("scaled_dot_product_attention", problem))
    blocked = ops.eq(ops.amax(ops.detach(scores), -1, True), -math.inf)
    return ops.where(blocked, 0, scores), blocked


@derived(grad_name="SoftmaxBackward0")
def attention_weights(
    query: Tensor,
    key: Tensor,
    attn_mask: Tensor | None = None,
    is_causal: bool = False,
    scale: float | None = None,
) -> Node:
    """How much each query looks at each key: `softmax(query @ key.mT * scale + mask)`."""
    if is_causal and attn_mask is not None:
        problem = "Explicit attn_mask should not be set when is_causal=True"
        raise ShapeError(explain("scaled_dot_product_attention", problem))
    order = (*range(key.ndim - 2), key.ndim - 1, key.ndim - 2)
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = ops.matmul(query * factor, permute_view(key, dims=order))  # (.., queries, keys)
    if is_causal:
        mask = causal_mask(query.shape[-2], key.shape[-2])
        return ops.softmax(ops.where(mask, scores, -math.inf), -1)
    if attn_mask is not None:
        scores, blocked = masked(scores, attn_mask)
        return ops.where(blocked, 0, ops.softmax(scores, -1))
    return ops.softmax(scores, -1)


@attention_weights.samples
def _() -> Iterator[Any]:
    yield floats(1, 2, 3, 2), floats(1, 2, 4, 2, seed=1)
    yield floats(2, 3, 2), floats(2, 4, 2, seed=1), bools(3, 4, seed=4)


@derived(on="F", grad_name="ScaledDotProductFlashAttentionForCpuBackward0")
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Node:
    """`softmax(query @ key.mT * scale + mask) @ value`; `scale` is 1/sqrt(size) unless given.

    `attn_mask` is added to the scores, or, if it holds truth values, says which may count. With
    `is_causal` no query looks at a later key.

    >>> x = torch.eye(2)
    >>> F.scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]])
    """
    if dropout_p:  # which draws numbers, and so is no op: see nn/functional.py
        raise ChoiceError(explain("scaled_dot_product_attention", "dropout_p must be 0 here"))
    if enable_gqa:
        key, value = shared_heads(query, key), shared_heads(query, value)
    return ops.matmul(attention_weights(query, key, attn_mask, is_causal, scale), value)


def shared_heads(query: Node, x: Node) -> Node:
    """`x` with each head repeated for the group of query heads that shares it."""
    heads, shared = query.shape[-3], x.shape[-3]
    if heads % shared:
        problem = f"{heads} query heads cannot share {shared} heads of keys and values"
        raise ShapeError(explain("scaled_dot_product_attention", problem))
    return x if heads == shared else ops.repeat_interleave(x, heads // shared, -3)


@scaled_dot_product_attention.samples
def _() -> Iterator[Any]:
    q, k, v = floats(1, 2, 3, 2), floats(1, 2, 4, 2, seed=1), floats(1, 2, 4, 2, seed=2)
    yield q, k, v
    yield q, k, v, bools(3, 4, seed=4)
    yield q, k, v, np.array([[True, False, True, True], [False] * 4, [True] * 4])
    yield q, k, v, floats(1, 1, 3, 4, seed=3)
    yield (q, k[:, :, :3], v[:, :, :3]), {"is_causal": True, "scale": 0.3}
    yield (q, k[:, :1], v[:, :1]), {"enable_gqa": True}
