"""Straight Python for a plan that is run again and again: what it reads, writes and must not miss.

It does what `Window.live`, `Plan.gather` and `Results.deliver` do, without looking anything up. The
deliveries that need more than a new array (views, copies, histories) stay with the last.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import Bound, Cell, Saved, Scalar
from .entry import Entry, Handle
from .memory import laid_out, store

if TYPE_CHECKING:
    from .window import Delivery, Place, Plan


class Source:
    """Lines of a function, and the objects they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.space: dict[str, Any] = {
            "getrefcount": getrefcount, "laid_out": laid_out, "ndarray": np.ndarray, "store": store
        }  # fmt: skip
        self.names: dict[int, str] = {}

    def name(self, thing: Any, letter: str) -> str:
        """The name of `thing` in the function."""
        known = self.names.get(id(thing))
        if known is None:
            known = self.names[id(thing)] = f"{letter}{len(self.space)}"
            self.space[known] = thing
        return known

    def function(self, signature: str) -> Callable[..., Any]:
        """The function."""
        text = "\n    ".join([f"def {signature}:", *self.lines])
        exec(compile(text, "<rushlight window>", "exec"), self.space)
        made: Callable[..., Any] = self.space[signature.partition("(")[0]]
        return made


def unheld() -> int:
    """What `getrefcount` says, in a function made here, of a tensor that only its entry holds."""
    entry = Entry(None, None, True)
    entry.out = [Handle()]
    source = Source()
    source.lines.append(f"return getrefcount({source.name(entry, 'e')}.out[0])")
    count: int = source.function("count()")()
    return count


UNHELD = unheld()


def surpriser(plan: Plan) -> Callable[[], bool]:
    """A function that tells whether somebody holds a tensor that the plan does not deliver."""
    source = Source()
    words = [
        f"getrefcount({tensor_of(source, place)}) > {UNHELD + place.holders - 1}"
        for place in plan.window.places
        if not place.superseded and place not in plan.live
    ]
    source.lines.append(f"return {' or '.join(words) or 'False'}")
    return source.function("surprised()")


def tensor_of(source: Source, place: Place) -> str:
    """The expression for the tensor at `place`."""
    item = "" if place.entry.value is not None else f"[{place.k}]"
    return f"{source.name(place.entry, 'e')}.out{item}"


def fetcher(plan: Plan) -> Callable[[], list[Any]]:
    """A function that returns the values of the program's inputs."""
    source = Source()
    words = []
    for leaf in plan.program.inputs:
        if isinstance(leaf, Cell):
            words.append(f"{source.name(leaf, 'c')}.array")
        elif isinstance(leaf, Bound):
            words.append(f"{source.name(leaf.entry, 'e')}.bound[{leaf.place}]")
        elif isinstance(leaf, Scalar):
            words.append(f"{source.name(leaf.entry, 'e')}.numbers[{leaf.place}]")
        else:
            assert isinstance(leaf, Saved)
            slot = source.name(leaf.slot, "s")
            words.append(f"{slot}.generation().arrays[{source.name(leaf, 'n')}]")
    source.lines.append(f"return [{', '.join(words)}]")
    return source.function("fetch()")


def deliverer(plan: Plan) -> Callable[[list[Any]], None]:
    """A function that hands the program's outputs over to the tensors that want them."""
    source = Source()
    lines = source.lines
    place = {node: k for k, node in enumerate(plan.program.outputs)}
    for entry in plan.window.path:
        lines += [
            f"{source.name(entry, 'e')}.bound[{len(entry.places) + k}].release()"
            for k in range(len(entry.keeps))
        ]
    for delivery in plan.direct:
        hand_over(source, delivery, place[delivery.place.node])
    for entry in plan.window.path:
        name = source.name(entry, "e")
        lines.append(f"{name}.out = None")
        if entry.places or entry.keeps or entry.scalars:
            lines.append(f"{name}.bound = {name}.numbers = ()")
    return source.function("deliver(values)")


def hand_over(source: Source, delivery: Delivery, index: int) -> None:
    """Lines that give one tensor its array."""
    node = source.name(delivery.place.node, "n")
    strides = source.name(delivery.strides, "t")
    source.lines += [
        f"h = {tensor_of(source, delivery.place)}",
        f"if h._value is {node}:",
        f"    a = values[{index}]",
        f"    if a.__class__ is not ndarray or a.strides != {strides}:",
        f"        a = laid_out(a, {node}, False)",
        "    store(h, a)" if delivery.store else "    h._array = a",
        f"    h._value = {source.name(delivery.leaf, 'n')}",
    ]
