"""Nests of tuples, lists and dictionaries, taken apart into leaves and put together again."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..errors import ChoiceError, explain

DICTS = (dict, OrderedDict, defaultdict)


def children(tree: Any) -> list[Any] | None:
    """What a tuple, list or dictionary holds; None of anything else, which is a leaf."""
    kind = type(tree)
    if kind in DICTS:
        return list(tree.values())
    if kind in (tuple, list) or is_named(tree):
        return list(tree)
    return None


def is_named(tree: Any) -> bool:
    """Whether `tree` is a named tuple."""
    return isinstance(tree, tuple) and hasattr(tree, "_fields")


def leaves(tree: Any) -> list[Any]:
    """The leaves of `tree`, from left to right."""
    inner = children(tree)
    return [tree] if inner is None else [leaf for child in inner for leaf in leaves(child)]


def rebuilt(tree: Any, found: Sequence[Any]) -> Any:
    """A tree like `tree`, with `found` for its leaves."""
    given = iter(found)
    made = filled(tree, given)
    assert next(given, None) is None
    return made


def filled(tree: Any, given: Iterator[Any]) -> Any:
    """A tree like `tree`, with leaves from `given`."""
    inner = children(tree)
    if inner is None:
        return next(given)
    return like(tree, [filled(child, given) for child in inner])


def like(tree: Any, inner: Sequence[Any]) -> Any:
    """A tuple, list or dictionary like `tree` that holds `inner`."""
    kind = type(tree)
    if kind is defaultdict:
        return defaultdict(tree.default_factory, zip(tree, inner, strict=True))
    if kind in DICTS:
        return kind(zip(tree, inner, strict=True))
    return kind(*inner) if is_named(tree) else kind(inner)


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """A tree like `tree`, with what `function` makes of its leaves and those of `others`."""
    columns = [leaves(tree), *[leaves(other) for other in others]]
    return rebuilt(tree, [function(*row) for row in zip(*columns, strict=True)])


def spread(prefix: Any, tree: Any, op: str) -> list[Any]:
    """For each leaf of `tree`, the leaf of `prefix` above it, or in its place."""
    inner = children(prefix)
    if inner is None:
        return [prefix] * len(leaves(tree))
    below = children(tree)
    # A list may stand for a tuple, but names and numbers must agree.
    same = below is not None and len(below) == len(inner)
    if not same or (type(prefix) in DICTS and list(prefix) != list(tree)):
        problem = f"the structure {prefix!r} does not fit that of what it is for"
        raise ChoiceError(explain(op, problem, hint="give one number for all, or the same nest"))
    assert below is not None
    return [leaf for p, t in zip(inner, below, strict=True) for leaf in spread(p, t, op)]
