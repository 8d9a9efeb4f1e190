"""`out=`: tensors that are given for a function to write its results into."""

from __future__ import annotations

import warnings
from typing import Any

from .errors import ArgumentError, DtypeError, GradError, explain
from .runtime.entry import Handle
from .runtime.recorder import local


def written(out: Any, made: Any, op: str, quiet: bool = False) -> Any:
    """`out`, a tensor or several, with the values of `made`, and of its shape.

    What cannot be converted without loss of kind, such as fractions to whole numbers, is refused.
    If an `out` with elements is of another shape there is a warning, unless `quiet`.
    """
    if isinstance(made, Handle):
        check(out, made, op)
        write(out, made, op, quiet)
        return out
    if not isinstance(out, list | tuple) or len(out) != len(made):
        problem = f"out must be a tuple of {len(made)} Tensors"
        raise ArgumentError(explain(op, problem, {"out": type(out).__name__}))
    for given, result in zip(out, made, strict=True):
        check(given, result, op)
    for given, result in zip(out, made, strict=True):
        write(given, result, op, quiet)
    kind = type(made)
    return kind._make(out) if hasattr(kind, "_make") else tuple(out)


def check(out: Any, made: Any, op: str) -> None:
    """Raise unless the values of `made` can go into `out`."""
    if not isinstance(out, Handle):
        kind = type(out).__name__
        raise ArgumentError(explain(op, f"argument 'out' must be Tensor, not {kind}"))
    if local.recorder.grad and (made._value.requires_grad or out._value.requires_grad):
        problem = "functions with out=... do not support automatic differentiation"
        raise GradError(explain(op, problem, hint="leave out= away"))
    kind, wanted = made._value.dtype, out._value.dtype
    if kind.category > wanted.category:
        problem = f"result type {kind.name} can't be cast to the desired output type {wanted.name}"
        raise DtypeError(explain(op, problem, hint="convert the result with .to() instead"))


def write(out: Any, made: Any, op: str, quiet: bool) -> None:
    """Put the values of `made` into `out`."""
    shape, wanted = out._value.shape, made._value.shape
    if shape != wanted:
        if out._value.size and not quiet:
            warnings.warn(
                f"{op}: out had shape {list(shape)} and was resized to {list(wanted)}: give a "
                "tensor of that shape, or an empty one",
                UserWarning,
                stacklevel=4,
            )
        out.resize_(wanted)
    out.copy_(made)
