"""How far one distribution is from another: E_p[log p - log q], and who knows it for which pair."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, MissingError, explain

__all__ = ["kl_divergence", "register_kl"]

_KL_REGISTRY: dict[tuple[type, type], Callable[[Any, Any], Any]] = {}
"""Rules by the types of both distributions."""

FOUND: dict[tuple[type, type], Callable[[Any, Any], Any]] = {}
"""Rules by types that were asked for."""


def register_kl(type_p: type, type_q: type) -> Callable[[Any], Any]:
    """A decorator that enters a rule for distributions of these types and their subclasses."""
    for kind in (type_p, type_q):
        if not isinstance(kind, type) or not hasattr(kind, "log_prob"):
            problem = "expected types of distributions"
            raise ArgumentError(explain("register_kl", problem, {"type": kind}))

    def enter(rule: Any) -> Any:
        _KL_REGISTRY[type_p, type_q] = rule
        FOUND.clear()
        return rule

    return enter


def find(type_p: type, type_q: type) -> Callable[[Any, Any], Any]:
    """The rule for the nearest types; raises if there is none."""
    rows = [
        (type_p.__mro__.index(p), type_q.__mro__.index(q), rule)
        for (p, q), rule in _KL_REGISTRY.items()
        if issubclass(type_p, p) and issubclass(type_q, q)
    ]
    if not rows:
        problem = f"no KL(p || q) is known for p of type {type_p.__name__} "
        problem += f"and q of type {type_q.__name__}"
        hint = "enter one with register_kl, or average p.log_prob(x) - q.log_prob(x)"
        raise MissingError(explain("kl_divergence", problem, hint=hint))
    first = min(rows, key=lambda row: row[:2])
    second = min(rows, key=lambda row: (row[1], row[0]))
    if first[2] is not second[2]:
        names = f"kl_divergence({type_p.__name__}, {type_q.__name__})"
        text = f"Ambiguous {names}: please register the pair itself"
        warnings.warn(text, RuntimeWarning, stacklevel=3)
    return first[2]


def kl_divergence(p: Any, q: Any) -> Any:
    """How much longer messages are if what comes from `p` is coded as if it came from `q`.

    >>> D.kl_divergence(D.Normal(0.0, 1.0), D.Normal(1.0, 1.0))
    tensor(0.5000)
    """
    kinds = (type(p), type(q))
    rule = FOUND.get(kinds)
    if rule is None:
        rule = FOUND[kinds] = find(*kinds)
    return rule(p, q)
