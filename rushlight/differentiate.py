"""One backward pass: where it starts, what it reaches, and how it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import gradient
from .errors import ArgumentError, GradError, ShapeError, explain
from .graph import Cell, Node, scope
from .reach import leaves_of, saved_of
from .runtime.disguise import inner_of
from .runtime.effect import Change, apply_effect
from .runtime.entry import Handle
from .runtime.history import Generation, free, with_parents
from .runtime.record import settle
from .runtime.recorder import local


class Pass:
    """What an entry of the trie says was called: some kind of backward pass."""

    def __init__(self, name: str, grad_name: Any) -> None:
        self.name = name
        self.grad_name = grad_name


def op_name(node: Node, static: Any) -> str:
    """PyTorch's name of the function that made `node`: that of its op."""
    name = node.op.grad_name
    return name if isinstance(name, str) else ""


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
        """The saved values, of this and earlier windows, that the roots' histories may use."""
        found = [r._history and r._history.generation for r in self.roots]
        found += [s.slot.generation() for r in self.roots for s in saved_of(r._value)]
        return with_parents(found)

    def is_watched(self, cells: Sequence[Cell]) -> bool:
        """Whether Python wants to see gradients on their way."""
        return bool(
            self.recorder.hooks
            or any([c.hooks for c in cells])
            or any([g.hooks for g in self.generations()])
        )

    def freed(self) -> set[Node]:
        """The nodes whose history an earlier pass has used up."""
        freed: set[Node] = set(self.recorder.at.state.freed)
        return freed.union(*[g.freed for g in self.generations()])

    def walk(self, nodes: Sequence[Node], wanted: Sequence[Node] = ()) -> gradient.Walk:
        """The walk from the roots; `nodes` stand for `handles`."""
        scope.grad = self.create_graph
        given = iter(nodes[len(self.roots) :])
        roots = nodes[: len(self.roots)]
        seeds = [
            gradient.ones(root) if seed is None else next(given)
            for root, seed in zip(roots, self.seeds, strict=True)
        ]
        return gradient.Walk(roots, seeds, wanted, self.freed().__contains__)

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
        freed = frozenset[Node]().union(*[g.freed for g in generations])
        values = tuple([h._value for h in handles])
        key = (api, static, flags, freed, values, recorder.grad)
        out = apply_effect(recorder, api, key, handles, (), describe, denoted=values)
        if not self.retain_graph:
            free(recorder.at.state.freed)
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
    if seed is None and value.dtype.is_complex:
        problem = "grad can be implicitly created only for real scalar outputs"
        hint = "take .abs(), .real or .imag, or give a gradient"
        raise GradError(explain("backward", problem, {"the tensor": value.spec}, hint))
    if seed is not None and seed._value.shape != value.shape:
        got = {"the output": value.spec, "the gradient": seed._value.spec}
        raise ShapeError(explain("backward", "mismatch in shape", got))


def listed(tensors: Any) -> list[Any]:
    """One tensor, or several, as a list."""
    if isinstance(tensors, Handle):
        return [inner_of(tensors)]
    found = [inner_of(tensor) for tensor in tensors]
    for item in found:
        if item is not None and not isinstance(item, Handle):
            kind = type(item).__name__
            raise ArgumentError(explain("backward", f"expected Tensors, not {kind}"))
    return found
