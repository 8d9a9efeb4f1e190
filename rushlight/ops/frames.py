"""Signals in frames and their Fourier transforms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..errors import ShapeError, explain
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
