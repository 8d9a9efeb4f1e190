"""Ready-made networks that tell pictures apart, with torchvision's parameters under its names.

From one seed come torchvision's first weights; weights that torchvision trained can be loaded into
them, but there are none here.

>>> model = torchvision.models.resnet18(num_classes=10)
>>> sum([p.numel() for p in model.parameters()])
11181642
"""

import sys
from typing import Any

from ... import hub
from ...missing import missing
from . import alex, layers_of, mobilenetv2, resnet, vgg, vision_transformer
from .building import BUILDERS, get_model, get_model_builder, list_models, no_weights

KINDS = (
    alex.AlexNet,
    mobilenetv2.MobileNetV2,
    resnet.ResNet,
    vgg.VGG,
    vision_transformer.VisionTransformer,
)

globals().update(BUILDERS)
globals().update({kind.__name__: kind for kind in KINDS})

__all__ = [
    "get_model",
    "get_model_builder",
    "list_models",
    "mobilenetv2",
    "resnet",
    "vgg",
    "vision_transformer",
    *[kind.__name__ for kind in KINDS],
    *BUILDERS,
]


_PLACES = {"_utils": layers_of, "mobilenet": mobilenetv2, "utils": hub}
"""torchvision's names of files."""

for _name, _module in _PLACES.items():
    sys.modules[f"{__name__}.{_name}"] = _module


def __getattr__(name: str) -> Any:
    if name.endswith("_Weights"):
        raise no_weights(name)
    raise missing("torchvision.models", name, __all__)
