"""A compiled program as a Python builtin, and what its code takes from outside: see entrance.py."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import pool
from .jit import builtin, load
from .specs import Array, Spec, complaint


class Refused(ValueError):
    """A program has given up; NumPy is asked to do it, and to say what is wrong."""


ATTRIBUTE = sys.intern("at")
"""The attribute of the recorder that tells where it is."""


FUNCTIONS = (
    "PyLong_AsLongLong", "PyLong_AsDouble", "PyErr_Occurred", "PyEval_SaveThread",
    "PyEval_RestoreThread", "PyObject_SetAttr", "PyObject_Vectorcall", "Py_IncRef", "Py_DecRef",
    "PyObject_VectorcallMethod", "PyThreadState_Get", "PyTuple_New", "PyTuple_Size",
)  # fmt: skip


def symbols() -> dict[str, int]:
    """The addresses of what every entrance needs."""
    api = {
        name: ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0
        for name in FUNCTIONS
    }
    objects = {
        "ndarray_type": np.ndarray, "float_type": float, "int_type": int, "true_object": True,
        "false_object": False, "none_object": None, "attribute_name": ATTRIBUTE,
        "list_type": list, "tuple_type": tuple,
    }  # fmt: skip
    return api | {name: id(one) for name, one in objects.items()} | pool.symbols()


def of_image(
    image: bytes,
    specs: Sequence[Spec],
    name: str = "program",
    memory: Mapping[str, Any] | None = None,
    outside: Mapping[str, int] | None = None,
) -> Any:
    """The builtin of a compiled module.

    `memory` gives arrays by the names under which the module declares them (`Builder.symbol`):
    the arena, and constants. The builtin keeps them alive. `outside` are addresses of functions.
    """
    arrays = dict(memory or {})
    lock = np.zeros(1, np.int64)
    explain_why = complaint(name, tuple(specs))
    addresses = symbols() | dict(outside or {})
    addresses |= {n: int(a.ctypes.data) for n, a in arrays.items()}
    addresses |= {f"dtype_{s.dtype.name}": id(s.dtype) for s in specs if isinstance(s, Array)}
    addresses |= {"complain": id(explain_why), "program_lock": int(lock.ctypes.data)}
    if "status" not in arrays:
        arrays["status"] = np.zeros(1, np.int64)
    addresses |= {"refuse": id(refuse), "status": int(arrays["status"].ctypes.data)}
    code = load(image, ["call"], addresses)
    return builtin(code.addresses["call"], name, code, explain_why, lock, arrays, tuple(specs))


def refuse() -> None:
    """Raise that the program gave up before it changed anything."""
    raise Refused("an index is out of range, or memory that is written is read by another name")
