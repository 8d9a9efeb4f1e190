"""What is different between two windows of one place in a program, in words."""

from __future__ import annotations

from os.path import basename
from typing import TYPE_CHECKING, Any

from ..graph import Cell, Fresh, Node
from ..ops.table import TENSOR, Mark, Op
from .arguments import LIST, Fixed
from .entry import Entry

if TYPE_CHECKING:
    from .window import Window

MOST = 3
"""So many differences of one call are told."""


def change_between(before: Window, window: Window) -> str:
    """What is different in `window`, first of all.

    Both are paths in one trie: up to the first difference their calls are the very same entries.
    """
    for old, new in zip(before.path, window.path, strict=False):
        if old is not new:
            return change_of_call(old, new)
    if before is window:
        return "other results are still held when it ends"
    if len(window.path) > len(before.path):
        return f"it goes on with {described(window.path[len(before.path)])}"
    return f"it ends before {described(before.path[len(window.path)])}"


def described(entry: Entry) -> str:
    """A call, and where it was made."""
    file, line = entry.line or ("?", 0)
    return f"{name_of(entry.api)} at {basename(file)}:{line}"


def name_of(api: Any) -> str:
    """What was called."""
    return str(getattr(api, "name", None) or type(api).__name__)


def change_of_call(old: Entry, new: Entry) -> str:
    """What is different in a call that came after the same calls."""
    if old.api is not new.api or old.line != new.line:
        return f"{described(new)} came, where before {described(old)} did"
    if old.mode is not new.mode:
        return f"{described(new)}: gradients are {'' if new.mode else 'not '}recorded"
    names = names_of_inputs(new)
    pairs = list(zip(nodes_of(old), nodes_of(new), strict=False))
    words = [
        f"{names[k] if k < len(names) else f'tensor {k + 1}'} {change_of_value(a, b)}"
        for k, (a, b) in enumerate(pairs)
        if a is not b
    ]
    words += changes_of_form(old, new)
    if len(nodes_of(old)) != len(nodes_of(new)):
        words.append(f"{len(nodes_of(new))} tensors, before {len(nodes_of(old))}")
    rest = ", ..." if len(words) > MOST else ""
    return f"{described(new)}: {', '.join(words[:MOST]) or 'an option is another'}{rest}"


def nodes_of(entry: Entry) -> tuple[Node, ...]:
    """What the tensors given to a call denoted, from its key."""
    for part in reversed(entry.key if isinstance(entry.key, tuple) else ()):
        if isinstance(part, tuple) and part and all([isinstance(item, Node) for item in part]):
            return part
    return ()


def names_of_inputs(entry: Entry) -> list[str]:
    """The names of the parameters of an op that are tensors."""
    if not isinstance(entry.api, Op):
        return []
    names = []
    for param, item in zip(entry.api.params, entry.key[1], strict=False):
        if item is TENSOR:
            names.append(param.name)
        elif isinstance(item, tuple) and item and item[0] is LIST:
            names += [f"{param.name}[{k}]" for k, one in enumerate(item[1:]) if one is TENSOR]
    return names


def change_of_value(old: Node, new: Node) -> str:
    """How one input differs."""
    if old.spec != new.spec:
        return f"is {new.spec}, was {old.spec}"
    if old.strides != new.strides:
        return f"has strides {new.strides}, had {old.strides}"
    if old.requires_grad is not new.requires_grad:
        return f"{'requires' if new.requires_grad else 'does not require'} grad"
    if isinstance(old, Cell) and isinstance(new, Cell):
        return f"is another parameter ({new.spec})"
    if isinstance(new, Fresh):
        return f"is a tensor without history ({new.spec})"
    return f"comes from elsewhere ({new.spec})"


def changes_of_form(old: Entry, new: Entry) -> list[str]:
    """How the arguments of an op that are no tensors differ."""
    if not isinstance(new.api, Op):
        return []
    return [
        f"{param.name} is {argument(b)}, was {argument(a)}"
        for param, a, b in zip(new.api.params, old.key[1], new.key[1], strict=False)
        if a is not b and a != b
    ]


def argument(item: Any) -> str:
    """One argument of a form, as it was given."""
    if isinstance(item, Fixed):
        return repr(item.value)
    if isinstance(item, Mark):
        return item.name if item is TENSOR else f"some {item.name}"
    if isinstance(item, tuple) and item and item[0] is LIST:
        return f"{len(item) - 1} tensors"
    return repr(item)
