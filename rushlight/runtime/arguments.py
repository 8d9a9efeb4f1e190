"""Read the arguments of a call: what is a tensor, what a number that may change, what is static."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, RangeError, explain
from ..graph import Node
from ..ops.table import TENSOR, Mark, Op, Param
from .entry import Handle

SYNONYMS = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "self": "input"}
NUMBERS = (bool, int, float, complex)


class Fixed(NamedTuple):
    """A Python number that is part of what was recorded: 2, 2.0 and True are different ones."""

    kind: type
    value: Any


LIST = Mark("list")
NUMBER = {kind: Mark(kind.__name__) for kind in NUMBERS}
MARKS = frozenset(NUMBER.values())


class Call(NamedTuple):
    """A call taken apart: `form` is what is left when tensors and numbers are taken out."""

    op: Op
    form: tuple[Any, ...]
    handles: list[Handle]
    numbers: list[Any]

    def key(self, api: Any, grad: bool) -> tuple[Any, ...]:
        """What two calls have in common when one recording serves both."""
        return (api, self.form, tuple([h._value for h in self.handles]), grad)


def read(op: Op, args: Sequence[Any], kwargs: dict[str, Any]) -> Call:
    """The call `op(*args, **kwargs)`, taken apart; raises ArgumentError if it makes no sense."""
    handles: list[Handle] = []
    numbers: list[Any] = []
    form: list[Any] = []
    left = dict(kwargs) if kwargs else kwargs
    place = 0
    for param in op.params:
        name = param.name
        if param.star:
            value: Any = args[place:]
            place = len(args)
            if len(value) == 1 and isinstance(value[0], tuple | list):
                value = value[0]
            elif not value and left:
                value = left.pop(name, left.pop("size", left.pop("shape", ())))
        elif place < len(args) and not param.keyword_only:
            value = args[place]
            place += 1
        elif left and name in left:
            value = left.pop(name)
        elif left and (synonym := synonym_of(name, left)):
            value = left.pop(synonym)
        elif param.required:
            raise ArgumentError(explain(op.name, f"missing argument {name!r}", hint=usage(op)))
        else:
            form.append(param.default)
            continue
        form.append(take_out(op, param, value, handles, numbers))
    if place < len(args) or left:
        raise ArgumentError(unexpected(op, args, left))
    if not handles and not op.numbers_alone and takes_either(op):
        problem = "received an invalid combination of arguments: at least one must be Tensor"
        raise ArgumentError(explain(op.name, problem, hint=usage(op)))
    return Call(op, tuple(form), handles, numbers)


def takes_either(op: Op) -> bool:
    """Whether `op` wants tensors, in the place of one of which a number may stand."""
    return sum([p.mixed or p.fixed for p in op.params]) > 1


def synonym_of(name: str, given: dict[str, Any]) -> str:
    """The NumPy-like name under which the parameter `name` was given, if any."""
    return next((s for s, meant in SYNONYMS.items() if meant == name and s in given), "")


def take_out(op: Op, param: Param, value: Any, handles: list[Handle], numbers: list[Any]) -> Any:
    """The form of one argument, after putting tensors and numbers into their lists."""
    kind = param.kind
    if kind == "tensor" or kind == "number":
        if isinstance(value, Handle):
            handles.append(value)
            return TENSOR
        if value is None and not param.required:
            return None
        mark = NUMBER.get(type(value))
        if mark is None and isinstance(value, np.generic):
            value = value.item()
            mark = NUMBER.get(type(value))
        if mark is not None and (kind == "number" or param.mixed):
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                problem = f"argument {param.name!r} is too large for int64"
                raise RangeError(explain(op.name, problem, {param.name: value}))
            numbers.append(value)
            return mark
        if mark is not None and param.fixed:
            return Fixed(type(value), value)
        wanted = "a number" if kind == "number" else "Tensor"
        raise ArgumentError(wrong_type(op, param, value, wanted))
    if kind == "tensors":
        if isinstance(value, Handle) or not isinstance(value, tuple | list):
            raise ArgumentError(wrong_type(op, param, value, "tuple of Tensors"))
        return (LIST, *[element(op, param, k, v, handles) for k, v in enumerate(value)])
    return freeze(value)


def element(op: Op, param: Param, k: int, value: Any, handles: list[Handle]) -> Any:
    """The form of element `k` of a list of tensors; some ops take None in the place of one."""
    if value is None and param.name == "indices":  # of an index: all places of this dimension
        return None
    if not isinstance(value, Handle):
        kind = type(value).__name__
        problem = f"expected Tensor as element {k} in argument {param.name!r}, but got {kind}"
        raise ArgumentError(explain(op.name, problem, hint="torch.tensor(...) makes a tensor"))
    handles.append(value)
    return TENSOR


def freeze(value: Any) -> Any:
    """A static argument in a form that can be hashed."""
    if isinstance(value, list | tuple):
        return tuple([freeze(v) for v in value])
    if isinstance(value, np.integer | np.bool_ | np.floating):
        return value.item()
    if isinstance(value, Handle):
        return value.item()  # type: ignore[attr-defined]
    return value


def put_back(call: Call, nodes: Sequence[Node], scalars: Sequence[Node]) -> Any:
    """Call the op with nodes for the tensors and for the numbers."""
    given = iter(nodes)
    counted = iter(scalars)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for param, item in zip(call.op.params, call.form, strict=True):
        if item is TENSOR:
            item = next(given)
        elif item is not None:
            item = restored(item, given, counted)
        if param.keyword_only:
            kwargs[param.name] = item
        elif param.star:
            args += item
        else:
            args.append(item)
    return call.op(*args, **kwargs)


def restored(item: Any, given: Iterator[Node], counted: Iterator[Node]) -> Any:
    """One argument again, from its form."""
    kind = type(item)
    if kind is Mark:
        return next(given) if item is TENSOR else next(counted)
    if kind is Fixed:
        return item.value
    if kind is tuple and item and item[0] is LIST:
        return [restored(i, given, counted) for i in item[1:]]
    return item


def usage(op: Op) -> str:
    """The signature of `op`, as a hint."""
    words = []
    for p in op.params:
        word = f"*{p.name}" if p.kind == "sizes" else p.name
        words.append(word if p.required or p.kind == "sizes" else f"{word}={p.default!r}")
    return f"{op.name}({', '.join(words)})"


def unexpected(op: Op, args: Sequence[Any], left: dict[str, Any]) -> str:
    """The text of the error for arguments that have no parameter."""
    if left:
        problem = f"unexpected argument {next(iter(left))!r}"
    else:
        problem = f"takes {len(op.params)} arguments but {len(args)} were given"
    return explain(op.name, problem, hint=usage(op))


def wrong_type(op: Op, param: Param, value: Any, wanted: str) -> str:
    """The text of the error for an argument of the wrong type."""
    hint = ""
    if isinstance(value, np.ndarray):
        hint = "torch.from_numpy(array) makes a tensor of a NumPy array"
    elif isinstance(value, list | tuple) and wanted == "Tensor":
        hint = "torch.tensor(list) makes a tensor of a list"
    elif isinstance(value, float | int) and wanted == "Tensor":
        hint = "torch.tensor(number) makes a tensor of a number"
    elif value is None:
        hint = "is a return missing in the function that made it?"
    kind = type(value).__name__
    return explain(op.name, f"argument {param.name!r} must be {wanted}, not {kind}", hint=hint)
