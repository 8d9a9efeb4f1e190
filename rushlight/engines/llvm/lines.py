"""Straight IR text, with branches to failures at its end."""

from __future__ import annotations

from collections.abc import Sequence


class Lines:
    """Straight IR text whose only branches leave for the failures at its end."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.count = 0

    def add(self, line: str) -> None:
        """One more line."""
        self.text.append(line)

    def let(self, operation: str) -> str:
        """The name of the result of an operation."""
        self.count += 1
        self.text.append(f"%v{self.count} = {operation}")
        return f"%v{self.count}"

    def label(self, name: str) -> None:
        """Begin a block."""
        self.text.append(f"{name}:")

    def at(self, pointer: str, offset: int) -> str:
        """The address `offset` bytes on."""
        return self.let(f"getelementptr i8, ptr {pointer}, i64 {offset}")

    def load(self, kind: str, pointer: str, offset: int) -> str:
        """What is in memory `offset` bytes from a pointer."""
        return self.let(f"load {kind}, ptr {self.at(pointer, offset)}, align 4")

    def go_on(self, condition: str, otherwise: str = "mismatch") -> None:
        """Leave for `otherwise` unless a condition holds."""
        self.count += 1
        self.add(f"br i1 {condition}, label %on{self.count}, label %{otherwise}")
        self.label(f"on{self.count}")

    def function(self, head: str) -> str:
        """The text of a function with this head."""
        text = [line if line[-1] == ":" else "  " + line for line in self.text]
        return "\n".join([head + " {", "entry:", *text, "}", ""])

    def all_equal(self, pairs: Sequence[tuple[str, int]]) -> str:
        """Whether every i64 equals its number."""
        rest = "0"
        for value, number in pairs:
            differs = self.let(f"xor i64 {value}, {number}")
            rest = differs if rest == "0" else self.let(f"or i64 {rest}, {differs}")
        return self.let(f"icmp eq i64 {rest}, 0")
