"""Grids of places for `grid_sample`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import ShapeError, explain
from ..patterns import linspace
from ..public import public
from ..runtime.record import realise, wrap


def affine_grid(theta: Any, size: Sequence[int], align_corners: bool | None = None) -> Any:
    """The places, from -1 to 1, at which images are sampled to transform them.

    theta: (batch, 2, 3) for images, (batch, 3, 4) for volumes: matrices that take a place of the
    output, and 1, to one of the input. size: that of the output, (batch, channels, *spatial).
    align_corners: whether -1 and 1 are the centres of the outermost elements, or their far edges.

    >>> F.affine_grid(torch.tensor([[[1.0, 0, 0], [0, 1, 0]]]), (1, 1, 1, 2), align_corners=False)
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    n = len(size) - 2
    if n not in (2, 3) or tuple(theta.shape) != (size[0], n, n + 1):
        problem = f"expected theta to be batches of {n} x {n + 1} matrices for a size of {n + 2}"
        got = {"theta": theta._value.spec, "size": tuple(size)}
        raise ShapeError(explain("affine_grid", problem, got))
    spatial = tuple([int(k) for k in size[2:]])
    places = wrap(homogeneous(spatial, bool(align_corners), theta.dtype))
    return (places @ theta.transpose(1, 2)).view(size[0], *spatial, n)


public(name="affine_grid_generator")(affine_grid)


@lru_cache(64)
def homogeneous(spatial: tuple[int, ...], aligned: bool, dtype: Any) -> Any:
    """All places in an image, and 1, in rows; the same array again for the same image."""
    lines = []
    for n in spatial:
        line = realise(linspace(-1, 1, n, dtype=dtype)) if n > 1 else np.zeros(n, dtype.numpy)
        lines.append(line if aligned else line * dtype.numpy.type(n - 1) / dtype.numpy.type(n))
    mesh = np.meshgrid(*lines, indexing="ij")
    rows = np.stack([*mesh[::-1], np.ones(spatial, dtype.numpy)], axis=-1)
    return rows.reshape(-1, len(spatial) + 1)
