"""Tensors whose values are pending in another thread's window.

The other thread may be recording at this very moment, so its recorder must not be touched. What is
needed is computed from what it has recorded, as a pure function, here: a tensor that is new is made
real, and the other thread finds it so. A tensor that existed before, and whose change is pending,
is left to its thread; here a stand-in with the new value is used. If the other thread ran its
window meanwhile, the value is there, or the attempt is made again.
"""

from __future__ import annotations

import time

from ..errors import LostError, explain
from ..graph import Cell, Node
from .deliver import Results
from .entry import Handle, types
from .history import stand_in
from .recorder import Recorder
from .window import Place, Plan, Window

ATTEMPTS = 1000


def adopt(handle: Handle) -> Handle:
    """`handle`, made real; or a stand-in for it, if a change of it is pending."""
    for attempt in range(ATTEMPTS):
        value = handle._value
        if value.leaf:
            return handle
        owner: Recorder = value.home.root.extra
        flushes = owner.flushes
        try:
            found = compute(owner, handle, value)
        except (AttributeError, IndexError, KeyError, TypeError):
            found = None  # read while the other thread was changing it
        if handle._value is value and owner.flushes == flushes and found is not None:
            place, results = found
            target = handle
            if place.origin is not None:
                target = types.new()
                target._value = value
            hand_to(target, place, results)
            return target
        time.sleep(0 if attempt < 10 else 0.001)
    problem = "the value of this tensor is pending in another thread, and could not be had"
    raise LostError(explain("record", problem, hint="call .item() or print in its own thread"))


def compute(owner: Recorder, handle: Handle, value: Node) -> tuple[Place, Results] | None:
    """The results for `handle` of what `owner` has recorded so far."""
    window = Window(owner.at)
    for place in window.places:
        if place.node is value and place.handle() is handle:
            plan = Plan(window, [place])
            arrays = plan.gather()
            outputs, failed = plan.run(arrays)
            results = Results(plan, arrays, outputs, failed)
            results.prepare()
            return place, results
    return None


def hand_to(target: Handle, place: Place, results: Results) -> None:
    """Give `target` the value computed for `place`."""
    failure = results.failed.get(place.node)
    if failure is not None:
        raise failure.error
    for delivery in results.plan.direct:
        delivery.store = False
        results.deliver_array(delivery, target)
    for delivery in results.plan.views:
        results.deliver_view(delivery, target)
    if isinstance(target._value, Cell) and target._cell is None:
        target._value, target._history = stand_in(target._value)
