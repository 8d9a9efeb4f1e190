"""Neural networks: modules, their parameters, layers, losses, and ways to initialise them.

Names are loaded when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import MissingError, explain

HOME = {
    name: file
    for file, names in {
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
        "embeddings": "Embedding",
        "shapes": "Flatten Unflatten PixelShuffle PixelUnshuffle ChannelShuffle Unfold Fold",
        "losses": "MSELoss L1Loss SmoothL1Loss HuberLoss NLLLoss CrossEntropyLoss BCELoss "
        "BCEWithLogitsLoss KLDivLoss PoissonNLLLoss GaussianNLLLoss",
        "margins": "HingeEmbeddingLoss MarginRankingLoss SoftMarginLoss MultiMarginLoss "
        "MultiLabelMarginLoss MultiLabelSoftMarginLoss CosineEmbeddingLoss TripletMarginLoss "
        "TripletMarginWithDistanceLoss CosineSimilarity PairwiseDistance",
    }.items()
    for name in names.split()
}
"""The file in which each name is defined."""

FILES = ("functional", "init", "modules", "parameter", "utils")
"""Names under `torch.nn` that are modules of Python."""

LATER = {
    "RNN": "an explicit loop over nn.Linear",
    "Transformer": "attention written out with F.softmax and matmul",
}
"""What to use in the place of some names that are not here."""

__all__ = [*HOME, *FILES]


def __getattr__(name: str) -> Any:
    if name in FILES:
        return importlib.import_module(f".{name}", __name__)
    if name not in HOME:
        hint = "dir(torch.nn) lists what there is"
        raise MissingError(explain("nn", f"there is no torch.nn.{name}", hint=hint))
    found = getattr(importlib.import_module(f".{HOME[name]}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
