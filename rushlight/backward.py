"""Backward passes: gradients of recorded computations, recorded in their turn.

A backward pass is one entry of the trie, whose nodes `gradient.Walk` makes. Where Python must see
gradients on their way (hooks, custom functions, retained gradients), the walk goes in steps: see
stepwise.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import gradient, ops
from .errors import ArgumentError, GradError, ShapeError, explain
from .graph import Cell, Node, leaves_of, scope
from .ops.table import dense
from .patterns import zeros_like
from .public import public
from .runtime.effect import Change, Target, apply_effect, new_tensor
from .runtime.entry import Handle, at_once, types
from .runtime.history import Generation
from .runtime.memory import is_private
from .runtime.record import settle
from .runtime.recorder import local
from .stepwise import Steps


class Pass:
    """What an entry of the trie says was called: some kind of backward pass."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.grad_name = "NotImplemented"


BACKWARD = Pass("backward")
GRAD = Pass("grad")


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
    only = None if inputs is None else {t._cell for t in listed(inputs)}
    cells = [c for c in run.cells() if only is None or c in only]
    if run.is_watched(cells):
        Steps(run).backward(cells)
        return
    known = [c.grad for c in cells if c.grad is not None]
    known = settle(run.recorder, known)

    def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
        before = iter(nodes[run.count :])
        walk = run.walk(nodes)
        change = run.change(walk)
        for cell in cells:
            old = None if cell.grad is None else next(before)
            g = laid_out_like(cell, walk.leaves[cell])
            if old is None:
                change.add(g, new_tensor, None)
            elif create_graph:  # the old gradient may be part of a graph: leave it as it is
                change.add(ops.plus(old, g), new_tensor, None)
            else:
                total = ops.plus(old, g)
                total = ops.with_data(old, total) if old.requires_grad else total
                change.add(total, gradient_of(cell), cell.grad._value)
        return change

    static = (*(c.grad is None for c in cells), None if only is None else tuple(cells))
    out = run.record(BACKWARD, static, [*run.handles, *known], describe)
    for cell, handle in zip(cells, out, strict=True):
        cell.grad = handle
    entry = run.recorder.at
    if len(run.handles) == 1 and not known and not entry.places and only is None:
        entry.pattern = (retain_graph, create_graph, cells, ("grad",) * len(cells))
    if run.recorder.eager or any([g._value.leaf and not is_private(g) for g in known]):
        run.recorder.flush()


def repeat_backward(root: Any, retain_graph: bool | None, create_graph: bool) -> bool:
    """Whether a backward pass from `root` was just what comes next; then it has been recorded."""
    recorder = local.recorder
    entry = recorder.at.next
    if entry.api is not BACKWARD or entry.a is not root._value or entry.mode is not recorder.grad:
        return False
    if entry.pattern is None or recorder.hooks:
        return False
    retains, creates, cells, names = entry.pattern
    if retains is not retain_graph or creates is not create_graph:
        return False
    for cell in cells:
        if cell.grad is not None or cell.hooks is not None:
            return False
    new = types.new
    entry.out = out = [new() for _ in cells]
    for handle, node in zip(out, entry.values, strict=True):
        handle._value = node
    at_once((*cells, recorder), (*names, "at"), (*out, entry))
    return True


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
    if run.is_watched(run.cells()):
        return Steps(run).find(targets)
    wanted = [t._value for t in targets]

    def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
        walk = run.walk(nodes, wanted)
        change = run.change(walk)
        change.returned = [walk.found.get(value) is not None for value in wanted]
        for value in wanted:
            g = walk.found.get(value)
            if g is not None:
                packed = dense(g.shape, g.strides)  # an expanded gradient could not be changed
                change.add(g if packed else ops.make_contiguous(g), new_tensor, None)
        return change

    out = iter(run.record(GRAD, tuple(wanted), run.handles, describe))
    results = [next(out) if found else None for found in run.recorder.at.returned]
    if run.recorder.eager:
        run.recorder.flush()
    return results


