"""What a call hands back; views of concrete tensors, which are NumPy's own and not recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import config, ops
from ..graph import Bound, Fresh, Node, Past, Saved, Stale, contiguous_strides, fresh
from ..trace import apply_chain, view_chain, view_root
from .arguments import Call, put_back
from .deliver import link
from .entry import types


class Returned:
    """How a call hands back its results: `kind` of tuple (None: one item) of `items`.

    An item is the place of a new value, or `~place` of an argument that is handed back as it is,
    or None.
    """

    __slots__ = ("items", "kind")

    def __init__(self, kind: Any, items: tuple[Any, ...]) -> None:
        self.kind = kind
        self.items = items

    def hand_back(self, new: Sequence[Any], given: Sequence[Any]) -> Any:
        """The results, made of `new` tensors and `given` ones."""
        found = [None if i is None else new[i] if i >= 0 else given[~i] for i in self.items]
        if self.kind is None:
            return found[0]
        if self.kind is tuple or self.kind is list:
            return self.kind(found)
        return self.kind(*found)


def analyse(result: Any, given: Sequence[Node]) -> tuple[Returned, tuple[Node, ...]]:
    """How `result` is handed back, and its new nodes."""
    single = isinstance(result, Node) or result is None
    nodes: list[Node] = []
    items: list[Any] = []
    for item in (result,) if single else result:
        if item is None:
            items.append(None)
            continue
        place = next((~k for k, n in enumerate(given) if n is item), None)
        if place is None:
            place = len(nodes)
            nodes.append(item)
        items.append(place)
    return Returned(None if single else type(result), tuple(items)), tuple(nodes)


def views_now(recorder: Any, call: Call, args: Sequence[Any]) -> Any:
    """The result of a view op on a concrete tensor that needs no gradient: NumPy's own view.

    None if it has to be recorded: the memory must be copied, or the result has a history. What
    `args` alone ask for is noted for `view_again`.
    """
    handle = call.handles[0]
    leaf = handle._value
    if len(call.handles) > 1 or call.numbers:
        return None
    if isinstance(leaf, Saved | Past | Stale) and (call.op is ops.detach or not recorder.grad):
        leaf = fresh(leaf.shape, leaf.dtype, leaf.stride_memo)  # the view has no history
    elif type(leaf) is not Fresh:
        return None
    key = (call.op, call.form, leaf)
    known = VIEWS.get(key)
    if known is None:
        known = VIEWS[key] = view_plan(call, leaf)
    returned, chains = known
    if returned is None:
        return None
    made = [view_on(handle, chain, value) for chain, value in chains]
    plain = returned.kind is None and returned.items == (0,) and leaf is handle._value
    if plain and args and all([type(number) is int for number in args[1:]]):
        AGAIN[(call.op, leaf, tuple(args[1:]))] = chains[0]
    return returned.hand_back(made, call.handles)


VIEWS: dict[Any, Any] = {}
"""How view ops act on concrete tensors: key -> (how to hand back, chains of NumPy views)."""

AGAIN: dict[Any, Any] = {}
"""Those that were asked for with whole numbers and give one view: key -> (chain, value)."""


def view_again(op: Any, handle: Any = None, *numbers: Any) -> Any:
    """The view of a concrete tensor that such a call gave before; None if it must be read."""
    leaf = getattr(handle, "_value", None)
    if type(leaf) is not Fresh:
        return None
    for number in numbers:
        if type(number) is not int:
            return None
    known = AGAIN.get((op, leaf, numbers))
    if known is None:
        return None
    return view_on(handle, *known)


def view_on(handle: Any, chain: Any, value: Node) -> Any:
    """The view of a concrete tensor that `chain` leads to; `value` is what it denotes."""
    view = types.new()
    view._array = apply_chain(handle._array, chain)
    view._value = value
    link(handle, view, chain)
    return view


def view_plan(call: Call, leaf: Node) -> Any:
    """What `views_now` must do for this call."""
    if len(VIEWS) > config.trie_cap:
        VIEWS.clear()
        AGAIN.clear()
    source = Bound(leaf, None, 0)
    result = put_back(call, [source], ())
    returned, nodes = analyse(result, [source])
    if any([view_root(n) is not source for n in nodes]):
        return None, ()
    chains = []
    for node in nodes:
        contiguous = node.strides == contiguous_strides(node.shape)
        value = fresh(node.shape, node.dtype, None if contiguous else node.strides)
        chains.append((view_chain(node), value))
    return returned, chains
