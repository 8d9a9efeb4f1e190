"""Attention with dropout and with several heads: functions of `nn.functional` that may draw."""

from __future__ import annotations

import math
from typing import Any

from ..calls import function
from ..errors import ShapeError, explain
from ..ops import OPS
from ..patterns import zeros
from .masks import dropout

plain_attention = function(OPS["scaled_dot_product_attention"])
weights_of = function(OPS["attention_weights"])
linear = function(OPS["linear"])
cat = function(OPS["cat"])
pad = function(OPS["pad"])


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """`softmax(query @ key.mT * scale + mask) @ value`; `scale` is 1/sqrt(size) unless given.

    attn_mask: added to the scores, or, if it holds truth values, says which may count.
    dropout_p: the probability with which each of the weights is left out.
    is_causal: whether no query looks at a later key.
    enable_gqa: whether several heads of queries may share one of keys and values.

    >>> x = torch.eye(2)
    >>> F.scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]])
    """
    if not dropout_p:
        return plain_attention(
            query, key, value, attn_mask, 0.0, is_causal, scale=scale, enable_gqa=enable_gqa
        )
    if enable_gqa:
        times = query.shape[-3] // key.shape[-3]
        key, value = [x.repeat_interleave(times, -3) for x in (key, value)]
    weights = weights_of(query, key, attn_mask, is_causal, scale)
    return dropout(weights, dropout_p) @ value


# -- several heads -----------------------------------------------------------------------------


def additive(mask: Any, name: str, dtype: Any) -> Any:
    """`mask` as numbers to add: -inf where truth values forbid a key."""
    if mask is None or mask.is_floating_point():
        return mask
    if str(mask.dtype) != "torch.bool":
        problem = f"only bool and floating types of {name} are supported"
        raise ShapeError(explain("multi_head_attention_forward", problem, {name: mask._value.spec}))
    return zeros(mask.shape, dtype=dtype).masked_fill(mask, -math.inf)


def check_heads(query: Any, key: Any, value: Any, padding: Any, mask: Any, heads: int) -> None:
    """Raise unless the arguments have dimensions and sizes that go together."""
    ndim = query._value.ndim
    problem = ""
    if ndim not in (2, 3):
        problem = f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query"
    elif key._value.ndim != ndim or value._value.ndim != ndim:
        problem = f"key and value should be {ndim}-D tensors like the query"
    elif padding is not None and padding._value.ndim != ndim - 1:
        problem = f"key_padding_mask should be {ndim - 1}-D, got {padding._value.ndim}-D"
    elif mask is not None and mask._value.ndim not in (2, 3):
        problem = f"attn_mask should be 2-D or 3-D, got {mask._value.ndim}-D"
    elif mask is not None and mask._value.ndim == 3:
        n = query.shape[1] * heads if ndim == 3 else heads
        expected = (n, query.shape[0], key.shape[0])
        if tuple(mask.shape) != expected:
            problem = f"Expected attn_mask shape to be {expected} but got {tuple(mask.shape)}"
    if not problem and key.shape[:-1] != value.shape[:-1]:
        problem = "key and value must have the same length and batch"
    if problem:
        got = {"query": query._value.spec, "key": key._value.spec, "value": value._value.spec}
        raise ShapeError(explain("multi_head_attention_forward", problem, got))


def projected(
    query: Any, key: Any, value: Any, weight: Any, bias: Any, apart: Any
) -> tuple[Any, Any, Any]:
    """Queries, keys and values, projected; one product serves those that are the same tensor."""
    n = query.shape[-1]
    if weight is None:
        biases = (None, None, None) if bias is None else bias.chunk(3)
        pairs = zip((query, key, value), apart, biases, strict=True)
        q, k, v = [linear(x, w, b) for x, w, b in pairs]
        return q, k, v
    if query is key and key is value:
        q, k, v = linear(query, weight, bias).chunk(3, -1)
        return q, k, v
    first, rest = weight.split([n, 2 * n])
    b_first, b_rest = (None, None) if bias is None else bias.split([n, 2 * n])
    q = linear(query, first, b_first)
    if key is value:
        k, v = linear(key, rest, b_rest).chunk(2, -1)
        return q, k, v
    w_k, w_v = rest.chunk(2)
    b_k, b_v = (None, None) if bias is None else b_rest.chunk(2)
    return q, linear(key, w_k, b_k), linear(value, w_v, b_v)


