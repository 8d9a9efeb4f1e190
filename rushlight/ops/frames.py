"""Signals in frames and their Fourier transforms; images sampled at the places of a grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..errors import ChoiceError, ShapeError, explain
from ..graph import Node
from .samples import at_kink, complexes, floats
from .slicing import part
from .table import Tensor, derived


def window_of(window: Node | None, length: int, n: int, like: Node, op: str) -> Node:
    """The window, in the middle of `n` elements."""
    real = like.dtype.to_real()
    if window is None:
        one = ops.constant(1, real)
        window = ops.expand_view(one, shape=(length,))
    elif window.shape != (length,):
        problem = f"expected a 1D window tensor of size equal to win_length={length}"
        raise ShapeError(explain(op, problem, {"window": window.spec}))
    left = (n - length) // 2
    return ops.pad(window, (left, n - length - left)) if n > length else window


@derived(on="torch Tensor", grad_name="TransposeBackward0")
def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Node:
    """The Fourier transforms of frames of a signal, (.., frequencies, frames).

    >>> torch.stft(torch.ones(8), 4, window=torch.ones(4), return_complex=True).shape
    torch.Size([3, 9])
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    if return_complex is False or (return_complex is None and not input.dtype.is_complex):
        problem = "stft requires the return_complex parameter be given for real inputs"
        if return_complex is None and (window is None or not window.dtype.is_complex):
            raise ShapeError(explain("stft", problem, hint="return_complex=True"))
    x = ops.unsqueeze(input, 0) if input.ndim == 1 else input
    if center:
        x = ops.squeeze(ops.pad(ops.unsqueeze(x, 1), (n_fft // 2, n_fft // 2), pad_mode), 1)
    if not 0 < n_fft <= x.shape[-1] or hop <= 0 or not 0 < length <= n_fft:
        problem = f"expected 0 < win_length <= n_fft <= {x.shape[-1]}, and hop_length > 0"
        raise ShapeError(explain("stft", problem, {"input": input.spec}))
    frames = ops.unfold(x, -1, n_fft, hop)  # (batch, frames, n_fft)
    frames = frames * window_of(window, length, n_fft, x, "stft")
    norm = "ortho" if normalized else None
    half = not frames.dtype.is_complex if onesided is None else onesided
    out = ops.rfft(frames, norm=norm) if half else ops.fft(frames, norm=norm)
    out = ops.transpose(out, 1, 2)
    out = ops.squeeze(out, 0) if input.ndim == 1 else out
    return ops.view_as_real(out) if return_complex is False else out


@derived(on="torch Tensor", grad_name="DivBackward0")
def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Node:
    """The signal whose `stft` this is, or is nearest to."""
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if not input.dtype.is_complex:
        problem = "istft requires a complex-valued input tensor matching the output from stft"
        raise ShapeError(explain("istft", problem, {"input": input.spec}))
    x = ops.unsqueeze(input, 0) if input.ndim == 2 else input
    w = window_of(window, width, n_fft, x, "istft")
    norm = "ortho" if normalized else None
    half = x.shape[1] != n_fft if onesided is None else onesided
    frames = ops.transpose(x, 1, 2)
    if return_complex:
        frames = ops.ifft(frames, norm=norm)
    elif half:
        frames = ops.irfft(frames, n_fft, norm=norm)
    else:
        frames = ops.real(ops.ifft(frames, norm=norm))
    count = frames.shape[1]
    total = n_fft + hop * (count - 1)
    signal = overlapped(frames * w, hop, total)
    weight = overlapped(ops.expand_view(w * w, shape=(1, count, n_fft)), hop, total)
    start = n_fft // 2 if center else 0
    end = total - n_fft // 2 if center else total
    stop = end if length is None else min(start + length, total)
    signal, weight = [part(s, 1, start, stop) for s in (signal, weight)]
    out = signal / ops.to_dtype(weight, signal.dtype)
    if length is not None and length > stop - start:
        out = ops.pad(out, (0, length - (stop - start)))
    return ops.squeeze(out, 0) if input.ndim == 2 else out


def overlapped(frames: Node, hop: int, total: int) -> Node:
    """Frames, (batch, frames, n), added up where they overlap."""
    batch, count, n = frames.shape
    places = np.arange(count)[:, None] * hop + np.arange(n)
    index = ops.listed(values=tuple(places.reshape(-1).tolist()))
    zero = ops.expand_view(ops.constant(0, frames.dtype), shape=(batch, total))
    return ops.index_add(zero, 1, index, ops.reshape(frames, (batch, count * n)))


@stft.samples
def _() -> Iterator[Any]:
    yield at_kink(floats(12), 4, window=floats(4, low=0.5), return_complex=True)
    yield at_kink(floats(2, 10), 4, 2, center=False, window=floats(4), return_complex=True)


@istft.samples
def _() -> Iterator[Any]:
    yield at_kink(complexes(3, 5), 4, window=floats(4, low=0.5))
    yield at_kink(complexes(2, 3, 5), 4, 2, window=floats(4, low=0.5), length=7)


# -- grids -------------------------------------------------------------------------------------


def pixel(x: Node, n: int, aligned: bool) -> Node:
    """Coordinates from -1 to 1 as places of pixels."""
    return (x + 1) * ((n - 1) / 2) if aligned else ((x + 1) * n - 1) / 2


def folded_back(x: Node, low: float, high: float) -> Node:
    """`x` reflected at both ends until it is between them."""
    if low == high:
        return x * 0
    span = high - low
    apart = ops.abs(x - low)
    turns = ops.floor(apart / span)
    rest = apart - turns * span
    even = ops.eq(ops.remainder(turns, 2), 0)
    return ops.where(even, rest + low, (span - rest) + low)


def placed_at(x: Node, n: int, mode: str, aligned: bool) -> Node:
    """Places of pixels, brought inside as `padding_mode` says."""
    x = pixel(x, n, aligned)
    if mode == "reflection":
        x = folded_back(x, 0, n - 1) if aligned else folded_back(x, -0.5, n - 0.5)
    return ops.clamp(x, min=0, max=n - 1) if mode in ("border", "reflection") else x


def looked_up(image: Node, places: list[Node]) -> Node:
    """The elements of `image`, (batch, channels, *size), at whole places; 0 outside."""
    batch, channels, *size = image.shape
    inside = None
    flat = None
    for x, n in zip(places, size, strict=True):
        ok = ops.logical_and(ops.ge(x, 0), ops.le(x, n - 1))
        inside = ok if inside is None else ops.logical_and(inside, ok)
        whole = ops.cast(ops.clamp(x, min=0, max=n - 1), dtype=dtypes.int64)
        flat = whole if flat is None else flat * n + whole
    assert flat is not None and inside is not None
    out = flat.shape[1:]
    index = ops.reshape(flat, (batch, 1, math.prod(out)))
    index = ops.expand_view(index, shape=(batch, channels, math.prod(out)))
    found = ops.gather(ops.reshape(image, (batch, channels, math.prod(size))), 2, index)
    found = ops.reshape(found, (batch, channels, *out))
    return ops.where(ops.unsqueeze(inside, 1), found, 0)


@derived(on="F", grad_name="GridSampler2DBackward0")
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Node:
    """Images, or volumes, sampled at the places of `grid`, (batch, *out, 2 or 3), from -1 to 1.

    >>> F.grid_sample(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 1, 2), align_corners=True)
    tensor([[[[1.]]]])
    """
    n = input.ndim - 2
    if n not in (2, 3) or grid.ndim != input.ndim or grid.shape[-1] != n:
        problem = f"expected a 4D or 5D input and a grid with {n} coordinates"
        got = {"input": input.spec, "grid": grid.spec}
        raise ShapeError(explain("grid_sample", problem, got))
    if mode not in ("bilinear", "nearest") or padding_mode not in ("zeros", "border", "reflection"):
        problem = f"mode {mode!r} with padding_mode {padding_mode!r} is not available"
        raise ChoiceError(explain("grid_sample", problem, hint="bilinear or nearest"))
    aligned = bool(align_corners)
    at = [
        placed_at(ops.select(grid, -1, n - 1 - k), size, padding_mode, aligned)
        for k, size in enumerate(input.shape[2:])
    ]
    if mode == "nearest":
        return looked_up(input, [ops.round(x) for x in at])
    low = [ops.floor(ops.detach(x)) for x in at]
    total: Node | None = None
    for corner in range(2**n):
        bits = [corner >> k & 1 for k in range(n)]
        places = [x + b for x, b in zip(low, bits, strict=True)]
        weight: Node | None = None
        for x, a, b in zip(at, low, bits, strict=True):
            share = x - a if b else (a + 1) - x
            weight = share if weight is None else weight * share
        assert weight is not None
        term = looked_up(input, places) * ops.unsqueeze(weight, 1)
        total = term if total is None else total + term
    assert total is not None
    return total


@grid_sample.samples
def _() -> Iterator[Any]:
    x, grid = floats(2, 2, 3, 4), floats(2, 2, 3, 2, low=-1.3, high=1.3, seed=1)
    yield (x, grid), {"align_corners": False}
    yield (x, grid), {"align_corners": True, "padding_mode": "border"}
    yield at_kink(x, grid, mode="nearest", padding_mode="reflection", align_corners=False)
    grid = floats(1, 2, 2, 1, 3, low=-1, high=1, seed=1)
    yield (floats(1, 2, 2, 3, 2), grid), {"align_corners": True}
