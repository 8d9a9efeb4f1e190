"""Ops of narrow numbers (bfloat16, float16), which are computed in float32 and then rounded.

An engine need not know how to compute with them, only how to convert them: where an op is
recorded, its inputs are cast to float32 and its result is cast back. Ops that only hand their
input's memory on (views, `clone`) are left alone. A derived op is rounded once, as PyTorch's own
kernels do, not after each of the ops that it is written with.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ..dtypes import BOOL, DType, float32
from ..graph import Node
from .registry import OPS


class Count(threading.local):
    """How many ops this thread has rounded; `trying` while it only learns dtypes."""

    rounded = 0
    trying = False


count = Count()


LISTS = (list, tuple)


def any_narrow(args: Any) -> bool:
    """Whether there is a narrow tensor among arguments."""
    return narrow_among(args) is not None


def narrow_among(args: Any) -> DType | None:
    """The dtype of the first narrow tensor among arguments, if there is one."""
    for a in args:
        if isinstance(a, Node):
            if a.dtype.narrow and not a.number:
                return a.dtype
        elif type(a) in LISTS and (found := narrow_among(a)) is not None:
            return found
    return None


def widened(value: Any) -> Any:
    """An argument with float32 wherever there was a narrow dtype."""
    if isinstance(value, Node):
        narrow = value.dtype.narrow and not value.number
        return OPS["cast"](value, dtype=float32) if narrow else value
    if isinstance(value, DType):
        return float32 if value.narrow else value
    return type(value)(map(widened, value)) if type(value) in LISTS else value


def operand(node: Node, dtype: DType) -> Node:
    """An input of an op of `dtype` in float32; numbers become the nearest that `dtype` has."""
    if node.number and node.dtype.category != BOOL:
        node = OPS["cast"](node, dtype=dtype)
    found: Node = widened(node)
    return found


def in_dtype(value: Any, dtype: DType) -> Any:
    """A node, cast to `dtype` if it has another."""
    return value if value.dtype is dtype else OPS["cast"](value, dtype=dtype)


def as_one(body: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """What `body` makes of narrow tensors, rounded once.

    It is tried as it stands first: that says which dtypes the results have, and raises what is to
    be raised. If no more than one op was rounded in it there is nothing to gain.
    """
    if count.trying:
        return body(*args, **kwargs)
    before = count.rounded
    count.trying = True
    try:
        tried = body(*args, **kwargs)
    finally:
        count.trying = False
    if count.rounded - before < 2:
        return tried
    wide = {name: widened(value) for name, value in kwargs.items()}
    return like(tried, body(*map(widened, args), **wide), args)


def like(tried: Any, found: Any, given: Any) -> Any:
    """Results with the dtypes of those that were tried; what was handed back is handed back."""
    if isinstance(found, Node):
        handed_back = any([tried is g for g in given])
        return tried if handed_back else in_dtype(found, tried.dtype)
    if not isinstance(found, tuple | list):
        return found
    items = [like(a, b, given) for a, b in zip(tried, found, strict=True)]
    return type(found)(*items) if hasattr(found, "_fields") else type(found)(items)
