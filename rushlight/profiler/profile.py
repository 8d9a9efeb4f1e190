"""The profiler itself, and marks that programs set."""

from __future__ import annotations

import functools
import gzip
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from ..errors import explain
from ..runtime.recorder import local
from ..runtime.watching import Watch
from ..whole_file import whole_file
from .events import EventList, FunctionEvent, nested
from .schedules import ProfilerAction, ScheduleError, always

RECORDS = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


class record_function:
    """A context, and a decorator, that a profile shows under `name`.

    >>> with torch.profiler.profile() as prof, torch.profiler.record_function("mine"):
    ...     x = torch.ones(2) + 1
    >>> {event.key for event in prof.key_averages()} >= {"mine", "aten::add"}
    True
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.running: list[Any] = []

    def __enter__(self) -> record_function:
        watch = local.recorder.watch
        self.running.append(None if watch is None else watch.open(self.name, "user_annotation"))
        return self

    def __exit__(self, *error: Any) -> None:
        seen = self.running.pop()
        if seen is not None:
            seen.end = perf_counter_ns()

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """`func`, shown under the name."""

        @functools.wraps(func)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name):
                return func(*args, **kwargs)

        return wrapped


class profile:
    """A context that finds out how long ops, modules and `record_function` take.

    Ops run one at a time there, as NumPy does them, so their times are to be compared with one
    another: a loop that is compiled takes less. `schedule` says in which steps to record, after
    each of which the program calls `step()`, and `on_trace_ready` is called with the profiler after
    the last one. `record_shapes` notes the shapes of inputs. Other options are accepted: memory,
    floating-point operations and stacks are not looked at.

    >>> with torch.profiler.profile() as prof:
    ...     y = torch.ones(3, 3) @ torch.ones(3, 3)
    >>> prof.key_averages().table().splitlines()[1].split()[:3]
    ['Name', 'Self', 'CPU']
    """

    def __init__(
        self,
        *,
        activities: Iterable[Any] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[[Any], Any] | None = None,
        record_shapes: bool = False,
        **options: Any,
    ) -> None:
        self.schedule = schedule or always
        self.on_trace_ready = on_trace_ready
        self.record_shapes = record_shapes
        self.record_steps = schedule is not None
        self.step_num = 0
        self.current_action = self.schedule(0)
        self.watch: Watch | None = None
        self.mark: Any = None
        self.found: EventList | None = None

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stop()

    def start(self) -> None:
        """Begin."""
        if self.current_action in RECORDS:
            self.begin()

    def stop(self) -> None:
        """End; if something was recorded `on_trace_ready` is called."""
        if self.watch is not None:
            self.end()
            if self.on_trace_ready is not None:
                self.on_trace_ready(self)

    def step(self) -> None:
        """One step of the schedule has ended."""
        before, self.step_num = self.current_action, self.step_num + 1
        self.current_action = self.schedule(self.step_num)
        if self.watch is not None:
            self.close_mark()
            if before is ProfilerAction.RECORD_AND_SAVE or self.current_action not in RECORDS:
                self.end()
                if self.on_trace_ready is not None:
                    self.on_trace_ready(self)
        if self.current_action in RECORDS:
            if self.watch is None:
                self.begin()
            else:
                self.open_mark()

    def begin(self) -> None:
        """Begin to watch."""
        self.watch = Watch()
        self.origin = perf_counter_ns()
        self.watch.begin()
        self.open_mark()

    def open_mark(self) -> None:
        """Show the step that begins."""
        if self.record_steps and self.watch is not None:
            self.mark = self.watch.open(f"ProfilerStep#{self.step_num}", "user_annotation")

    def close_mark(self) -> None:
        """The step that is shown has ended."""
        if self.mark is not None:
            self.mark.end = perf_counter_ns()
            self.mark = None

    def end(self) -> None:
        """Watch no more, and keep what was seen."""
        watch, self.watch = self.watch, None
        assert watch is not None
        self.close_mark()
        watch.end()
        found = nested([FunctionEvent(seen, self.origin) for seen in watch.seen])
        for event in found:
            if event.name.startswith("ProfilerStep#"):
                event.key = "ProfilerStep*"
            if not self.record_shapes:
                event.input_shapes = []
        self.found = EventList(found)

    @property
    def function_events(self) -> EventList:
        """All events in their order."""
        return self.events()

    # -- what was found ----------------------------------------------------------------------------

    def events(self) -> EventList:
        """All events in their order; raises AssertionError if nothing was recorded."""
        if self.found is None:
            problem = "Profiler must be initialized before getting events"
            raise ScheduleError(explain("profile", problem, hint="run the context to its end"))
        return self.found

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0
    ) -> EventList:
        """The events of each name together; raises AssertionError if nothing was recorded."""
        return self.events().key_averages(group_by_input_shape, group_by_stack_n)

    def table(self, sort_by: str | None = None, row_limit: int = 100, **options: Any) -> str:
        """The table of all averages."""
        return self.key_averages().table(sort_by, row_limit, **options)

    @property
    def self_cpu_time_total(self) -> float:
        """All time together in microseconds."""
        return self.events().self_cpu_time_total

    def export_chrome_trace(self, path: str) -> None:
        """Write a file for `chrome://tracing`, compressed if its name ends in `.gz`."""
        process = os.getpid()
        lines = [
            {
                "ph": "X",
                "cat": event.kind,
                "name": event.name,
                "pid": process,
                "tid": event.thread,
                "ts": round(event.start, 3),
                "dur": round(event.cpu_time_total, 3),
                "args": {"Input Dims": event.input_shapes} if event.input_shapes else {},
            }
            for event in self.events()
        ]
        content = json.dumps({"schemaVersion": 1, "traceEvents": lines}).encode()
        with whole_file(Path(path)) as file:
            file.write(gzip.compress(content) if str(path).endswith(".gz") else content)

    def add_metadata(self, key: str, value: str) -> None:
        """Accepted."""

    add_metadata_json = add_metadata


class old_profile(profile):
    """`torch.autograd.profiler.profile`: as `profile`, recorded only if `enabled`."""

    def __init__(self, enabled: bool = True, *, record_shapes: bool = False, **options: Any):
        super().__init__(record_shapes=record_shapes)
        self.enabled = enabled

    def start(self) -> None:
        """Begin, if `enabled`."""
        if self.enabled:
            super().start()

    def __str__(self) -> str:
        return self.table()


old_profile.__name__ = old_profile.__qualname__ = "profile"
