"""What `print(module)` shows."""

from __future__ import annotations

from typing import Any


def class_name(self: Any) -> str:
    """The name of the module's class."""
    return type(self).__name__


def extra_repr(self: Any) -> str:
    """What stands between the brackets besides the submodules: subclasses say it."""
    return ""


def module_text(self: Any) -> str:
    """The module's name, its settings and, a line each, its submodules."""
    own = self.extra_repr()
    lines = own.split("\n") if own else []
    members = [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]
    return framed(self._get_name(), lines, members)


def framed(name: str, lines: list[str], members: list[str]) -> str:
    """`name(...)` around `lines` and `members`: on one line if there is but one of the former."""
    if len(lines) == 1 and not members:
        return f"{name}({lines[0]})"
    if not lines and not members:
        return f"{name}()"
    inner = "\n  ".join(lines + members)
    return f"{name}(\n  {inner}\n)"


def indented(text: str) -> str:
    """`text` with all lines but the first moved to the right by two."""
    return text.replace("\n", "\n  ")
