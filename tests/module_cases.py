"""Every module of `torch.nn`, with arguments to make it and inputs to call it: one table for all.

A case says nothing of what should come out: that PyTorch says (test_layers.py), or the rules that
every module obeys.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

RANDOM = np.random.default_rng(7)


class Case(NamedTuple):
    """A module `name(*args, **kwargs)` and its inputs, arrays; `kwargs` may hold arrays too."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    inputs: tuple[Any, ...]

    def __str__(self) -> str:
        words = [brief(a) for a in self.args]
        words += [f"{k}={brief(v)}" for k, v in self.kwargs.items()]
        shapes = "-".join(["x".join(map(str, np.shape(i))) for i in self.inputs])
        return f"{self.name}({', '.join(words)})-{shapes}"


def brief(value: Any) -> str:
    """An argument in a few words."""
    return f"array{list(value.shape)}" if isinstance(value, np.ndarray) else str(value)


def f(*shape: int) -> Any:
    """Fractional numbers of both signs."""
    return RANDOM.normal(0, 1.5, shape).astype(np.float32)


def share(*shape: int) -> Any:
    """Numbers between 0 and 1."""
    return RANDOM.uniform(0.05, 0.95, shape).astype(np.float32)


def whole(high: int, *shape: int) -> Any:
    """Integers below `high`."""
    return RANDOM.integers(0, high, shape)


def sign(*shape: int) -> Any:
    """1 and -1."""
    return RANDOM.choice([-1.0, 1.0], shape).astype(np.float32)


CASES: list[Case] = []

CONSTANT = {"SoftMarginLoss": {1}}
"""Inputs with respect to which PyTorch has no gradient."""


def case(name: str, *args: Any, of: Any, **kwargs: Any) -> None:
    """Add a case; `of` are its inputs."""
    inputs = of if isinstance(of, tuple) else (of,)
    CASES.append(Case(name, args, kwargs, inputs))


# -- linear ------------------------------------------------------------------------------------

case("Identity", of=f(2, 3))
case("Identity", 54, unused=0.1, of=f(2, 3))
case("Linear", 5, 3, of=f(4, 5))
case("Linear", 5, 3, bias=False, of=f(2, 4, 5))
case("Linear", 300, 200, of=f(300))
case("Bilinear", 3, 4, 5, of=(f(2, 3), f(2, 4)))
case("Bilinear", 3, 4, 2, bias=False, of=(f(2, 2, 3), f(2, 2, 4)))

# -- activations -------------------------------------------------------------------------------

PLAIN = (
    "ReLU ReLU6 Hardsigmoid Hardswish Sigmoid Tanh LogSigmoid Tanhshrink Softsign SELU SiLU Mish "
    "GELU ELU CELU LeakyReLU Softplus Softshrink Hardshrink Hardtanh PReLU"
)
for _name in PLAIN.split():
    case(_name, of=f(3, 4) * 2)
INPLACE = "ReLU ReLU6 Hardsigmoid Hardswish SELU SiLU Mish ELU CELU LeakyReLU Hardtanh"
for _name in INPLACE.split():
    case(_name, inplace=True, of=f(2, 3) * 2)
case("Threshold", 0.1, 20.0, of=f(3, 4))
case("Threshold", 0.1, 20.0, inplace=True, of=f(3, 4))
case("RReLU", of=f(3, 4))
case("RReLU", 0.1, 0.4, inplace=True, of=f(30, 4))
case("Hardtanh", -2.0, 0.5, of=f(3, 4))
case("LeakyReLU", 0.3, of=f(3, 4))
case("PReLU", 4, 0.1, of=f(3, 4, 2))
case("ELU", 0.5, of=f(3, 4))
case("CELU", 2.0, of=f(3, 4))
case("Softplus", 2.0, 1.0, of=f(3, 4))
case("Softshrink", 0.2, of=f(3, 4))
case("Hardshrink", 0.2, of=f(3, 4))
case("GELU", "tanh", of=f(3, 4))
case("GLU", of=f(3, 4))
case("GLU", 0, of=f(4, 3))
case("Softmax", 1, of=f(3, 4))
case("Softmin", 0, of=f(3, 4))
case("LogSoftmax", -1, of=f(3, 4))
case("Softmax2d", of=f(2, 3, 2, 2))
case("Softmax2d", of=f(3, 2, 2))

