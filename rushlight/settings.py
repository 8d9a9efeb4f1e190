"""Process-wide settings and facts, and the lookup of names in `torch`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import config, cores, dtypes, formats
from .calls import function, inplace
from .devices import Device, chosen, on_meta
from .dtypes import DType
from .errors import ArgumentError, explain
from .generator import default_generator
from .legacy import LegacyType, named
from .missing import missing
from .ops import OPS
from .printing import set_printoptions
from .public import PUBLIC, public
from .runtime import sites
from .runtime.entry import Handle
from .runtime.recorder import RECORDERS, local
from .size import Size

API_VERSION = f"2.13.0+rushlight.{config.VERSION}"
"""The version of PyTorch's interface that programs may expect, and our own."""

CONSTANTS = {
    "pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "newaxis": None,
    "layout": formats.Layout, "memory_format": formats.MemoryFormat, **formats.Word.known,
    "default_generator": default_generator, "has_lapack": True, "has_mkl": False,
    "has_openmp": False, "has_spectral": True,
    "device": Device, "dtype": DType, "Size": Size, "set_printoptions": set_printoptions,
}  # fmt: skip


def op_named(name: str) -> Any:
    """The op of that name in the table, or of which it is another name; None if there is none."""
    return OPS.get(name) or ALIASES.get(name)


def lookup(name: str) -> Any:
    """What `torch.<name>` is, or None."""
    if name in PUBLIC["torch"]:
        return PUBLIC["torch"][name]
    op = op_named(name)
    if op is not None and "torch" in op.on:
        return function(op)
    if name in DTYPES:
        return DTYPES[name]
    if name.endswith("_"):
        return changing(name)
    return CONSTANTS.get(name)


OF_MORE = (
    *("addmv_", "clamp_", "clamp_max_", "clamp_min_", "clip_", "gcd_", "lcm_", "ldexp_"),
    *("nan_to_num_", "xlogy_"),
)
"""Functions that change their first argument and take others, those PyTorch has under `torch`."""


def changing(name: str) -> Any:
    """The function `torch.<name>`, such as `relu_`, that changes its argument; None if none is."""
    op = op_named(name[:-1])
    if op is None or not {"torch", "Tensor_"} <= op.on:
        return None
    tensors = [p for p in op.params if p.kind != "static"]
    return inplace(op) if len(tensors) == 1 or name in OF_MORE else None


def names() -> list[str]:
    """All names that `lookup` knows."""
    return [*PUBLIC["torch"], *names_on("torch"), *DTYPES, *CONSTANTS]


def op_on(space: str, name: str) -> Any:
    """The function `torch.<space>.<name>`; raises MissingError if there is none."""
    op = op_named(name)
    if op is None or space not in op.on:
        raise missing(f"torch.{space}", name, names_on(space))
    return function(op)


def names_on(space: str) -> list[str]:
    """The names of the ops in `torch.<space>`."""
    return [name for name, op in (OPS | ALIASES).items() if space in op.on]


ALIASES = {alias: op for op in OPS.values() for alias in op.aliases}
DTYPES = {d.name: d for d in dtypes.ALL} | dtypes.ALIASES


@public()
class eager:
    """A context in which each operation runs at once instead of being recorded, for debugging.

    `RUSHLIGHT_EAGER=1` does so for a whole process. Single operations are not compiled.

    >>> with torch.eager():
    ...     y = torch.ones(2) + 1
    """

    def __enter__(self) -> eager:
        recorder = local.recorder
        recorder.flush()
        self.before = recorder.eager
        recorder.eager = True
        recorder.restart()
        return self

    def __exit__(self, *error: Any) -> None:
        local.recorder.eager = self.before


@public()
def set_default_dtype(d: DType) -> None:
    """Make `d` the dtype of tensors made from Python floats.

    >>> torch.set_default_dtype(torch.float32)
    """
    dtypes.set_default(d)
    for recorder in list(RECORDERS):  # what was recorded took the old one for granted
        if recorder is local.recorder:
            recorder.flush()
            recorder.restart()


@public()
def set_default_tensor_type(t: Any) -> None:
    """Make the dtype of a legacy tensor type the default: see `set_default_dtype`.

    >>> torch.set_default_tensor_type("torch.FloatTensor")
    """
    if isinstance(t, str):
        dtype: DType = named(t)
    elif isinstance(t, LegacyType):
        dtype = t.dtype
    else:
        problem = f"expected a legacy tensor type or its name, not {t!r}"
        raise ArgumentError(explain("set_default_tensor_type", problem))
    set_default_dtype(dtype)


@public()
def get_default_dtype() -> DType:
    """The dtype of tensors made from Python floats.

    >>> torch.get_default_dtype()
    torch.float32
    """
    return dtypes.default()


@public()
def set_default_device(device: Any) -> None:
    """Have tensors that are made without a `device=` be made on another device, in this thread.

    That is the CPU (or None), or "meta"; raises DeviceError for others.
    """
    on_meta(device, "set_default_device")
    chosen.device = Device("cpu" if device is None else device)


@public()
def get_default_device() -> Device:
    """Where tensors are made if nothing else is said.

    >>> torch.get_default_device()
    device(type='cpu')
    """
    return chosen.device


