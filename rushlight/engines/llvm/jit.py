"""IR text into machine code that can be called, and machine code into Python builtins.

Code is unloaded when nobody can be inside it any more: a builtin keeps its own code, whoever calls
a builtin keeps that, and a step is over only when all threads of the pool have left it. It is done
by the thread that loads the next module, and never once the interpreter exits: LLVM's own order of
destruction is not safe then.
"""

from __future__ import annotations

import atexit
import ctypes
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, TypeVar

import llvmlite.binding as llvm

from . import cache
from .target import is_x86, machine, target

LOCK = threading.RLock()
"""Held around every call into LLVM; a fork waits for it, so that the child finds it free."""

os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release)

T = TypeVar("T")


_ended: list[bool] = []
"""Not empty once the process ends."""


def alone(function: Callable[..., T]) -> Callable[..., T]:
    """`function`, holding LOCK until all objects of LLVM that it made for itself are gone, too.

    A thread that calls it once the process ends is ended, too.
    """

    @wraps(function)
    def call(*args: Any) -> T:
        with LOCK:
            if _ended:
                raise SystemExit
            return function(*args)

    return call


alone(target)()  # asks LLVM what the processor is


def end() -> None:
    """Let no call in another thread begin, and wait for one that is under way.

    The process is about to take LLVM's own data away. A large module takes seconds where others
    work on the same cores.
    """
    _ended.append(True)
    if LOCK.acquire(timeout=60.0):
        LOCK.release()


atexit.register(end)

METH_FASTCALL, METH_KEYWORDS = 0x0080, 0x0002

_forever: list[Any] = []
"""What must live as long as the process; it has a reference that is never given back."""
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_forever))

_trackers: dict[int, Any] = {}
"""LLVM's own objects of the modules that are loaded. They live here alone: the collector of cycles
would end one together with its Code, at any time and in any thread."""
_forever.append(_trackers)

_dropped: list[int] = []
"""The numbers of modules that nobody can call any more, to be unloaded."""
_forever.append(_dropped)

_numbers = itertools.count()
_made: dict[str, Any] = {}
_compiled = 0


class MethodDef(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


def build(
    text: str, names: Iterable[str], symbols: Mapping[str, int] | None = None
) -> dict[str, int]:
    """The addresses of the functions `names` that the IR `text` defines.

    `symbols` gives the addresses of what the text declares and does not define. Compiled code
    comes from the cache on disk where it is there, and goes into it.
    """
    try:
        return link(image_of(text), names, symbols or {})
    except RuntimeError:  # an image that the linker does not take is as good as none
        return link(image_of(text, True), names, symbols or {})


@alone
def image_of(text: str, anew: bool = False) -> bytes:
    """The object file that the IR `text` becomes, from the cache if it is there (not if `anew`)."""
    key = cache.key(text, target().identity)
    image = None if anew else cache.load(key)
    if image is None:
        image = compile_text(text)
        cache.save(key, image)
    return image


@alone
def compile_text(text: str) -> bytes:
    """The object file that the IR `text` becomes."""
    global _compiled
    _compiled += 1
    return bytes(_once("machine", machine).emit_object(parsed(text)))


def compile_count() -> int:
    """How many modules were compiled in this process, those from the cache not counted."""
    return _compiled


@alone
def assembly(text: str) -> str:
    """The assembly that the IR `text` becomes, to be read."""
    return str(_once("machine", machine).emit_assembly(parsed(text)))


def parsed(text: str) -> Any:
    """LLVM's module of the IR `text`."""
    module = llvm.parse_assembly(text)
    module.triple = target().triple
    module.data_layout = str(_once("machine", machine).target_data)
    return module


class Code:
    """A loaded object file: the addresses of its functions, as long as this object is kept."""

    def __init__(self, number: int, addresses: dict[str, int]) -> None:
        self.number = number
        self.addresses = addresses

    def __del__(self, dropped: list[int] = _dropped) -> None:
        dropped.append(self.number)


def linker() -> Any:
    """What loads object files.

    ARM's code finds what it names within 4 GB, at best through a table: LLVM's older linker puts
    that table anywhere, and ends the process if it is too far. The newer one keeps a file together.
    """
    return llvm.create_lljit_compiler(machine(), use_jit_link=not is_x86(target().triple))


@alone
def load(image: bytes, names: Iterable[str], symbols: Mapping[str, int]) -> Code:
    """Load an object file, and unload what was dropped."""
    while _dropped:
        _trackers.pop(_dropped.pop()).close()
    jit = _once("jit", linker)
    library = llvm.JITLibraryBuilder().add_object_img(image).add_current_process()
    for name, address in symbols.items():
        library.import_symbol(name, address)
    wanted = list(names)
    for name in wanted:
        library.export_symbol(name)
    number = next(_numbers)
    tracker = _trackers[number] = library.link(jit, f"rushlight{number}")
    return Code(number, {name: int(tracker[name]) for name in wanted})


def link(image: bytes, names: Iterable[str], symbols: Mapping[str, int]) -> dict[str, int]:
    """Load an object file for the life of the process: the addresses of its functions `names`."""
    code = load(image, names, symbols)
    _forever.append(code)
    return code.addresses


def loaded_count() -> int:
    """How many modules are loaded, those not counted that are only waiting to be unloaded."""
    return len(_trackers) - len(_dropped)


def _once(name: str, make: Any) -> Any:
    """What `make` makes, the first time that it was asked for under this name."""
    if name not in _made:
        _made[name] = make()
        _forever.append(_made[name])
    return _made[name]


def builtin(address: int, name: str, *own: object) -> Any:
    """A Python builtin of the native function `ptr f(ptr self, ptr arguments, i64 count)`.

    `self` points to what is its `own`, which the builtin keeps alive: its code above all. The
    function gets references that it does not own, returns one that the caller will own, or null
    with an error set.
    """
    definition = MethodDef(name.encode(), address, METH_FASTCALL, None)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    # A builtin reads its definition last when it lets go of what is its own.
    return make(ctypes.addressof(definition), (definition, *own), None)


def method(address: int, name: str, kind: type) -> Any:
    """A method of `kind`, the native function `ptr f(ptr self, ptr arguments, i64 n, ptr names)`.

    The values of the arguments that are named come last; `names` is their tuple, or null.
    """
    shown = f"{name}($self, /, *args, **kwargs)\n--\n\n".encode()  # what `inspect` reads
    definition = MethodDef(name.encode(), address, METH_FASTCALL | METH_KEYWORDS, shown)
    _forever.append(definition)
    make = ctypes.pythonapi.PyDescr_NewMethod
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.py_object, ctypes.c_void_p]
    return make(kind, ctypes.addressof(definition))
