"""Questions about tensors that are seldom asked, functions and settings from older days."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import ops
from .calls import function
from .errors import ArgumentError, ShapeError, explain
from .idioms import resize_
from .observe import choose
from .ops.table import Op
from .outputs import written
from .patterns import shape_of
from .public import public
from .runtime.entry import Handle
from .runtime.record import realise, wrap
from .stepwise import anomaly

product = function(ops.matmul)
powers = function(ops.vander)
derivative = function(ops.polygamma)


@public("Tensor", name="where")
def where_of(self: Any, condition: Any, other: Any) -> Any:
    """Itself where `condition` holds, `other` elsewhere.

    >>> torch.tensor([-1.0, 2.0]).where(torch.tensor([False, True]), 0.0)
    tensor([0., 2.])
    """
    return choose(condition, self, other)


@public("torch Tensor")
def is_same_size(input: Any, other: Any) -> bool:
    """Whether two tensors have the same shape."""
    return bool(input._value.shape == other._value.shape)


@public("Tensor")
def is_set_to(self: Any, tensor: Any) -> bool:
    """Whether both are the same elements of the same memory, in the same order."""
    mine, other = realise(self), realise(tensor)
    same = mine.__array_interface__["data"] == other.__array_interface__["data"]
    return bool(same and mine.shape == other.shape and mine.strides == other.strides)


@public("torch Tensor")
def is_conj(input: Any) -> bool:
    """Whether it is a view that conjugates: never, conjugates are made at once."""
    return False


@public("torch Tensor")
def is_neg(input: Any) -> bool:
    """Whether it is a view that negates: never."""
    return False


@public("torch Tensor")
def is_inference(input: Any) -> bool:
    """Whether it was made in inference mode: here such tensors are like others."""
    return False


@public("torch Tensor")
def resize_as_(input: Any, the_template: Any, memory_format: Any = None) -> Any:
    """`input`, with the shape of `the_template`: see `resize_`."""
    return resize_(input, *the_template.shape)


@public()
def typename(obj: Any) -> str:
    """The name of the type of a tensor, such as "torch.FloatTensor"; of others, of their class.

    >>> torch.typename(torch.ones(1))
    'torch.FloatTensor'
    """
    if isinstance(obj, Handle):
        return str(obj.type())  # type: ignore[attr-defined]
    cls = obj if isinstance(obj, type) else type(obj)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__name__}"


@public()
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers N - 1 to 0 of each element of a vector, in rows; 0 to N - 1 if `increasing`.

    >>> torch.vander(torch.tensor([2, 3]))
    tensor([[2, 1],
            [3, 1]])
    """
    if x.ndim != 1:
        raise ShapeError(explain("vander", "x must be a one-dimensional tensor", {"x": x}))
    rows = powers(x, N=x.shape[0] if N is None else N)
    return rows if increasing else rows.flip(1)


def of_each(op: Op) -> Callable[..., Any]:
    """The function of `op`, which also takes several tensors, and then gives a tuple."""
    one = function(op)

    def call(*tensors: Any) -> Any:
        if len(tensors) != 1:
            return tuple([one(t) for t in tensors])
        given = tensors[0]
        return tuple([one(t) for t in given]) if isinstance(given, list | tuple) else one(given)

    call.__name__ = call.__qualname__ = op.name
    call.__doc__ = op.__doc__
    return call


for op in (ops.atleast_1d, ops.atleast_2d, ops.atleast_3d):
    public()(of_each(op))


@public()
def chain_matmul(*matrices: Any, out: Any = None) -> Any:
    """The product of matrices, of any number; `torch.linalg.multi_dot` finds the best order."""
    if not matrices:
        raise ArgumentError(explain("chain_matmul", "expected one or more matrices"))
    found = functools.reduce(product, matrices)
    return found if out is None else written(out, found, "chain_matmul")


@public()
def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """The coordinates, in a tensor of the given shape, of places counted through all of it.

    >>> torch.unravel_index(torch.tensor([5]), (2, 3))
    (tensor([1]), tensor([2]))
    """
    size = (shape,) if isinstance(shape, int) else shape_of((tuple(shape),), "unravel_index")
    found = np.unravel_index(realise(indices), size)
    return tuple([wrap(np.asarray(k, np.int64)) for k in found])


@public()
def get_device(input: Any) -> int:
    """The number of the accelerator that a tensor is on: -1 for the CPU."""
    return -1


@public()
def is_signed(input: Any) -> bool:
    """Whether the dtype of a tensor has negative numbers."""
    return bool(input._value.dtype.is_signed)


@public("torch Tensor")
def is_distributed(input: Any) -> bool:
    """Whether a tensor is spread over machines: never."""
    return False


@public("Tensor")
def dim_order(self: Any) -> tuple[int, ...]:
    """The dimensions in their order in memory, from the one that varies slowest.

    >>> torch.ones(2, 3).t().dim_order()
    (1, 0)
    """
    strides = self._value.strides
    return tuple(sorted(range(len(strides)), key=lambda k: -strides[k]))


@public("Tensor")
def to_dense(self: Any, dtype: Any = None, *, masked_grad: bool | None = None) -> Any:
    """The tensor itself, or converted: all elements are in memory as it is."""
    return self if dtype is None else self.to(dtype)


@public("Tensor")
def polygamma(self: Any, n: int) -> Any:
    """The `n`-th derivative of the digamma function of each element.

    >>> torch.tensor([1.0]).polygamma(1)
    tensor([1.6449])
    """
    return derivative(n, self)


@public("Tensor")
def polygamma_(self: Any, n: int) -> Any:
    """Itself, after `polygamma`."""
    return self.copy_(derivative(n, self))


@public()
def get_float32_matmul_precision() -> str:
    """Always "highest": products of float32 are computed in float32."""
    return "highest"


@public()
def get_num_interop_threads() -> int:
    """1: operations follow one another."""
    return 1


@public()
def is_anomaly_enabled() -> bool:
    """Whether backward passes look for NaN on their way."""
    return anomaly.on


@public()
def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Have backward passes look for NaN on their way, or no more."""
    anomaly.on = bool(mode and check_nan)


@public()
def is_anomaly_check_nan_enabled() -> bool:
    """Whether backward passes look for NaN on their way."""
    return anomaly.on


@public()
def set_flush_denormal(mode: bool) -> bool:
    """False: numbers near zero are computed with as they are."""
    return False


@public()
def set_warn_always(b: bool) -> None:
    """Accepted: which warnings come again is Python's to say (`warnings.simplefilter`)."""


@public()
def is_warn_always_enabled() -> bool:
    """False."""
    return False
