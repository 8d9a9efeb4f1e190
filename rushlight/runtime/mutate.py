"""In-place operations. Mutation is rebinding: the tensor gets a new node, and its memory, if it has
any, the new contents when the window is run.

Tensors that share memory must all see the change. Those that denote nodes of this window are found
by their nodes: the value of their common base is replaced, and each view of it is taken anew.
Concrete ones share real memory and see the change once the window has run: so it is run at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import ops
from ..errors import (
    ArgumentError,
    DtypeError,
    GradError,
    LostError,
    RushlightError,
    ShapeError,
    explain,
    without_own_frames,
)
from ..graph import Bound, Cell, Node, Past, Saved, scope
from ..ops.table import Op
from ..trace import view_root
from .absent import AbsenceError, is_absent
from .arguments import put_back, read
from .disguise import NOBODY, asking
from .effect import Change, apply_effect, given, holder_of_saved, on_path, owner_of_cell
from .entry import Entry, Handle
from .going_on import ends_here
from .history import unfold
from .memory import is_exported, is_private
from .record import settle
from .recorder import Recorder, local


class InPlace:
    """The in-place form of `op`: what an entry of the trie says was called."""

    def __init__(self, op: Op) -> None:
        self.op = op
        self.name = f"{op.name}_"
        self.grad_name = op.grad_name


FORMS: dict[Op, InPlace] = {}


def apply_inplace(op: Op, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The first argument, after its value was replaced by that of `op(*args, **kwargs)`."""
    recorder = local.recorder
    try:
        call = read(op, args, kwargs)
        change_inplace(
            recorder,
            FORMS.get(op) or FORMS.setdefault(op, InPlace(op)),
            call.form,
            call.handles,
            call.numbers,
            lambda nodes, scalars: put_back(call, nodes, scalars),
        )
        return call.handles[0]
    except AbsenceError:
        if not is_absent(args[0]):
            raise
        return args[0]
    except RushlightError as error:
        if isinstance(error, ArgumentError):
            said = asking.call(f"{op.name}_", op.on, args, kwargs)
            if said is not NOBODY:
                return said
        raise error.with_traceback(without_own_frames(error.__traceback__)) from error.__cause__


def change_inplace(
    recorder: Recorder,
    form: InPlace,
    static: Any,
    handles: Sequence[Handle],
    numbers: Sequence[Any],
    compute: Callable[[Sequence[Node], Sequence[Node]], Node],
) -> None:
    """Replace the value of `handles[0]` by what `compute` makes of the nodes."""
    target = handles[0]
    handles = settle(recorder, handles)
    if handles[0] is not target:
        problem = "this tensor is being changed in another thread"
        raise LostError(explain(form.name, problem, hint="let that thread finish first"))
    keep_apart(recorder, target)
    check_leaf(recorder, form.name, target)
    if recorder.mapping:
        check_examples(form.name, handles)

    def key() -> Any:
        return (form, static, tuple([h._value for h in handles]), recorder.grad)

    root = view_root(target._value)
    if ends_here(recorder, form, key()) or (isinstance(root, Bound) and root is not target._value):
        recorder.flush()  # a view of a concrete tensor becomes one that shares its memory
        keep_apart(recorder, target)
    shared = is_shared(target)
    if shared and recorder.grad and any([h._value.requires_grad for h in handles]):
        symbolise(recorder, target)

    def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
        new = fitting(form, nodes[0], compute(nodes, scalars))
        return describe_change(recorder, target, nodes[0], new)

    last = key()
    apply_effect(recorder, form, last, handles, numbers, describe, denoted=last[2])
    if shared or recorder.eager:
        recorder.flush()


def keep_apart(recorder: Recorder, target: Handle) -> None:
    """See to it that the history of a tensor that is to be changed is known to the record.

    And that of those that share its memory: they are found by what they denote.
    """
    if type(target._value) is not Past and target._base is None and not target._views:
        return
    base: Handle = target if target._base is None else target._base
    family = [base, target, *[v for v in [r() for r in base._views] if v is not None]]
    if any([type(t._value) is Past for t in family]):
        if recorder.at.parent is not None:
            recorder.flush()
        unfold([t._history for t in family if type(t._value) is Past])


def check_examples(name: str, handles: Sequence[Handle]) -> None:
    """Raise LostError if a tensor that is the same for all examples would differ for each."""
    differ = 0
    for handle in handles[1:]:
        differ |= handle._value.examples
    if differ & ~handles[0]._value.examples:
        problem = "inside vmap, one tensor for all examples cannot take a value for each"
        hint = "make a new tensor in the function, or use the operation that is not in-place"
        raise LostError(explain(shown(name), problem, hint=hint))


