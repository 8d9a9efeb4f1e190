"""The frame of the IR text: functions, loops and branches, and where a line belongs.

Two things are done while the text is written, so that no LLVM pass is needed afterwards. Equal
operations are found in a table instead of being written twice. And a pure operation is written into
the block of its deepest operand, so whatever does not vary in a loop stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from .values import Value, constant_text

Body = Callable[..., Sequence[Value] | None]

INTRINSIC = re.compile(r"@llvm\.(?:vector\.|masked\.)?([a-z_]+)")
SHORTER = {"getelementptr": "at", "shufflevector": "spread", "insertelement": "lane", "call": "got"}
"""Words for the results of some operations, where their own is long."""


@dataclass(slots=True)
class Level:
    """An open function, loop or branch: its lines so far, and what is already computed in them."""

    label: str  # of the block that the next line falls into
    pinned: bool = False  # nothing leaves it: it may not be executed at all
    fixed: bool = False  # no load leaves it: memory is written in it
    lines: list[str] = field(default_factory=list)
    pure: dict[str, Value] = field(default_factory=dict)
    memory: dict[str, Value] = field(default_factory=dict)


class Blocks:
    """A module of IR text in the making."""

    def __init__(self) -> None:
        self.levels = [Level("entry")]
        self.pin = 0
        """The level that nothing written now can leave."""
        self.least = 0
        """The level that no load written now can leave."""
        self.count = 0
        self.declarations: set[str] = set()
        self.functions: list[str] = []
        self.symbols: dict[str, int] = {}
        """Addresses of the outside functions called by number, to be given to the linker."""

    # Lines

    @property
    def depth(self) -> int:
        """How many loops and branches are open."""
        return len(self.levels) - 1

    def name(self, word: str = "v") -> str:
        """A fresh name for a value."""
        self.count += 1
        return f"%{word}{self.count}"

    def number(self, x: float, kind: str) -> Value:
        """The constant `x` of any kind."""
        return Value(constant_text(x, kind), kind)

    def integer(self, x: int | Value) -> Value:
        """An index: `x` itself, or the constant."""
        return x if isinstance(x, Value) else self.number(x, "i64")

    def raw(self, line: str) -> None:
        """Write a line where we are."""
        self.levels[-1].lines.append("  " + line)

    def here(self, text: str, kind: str, lanes: int = 1) -> Value:
        """The result of an operation written where we are, whatever it depends on, every time."""
        name = self.name(word_of(text))
        self.raw(f"{name} = {text}")
        return Value(name, kind, lanes, self.depth)

    def pure(self, text: str, kind: str, lanes: int, level: int) -> Value:
        """The result of an operation without effect, written once, as far out as `level`."""
        if level < self.pin:
            found = self.levels[level].pure.get(text)
            if found is not None:
                return found
            level = self.pin
        return self._once(text, kind, lanes, level, memory=False)

    def remembered(self, text: str, kind: str, lanes: int, level: int) -> Value:
        """Like `pure` for what reads memory: not before anything that `forget_loads` stands for."""
        return self._once(text, kind, lanes, max(level, self.least), memory=True)

    def _once(self, text: str, kind: str, lanes: int, level: int, memory: bool) -> Value:
        """The value of `text` at `level`, from its table or written now."""
        if level > self.depth:
            raise ValueError(f"a value is used after the loop or branch it was made in: {text}")
        one = self.levels[level]
        table = one.memory if memory else one.pure
        found = table.get(text)
        if found is None:
            found = table[text] = Value(self.name(word_of(text)), kind, lanes, level)
            one.lines.append(f"  {found.text} = {text}")
        return found

    def forget_loads(self) -> None:
        """Say that memory was written: later loads neither reuse earlier ones nor move before now.

        In a loop say it also before the first load that a store of a later pass may change.
        """
        for level in self.levels:
            level.memory.clear()
            level.fixed = True
        self.least = self.depth

    def _open(self, label: str, pinned: bool = False, fixed: bool = False) -> None:
        """Begin a loop or branch."""
        self.levels.append(Level(label, pinned, fixed or pinned))
        self._bounds()

    def _close(self, results: Sequence[Value], expected: Sequence[Value]) -> Level:
        """Take the innermost level off, having checked what its body returned."""
        got, want = [r.type for r in results], [e.type for e in expected]
        if got != want:
            raise ValueError(f"the body of a loop must return {want}, and returned {got}")
        closed = self.levels.pop()
        self._bounds()
        return closed

    def _bounds(self) -> None:
        """Set how far out operations and loads may go."""
        self.pin = max([k for k, one in enumerate(self.levels) if one.pinned], default=0)
        self.least = max([k for k, one in enumerate(self.levels) if one.fixed], default=0)

    # Loops and branches

    def loop(
        self,
        start: int | Value,
        stop: int | Value,
        step: int | Value,
        body: Body,
        carried: Sequence[Value] = (),
        guard: bool = False,
    ) -> tuple[Value, ...]:
        """Repeat `body(index, *carried) -> new carried` for start, start + step ... below stop.

        The last carried values come back. Without `guard` the first pass is taken unseen: say
        `guard=True` where there may be none.
        """
        first, last, by = self.integer(start), self.integer(stop), self.integer(step)
        low, high, stride = first.known, last.known, by.known
        if low is not None and high is not None:
            guard = False
            if low >= high:
                return tuple(carried)
            if stride is not None and low + stride >= high:
                return tuple(body(first, *carried) or ())
        return self._loop(first, last, by, body, carried, guard)

    def _loop(
        self,
        first: Value,
        last: Value,
        by: Value,
        body: Body,
        carried: Sequence[Value],
        guard: bool,
    ) -> tuple[Value, ...]:
        """The loop itself, whose number of passes may be unknown."""
        self.count += 1
        label, after, before = f"loop{self.count}", f"after{self.count}", self.levels[-1].label
        following, again, depth = f"%next{self.count}", f"%again{self.count}", self.depth + 1
        index = Value(f"%i{self.count}", "i64", 1, depth)
        inside = [replace(c, text=self.name("carried"), level=depth) for c in carried]
        if guard:
            some = self.here(f"icmp slt i64 {first.text}, {last.text}", "i1").text
        self._open(label, fixed=guard)
        results = tuple(body(index, *inside) or ())
        level = self._close(results, carried)
        out = self.levels[-1].lines
        out.append(
            f"  br i1 {some}, label %{label}, label %{after}" if guard else f"  br label %{label}"
        )
        out.append(f"{label}:")
        out.append(
            f"  {index.text} = phi i64 [{first.text}, %{before}], [{following}, %{level.label}]"
        )
        for c, old, new in zip(inside, carried, results, strict=True):
            out.append(f"  {c.text} = {phi(c, (old, before), (new, level.label))}")
        out += level.lines
        out.append(f"  {following} = add nsw i64 {index.text}, {by.text}")
        out.append(f"  {again} = icmp slt i64 {following}, {last.text}")
        out.append(f"  br i1 {again}, label %{label}, label %{after}")
        out.append(f"{after}:")
        self.levels[-1].label = after
        if guard:
            return tuple(
                [
                    self.here(phi(old, (old, before), (new, level.label)), old.kind, old.lanes)
                    for old, new in zip(carried, results, strict=True)
                ]
            )
        return tuple([replace(new, level=min(new.level, self.depth)) for new in results])

    def repeat(
        self, head: Callable[[], tuple[Value, Value]], body: Callable[[Value], None]
    ) -> None:
        """While `head()` -> (value, more) says there is more: `body(value)`."""
        self.count += 1
        label, within, after = [f"{w}{self.count}" for w in ("head", "within", "after")]
        self._open(label, fixed=True)
        value, more = head()
        self.raw(f"br i1 {more.text}, label %{within}, label %{after}\n{within}:")
        self.levels[-1].label = within
        body(value)
        level = self._close((), ())
        out = self.levels[-1].lines
        out += [f"  br label %{label}", f"{label}:", *level.lines, f"  br label %{label}"]
        out.append(f"{after}:")
        self.levels[-1].label = after

    def branch(
        self, condition: Value, then: Body, otherwise: Body | None = None
    ) -> tuple[Value, ...]:
        """Run `then()` where the scalar `condition` holds, else `otherwise()`.

        Both return equally many values of the same types; those of the one taken come back.
        Nothing that is written in a branch is computed outside of it.
        """
        known = condition.known
        if known is not None:
            chosen = then if known else otherwise
            return tuple((chosen() if chosen else None) or ())
        self.count += 1
        labels = [f"{word}{self.count}" for word in ("then", "otherwise", "after")]
        ends = []
        for label, body in zip(labels, (then, otherwise), strict=False):
            self._open(label, pinned=True)
            results = tuple((body() if body else None) or ())
            ends.append((self._close(results, results), results))
        out = self.levels[-1].lines
        out.append(f"  br i1 {condition.text}, label %{labels[0]}, label %{labels[1]}")
        for label, (level, _) in zip(labels, ends, strict=False):
            out += [f"{label}:", *level.lines, f"  br label %{labels[2]}"]
        out.append(f"{labels[2]}:")
        self.levels[-1].label = labels[2]
        (first, ours), (second, theirs) = ends
        return tuple(
            [
                self.here(phi(a, (a, first.label), (b, second.label)), a.kind, a.lanes)
                for a, b in zip(ours, theirs, strict=True)
            ]
        )

    # The whole

    def function(
        self,
        name: str,
        parameters: str | Sequence[Value] = (),
        result: str | Value = "void",
        attributes: str = "nounwind",
    ) -> str:
        """End the function whose body was written so far: its text, kept for `module`.

        `result` is the Value to return, "void", or a type if the body has written its own `ret`.
        """
        if self.depth:
            raise ValueError(f"{name}: {self.depth} loops or branches are still open")
        if not isinstance(parameters, str):
            parameters = ", ".join([p.typed for p in parameters])
        if isinstance(result, Value):
            self.raw(f"ret {result.typed}")
        elif result == "void":
            self.raw("ret void")
        kind = result.type if isinstance(result, Value) else result
        lines = "\n".join(self.levels[0].lines)
        text = f"define {kind} @{name}({parameters}) {attributes} {{\nentry:\n{lines}\n}}\n"
        self.functions.append(text)
        self.levels = [Level("entry")]
        self._bounds()
        return text

    def declare(self, result: str, name: str, types: Sequence[str]) -> None:
        """Declare an outside function or intrinsic, once."""
        self.declarations.add(f"declare {result} @{name}({', '.join(types)})")

    def module(self) -> str:
        """The text of everything: declarations and functions."""
        return "\n".join([*sorted(self.declarations), "", *self.functions])


def phi(like: Value, *ways: tuple[Value, str]) -> str:
    """The text that merges values by the block one comes from."""
    return f"phi {like.type} " + ", ".join([f"[{v.text}, %{label}]" for v, label in ways])


def word_of(text: str) -> str:
    """A readable name for the result of an operation."""
    word = text.partition(" ")[0]
    found = INTRINSIC.search(text) if word == "call" else None
    return found[1] if found else SHORTER.get(word, word)
