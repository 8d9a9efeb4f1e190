"""The methods and operators of Tensor: those of the op table, and those around it."""

from __future__ import annotations

import weakref
from typing import Any

from . import backward as passes
from . import create, dtypes, facts, idioms, legacy, missing, observe, ops, overwrite, patterns
from . import random as random
from . import storage as storage
from .calls import function, inplace, inplace_operator, operator, reflected, unary
from .devices import Device, on_meta, require_cpu
from .dtypes import DType
from .errors import GradError, explain
from .formats import LAST, lies_in, order_in, preserve_format
from .graph import contiguous_strides
from .ops import OPS
from .public import PUBLIC, public
from .runtime.absent import absent_like
from .runtime.entry import Handle
from .runtime.record import apply, leaf_for, realise
from .runtime.recorder import local
from .runtime.world import world
from .stepwise import Watch
from .tensor import Tensor

OPERATORS = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "pow", "matmul": "matmul", "and": "bitwise_and",
    "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
}  # fmt: skip
"""Python's binary operators and the ops they stand for."""
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
SIGNS = {"neg": "neg", "abs": "abs", "invert": "bitwise_not", "pos": "positive"}
CONVERSIONS = {
    **dtypes.ALIASES, "bfloat16": dtypes.bfloat16, "bool": dtypes.bool_, "char": dtypes.int8,
    "byte": dtypes.uint8,
}  # fmt: skip


ENTERED = (facts, idioms, legacy, observe, overwrite, random, storage)
"""Modules that have entered methods in the table of public names."""


def attach() -> None:
    """Give Tensor its operators and methods."""
    for name, op in OPS.items():
        if "Tensor" in op.on:
            made = function(op)
            for public in (name, *op.aliases):
                setattr(Tensor, public, made)
        if "property" in op.on:
            setattr(Tensor, name, property(function(op)))
        if "Tensor_" in op.on:
            made = inplace(op)
            for public in (name, *op.aliases):
                setattr(Tensor, f"{public}_", made)
    for python, name in OPERATORS.items():
        if name in OPS:
            setattr(Tensor, f"__{python}__", operator(OPS[name]))
            setattr(Tensor, f"__r{python}__", reflected(OPS[name]))
            setattr(Tensor, f"__i{python}__", inplace_operator(OPS[name]))
    Tensor.__rsub__ = operator(OPS["rsub"])  # type: ignore[attr-defined]
    Tensor.__rtruediv__ = operator(OPS["rdiv"])  # type: ignore[attr-defined]
    Tensor.__rdiv__ = Tensor.__rtruediv__  # type: ignore[attr-defined]
    for name in COMPARISONS:
        if name in OPS:
            setattr(Tensor, f"__{name}__", operator(OPS[name]))
    for python, name in SIGNS.items():
        if name in OPS:
            setattr(Tensor, f"__{python}__", unary(OPS[name]))
    for name, dtype in CONVERSIONS.items():
        setattr(Tensor, name, conversion(name, dtype))
    for name, made in PUBLIC["Tensor"].items():
        setattr(Tensor, name, made)


def conversion(name: str, dtype: DType) -> Any:
    """The method that converts to `dtype`, such as `float`."""

    def convert(self: Any, memory_format: Any = None) -> Any:
        made = self if self._value.dtype is dtype else apply(ops.to_dtype, (self, dtype), {})
        return made if memory_format is None else formatted(made, memory_format)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"The tensor converted to {dtype!r}; itself if it has that dtype."
    return convert


def formatted(tensor: Any, memory_format: Any) -> Any:
    """`tensor` in a memory format, itself if it is so."""
    return tensor if memory_format is preserve_format else tensor.contiguous(memory_format)


@public("Tensor")
def to(self: Any, *args: Any, **kwargs: Any) -> Any:
    """The tensor on another device, of another dtype, or like another tensor; itself if it is so.

    `memory_format=torch.channels_last` lays pictures out with the channels side by side.

    >>> torch.tensor([1, 2]).to(torch.float32)
    tensor([1., 2.])
    """
    dtype = kwargs.get("dtype")
    device = kwargs.get("device")
    for arg in (*args, kwargs.get("other")):
        if isinstance(arg, Handle):
            dtype = arg._value.dtype
        elif isinstance(arg, DType):
            dtype = arg
        elif isinstance(arg, str | Device):
            device = arg
    if on_meta(device, "to"):
        return absent_like(self, dtype, self._value.requires_grad)
    if device is not None and self.is_meta:
        realise(self)  # says that it cannot be
    dtype = create.checked_dtype(dtype, "to")
    made = self
    if dtype is not None and dtype is not self._value.dtype:
        made = apply(ops.to_dtype, (self, dtype), {})
    elif kwargs.get("copy"):
        made = apply(ops.clone, (self,), {})
    memory_format = kwargs.get("memory_format")
    return made if memory_format is None else formatted(made, memory_format)


SPLIT = function(OPS["split"])


@public("Tensor")
def split(self: Any, split_size: Any, dim: int = 0) -> Any:
    """The parts of this tensor along `dim` that have this size (the last may be smaller), or sizes.

    >>> torch.tensor([1, 2, 3]).split(split_size=[1, 2])
    (tensor([1]), tensor([2, 3]))
    """
    return SPLIT(self, split_size, dim)


