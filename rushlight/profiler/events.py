"""What a profile found: events, events of one name together, and tables of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ChoiceError, explain
from ..runtime.watching import Seen

HEADS = ("Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg", "# of Calls")
WIDTH = 12
LONGEST_NAME = 55
LONGEST_SHAPES = 80


def in_words(microseconds: float) -> str:
    """A time with its unit.

    >>> from rushlight.profiler.events import in_words
    >>> in_words(1500.0)
    '1.500ms'
    """
    if microseconds >= 1e6:
        return f"{microseconds / 1e6:.3f}s"
    return f"{microseconds / 1e3:.3f}ms" if microseconds >= 1e3 else f"{microseconds:.3f}us"


class FunctionEvent:
    """Something that ran once: its `name`, its times in microseconds, its part without others."""

    count = 1

    def __init__(self, seen: Seen, origin: int) -> None:
        self.name = self.key = seen.name
        self.kind = seen.kind
        self.thread = seen.thread
        self.start = (seen.start - origin) / 1e3
        self.cpu_time_total = (seen.end - seen.start) / 1e3
        self.self_cpu_time_total = self.cpu_time_total
        self.input_shapes = [list(shape) for shape in seen.shapes]
        self.cpu_children: list[FunctionEvent] = []
        self.cpu_parent: FunctionEvent | None = None
        self.is_user_annotation = seen.kind == "user_annotation"

    @property
    def end(self) -> float:
        """When it ended."""
        return self.start + self.cpu_time_total

    @property
    def cpu_time(self) -> float:
        """How long one run took."""
        return self.cpu_time_total

    def __repr__(self) -> str:
        return (
            f"<FunctionEvent name={self.name} cpu_time={in_words(self.cpu_time_total)} "
            f"start_us={self.start:.3f} input_shapes={self.input_shapes}>"
        )


def nested(events: Iterable[FunctionEvent]) -> list[FunctionEvent]:
    """The events in their order, each with those inside it and its time without them."""
    ordered = sorted(events, key=lambda e: (e.start, -e.end))
    open_: list[FunctionEvent] = []
    for event in ordered:
        while open_ and open_[-1].end < event.end:
            open_.pop()
        if open_:
            event.cpu_parent = open_[-1]
            open_[-1].cpu_children.append(event)
            open_[-1].self_cpu_time_total -= event.cpu_time_total
        open_.append(event)
    return ordered


class FunctionEventAvg:
    """All events of one name: how many, and their times together in microseconds."""

    def __init__(self, key: str, input_shapes: Any = "") -> None:
        self.key = key
        self.input_shapes = input_shapes
        self.count = 0
        self.cpu_time_total = self.self_cpu_time_total = 0.0

    def add(self, event: FunctionEvent) -> None:
        """Count one more."""
        self.count += 1
        self.self_cpu_time_total += event.self_cpu_time_total
        parent = event.cpu_parent
        while parent is not None and parent.key != event.key:
            parent = parent.cpu_parent
        if parent is None:  # else it is counted already
            self.cpu_time_total += event.cpu_time_total

    @property
    def cpu_time(self) -> float:
        """How long one run took in the mean."""
        return self.cpu_time_total / self.count if self.count else 0.0

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={in_words(self.self_cpu_time_total)} "
            f"cpu_time={in_words(self.cpu_time)} count={self.count}>"
        )


class EventList(list[Any]):
    """Events, or averages of them."""

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0
    ) -> EventList:
        """The averages: one for each name, or each name and shapes."""
        found: dict[Any, FunctionEventAvg] = {}
        for event in self:
            shapes = str(event.input_shapes) if group_by_input_shape else ""
            key = (event.key, shapes)
            if key not in found:
                found[key] = FunctionEventAvg(event.key, shapes)
            found[key].add(event)
        return EventList(found.values())

    @property
    def self_cpu_time_total(self) -> float:
        """All time together, each counted once."""
        return float(sum([event.self_cpu_time_total for event in self]))

    def total_average(self) -> FunctionEventAvg:
        """All together as one."""
        total = FunctionEventAvg("Total")
        for event in self:
            total.count += event.count
            total.cpu_time_total += event.cpu_time_total
            total.self_cpu_time_total += event.self_cpu_time_total
        return total

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = LONGEST_NAME,
        max_shapes_column_width: int = LONGEST_SHAPES,
        header: str | None = None,
        top_level_events_only: bool = False,
    ) -> str:
        """The events as text, at most `row_limit`, those first that have most of `sort_by`.

        That is a time, such as "cpu_time_total" or "self_cpu_time_total", or "count". Raises
        ValueError if it is none of these.
        """
        rows = list(self)
        if sort_by is not None:
            check_key(sort_by)
            rows.sort(key=lambda e: getattr(e, sort_by), reverse=True)
        shaped = any([getattr(e, "input_shapes", "") for e in rows])
        lines = [row_of(e, self.self_cpu_time_total) for e in rows[:row_limit]]
        shapes = [str(e.input_shapes)[:max_shapes_column_width] for e in rows[:row_limit]]
        names = [shortened(line[0], max_name_column_width) for line in lines]
        widths = [max([4, *map(len, names)])] + [WIDTH] * len(HEADS)
        cells = [[name, *line[1:]] for name, line in zip(names, lines, strict=True)]
        heads = ["Name", *HEADS]
        if shaped:
            heads, widths = [*heads, "Input Shapes"], [*widths, max([12, *map(len, shapes)])]
            cells = [[*c, s] for c, s in zip(cells, shapes, strict=True)]
        rule = "  ".join(["-" * w for w in widths]) + "  "
        text = [rule, lined(heads, widths), rule, *[lined(c, widths) for c in cells], rule]
        text.append(f"Self CPU time total: {in_words(self.self_cpu_time_total)}\n")
        return "\n".join([*([header] if header else []), *text])

    def __str__(self) -> str:
        return self.table()


def check_key(sort_by: str) -> None:
    """Raise ValueError unless averages can be sorted by that."""
    known = ("cpu_time", "cpu_time_total", "self_cpu_time_total", "count")
    if sort_by not in known:
        hint = f"one of {', '.join(known)}"
        raise ChoiceError(explain("table", f"cannot sort by {sort_by!r}", hint=hint))


def row_of(event: Any, whole: float) -> list[str]:
    """The cells of one event."""
    share = 100 / whole if whole else 0.0
    return [
        event.key,
        f"{event.self_cpu_time_total * share:.2f}%",
        in_words(event.self_cpu_time_total),
        f"{event.cpu_time_total * share:.2f}%",
        in_words(event.cpu_time_total),
        in_words(event.cpu_time),
        str(event.count),
    ]


def shortened(name: str, most: int) -> str:
    """A name of at most so many letters."""
    return name if most is None or len(name) <= most else name[: most - 3] + "..."


def lined(cells: Iterable[str], widths: Iterable[int]) -> str:
    """Cells, each at the right of its column."""
    return "  ".join([f"{cell:>{w}}" for cell, w in zip(cells, widths, strict=True)]) + "  "
