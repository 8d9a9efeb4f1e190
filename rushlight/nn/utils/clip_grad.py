"""Gradients cut to size. All gradients of a step are changed by one recorded call."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from ... import ops
from ...errors import DataError, explain
from ...graph import Node, scope
from ...ops.samples import floats
from ...ops.table import Tensors, derived
from ...patterns import zeros
from ...runtime.entry import Handle
from ...runtime.record import apply, realise
from ..gradients import due_cells, replace_gradients, result_of
from ..replace import Replacement, Rule, replace

BY_NORM = Replacement("clip_grad_norm_")
WITH_NORM = Replacement("clip_grads_with_norm_")
BY_VALUE = Replacement("clip_grad_value_")


def listed(tensors: Any) -> list[Any]:
    """One tensor, or several, as a list."""
    return [tensors] if isinstance(tensors, Handle) else list(tensors)


def gradients(parameters: Any) -> list[Any]:
    """The gradients of those parameters that have one."""
    return [p.grad for p in listed(parameters) if p.grad is not None]


@derived(grad_name="LinalgVectorNormBackward0")
def total_norm_of(tensors: Tensors, order: float) -> Node:
    """The norm of all elements of `tensors` together."""
    return total_of(tensors, order)


@total_norm_of.samples
def _() -> Iterator[Any]:
    yield [floats(3, 4), floats(2, seed=1)], 2.0


def total_of(nodes: Sequence[Node], order: float) -> Node:
    """The norm of all elements of all nodes together."""
    norms = [ops.vector_norm(node, order) for node in nodes]
    return norms[0] if len(norms) == 1 else ops.vector_norm(ops.stack(norms), order)


def scaled(nodes: Sequence[Node], total: Node, max_norm: Node) -> list[Node]:
    """The nodes, shrunk by one factor such that a norm of `total` becomes `max_norm` at most."""
    factor = ops.clamp(max_norm / (total + 1e-6), max=1.0)
    return [node * ops.cast(factor, dtype=node.dtype) for node in nodes]


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """The norm of all gradients together, after they were shrunk if it was above `max_norm`.

    >>> p = torch.nn.Parameter(torch.zeros(2))
    >>> p.grad = torch.tensor([3.0, 4.0])
    >>> torch.nn.utils.clip_grad_norm_([p], max_norm=1.0)
    tensor(5.)
    >>> p.grad
    tensor([0.6000, 0.8000])
    """
    parameters = listed(parameters)
    order = float(norm_type)
    due = [] if error_if_nonfinite else due_cells(parameters)
    if due:
        norm = result_of(total_norm_of, due, order)
        if norm is not None:
            replace_gradients(WITH_NORM, due, (float(max_norm),), shrink, [norm])
            return norm
    found = gradients(parameters)
    if not found:
        return zeros(())
    if error_if_nonfinite:
        get_total_norm(found, order, error_if_nonfinite=True)

    def rule(nodes: Sequence[Node], scalars: Sequence[Node]) -> Any:
        scope.grad = False
        total = total_of(nodes, order)
        return scaled(nodes, total, scalars[0]), [total]

    return replace(BY_NORM, found, len(found), (float(max_norm),), order, rule)[0]


def clip_grad_norm(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Any:
    """As `clip_grad_norm_`, by its old name."""
    warnings.warn(
        "torch.nn.utils.clip_grad_norm is now deprecated in favor of "
        "torch.nn.utils.clip_grad_norm_.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite)


def get_total_norm(
    tensors: Any,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """The norm of all elements of `tensors` together.

    >>> torch.nn.utils.get_total_norm([torch.tensor([3.0]), torch.tensor([4.0])])
    tensor(5.)
    """
    found = [t.detach() for t in listed(tensors)]
    if not found:
        return zeros(())
    total = apply(total_norm_of, (found, float(norm_type)), {})
    if error_if_nonfinite and not math.isfinite(realise(total)):
        problem = (
            f"The total norm of order {float(norm_type)} for gradients from `parameters` is "
            "non-finite, so it cannot be clipped. To disable this error and scale the gradients by "
            "the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
        raise DataError(explain("clip_grad_norm_", problem))
    return total


def clip_grads_with_norm_(
    parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None
) -> None:
    """Shrink all gradients as `clip_grad_norm_` does, given their norm."""
    change(WITH_NORM, parameters, (float(max_norm),), shrink, [total_norm])


def change(
    api: Replacement,
    parameters: Any,
    numbers: Sequence[float],
    rule: Rule,
    others: Sequence[Any] = (),
) -> None:
    """Give all gradients there are the values that `rule` makes of them and of `others`."""
    parameters = listed(parameters)
    due = due_cells(parameters)
    if due:
        replace_gradients(api, due, numbers, rule, others)
        return
    found = gradients(parameters)
    if found:
        replace(api, [*found, *others], len(found), numbers, None, rule)


def shrink(nodes: Sequence[Node], scalars: Sequence[Node]) -> Any:
    """The gradients, shrunk to the norm that is given, and nothing else; the last is their norm."""
    scope.grad = False
    return scaled(nodes[:-1], nodes[-1], scalars[0]), []


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Cut all gradients off at `-clip_value` and `clip_value`.

    >>> p = torch.nn.Parameter(torch.zeros(2))
    >>> p.grad = torch.tensor([3.0, -0.5])
    >>> torch.nn.utils.clip_grad_value_([p], 1.0)
    >>> p.grad
    tensor([ 1.0000, -0.5000])
    """
    bound = float(clip_value)

    def rule(nodes: Sequence[Node], scalars: Sequence[Node]) -> Any:
        scope.grad = False
        return [ops.clamp(node, min=scalars[0], max=scalars[1]) for node in nodes], []

    change(BY_VALUE, parameters, (-bound, bound), rule)
