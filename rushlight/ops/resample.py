"""Images made larger or smaller by interpolation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..dtypes import DType
from ..errors import ChoiceError, MissingError, ShapeError, explain
from ..graph import Node, Shape, Spec
from .adaptive import adaptive_mean
from .grids import listed
from .samples import Array, floats
from .table import Kind, Tensor, derived, primitive

SMOOTH_RANKS = {"linear": 3, "bilinear": 4, "trilinear": 5, "bicubic": 4}
"""How many dimensions the input of each smooth mode has."""

PLAIN = ("nearest", "nearest-exact", "area")


# -- weights -----------------------------------------------------------------------------------


def sources(n: int, m: int, ratio: float, corners: bool) -> Array:
    """Where, among `n` elements, each of `m` new ones lies; `ratio` is the distance of two."""
    places = np.arange(m)
    if corners:
        return places * ((n - 1) / (m - 1) if m > 1 else 0.0)
    return (places + 0.5) * ratio - 0.5


def linear_taps(t: Array) -> list[tuple[int, Array]]:
    """The weights of the elements around a point, `t` after one of them, by straight lines."""
    return [(0, 1 - t), (1, t)]


def cubic_taps(t: Any) -> list[tuple[int, Any]]:
    """The same, of arrays or nodes, by Keys' cubic curves (1981), with his parameter -0.75."""
    a = -0.75

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [(-1, far(t + 1)), (0, near(t)), (1, near(1 - t)), (2, far(2 - t))]


@lru_cache(64)
def weights_of(n: int, m: int, ratio: float, corners: bool, cubic: bool, dtype: DType) -> Array:
    """The matrix that makes `m` elements of `n`."""
    where = sources(n, m, ratio, corners)
    if not cubic:
        where = np.maximum(where, 0)
    begin = np.floor(where)
    if not cubic:
        begin = np.minimum(begin, n - 1)
    found = np.zeros((m, n))
    for step, weight in (cubic_taps if cubic else linear_taps)(where - begin):
        columns = np.clip(begin + step, 0, n - 1).astype(np.int64)
        np.add.at(found, (np.arange(m), columns), weight)
    found = found.astype(dtype.numpy)
    found.flags.writeable = False  # it is handed out again and again
    return found


@primitive(
    Kind.CREATE,
    numpy=lambda *, n, m, ratio, corners, cubic, dtype: weights_of(
        n, m, ratio, corners, cubic, dtype
    ),
)
def resampling(*, n: int, m: int, ratio: float, corners: bool, cubic: bool, dtype: DType) -> Spec:
    """The matrix that makes `m` elements of `n` by interpolation."""
    return Spec((m, n), dtype)


@resampling.samples
def _() -> Iterator[Any]:
    attrs: Any = {"ratio": 0.6, "corners": False, "dtype": dtypes.float32}
    yield (), {"n": 3, "m": 5, "cubic": False, **attrs}
    yield (), {"n": 3, "m": 5, "cubic": True, **attrs}


# -- one dimension after the other -------------------------------------------------------------


def along_axis(x: Node, k: int, matrix: Node) -> Node:
    """`x` with the elements along axis `k` replaced by what `matrix` makes of them."""
    last = x.ndim - 1
    if k == last:
        return ops.matmul(x, ops.t(matrix))
    *before, n = x.shape[: k + 1]
    rest = x.shape[k + 1 :]
    flat = ops.reshape(x, (*before, n, math.prod(rest)))
    return ops.reshape(ops.matmul(matrix, flat), (*before, matrix.shape[0], *rest))


def nearest_places(n: int, m: int, ratio: float, exact: bool) -> Shape:
    """The nearest of `n` elements for each of `m`, in the single precision PyTorch uses."""
    places = np.arange(m, dtype=np.float32) + np.float32(0.5 if exact else 0)
    found = np.floor(places * np.float32(ratio)).astype(np.int64)
    return tuple(np.minimum(found, n - 1).tolist())


def resized(
    op: str,
    input: Node,
    size: Shape,
    ratios: tuple[float, ...],
    mode: str,
    corners: bool,
) -> Node:
    """`input` interpolated to `size`; `ratios` say how far apart new elements are in old ones."""
    out = input
    for k, (m, ratio) in enumerate(zip(size, ratios, strict=True), 2):
        n = out.shape[k]
        if mode in ("nearest", "nearest-exact"):
            places = nearest_places(n, m, ratio, mode == "nearest-exact")
            out = ops.index_select(out, k, listed(values=places))
            continue
        if n == m and (corners or ratio == 1):
            continue
        matrix = resampling(
            n=n, m=m, ratio=ratio, corners=corners, cubic=mode == "bicubic", dtype=input.dtype
        )
        out = along_axis(out, k, matrix)
    return ops.clone(out) if out is input else out


# -- what PyTorch calls it ---------------------------------------------------------------------


def check_mode(input: Node, mode: str, align_corners: bool | None) -> None:
    """Raise unless `mode` is one that suits `input`."""
    if mode not in SMOOTH_RANKS and mode not in PLAIN:
        problem = (
            "Input Error: Only 3D, 4D and 5D input Tensors supported "
            f"(got {input.ndim}D) for the modes: nearest | linear | bilinear | bicubic | "
            f"trilinear | area | nearest-exact (got {mode})"
        )
        raise MissingError(explain("interpolate", problem))
    if mode in PLAIN and align_corners is not None:
        problem = (
            "align_corners option can only be set with the interpolating modes: linear | bilinear "
            "| bicubic | trilinear"
        )
        raise ChoiceError(explain("interpolate", problem))
    needed = SMOOTH_RANKS.get(mode, input.ndim)
    if input.ndim != needed or not 3 <= input.ndim <= 5:
        problem = f"Got {input.ndim}D input, but {mode} mode needs {needed}D input"
        raise MissingError(explain("interpolate", problem, {"input": input.spec}))


