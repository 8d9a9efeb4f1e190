"""The dictionaries in which a module keeps what belongs to it."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import explain

KINDS = ("_parameters", "_buffers", "_modules")
"""The attributes of a module that hold its registries."""

ABSENT = object()


class Forest:
    """`edition` is another object whenever any module anywhere has got or lost a member."""

    __slots__ = ("edition",)

    def __init__(self) -> None:
        self.edition = object()


forest = Forest()


class Registry(dict[str, Any]):
    """Parameters, buffers or submodules of `module` by name; each is its attribute as well.

    What is put in or taken out here becomes, or ceases to be, an ordinary attribute: so reading
    `module.weight` costs no more than reading any other. `walk` is what `tree.py` has found.
    """

    __slots__ = ("owner", "walk")

    def __init__(self, module: Any, items: Mapping[str, Any] | Iterable[Any] = ()) -> None:
        super().__init__(items)
        self.walk: Any = None
        forest.edition = object()
        self.owner = weakref.ref(module)
        if items:
            module.__dict__.update(self)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        forest.edition = object()
        module = self.owner()
        if module is not None:
            module.__dict__[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        forest.edition = object()
        module = self.owner()
        if module is not None:
            module.__dict__.pop(name, None)

    def pop(self, name: str, default: Any = ABSENT) -> Any:
        """The value of `name`, after taking it out."""
        if name not in self and default is not ABSENT:
            return default
        value = self[name]
        del self[name]
        return value

    def popitem(self) -> tuple[str, Any]:
        """The last item, after taking it out."""
        name = next(reversed(self))
        return name, self.pop(name)

    def clear(self) -> None:
        """Take everything out."""
        for name in list(self):
            del self[name]

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Put in all items of another mapping."""
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def setdefault(self, name: str, default: Any = None) -> Any:
        """The value of `name`, which is `default` from now on if it had none."""
        if name not in self:
            self[name] = default
        return self[name]

    def __ior__(self, other: Any) -> Registry:  # type: ignore[override, misc]
        self.update(other)
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        # A plain dictionary: the module makes a registry of it when it is rebuilt.
        return (dict, (), None, None, iter(self.items()))


def check_name(module: Any, name: Any, what: str, registry: str) -> None:
    """Raise unless `name` can be the name of a new member of `registry`."""
    where = type(module).__name__
    if registry not in module.__dict__:
        raise too_early(where, what)
    if not isinstance(name, str):
        problem = f"{what} name should be a string. Got {type(name).__name__}"
        raise TypeError(explain(where, problem))
    if "." in name:
        raise KeyError(f'{what} name can\'t contain ".", got: {name}')
    if name == "":
        raise KeyError(f'{what} name can\'t be empty string ""')
    if hasattr(module, name) and name not in module.__dict__[registry]:
        raise KeyError(f"attribute '{name}' already exists")


def too_early(where: str, what: str) -> AttributeError:
    """The error for a module whose `__init__` has not been called."""
    problem = f"cannot assign {what} before Module.__init__() call"
    hint = f"begin {where}.__init__ with super().__init__()"
    return AttributeError(explain(where, problem, hint=hint))


def typename(value: Any) -> str:
    """The name of the type of `value`, as PyTorch's errors give it."""
    if hasattr(value, "_value"):  # a tensor
        return str(value.type())
    kind = type(value)
    if kind.__module__ in ("builtins", "", None):
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}"


def present(items: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The items that are not None, each value once."""
    seen = set()
    for name, value in items.items():
        if value is not None and value not in seen:
            seen.add(value)
            yield name, value
