"""Curves of statistics: the normal distribution's and what goes with it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..graph import Node, Spec
from .samples import Array, floats
from .table import Kind, Number, Tensor, derived, floating, primitive


def scaled_erfc(x: Any) -> Array:
    """NumPy: exp(x**2) * erfc(x), in float64; by a continued fraction for large x."""
    wide = np.asarray(x, np.float64)
    near = np.minimum(wide, 5.0)
    with np.errstate(over="ignore"):
        inside = np.exp(near * near) * ops.erfc.numpy(near)
    far = np.maximum(wide, 5.0)
    fraction = np.zeros_like(far)
    for k in range(60, 0, -1):
        fraction = (k / 2) / (far + fraction)
    outside = 1 / (math.sqrt(math.pi) * (far + fraction))
    found: Array = np.where(wide < 5.0, inside, outside).astype(np.asarray(x).dtype)
    return found


@primitive(
    Kind.ELEMENTWISE,
    numpy=scaled_erfc,
    promote=floating,
    on="special",
    grad_name="SpecialErfcxBackward0",
)
def erfcx(input: Tensor) -> Spec:
    """`exp(input**2) * erfc(input)`, which does not vanish for large numbers.

    >>> torch.special.erfcx(torch.tensor([0.0]))
    tensor([1.])
    """
    return input.spec


@erfcx.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * (out * input * 2 - 2 / math.sqrt(math.pi)),)


@erfcx.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield (np.array([4.0, 6.0, 20.0, -2.0], np.float32),)


def as_fractions(input: Node) -> Node:
    """`input` in a floating-point dtype."""
    return input if input.dtype.category >= dtypes.FLOAT else ops.to_dtype(input, dtypes.default())


@derived(on="special", grad_name="MulBackward0")
def ndtr(input: Tensor) -> Node:
    """The share of a standard normal distribution below `input`.

    >>> torch.special.ndtr(torch.tensor([0.0]))
    tensor([0.5000])
    """
    return ops.erfc(as_fractions(input) * -math.sqrt(0.5)) * 0.5


@derived(on="special", grad_name="SpecialLogNdtrBackward0")
def log_ndtr(input: Tensor) -> Node:
    """The logarithm of `ndtr`, exact far below 0 too.

    >>> torch.special.log_ndtr(torch.tensor([0.0]))
    tensor([-0.6931])
    """
    x = as_fractions(input)
    t = x * math.sqrt(0.5)
    low = ops.lt(x, -1)
    below = ops.log(erfcx(ops.where(low, -t, 1)) / 2) - ops.where(low, t * t, 0)
    above = ops.log1p(ops.erfc(ops.where(low, 1, t)) / -2)
    return ops.where(low, below, above)


def quantile_of(p: Any) -> Array:
    """NumPy: where a standard normal distribution has the share p below, in float64."""
    wide = np.asarray(p, np.float64)
    inner = np.clip(wide, 1e-300, 1 - 1e-17)
    tail = np.minimum(inner, 1 - inner)
    t = np.sqrt(-2 * np.log(np.maximum(tail, 1e-300)))
    guess = t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (
        1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t**3
    )
    x = -guess  # of the tail
    for _ in range(4):  # Newton's method, with the curvature of the density
        share = ops.erfc.numpy(-x * math.sqrt(0.5)) / 2
        density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        step = (share - tail) / np.maximum(density, 1e-300)
        x = x - step / (1 + x * step / 2)
    found = np.where(inner < 0.5, x, -x) * (inner != 0.5)
    found = np.where(wide == 0, -np.inf, np.where(wide == 1, np.inf, found))
    found = np.where((wide < 0) | (wide > 1) | np.isnan(wide), np.nan, found)
    return np.asarray(found, np.asarray(p).dtype)


@primitive(
    Kind.ELEMENTWISE,
    numpy=quantile_of,
    promote=floating,
    on="special",
    grad_name="SpecialNdtriBackward0",
)
def ndtri(input: Tensor) -> Spec:
    """The inverse of `ndtr`: where a standard normal distribution has that share below.

    >>> torch.special.ndtri(torch.tensor([0.5]))
    tensor([0.])
    """
    return input.spec


@ndtri.vjp
def _(g: Node, out: Node, input: Node) -> tuple[Node]:
    return (g * ops.exp(out * out * 0.5) * math.sqrt(2 * math.pi),)


@ndtri.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.05, high=0.95),)


@derived(on="special", grad_name="SpecialEntrBackward0")
def entr(input: Tensor) -> Node:
    """`-input * log(input)`; 0 at 0, and minus infinity below.

    >>> torch.special.entr(torch.tensor([0.0, 0.5]))
    tensor([0.0000, 0.3466])
    """
    x = as_fractions(input)
    inside = ops.gt(x, 0)
    safe = ops.where(inside, x, 1)
    below = ops.constant(-math.inf, x.dtype)
    found = ops.where(inside, -safe * ops.log(safe), ops.where(ops.eq(x, 0), 0, below))
    return ops.where(ops.isnan(x), x, found)


@derived(on="special", grad_name="SpecialXlog1PyBackward0")
def xlog1py(input: Tensor | Number, other: Tensor | Number) -> Node:
    """`input * log(1 + other)`, but 0 where `input` is 0.

    >>> torch.special.xlog1py(torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 1.0]))
    tensor([0.0000, 1.3863])
    """
    nothing = ops.logical_and(ops.eq(input, 0), ops.logical_not(ops.isnan(other)))
    return ops.where(nothing, 0, input) * ops.log1p(ops.where(nothing, 0, other))


@ndtr.samples
@log_ndtr.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)


@entr.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4, low=0.1),)


@xlog1py.samples
def _() -> Iterator[Any]:
    yield floats(3, 4, low=0.2), floats(4, low=-0.8, seed=1)


@derived(on="torch Tensor Tensor_", grad_name="MvlgammaBackward0")
def mvlgamma(input: Tensor, p: int) -> Node:
    """The logarithm of the multivariate gamma function of dimension `p`.

    >>> torch.mvlgamma(torch.tensor([2.0]), 1)
    tensor([0.])
    """
    x = as_fractions(input)
    total = ops.constant(p * (p - 1) / 4 * math.log(math.pi), x.dtype)
    for k in range(p):
        total = total + ops.lgamma(x - k / 2)
    return total


@derived(on="special", grad_name="MvlgammaBackward0")
def multigammaln(input: Tensor, p: int) -> Node:
    """The logarithm of the multivariate gamma function: `torch.mvlgamma` by another name.

    >>> torch.special.multigammaln(torch.tensor([2.0]), 1)
    tensor([0.])
    """
    return mvlgamma(input, p)


@mvlgamma.samples
@multigammaln.samples
def _() -> Iterator[Any]:
    yield floats(3, low=2), 2
