"""Exceptions, and the one place that words them.

Each type is also the built-in type that PyTorch raises in the same case, so that programs which
catch `RuntimeError` or `IndexError` keep working.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping
from types import FrameType, TracebackType


class RushlightError(Exception):
    """Base of every error that rushlight raises on purpose."""


class ShapeError(RushlightError, RuntimeError):
    """Shapes that cannot be combined."""


class ManyError(ShapeError, ValueError):
    """A tensor of several elements where a number was asked for."""


class TooFlatError(ShapeError, ValueError):
    """A tensor with too few dimensions."""


class DtypeError(RushlightError, RuntimeError):
    """Dtypes that cannot be combined, or that an op does not take."""


class DeviceError(RushlightError, RuntimeError, AssertionError):
    """A device that is not there."""


class DimError(RushlightError, IndexError):
    """A dimension or an index that is out of range."""


class ArgumentError(RushlightError, TypeError):
    """An argument of the wrong kind, one too many, or one missing."""


class ChoiceError(RushlightError, ValueError):
    """An argument of the right kind with a value that makes no sense."""


class GradError(RushlightError, RuntimeError):
    """A derivative that cannot be taken."""


class BackendError(RushlightError, RuntimeError):
    """A way to compile that is not there."""


class LostError(RushlightError, RuntimeError):
    """A value that was never computed because the computation was interrupted."""


class MemoryLackError(RushlightError, RuntimeError, MemoryError):
    """A tensor for which there is no room."""


class RangeError(RushlightError, RuntimeError, OverflowError):
    """A number that a dtype cannot hold."""


class MissingError(RushlightError, NotImplementedError, AttributeError):
    """A PyTorch name that rushlight does not have."""


class MissingModuleError(RushlightError, ModuleNotFoundError):
    """A PyTorch module that rushlight does not have."""


class DataError(RushlightError, RuntimeError):
    """Data that cannot be read, or a sample that cannot be made."""


class FormatError(DataError, pickle.UnpicklingError):
    """A file of another kind than expected, or one that holds what may not be loaded."""


class EmptyFileError(DataError, EOFError):
    """A file with nothing in it."""


class FileError(RushlightError, RuntimeError, OSError):
    """A file that cannot be written; what it held before is still there."""

    def __str__(self) -> str:
        return str(self.args[0])  # OSError would put its number in the place of the words


class PicklingError(RushlightError, pickle.PicklingError, AttributeError):
    """An object that cannot be saved."""


def explain(op: str, problem: str, got: Mapping[str, object] | None = None, hint: str = "") -> str:
    """Word an error the same way everywhere: what, what was got, what to do.

    >>> print(explain("add", "shapes do not broadcast", {"input": "float32[3]"}, "try reshape"))
    add: shapes do not broadcast
        input is float32[3]
      hint: try reshape
    """
    lines = [f"{op}: {problem}"]
    lines += [f"    {name} is {what}" for name, what in (got or {}).items()]
    if hint:
        lines.append(f"  hint: {hint}")
    return "\n".join(lines)


def is_own(frame: FrameType) -> bool:
    """Whether `frame` runs rushlight's own code."""
    module: str = frame.f_globals.get("__name__", "")
    return module == "rushlight" or module.startswith("rushlight.")


def caller_line() -> tuple[str, int]:
    """File and line of the nearest frame outside rushlight, for traces and late errors."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "")[:9] == "rushlight":
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame else ("?", 0)


def without_own_frames(traceback: TracebackType | None) -> TracebackType | None:
    """`traceback` less the frames of rushlight itself, unless nothing else would be left."""
    kept = []
    step = traceback
    while step is not None:
        if not is_own(step.tb_frame):
            kept.append(step)
        step = step.tb_next
    if not kept:
        return traceback
    rest = None
    for step in reversed(kept):
        line = step.tb_lineno or -1  # None if an interrupt came where no line is
        rest = TracebackType(rest, step.tb_frame, step.tb_lasti, line)
    return rest
