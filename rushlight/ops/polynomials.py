"""Orthogonal polynomials of a degree that differs from element to element.

All come from their recurrences (https://dlmf.nist.gov/18.9.i), stable where the polynomials are
orthogonal and exact at their ends. As in PyTorch they have no gradients.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph import Node, Spec
from .arithmetic import real_only
from .samples import at_kink, floats, ints
from .table import Kind, Number, Tensor, derived, floating, primitive

FIRST: dict[str, tuple[float, float]] = {
    "T": (1, 0), "U": (2, 0), "V": (2, -1), "W": (2, 1),
    "T*": (2, -1), "U*": (4, -2), "V*": (4, -3), "W*": (4, -1),
    "H": (2, 0), "He": (1, 0), "L": (-1, 1), "P": (1, 0),
}  # fmt: skip
"""The polynomials of degree 1, a x + b: those of degree 0 are 1 (table 18.6.1)."""


def three_terms(family: str, k: int) -> tuple[float, float, float]:
    """a, b, c in p(k + 1) = (a x + b) p(k) - c p(k - 1), for k > 0 (table 18.9.1)."""
    if family[0] in "TUVW":
        return (4, -2, 1) if family[-1] == "*" else (2, 0, 1)
    if family == "L":
        return -1 / (k + 1), (2 * k + 1) / (k + 1), k / (k + 1)
    if family == "P":
        return (2 * k + 1) / (k + 1), 0, k / (k + 1)
    return (2, 0, 2 * k) if family == "H" else (1, 0, k)


def polynomial_values(x: Any, n: Any, *, family: str) -> Any:
    """NumPy: the values at `x`, of degree `n` cut to an integer; 0 if n < 0."""
    kind = np.result_type(x, n)
    wide, degree = np.broadcast_arrays(np.asarray(x, np.float64), np.trunc(n))
    a, b, c = *FIRST[family], 0.0
    before, now = np.zeros_like(wide), np.ones_like(wide)
    out = np.where(degree == 0, now, 0)
    last = np.max(degree, initial=0, where=np.isfinite(degree))
    for k in range(int(last)):
        if k:
            a, b, c = three_terms(family, k)
        before, now = now, (a * wide + b) * now - c * before
        out = np.where(degree == k + 1, now, out)
    return np.where(np.isfinite(degree), out, np.nan).astype(kind)


@primitive(Kind.ELEMENTWISE, numpy=polynomial_values, promote=floating)
def orthogonal_polynomial(x: Tensor, n: Tensor, *, family: str) -> Spec:
    """The polynomial of degree `n` of a family at `x`."""
    return real_only("orthogonal_polynomial", x, n)


@orthogonal_polynomial.samples
def _() -> Iterator[Any]:
    yield (floats(3, 4), ints(4, low=0)), {"family": "P"}


@derived(on="special")
def chebyshev_polynomial_t(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Chebyshev's polynomial of the first kind, of degree `n`, at each element.

    >>> torch.special.chebyshev_polynomial_t(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-1.,  7.])
    """
    return orthogonal_polynomial(x, n, family="T")


@derived(on="special")
def chebyshev_polynomial_u(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Chebyshev's polynomial of the second kind, of degree `n`, at each element.

    >>> torch.special.chebyshev_polynomial_u(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-1., 15.])
    """
    return orthogonal_polynomial(x, n, family="U")


@derived(on="special")
def chebyshev_polynomial_v(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Chebyshev's polynomial of the third kind, of degree `n`, at each element.

    >>> torch.special.chebyshev_polynomial_v(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-1., 11.])
    """
    return orthogonal_polynomial(x, n, family="V")


@derived(on="special")
def chebyshev_polynomial_w(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Chebyshev's polynomial of the fourth kind, of degree `n`, at each element.

    >>> torch.special.chebyshev_polynomial_w(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-1., 19.])
    """
    return orthogonal_polynomial(x, n, family="W")


@derived(on="special")
def hermite_polynomial_h(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Hermite's polynomial (the physicists') of degree `n` at each element.

    >>> torch.special.hermite_polynomial_h(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-5., 14.])
    """
    return orthogonal_polynomial(x, n, family="H")


@derived(on="special")
def hermite_polynomial_he(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Hermite's polynomial (the statisticians') of degree `n` at each element.

    >>> torch.special.hermite_polynomial_he(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-1.3750,  3.0000])
    """
    return orthogonal_polynomial(x, n, family="He")


@derived(on="special")
def laguerre_polynomial_l(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Laguerre's polynomial of degree `n` at each element.

    >>> torch.special.laguerre_polynomial_l(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-0.1458, -1.0000])
    """
    return orthogonal_polynomial(x, n, family="L")


@derived(on="special")
def legendre_polynomial_p(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Legendre's polynomial of degree `n` at each element.

    >>> torch.special.legendre_polynomial_p(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-0.4375,  5.5000])
    """
    return orthogonal_polynomial(x, n, family="P")


@derived(on="special")
def shifted_chebyshev_polynomial_t(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Chebyshev's polynomial of the first kind at `2 * x - 1`, of degree `n`.

    >>> torch.special.shifted_chebyshev_polynomial_t(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-0., 17.])
    """
    return orthogonal_polynomial(x, n, family="T*")


@derived(on="special")
def shifted_chebyshev_polynomial_u(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Chebyshev's polynomial of the second kind at `2 * x - 1`, of degree `n`.

    >>> torch.special.shifted_chebyshev_polynomial_u(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-0., 35.])
    """
    return orthogonal_polynomial(x, n, family="U*")


@derived(on="special")
def shifted_chebyshev_polynomial_v(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Chebyshev's polynomial of the third kind at `2 * x - 1`, of degree `n`.

    >>> torch.special.shifted_chebyshev_polynomial_v(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([ 1., 29.])
    """
    return orthogonal_polynomial(x, n, family="V*")


@derived(on="special")
def shifted_chebyshev_polynomial_w(x: Tensor | Number, n: Tensor | Number) -> Node:
    """Chebyshev's polynomial of the fourth kind at `2 * x - 1`, of degree `n`.

    >>> torch.special.shifted_chebyshev_polynomial_w(torch.tensor([0.5, 2.0]), torch.tensor([3, 2]))
    tensor([-1., 41.])
    """
    return orthogonal_polynomial(x, n, family="W*")


@chebyshev_polynomial_t.samples
@chebyshev_polynomial_u.samples
@chebyshev_polynomial_v.samples
@chebyshev_polynomial_w.samples
@hermite_polynomial_h.samples
@hermite_polynomial_he.samples
@laguerre_polynomial_l.samples
@legendre_polynomial_p.samples
@shifted_chebyshev_polynomial_t.samples
@shifted_chebyshev_polynomial_u.samples
@shifted_chebyshev_polynomial_v.samples
@shifted_chebyshev_polynomial_w.samples
def _() -> Iterator[Any]:
    yield floats(6, 1, low=-1.5, high=1.5), np.arange(-1, 5)
    yield floats(3), ints(3, low=0)
    yield at_kink(np.array([-1.0, 0.0, 0.5, 1.0]), 5)
