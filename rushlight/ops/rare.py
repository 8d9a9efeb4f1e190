"""Functions by old or rare names, and reductions into chosen rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import bfloat, dtypes, ops
from ..errors import DtypeError, explain
from ..graph import Node, Shape, Spec
from .arithmetic import real_only
from .dims import axis
from .rearrange import spread_dims
from .returns import named
from .samples import at_kink, floats
from .table import Kind, Number, Tensor, common, derived, primitive
from .views import expand_view


@derived(on="torch", grad_name="ConstantPadNdBackward0")
def constant_pad_nd(input: Tensor, pad: Any, value: Number = 0) -> Node:
    """`input` with `value` put around it: `torch.nn.functional.pad`.

    >>> torch.constant_pad_nd(torch.tensor([1.0]), (1, 1))
    tensor([0., 1., 0.])
    """
    return ops.pad(input, tuple(pad), "constant", value)


@derived(on="torch Tensor", grad_name="UnsafeSplitBackward0")
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Node, ...]:
    """As `chunk`."""
    return tuple([ops.clone(x) for x in ops.chunk(input, chunks, dim)])


@derived(on="torch Tensor", grad_name="UnsafeSplitBackward0")
def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Node, ...]:
    """As `split`."""
    return tuple([ops.clone(x) for x in ops.split(input, split_size, dim)])


@derived(on="Tensor", grad_name="SumBackward1")
def sum_to_size(input: Tensor, *size: Any) -> Node:
    """`input` summed to a size that broadcasts to its own."""
    shape: Shape = tuple(spread_dims(size))
    extra = input.ndim - len(shape)
    over = [*range(extra), *[k + extra for k, n in enumerate(shape) if n == 1]]
    over = [k for k in over if k < extra or input.shape[k] != 1]
    found = ops.sum(input, tuple(over), True) if over else input
    return ops.reshape(found, shape) if found.shape != shape else found


@derived(on="torch Tensor Tensor_", grad_name="IndexReduceBackward0")
def index_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Node:
    """`input` with the prod, mean, amax or amin of what `source` holds for each row of it.

    >>> x, rows = torch.tensor([1.0, 2.0]), torch.tensor([0, 0])
    >>> torch.index_reduce(x, 0, rows, torch.tensor([3.0, 5.0]), "amax")
    tensor([5., 2.])
    """
    k = axis(dim, input.ndim, "index_reduce")
    shape = [1] * max(source.ndim, 1)
    shape[k] = index.size
    rows = expand_view(ops.reshape(index, tuple(shape)), shape=source.shape or (1,))
    given = source if source.ndim else ops.reshape(source, (1,))
    return ops.scatter_reduce(input, dim, rows, given, reduce, include_self=include_self)


# -- parts of numbers --------------------------------------------------------------------------

FrExp = named("frexp", "mantissa exponent")


@primitive(Kind.ELEMENTWISE, numpy=lambda x: np.frexp(x)[1])
def exponents_of(input: Tensor) -> Spec:
    """The powers of two that are as large as the elements, or twice as large at most."""
    return Spec(input.shape, dtypes.int32)


@primitive(Kind.ELEMENTWISE, numpy=lambda x: np.frexp(x)[0], grad_name="FrexpBackward0")
def mantissas_of(input: Tensor) -> Spec:
    """The elements over those powers: from 1/2 up to 1."""
    return input.spec


@mantissas_of.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * ops.exp2(ops.cast(-exponents_of(input), dtype=g.dtype)),)


@derived(on="torch Tensor", grad_name="FrexpBackward0")
def frexp(input: Tensor) -> Any:
    """Mantissas from 1/2 up to 1, and exponents: `input = mantissa * 2**exponent`.

    >>> torch.frexp(torch.tensor([3.0, 0.5]))
    torch.return_types.frexp(
    mantissa=tensor([0.7500, 0.5000]),
    exponent=tensor([2, 0], dtype=torch.int32))
    """
    if not input.dtype.is_floating_point:
        problem = "torch.frexp() only supports floating-point dtypes"
        raise DtypeError(explain("frexp", problem, {"input": input.spec}, "convert with .float()"))
    return FrExp(mantissas_of(input), exponents_of(input))


def next_after(x: Any, y: Any) -> Any:
    """NumPy's, and the same for bfloat16."""
    return bfloat.next_after(x, y) if x.dtype == bfloat.BITS else np.nextafter(x, y)


@primitive(Kind.ELEMENTWISE, numpy=next_after, promote=common, on="torch Tensor Tensor_")
def nextafter(input: Tensor, other: Tensor) -> Spec:
    """For each element the next number that can be represented, on the way to `other`.

    >>> torch.nextafter(torch.tensor([1.0]), torch.tensor([2.0])) - 1
    tensor([1.1921e-07])
    """
    spec = real_only("nextafter", input, other)
    if spec.dtype.category < dtypes.FLOAT:
        problem = "takes floating-point tensors"
        raise DtypeError(explain("nextafter", problem, {"input": input.spec}))
    return spec


nextafter.any_dtype = True


@nextafter.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return ops.where(ops.eq(input, other), 0, g), g * 0


@frexp.samples
@mantissas_of.samples
@exponents_of.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=-9, high=9),)


@nextafter.samples
def _() -> Iterator[Any]:
    yield at_kink(floats(3, 1), floats(4, seed=1))


@constant_pad_nd.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), (1, 2)


@unsafe_chunk.samples
@unsafe_split.samples
def _() -> Iterator[Any]:
    yield floats(4, 3), 2


@sum_to_size.samples
def _() -> Iterator[Any]:
    yield floats(2, 3), 1, 3
    yield floats(2, 3, 2), 3, 1


@index_reduce.samples
def _() -> Iterator[Any]:
    rows = np.array([0, 2, 0])
    for how in ("prod", "mean", "amax", "amin"):
        yield floats(3, 2), 0, rows, floats(3, 2, seed=1), how
    yield (floats(3, 2), 0, rows, floats(3, 2, seed=1), "amax"), {"include_self": False}
