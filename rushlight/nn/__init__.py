"""Neural networks: modules, their parameters, layers, losses, and ways to initialise them.

Names are loaded when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..later import found_in, homes
from ..missing import missing

HOME = homes(
    {
        "parameter": "Parameter Buffer",
        "module": "Module",
        "containers": "Sequential ModuleList ModuleDict",
        "parameter_lists": "ParameterList ParameterDict",
        "linear": "Identity Linear Bilinear",
        "activations": "ReLU Threshold RReLU Hardtanh ReLU6 LeakyReLU PReLU Hardsigmoid Hardswish "
        "Softshrink Hardshrink",
        "curves": "Sigmoid Tanh LogSigmoid Tanhshrink Softsign ELU CELU SELU SiLU Mish GELU "
        "Softplus GLU Softmax Softmin LogSoftmax Softmax2d",
        "dropout": "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout",
        "embeddings": "Embedding EmbeddingBag",
        "batchnorm": "BatchNorm1d BatchNorm2d BatchNorm3d InstanceNorm1d InstanceNorm2d "
        "InstanceNorm3d SyncBatchNorm",
        "layernorm": "LayerNorm RMSNorm GroupNorm LocalResponseNorm CrossMapLRN2d",
        "conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d",
        "pooling": "MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d LPPool1d LPPool2d "
        "LPPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d "
        "AdaptiveMaxPool2d AdaptiveMaxPool3d",
        "unpooling": "MaxUnpool1d MaxUnpool2d MaxUnpool3d FractionalMaxPool2d FractionalMaxPool3d",
        "lazy": "LazyLinear LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d "
        "LazyConvTranspose2d LazyConvTranspose3d LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d "
        "LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d UninitializedParameter "
        "UninitializedBuffer",
        "many_classes": "AdaptiveLogSoftmaxWithLoss LinearCrossEntropyLoss "
        "LinearCrossEntropyOptions",
        "parallel": "DataParallel",
        "padding": "ConstantPad1d ConstantPad2d ConstantPad3d ZeroPad1d ZeroPad2d ZeroPad3d "
        "ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d "
        "ReplicationPad3d CircularPad1d CircularPad2d CircularPad3d",
        "upsample": "Upsample UpsamplingNearest2d UpsamplingBilinear2d",
        "recurrent": "RNNBase RNN LSTM GRU",
        "attention": "MultiheadAttention",
        "transformer": "TransformerEncoderLayer TransformerDecoderLayer TransformerEncoder "
        "TransformerDecoder Transformer",
        "cells": "RNNCellBase RNNCell LSTMCell GRUCell",
        "shapes": "Flatten Unflatten PixelShuffle PixelUnshuffle ChannelShuffle Unfold Fold",
        "losses": "MSELoss L1Loss SmoothL1Loss HuberLoss NLLLoss CrossEntropyLoss BCELoss "
        "BCEWithLogitsLoss KLDivLoss PoissonNLLLoss GaussianNLLLoss CTCLoss "
        "NLLLoss2d",
        "margins": "HingeEmbeddingLoss MarginRankingLoss SoftMarginLoss MultiMarginLoss "
        "MultiLabelMarginLoss MultiLabelSoftMarginLoss CosineEmbeddingLoss TripletMarginLoss "
        "TripletMarginWithDistanceLoss CosineSimilarity PairwiseDistance",
    }
)
"""The file in which each name is defined."""

FILES = ("attention", "functional", "init", "modules", "parameter", "utils")
"""Names under `torch.nn` that are modules of Python."""

__all__ = [*HOME, *FILES]


def __getattr__(name: str) -> Any:
    if name in FILES:
        return importlib.import_module(f".{name}", __name__)
    if name not in HOME:
        raise missing("torch.nn", name, HOME)
    found = found_in(__name__, HOME[name], name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
