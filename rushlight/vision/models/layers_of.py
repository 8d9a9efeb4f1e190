"""What networks show on the way to their result."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from ...errors import ChoiceError, explain
from ...nn.containers import ModuleDict


class IntermediateLayerGetter(ModuleDict):
    """The layers of `model` one after another, up to the last of `return_layers`.

    It gives a dictionary of what those layers give, under the names that `return_layers` has for
    them. Raises ValueError if the model has no such layer.

    >>> from rushlight.vision.models._utils import IntermediateLayerGetter
    >>> model = torchvision.models.ResNet(
    ...     torchvision.models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=2
    ... )
    >>> out = IntermediateLayerGetter(model, {"layer1": "first"})(torch.rand(1, 3, 32, 32))
    >>> out["first"].shape
    torch.Size([1, 64, 8, 8])
    """

    def __init__(self, model: Any, return_layers: Mapping[str, Any]) -> None:
        left = {str(name): str(new) for name, new in return_layers.items()}
        known = [name for name, _ in model.named_children()]
        if not left.keys() <= set(known):
            problem = "return_layers are not present in model"
            got = {"return_layers": list(left), "the layers": known}
            raise ChoiceError(explain("IntermediateLayerGetter", problem, got))
        layers: OrderedDict[str, Any] = OrderedDict()
        missing = set(left)
        for name, layer in model.named_children():
            layers[name] = layer
            missing.discard(name)
            if not missing:
                break
        super().__init__(layers)
        self.return_layers = left

    def forward(self, x: Any) -> dict[str, Any]:
        """What the layers give, by name."""
        out: OrderedDict[str, Any] = OrderedDict()
        for name, layer in self.items():
            x = layer(x)
            if name in self.return_layers:
                out[self.return_layers[name]] = x
        return out