@public("Tensor")
def type(self: Any, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's legacy type, or the tensor converted to `dtype`."""
    if dtype is None:
        kind = legacy.NAMES.get(self._value.dtype.name, "Complex")
        return f"torch.{kind}Tensor"
    if isinstance(dtype, str):
        dtype = legacy.named(dtype)
    return to(self, getattr(dtype, "dtype", dtype))


@public("Tensor")
def type_as(self: Any, other: Any) -> Any:
    """The tensor in the dtype of `other`."""
    return to(self, other._value.dtype)


@public("Tensor")
def cpu(self: Any, memory_format: Any = None) -> Any:
    """The tensor itself: it is on the CPU."""
    if self.is_meta:
        realise(self)  # says that it cannot be
    return self if memory_format is None else formatted(self, memory_format)


@public("Tensor")
def cuda(self: Any, device: Any = None, **options: Any) -> Any:
    """Not here: raises DeviceError."""
    require_cpu("cuda" if device is None else device, "cuda")
    return self


@public("Tensor")
def is_contiguous(self: Any, memory_format: Any = None) -> bool:
    """Whether the elements lie in memory in the order of the indices, or of `memory_format`."""
    value = self._value
    if memory_format in LAST:
        ndim = len(value.shape)
        if ndim != LAST[memory_format]:
            return False
        return lies_in(value.shape, value.strides, order_in(memory_format, ndim, "") or ())
    return bool(value.strides == contiguous_strides(value.shape))


@public("Tensor")
def backward(
    self: Any,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradient of this tensor to the `.grad` of the leaves it depends on.

    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> (x**2).backward()
    >>> x.grad
    tensor(4.)
    """
    if gradient is None and inputs is None:
        recorder = local.recorder
        entry = recorder.at.next
        if entry.api is passes.BACKWARD and entry.a is self._value:
            repeat = entry.pattern
            if repeat is not None and repeat(entry, recorder, self, retain_graph, create_graph):
                return
    given = None if gradient is None else [gradient]
    passes.backward([self], given, retain_graph, create_graph, inputs)


def watch_of(tensor: Any) -> Watch:
    """The record of who watches the gradient of `tensor`."""
    value = tensor._value
    if not value.requires_grad:
        problem = "cannot register a hook on a tensor that doesn't require gradient"
        raise GradError(explain("register_hook", problem, {"the tensor": value.spec}))
    if tensor._cell is not None:
        world.changed()
        tensor._cell.hooks = tensor._cell.hooks or Watch()
        world.changed()  # again, if another thread has just looked
        return tensor._cell.hooks  # type: ignore[no-any-return]
    home, node = hooks_of(tensor)
    return home.setdefault(node, Watch())  # type: ignore[no-any-return]


def hooks_of(tensor: Any) -> tuple[dict[Any, Any], Any]:
    """Where the watches of values like that of `tensor` are, and under which node."""
    value, tip = tensor._value, tensor._history
    return (tip.generation.hooks, tip.saved) if value.leaf else (local.recorder.hooks, value)


class Removable:
    """A hook on the gradient of `tensor` that can be removed again, from among its `hooks`."""

    count = 0

    def __init__(self, tensor: Any, hooks: dict[int, Any], hook: Any) -> None:
        Removable.count += 1
        self.id = Removable.count
        self.tensor = weakref.ref(tensor)
        self.hooks = hooks
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook away; a leaf that nobody watches any more has quick passes again."""
        self.hooks.pop(self.id, None)
        tensor = self.tensor()
        cell = None if tensor is None else tensor._cell
        if cell is not None and not cell.hooks:
            cell.hooks = None
            world.changed()

    def __enter__(self) -> Removable:
        return self

    def __exit__(self, *error: Any) -> None:
        self.remove()


@public("Tensor")
def register_hook(self: Any, hook: Any) -> Removable:
    """Have `hook(gradient)` called when the tensor's gradient is known; it may return another.

    >>> x = torch.tensor(1.0, requires_grad=True)
    >>> handle = x.register_hook(lambda g: g * 10)
    >>> (2 * x).backward()
    >>> x.grad
    tensor(20.)
    """
    return Removable(self, watch_of(self).hooks, hook)


@public("Tensor")
def register_post_accumulate_grad_hook(self: Any, hook: Any) -> Removable:
    """Have `hook(tensor)` called when the gradient of a leaf has been added to its `.grad`."""
    if self._cell is None:
        problem = "post accumulate grad hooks cannot be registered on non-leaf tensors"
        raise GradError(explain("register_post_accumulate_grad_hook", problem))
    return Removable(self, watch_of(self).after, hook)


@public("Tensor")
def retain_grad(self: Any) -> None:
    """Have `backward` set `.grad` although the tensor is not a leaf."""
    if not self.is_leaf:
        watch_of(self).retained_by = weakref.ref(self)


@property  # type: ignore[misc]
def retains_grad(self: Any) -> bool:
    """Whether `retain_grad` was called on this tensor, which is not a leaf."""
    if self.is_leaf:
        return False
    home, node = hooks_of(self)
    watch = home.get(node)
    return watch is not None and watch.retained_by is not None


Tensor.retains_grad = retains_grad  # type: ignore[attr-defined]


@public("torch Tensor")
def detach_(input: Any) -> Any:
    """Itself, without its history."""
    realise(input)
    input._value, input._history, input._cell = leaf_for(input._array), None, None
    world.changed()
    return input


def new_like(name: str) -> Any:
    """The method `new_zeros` and its kind: as `torch.zeros`, with the tensor's dtype."""
    make = getattr(create if name == "tensor" else patterns, name)

    def new(self: Any, *args: Any, **options: Any) -> Any:
        options["dtype"] = options.get("dtype") or self._value.dtype
        return make(*args, **options)

    new.__name__ = f"new_{name}"
    new.__doc__ = f"As `torch.{name}`, with the dtype of this tensor unless said otherwise."
    return new


for name in ("tensor", "zeros", "ones", "empty", "full"):
    public("Tensor")(new_like(name))

attach()

for name in missing.METHODS:
    if not hasattr(Tensor, name):
        setattr(Tensor, name, missing.Absent(name))