class Run:
    """One backward pass: where it starts, and with which gradients.

    `handles` are the roots and the gradients given for them, `count` of them.
    """

    def __init__(
        self, outputs: Any, gradients: Any, retain_graph: bool | None, create_graph: bool
    ) -> None:
        self.recorder = local.recorder
        self.create_graph = create_graph
        self.retain_graph = create_graph if retain_graph is None else bool(retain_graph)
        self.roots: list[Any] = settle(self.recorder, listed(outputs))
        given = [None] * len(self.roots) if gradients is None else listed(gradients)
        if len(given) != len(self.roots):
            problem = f"got {len(self.roots)} tensors and {len(given)} gradients"
            raise GradError(explain("backward", problem))
        for root, seed in zip(self.roots, given, strict=True):
            check_root(root, seed)
        self.seeds = given
        seeds = settle(self.recorder, [g for g in given if g is not None])
        self.handles = [*self.roots, *seeds]
        self.count = len(self.handles)

    def cells(self) -> tuple[Cell, ...]:
        """The leaves that will be reached."""
        if len(self.roots) == 1:
            return leaves_of(self.roots[0]._value)
        found = {c: None for r in self.roots for c in leaves_of(r._value)}
        return tuple(found)

    def generations(self) -> list[Generation]:
        """The saved values that the roots' histories may use."""
        return [r._history for r in self.roots if r._history is not None]

    def is_watched(self, cells: Sequence[Cell]) -> bool:
        """Whether Python wants to see gradients on their way."""
        return bool(
            self.recorder.hooks
            or any([c.hooks for c in cells])
            or any([g.is_hooked() for g in self.generations()])
        )

    def is_freed(self, node: Node) -> bool:
        """Whether an earlier pass has used up the history of `node`."""
        if node in self.recorder.at.state.freed:
            return True
        return any([node in g.freed for g in self.generations()])

    def walk(self, nodes: Sequence[Node], wanted: Sequence[Node] = ()) -> gradient.Walk:
        """The walk from the roots; `nodes` stand for `handles`."""
        scope.grad = self.create_graph
        given = iter(nodes[len(self.roots) :])
        roots = nodes[: len(self.roots)]
        seeds = [
            gradient.ones(root) if seed is None else next(given)
            for root, seed in zip(roots, self.seeds, strict=True)
        ]
        return gradient.Walk(roots, seeds, wanted, self.is_freed)

    def change(self, walk: gradient.Walk) -> Change:
        """A change that so far only frees what the walk has used up."""
        change = Change()
        if not self.retain_graph:
            change.freed = frozenset(walk.spent)
        return change

    def record(
        self,
        api: Pass,
        static: Any,
        handles: Sequence[Any],
        describe: Callable[[Sequence[Node], Sequence[Node]], Change],
    ) -> list[Any]:
        """Record the pass, or repeat it; the tensors it made or changed."""
        recorder = self.recorder
        flags = (self.retain_graph, self.create_graph, *(s is None for s in self.seeds))
        generations = self.generations()
        freed = any([g.freed for g in generations])
        values = tuple([h._value for h in handles])
        key = (api, static, flags, freed, values, recorder.grad)
        out = apply_effect(recorder, api, key, handles, (), describe)
        if not self.retain_graph:
            for generation in generations:
                generation.free(recorder.at.state.freed)
        return out


def check_root(root: Handle, seed: Handle | None) -> None:
    """Raise GradError unless a pass can start at `root` with the gradient `seed`."""
    value = root._value
    if not value.requires_grad:
        problem = "element 0 of tensors does not require grad and does not have a grad_fn"
        hint = "make a leaf it depends on with requires_grad=True, outside torch.no_grad()"
        raise GradError(explain("backward", problem, {"the tensor": value.spec}, hint))
    if seed is None and value.size != 1:
        problem = "grad can be implicitly created only for scalar outputs"
        hint = "reduce it first, e.g. loss.sum(), or give a gradient of the same shape"
        raise GradError(explain("backward", problem, {"the tensor": value.spec}, hint))
    if seed is not None and seed._value.shape != value.shape:
        got = {"the output": value.spec, "the gradient": seed._value.spec}
        raise ShapeError(explain("backward", "mismatch in shape", got))


def listed(tensors: Any) -> list[Any]:
    """One tensor, or several, as a list."""
    if isinstance(tensors, Handle):
        return [tensors]
    found = list(tensors)
    for item in found:
        if item is not None and not isinstance(item, Handle):
            kind = type(item).__name__
            raise ArgumentError(explain("backward", f"expected Tensors, not {kind}"))
    return found


def laid_out_like(cell: Cell, g: Node) -> Node:
    """`g` in the memory layout of the leaf, not a view of something else."""
    if g.strides == cell.strides:
        return g
    return ops.make_contiguous(g)


def gradient_of(cell: Cell) -> Target:
    """The gradient tensor of a leaf."""
    return lambda handles: cell.grad
