"""Numbers that stand for one number for each dimension (PyTorch's `torch.nn.modules.utils`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from typing import Any


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    """A function that gives `n` times a number, or as a tuple what is a sequence already.

    >>> from rushlight.nn.tuples import _ntuple
    >>> _ntuple(2)(3), _ntuple(2)([1, 2])
    ((3, 3), (1, 2))
    """

    def parse(x: Any) -> tuple[Any, ...]:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    parse.__name__ = name
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t: Iterable[Any], n: int) -> tuple[Any, ...]:
    """Each item `n` times, the last first: paddings, as `pad` takes them."""
    return tuple([x for x in reversed(tuple(t)) for _ in range(n)])


def consume_prefix_in_state_dict_if_present(
    state_dict: MutableMapping[str, Any], prefix: str
) -> None:
    """Take `prefix` away from names in a state dict, such as the "module." of `DataParallel`.

    >>> from rushlight.nn.tuples import consume_prefix_in_state_dict_if_present as consume
    >>> state = {"module.weight": 1}
    >>> consume(state, "module.")
    >>> state
    {'weight': 1}
    """
    for name in list(state_dict):
        if name.startswith(prefix):
            state_dict[name[len(prefix) :]] = state_dict.pop(name)
    metadata = getattr(state_dict, "_metadata", None)
    for name in list(metadata or ()):
        if name and name.startswith((prefix, prefix.rstrip("."))):
            metadata[name[len(prefix) :]] = metadata.pop(name)  # type: ignore[index]