# -- dropout: the same numbers are drawn -------------------------------------------------------

case("Dropout", of=f(4, 5))
case("Dropout", 0.3, inplace=True, of=f(4, 5))
case("Dropout", 0.0, of=f(4, 5))
case("Dropout", 1.0, of=f(4, 5))
case("Dropout1d", 0.4, of=f(4, 5, 3))
case("Dropout1d", 0.4, of=f(5, 3))
case("Dropout2d", 0.4, of=f(4, 5, 3, 2))
case("Dropout2d", 0.4, inplace=True, of=f(4, 5, 3, 2))
case("Dropout3d", 0.4, of=f(2, 5, 3, 2, 2))
case("Dropout3d", 0.4, of=f(5, 3, 2, 2))
case("AlphaDropout", 0.3, of=f(4, 5))
case("AlphaDropout", inplace=True, of=f(4, 5))
case("FeatureAlphaDropout", 0.3, of=f(4, 5, 2))

# -- shapes ------------------------------------------------------------------------------------

case("Flatten", of=f(2, 3, 4))
case("Flatten", 0, 1, of=f(2, 3, 4))
case("Unflatten", 1, (2, 3), of=f(2, 6, 2))
case("PixelShuffle", 2, of=f(1, 8, 2, 3))
case("PixelUnshuffle", 2, of=f(1, 2, 4, 6))
case("ChannelShuffle", 3, of=f(1, 6, 2, 2))
case("Unfold", (2, 3), padding=1, of=f(2, 3, 4, 5))
case("Unfold", 2, dilation=2, stride=2, of=f(1, 2, 6, 6))
case("Fold", (4, 5), (2, 2), of=f(1, 12, 12))
case("Fold", (4, 4), 2, stride=2, padding=1, of=f(2, 8, 9))

# -- tables ------------------------------------------------------------------------------------

case("Embedding", 6, 3, of=whole(6, 2, 4))
case("Embedding", 6, 3, padding_idx=2, of=whole(6, 2, 4))
case("Embedding", 6, 3, padding_idx=-1, max_norm=1.0, of=whole(6, 2, 4))
case("Embedding", 6, 3, max_norm=1.5, norm_type=1.0, of=whole(6, 5))
case("Embedding", 6, 3, scale_grad_by_freq=True, of=np.array([1, 1, 2, 5]))

case("EmbeddingBag", 6, 3, of=whole(6, 2, 4))
case("EmbeddingBag", 6, 3, mode="max", padding_idx=2, of=(whole(6, 5), np.array([0, 2, 2])))
case("EmbeddingBag", 6, 3, mode="sum", of=(whole(6, 5), np.array([0, 3]), f(5)))
case("EmbeddingBag", 6, 3, max_norm=1.0, padding_idx=0, include_last_offset=True,
     of=(whole(6, 5), np.array([0, 1, 5])))  # fmt: skip

# -- normalisation -----------------------------------------------------------------------------

case("BatchNorm1d", 3, of=f(4, 3))
case("BatchNorm1d", 3, of=f(4, 3, 2))
case("BatchNorm1d", 3, eps=0.1, momentum=0.4, affine=False, of=f(4, 3))
case("BatchNorm1d", 3, momentum=None, of=f(4, 3))
case("BatchNorm1d", 3, track_running_stats=False, of=f(4, 3))
case("BatchNorm1d", 3, bias=False, of=f(4, 3))
case("BatchNorm2d", 3, of=f(2, 3, 4, 2))
case("BatchNorm3d", 3, of=f(2, 3, 2, 2, 2))
case("InstanceNorm1d", 3, of=f(2, 3, 4))
case("InstanceNorm1d", 3, of=f(3, 4))
case("InstanceNorm1d", 3, affine=True, track_running_stats=True, of=f(2, 3, 4))
case("InstanceNorm2d", 3, affine=True, of=f(2, 3, 4, 2))
case("InstanceNorm2d", 3, track_running_stats=True, momentum=0.5, of=f(2, 3, 4, 2))
case("InstanceNorm3d", 3, of=f(2, 3, 2, 2, 2))
case("LayerNorm", 4, of=f(3, 4))
case("LayerNorm", (3, 4), eps=0.01, of=f(2, 3, 4))
case("LayerNorm", [4], bias=False, of=f(3, 4))
case("LayerNorm", 4, elementwise_affine=False, of=f(3, 4))
case("RMSNorm", 4, of=f(3, 4))
case("RMSNorm", (3, 4), eps=0.01, elementwise_affine=False, of=f(2, 3, 4))
case("GroupNorm", 2, 4, of=f(2, 4, 3))
case("GroupNorm", 4, 4, affine=False, of=f(2, 4, 3, 2))
case("GroupNorm", 1, 4, bias=False, of=f(2, 4))
case("LocalResponseNorm", 2, of=f(2, 5, 3))
case("LocalResponseNorm", 3, alpha=0.5, beta=0.5, k=2.0, of=f(1, 4, 2, 2))

