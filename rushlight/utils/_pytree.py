"""`torch.utils._pytree`: nests of tuples, lists and dictionaries, which programs take apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..func import tree as trees
from ..missing import refusing

__all__ = [
    "TreeSpec",
    "tree_any",
    "tree_flatten",
    "tree_leaves",
    "tree_map",
    "tree_map_only",
    "tree_unflatten",
]


class TreeSpec:
    """The shape of a nest without its leaves."""

    def __init__(self, tree: Any) -> None:
        self.num_leaves = len(trees.leaves(tree))
        self.shape = trees.rebuilt(tree, [None] * self.num_leaves)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TreeSpec) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"TreeSpec({trees.rebuilt(self.shape, ['*'] * self.num_leaves)})"


def tree_leaves(tree: Any) -> list[Any]:
    """The leaves of a nest, from left to right.

    >>> tree_leaves({"a": [1, 2], "b": 3})
    [1, 2, 3]
    """
    return trees.leaves(tree)


def tree_flatten(tree: Any) -> tuple[list[Any], TreeSpec]:
    """The leaves of a nest, and its shape."""
    return trees.leaves(tree), TreeSpec(tree)


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> Any:
    """A nest of this shape with these leaves.

    >>> tree_unflatten([5, 6], tree_flatten({"a": 1, "b": 2})[1])
    {'a': 5, 'b': 6}
    """
    return trees.rebuilt(treespec.shape, list(leaves))


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any) -> Any:
    """A nest like `tree`, with what `func` makes of its leaves and those of the others."""
    return trees.mapped(func, tree, *rests)


def tree_map_only(kind: Any, func: Callable[..., Any], tree: Any) -> Any:
    """A nest like `tree`, with `func` of the leaves of one type.

    >>> tree_map_only(int, lambda n: n + 1, [1, "a"])
    [2, 'a']
    """
    return trees.mapped(lambda leaf: func(leaf) if isinstance(leaf, kind) else leaf, tree)


def tree_any(pred: Callable[[Any], bool], tree: Any) -> bool:
    """Whether `pred` holds of some leaf."""
    return any([pred(leaf) for leaf in trees.leaves(tree)])


__getattr__ = refusing("torch.utils._pytree", __all__)
