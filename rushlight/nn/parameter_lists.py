"""Modules that hold parameters: in a list, or by name. Other values may be among them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import ArgumentError, ShapeError, explain
from ..runtime.entry import Handle
from .containers import pairs, position
from .module import Module
from .parameter import Parameter


def as_parameter(value: Any) -> Any:
    """`value`, as a parameter if it is a tensor."""
    if isinstance(value, Handle) and not isinstance(value, Parameter):
        return Parameter(value)
    return value


def described(value: Any, type_text: str) -> str:
    """What is printed of a value in a list or dictionary of parameters."""
    if not isinstance(value, Handle):
        return f"Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    size = "x".join([str(n) for n in value._value.shape])
    return f"{kind} containing: [{type_text} of size {size}]"


def refuse_call(holder: Any) -> None:
    """Raise the error for calling what only holds parameters."""
    name = type(holder).__name__
    raise ShapeError(explain("nn", f"{name} should not be called."))


class ParameterList(Module):
    """A list of parameters, all of which belong to the module that it is assigned to.

    >>> m = torch.nn.ParameterList([torch.zeros(2), torch.ones(3)])
    >>> m
    ParameterList(
        (0): Parameter containing: [torch.float32 of size 2]
        (1): Parameter containing: [torch.float32 of size 3]
    )
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self += values

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, slice):
            return type(self)([self[k] for k in range(*idx.indices(len(self)))])
        return getattr(self, str(position(self, idx)))

    def __setitem__(self, idx: int, param: Any) -> None:
        setattr(self, str(position(self, idx)), as_parameter(param))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[k] for k in range(len(self))])

    def __iadd__(self, parameters: Iterable[Any]) -> Any:
        return self.extend(parameters)

    def append(self, value: Any) -> Any:
        """Itself, with one more value at the end."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Any:
        """Itself, with more values at the end."""
        if not isinstance(values, Iterable) or isinstance(values, Handle):
            kind = type(values).__name__
            problem = f"ParameterList.extend should be called with an iterable, but got {kind}"
            raise ArgumentError(explain("nn", problem))
        for value in values:
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """A line for each value."""
        lines = [
            f"  ({k}): {described(value, repr(getattr(value, 'dtype', '')))}"
            for k, value in enumerate(self)
        ]
        return "\n".join(lines)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raise: it only holds parameters."""
        refuse_call(self)


class ParameterDict(Module):
    """Parameters by name, in order, all of which belong to the module that it is assigned to.

    >>> m = torch.nn.ParameterDict({"left": torch.zeros(2), "right": torch.ones(3)})
    >>> m["right"]
    Parameter containing:
    tensor([1., 1., 1.], requires_grad=True)
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def _key_to_attr(self, key: Any) -> str:
        if not isinstance(key, str):
            problem = (
                "Index given to ParameterDict cannot be used as a key as it is not a string "
                f"(type is '{type(key).__name__}')."
            )
            raise ArgumentError(explain("ParameterDict", problem))
        return key

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._key_to_attr(key))

    def __setitem__(self, key: str, value: Any) -> None:
        # Before the key is noted: setting it may be refused.
        setattr(self, self._key_to_attr(key), as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        delattr(self, self._key_to_attr(key))
        del self._keys[key]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __or__(self, other: Any) -> ParameterDict:
        made = self.copy()
        made.update(other)
        return made

    def __ror__(self, other: Any) -> Any:
        made = type(other)(other)
        made.update(self)
        return made

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Another dictionary of the same parameters."""
        return ParameterDict(OrderedDict(self.items()))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of `key`, which is `default` from now on if it had none."""
        if key not in self._keys:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Take everything out."""
        for key in list(self._keys):
            del self[key]

    def pop(self, key: str) -> Any:
        """The value of `key`, after taking it out."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """The last key and its value, after taking them out."""
        key = next(reversed(self))
        return key, self.pop(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of `key`, or `default`."""
        return self[key] if key in self._keys else default

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A dictionary with `default` under each of `keys`."""
        return ParameterDict(OrderedDict([(key, default) for key in keys]))

    def keys(self) -> Any:
        """The names."""
        return self._keys.keys()

    def items(self) -> Iterator[tuple[str, Any]]:
        """Names and values."""
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Iterator[Any]:
        """The values."""
        return (self[key] for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Add the values of a mapping, or of a sequence of pairs.

        Those of a plain mapping, whose order may mean nothing, are added in order of their names.
        """
        found = pairs(parameters, "ParameterDict")
        ordered = isinstance(parameters, OrderedDict | ParameterDict)
        if not ordered and hasattr(parameters, "items"):
            found.sort(key=lambda pair: pair[0])
        for key, value in found:
            self[key] = value

    def extra_repr(self) -> str:
        """A line for each value."""
        lines = [
            f"  ({key}): {described(v, v.type() if isinstance(v, Handle) else '')}"
            for key, v in self.items()
        ]
        return "\n".join(lines)

    def __call__(self, input: Any) -> Any:
        """Raise: it only holds parameters."""
        refuse_call(self)