# -- convolution -------------------------------------------------------------------------------

case("Conv1d", 2, 4, 3, of=f(2, 2, 8))
case("Conv1d", 2, 4, 3, padding="same", dilation=2, of=f(2, 8))
case("Conv2d", 2, 4, 3, of=f(2, 2, 5, 6))
case("Conv2d", 4, 6, (3, 2), stride=(2, 1), padding=(1, 0), groups=2, bias=False, of=f(1, 4, 6, 5))
case("Conv2d", 2, 2, 2, padding="same", of=f(1, 2, 4, 4))
case("Conv2d", 2, 2, 2, padding="valid", of=f(1, 2, 4, 4))
for _mode in ("reflect", "replicate", "circular"):
    case("Conv2d", 2, 3, 3, padding=1, padding_mode=_mode, of=f(1, 2, 4, 5))
case("Conv2d", 1, 1, 3, padding="same", padding_mode="circular", dilation=2, of=f(1, 1, 6, 6))
case("Conv3d", 2, 3, 2, padding=1, of=f(1, 2, 3, 3, 3))
case("ConvTranspose1d", 2, 3, 3, stride=2, of=f(1, 2, 4))
case("ConvTranspose2d", 2, 4, 3, stride=2, padding=1, output_padding=1, of=f(1, 2, 3, 3))
case("ConvTranspose2d", 4, 4, 2, groups=2, bias=False, dilation=2, of=f(1, 4, 3, 3))
case("ConvTranspose3d", 1, 2, 2, of=f(1, 1, 2, 2, 2))

# -- pooling, padding, enlarging ---------------------------------------------------------------

case("MaxPool1d", 2, of=f(1, 2, 6))
case("MaxPool2d", 3, stride=2, of=f(2, 2, 7, 6))
case("MaxPool2d", (2, 3), padding=1, ceil_mode=True, of=f(1, 2, 5, 5))
case("MaxPool2d", 2, return_indices=True, of=f(1, 2, 4, 4))
case("MaxPool3d", 2, of=f(1, 1, 4, 4, 4))
case("AvgPool1d", 2, 1, of=f(1, 2, 6))
case("AvgPool2d", 3, 2, 1, count_include_pad=False, of=f(1, 2, 6, 6))
case("AvgPool2d", 2, divisor_override=3, of=f(1, 2, 4, 4))
case("AvgPool3d", 2, of=f(1, 1, 4, 4, 4))
case("LPPool1d", 2, 3, of=f(1, 2, 6))
case("LPPool2d", 2, 2, stride=1, of=f(1, 2, 4, 4))
case("AdaptiveAvgPool1d", 3, of=f(1, 2, 7))
case("AdaptiveAvgPool2d", (3, 2), of=f(1, 2, 7, 5))
case("AdaptiveAvgPool2d", (None, 1), of=f(1, 2, 4, 5))
case("AdaptiveAvgPool3d", 2, of=f(1, 1, 3, 4, 5))
case("AdaptiveMaxPool1d", 3, of=f(1, 2, 7))
case("AdaptiveMaxPool2d", (3, None), of=f(1, 2, 7, 5))
case("AdaptiveMaxPool2d", 2, return_indices=True, of=f(1, 2, 5, 5))
case("AdaptiveMaxPool3d", 2, of=f(1, 1, 3, 4, 5))
case("LPPool3d", 2, 2, of=f(1, 2, 4, 4, 4))
case("MaxUnpool1d", 2, of=(f(1, 2, 2), np.array([[[0, 3], [1, 2]]])))
case("MaxUnpool2d", 2, of=(f(1, 1, 2, 1), np.array([[[[1], [7]]]])))
case("MaxUnpool3d", 2, of=(f(1, 1, 1, 1, 1), np.array([[[[[5]]]]])))
case("FractionalMaxPool2d", 3, output_size=(3, 2), of=f(2, 3, 7, 6))
case("FractionalMaxPool2d", 2, output_ratio=0.5, return_indices=True, of=f(3, 7, 6))
case("FractionalMaxPool3d", 2, output_size=2, of=f(1, 2, 5, 4, 4))
for _d in (1, 2, 3):
    _image = (1, 2, 4, 5, 4)[: _d + 2]
    case(f"ConstantPad{_d}d", 1, 3.5, of=f(*_image))
    case(f"ZeroPad{_d}d", tuple(range(2 * _d)), of=f(*_image))
    case(f"ReflectionPad{_d}d", 2, of=f(*_image))
    case(f"ReplicationPad{_d}d", tuple(range(2 * _d)), of=f(*_image))
    case(f"CircularPad{_d}d", 2, of=f(*_image))
