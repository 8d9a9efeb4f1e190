"""A. Dosovitskiy and others: "An image is worth 16x16 words" (2020)."""

from __future__ import annotations

import functools
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ...calls import function
from ...errors import ChoiceError, ShapeError, explain
from ...nn import init
from ...nn.activations import ReLU
from ...nn.attention import MultiheadAttention
from ...nn.batchnorm import BatchNorm2d
from ...nn.containers import Sequential
from ...nn.conv import Conv2d
from ...nn.curves import GELU, Tanh
from ...nn.dropout import Dropout
from ...nn.layernorm import LayerNorm
from ...nn.linear import Linear
from ...nn.module import Module
from ...nn.parameter import Parameter
from ...ops import OPS
from ...patterns import empty, zeros
from ..ops.blocks import MLP, Conv2dNormActivation
from .building import builder

cat = function(OPS["cat"])

NORM = functools.partial(LayerNorm, eps=1e-6)


class ConvStemConfig(NamedTuple):
    """One of the convolutions that may stand before the transformer."""

    out_channels: int
    kernel_size: int
    stride: int
    norm_layer: Callable[..., Any] = BatchNorm2d
    activation_layer: Callable[..., Any] = ReLU


class MLPBlock(MLP):
    """The small network of a block: wider by half a dozen, and back."""

    def __init__(self, in_dim: int, mlp_dim: int, dropout: float) -> None:
        sizes = [mlp_dim, in_dim]
        super().__init__(in_dim, sizes, activation_layer=GELU, inplace=None, dropout=dropout)
        for layer in self.modules():
            if isinstance(layer, Linear):
                init.xavier_uniform_(layer.weight)
                init.normal_(layer.bias, std=1e-6)


