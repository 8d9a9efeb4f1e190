"""Fourier transforms: one complex transform, and what is made of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import DtypeError, ShapeError, explain
from ..graph import Node, Shape, Spec
from .dims import axis
from .samples import Array, complexes, floats
from .slicing import part
from .table import Kind, Tensor, derived, primitive
from .views import expand_view


def transformed(x: Any, *, axes: Shape, inverse: bool) -> Array:
    """NumPy: the unscaled transform over `axes`."""
    run = np.fft.ifftn if inverse else np.fft.fftn
    found = run(x, axes=axes, norm="forward") if inverse else run(x, axes=axes)
    return np.asarray(found, x.dtype)


@primitive(Kind.LINALG, numpy=transformed, grad_name="FftC2CBackward0")
def fourier(input: Tensor, *, axes: Shape, inverse: bool) -> Spec:
    """The Fourier transform of complex numbers over `axes`, or its inverse, without scaling."""
    return input.spec


@fourier.vjp
def _(g: Node, out: Node, input: Node, *, axes: Shape, inverse: bool) -> tuple[Node]:
    return (fourier(g, axes=axes, inverse=not inverse),)


@fourier.samples
def _() -> Iterator[Any]:
    yield (complexes(3, 4),), {"axes": (1,), "inverse": False}
    yield (complexes(3, 4),), {"axes": (0, 1), "inverse": True}


# -- sizes and scales --------------------------------------------------------------------------


def scaled_by(norm: str | None, sizes: Sequence[int], inverse: bool, op: str) -> float:
    """By what a transform over dimensions of these sizes is multiplied."""
    n = math.prod(sizes)
    if norm not in (None, "backward", "ortho", "forward"):
        raise ShapeError(explain(op, f"Invalid normalization mode: {norm!r}"))
    if norm == "ortho":
        return 1 / math.sqrt(n) if n else 1.0
    return 1 / n if (norm == "forward") is not inverse else 1.0


def fitted(input: Node, sizes: Sequence[int | None], axes: Sequence[int], op: str) -> Node:
    """`input` cut, or lengthened with zeros, to these sizes."""
    for n, k in zip(sizes, axes, strict=True):
        have = input.shape[k]
        if n is None or n == have or n == -1:
            continue
        if n < 1:
            problem = f"Invalid number of data points ({n}) specified"
            raise ShapeError(explain(op, problem))
        if n < have:
            input = part(input, k, 0, n)
        else:
            zero = ops.constant(0, input.dtype)
            shape = (*input.shape[:k], n - have, *input.shape[k + 1 :])
            input = ops.join(input, expand_view(zero, shape=shape), axis=k)
    return input


def extents(input: Node, s: Any, dim: Any, op: str) -> tuple[list[int | None], list[int]]:
    """The sizes and the axes of a transform over several dimensions."""
    if isinstance(s, int):
        s = (s,)
    if isinstance(dim, int):
        dim = (dim,)
    if dim is None:
        count = input.ndim if s is None else len(s)
        dim = tuple(range(input.ndim - count, input.ndim))
    axes = [axis(d, input.ndim, op) for d in dim]
    if len(set(axes)) < len(axes):
        raise ShapeError(explain(op, "FFT dims must be unique"))
    sizes = [None] * len(axes) if s is None else list(s)
    if len(sizes) != len(axes):
        problem = "When given, dim and shape arguments must have the same length"
        raise ShapeError(explain(op, problem))
    return sizes, axes


def to_complex(input: Node, op: str) -> Node:
    """`input` as complex numbers."""
    if input.dtype.is_complex:
        return input
    real = input.dtype if input.dtype.category >= dtypes.FLOAT else dtypes.default()
    return ops.cast(input, dtype=dtypes.complex128 if real is dtypes.float64 else dtypes.complex64)


def complex_transform(
    op: str, input: Node, s: Any, dim: Any, norm: str | None, inverse: bool
) -> Node:
    """A complex transform over several dimensions."""
    sizes, axes = extents(input, s, dim, op)
    x = fitted(to_complex(input, op), sizes, axes, op)
    check_some(op, x, axes)
    if not axes:
        return x
    scale = scaled_by(norm, [x.shape[k] for k in axes], inverse, op)
    out = fourier(x, axes=tuple(axes), inverse=inverse)
    return out if scale == 1 else out * scale


def check_some(op: str, x: Node, axes: Sequence[int]) -> None:
    """Raise unless there is something to transform."""
    if any([x.shape[k] < 1 for k in axes]):
        raise ShapeError(explain(op, "Invalid number of data points (0) specified"))


def half_of(op: str, input: Node, s: Any, dim: Any, norm: str | None, inverse: bool) -> Node:
    """A transform of real numbers, of whose last dimension half tells all."""
    if input.dtype.is_complex:
        problem = f"expects a real input tensor, but got {input.dtype.name}"
        raise DtypeError(explain(op, problem))
    sizes, axes = extents(input, s, dim, op)
    out = complex_transform(op, input, sizes, axes, norm, inverse)
    k = axes[-1]
    return ops.make_contiguous(part(out, k, 0, out.shape[k] // 2 + 1))


def from_half(op: str, input: Node, s: Any, dim: Any, norm: str | None, inverse: bool) -> Node:
    """The real numbers of which `input` is half of the transform."""
    sizes, axes = extents(input, s, dim, op)
    k = axes[-1]
    n = sizes[-1]
    n = 2 * (input.shape[k] - 1) if n is None or n == -1 else n
    if n < 1:
        raise ShapeError(explain(op, f"Invalid number of data points ({n}) specified"))
    sizes[-1] = n // 2 + 1
    x = fitted(to_complex(input, op), sizes, axes, op)
    if len(axes) > 1:
        rest = [x.shape[j] for j in axes[:-1]]
        x = fourier(x, axes=tuple(axes[:-1]), inverse=inverse) * scaled_by(norm, rest, inverse, op)
    mirrored = part(x, k, 1, (n + 1) // 2)  # the other half: these, conjugated, backwards
    if mirrored.shape[k]:
        x = ops.join(x, ops.conj(ops.flip(mirrored, k)), axis=k)
    out = fourier(x, axes=(k,), inverse=inverse)
    return ops.real(out) * scaled_by(norm, [n], inverse, op)


# -- the functions -----------------------------------------------------------------------------


@derived(on="fft", grad_name="FftC2CBackward0")
def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Node:
    """The discrete Fourier transform along one dimension.

    >>> torch.fft.fft(torch.tensor([1.0, 0.0]))
    tensor([1.+0.j, 1.+0.j])
    """
    return complex_transform("fft", input, (n,), (dim,), norm, False)


@derived(on="fft", grad_name="FftC2CBackward0")
def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Node:
    """The inverse of `fft`."""
    return complex_transform("ifft", input, (n,), (dim,), norm, True)


@derived(on="fft", grad_name="FftR2CBackward0")
def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Node:
    """The half of `fft` that tells all about real numbers.

    >>> torch.fft.rfft(torch.ones(4))
    tensor([4.+0.j, 0.+0.j, 0.+0.j])
    """
    return half_of("rfft", input, (n,), (dim,), norm, False)


@derived(on="fft", grad_name="FftC2RBackward0")
def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Node:
    """The inverse of `rfft`: `n` real numbers."""
    return from_half("irfft", input, (n,), (dim,), norm, True)


@derived(on="fft", grad_name="FftC2RBackward0")
def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Node:
    """The transform, real, of a signal of which `input` is the first half."""
    return from_half("hfft", input, (n,), (dim,), norm, False)


@derived(on="fft", grad_name="ConjBackward0")
def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Node:
    """The inverse of `hfft`."""
    return half_of("ihfft", input, (n,), (dim,), norm, True)


@derived(on="fft", grad_name="FftC2CBackward0")
def fftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Node:
    """The discrete Fourier transform over several dimensions."""
    return complex_transform("fftn", input, s, dim, norm, False)


@derived(on="fft", grad_name="FftC2CBackward0")
def ifftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Node:
    """The inverse of `fftn`."""
    return complex_transform("ifftn", input, s, dim, norm, True)


@derived(on="fft", grad_name="FftR2CBackward0")
def rfftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Node:
    """The half of `fftn` that tells all about real numbers."""
    return half_of("rfftn", input, s, dim, norm, False)


@derived(on="fft", grad_name="FftC2RBackward0")
def irfftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Node:
    """The inverse of `rfftn`."""
    return from_half("irfftn", input, s, dim, norm, True)


@derived(on="fft", grad_name="FftC2RBackward0")
def hfftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Node:
    """As `hfft`, over several dimensions."""
    return from_half("hfftn", input, s, dim, norm, False)


@derived(on="fft", grad_name="FftC2CBackward0")
def ihfftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Node:
    """The inverse of `hfftn`."""
    return half_of("ihfftn", input, s, dim, norm, True)


@derived(on="fft", grad_name="FftC2CBackward0")
def fft2(input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Node:
    """The discrete Fourier transform over two dimensions."""
    return complex_transform("fft2", input, s, dim, norm, False)


@derived(on="fft", grad_name="FftC2CBackward0")
def ifft2(input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Node:
    """The inverse of `fft2`."""
    return complex_transform("ifft2", input, s, dim, norm, True)


@derived(on="fft", grad_name="FftR2CBackward0")
def rfft2(input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Node:
    """The half of `fft2` that tells all about real numbers."""
    return half_of("rfft2", input, s, dim, norm, False)


@derived(on="fft", grad_name="FftC2RBackward0")
def irfft2(input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Node:
    """The inverse of `rfft2`."""
    return from_half("irfft2", input, s, dim, norm, True)


@derived(on="fft", grad_name="FftC2RBackward0")
def hfft2(input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Node:
    """As `hfft`, over two dimensions."""
    return from_half("hfft2", input, s, dim, norm, False)


@derived(on="fft", grad_name="FftC2CBackward0")
def ihfft2(input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Node:
    """The inverse of `hfft2`."""
    return half_of("ihfft2", input, s, dim, norm, True)


@derived(on="fft", grad_name="RollBackward0")
def fftshift(input: Tensor, dim: Any = None) -> Node:
    """The transform with frequency 0 moved to the middle.

    >>> torch.fft.fftshift(torch.tensor([0, 1, -1]))
    tensor([-1,  0,  1])
    """
    dims = all_of(dim, input)
    return ops.roll(input, tuple([input.shape[d] // 2 for d in dims]), dims)


@derived(on="fft", grad_name="RollBackward0")
def ifftshift(input: Tensor, dim: Any = None) -> Node:
    """The inverse of `fftshift`."""
    dims = all_of(dim, input)
    return ops.roll(input, tuple([(input.shape[d] + 1) // 2 for d in dims]), dims)


def all_of(dim: Any, input: Node) -> tuple[int, ...]:
    """The dimensions named, or all."""
    if dim is None:
        return tuple(range(input.ndim))
    return (dim,) if isinstance(dim, int) else tuple(dim)


@fft.samples
@ifft.samples
def _() -> Iterator[Any]:
    yield (complexes(2, 5),)
    yield (floats(2, 4),), {"n": 3, "norm": "ortho"}
    yield (complexes(2, 3),), {"n": 5, "dim": 0, "norm": "forward"}


@rfft.samples
@ihfft.samples
def _() -> Iterator[Any]:
    yield (floats(2, 5),)
    yield (floats(2, 4),), {"n": 6, "norm": "ortho"}


@irfft.samples
@hfft.samples
def _() -> Iterator[Any]:
    yield (complexes(2, 4),)
    yield (complexes(2, 4),), {"n": 5, "norm": "forward"}
    yield (floats(2, 3),)


@fftn.samples
@ifftn.samples
@fft2.samples
@ifft2.samples
def _() -> Iterator[Any]:
    yield (complexes(2, 3, 4),)
    yield (floats(2, 3, 4),), {"s": (2, 5), "dim": (0, 1)}


@rfftn.samples
@rfft2.samples
@ihfft2.samples
@ihfftn.samples
def _() -> Iterator[Any]:
    yield (floats(2, 3, 4),)
    yield (floats(2, 3, 4),), {"s": (2, 5), "dim": (0, 1), "norm": "ortho"}


@irfftn.samples
@irfft2.samples
@hfft2.samples
@hfftn.samples
def _() -> Iterator[Any]:
    yield (complexes(2, 3, 4),)
    yield (complexes(2, 3, 4),), {"s": (2, 5), "dim": (0, 1)}


@fftshift.samples
@ifftshift.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4),)
    yield floats(3, 5), 1
