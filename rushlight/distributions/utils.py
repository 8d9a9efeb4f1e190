"""What distributions have in common: parameters as tensors, probabilities and their logarithms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import dtypes
from ..calls import function
from ..create import tensor
from ..errors import ChoiceError, explain
from ..modes import enable_grad
from ..ops import OPS
from ..runtime.entry import Handle
from . import surface as torch

kept = function(OPS["with_data"])

euler_constant = 0.57721566490153286060
"""Euler's and Mascheroni's constant, https://dlmf.nist.gov/5.2.E3."""

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """The values as tensors of one shape; numbers take the dtype of the first tensor.

    >>> broadcast_all(torch.zeros(2), 1.0)
    (tensor([0., 0.]), tensor([1., 1.]))
    """
    for value in values:
        if not isinstance(value, Handle | int | float):
            problem = "parameters must be numbers or tensors"
            got = {"a parameter": type(value).__name__}
            raise ChoiceError(explain("broadcast_all", problem, got))
    dtype = next((v.dtype for v in values if isinstance(v, Handle)), dtypes.default())
    tensors = [v if isinstance(v, Handle) else tensor(v, dtype=dtype) for v in values]
    shape = tensors[0]._value.shape
    if all([x._value.shape == shape for x in tensors]):
        return tuple(tensors)
    return tuple(torch.broadcast_tensors(*tensors))


def clamp_probs(probs: Any) -> Any:
    """Probabilities kept away from 0 and 1 by the smallest step of their dtype."""
    eps = torch.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """The probabilities of which `logits` are the logarithms (of odds, if there are two cases)."""
    return torch.sigmoid(logits) if is_binary else torch.softmax(logits, -1)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    """The logarithms of probabilities, or of their odds if there are two cases."""
    inside = clamp_probs(probs)
    return inside.log() - (-inside).log1p() if is_binary else inside.log()


class lazy_property:
    """A property that is worked out once, and an attribute from then on."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        with enable_grad():  # whoever asks first, perhaps to draw, must not cost others the history
            value = self.wrapped(instance)
        instance.__dict__[self.wrapped.__name__] = value
        return value


def vec_to_tril_matrix(vec: Any, diag: int = 0) -> Any:
    """A lower triangular matrix filled with a vector, row by row, up to the diagonal `diag`."""
    # n * (n + 1) / 2 numbers fill a triangle; `diag` moves its edge.
    n = round(
        (
            -(1 + 2 * diag)
            + ((1 + 2 * diag) ** 2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1)) ** 0.5
        )
        / 2
    )
    if len(torch.tril_indices(n, n, diag)[0]) != vec.shape[-1]:
        problem = f"{vec.shape[-1]} numbers are not those of a triangle"
        raise ChoiceError(explain("vec_to_tril_matrix", problem))
    out = vec.new_zeros((*vec.shape[:-1], n, n))
    rows, columns = torch.tril_indices(n, n, diag)
    out[..., rows, columns] = vec
    return out


def tril_matrix_to_vec(mat: Any, diag: int = 0) -> Any:
    """The elements of matrices up to the diagonal `diag`, row by row, as vectors."""
    n = mat.shape[-1]
    if not -n < diag < n:
        problem = f"diag must be within [{-n + 1}, {n - 1}], but got {diag}"
        raise ChoiceError(explain("tril_matrix_to_vec", problem))
    rows, columns = torch.tril_indices(n, n, diag)
    return mat[..., rows, columns]


def sum_rightmost(value: Any, count: int) -> Any:
    """`value` summed over its last `count` dimensions."""
    return value if count == 0 else value.reshape((*value.shape[: value.ndim - count], -1)).sum(-1)


def one_or_other(owner: str, first: Any, second: Any, names: str = "probs logits") -> None:
    """Raise unless exactly one of two ways to give a parameter was used."""
    if (first is None) == (second is None):
        one, other = names.split()
        problem = f"either {one} or {other} must be given, but not both"
        raise ChoiceError(explain(owner, problem))


def standard_normal(shape: Any, like: Any) -> Any:
    """New standard normal numbers in the dtype of `like`."""
    return torch.randn(shape, dtype=like.dtype)


def uniform_like(shape: Any, like: Any) -> Any:
    """New numbers uniform in [0, 1) in the dtype of `like`."""
    return torch.rand(shape, dtype=like.dtype)


def enumerated(values: Any, batch_shape: Any, expand: bool) -> Any:
    """`values` along a first dimension, for each distribution of a batch or, as it is, for all."""
    values = values.view((-1, *[1] * len(batch_shape), *values.shape[1:]))
    return (
        values.expand((-1, *batch_shape, *values.shape[1 + len(batch_shape) :]))
        if expand
        else values
    )


def not_below(x: Any, least: float) -> Any:
    """`x`, its values no smaller than `least`; the gradient is that of `x`, cut off or not."""
    return kept(x, x.detach().clamp(min=least))


def one_hot(index: Any, n: int, like: Any) -> Any:
    """Vectors of length `n` with a 1 at `index` and else 0, in the dtype of `like`."""
    return (torch.arange(n) == index.unsqueeze(-1)).to(like.dtype)
