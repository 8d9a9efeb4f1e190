"""Modules that hold other modules: in a row, in a list, by name."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from ..errors import ArgumentError, ChoiceError, DimError, explain
from .module import Module
from .show import framed, indented


def position(holder: Any, index: Any, upto: int = 0) -> int:
    """`index`, which may count from the end, as a position in `holder`."""
    count = len(holder)
    index = operator.index(index)
    if not -count <= index < count + upto:
        hint = f"indices are {-count} to {count - 1}" if count else "it is empty"
        raise DimError(explain(type(holder).__name__, f"index {index} is out of range", hint=hint))
    return index % count if count and index < 0 else index


def renumber(holder: Any, members: Iterable[Any]) -> None:
    """Have `holder` hold just `members`, called 0, 1, 2, ..."""
    members = list(members)
    holder._modules.clear()
    for k, module in enumerate(members):
        holder.add_module(str(k), module)


class Sequential(Module):
    """Modules in a row: each is given what the one before it returned.

    They may be given one by one or, with names, in an OrderedDict.

    >>> m = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    >>> m
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    >>> m[1]
    ReLU()
    >>> m(torch.ones(4, 2)).shape
    torch.Size([4, 3])
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            items: Iterable[tuple[str, Any]] = args[0].items()
        else:
            items = [(str(k), module) for k, module in enumerate(args)]
        for name, module in items:
            self.add_module(name, module)

    def forward(self, input: Any) -> Any:
        """What the last module returns."""
        for module in self._modules.values():
            input = module(input)
        return input

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, slice):
            return type(self)(OrderedDict(list(self._modules.items())[idx]))
        return list(self._modules.values())[position(self, idx)]

    def __setitem__(self, idx: int, module: Any) -> None:
        setattr(self, list(self._modules)[position(self, idx)], module)

    def __delitem__(self, idx: Any) -> None:
        names = list(self._modules)
        for name in names[idx] if isinstance(idx, slice) else [names[position(self, idx)]]:
            delattr(self, name)
        renumber(self, self._modules.values())

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __add__(self, other: Any) -> Sequential:
        return Sequential(*self, *expect_sequential(other))

    def __iadd__(self, other: Any) -> Any:
        return self.extend(expect_sequential(other))

    def __mul__(self, other: Any) -> Sequential:
        return Sequential(*list(self) * checked_factor(self, other))

    def __rmul__(self, other: Any) -> Sequential:
        return self * other

    def __imul__(self, other: Any) -> Any:
        return self.extend(list(self) * (checked_factor(self, other) - 1))

    def append(self, module: Any) -> Any:
        """Itself, with one more module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index: int, module: Any) -> Any:
        """Itself, with one more module before the one at `index`."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        count = len(self._modules)
        if not -count <= index <= count:
            raise DimError(explain("Sequential", f"Index out of range: {index}"))
        members = list(self)
        members.insert(index, module)
        renumber(self, members)
        return self

    def extend(self, sequential: Iterable[Any]) -> Any:
        """Itself, with more modules at the end."""
        for module in list(sequential):
            self.append(module)
        return self

    def pop(self, key: Any) -> Any:
        """The module at `key`, after taking it out."""
        module = self[key]
        del self[key]
        return module


def expect_sequential(other: Any) -> Any:
    """`other`, if it can be added to a Sequential."""
    if not isinstance(other, Sequential):
        problem = (
            f"add operator supports only objects of Sequential class, but {type(other)} is given."
        )
        raise ChoiceError(explain("Sequential", problem))
    return other


def checked_factor(holder: Sequential, factor: Any) -> int:
    """`factor`, if a Sequential can be repeated so often."""
    if not isinstance(factor, int):
        problem = f"unsupported operand type(s) for *: {type(holder)} and {type(factor)}"
        raise ArgumentError(explain("Sequential", problem))
    if factor <= 0:
        problem = f"Non-positive multiplication factor {factor} for {type(holder)}"
        raise ChoiceError(explain("Sequential", problem))
    return factor


class ModuleList(Module):
    """A list of modules, all of which belong to the module that it is assigned to.

    >>> m = torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(3)])
    >>> m
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )
    >>> len(m[1:])
    2
    """

    def __init__(self, modules: Iterable[Any] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self += modules

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, slice):
            return type(self)(list(self._modules.values())[idx])
        return self._modules[str(position(self, idx))]

    def __setitem__(self, idx: int, module: Any) -> None:
        setattr(self, str(position(self, idx)), module)

    def __delitem__(self, idx: Any) -> None:
        members = list(self)
        del members[idx if isinstance(idx, slice) else position(self, idx)]
        renumber(self, members)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __iadd__(self, modules: Iterable[Any]) -> Any:
        return self.extend(modules)

    def __add__(self, other: Iterable[Any]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        if not len(self):
            return f"{self._get_name()}()"
        lines = []
        first = 0
        for text, run in groupby([repr(module) for module in self]):
            count = len(list(run))
            place, times = f"({first})", ""
            if count > 1:
                place, times = f"({first}-{first + count - 1})", f"{count} x "
            lines.append(f"{place}: {times}{indented(text)}")
            first += count
        return framed(self._get_name(), [], lines)

    def insert(self, index: int, module: Any) -> None:
        """Put `module` before the one at `index`."""
        members = list(self)
        members.insert(index, module)
        renumber(self, members)

    def append(self, module: Any) -> Any:
        """Itself, with one more module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Any]) -> Any:
        """Itself, with more modules at the end."""
        if not isinstance(modules, Iterable):
            kind = type(modules).__name__
            problem = f"ModuleList.extend should be called with an iterable, but got {kind}"
            raise ArgumentError(explain("nn", problem))
        for module in list(modules):
            self.append(module)
        return self

    def pop(self, key: Any) -> Any:
        """The module at `key`, after taking it out."""
        module = self[key]
        del self[key]
        return module


def pairs(items: Any, where: str) -> list[tuple[str, Any]]:
    """The items of a mapping, or of a sequence of pairs."""
    if isinstance(items, Mapping) or hasattr(items, "items"):
        return list(items.items())
    if not isinstance(items, Iterable):
        problem = (
            f"{where}.update should be called with an iterable of key/value pairs, but got "
            f"{type(items).__name__}"
        )
        raise ArgumentError(explain("nn", problem))
    found = []
    for k, pair in enumerate(items):
        element = f"{where} update sequence element #{k}"
        if not isinstance(pair, Iterable):
            problem = f"{element} should be Iterable; is {type(pair).__name__}"
            raise ArgumentError(explain("nn", problem))
        pair = tuple(pair)
        if len(pair) != 2:
            problem = f"{element} has length {len(pair)}; 2 is required"
            raise ChoiceError(explain("nn", problem))
        found.append(pair)
    return found


class ModuleDict(Module):
    """Modules by name, in order, all of which belong to the module that it is assigned to.

    >>> m = torch.nn.ModuleDict({"relu": torch.nn.ReLU(), "tanh": torch.nn.Tanh()})
    >>> m["tanh"]
    Tanh()
    >>> list(m)
    ['relu', 'tanh']
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Any) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """The module called `key`, after taking it out."""
        return self._modules.pop(key)

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def items(self) -> Any:
        """Names and modules."""
        return self._modules.items()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add the modules of a mapping, or of a sequence of pairs."""
        for name, module in pairs(modules, "ModuleDict"):
            self[name] = module
