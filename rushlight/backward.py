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
from .patterns import zeros_like
from .public import public
from .runtime.due import Dues, grad_of
from .runtime.effect import Change, Target, new_tensor
from .runtime.entry import types
from .runtime.history import free
from .runtime.memory import EXPORTED, is_private
from .runtime.record import settle
from .runtime.source import Source
from .runtime.world import world
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


def repetition(
    entry: Any,
    cells: Sequence[Cell],
    added: Sequence[bool],
    retain_graph: bool | None,
    create_graph: bool,
) -> Any:
    """A function that records the pass of `entry` again: straight Python for these `cells`.

    None if there is no such function. `added` says which had a gradient already; the last two are
    what the user has given. The function says whether the pass is the same: it is for roots whose
    value is `entry.a`. Once that is certain nothing is called, so that no interrupt can leave some
    gradients old and some new.
    """
    source = Source(
        EXPORTED=EXPORTED, anomaly=anomaly, free=free, grad_of=grad_of, is_private=is_private,
        new=types.new, retain_graph=retain_graph, create_graph=create_graph,
    )  # fmt: skip
    lines = [
        "if retains is not retain_graph or creates is not create_graph: return False",
        "if recorder.hooks or recorder.eager or anomaly.on: return False",
        "if entry.mode is not recorder.grad: return False",
    ]
    if entry.places:
        lines.append("if EXPORTED: return False")
    binds = []
    if entry.keeps == (0,):
        lines.append("tip = root._history")
        lines.append("kept = tip.generation")
        lines.append("if kept.freed or kept.hooks or kept.parents: return False")
        binds.append("root._array, ")
    if any(added):
        looks, stores, arrays = added_up(source, entry, cells, added)
    else:
        looks, stores, arrays = put_off(source, entry, cells)
    binds += arrays
    if len(binds) != len(entry.places) or entry.keeps not in ((), (0,)):
        return None
    lines += looks
    if binds:
        history = "tip, " if entry.keeps else ""
        lines.append(f"entry.bound = ({''.join(binds)}{history})")
    lines += [*stores, "recorder.at = entry"]
    if entry.keeps and not (create_graph if retain_graph is None else retain_graph):
        lines.append("free(entry.state.freed)")
    signature = "repeat(entry, recorder, root, retains, creates)"
    return source.function(signature, [*lines, "return True"])


Lines = tuple[list[str], list[str], list[str]]
"""Lines that look and make tensors, lines that store, and the arrays that are bound."""


def put_off(source: Source, entry: Any, cells: Sequence[Cell]) -> Lines:
    """No leaf has a gradient; the tensors of those that they get need not be made: see due.py."""
    dues = entry.dues = source.space["dues"] = Dues(entry, cells)
    source.space["world"] = world
    names = [source.name(cell, "c") for cell in cells]
    hooks = " or ".join([f"{name}.hooks is not None" for name in names])
    grads = " or ".join([f"{name}.grad is not None" for name in names])
    looks = [
        "if world.order is not dues.order:",
        "    order = world.order",
        f"    if {hooks}: return False",
        "    dues.order = order",
        f"if {grads}: return False",
    ]
    stores = ["dues.landing = None", "entry.out = dues"]
    for name, due in zip(names, dues.each, strict=True):
        stores.append(f"{name}.grad = {source.name(due, 'd')}")
    return looks, stores, []


def added_up(source: Source, entry: Any, cells: Sequence[Cell], added: Sequence[bool]) -> Lines:
    """Some leaves have a gradient already, which is added to."""
    looks, arrays = [], []
    stores = [f"entry.out = [{', '.join([f'h{k}' for k in range(len(cells))])}]"]
    for k, (cell, adds, old) in enumerate(zip(cells, added, entry.old, strict=True)):
        name = source.name(cell, "c")
        looks.append(f"h{k} = grad_of({name})")
        if adds:
            node = source.name(old, "n")
            looks.append(f"if h{k} is None or h{k}._value is not {node}: return False")
            if old.leaf:
                looks.append(f"if not is_private(h{k}): return False")
                arrays.append(f"h{k}._array, ")
        else:
            looks += [f"if h{k} is not None: return False", f"h{k} = new()"]
        looks.append(f"if {name}.hooks is not None: return False")
        stores.append(f"h{k}._value = {source.name(entry.values[k], 'n')}")
        stores.append(f"{name}.grad = h{k}")
    return looks, stores, arrays


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
