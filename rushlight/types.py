"""`torch.types`: names for annotations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from .devices import Device as DeviceType
from .dtypes import DType
from .size import Size
from .tensor import Tensor

__all__ = ["Device", "FileLike", "Number", "Storage", "Tensor"]

Number = int | float | bool
Device = DeviceType | str | int | None
FileLike = str | os.PathLike[str] | Any
Storage = Any
_device, _dtype, _layout = DeviceType, DType, str
_size = Size | list[int] | tuple[int, ...]
_int, _float, _bool, _complex = int, float, bool, complex
_TensorOrTensors = Tensor | Sequence[Tensor]
