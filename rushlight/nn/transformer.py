"""Transformers: layers of attention and of a small network, stacked.

Vaswani et al., "Attention is all you need" (2017); with `norm_first` in the order of Xiong et al.,
"On layer normalization in the transformer architecture" (2020).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

from ..calls import function
from ..errors import ShapeError, explain
from ..modes import is_grad_enabled
from ..ops import OPS
from ..patterns import full
from . import functional as F
from . import init
from .attention import MultiheadAttention
from .containers import ModuleList
from .dropout import Dropout
from .layernorm import LayerNorm
from .linear import Linear
from .module import Module

triu = function(OPS["triu"])


def activation_of(activation: Any) -> Any:
    """The function that a name stands for."""
    if not isinstance(activation, str):
        return activation
    if activation not in ("relu", "gelu"):
        problem = f"activation should be relu/gelu, not {activation}"
        raise ShapeError(explain("Transformer", problem))
    return getattr(F, activation)


def copies(module: Any, count: int) -> Any:
    """`count` copies of a layer, with the same parameters to begin with."""
    return ModuleList([copy.deepcopy(module) for _ in range(count)])


class _Layer(Module):
    """What the layers of encoder and decoder share; `attentions` names those of each."""

    attentions: tuple[str, ...] = ()

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        kind = {"bias": bias, "device": device, "dtype": dtype}
        for name in self.attentions:
            made = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **kind)
            setattr(self, name, made)
        self.linear1 = Linear(d_model, dim_feedforward, **kind)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **kind)
        self.norm_first = norm_first
        places = range(1, len(self.attentions) + 2)
        for k in places:
            setattr(self, f"norm{k}", LayerNorm(d_model, eps=layer_norm_eps, **kind))
        for k in places:
            setattr(self, f"dropout{k}", Dropout(dropout))
        self.activation = activation_of(activation)

    def added(self, x: Any, k: int, block: Callable[[Any], Any]) -> Any:
        """`x` plus what `block` makes of it, normalised before or after by the `k`-th norm."""
        norm, drop = getattr(self, f"norm{k}"), getattr(self, f"dropout{k}")
        if self.norm_first:
            return x + drop(block(norm(x)))
        return norm(x + drop(block(x)))

    def small_network(self, x: Any) -> Any:
        """Two linear layers with a bend between them."""
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Attention of a sequence to itself, then a small network; both are added to their input.

    >>> layer = torch.nn.TransformerEncoderLayer(d_model=8, nhead=2)
    >>> layer(torch.ones(5, 3, 8)).shape
    torch.Size([5, 3, 8])
    """

    attentions = ("self_attn",)

    def forward(
        self,
        src: Any,
        src_mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        """A tensor as large as `src`."""

        def look(x: Any) -> Any:
            return self.self_attn(
                x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal
            )[0]

        return self.added(self.added(src, 1, look), 2, self.small_network)


class TransformerDecoderLayer(_Layer):
    """Attention of a sequence to itself, then to `memory`, then a small network.

    >>> layer = torch.nn.TransformerDecoderLayer(d_model=8, nhead=2)
    >>> layer(torch.ones(4, 3, 8), torch.ones(5, 3, 8)).shape
    torch.Size([4, 3, 8])
    """

    attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """A tensor as large as `tgt`."""

        def look(x: Any) -> Any:
            return self.self_attn(
                x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal
            )[0]

        def recall(x: Any) -> Any:
            return self.multihead_attn(
                x, memory, memory, memory_key_padding_mask, False, memory_mask,
                is_causal=memory_is_causal,
            )[0]  # fmt: skip

        x = self.added(self.added(tgt, 1, look), 2, recall)
        return self.added(x, 3, self.small_network)


class TransformerEncoder(Module):
    """A stack of `num_layers` copies of an encoder layer.

    >>> layer = torch.nn.TransformerEncoderLayer(8, 2, batch_first=True)
    >>> torch.nn.TransformerEncoder(layer, 2)(torch.ones(3, 5, 8)).shape
    torch.Size([3, 5, 8])
    """

    def __init__(
        self,
        encoder_layer: Any,
        num_layers: int,
        norm: Any = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.use_nested_tensor = enable_nested_tensor and goes_fast(encoder_layer)
        self.mask_check = mask_check

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: Any = None
    ) -> Any:
        """A tensor as large as `src`."""
        x = src
        for layer in self.layers:
            x = layer(x, mask, src_key_padding_mask, bool(is_causal))
        if self.leaves_padding_out(src, mask, src_key_padding_mask):
            x = x.masked_fill(src_key_padding_mask.unsqueeze(-1), 0.0)
        return x if self.norm is None else self.norm(x)

    def leaves_padding_out(self, src: Any, mask: Any, padding: Any) -> bool:
        """Whether PyTorch computes nothing for padded elements here, and shows zeros for them."""
        if self.training or padding is None or mask is not None or not self.use_nested_tensor:
            return False
        learns = any([p.requires_grad for p in (src, *self.layers.parameters())])
        if src._value.ndim != 3 or (learns and is_grad_enabled()) or padding.is_floating_point():
            return False
        gaps = padding.numpy()
        return bool((gaps[:, 1:] >= gaps[:, :-1]).all())  # padding comes last


def goes_fast(layer: Any) -> bool:
    """Whether PyTorch has a shorter way through a layer of this kind when nothing is learned."""
    if not isinstance(layer, TransformerEncoderLayer) or layer.norm_first:
        return False
    attention = layer.self_attn
    relu = layer.activation is F.relu or type(layer.activation).__name__ == "ReLU"
    gelu = layer.activation is F.gelu or type(layer.activation).__name__ == "GELU"
    return bool(
        attention.batch_first
        and attention.in_proj_bias is not None
        and attention._qkv_same_embed_dim
        and (relu or gelu)
        and layer.norm1.eps == layer.norm2.eps
        and attention.num_heads % 2 == 0
    )


class TransformerDecoder(Module):
    """A stack of `num_layers` copies of a decoder layer."""

    def __init__(self, decoder_layer: Any, num_layers: int, norm: Any = None) -> None:
        super().__init__()
        self.layers = copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: Any = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """A tensor as large as `tgt`."""
        x = tgt
        for layer in self.layers:
            x = layer(
                x, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask,
                bool(tgt_is_causal), memory_is_causal,
            )  # fmt: skip
        return x if self.norm is None else self.norm(x)


class Transformer(Module):
    """An encoder, and a decoder that recalls what the encoder made.

    >>> m = torch.nn.Transformer(8, 2, 1, 1, 16)
    >>> m(torch.ones(5, 3, 8), torch.ones(4, 3, 8)).shape
    torch.Size([4, 3, 8])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        kind = {"bias": bias, "device": device, "dtype": dtype}
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps)
        if custom_encoder is None:
            layer: Any = TransformerEncoderLayer(*sizes, batch_first, norm_first, **kind)
            norm = LayerNorm(d_model, eps=layer_norm_eps, **kind)
            custom_encoder = TransformerEncoder(layer, num_encoder_layers, norm)
        self.encoder = custom_encoder
        if custom_decoder is None:
            layer = TransformerDecoderLayer(*sizes, batch_first, norm_first, **kind)
            norm = LayerNorm(d_model, eps=layer_norm_eps, **kind)
            custom_decoder = TransformerDecoder(layer, num_decoder_layers, norm)
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        for p in self.parameters():
            if p.dim() > 1:
                init.xavier_uniform_(p)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: Any = None,
        tgt_is_causal: Any = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """A tensor as large as `tgt`."""
        batch = 0 if self.batch_first else 1
        problem = ""
        if src._value.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            problem = "the batch number of src and tgt must be equal"
        elif src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            problem = "the feature number of src and tgt must be equal to d_model"
        if problem:
            got = {"src": src._value.spec, "tgt": tgt._value.spec}
            raise ShapeError(explain("Transformer", problem, got))
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        return self.decoder(
            tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask,
            tgt_is_causal, memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """A mask that lets no element look at a later one: 0 where it may, -inf where not.

        >>> torch.nn.Transformer.generate_square_subsequent_mask(2)
        tensor([[0., -inf],
                [0., 0.]])
        """
        return triu(full((sz, sz), -math.inf, dtype=dtype, device=device), 1)