def is_shared(handle: Handle) -> bool:
    """Whether others can see the memory of a concrete tensor."""
    return handle._value.leaf and (not is_private(handle) or is_exported(handle._array))


def check_leaf(recorder: Recorder, name: str, target: Handle) -> None:
    """Raise GradError if a leaf that requires grad, or a view of one, would be changed."""
    value = target._value
    if not recorder.grad or not value.requires_grad:
        return
    root = leaf_of(value)
    if root is None:
        return
    what = "a leaf Variable" if root is value else "a view of a leaf Variable"
    if not value.leaf and not value.op.view:
        what = "a leaf Variable"
    raise GradError(
        explain(
            shown(name),
            f"{what} that requires grad is being used in an in-place operation",
            hint="change it inside `with torch.no_grad():`, or change a copy (.clone())",
        )
    )


def shown(name: str) -> str:
    """What errors call an in-place operation: assigning to parts of a tensor has an inner name."""
    return "setitem" if name in ("put_basic_", "put_advanced_") else name


def leaf_of(value: Node) -> Cell | None:
    """The leaf of the autograd graph that `value` is (a view of), if it is one."""
    while not isinstance(value, Cell):
        node = value.source if isinstance(value, Saved) else value
        if not isinstance(node, Cell | Bound) and not is_through(node):
            return None
        value = value.parents[0]
    return value if isinstance(value, Cell) and value.requires_grad else None


def is_through(node: Node) -> bool:
    """Whether `node` is a view, or the same leaf after its data was changed."""
    if node.leaf or is_boundary(node):
        return False
    return node.op.view or node.op is ops.with_data


def fitting(form: InPlace, old: Node, new: Node) -> Node:
    """`new` in the dtype and layout of `old`; raises if it does not fit in its place."""
    if old.stride_memo is not None and overlaps(old) and not form.op.name.startswith("put_"):
        problem = "more than one element of the tensor refers to a single memory location"
        hint = "change a copy (.clone()) instead of what expand() returned"
        raise ShapeError(explain(form.name, problem, {"the tensor": old.spec}, hint))
    if new.shape != old.shape:
        raise ShapeError(
            explain(
                form.name,
                "an in-place result must keep the shape of the tensor",
                {"the tensor": old.spec, "the result": new.spec},
                f"use {form.op.name}() to get a new tensor",
            )
        )
    if new.dtype.category > old.dtype.category:
        raise DtypeError(
            explain(
                form.name,
                f"result type {new.dtype.name} can't be cast to the tensor's {old.dtype.name}",
                hint=f"use {form.op.name}() to get a new tensor, or convert this one first",
            )
        )
    if new.dtype is not old.dtype:
        new = ops.cast(new, dtype=old.dtype)
    if new.strides != old.strides:
        new = ops.clone(new)  # in the memory of the old value
        new.stride_memo = old.stride_memo
    return new


def overlaps(node: Node) -> bool:
    """Whether elements of `node` share memory because a dimension was expanded."""
    return node.size > 0 and any(
        [s == 0 and n > 1 for s, n in zip(node.strides, node.shape, strict=True)]
    )


def describe_change(recorder: Recorder, target: Handle, node: Node, new: Node) -> Change:
    """What changes when the value `node` of `target` is replaced by `new`."""
    change = Change()
    root = view_root(node)
    alone = root is node and not storage(root).viewed
    members = [] if alone else members_of(recorder, root, target)
    part = part_of(node)
    whole = with_history_of(recorder, part, write_back(node, part, new))
    base = whole
    above = part
    while above is not root:  # beyond a detach only the data changes
        parent = above.inputs[0]
        above = part_of(parent)
        base = ops.with_data(above, write_back(parent, above, ops.detach(base)))
    for value, find, old in [(node, given(0), target._value), *members]:
        # A view that was taken without history must not get one where gradients are disabled.
        scope.grad = bool(recorder.grad or value.requires_grad)
        again = taken_again(base, value, part, whole)
        change.add(again, find, old, label_of(value, node, root, again, members))
    return change