def target_size(input: Node, size: Any, scale_factor: Any) -> tuple[Shape, tuple[float, ...]]:
    """The size to interpolate to, and the scale factors (empty if the size was given)."""
    if size is not None and scale_factor is not None:
        problem = "only one of size or scale_factor should be defined"
        raise ChoiceError(explain("interpolate", problem))
    dims = input.ndim - 2
    given = scale_factor if size is None else size
    if given is None:
        problem = "either size or scale_factor should be defined"
        raise ChoiceError(explain("interpolate", problem))
    values = tuple(given) if isinstance(given, tuple | list) else (given,) * dims
    if len(values) != dims:
        problem = (
            f"Input and {'size' if scale_factor is None else 'scale_factor'} must have the same "
            f"number of spatial dimensions, but got input with spatial dimensions of "
            f"{list(input.shape[2:])} and {list(values)}"
        )
        raise ChoiceError(explain("interpolate", problem))
    if size is not None:
        return tuple([int(v) for v in values]), ()
    factors = tuple([float(v) for v in values])
    wanted = tuple([math.floor(n * f) for n, f in zip(input.shape[2:], factors, strict=True)])
    return wanted, factors


def upsample_name(out: Node, form: Any) -> str:
    """By the way it is done, and the dimensions."""
    mode, n = form[3], out.ndim - 2
    if mode == "area":
        return f"AdaptiveAvgPool{n}DBackward0"
    kind = "NearestExact" if mode == "nearest-exact" else mode.capitalize()
    return f"Upsample{kind}{n}DBackward0"


@derived(on="F", grad_name=upsample_name)
def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Node:
    """Images brought to `size`, or scaled by `scale_factor`, by interpolation.

    `mode` is nearest, nearest-exact, linear, bilinear, trilinear, bicubic or area, which averages.

    >>> F.interpolate(torch.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    >>> F.interpolate(torch.tensor([[[1.0, 2.0]]]), size=3, mode="linear", align_corners=True)
    tensor([[[1.0000, 1.5000, 2.0000]]])
    """
    check_mode(input, mode, align_corners)
    if antialias:
        raise ChoiceError(explain("interpolate", "antialias=True is not available"))
    wanted, factors = target_size(input, size, scale_factor)
    if min(wanted) <= 0:
        problem = (
            "Input and output sizes should be greater than 0, but got input "
            f"{list(input.shape[2:])} output {list(wanted)}"
        )
        raise ShapeError(explain("interpolate", problem))
    if mode == "area":
        name = f"adaptive_avg_pool{input.ndim - 2}d"
        return adaptive_mean(name, input.ndim - 2, input, wanted)
    if recompute_scale_factor:
        factors = ()
    ratios = tuple([n / m for n, m in zip(input.shape[2:], wanted, strict=True)])
    if factors:
        ratios = tuple([1 / f for f in factors])
    return resized("interpolate", input, wanted, ratios, mode, bool(align_corners))


@interpolate.samples
def _() -> Iterator[Any]:
    yield (floats(1, 2, 3),), {"scale_factor": 2}
    yield (floats(1, 1, 3, 4),), {"size": (5, 3)}
    yield (floats(1, 1, 3, 4),), {"size": (5, 3), "mode": "nearest-exact"}
    yield (floats(1, 1, 3, 2),), {"scale_factor": (1.5, 2.0), "mode": "bilinear"}
    yield (floats(1, 1, 4, 4),), {"size": (2, 3), "mode": "bilinear"}
    yield (floats(1, 1, 3, 2),), {"size": (4, 3), "mode": "bilinear", "align_corners": True}
    yield (floats(1, 2, 4),), {"size": 7, "mode": "linear"}
    yield (floats(1, 1, 2, 2, 2),), {"size": 3, "mode": "trilinear"}
    yield (floats(1, 1, 3, 4),), {"size": (5, 6), "mode": "bicubic"}
    yield (floats(1, 1, 3, 4),), {"scale_factor": 2.0, "mode": "bicubic", "align_corners": True}
    yield (floats(1, 1, 4, 4),), {"size": (2, 3), "mode": "area"}
    options: Any = {"mode": "bilinear", "recompute_scale_factor": True}
    yield (floats(1, 1, 3, 3),), {"scale_factor": 1.5, **options}


@derived(on="F", grad_name=upsample_name)
def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Node:
    """`interpolate` by its old name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


@derived(on="F", grad_name="UpsampleNearest2DBackward0")
def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Node:
    """`interpolate` with the nearest elements, by its old name."""
    return interpolate(input, size, scale_factor, "nearest")


@derived(on="F", grad_name="UpsampleBilinear2DBackward0")
def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Node:
    """`interpolate` with mode bilinear and aligned corners, by its old name."""
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)


@upsample.samples
def _() -> Iterator[Any]:
    yield (floats(1, 2, 3),), {"scale_factor": 2}


@upsample_nearest.samples
@upsample_bilinear.samples
def _() -> Iterator[Any]:
    yield (floats(1, 2, 3, 3),), {"scale_factor": 2}
    yield (floats(1, 2, 3, 3),), {"size": (4, 5)}