case("Upsample", scale_factor=2, of=f(1, 2, 3))
case("Upsample", size=(4, 5), mode="bilinear", of=f(1, 2, 3, 3))
case("Upsample", scale_factor=(2, 3), mode="bilinear", align_corners=True, of=f(1, 2, 3, 3))
case("UpsamplingNearest2d", scale_factor=2, of=f(1, 1, 2, 3))
case("UpsamplingBilinear2d", size=(4, 4), of=f(1, 1, 2, 3))

# -- recurrent ---------------------------------------------------------------------------------

for _kind in ("RNN", "LSTM", "GRU"):
    case(_kind, 3, 4, of=f(5, 2, 3))
    case(_kind, 3, 4, 2, batch_first=True, bidirectional=True, of=f(2, 5, 3))
    case(_kind, 3, 4, 3, dropout=0.4, of=f(5, 2, 3))
    case(_kind, 3, 4, 1, bias=False, of=f(5, 3))
case("RNN", 3, 4, 2, "relu", of=(f(5, 2, 3), f(2, 2, 4)))
case("GRU", 3, 4, bidirectional=True, of=(f(5, 2, 3), f(2, 2, 4)))
case("LSTM", 3, 5, 2, proj_size=2, bidirectional=True, of=f(5, 2, 3))
case("RNNCell", 3, 4, of=f(2, 3))
case("RNNCell", 3, 4, nonlinearity="relu", of=(f(3), f(4)))
case("LSTMCell", 3, 4, of=f(2, 3))
case("LSTMCell", 3, 4, bias=False, of=f(3))
case("GRUCell", 3, 4, of=(f(2, 3), f(2, 4)))

# -- attention ---------------------------------------------------------------------------------

case("MultiheadAttention", 8, 2, of=(f(4, 2, 8), f(5, 2, 8), f(5, 2, 8)))
case("MultiheadAttention", 8, 2, 0.3, batch_first=True, of=(f(2, 4, 8),) * 3)
case(
    "MultiheadAttention", 8, 4, add_bias_kv=True, add_zero_attn=True, of=(f(4, 8), f(5, 8), f(5, 8))
)
case(
    "MultiheadAttention", 8, 2, kdim=3, vdim=5, bias=False, of=(f(4, 2, 8), f(5, 2, 3), f(5, 2, 5))
)
case("TransformerEncoderLayer", 8, 2, 16, of=f(5, 2, 8))
case("TransformerEncoderLayer", 8, 2, 16, 0.0, "gelu", norm_first=True, bias=False, of=f(5, 2, 8))
case("TransformerDecoderLayer", 8, 2, 16, of=(f(4, 2, 8), f(5, 2, 8)))
case(
    "TransformerDecoderLayer",
    8,
    2,
    16,
    0.2,
    norm_first=True,
    batch_first=True,
    of=(f(2, 4, 8), f(2, 5, 8)),
)
case("Transformer", 8, 2, 1, 2, 16, of=(f(5, 2, 8), f(4, 2, 8)))

# -- losses ------------------------------------------------------------------------------------