def label_of(value: Node, node: Node, root: Node, again: Node, members: Sequence[Any]) -> str:
    """PyTorch's name of what made `value` `again` when `node`, a view of `root`, was changed."""
    if not again.leaf and (again.op is ops.with_data or again.op is ops.rejoin):
        while isinstance(value, Bound | Saved):
            value = value.source
        return value.label  # its history is the old one
    if node is root:
        return "" if value is node else "AsStridedBackward0"
    if value is root:
        return "CopySlices"
    return "AsStridedBackward0" if members else ""


def is_boundary(node: Node) -> bool:
    """Whether `node` shares memory, but no history, with what it is a view of."""
    return not node.leaf and (node.op is ops.detach or node.op is ops.rejoin)


def part_of(node: Node) -> Node:
    """The first value up the chain of views that has no history in common with what is above it."""
    while not node.leaf and node.op.view and not is_boundary(node):
        node = node.inputs[0]
    return node


def with_history_of(recorder: Recorder, old: Node, new: Node) -> Node:
    """`new`, requiring grad if `old` did."""
    if not old.requires_grad:
        return new
    if not recorder.grad:
        return ops.with_data(old, new)  # data changes, history does not
    return new if new.requires_grad else ops.overwritten(old, new)


def write_back(node: Node, base: Node, new: Node) -> Node:
    """The value of `base`, of which `node` is a view, once `new` was written into the view."""
    while node is not base:
        parent = node.inputs[0]
        new = ops.write_view(parent, new, view=node.op, attrs=tuple(node.attrs.items()))
        node = parent
    return new


def taken_again(base: Node, node: Node, part: Node, whole: Node) -> Node:
    """The view that `node` is, of the new `base`. The history of `part` is now that of `whole`."""
    if node.leaf or not node.op.view:
        return base
    parent = taken_again(base, node.inputs[0], part, whole)
    if not is_boundary(node):
        again: Node = node.op(parent, **node.attrs)
        return again
    history = whole if node is part else node
    view = ops.detach(parent)
    return ops.rejoin(view, history) if history.requires_grad else view


def storage(root: Node) -> Node:
    """What identifies the memory of `root`."""
    return root.source if isinstance(root, Bound) and isinstance(root.source, Saved) else root


def members_of(recorder: Recorder, root: Node, target: Handle) -> list[Any]:
    """The other tensors that share memory with `root`: (value, how to find it, what it denotes)."""
    identity = storage(root)
    members: list[Any] = []
    find = None
    if isinstance(identity, Cell):
        find = owner_of_cell(identity)
    elif isinstance(identity, Saved):
        find = holder_of_saved(identity)
    if find is not None:
        holder = find(())
        if holder is not None and holder is not target and holder._value is identity:
            members.append((root, find, identity))
    entry: Entry | None = recorder.at
    while entry is not None and entry.parent is not None:
        for k, value in enumerate(entry.values):
            if storage(view_root(value)) is not identity:
                continue
            find = on_path(entry, k)
            handle = find(())
            if handle is not None and handle is not target and handle._value is value:
                members.append((value, find, value))
        entry = entry.parent
    return members


class Symbolise:
    """Says, in the trie, that concrete tensors that share memory became nodes of the window."""

    name = "symbolise"
    grad_name = "CloneBackward0"


SYMBOLISE = Symbolise()


def symbolise(recorder: Recorder, target: Handle) -> None:
    """Let the tensors that share memory with `target` denote nodes: views of a common base.

    Needed when one of them is about to get a history, which the others must share.
    """
    base: Handle = target if target._base is None else target._base
    views = [v for v in [r() for r in base._views] if v is not None and v._value.leaf]
    if not views or not base._value.leaf:
        return
    if recorder.at.parent is not None:
        recorder.flush()  # views that were recorded in this window become concrete ones, too
        views = [v for v in [r() for r in base._views] if v is not None and v._value.leaf]

    def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
        change = Change()
        root = nodes[0]
        if not isinstance(root, Cell):
            root = ops.clone(root)
            change.add(root, given(0), base._value)
        for k, view in enumerate(views):
            value = view_of(root, view._chain, nodes[k + 1])
            change.add(value, given(k + 1), view._value)
        return change

    apply_effect(recorder, SYMBOLISE, object(), [base, *views], (), describe)


def view_of(root: Node, chain: Any, own: Node) -> Node:
    """The view of `root` that `chain` leads to; `own` has its history if that is not the root's."""
    apart = False
    for op, attrs in chain:
        boundary = op is ops.detach or op is ops.rejoin
        apart = apart or boundary
        root = ops.detach(root) if boundary else op(root, **attrs)
    return ops.rejoin(root, own) if apart and own.requires_grad else root
