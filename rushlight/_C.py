"""`torch._C`: of PyTorch's machinery what programs with types of their own ask for."""

from __future__ import annotations

from .missing import refusing
from .overrides import unasked as _disabled_torch_function_impl
from .subclass import quiet

__all__ = [
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "_disabled_torch_function_impl",
]


class DisableTorchFunctionSubclass:
    """A context in which types are not asked what functions make of their tensors.

    >>> class Length(torch.Tensor):
    ...     pass
    >>> with torch._C.DisableTorchFunctionSubclass():
    ...     torch.ones(2).as_subclass(Length) * 3
    tensor([3., 3.])
    """

    def __enter__(self) -> None:
        self.before, quiet.on = quiet.on, True

    def __exit__(self, *error: object) -> None:
        quiet.on = self.before


DisableTorchFunction = DisableTorchFunctionSubclass

__getattr__ = refusing("torch._C", __all__)
