"""How the arguments of a recorded call looked, and whether those of another call look the same.

Calls whose arguments are of the same kinds in the same places are compared by the same function,
which is straight Python written for those kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from math import copysign
from typing import Any

from .ops.table import Op
from .runtime.disguise import Disguised
from .runtime.entry import Handle

Found = tuple[tuple[Any, ...], tuple[Any, ...]] | None
Matcher = Callable[[Any, Any, Any], Found]

STATIC, NUMBER, VALUE, VALUES = range(4)
"""How an argument of a recorded call is compared with the one that is given."""


class Pattern:
    """How the arguments of a call looked that was recorded.

    `match(args, kwargs, wants)` gives the tensors and the numbers of a call that looks the same,
    else None. `tensors` says which of the arguments are tensors.
    """

    __slots__ = ("match", "tensors", "wants")

    def __init__(self, op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        params = list(op.params)
        last = len(params) - 1
        kinds = [
            "static" if params[min(k, last)].fixed else params[min(k, last)].kind
            for k in range(len(args))
        ]
        order = {p.name: k for k, p in enumerate(params)}
        places = [order.get(name, -1) for name in kwargs]
        if places != sorted(places) or -1 in places:
            self.match, self.wants, self.tensors = no_match, (), ()  # they come in another order
            return
        kinds += [params[k].kind for k in places]
        given = (*args, *kwargs.values())
        items = [item_of(kind, a) for kind, a in zip(kinds, given, strict=True)]
        self.wants: tuple[Any, ...] = tuple([want for _, want in items])
        self.tensors = tuple([k for k, (kind, _) in enumerate(items) if kind == VALUE])
        self.match: Matcher = matcher(tuple([kind for kind, _ in items]), len(args), tuple(kwargs))


def no_match(args: Any, kwargs: Any, wants: Any) -> Found:
    """None: nothing looks like it."""
    return None


def item_of(kind: str, argument: Any) -> tuple[int, Any]:
    """How to compare an argument with this one, given to a parameter of `kind`."""
    if isinstance(argument, Handle) and type(argument._value) is Disguised:
        return STATIC, object()  # never the same
    if isinstance(argument, Handle):
        return VALUE, argument._value
    if kind == "tensors" and all([isinstance(a, Handle) for a in argument]):
        return VALUES, tuple([a._value for a in argument])
    if kind in ("number", "tensor") and argument is not None:
        return NUMBER, type(argument)
    if isinstance(argument, list | tuple) and any([isinstance(a, Handle) for a in argument]):
        return STATIC, object()  # never the same
    return STATIC, kept(argument)


def kept(argument: Any) -> Any:
    """`argument`, or a copy of a list, which may be changed later."""
    if isinstance(argument, list):
        return [kept(a) for a in argument]
    if isinstance(argument, tuple) and any([isinstance(a, list | tuple) for a in argument]):
        return tuple([kept(a) for a in argument])
    return argument


LINES = {
    STATIC: "if a is not w and (a.__class__ is not w.__class__ or not same(a, w)): return None",
    NUMBER: "if a.__class__ is not w: return None",
    VALUE: "if a._value is not w: return None",
    VALUES: "if not values_are(a, w): return None",
}
PREFIX = {NUMBER: "", VALUE: "", VALUES: "*"}

MATCHERS: dict[Any, Matcher] = {}


def matcher(kinds: tuple[int, ...], count: int, names: tuple[str, ...]) -> Matcher:
    """The function that compares arguments of these kinds: `count` of them, and those named."""
    key = (kinds, count, names)
    found = MATCHERS.get(key)
    if found is None:
        found = MATCHERS[key] = write_matcher(kinds, count, names)
    return found


def write_matcher(kinds: tuple[int, ...], count: int, names: tuple[str, ...]) -> Matcher:
    """See `matcher`."""
    others = f"len(kwargs) != {len(names)}" if names else "kwargs"
    text = ["def match(args, kwargs, wants):", "  try:"]
    text.append(f"    if len(args) != {count} or {others}: return None")
    for k, kind in enumerate(kinds):
        place = f"args[{k}]" if k < count else f"kwargs[{names[k - count]!r}]"
        text += [f"    a = a{k} = {place}", f"    w = wants[{k}]", f"    {LINES[kind]}"]
    text += ["  except (AttributeError, KeyError): return None"]
    handles = [f"{PREFIX[kind]}a{k}, " for k, kind in enumerate(kinds) if kind >= VALUE]
    numbers = [f"a{k}, " for k, kind in enumerate(kinds) if kind == NUMBER]
    text.append(f"  return ({''.join(handles)}), ({''.join(numbers)})")
    space = {"__name__": __name__, "same": same, "values_are": values_are}
    exec(compile("\n".join(text), "<rushlight call>", "exec"), space)
    made: Matcher = space["match"]  # type: ignore[assignment]
    return made


def same(given: Any, wanted: Any) -> bool:
    """Whether two static arguments of the same type mean the same."""
    if isinstance(given, list | tuple):
        pairs = zip(given, wanted, strict=False)
        return len(given) == len(wanted) and all(
            [a is b or (a.__class__ is b.__class__ and same(a, b)) for a, b in pairs]
        )
    if given.__class__ is float and given == 0:
        return copysign(1.0, given) == copysign(1.0, wanted) and bool(wanted == 0)
    return bool(given == wanted)


def values_are(tensors: Any, values: tuple[Any, ...]) -> bool:
    """Whether these are tensors that denote these values."""
    if not isinstance(tensors, list | tuple) or len(tensors) != len(values):
        return False
    return all([t._value is v for t, v in zip(tensors, values, strict=True)])
