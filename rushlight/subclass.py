"""Subclasses of Tensor, whose `__torch_function__` is asked what functions make of them.

A program's subclass gets `Guise` as a base: all methods of Tensor, each of which asks. Functions
ask when they find that an argument cannot be recorded. Without a method of its own a subclass has
the one below: what the function makes of the usual tensors, as tensors of the subclass.
"""

from __future__ import annotations

import copy
import functools
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from .errors import ArgumentError, explain
from .overrides import METHOD, SILENT, handle_torch_function, speaks
from .public import public
from .runtime.disguise import NOBODY, Disguised, asking, inner_of, show
from .tensor import Tensor, TensorType

KEPT = frozenset(
    [
        *("__deepcopy__", "__doc__", "__format__", "__hash__", "__module__", "__new__"),
        *("__reduce_ex__", "__slots__", "as_subclass", "rebuilt", "text"),
    ]
)
"""What a subclass has as it is, or in its own way."""


class Quiet(threading.local):
    """Whether types are not asked in this thread."""

    on = False


quiet = Quiet()


def is_disguised(thing: Any) -> bool:
    """Whether a tensor stands before another."""
    return type(getattr(thing, "_value", None)) is Disguised


def within(things: Any) -> Iterator[Any]:
    """The objects in nested lists, tuples and values of dicts."""
    for thing in things:
        if isinstance(thing, list | tuple):
            yield from within(thing)
        elif isinstance(thing, dict):
            yield from within(thing.values())
        else:
            yield thing


def undisguised(thing: Any) -> Any:
    """`thing`, with the usual tensors in the place of those that stand before them."""
    if isinstance(thing, dict):
        return {key: undisguised(item) for key, item in thing.items()}
    if type(thing) in (list, tuple):
        return type(thing)([undisguised(item) for item in thing])
    return inner_of(thing)


def ask(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the types of the arguments say that `func` makes of them."""
    relevant = [] if quiet.on else [a for a in within((args, kwargs)) if speaks(a)]
    if not relevant:
        return func(*undisguised(args), **undisguised(kwargs))
    return handle_torch_function(func, relevant, *args, **kwargs)


def ask_for_op(name: str, on: frozenset[str], args: Any, kwargs: dict[str, Any]) -> Any:
    """As `ask`, for the function or method called `name`; NOBODY if no argument is special."""
    if not any([speaks(a) or is_disguised(a) for a in within((args, kwargs))]):
        return NOBODY
    place: Any = sys.modules[__package__]
    if "torch" not in on:
        place = place.nn.functional if "F" in on else getattr(place, min(on, default=""), Tensor)
    return ask(getattr(place, name, None) or getattr(Tensor, name), tuple(args), kwargs)


asking.call = ask_for_op


def as_told(
    cls: Any, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
) -> Any:
    """The `__torch_function__` of Tensor: results of the usual kind, of type `cls`."""
    if not all([issubclass(cls, kind) for kind in types]):
        return NotImplemented
    kwargs = kwargs or {}
    given = [a for a in within((args, kwargs)) if is_disguised(a)]
    fronts = {id(a._value.inner): a for a in given}
    if func is Tensor.__repr__:
        return inner_of(args[0]).text(f"{type(args[0]).__name__}(")
    result = func(*undisguised(args), **undisguised(kwargs))
    for front in given:  # it may have been changed
        show(front, front._value.inner)
    return result if func is GET_GRAD else told(result, cls, fronts)


def told(result: Any, cls: type, fronts: dict[int, Any]) -> Any:
    """`result` with tensors of type `cls`; those that were given are handed back as they were."""
    if isinstance(result, Tensor):
        if id(result) in fronts:
            return fronts[id(result)]
        return as_subclass(result, cls) if cls is not Tensor else result
    if isinstance(result, tuple | list):
        items = [told(item, cls, fronts) for item in result]
        return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
    if isinstance(result, Iterator):
        return iter([told(item, cls, fronts) for item in result])
    return result


def in_tensors(cls: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The same, of Tensor itself, which need not be asked."""
    return as_told(cls, func, types, args, kwargs)


GET_GRAD = Tensor.grad.__get__  # type: ignore[attr-defined]
"""A gradient is of the usual type."""


@public("Tensor")
def as_subclass(self: Any, cls: Any) -> Any:
    """The same tensor, memory and history, as one of type `cls`, a subclass of Tensor.

    >>> class Length(torch.Tensor):
    ...     pass
    >>> torch.ones(2).as_subclass(Length) * 3
    Length([3., 3.])
    """
    if not isinstance(cls, type) or not issubclass(cls, Tensor):
        raise ArgumentError(explain("as_subclass", f"expected a subclass of Tensor, not {cls!r}"))
    inner = inner_of(self)
    if not issubclass(cls, guise()):
        return inner
    return show(object.__new__(cls), inner)


def make_subclass(cls: Any, data: Any, require_grad: bool = False) -> Any:
    """A tensor of type `cls` on the memory of `data`, a leaf."""
    return as_subclass(inner_of(data).detach().requires_grad_(require_grad), cls)


def remade(inner: Any, cls: Any, named: dict[str, Any]) -> Any:
    """A tensor of type `cls` before `inner`, with the attributes `named`."""
    made = as_subclass(inner, cls)
    made.__dict__.update(named)
    return made


def asks(func: Any) -> Any:
    """The method `func` of Tensor, which asks the types of its arguments."""

    @functools.wraps(func)
    def method(*args: Any, **kwargs: Any) -> Any:
        return ask(func, args, kwargs)

    return method


def asks_too(attribute: property) -> property:
    """The property of Tensor, which asks."""
    get, change = attribute.__get__, attribute.fset and asks(attribute.fset)
    if attribute is vars(Tensor)["grad"]:
        get = GET_GRAD
    return property(lambda self: ask(get, (self,), {}), change, None, attribute.__doc__)


@functools.cache
def guise() -> Any:
    """The base of all subclasses of Tensor that programs make."""

    class Guise(Tensor, usual=True):
        """A tensor that stands before another, and asks its type what functions make of it."""

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            """What PyTorch's constructor makes of these, as one of this type."""
            return as_subclass(TensorType.legacy(*args, **kwargs), cls)

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            """Nothing is left to be done."""

        def __deepcopy__(self, memo: dict[int, Any]) -> Any:
            if id(self) not in memo:
                named = copy.deepcopy(self.__dict__, memo)
                memo[id(self)] = remade(copy.deepcopy(inner_of(self), memo), type(self), named)
            return memo[id(self)]

        def __reduce_ex__(self, protocol: Any) -> Any:
            return remade, (inner_of(self), type(self), self.__dict__)

    for name, value in vars(Tensor).items():
        own = name.startswith("_") and not name.endswith("__")
        if name in KEPT or own:
            continue
        if isinstance(value, property):
            setattr(Guise, name, asks_too(value))
        elif callable(value):
            setattr(Guise, name, asks(value))
    setattr(Guise, METHOD, classmethod(as_told))
    return Guise


TensorType.guise = staticmethod(guise)
setattr(Tensor, METHOD, classmethod(in_tensors))
SILENT.append(in_tensors)
Tensor.as_subclass = as_subclass  # type: ignore[attr-defined]
Tensor._make_subclass = staticmethod(make_subclass)  # type: ignore[attr-defined]
