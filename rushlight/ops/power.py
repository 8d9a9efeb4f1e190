"""Powers and roots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DtypeError, explain
from ..graph import Constant, Node, Spec
from .arithmetic import broadcast, conjugate, real_only, zeros_of
from .samples import at_kink, bools, complexes, doubles, floats, ints
from .table import TENSOR, Kind, Number, Tensor, arithmetic, common, derived, floating, primitive


@primitive(
    Kind.ELEMENTWISE,
    numpy=np.square,
    promote=arithmetic,
    on="torch Tensor Tensor_",
    grad_name="PowBackward0",
)
def square(input: Tensor) -> Spec:
    """`input` times itself.

    >>> torch.square(torch.tensor([-3.0]))
    tensor([9.])
    """
    return input.spec


@square.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * (2 * conjugate(input)),)


@square.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (bools(3),)
    yield (complexes(3),)


@primitive(Kind.ELEMENTWISE, numpy=np.sqrt, promote=floating, on="torch Tensor Tensor_")
def sqrt(input: Tensor) -> Spec:
    """Square root of each element; nan for negative ones.

    >>> torch.sqrt(torch.tensor([4.0, 2.0]))
    tensor([2.0000, 1.4142])
    """
    return input.spec


@sqrt.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g / (2 * conjugate(out)),)


@sqrt.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.2),)
    yield (ints(3, low=1),)
    yield (complexes(3),)
    yield at_kink(np.array([0.0, -1.0, np.inf]))


@primitive(Kind.ELEMENTWISE, numpy=np.sqrt)
def length_root(input: Tensor) -> Spec:
    """Square root whose gradient at 0 is taken to be 0: lengths and deviations have a corner there.

    It cannot be derived from sqrt without more steps in both directions.
    """
    return input.spec


@length_root.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (ops.masked_fill(g / (2 * out), ops.eq(out, 0), 0),)


@length_root.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.2),)


@derived(on="torch Tensor Tensor_")
def rsqrt(input: Tensor) -> Node:
    """One over the square root of each element.

    >>> torch.rsqrt(torch.tensor([4.0, 16.0]))
    tensor([0.5000, 0.2500])
    """
    return ops.true_quotient(1, sqrt(input))


@rsqrt.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.2),)
    yield (ints(3, low=1),)


@derived(on="torch Tensor Tensor_")
def reciprocal(input: Tensor) -> Node:
    """One over each element.

    >>> torch.reciprocal(torch.tensor([4.0, -0.5]))
    tensor([ 0.2500, -2.0000])
    """
    return ops.true_quotient(1, input)


@reciprocal.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.2),)
    yield (ints(3, low=1),)


@derived(grad_name="MulBackward0")
def rdiv(input: Tensor, other: Tensor | Number) -> Node:
    """`other / input`, rounded as PyTorch rounds it: one over `input`, times `other`."""
    return reciprocal(input) * other


rdiv.any_dtype = True  # rounded twice


@rdiv.samples
def _() -> Iterator[Any]:
    yield floats(3, 4, low=0.2), 2.0
    yield ints(3, low=1), 3


@primitive(Kind.ELEMENTWISE, numpy=np.hypot, promote=common, on="torch Tensor Tensor_")
def hypot(input: Tensor, other: Tensor) -> Spec:
    """Length of the hypotenuse, `sqrt(input**2 + other**2)` without overflow on the way.

    >>> torch.hypot(torch.tensor([3.0]), torch.tensor([4.0]))
    tensor([5.])
    """
    spec = real_only("hypot", input, other)
    if spec.dtype.category < dtypes.FLOAT:
        raise DtypeError(explain("hypot", "takes floating-point tensors", {"input": input.spec}))
    return spec


@hypot.vjp
def _(g: Node, out: Node, input: Node, other: Node) -> tuple[Node, Node]:
    return g * (input / out), g * (other / out)


@hypot.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), floats(4, seed=1)
    yield floats(3), doubles(3, seed=1)


# -- pow ---------------------------------------------------------------------------------------


def raised(x: Any, *, exponent: float) -> Any:
    """NumPy: `x` to a constant power; small whole ones by multiplication, which is much faster."""
    if exponent == 3:
        return x * x * x
    if exponent == 4:
        return np.square(np.square(x))
    return np.power(x, exponent)


@primitive(Kind.ELEMENTWISE, numpy=raised, grad_name="PowBackward0")
def raise_to(input: Tensor, *, exponent: float) -> Spec:
    """`input` to the power of a constant.

    Not derived from `power`: the derivative does not involve the logarithm.
    """
    return input.spec


@raise_to.vjp
def _(g: Node, out: Node, input: Node, *, exponent: float) -> tuple[Node]:
    if exponent == 0:
        return (zeros_of(input),)
    if exponent == 1:
        return (g,)
    return (g * conjugate(exponent * pow(input, exponent - 1)),)


@raise_to.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),), {"exponent": 5}
    yield (floats(3, 4, low=0.2),), {"exponent": -1.5}


def powers(x: Any, y: Any) -> Any:
    """NumPy: `x` to the power `y`; whole numbers to a negative one become 0, or stay 1 or -1."""
    if np.result_type(x, y).kind == "f" or np.result_type(x, y).kind == "c":
        return np.power(x, y)
    x, y = np.asarray(x), np.asarray(y)
    whole = np.power(x, np.maximum(y, 0))
    inverse = np.where(np.abs(x) == 1, np.where(y % 2 == 0, 1, x), 0)
    return np.where(y < 0, inverse, whole).astype(whole.dtype)


@primitive(Kind.ELEMENTWISE, numpy=powers, promote=arithmetic, grad_name="PowBackward1")
def power(input: Tensor | Number, exponent: Tensor | Number) -> Spec:
    """`input` to the power `exponent`, element by element."""
    return broadcast("pow", input, exponent)


@power.vjp
def _(g: Node, out: Node, input: Node, exponent: Node) -> tuple[Node | None, Node | None]:
    to_base = to_exponent = None
    if not input.number:
        slope = exponent * power(input, exponent - 1)
        to_base = ops.where(ops.eq(exponent, 0), 0, g * conjugate(slope))
    if not exponent.number:
        base = ops.cast(input, dtype=out.dtype) if input.number else input
        flat = ops.eq(base, 0)
        if not exponent.dtype.is_complex:
            flat = ops.logical_and(flat, ops.ge(exponent, 0))
        to_exponent = ops.where(flat, 0, g * conjugate(out * ops.log(base)))
    return to_base, to_exponent


@power.samples
def _() -> Iterator[Any]:
    yield floats(3, 4, low=0.2), floats(4, seed=1)
    yield 2.5, floats(4, seed=1)
    yield ints(8), ints(8, seed=1)


def pow_name(out: Node, form: Any) -> str:
    """By what is a tensor: the base, both, or the exponent."""
    if form[0] is not TENSOR:
        return "PowBackward2"
    return "PowBackward1" if form[1] is TENSOR else "PowBackward0"


@derived(on="torch Tensor Tensor_", grad_name=pow_name)
def pow(input: Tensor | Number, exponent: Tensor | float) -> Node:
    """`input` to the power `exponent`.

    >>> torch.tensor([1.0, 2.0, 3.0]) ** 2
    tensor([1., 4., 9.])
    >>> torch.pow(2, torch.tensor([3, 4]))
    tensor([ 8, 16])
    """
    if isinstance(exponent, Node):
        return power(input, exponent)
    dtype = arithmetic([input, Constant(exponent)])
    if dtype.category == dtypes.INT and exponent < 0:
        problem = "integers to negative integer powers are not allowed"
        raise DtypeError(explain("pow", problem, hint="convert the tensor to float first"))
    if input.dtype is not dtype:
        input = ops.cast(input, dtype=dtype)
    if dtype.narrow:
        exponent = dtype.nearest(exponent)
        if exponent == 3 or exponent == -2:  # rounded twice
            return square(input) * input if exponent == 3 else reciprocal(square(input))
    if exponent == 2:
        return square(input)
    if exponent == 0.5:
        return sqrt(input)
    if exponent == -0.5:
        return rsqrt(input)
    if exponent == -1:
        return reciprocal(input)
    return raise_to(input, exponent=exponent)


pow.any_dtype = True


@pow.samples
def _() -> Iterator[Any]:
    for exponent in (0, 1, 2, 3, 4, -1, -2, 2.0):
        yield floats(3, low=0.2), exponent
    for exponent in (0.5, -0.5, 1.7, -3):
        yield floats(3, low=0.2), exponent
    for number in (0, 1, 2, 3, 0.5, 2.0):
        yield ints(3, low=1), number
    yield bools(3), 2
    yield complexes(3), 3
    yield complexes(3), complexes(3, seed=1)
    yield np.array([2, 1, -1, 0]), np.array([-1, -2, -3, 0])
    yield np.array([2, 3]).astype(np.int32), np.array([2, 3])
    yield 2, floats(4)
    yield 2.5, doubles(4)
    yield 2, ints(4, low=0)
    yield floats(3, 4, low=0.2), floats(4)
    yield at_kink(np.array([0.0, 0.0, 0.0, -2.0]), np.array([0.0, 2.0, -1.0, 2.0]))
    yield at_kink(np.array([0.0, np.nan, np.inf]), 0)
    yield at_kink(np.array([0.0, -2.0]), 1.0)
    yield at_kink(np.array([0.0, -2.0]), 3.5)


@derived(on="torch Tensor Tensor_", grad_name="PowBackward0")
def float_power(input: Tensor | Number, exponent: Tensor | float) -> Node:
    """`input` to the power `exponent`, in double precision.

    >>> torch.float_power(torch.tensor([2]), -2)
    tensor([0.2500], dtype=torch.float64)
    """
    return pow(widest(input), widest(exponent) if isinstance(exponent, Node) else exponent)


def widest(x: Node) -> Node:
    """`x` in float64, or complex128."""
    return ops.cast(x, dtype=dtypes.complex128 if x.dtype.is_complex else dtypes.float64)


@float_power.samples
def _() -> Iterator[Any]:
    yield ints(4, low=1), -2
    yield floats(4, low=0.2), floats(4)
    yield 2.5, floats(3)


@derived(on="torch Tensor Tensor_")
def ldexp(input: Tensor, other: Tensor) -> Node:
    """`input` times two to the power `other`.

    >>> torch.ldexp(torch.tensor([1.0, 3.0]), torch.tensor([2, -1]))
    tensor([4.0000, 1.5000])
    """
    dtype = floating([input, other])
    input, other = [x if x.dtype is dtype else ops.cast(x, dtype=dtype) for x in (input, other)]
    return ops.mul(input, power(2.0, other))


@ldexp.samples
def _() -> Iterator[Any]:
    yield floats(3, 4), ints(4, low=0)
    yield ints(3), floats(3)
