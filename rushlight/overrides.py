"""`torch.overrides`: objects that say themselves what a function makes of them.

A function that asks `has_torch_function` is overridden by its arguments, as in PyTorch. Functions
of the op table ask when an argument is no tensor that they could take (see subclass.py).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from .errors import ArgumentError, explain
from .missing import refusing
from .tensor import Tensor

__all__ = [
    "handle_torch_function",
    "has_torch_function",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "wrap_torch_function",
]

METHOD = "__torch_function__"


def unasked(cls: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The `__torch_function__` of types that do not want to be asked."""
    return NotImplemented


SILENT = [unasked]
"""Such methods of types that leave everything to the function."""


def speaks(arg: Any) -> bool:
    """Whether the type of an object says what functions make of it."""
    method = getattr(type(arg), METHOD, None)
    return method is not None and getattr(method, "__func__", method) not in SILENT


def is_tensor_like(inp: Any) -> bool:
    """Whether an object is a tensor, or says what functions make of it.

    >>> torch.overrides.is_tensor_like(torch.ones(1)), torch.overrides.is_tensor_like([1.0])
    (True, False)
    """
    return isinstance(inp, Tensor) or hasattr(type(inp), METHOD)


def overriding(args: Iterable[Any]) -> list[Any]:
    """The arguments that say themselves what becomes of them; a subclass before its base."""
    found: list[Any] = []
    for arg in args:
        if not speaks(arg) or type(arg) in [type(f) for f in found]:
            continue
        later = [k for k, f in enumerate(found) if issubclass(type(arg), type(f))]
        found.insert(later[0] if later else len(found), arg)
    return found


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether one of the arguments says itself what becomes of it."""
    return any([speaks(arg) for arg in relevant_args])


def has_torch_function_unary(arg: Any) -> bool:
    """`has_torch_function` of one argument."""
    return speaks(arg)


def has_torch_function_variadic(*args: Any) -> bool:
    """`has_torch_function` of several arguments."""
    return has_torch_function(args)


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """What the first of the overriding arguments that knows says that `public_api` gives."""
    found = overriding(relevant_args)
    kinds = tuple([type(arg) for arg in found])
    for arg in found:
        result = type(arg).__torch_function__(public_api, kinds, args, kwargs)
        if result is not NotImplemented:
            return result
    names = [kind.__name__ for kind in kinds]
    problem = f"no implementation found on types that implement {METHOD}: {names}"
    raise ArgumentError(explain(getattr(public_api, "__name__", "function"), problem))


def wrap_torch_function(dispatcher: Callable[..., Iterable[Any]]) -> Callable[..., Any]:
    """A decorator of functions that the arguments named by `dispatcher` may override."""

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return wrapped

    return wrap


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    """Whether a function is a method of tensors, or gets one of their properties."""
    name = getattr(func, "__name__", "")
    return name == "__get__" or getattr(Tensor, name, None) is func


__getattr__ = refusing("torch.overrides", __all__)
