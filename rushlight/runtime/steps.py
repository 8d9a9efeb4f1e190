"""The last step of a warm loop, that of an optimizer, which need not even be recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph import Cell
from .entry import Entry
from .hot import NativeReplay
from .slots import Slots

if TYPE_CHECKING:
    from .window import Plan


class Step(NativeReplay):
    """A plan whose last call changes nothing but cells in place, and need not even be recorded.

    `repeat(replay, recorder, optimizer)` first makes sure that the call is the one that was
    recorded: see `checks`. `counted` are objects whose attribute `step` counts the steps.
    """

    def __init__(self, plan: Plan, counted: Sequence[Any], slots: Slots) -> None:
        self.end = plan.window.end
        self.counted = counted
        self.counts: Any = ()  # the numbers of the steps that are being taken
        super().__init__(plan, slots)

    def checks(self) -> list[str]:
        """Lines that return False unless the last call is as it was.

        They set its numbers n0, n1, ... and those of the steps, k0, k1, ...
        """
        raise NotImplementedError

    def left_out(self, entry: Entry) -> bool:
        """Whether `entry` is the last call."""
        return entry is self.end

    def arguments(self) -> str:
        """The parameters of `repeat`."""
        return "replay, recorder, optimizer"

    def surprise(self) -> str:
        """The plan must be the one that the window would follow."""
        return f"window.plan is not plan or recorder.mapping or {super().surprise()}"

    def first(self) -> list[str]:
        """Lines that come first."""
        return [*super().first(), *self.checks()]

    def run(self) -> list[str]:
        """Lines that run the program."""
        counts = "".join([f"k{k}, " for k in range(len(self.counted))])
        return [f"replay.counts = ({counts})", *super().run()]

    def again(self) -> list[str]:
        """Lines by which `complete` finds the outputs, and the numbers of the steps."""
        counts = "".join([f"k{k}, " for k in range(len(self.counted))])
        return [*super().again(), f"{counts}= replay.counts" if counts else "pass"]

    def deliveries(self) -> list[str]:
        """Lines that hand the outputs over, and count the steps."""
        things = [self.source.name(thing, "o") for thing in self.counted]
        counting = [f"{name}.step = k{k}" for k, name in enumerate(things)]
        return [*counting, *super().deliveries()]


def fits_step(plan: Plan) -> bool:
    """Whether the last call of the window can go unrecorded: see `Step`."""
    native = plan.native
    end = plan.window.end
    if native is None or plan.views or end.keeps or end.places:
        return False
    updated = {plan.program.outputs[k] for k in native.updates}
    return all([value in updated for value in end.values]) and all(
        [isinstance(old, Cell) for old in end.old or ()]
    )
