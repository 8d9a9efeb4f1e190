"""Modules spread over devices: there is one here, so the module itself does all the work."""

from __future__ import annotations

from typing import Any

from .module import Module


class DataParallel(Module):
    """`module`, called as it is: there is one device, which takes the whole batch.

    >>> torch.nn.DataParallel(torch.nn.Linear(2, 3)).module
    Linear(in_features=2, out_features=3, bias=True)
    """

    def __init__(
        self, module: Any, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module makes of the inputs."""
        return self.module(*inputs, **kwargs)
