"""Folds: what they start with, how an element is taken in, and how lanes come together."""

from __future__ import annotations

from .builder import Builder, Value
from .scalars import FLOATS, larger, smaller

LIMITS = {"i32": 2**31, "i64": 2**63}


def start(b: Builder, fold: str, type: str) -> Value:
    """The accumulator before anything was folded in."""
    if fold == "add":
        return b.number(-0.0 if type in FLOATS else 0, type)
    if fold in ("mul", "and"):
        return b.number(1, type)
    if fold == "or":
        return b.number(0, type)
    if type in FLOATS:
        return b.number(float("-inf" if fold == "max" else "inf"), type)
    return b.number(-LIMITS[type] if fold == "max" else LIMITS[type] - 1, type)


def taken_in(b: Builder, fold: str, total: Value, x: Value) -> Value:
    """The accumulator after `x`."""
    if fold == "add":
        return b.add(total, x)
    if fold == "mul":
        return b.mul(total, x)
    if fold in ("and", "or"):
        return b.binary(fold, total, x)
    return (larger if fold == "max" else smaller)(b, x, total)
