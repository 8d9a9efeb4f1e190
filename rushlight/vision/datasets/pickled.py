"""Reading the pickles in which CIFAR is published, without running anything that is in them.

A pickle is a program: it may name any function and have it called. Here the only names that are
answered are those by which NumPy pickles an array, and they are answered by stand-ins that collect
the pieces; everything else is refused. So a pickle can give dicts, lists, tuples, strings, bytes,
numbers and arrays of plain numbers, and nothing else, whoever wrote it.
"""

from __future__ import annotations

import io
import math
import pickle
from typing import Any

import numpy as np

from ...errors import DataError, explain

KINDS = "biuf"
"""Kinds of the arrays that are taken: truth values, integers, floats. No objects, no records."""

ORDERS = ("<", ">", "=", "|")
"""Byte orders as NumPy's pickles write them."""

DEPTH = 20
"""Containers may be nested as deep as this."""


def load(content: bytes, name: str = "pickle") -> Any:
    """What a pickle holds, if that is plain data; text of Python 2 comes as bytes.

    Raises DataError, which calls the pickle `name`, if it holds anything else or is damaged.

    >>> import pickle
    >>> from rushlight.vision.datasets import pickled
    >>> pickled.load(pickle.dumps({"labels": [1, 2]}))
    {'labels': [1, 2]}
    """
    try:
        return finished(PlainUnpickler(io.BytesIO(content), encoding="bytes").load())
    except DataError:
        raise
    except Exception as error:  # a damaged pickle may fail in any way
        problem = f"{name} is damaged: {type(error).__name__}: {error}"
        hint = "delete the file and load the dataset again with download=True"
        raise DataError(explain("dataset", problem, hint=hint)) from None


class PlainUnpickler(pickle.Unpickler):
    """An unpickler that knows no names but those of arrays."""

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in for `module.name`; raises DataError if there is none."""
        found = STAND_INS.get((module, name))
        if found is None:
            problem = f"the pickle asks for {module}.{name}, which plain data does not need"
            hint = "the file is not the published one; do not load it with pickle either"
            raise DataError(explain("dataset", problem, hint=hint))
        return found

    def persistent_load(self, pid: Any) -> Any:
        """Nothing: plain data has no persistent parts."""
        raise DataError(explain("dataset", f"the pickle asks for a persistent object {pid!r}"))


class DtypeStandIn:
    """What is told of a dtype: a name such as "u1", and a byte order."""

    def __init__(self, name: Any, *flags: Any) -> None:
        self.name = name.decode() if isinstance(name, bytes) else str(name)
        self.order = "|"

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        self.order = order.decode() if isinstance(order, bytes) else str(order)

    def dtype(self) -> Any:
        """The dtype, if it is one of plain numbers."""
        found = np.dtype(self.name) if len(self.name) <= 3 else np.dtype(object)
        if found.kind not in KINDS or self.order not in ORDERS:
            raise DataError(explain("dataset", f"the pickle has an array of {self.name!r}"))
        return found.newbyteorder(self.order)


class ArrayStandIn:
    """What is told of an array: a shape, a dtype and the bytes."""

    array: Any = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, by_columns, content = state
        if isinstance(content, str):
            content = content.encode("latin-1")
        kind = dtype.dtype()
        shape = tuple([int(n) for n in shape])
        if min(shape, default=0) < 0 or math.prod(shape) * kind.itemsize != len(content):
            raise DataError(explain("dataset", f"the pickle has {len(content)} bytes for {shape}"))
        flat = np.frombuffer(content, kind)
        self.array = flat.reshape(shape, order="F" if by_columns else "C")


class Answer:
    """What stands for a function: it can be called and nothing else."""

    __slots__ = ("call",)

    def __init__(self, call: Any) -> None:
        self.call = call

    def __call__(self, *args: Any) -> Any:
        """What the class of that name makes of the arguments."""
        return self.call(*args)

    def __setstate__(self, state: Any) -> None:
        raise DataError(explain("dataset", "the pickle tries to change a function"))


def encoded(text: str, encoding: Any) -> bytes:
    """In the place of `codecs.encode`, by which Python 3 writes bytes for Python 2."""
    if encoding not in ("latin1", b"latin1"):
        raise DataError(explain("dataset", f"the pickle asks for the encoding {encoding!r}"))
    return text.encode("latin-1")


def finished(value: Any) -> Any:
    """`value` with the arrays in the place of their stand-ins."""
    return replaced(value, {}, 0)


def replaced(value: Any, done: dict[int, Any], depth: int) -> Any:
    """As `finished`; `done` has what was seen before, so that nothing is gone through twice."""
    if depth > DEPTH:
        raise DataError(explain("dataset", "the pickle is nested too deeply"))
    if isinstance(value, ArrayStandIn):
        if value.array is None:
            raise DataError(explain("dataset", "the pickle has an array without content"))
        return value.array
    if not isinstance(value, dict | list | tuple):
        return value
    if id(value) not in done:
        if isinstance(value, dict):
            parts: Any = {k: replaced(v, done, depth + 1) for k, v in value.items()}
        else:
            parts = type(value)([replaced(v, done, depth + 1) for v in value])
        done[id(value)] = parts
    return done[id(value)]


STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): Answer(lambda *args: ArrayStandIn()),
    ("numpy._core.multiarray", "_reconstruct"): Answer(lambda *args: ArrayStandIn()),
    ("numpy", "ndarray"): Answer(lambda *args: ArrayStandIn()),
    ("numpy", "dtype"): Answer(DtypeStandIn),
    ("_codecs", "encode"): Answer(encoded),
}
"""The names that are answered, and with what."""