def merged(padding: Any, mask: Any, batch: int, heads: int, keys: int) -> Any:
    """Both masks as one, to be added to scores of (batch * heads, queries, keys)."""
    if padding is None:
        return mask
    spread = padding.reshape(batch, 1, 1, keys).expand(batch, heads, 1, keys)
    spread = spread.reshape(batch * heads, 1, keys)
    return spread if mask is None else mask + spread


def into_heads(x: Any, batch: int, heads: int) -> Any:
    """(time, batch, heads * size) as (batch * heads, time, size)."""
    time, size = x.shape[0], x.shape[-1] // heads
    return x.reshape(time, batch * heads, size).transpose(0, 1)


def longer(x: Any, extra: Any) -> Any:
    """`x` with one more element, `extra`, along its first dimension."""
    return cat([x, extra.expand(1, *x.shape[1:])])


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Any, Any]:
    """Attention by several heads, projected together, and its weights (None unless needed).

    Query, key and value are (time, batch, size), or (time, size). Vaswani et al., "Attention is all
    you need" (2017).
    """
    check_heads(query, key, value, key_padding_mask, attn_mask, num_heads)
    check_embedding(query, embed_dim_to_check, num_heads)
    if is_causal and attn_mask is None:
        raise ShapeError(explain("attention", "Need attn_mask if specifying the is_causal hint."))
    batched = query._value.ndim == 3
    if not batched:
        same, alike = query is key, key is value
        query = query.unsqueeze(1)
        key = query if same else key.unsqueeze(1)
        value = key if alike else value.unsqueeze(1)
        padding = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    else:
        padding = key_padding_mask
    batch = query.shape[1]
    weight = None if use_separate_proj_weight else in_proj_weight
    apart = (q_proj_weight, k_proj_weight, v_proj_weight)
    q, k, v = projected(query, key, value, weight, in_proj_bias, apart)
    masks = [
        additive(padding, "key_padding_mask", q.dtype),
        additive(attn_mask, "attn_mask", q.dtype),
    ]
    if bias_k is not None and bias_v is not None:
        k, v = longer(k, bias_k), longer(v, bias_v)
        masks = [None if m is None else pad(m, (0, 1)) for m in masks]
    q, k, v = [into_heads(x, batch, num_heads) for x in (q, k, v)]
    k, v = (k if static_k is None else static_k), (v if static_v is None else static_v)
    if add_zero_attn:
        k, v = [cat([x, zeros(x.shape[0], 1, x.shape[2], dtype=x.dtype)], 1) for x in (k, v)]
        masks = [None if m is None else pad(m, (0, 1)) for m in masks]
    mask = merged(*masks, batch, num_heads, k.shape[1])
    out, weights = attend(q, k, v, mask, dropout_p if training else 0.0, need_weights)
    out = linear(
        out.transpose(0, 1).reshape(-1, batch, embed_dim_to_check), out_proj_weight, out_proj_bias
    )
    if need_weights:
        weights = weights.reshape(batch, num_heads, *weights.shape[1:])
        weights = weights.mean(1) if average_attn_weights else weights
        weights = weights if batched else weights.squeeze(0)
    return (out if batched else out.squeeze(1)), weights


def check_embedding(query: Any, expected: int, heads: int) -> None:
    """Raise unless the queries have the expected size, and heads can share it."""
    if query.shape[-1] != expected:
        problem = f"was expecting embedding dimension of {expected}, but got {query.shape[-1]}"
        raise AssertionError(explain("multi_head_attention_forward", problem))
    if expected % heads:
        problem = f"embed_dim {expected} not divisible by num_heads {heads}"
        raise AssertionError(explain("multi_head_attention_forward", problem))


def attend(
    q: Any, k: Any, v: Any, mask: Any, dropout_p: float, need_weights: bool
) -> tuple[Any, Any]:
    """What the heads see, (batch * heads, time, size), and the weights if they are needed."""
    if not need_weights:
        return scaled_dot_product_attention(q, k, v, mask, dropout_p), None
    scores = (q * math.sqrt(1.0 / q.shape[-1])) @ k.transpose(1, 2)
    weights = (scores if mask is None else scores + mask).softmax(-1)
    if dropout_p:
        weights = dropout(weights, dropout_p)
    return weights @ v, weights
