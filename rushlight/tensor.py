"""The tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes, printing
from .devices import cpu
from .errors import GradError, explain
from .graph import Cell, Fresh, Leaf, Node, fresh
from .ops import OPS
from .runtime.entry import Handle
from .runtime.memory import export
from .runtime.mutate import apply_inplace
from .runtime.record import apply, types
from .runtime.recorder import local


class TensorType(type):
    """The type of Tensor: calling it is PyTorch's legacy constructor; the runtime goes around."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


class Tensor(Handle, metaclass=TensorType):
    """An array that can be differentiated."""

    __slots__ = ()

    @property
    def shape(self):
        return self._value.shape

    @property
    def dtype(self):
        return self._value.dtype

    @property
    def requires_grad(self):
        return self._value.requires_grad

    @property
    def grad(self):
        v = self._cell
        return v.grad if v else None

    @grad.setter
    def grad(self, value):
        self._cell.grad = value

    _cell = None

    def real_array(self):
        if not self._value.leaf:
            local.recorder.flush()
        if type(self._value).__name__ == "Failed":
            raise self._value.error
        assert self._value.leaf
        return self._array

    def item(self):
        return self.real_array().item()

    def numpy(self):
        a = self.real_array()
        if self._value.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad")
        export(a)
        return a.view()

    def __repr__(self):
        a = self.real_array()
        v = self._value
        grad_fn = None
        if v.requires_grad and not isinstance(v, Cell):
            grad_fn = "Backward0"
        return printing.tensor_text(
            a,
            dtype_name=str(v.dtype),
            default_dtype_name="torch.float32",
            requires_grad=v.requires_grad,
            grad_fn=grad_fn,
        )

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        index = tuple((i.start, i.stop, i.step) if isinstance(i, slice) else i for i in index)
        return apply(GETITEM, (self, index), {})

    def __setitem__(self, index, value):
        v = self[index]
        v.copy_(value)

    def copy_(self, other):
        return apply_inplace(COPY, (self, other), {})

    def backward(self, gradient=None, retain_graph=False, create_graph=False):
        from .autograd import backward

        backward([self], [gradient], retain_graph, create_graph)


types.new = type.__call__.__get__(Tensor)

from .ops.table import derived
from . import ops


@derived(view=True)
def getitem(input: Tensor, index: Any):
    return ops.basic_index(input, index=index)


GETITEM = getitem


@derived()
def copy(input: Tensor, other: Tensor):
    return ops.clone(
        ops.expand_view(
            ops.cast(other, dtype=input.dtype) if other.dtype is not input.dtype else other,
            shape=input.shape,
        )
    )


COPY = copy


def method(op):
    def call(*a, **k):
        return apply(op, a, k)

    return call


def inplace(op):
    def call(*a, **k):
        return apply_inplace(op, a, k)

    return call


for name, op in OPS.items():
    if "Tensor" in op.on:
        setattr(Tensor, name, method(op))
    if "Tensor_" in op.on:
        setattr(Tensor, name + "_", inplace(op))
for d, n in dict(add="add", sub="sub", mul="mul", truediv="div").items():
    setattr(Tensor, f"__{d}__", method(OPS[n]))
    setattr(Tensor, f"__i{d}__", inplace(OPS[n]))
Tensor.__radd__ = Tensor.__add__
Tensor.__rmul__ = Tensor.__mul__
Tensor.__rsub__ = method(OPS["rsub"])
Tensor.__neg__ = method(OPS["neg"])


def tensor(data, requires_grad=False, dtype=None):
    a = np.array(data)
    if a.dtype == np.float64:
        a = a.astype(np.float32)
    return wrap(a, requires_grad)


def wrap(a, requires_grad=False):
    t = types.new()
    t._array = a
    dt = dtypes.of_numpy(a.dtype)
    if requires_grad:
        t._value = t._cell = Cell(t, a, dt, True)
    else:
        item = a.itemsize
        s = tuple(x // item for x in a.strides)
        t._value = fresh(a.shape, dt, None if s == Leaf(a.shape, dt).strides else s)
    return t


class no_grad:
    def __enter__(self):
        r = local.recorder
        self.before = r.grad
        r.grad = False

    def __exit__(self, *a):
        r = local.recorder
        r.grad = self.before
        if r.at.state.mutated:
            r.flush()
