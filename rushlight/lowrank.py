"""The largest singular values of a large matrix, found through a small random one.

Halko et al., "Finding structure with randomness" (2009).
"""

from __future__ import annotations

from typing import Any

from .calls import function
from .errors import ArgumentError, ChoiceError, explain
from .ops import OPS
from .public import public
from .random import randn

eigh = function(OPS["eigh"])
cholesky = function(OPS["linalg_cholesky"])
solve_triangular = function(OPS["solve_triangular"])
qr = function(OPS["linalg_qr"])
svd = function(OPS["linalg_svd"])


def basis(A: Any, q: int, niter: int) -> Any:
    """`q` orthonormal columns that span nearly what `A` maps to; `niter` rounds sharpen them."""
    found = qr(A @ randn(A.shape[-1], q, dtype=A.dtype))[0]
    for _ in range(niter):
        found = qr(A @ qr(A.mH @ found)[0])[0]
    return found


@public()
def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> Any:
    """Nearly the `q` largest singular values of `A - M`: (U, S, V) with U diag(S) V^H close to it.

    niter: how many rounds of iteration: more are more exact.

    >>> U, S, V = torch.svd_lowrank(torch.diag(torch.tensor([3.0, 2.0, 1.0])), q=2)
    >>> U.shape, S.shape, V.shape
    (torch.Size([3, 2]), torch.Size([2]), torch.Size([3, 2]))
    """
    rest = A if M is None else A - M.broadcast_to(A.shape)
    wide = rest.shape[-2] < rest.shape[-1]
    tall = rest.mH if wide else rest
    columns = basis(tall, 6 if q is None else q, 2 if niter is None else niter)
    U, S, Vh = svd(columns.mH @ tall, full_matrices=False)
    left, right = columns @ U, Vh.mH
    return (right, S, left) if wide else (left, S, right)


@public()
def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> Any:
    """Nearly the `q` principal components of the rows of `A`: (U, S, V), directions in V's columns.

    center: whether the mean of the rows is taken away first.

    >>> _, S, V = torch.pca_lowrank(torch.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]), q=1)
    >>> S
    tensor([2.])
    """
    least = min(A.shape[-2:])
    count = min(6, least) if q is None else q
    if not 0 <= count <= least:
        problem = f"q (={count}) must be non-negative and not greater than min(m, n)={least}"
        raise ArgumentError(explain("pca_lowrank", problem))
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, count, niter)


@public()
def lobpcg(
    A: Any,
    k: int | None = None,
    B: Any = None,
    X: Any = None,
    n: int | None = None,
    iK: Any = None,
    niter: int | None = None,
    tol: float | None = None,
    largest: bool | None = None,
    method: str | None = None,
    **options: Any,
) -> tuple[Any, Any]:
    """The `k` largest (or smallest) eigenvalues of a symmetric matrix, and their eigenvectors.

    With `B` those of `A x = e B x`. They are found exactly, from all of them: PyTorch comes near
    them in `niter` steps from the guess `X`, so that these and the other options change nothing.

    >>> E, X = torch.lobpcg(torch.diag(torch.tensor([1.0, 5.0, 3.0, 2.0])), 1)
    >>> E
    tensor([5.])
    """
    k = (1 if X is None else X.shape[-1]) if k is None else k
    if A.shape[-1] != A.shape[-2] or A.shape[-1] < 3 * k:
        problem = f"A must be square, of at least 3 * k = {3 * k} rows"
        raise ChoiceError(explain("lobpcg", problem, {"A": A._value.spec}))
    if X is None:
        randn(*A.shape[:-1], n or k, dtype=A.dtype)  # PyTorch's guess: later draws are the same
    if B is None:
        values, vectors = eigh(A)
    else:
        L = cholesky(B)
        half = solve_triangular(L, A, upper=False)
        values, turned = eigh(solve_triangular(L, half.mT, upper=False))
        vectors = solve_triangular(L.mT, turned, upper=True)
    if largest is None or largest:
        values, vectors = values.flip(-1), vectors.flip(-1)
    return values[..., :k], vectors[..., :k]
