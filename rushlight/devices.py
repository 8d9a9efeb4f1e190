"""Devices. There is one, the CPU; the others are names that can be asked about."""

from __future__ import annotations

import threading
from typing import Any

from .errors import ArgumentError, DeviceError, explain
from .public import Named

KINDS = ("cpu", "cuda", "mps", "xpu", "xla", "meta")


class Device(metaclass=Named, shown="torch.device"):
    """Where a tensor lives: a `type` such as "cpu" and an `index` or None.

    >>> Device("cpu")
    device(type='cpu')
    >>> Device("cuda", 1)
    device(type='cuda', index=1)
    """

    __slots__ = ("index", "type")

    def __init__(self, type: str | Device, index: int | None = None) -> None:
        if isinstance(type, Device):
            self.type: str = type.type
            self.index: int | None = type.index
            return
        if not isinstance(type, str | int):
            kind = type.__class__.__name__
            raise ArgumentError(explain("device", f"must be a torch.device or a text, not {kind}"))
        name, _, number = str(type).partition(":")
        if name not in KINDS or (number and not number.isdigit()):
            known = ", ".join(KINDS)
            raise DeviceError(
                explain("device", f"invalid device string: {type!r}", hint=f"one of {known}")
            )
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Device, (self.type, self.index))

    def __enter__(self) -> Device:
        """Have tensors that are made without a `device=` be made here."""
        chosen.before.append(chosen.device)
        chosen.device = self
        return self

    def __exit__(self, *error: object) -> None:
        chosen.device = chosen.before.pop()


cpu = Device("cpu")
meta = Device("meta")


class Chosen(threading.local):
    """The device of tensors that are made without a `device=`, in this thread."""

    def __init__(self) -> None:
        self.device = cpu
        self.before: list[Device] = []


chosen = Chosen()


def require_cpu(device: str | Device | None, op: str) -> None:
    """Raise DeviceError unless `device` is None or the CPU."""
    if device is None or device is cpu:
        return
    if Device(device).type != "cpu":
        raise DeviceError(
            explain(
                op,
                f"there is no device {str(device)!r} here",
                hint="use device='cpu', or ask torch.cuda.is_available() first",
            )
        )


def on_meta(device: str | Device | None, op: str) -> bool:
    """Whether `device` is that of tensors without numbers; raises unless it is that or the CPU.

    None stands for the one that was chosen by `with torch.device(...)`.
    """
    device = chosen.device if device is None else device
    if device is cpu or Device(device).type != "meta":
        require_cpu(device, op)
        return False
    return True
