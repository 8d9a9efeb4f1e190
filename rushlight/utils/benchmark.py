"""`torch.utils.benchmark`: how long a statement takes, results included."""

from __future__ import annotations

import statistics
import timeit
from typing import Any, NamedTuple

from ..modes import no_grad
from ..runtime.recorder import local
from ..settings import get_num_threads, set_num_threads

__all__ = ["Compare", "Measurement", "Timer"]

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


class Task(NamedTuple):
    """What was measured, in the user's words."""

    stmt: str
    label: str | None
    sub_label: str | None
    description: str | None
    num_threads: int

    @property
    def name(self) -> str:
        """What it is called."""
        return self.label or self.stmt


class Measurement:
    """Times of one statement: `raw_times`, in seconds, are those of `number_per_run` runs each."""

    def __init__(self, number_per_run: int, raw_times: list[float], task: Task) -> None:
        self.number_per_run = number_per_run
        self.raw_times = raw_times
        self.task_spec = task
        self.title = f"{task.name}: {task.sub_label}" if task.sub_label else task.name
        self.num_threads = task.num_threads

    @property
    def times(self) -> list[float]:
        """Seconds that the statement took once, by run."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def median(self) -> float:
        """The median of the times, in seconds."""
        return statistics.median(self.times)

    @property
    def mean(self) -> float:
        """The mean of the times, in seconds."""
        return statistics.fmean(self.times)

    @property
    def iqr(self) -> float:
        """How far apart the first and the third quarter of the times are, in seconds."""
        if len(self.times) < 2:
            return 0.0
        quarters = statistics.quantiles(self.times, n=4, method="inclusive")
        return quarters[2] - quarters[0]

    def __repr__(self) -> str:
        one = len(self.raw_times) == 1
        name = "" if one else "Median: "
        runs = "measurement" if one else "measurements"
        threads = "thread" if self.num_threads == 1 else "threads"
        counted = f"{len(self.raw_times)} {runs}, {self.number_per_run} runs each"
        spread = [] if one else [f"IQR: {shown(self.iqr)}"]
        head = f"<{type(self).__module__}.{type(self).__name__}> {self.title}"
        lines = [f"{name}{shown(self.median)}", *spread, f"{counted}, {self.num_threads} {threads}"]
        return head + "".join([f"\n  {line}" for line in lines])


def shown(seconds: float) -> str:
    """A time in a unit that fits it."""
    size, unit = next((u for u in UNITS if seconds >= u[0]), UNITS[-1])
    return f"{seconds / size:.2f} {unit}"


class Timer:
    """Times the statement `stmt`, after `setup`, with the names in `globals`.

    What the statement records is run before the clock stops; the first run, which makes plans and
    machine code, is not counted. One thread is used unless `num_threads` says otherwise.

    >>> timer = torch.utils.benchmark.Timer("x + 1", globals={"x": torch.ones(3)})
    >>> timer.timeit(10).number_per_run
    10
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Any = timeit.default_timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Any = None,
    ) -> None:
        self.task = Task(stmt.strip(), label, sub_label, description, num_threads)
        space = {**(globals or {}), "_flush": flush}
        self.timer = timeit.Timer(f"{keeping(stmt.strip())}\n_flush()", setup, timer, space)

    def timeit(self, number: int = 1_000_000) -> Measurement:
        """The measurement of one run of `number` times."""
        return self.measured(number, lambda: [self.timer.timeit(number)])

    def blocked_autorange(self, callback: Any = None, min_run_time: float = 0.2) -> Measurement:
        """The measurement of runs that together take `min_run_time` seconds at least."""
        number = 1
        while self.timeit(number).raw_times[0] < 1e-3:
            number *= 10

        def runs() -> list[float]:
            times: list[float] = []
            while sum(times) < min_run_time:
                times.append(self.timer.timeit(number))
            return times

        return self.measured(number, runs)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Any = None,
    ) -> Measurement:
        """The measurement of runs until their spread is below `threshold` of their median."""
        found = self.blocked_autorange(min_run_time=min_run_time)
        while found.iqr > threshold * found.median and sum(found.raw_times) < max_run_time:
            more = self.measured(
                found.number_per_run, lambda: [self.timer.timeit(found.number_per_run)]
            )
            found.raw_times += more.raw_times
        return found

    def measured(self, number: int, runs: Any) -> Measurement:
        """What `runs` measures, at the wanted number of threads."""
        before = get_num_threads()
        set_num_threads(self.task.num_threads)
        try:
            self.timer.timeit(1)
            return Measurement(number, runs(), self.task)
        finally:
            set_num_threads(before)


def keeping(statement: str) -> str:
    """The statement, its value kept if it has one: what nobody keeps would not be computed."""
    try:
        compile(statement, "<statement>", "eval")
    except SyntaxError:
        return statement
    return f"_kept = ({statement})"


def flush() -> None:
    """Have what was recorded run."""
    with no_grad():
        local.recorder.flush()


class Compare:
    """A table of measurements: a row for each `sub_label`, a column for each `description`.

    >>> timer = torch.utils.benchmark.Timer("1 + 1", label="sums", description="Python")
    >>> table = torch.utils.benchmark.Compare([timer.timeit(100)])
    >>> str(table).splitlines()[1].strip()
    '|  Python'
    """

    def __init__(self, results: list[Measurement]) -> None:
        self.results = list(results)
        self.digits = 2

    def extend_results(self, results: list[Measurement]) -> None:
        """Add measurements."""
        self.results += results

    def trim_significant_figures(self) -> None:
        """Show no more digits than the measurements agree in."""
        self.digits = 1

    def colorize(self, rowwise: bool = False) -> None:
        """Nothing: the table has no colours."""

    def highlight_warnings(self) -> None:
        """Nothing: there are no warnings."""

    def __str__(self) -> str:
        labels = list(dict.fromkeys([m.task_spec.name for m in self.results]))
        return "\n".join([self.part(label) for label in labels])

    def print(self) -> None:
        """Print the table."""
        print(self)

    def part(self, label: str) -> str:
        """The table of what is called `label`."""
        found = [m for m in self.results if m.task_spec.name == label]
        size, unit = next((u for u in UNITS if min([m.median for m in found]) >= u[0]), UNITS[-1])
        cells: dict[Any, str] = {}
        for m in found:
            spec = m.task_spec
            place = (m.num_threads, spec.sub_label or spec.stmt, spec.description or "")
            cells[place] = f"{m.median / size:.{self.digits}f}"
        columns = list(dict.fromkeys([column for _, _, column in cells]))
        widths = [max(len(c), *[len(v) for k, v in cells.items() if k[2] == c]) for c in columns]
        left = max([len(row) for _, row, _ in cells]) + 6
        total = left + sum([w + 5 for w in widths])
        head = "".join([f"  |  {c:^{w}}" for c, w in zip(columns, widths, strict=True)])
        lines = [f"[{f' {label} ':-^{total}}]", " " * left + head]
        for threads in dict.fromkeys([k[0] for k in cells]):
            lines.append(f"{f'{threads} threads: ':-<{total}}")
            for row in dict.fromkeys([k[1] for k in cells if k[0] == threads]):
                values = [cells.get((threads, row, c), "") for c in columns]
                shown = [f"  |  {v:^{w}}" for v, w in zip(values, widths, strict=True)]
                lines.append(f"{f'      {row}':<{left}}" + "".join(shown))
        return "\n".join([*lines, "", f"Times are in {unit}.", ""])