@public()
def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor.

    >>> torch.is_tensor(torch.ones(1))
    True
    """
    return isinstance(obj, Handle)


@public()
def is_floating_point(input: Any) -> bool:
    """Whether the elements of a tensor are real and may be fractional."""
    return bool(input._value.dtype.is_floating_point)


@public()
def is_complex(input: Any) -> bool:
    """Whether the elements of a tensor have an imaginary part."""
    return bool(input._value.dtype.is_complex)


@public()
def numel(input: Any) -> int:
    """The number of elements of a tensor."""
    return int(input._value.size)


@public()
def promote_types(type1: DType, type2: DType) -> DType:
    """The smallest dtype that both convert to.

    >>> torch.promote_types(torch.int32, torch.float32)
    torch.float32
    """
    return dtypes.promote(type1, type2)


@public()
def result_type(tensor1: Any, tensor2: Any) -> DType:
    """The dtype in which two operands (tensors or numbers) combine."""
    operands = []
    for operand in (tensor1, tensor2):
        if isinstance(operand, Handle):
            value = operand._value
            operands.append((value.dtype, len(value.shape), False))
        else:
            operands.append((dtypes.of_number(operand), 0, True))
    return dtypes.result_type(operands)


@public()
def can_cast(from_: DType, to: DType) -> bool:
    """Whether PyTorch's rules let a result of dtype `from_` go into a tensor of dtype `to`."""
    return from_.category <= to.category


@public()
def broadcast_shapes(*shapes: Any) -> Size:
    """The shape to which the given shapes broadcast."""
    return Size(np.broadcast_shapes(*shapes))


class FloatLimits:
    """The limits of a floating-point dtype, as Python numbers."""

    def __init__(self, dtype: DType) -> None:
        if dtype.category < dtypes.FLOAT:
            raise ArgumentError(explain("finfo", f"{dtype!r} is no floating-point type"))
        self.dtype = dtype.to_real().name
        self.bits = 8 * dtype.to_real().itemsize
        limits = np.finfo(dtype.carrier)
        self.eps, self.max, self.min = dtype.eps, dtype.largest, -dtype.largest
        self.tiny = self.smallest_normal = float(limits.tiny)
        narrow = dtype is dtypes.bfloat16
        self.resolution = 0.01 if narrow else float(limits.resolution)

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        words = [f"{name}={getattr(self, name):g}" for name in names]
        return f"finfo({', '.join(words)}, dtype={self.dtype})"


class IntLimits:
    """The limits of an integer dtype, as Python numbers."""

    def __init__(self, dtype: DType) -> None:
        if dtype.category != dtypes.INT:
            raise ArgumentError(explain("iinfo", f"{dtype!r} is no integer type"))
        limits = np.iinfo(dtype.numpy)
        self.dtype = dtype.name
        self.bits, self.max, self.min = limits.bits, int(limits.max), int(limits.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


@public()
def finfo(type: DType | None = None) -> Any:
    """The limits of a floating-point dtype: `eps`, `max`, `min`, `tiny`, `bits`, ...

    >>> torch.finfo(torch.float32).eps
    1.1920928955078125e-07
    """
    return FloatLimits(type or dtypes.default())


@public()
def iinfo(type: DType) -> Any:
    """The limits of an integer dtype: `max`, `min`, `bits`.

    >>> torch.iinfo(torch.int8).max
    127
    """
    return IntLimits(type)


@public()
def get_num_threads() -> int:
    """How many threads compute, at first as many as there are cores."""
    return cores.threads()


@public()
def set_num_threads(num: int) -> None:
    """Compute with `num` threads from now on: in compiled steps and in NumPy's matrix products."""
    name = "set_num_threads"
    if type(num) is not int:
        got = {"num": f"{num!r} ({type(num).__name__})"}
        raise ArgumentError(explain(name, "expects a positive integer", got))
    if num < 1:
        raise RuntimeError(explain(name, "expects a positive integer", {"num": num}))
    cores.set_threads(num)


@public()
def set_num_interop_threads(num: int) -> None:
    """Accepted; there are no such threads."""


@public()
def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Say whether two runs of a program have to give the same numbers to the last bit.

    Every operation here is deterministic. But NumPy and machine code round differently, and which
    step is the first in machine code depends on how busy the machine is. In this mode that step is
    always the same, for the program waits until the code is there; `RUSHLIGHT_DETERMINISTIC=1`
    turns it on from the start.

    >>> torch.use_deterministic_algorithms(True)
    >>> torch.are_deterministic_algorithms_enabled()
    True
    >>> torch.use_deterministic_algorithms(False)
    """
    config.deterministic = bool(mode)


@public()
def are_deterministic_algorithms_enabled() -> bool:
    """Whether runs are equal to the last bit: see `use_deterministic_algorithms`."""
    return config.deterministic


@public()
def set_deterministic_debug_mode(debug_mode: Any) -> None:
    """`use_deterministic_algorithms(True)` for "warn" or "error" (1 or 2), else False."""
    use_deterministic_algorithms(debug_mode not in ("default", 0))


@public()
def get_deterministic_debug_mode() -> int:
    """2 if runs are equal to the last bit, else 0."""
    return 2 if config.deterministic else 0


@public()
def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """False: there is nothing to warn of."""
    return False


@public()
def explain_recompiles() -> str:
    """What was compiled, and what made one place in a program need several programs, as text.

    Each paragraph is about the calls between two lines of the program: how many programs were
    compiled for them, and what was different from one to the next. At most
    `RUSHLIGHT_RECOMPILE_LIMIT` (8) are compiled for one place; others stay with NumPy.

    >>> report = torch.explain_recompiles()
    """
    return sites.report()


@public()
def set_float32_matmul_precision(precision: str) -> None:
    """Accepted: products of float32 are computed in float32."""
