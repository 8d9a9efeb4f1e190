"""The operations that a network does, recorded on inputs that have a shape and no values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..chance import ChanceError
from ..errors import LostError, RushlightError, explain
from ..func.tree import leaves, mapped
from ..graph import Node, needed
from ..modes import no_grad
from ..ops.control import no_value
from ..runtime.entry import Handle
from ..runtime.examples import Level
from ..runtime.record import realise, wrap
from ..runtime.recorder import local
from ..runtime.window import value_of
from .sizes import Symbol
from .writer import OnnxExporterError


class Recording(NamedTuple):
    """What was recorded: the nodes that stand for inputs and results, and the values of leaves."""

    inputs: list[Node]
    outputs: list[Node]
    order: list[Node]
    values: dict[Node, Any]


def recorded(function: Callable[..., Any], given: Any) -> Recording:
    """What `function(*args, **kwargs)` does to tensors like those in `given`, (args, kwargs).

    Raises OnnxExporterError if it looks at values, or gives no tensors.
    """
    tensors = leaves(given)
    local.recorder.flush()  # so that what the network has is known, and not recorded with it
    with no_grad(), Level(local.recorder, 1, "error") as level:
        pairs = [(t, level.example(wrap(realise(t)[None]), 0)) for t in tensors]
        replaced = {id(t): made for t, made in pairs}
        args, kwargs = mapped(partial(exchanged, replaced), given)
        inputs = [made._value for _, made in pairs]
        try:
            result = function(*args, **kwargs)
        except LostError as error:
            raise (looked_at() if str(error) == str(no_value()) else changed()) from error
        except ChanceError as error:
            problem = f"the network draws random numbers ({str(error).split(': ')[1]})"
            hint = "draw them outside and give them to it, or leave them out in eval()"
            raise OnnxExporterError(explain("onnx.export", problem, hint=hint)) from error
        found = tensors_of(result)
        outputs = [handle._value for handle in found]
        order = [node for node in needed(outputs) if not node.leaf and node not in inputs]
        values = values_of(outputs, inputs)
        del pairs, replaced, args, kwargs, result, found
    return Recording(inputs, outputs, order, values)


def values_of(outputs: Sequence[Node], inputs: Sequence[Node]) -> dict[Node, Any]:
    """The values of the leaves on which the outputs depend, other than through inputs."""
    values, seen, stack = {}, set(inputs), list(outputs)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if not node.leaf:
            if node.op.name == "example":
                raise looked_at()
            stack.extend(node.inputs)
        elif hasattr(node, "value"):
            values[node] = node.value
        else:
            values[node] = value_of(node)
    return values


def looked_at() -> RushlightError:
    """The error for a network that asks for values."""
    problem = "the network looks at values, which are not known when it is exported"
    hint = "leave out item(), print() and branches on tensors in forward()"
    return OnnxExporterError(explain("onnx.export", problem, hint=hint))


def changed() -> RushlightError:
    """The error for a network that writes what depends on its inputs into what does not."""
    problem = "the network changes a tensor in place that does not depend on its inputs"
    hint = "make a new one: torch.cat, torch.stack, torch.where, or x.clone() and change that"
    return OnnxExporterError(explain("onnx.export", problem, hint=hint))


def tensors_of(result: Any) -> list[Handle]:
    """The tensors that a network returned, in order; raises if there are none or other things."""
    if isinstance(result, Handle):
        return [result]
    if isinstance(result, dict):
        return [t for part in result.values() for t in tensors_of(part)]
    if isinstance(result, list | tuple):
        return [t for part in result for t in tensors_of(part)]
    if result is None:
        return []
    problem = f"a network returns tensors, not {type(result).__name__}"
    raise OnnxExporterError(explain("onnx.export", problem))


def resized(given: Any, changes: dict[tuple[int, int], int]) -> Any:
    """`given` with tensors of other sizes: `changes` has them by number of the tensor and axis."""
    replaced = {}
    for k, tensor in enumerate(leaves(given)):
        array = realise(tensor)
        for (number, axis), size in changes.items():
            if number == k:
                array = array.take(np.arange(size) % max(array.shape[axis], 1), axis)
        replaced[id(tensor)] = wrap(np.array(array, order="C"))
    return mapped(partial(exchanged, replaced), given)


def exchanged(replaced: dict[int, Any], tensor: Any) -> Any:
    """What stands for `tensor`."""
    return replaced[id(tensor)]


def all_recordings(
    function: Callable[..., Any], given: Any, symbols: Sequence[Symbol]
) -> list[Recording]:
    """The recording with the first sizes, and two for each symbol with its other sizes.

    Raises OnnxExporterError if they do not do the same.
    """
    base = {place: s.base for s in symbols for place in s.places}
    found = [recorded(function, resized(given, base))]
    for symbol, k in [(s, k) for s in symbols for k in (0, 1)]:
        changed = dict.fromkeys(symbol.places, symbol.others[k])
        other = recorded(function, resized(given, {**base, **changed}))
        if [n.op for n in other.order] != [n.op for n in found[0].order]:
            problem = f"what the network does depends on the size {symbol.name!r}"
            hint = "leave it out of dynamic_axes"
            raise OnnxExporterError(explain("onnx.export", problem, hint=hint))
        found.append(other)
    return found
