"""Backward passes: gradients of recorded computations, recorded in their turn.

A backward pass is one entry of the trie, whose nodes `gradient.Walk` makes. Where Python must see
gradients on their way (hooks, custom functions, retained gradients), the walk goes in steps: see
stepwise.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import ops
from .differentiate import Pass, Run, listed, op_name
from .episodes import goes_piecewise, meets_many, unfold_all
from .errors import GradError, explain
from .gradient import laid_out_like, packed
from .graph import Cell, Node
from .pass_again import repetition
from .patterns import zeros_like
from .public import public
from .runtime.due import grad_of
from .runtime.effect import Change, Target, new_tensor
from .runtime.memory import is_private
from .runtime.record import settle
from .stepwise import Steps, anomaly
from .trace import view_root

BACKWARD = Pass("backward", lambda node, static: "AddBackward0" if sums(node) else "CopyBackwards")
GRAD = Pass("grad", op_name)


@public("autograd")
def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradient of `tensors` (weighted by `grad_tensors`) to the `.grad` of their leaves.

    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> torch.autograd.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    run = Run(tensors, grad_tensors, retain_graph, create_graph)
    if meets_many(run):
        if inputs is None and goes_piecewise(run):
            return
        unfold_all([*run.roots, *listed(inputs or ())])
        run = Run(tensors, grad_tensors, retain_graph, create_graph)
    only = None if inputs is None else {t._cell for t in listed(inputs)}
    cells = [c for c in run.cells() if only is None or c in only]
    if run.is_watched(cells) or anomaly.on:
        Steps(run).backward(cells)
        return
    before = [grad_of(c) for c in cells]
    known = [g for g in before if g is not None]
    known = settle(run.recorder, known)
    if any([view_root(g._value).viewed and not g._value.leaf for g in known]):
        run.recorder.flush()  # views of a gradient shall see what is added to its memory
        backward(tensors, grad_tensors, retain_graph, create_graph, inputs)
        return

    shared = any([g._value.leaf and not is_private(g) for g in known])
    static = (*(c.grad is None for c in cells), None if only is None else tuple(cells))
    out = run.record(BACKWARD, static, [*run.handles, *known], collect(run, cells))
    for cell, handle in zip(cells, out, strict=True):
        cell.grad = handle
    entry = run.recorder.at
    plain = len(run.handles) == 1 and only is None and not (create_graph and known)
    if plain and entry.pattern is None:
        added = [h is not None for h in before]
        entry.pattern = repetition(entry, cells, added, retain_graph, create_graph)
    if run.recorder.eager or shared:
        run.recorder.flush()


def collect(run: Run, cells: Sequence[Cell]) -> Callable[..., Change]:
    """What describes a pass that adds to the gradients of `cells`."""

    def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
        olds = iter(nodes[run.count :])
        walk = run.walk(nodes)
        change = run.change(walk)
        for cell in cells:
            old = None if cell.grad is None else next(olds)
            g = laid_out_like(cell, walk.leaves[cell])
            if old is None:
                change.add(g, new_tensor, None)
            elif run.create_graph:  # the old gradient may be part of a graph: leave it as it is
                change.add(ops.plus(old, g), new_tensor, None)
            else:
                total = ops.plus(old, g)
                total = ops.with_data(old, total) if old.requires_grad else total
                change.add(total, gradient_of(cell), cell.grad._value)
        return change

    return describe


@public("autograd")
def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`, a tuple; no `.grad` is touched.

    `create_graph` lets the gradients be differentiated again.

    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> (g,) = torch.autograd.grad(x**3, x, create_graph=True)
    >>> torch.autograd.grad(g, x)
    (tensor(18.),)
    """
    run = Run(outputs, grad_outputs, retain_graph, create_graph)
    targets = listed(inputs)
    settle(run.recorder, targets)
    if meets_many(run):
        unfold_all([*run.roots, *targets])
        run = Run(outputs, grad_outputs, retain_graph, create_graph)
    for target in targets:
        if not target._value.requires_grad:
            problem = "one of the differentiated Tensors does not require grad"
            raise GradError(explain("grad", problem, {"it": target._value.spec}))
    results = find(run, targets)
    for k, result in enumerate(results):
        if result is None and materialize_grads:
            results[k] = zeros_like(targets[k])
        elif result is None and not allow_unused:
            problem = "one of the differentiated Tensors appears to not have been used in the graph"
            raise GradError(explain("grad", problem, hint="give allow_unused=True if so intended"))
    return tuple(results)


def find(run: Run, targets: list[Any]) -> list[Any]:
    """The gradient of each target, None for those that are not reached."""
    if run.is_watched(run.cells()) or anomaly.on:
        return Steps(run).find(targets)
    wanted = [t._value for t in targets]

    def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
        walk = run.walk(nodes, wanted)
        change = run.change(walk)
        change.returned = [walk.found.get(value) is not None for value in wanted]
        for value in wanted:
            g = walk.found.get(value)
            if g is not None:
                change.add(packed(g), new_tensor, None)
        return change

    out = iter(run.record(GRAD, tuple(wanted), run.handles, describe))
    results = [next(out) if found else None for found in run.recorder.at.returned]
    if run.recorder.eager:
        run.recorder.flush()
    return results


def sums(node: Node) -> bool:
    """Whether `node` adds a gradient to an earlier one."""
    return not node.leaf and node.op is ops.plus


def gradient_of(cell: Cell) -> Target:
    """The gradient tensor of a leaf."""
    return lambda handles: grad_of(cell)
