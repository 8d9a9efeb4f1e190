"""`torch.fft`: Fourier transforms, from the op table, and the frequencies they are about."""

from __future__ import annotations

from typing import Any

from .create import tensor
from .settings import names_on, op_on


def fftfreq(n: int, d: float = 1.0, **options: Any) -> Any:
    """The frequencies of `fft` of `n` samples taken `d` apart.

    >>> torch.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    numbers = [*range((n + 1) // 2), *range(-(n // 2), 0)]
    return from_list(numbers, n * d, options)


def rfftfreq(n: int, d: float = 1.0, **options: Any) -> Any:
    """The frequencies of `rfft` of `n` samples taken `d` apart.

    >>> torch.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    return from_list(list(range(n // 2 + 1)), n * d, options)


def from_list(numbers: list[int], span: float, options: dict[str, Any]) -> Any:
    """A tensor of numbers over `span`."""
    return tensor([float(k) for k in numbers], **options) * (1.0 / span)


def __getattr__(name: str) -> Any:
    found = globals()[name] = op_on("fft", name)
    return found


def __dir__() -> list[str]:
    return sorted({*names_on("fft"), "fftfreq", "rfftfreq"})
