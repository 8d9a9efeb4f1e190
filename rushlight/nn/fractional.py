"""Maximum pooling over windows of random places: functions that draw numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import random
from ..calls import function
from ..errors import ChoiceError, ShapeError, explain
from ..ops import OPS
from ..runtime.record import elements, wrap

gather = function(OPS["gather"])


def starts(sample: float, n: int, out: int, kernel: int) -> Any:
    """Where `out` windows of size `kernel` begin along `n` elements, given a number in [0, 1)."""
    if out == 1:
        return np.array([n - kernel])
    alpha = np.float64(n - kernel) / (out - 1)
    places = ((np.arange(out) + sample) * alpha).astype(np.int64) - int(sample * alpha)
    places[-1] = n - kernel
    return places


def sizes_of(op: str, n: int, input: Any, kernel: Any, output_size: Any, ratio: Any) -> Any:
    """Kernel and output size for each dimension."""
    kernel = tuple(kernel) if isinstance(kernel, list | tuple) else (kernel,) * n
    if output_size is None and ratio is None:
        problem = "requires specifying either an output_size or an output_ratio"
        raise ChoiceError(explain(op, problem))
    if output_size is None:
        ratios = tuple(ratio) if isinstance(ratio, list | tuple) else (ratio,) * n
        output_size = [int(m * r) for m, r in zip(input.shape[-n:], ratios, strict=True)]
    out = tuple(output_size) if isinstance(output_size, list | tuple) else (output_size,) * n
    for m, k, o in zip(input.shape[-n:], kernel, out, strict=True):
        if k + o - 1 > m:
            problem = f"pool size {k} is too large for an input of {m} and an output of {o}"
            raise ShapeError(explain(op, problem, {"input": input._value.spec}))
    return kernel, out


def pooled(
    op: str, n: int, input: Any, kernel_size: Any, output_size: Any, ratio: Any, samples: Any
) -> tuple[Any, Any]:
    """The maxima of the windows, and where they are."""
    kernel, out = sizes_of(op, n, input, kernel_size, output_size, ratio)
    size = tuple(input.shape[-n:])
    lead = (1, *input.shape[:-n])[-2:]
    if samples is None:
        samples = random.rand(*lead, n, dtype=input.dtype)
    drawn = elements(samples).reshape(-1, n)[: math.prod(lead)]
    rows = []
    for sample in drawn:  # a row of windows for each channel of each image
        order = sample[::-1] if n == 2 else sample  # PyTorch draws width before height
        flat = np.zeros((1,) * 2 * n, np.int64)
        for k in range(n):
            places = starts(float(order[k]), size[k], out[k], kernel[k])
            here = places[:, None] + np.arange(kernel[k])  # (windows, in the window)
            shape = [1] * 2 * n
            shape[k], shape[n + k] = here.shape
            flat = flat + here.reshape(shape) * math.prod(size[k + 1 :])
        rows.append(flat.reshape(math.prod(out), -1))
    index = np.stack(rows) if rows else np.zeros((0, math.prod(out), math.prod(kernel)), np.int64)
    flat_input = input.reshape(len(rows), math.prod(size))
    flat_index = index.reshape(len(rows), math.prod(index.shape[1:]))
    windows = gather(flat_input, 1, wrap(flat_index)).reshape(index.shape)
    best, at = windows.max(-1, keepdim=True)
    shape = (*input.shape[:-n], *out)
    return best.reshape(shape), gather(wrap(index), 2, at).reshape(shape)


def fractional_max_pool2d_with_indices(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> tuple[Any, Any]:
    """As `fractional_max_pool2d`, and where the maxima are."""
    return pooled(
        "fractional_max_pool2d", 2, input, kernel_size, output_size, output_ratio, _random_samples
    )


def fractional_max_pool3d_with_indices(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> tuple[Any, Any]:
    """As `fractional_max_pool3d`, and where the maxima are."""
    return pooled(
        "fractional_max_pool3d", 3, input, kernel_size, output_size, output_ratio, _random_samples
    )


def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest element of each of as many windows, at random places, as the output has elements.

    Graham, "Fractional max-pooling" (2014).
    """
    found = fractional_max_pool2d_with_indices(
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )
    return found if return_indices else found[0]


def fractional_max_pool3d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """As `fractional_max_pool2d`, of volumes."""
    found = fractional_max_pool3d_with_indices(
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )
    return found if return_indices else found[0]
