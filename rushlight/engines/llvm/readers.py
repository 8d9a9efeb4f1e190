"""What the layout of a form costs those that read it later.

A form lies as suits the group that computes it. But where a later group runs through it by another
dimension, every vector has to be put together element by element: the gates of a recurrent step are
short along the batch, and what is added to an image had better lie as that does.
"""

from __future__ import annotations

from .buffers import LONG, Memory
from .forms import Form
from .plan import Index
from .schedule import Reading, Schedule
from .strategy import SCATTERED, access_cost

Burdens = dict[int, float]


class Readers:
    """Who reads the stored forms of a schedule in passes over memory, sums of products not."""

    def __init__(self, schedule: Schedule, memory: Memory) -> None:
        self.memory = memory
        self.found: dict[Form, list[tuple[Reading, Index]]] = {}
        self.known: dict[Form, Burdens] = {}
        for user, reading in schedule.read.items():
            if not reading.is_pass:
                continue
            for form, index in reading.stored:
                if schedule.place[form] != schedule.place[user]:  # else it is in a register
                    self.found.setdefault(form, []).append((reading, index))

    def burdens(self, form: Form) -> Burdens:
        """What it costs that a dimension of `form` lies innermost, if it had better not."""
        if form not in self.known:
            found: Burdens = {}
            self.known[form] = found
            for reading, index in self.found.get(form, ()):
                for axis in self.unfit(form, reading, index):
                    found[axis] = found.get(axis, 0.0) + SCATTERED * reading.work / LONG
        return self.known[form]

    def unfit(self, form: Form, reading: Reading, index: Index) -> list[int]:
        """The dimensions of `form` along which no loop takes vectors, nor all of what is short.

        They are taken along the loop that suits the others, if it runs through `form` at all.
        """
        long = [axis for axis, n in enumerate(form.shape) if n > 1]
        inner = self.innermost(reading, form)
        given = any([index[axis].factor(inner) for axis in long])
        found = []
        for axis in long:
            terms = [(v, k) for v, k in index[axis].terms if v == inner or not given]
            enough = min(form.shape[axis], LONG)
            steps = [k for v, k in terms if reading.sizes[v] >= enough]
            if not any([access_cost(k) < SCATTERED for k in steps]):
                found.append(axis)
        return found

    def innermost(self, reading: Reading, form: Form) -> str:
        """The loop along which the largest array lies that is read beside `form`, if it is long."""
        best, inner = 0, ""
        for other, index in reading.stored + reading.inputs:
            buffer = self.memory.buffers.get(other)
            if other is form or other.size <= best or buffer is None or buffer.strides is None:
                continue
            along = [v for v, k in buffer.flat(index).terms if k == 1 and reading.sizes[v] >= LONG]
            best, inner = other.size, along[0] if along else ""
        return inner if best >= form.size else ""
