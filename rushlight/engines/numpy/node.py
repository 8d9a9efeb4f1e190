"""One op on the values of its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...graph import Node


class NodeError(Exception):
    """An op failed on the values it was given: `node` and the `error` it raised."""

    def __init__(self, node: Node, error: Exception) -> None:
        super().__init__(f"{node.op.name}: {error}")
        self.node = node
        self.error = error


def compute(node: Node, args: Sequence[Any]) -> Any:
    """The value of `node` for `args`; raises NodeError if the op fails on them."""
    try:
        return node.op.numpy(*args, **node.attrs)
    except Exception as error:
        raise NodeError(node, error) from error
