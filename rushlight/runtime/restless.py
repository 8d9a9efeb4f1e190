"""Views that are another each time: a slice of random place, as augmentations cut it.

What was recorded after each of them would be another program. So when a few have come after the
same calls, what came before is run, and the view is one of memory: programs are told where it is.
"""

from __future__ import annotations

from .arguments import Call
from .entry import NOTHING
from .recorder import Recorder, tear_down

MOST = 3
"""So many places are recorded as they come."""


def is_restless(recorder: Recorder, call: Call) -> bool:
    """Whether the view `call` of a value that is still to be computed is another each time."""
    at, source = recorder.at, call.handles[0]._value
    if source.leaf or recorder.mapping or (recorder.grad and source.requires_grad):
        return False
    if at.restless is call.op:
        return True
    rivals = [e for e in at.alternatives.values() if e.api is call.op and e.a is source]
    if len(rivals) < MOST or any([e.value is None for e in rivals]):
        return False
    if len({(e.value.spec, e.value.strides) for e in rivals}) > 1:
        return False  # of other shapes there would be other programs all the same
    at.restless, at.next = call.op, NOTHING
    for entry in rivals:
        at.alternatives.pop(entry.key, None)
        tear_down(entry)
    return True
