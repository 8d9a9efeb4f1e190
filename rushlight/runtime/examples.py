"""What `vmap` is to the runtime: tensors that stand for any one of many examples.

Inside a vmap a function is recorded once, on `example` nodes that have the shape of one example and
never get a value. When it returns, what depends on them is made again for all examples at once, by
`vectorize`: that is one recorded call like any other, found again when the function is.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import getrefcount
from typing import Any

from .. import ops
from ..errors import LostError, caller_line, explain
from ..graph import Node, needed
from ..ops.batching import moved
from ..ops.control import no_value
from ..vectorize import batch_of, vectorized
from .deliver import Failed
from .effect import Change, apply_effect, given, new_tensor
from .entry import Entry, Handle
from .record import settle
from .recorder import Recorder
from .window import Window


class Call:
    """What an entry of the trie says was called."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.grad_name = name_of


def name_of(node: Node, key: Any) -> str:
    """PyTorch's name of the function that made `node`."""
    name = node.op.grad_name
    return name if isinstance(name, str) else ""


ONE = 2
"""What getrefcount says of a tensor that only its entry holds."""

EXAMPLE = Call("example")
BECOME = Call("become_example")
WHOLE = Call("vmap")


def begin(recorder: Recorder, api: Call) -> None:
    """Begin a window with a transform of a function, if it is the one called here before.

    A loop that observes nothing would else make one window of all its steps.
    """
    at = recorder.at
    if recorder.mapping or recorder.tracking or not at.depth or at.next.api is api:
        return
    line = caller_line()
    entry = at
    while entry.parent is not None:
        if entry.api is api and entry.line == line:
            recorder.flush()
            return
        entry = entry.parent


class Level:
    """One vmap that is running: over `size` examples, `bit` among those that run."""

    def __init__(self, recorder: Recorder, size: int, randomness: str) -> None:
        self.recorder = recorder
        self.size = size
        self.randomness = randomness
        self.bit = 0

    def __enter__(self) -> Level:
        recorder = self.recorder
        settle(recorder, ())
        begin(recorder, EXAMPLE)
        if recorder.at.state.mutated:
            recorder.flush()  # gradients are recorded after a parameter was changed by hand
        self.eager = recorder.eager
        self.start: Entry = recorder.at
        self.bit = 1 << len(recorder.mapping)
        self.tracking = recorder.tracking  # derivatives that this vmap is in
        recorder.eager = False
        recorder.mapping.append(self)
        return self

    def flush_around(self) -> None:
        """Run the window though this vmap has not ended."""
        flush_around(self.recorder)

    def __exit__(self, *error: Any) -> None:
        recorder = self.recorder
        recorder.mapping.remove(self)
        recorder.eager = self.eager
        self.let_go()
        if recorder.eager and not recorder.mapping:
            recorder.flush()

    def let_go(self) -> None:
        """See to it that a tensor of one example that somebody kept is never asked for a value."""
        entry: Entry | None = self.recorder.at
        while entry is not None and entry is not self.start and entry.parent is not None:
            out = entry.out
            if type(out) is list:
                for k in range(len(out)):
                    if getrefcount(out[k]) > ONE:
                        self.disown(out[k])
            else:
                del out
                if getrefcount(entry.out) > ONE:
                    self.disown(entry.out)
            entry = entry.parent

    def disown(self, handle: Handle | None) -> None:
        """Have a tensor say, whenever it is asked, that it stood for one example."""
        if handle is not None and handle._value.examples & self.bit:
            handle._value = Failed(handle._value, no_value())

    def examples(self, handles: Sequence[Handle], axes: Sequence[int]) -> list[Handle]:
        """Any one of the examples along an axis of each tensor."""
        recorder = self.recorder
        settled = settle(recorder, handles)

        def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
            change = Change()
            for node, axis in zip(nodes, axes, strict=True):
                change.add(one_of(node, axis, self.bit), new_tensor, None)
            return change

        values = tuple([h._value for h in settled])
        key = (EXAMPLE, tuple(axes), self.bit, values, recorder.grad)
        return list(apply_effect(recorder, EXAMPLE, key, settled, (), describe))

    def example(self, handle: Handle, axis: int) -> Handle:
        """Any one of the examples along an axis of a tensor."""
        return self.examples([handle], [axis])[0]

    def become_example(self, handle: Handle) -> None:
        """Have a tensor stand for any one of the examples along its own first axis."""
        recorder = self.recorder

        def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
            change = Change()
            old = None if nodes[0].leaf else nodes[0]
            change.add(one_of(nodes[0], 0, self.bit), given(0), old)
            return change

        key = (BECOME, self.bit, handle._value, recorder.grad)
        apply_effect(recorder, BECOME, key, [handle], (), describe)

    def whole(self, handles: Sequence[Handle], axes: Sequence[int]) -> list[Handle]:
        """What `handles` are for all examples, which lie along the `axes`."""
        recorder = self.recorder
        settled = settle(recorder, handles)

        def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
            change = Change()
            for made, axis in zip(self.for_all(nodes), axes, strict=True):
                change.add(moved(made, 0, axis), new_tensor, None)
            return change

        values = tuple([h._value for h in settled])
        key = (WHOLE, tuple(axes), self.bit, self.size, self.tracking, values, recorder.grad)
        return list(apply_effect(recorder, WHOLE, key, settled, (), describe))

    def for_all(self, nodes: Sequence[Node]) -> list[Node]:
        """What `nodes` are for all examples, which lie along the first axis."""
        bit, size = self.bit, self.size
        known = {
            node: batch_of(node)
            for node in needed(nodes)
            if node.examples & bit and node.op is ops.example and node.attrs["level"] == bit
        }
        found = vectorized(nodes, known, size, self.tracking)
        return [
            made if node in known else ops.expand_view(made, shape=(size, *made.shape))
            for node, made in zip(nodes, found, strict=True)
        ]


def one_of(node: Node, axis: int, bit: int) -> Node:
    """Any one of the examples along an axis of `node`."""
    made = ops.example(node, axis=axis, level=bit)
    made.examples |= bit
    return made


# -- a value is looked at while a vmap runs ----------------------------------------------------


def flush_around(recorder: Recorder) -> None:
    """Run the window, as somebody looks at a value that is the same for all examples.

    What stands for one example has to be carried over to the next window: as a batch of all.
    """
    levels = recorder.mapping
    live = [p.handle() for p in Window(recorder.at).live() if p.node.examples]
    kept = [h for h in live if h is not None]
    handles = list(kept)
    if any([h._value.requires_grad for h in handles]):
        problem = "a value was looked at inside a derivative inside vmap"
        hint = "compute it before, outside the function that vmap is given"
        raise LostError(explain("vmap", problem, hint=hint))
    bits = [h._value.examples for h in handles]
    for level in reversed(levels):
        mine = [k for k, b in enumerate(bits) if b & level.bit]
        made = level.whole([handles[k] for k in mine], [0] * len(mine))
        for k, handle in zip(mine, made, strict=True):
            handles[k] = handle
    for handle in kept:
        handle._value = Failed(handle._value, no_value())
    recorder.mapping = []
    try:
        recorder.flush()
    finally:
        recorder.mapping = levels
    for old, handle, bit in zip(kept, handles, bits, strict=True):
        old._array, old._value = handle._array, handle._value
        for level in levels:
            if bit & level.bit:
                level.become_example(old)
    for level in levels:
        level.start = recorder.root
