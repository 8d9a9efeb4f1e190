"""Calls that give some tensors new values and return others: all of it is one recorded call.

Batch normalisation moves its running statistics so, and gradients are cut to size so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..graph import Node
from ..runtime.effect import Change, apply_effect, given, new_tensor, rebind
from ..runtime.mutate import check_examples, is_shared
from ..runtime.record import ends_here, settle, step, types
from ..runtime.recorder import local

Rule = Callable[[Sequence[Node], Sequence[Node]], tuple[Sequence[Node], Sequence[Node]]]
"""Makes, of the nodes of tensors and numbers, the new values and the results."""


class Replacement:
    """What an entry of the trie says was called: this kind of call."""

    def __init__(self, name: str, grad_name: str = "NotImplemented") -> None:
        self.name = name
        self.grad_name = grad_name


def replace(
    api: Replacement,
    tensors: Sequence[Any],
    count: int,
    numbers: Sequence[float],
    static: Any,
    rule: Rule,
) -> list[Any]:
    """The results of `rule`, after it has given the first `count` of `tensors` new values.

    `static` is all that `rule` depends on besides tensors and numbers.
    """
    recorder = local.recorder
    shared = any([is_shared(t) for t in tensors[:count]])
    out = None if shared else repeated(recorder, api, tensors, count, numbers, static)
    if out is None:
        out = recorded(recorder, api, tensors, count, numbers, static, rule)
    if shared or recorder.eager:
        recorder.flush()
    return out


def repeated(
    recorder: Any,
    api: Replacement,
    tensors: Sequence[Any],
    count: int,
    numbers: Sequence[float],
    static: Any,
) -> list[Any] | None:
    """The results, if this call is just what came next the last time, else None."""
    entry = recorder.at.next
    if entry.api is not api or entry.mode is not recorder.grad or entry.pattern is None:
        return None
    before, values = entry.pattern
    if before != static or len(values) != len(tensors):
        return None
    for tensor, value in zip(tensors, values, strict=True):
        if tensor._value is not value:
            return None
    new = [types.new() for _ in entry.values[count:]]
    step(recorder, entry, tensors, numbers)
    rebind(recorder, entry, [*tensors[:count], *new])
    return new


def recorded(
    recorder: Any,
    api: Replacement,
    tensors: Sequence[Any],
    count: int,
    numbers: Sequence[float],
    static: Any,
    rule: Rule,
) -> list[Any]:
    """The results of a call that is not what came next the last time."""
    handles = settle(recorder, tensors)
    if recorder.mapping:
        for k in range(count):
            check_examples(api.name, [handles[k], *handles])

    def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
        change = Change()
        new, results = rule(nodes, scalars)
        for k, value in enumerate(new):
            change.add(value, given(k), handles[k]._value)
        for result in results:
            change.add(result, new_tensor, None)
        return change

    def key() -> Any:
        return (api, static, tuple([h._value for h in handles]), recorder.grad)

    if ends_here(recorder, api, key()):
        recorder.flush()
    values = tuple([h._value for h in handles])
    out = apply_effect(recorder, api, key(), handles, numbers, describe)
    recorder.at.pattern = (static, values)
    return out[count:]