class EncoderBlock(Module):
    """Attention, then a small network; each sees its input normalised, and is added to it."""

    def __init__(
        self,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float,
        attention_dropout: float,
        norm_layer: Callable[..., Any] = NORM,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.ln_1 = norm_layer(hidden_dim)
        self.self_attention = MultiheadAttention(
            hidden_dim, num_heads, dropout=attention_dropout, batch_first=True
        )
        self.dropout = Dropout(dropout)
        self.ln_2 = norm_layer(hidden_dim)
        self.mlp = MLPBlock(hidden_dim, mlp_dim, dropout)

    def forward(self, input: Any) -> Any:
        """A tensor as large as `input`, (pictures, patches, size)."""
        y = self.ln_1(input)
        y, _ = self.self_attention(y, y, y, need_weights=False)
        x = input + self.dropout(y)
        return x + self.mlp(self.ln_2(x))


class Encoder(Module):
    """Places are added to the patches, and blocks applied one after another."""

    def __init__(
        self,
        seq_length: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float,
        attention_dropout: float,
        norm_layer: Callable[..., Any] = NORM,
    ) -> None:
        super().__init__()
        places = init.normal_(empty(1, seq_length, hidden_dim), std=0.02)
        self.pos_embedding = Parameter(places)
        self.dropout = Dropout(dropout)
        kind = (num_heads, hidden_dim, mlp_dim, dropout, attention_dropout, norm_layer)
        blocks = [(f"encoder_layer_{k}", EncoderBlock(*kind)) for k in range(num_layers)]
        self.layers = Sequential(OrderedDict(blocks))
        self.ln = norm_layer(hidden_dim)

    def forward(self, input: Any) -> Any:
        """A tensor as large as `input`, (pictures, patches, size)."""
        return self.ln(self.layers(self.dropout(input + self.pos_embedding)))


class VisionTransformer(Module):
    """A transformer over the patches of a picture, each of `patch_size` squared pixels.

    Raises ValueError unless patches fill a picture.

    >>> model = torchvision.models.VisionTransformer(32, 16, 1, 2, 8, 16, num_classes=10)
    >>> model.eval()(torch.ones(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        image_size: int,
        patch_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        num_classes: int = 1000,
        representation_size: int | None = None,
        norm_layer: Callable[..., Any] = NORM,
        conv_stem_configs: Sequence[ConvStemConfig] | None = None,
    ) -> None:
        super().__init__()
        if image_size % patch_size:
            problem = "Input shape indivisible by patch size!"
            got = {"image_size": image_size, "patch_size": patch_size}
            raise ChoiceError(explain("VisionTransformer", problem, got))
        self.image_size, self.patch_size, self.hidden_dim = image_size, patch_size, hidden_dim
        self.mlp_dim, self.num_classes, self.dropout = mlp_dim, num_classes, dropout
        self.attention_dropout, self.norm_layer = attention_dropout, norm_layer
        self.representation_size = representation_size
        self.conv_proj = stem(conv_stem_configs, hidden_dim, patch_size)
        self.class_token = Parameter(zeros(1, 1, hidden_dim))
        self.seq_length = (image_size // patch_size) ** 2 + 1
        kind = (num_heads, hidden_dim, mlp_dim, dropout, attention_dropout, norm_layer)
        self.encoder = Encoder(self.seq_length, num_layers, *kind)
        heads: dict[str, Module] = {}
        if representation_size is not None:
            heads["pre_logits"] = Linear(hidden_dim, representation_size)
            heads["act"] = Tanh()
        heads["head"] = Linear(representation_size or hidden_dim, num_classes)
        self.heads = Sequential(OrderedDict(heads))
        start(self.conv_proj, self.heads)

    def _process_input(self, x: Any) -> Any:
        """The patches as a sequence: torchvision's name, which programs use."""
        n, _, height, width = x.shape
        for name, size in (("height", height), ("width", width)):
            if size != self.image_size:
                problem = f"Wrong image {name}! Expected {self.image_size} but got {size}!"
                hint = f"use transforms.Resize(({self.image_size}, {self.image_size}))"
                raise ShapeError(explain("VisionTransformer", problem, hint=hint))
        return self.conv_proj(x).reshape(n, self.hidden_dim, self.seq_length - 1).permute(0, 2, 1)

    def forward(self, x: Any) -> Any:
        """A score for each class, from pictures (pictures, 3, height, width)."""
        x = self._process_input(x)  # (pictures, patches, size)
        token = self.class_token.expand(x.shape[0], -1, -1)
        return self.heads(self.encoder(cat([token, x], 1))[:, 0])


def stem(configs: Sequence[ConvStemConfig] | None, hidden_dim: int, patch_size: int) -> Any:
    """What turns a picture into patches: one convolution, or several of `configs` and one more."""
    if configs is None:
        return Conv2d(3, hidden_dim, patch_size, stride=patch_size)
    layers = Sequential()
    channels = 3
    for k, (width, size, stride, norm, activation) in enumerate(configs):
        made = Conv2dNormActivation(channels, width, size, stride, None, 1, norm, activation)
        layers.add_module(f"conv_bn_relu_{k}", made)
        channels = width
    layers.add_module("conv_last", Conv2d(channels, hidden_dim, 1))
    return layers


def start(projection: Any, heads: Any) -> None:
    """Set the first weights of what stands before and after the transformer."""
    if isinstance(projection, Conv2d):
        fan_in = projection.in_channels * math.prod(projection.kernel_size)
        init.trunc_normal_(projection.weight, std=math.sqrt(1 / fan_in))
        init.zeros_(projection.bias)
    else:
        last = projection.conv_last
        init.normal_(last.weight, mean=0.0, std=math.sqrt(2.0 / last.out_channels))
        init.zeros_(last.bias)
    if hasattr(heads, "pre_logits"):
        first = heads.pre_logits
        init.trunc_normal_(first.weight, std=math.sqrt(1 / first.in_features))
        init.zeros_(first.bias)
    init.zeros_(heads.head.weight)
    init.zeros_(heads.head.bias)


TABLE = {
    "vit_b_16": (16, 12, 12, 768, 3072),
    "vit_b_32": (32, 12, 12, 768, 3072),
    "vit_l_16": (16, 24, 16, 1024, 4096),
    "vit_l_32": (32, 24, 16, 1024, 4096),
    "vit_h_14": (14, 32, 16, 1280, 5120),
}
"""Size of a patch, layers, heads, size of a place and of the small networks of each network."""


def register(name: str) -> Any:
    """The function that makes the network called `name`."""

    def make(**options: Any) -> VisionTransformer:
        size = options.pop("image_size", 224)
        return VisionTransformer(size, *TABLE[name], **options)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"A {name}; options are `image_size` (224) and those of `VisionTransformer`."
    return builder(make)


globals().update({name: register(name) for name in TABLE})