for _reduction in ("mean", "sum", "none"):
    case("MSELoss", reduction=_reduction, of=(f(3, 4), f(3, 4)))
    case("L1Loss", reduction=_reduction, of=(f(3, 4), f(3, 4)))
    case("CrossEntropyLoss", reduction=_reduction, of=(f(3, 4), whole(4, 3)))
    case("NLLLoss", reduction=_reduction, of=(f(3, 4), whole(4, 3)))
    case("BCELoss", reduction=_reduction, of=(share(3, 4), share(3, 4)))
    case("KLDivLoss", reduction=_reduction.replace("mean", "batchmean"), of=(f(3, 4), share(3, 4)))
case("SmoothL1Loss", beta=0.5, of=(f(3, 4), f(3, 4)))
case("HuberLoss", delta=0.7, of=(f(3, 4), f(3, 4)))
case("CrossEntropyLoss", label_smoothing=0.1, of=(f(3, 4), whole(4, 3)))
case("CrossEntropyLoss", weight=share(4), ignore_index=1, of=(f(5, 4), whole(4, 5)))
case("CrossEntropyLoss", of=(f(2, 4, 3), whole(4, 2, 3)))
case("CrossEntropyLoss", of=(f(3, 4), share(3, 4)))
case("NLLLoss", weight=share(4), of=(f(3, 4), whole(4, 3)))
case("BCELoss", weight=share(4), of=(share(3, 4), share(3, 4)))
case("BCEWithLogitsLoss", of=(f(3, 4), share(3, 4)))
case("BCEWithLogitsLoss", pos_weight=share(4), weight=share(3, 4), of=(f(3, 4), share(3, 4)))
case("KLDivLoss", log_target=True, reduction="sum", of=(f(3, 4), f(3, 4)))
case("PoissonNLLLoss", of=(f(3, 4), share(3, 4) * 5))
case("PoissonNLLLoss", log_input=False, full=True, of=(share(3, 4), share(3, 4) * 5))
case("GaussianNLLLoss", of=(f(3, 4), f(3, 4), share(3, 4)))
case("GaussianNLLLoss", full=True, of=(f(3, 4), f(3, 4), share(3, 1)))
case("HingeEmbeddingLoss", margin=0.5, of=(f(3, 4), sign(3, 4)))
case("MarginRankingLoss", margin=0.5, of=(f(3), f(3), sign(3)))
case("SoftMarginLoss", of=(f(3, 4), sign(3, 4)))
case("MultiMarginLoss", of=(f(3, 4), whole(4, 3)))
case("MultiMarginLoss", p=2, margin=0.5, weight=share(4), of=(f(3, 4), whole(4, 3)))
case("MultiLabelMarginLoss", of=(f(2, 4), np.array([[3, 0, -1, 1], [1, -1, 2, 0]])))
case("MultiLabelSoftMarginLoss", of=(f(2, 4), share(2, 4)))
case("CosineEmbeddingLoss", margin=0.2, of=(f(3, 4), f(3, 4), sign(3)))
case("TripletMarginLoss", of=(f(3, 4), f(3, 4), f(3, 4)))
case("TripletMarginLoss", margin=2.0, p=1.0, swap=True, of=(f(3, 4), f(3, 4), f(3, 4)))
case("TripletMarginWithDistanceLoss", swap=True, of=(f(3, 4), f(3, 4), f(3, 4)))
case("CosineSimilarity", of=(f(3, 4), f(3, 4)))
case("CosineSimilarity", dim=0, of=(f(3, 4), f(3, 4)))
case("PairwiseDistance", of=(f(3, 4), f(3, 4)))
case("PairwiseDistance", p=1.0, keepdim=True, of=(f(3, 4), f(3, 4)))
case("CTCLoss", of=(f(6, 2, 4), whole(3, 2, 3) + 1, np.array([6, 5]), np.array([3, 2])))
case("CTCLoss", 3, "sum", of=(f(6, 2, 4), whole(3, 4), np.array([6, 5]), np.array([3, 1])))
case("LinearCrossEntropyLoss", 5, 4, of=(f(3, 5), whole(4, 3)))
case("LinearCrossEntropyLoss", 5, 4, out_features=(2,), bias=True, of=(f(3, 5), whole(4, 3, 2)))
case(
    "AdaptiveLogSoftmaxWithLoss",
    8,
    12,
    [3, 6],
    div_value=2.0,
    of=(f(5, 8), np.array([0, 4, 11, 2, 7])),
)
