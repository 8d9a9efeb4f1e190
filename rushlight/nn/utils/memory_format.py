"""Have the weights of convolutions lie in memory in another order."""

from __future__ import annotations

from typing import Any

from ...modes import no_grad
from .. import conv


def convert_conv2d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """`module`, in which the weights of convolutions of pictures have this memory format.

    >>> net = torch.nn.Conv2d(4, 2, 3)
    >>> net = torch.nn.utils.convert_conv2d_weight_memory_format(net, torch.channels_last)
    >>> net.weight.is_contiguous(memory_format=torch.channels_last)
    True
    """
    return converted(module, (conv.Conv2d, conv.ConvTranspose2d), memory_format)


def convert_conv3d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """`module`, in which the weights of convolutions of volumes have this memory format."""
    return converted(module, (conv.Conv3d, conv.ConvTranspose3d), memory_format)


def converted(module: Any, kinds: tuple[type, ...], memory_format: Any) -> Any:
    """`module`, in which modules of these kinds have weights in this memory format."""
    with no_grad():
        for part in module.modules():
            if isinstance(part, kinds):
                weight: Any = part.weight
                weight.data = weight.detach().clone(memory_format=memory_format)
    return module
