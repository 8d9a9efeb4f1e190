"""Where windows come from in the user's program, and how many programs each place has become.

A site is the lines of a window's first and last call. What changes from step to step (a shape, a
static number, another op) makes another window there; each that comes often is compiled. So that a
loop whose shapes never settle does not compile for ever, a site has a cap. Only windows that still
exist count, and only those on the same parameters: many models trained by one loop are no reason to
stop.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from os.path import basename
from typing import TYPE_CHECKING, Any

from .. import config
from ..graph import Cell
from ..later import later
from .changes import change_between

if TYPE_CHECKING:
    from .window import Plan, Window

Line = tuple[str, int]

MOST_SITES = 2000
"""Further sites are not noted: their programs are made by a program."""

REMEMBERED = 20
"""How many programs that do not count against the cap a site remembers."""

PATIENCE = 16
"""A window beyond the cap that has come so many times is compiled all the same: it is worth it."""

UTMOST = 8
"""So many times the cap, all in all."""

UNSETTLED = 10
"""A site with this many windows, none of which came often, is worth a word."""

logger = later("logging.getLogger")


class Made:
    """One program that was compiled, or `left` to NumPy, and its `change` from the one before."""

    def __init__(self, plan: Plan, change: str, left: bool) -> None:
        self.window = weakref.ref(plan.window)
        self.parameters = parameters_of(plan)
        self.change = change
        self.left = left

    def is_there(self) -> bool:
        """Whether its window may come again."""
        window = self.window()
        return window is not None and window.end.window is window

    def is_related(self, parameters: frozenset[int]) -> bool:
        """Whether it works on some of these parameters, or neither has any."""
        return not (parameters or self.parameters) or bool(parameters & self.parameters)


class Site:
    """Two lines of a program, and the windows that begin and end there."""

    def __init__(self, first: Line, last: Line) -> None:
        self.first, self.last = first, last
        self.windows = 0
        self.compiled = 0
        self.left = 0
        self.made: list[Made] = []
        self.recent: list[weakref.ref[Window]] = []
        self.told = False

    def __str__(self) -> str:
        place = f"{basename(self.first[0])}:{self.first[1]}"
        if self.first == self.last:
            return place
        if self.first[0] == self.last[0]:
            return f"{place}-{self.last[1]}"
        return f"{place} to {basename(self.last[0])}:{self.last[1]}"

    def note(self, window: Window) -> None:
        """A new window was recorded here."""
        self.windows += 1
        self.recent = [*self.recent[-1:], weakref.ref(window)]

    def admits(self, plan: Plan) -> bool:
        """Whether `plan` shall be compiled; says so once if it is one too many."""
        parameters = parameters_of(plan)
        rivals = [m for m in self.made if m.is_there() and m.is_related(parameters)]
        before = rivals[-1].window() if rivals else None
        change = "" if before is None else change_between(before, plan.window)
        made = len([m for m in rivals if not m.left])
        often = plan.window.count >= PATIENCE and made < UTMOST * config.recompile_limit
        fine = made < config.recompile_limit or often
        self.left -= plan.left
        self.made = [m for m in self.made if not (m.left and m.window() is plan.window)]
        self.remember(Made(plan, change, not fine))
        self.compiled += fine
        self.left += not fine
        if not fine and not self.told:
            self.told = True
            logger("rushlight").warning("%s", self.warning(change))
        return fine

    def remember(self, made: Made) -> None:
        """One more; those that no longer count are forgotten when there are many."""
        idle = [m for m in self.made if m.left or not m.is_there()]
        forgotten = set(idle[:-REMEMBERED])
        self.made = [m for m in self.made if m not in forgotten] + [made]

    def warning(self, change: str) -> str:
        """What is said when the cap is reached."""
        return (
            f"{self}: {config.recompile_limit} programs were compiled for these lines; further "
            f"ones stay with NumPy\n    until they have come {PATIENCE} times; "
            f"what keeps changing: {change}\n"
            "  hint: keep shapes to a few (pad, drop_last=True) and changing numbers in tensors; "
            "explain_recompiles() says more,\n"
            "  RUSHLIGHT_RECOMPILE_LIMIT sets another number"
        )

    def report(self) -> Iterator[str]:
        """Lines about it."""
        text = f"{self}: {count(self.compiled, 'program')} compiled"
        if self.left:
            text += f", {self.left} left to NumPy (at most {config.recompile_limit} are compiled)"
        yield f"{text}; {count(self.windows, 'window')} recorded"
        for made in self.made:
            if made.change:
                yield f"    {'left to NumPy' if made.left else 'compiled'}: {made.change}"
        if not self.compiled:
            found = [window for reference in self.recent if (window := reference()) is not None]
            if len(found) == 2:
                yield f"    none came {config.hot} times; the last: {change_between(*found)}"


SITES: dict[tuple[Line, Line], Site] = {}
"""All sites, by the lines of the first and the last call."""


def site_of(window: Window) -> Site | None:
    """The site of `window`; None if there are too many already."""
    first, last = window.path[0].line or ("?", 0), window.path[-1].line or ("?", 0)
    found = SITES.get((first, last))
    if found is None and len(SITES) < MOST_SITES:
        found = SITES.setdefault((first, last), Site(first, last))
    return found


def note(window: Window) -> None:
    """A new window was recorded."""
    site = site_of(window)
    if site is not None:
        site.note(window)


def admits(plan: Plan) -> bool:
    """Whether `plan` shall be compiled: see `Site`."""
    site = site_of(plan.window)
    return site is None or site.admits(plan)


def parameters_of(plan: Plan) -> frozenset[int]:
    """The identities of the parameters that a program reads."""
    cells: list[Any] = [leaf for leaf in plan.program.inputs if isinstance(leaf, Cell)]
    return frozenset([id(cell) for cell in cells if cell.requires_grad])


def report() -> str:
    """What was compiled where, and what was different from program to program."""
    sites = [s for s in SITES.values() if s.compiled or s.left or s.windows >= UNSETTLED]
    sites.sort(key=lambda s: (-s.compiled - s.left, -s.windows))
    lines = [line for site in sites for line in site.report()]
    return "\n".join(lines) if lines else "nothing was compiled"


def count(n: int, thing: str) -> str:
    """So many things, in words."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"
