"""Attention by several heads, as a layer."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterator
from typing import Any

from ..errors import ArgumentError, ChoiceError, explain
from . import functional as F
from . import init
from .linear import NonDynamicallyQuantizableLinear
from .module import Module
from .parameter import unset


class SDPBackend(enum.Enum):
    """PyTorch's implementations of attention; here there is one, whose results are theirs."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextlib.contextmanager
def sdpa_kernel(backends: Any, set_priority: bool = False) -> Iterator[None]:
    """A context that names implementations of attention: accepted, and without effect."""
    for backend in backends if isinstance(backends, list | tuple) else [backends]:
        if not isinstance(backend, SDPBackend):
            problem = f"backends must be of SDPBackend, not {type(backend).__name__}"
            raise ArgumentError(explain("sdpa_kernel", problem))
    yield


class MultiheadAttention(Module):
    """Attention by `num_heads` heads, each to its own projection of queries, keys and values.

    Inputs are (time, batch, embed_dim), or (batch, time, embed_dim) with `batch_first`.

    >>> m = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = torch.ones(3, 5, 8)
    >>> out, weights = m(x, x, x)
    >>> out.shape, weights.shape
    (torch.Size([3, 5, 8]), torch.Size([3, 5, 5]))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            problem = "embed_dim and num_heads must be greater than 0"
            got = {"embed_dim": embed_dim, "num_heads": num_heads}
            raise ChoiceError(explain("MultiheadAttention", problem, got))
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            problem = "embed_dim must be divisible by num_heads"
            raise AssertionError(explain("MultiheadAttention", problem))
        kind = {"device": device, "dtype": dtype}
        sizes: dict[str, tuple[int, ...]] = {
            "q_proj_weight": (embed_dim, embed_dim),
            "k_proj_weight": (embed_dim, self.kdim),
            "v_proj_weight": (embed_dim, self.vdim),
            "in_proj_weight": (3 * embed_dim, embed_dim),
        }
        for name, size in sizes.items():
            there = (name == "in_proj_weight") is self._qkv_same_embed_dim
            self.register_parameter(name, unset(*size, **kind) if there else None)
        self.register_parameter("in_proj_bias", unset(3 * embed_dim, **kind) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, **kind)
        for name in ("bias_k", "bias_v"):
            made = unset(1, 1, embed_dim, **kind) if add_bias_kv else None
            self.register_parameter(name, made)
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        if self._qkv_same_embed_dim:
            init.xavier_uniform_(self.in_proj_weight)
        else:
            for weight in (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """What the heads see, as large as `query`, and the weights (None unless needed)."""
        turns = self.batch_first and query._value.ndim == 3
        if turns:
            query, key, value = swapped(query, key, value)
        out, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight,
            self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
            self.out_proj.weight, self.out_proj.bias, self.training, key_padding_mask, need_weights,
            attn_mask, not self._qkv_same_embed_dim, self.q_proj_weight, self.k_proj_weight,
            self.v_proj_weight, average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        return (out.transpose(0, 1) if turns else out), weights

    def merge_masks(self, attn_mask: Any, key_padding_mask: Any, query: Any) -> tuple[Any, Any]:
        """Both masks as one of (batch, heads, time, time), and its kind: 0, 1 or 2."""
        if key_padding_mask is None:
            return attn_mask, None if attn_mask is None else 0
        batch, time = query.shape[:2]
        merged = key_padding_mask.view(batch, 1, 1, time).expand(-1, self.num_heads, -1, -1)
        if attn_mask is None:
            return key_padding_mask, 1
        if attn_mask.dim() == 3:
            whole = attn_mask.view(batch, -1, time, time)
        else:
            whole = attn_mask.view(1, 1, time, time).expand(batch, self.num_heads, -1, -1)
        return whole + merged, 2


def swapped(query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
    """All three with time before batch; those that are the same tensor stay the same."""
    q = query.transpose(0, 1)
    k = q if key is query else key.transpose(0, 1)
    v = k if value is key else q if value is query else value.transpose(0, 1)
    return q, k, v
