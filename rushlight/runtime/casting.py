"""Autocast: which ops take their inputs in a smaller dtype, and the mode in which they do.

The mode of a recorder (`recorder.grad`) is True or False, whether history is recorded, or a `Mode`,
which is as true or false as that and also has a dtype. Calls are told apart by it, so what is
recorded in one mode is never taken for another's. The lists are PyTorch's for the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import dtypes, ops
from ..dtypes import DType
from ..graph import Node


def names(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


LOWER = names(
    """
    conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
    mm bmm matmul addmm addbmm baddbmm linear vecdot einsum tensordot inner multi_dot
    matrix_power scaled_dot_product_attention prelu rnn_tanh_cell rnn_relu_cell recurrent_layer
    """
)
"""Ops that are computed in the smaller dtype."""

FULL = names(
    """
    avg_pool3d max_pool3d adaptive_avg_pool3d adaptive_max_pool3d lp_pool3d pad
    max_unpool1d max_unpool2d max_unpool3d
    binary_cross_entropy binary_cross_entropy_with_logits mse_loss l1_loss smooth_l1_loss huber_loss
    nll_loss cross_entropy linear_cross_entropy kl_div ctc poisson_nll_loss cosine_embedding_loss
    hinge_embedding_loss margin_ranking_loss soft_margin_loss triplet_margin_loss multi_margin_loss
    multilabel_margin_loss
    grid_sample polar prod quantile nanquantile stft cdist trace view_as_complex
    cholesky cholesky_inverse cholesky_solve inverse lu_solve pinverse qr svd triangular_solve
    fft ifft rfft irfft hfft ihfft fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn
    linalg_cholesky cholesky_ex linalg_svd svdvals eig eigvals eigh eigvalsh inv inv_ex det slogdet
    linalg_slogdet lstsq linalg_qr solve solve_ex linalg_norm matrix_rank cond linalg_pinv
    tensorinv tensorsolve lu_factor lu_factor_ex
    """
)
"""Ops that are computed in float32 at least."""

WIDEST = names("stack cat index_copy")
"""Ops that take all their inputs in the widest dtype among them."""


def contracts(form: Sequence[Any], nodes: Sequence[Node]) -> bool:
    """Whether an einsum sums over a letter that two operands have, which is a matrix product."""
    inputs, arrow, output = str(form[0]).replace(" ", "").partition("->")
    letters = set(inputs) - set(".,")
    shared = {s for s in letters if sum([s in part for part in inputs.split(",")]) > 1}
    return len(nodes) > 1 and bool(shared - set(output) if arrow else shared)


WHEN: dict[str, Callable[[Sequence[Any], Sequence[Node]], bool]] = {
    "einsum": contracts,
    "inner": lambda form, nodes: {n.ndim for n in nodes} not in ({0}, {1}, {0, 1}),
    "matrix_power": lambda form, nodes: form[1] not in (0, 1),
    "recurrent_layer": lambda form, nodes: "gru" not in form,
    "pad": lambda form, nodes: bool({"reflect", "replicate"} & {m for m in form if type(m) is str}),
}
"""Ops of the lists that are cast only for some arguments."""


class Mode:
    """Whether history is recorded (`bool(mode)`), and the dtype into which inputs are cast."""

    __slots__ = ("cast", "grad")

    def __init__(self, grad: bool, cast: DType) -> None:
        self.grad = grad
        self.cast = cast

    def __bool__(self) -> bool:
        return self.grad


MODES: dict[tuple[bool, DType], Mode] = {}
"""The one mode of each kind."""


def mode_of(grad: Any, cast: DType | None) -> Any:
    """The mode in which history is recorded or not, and inputs are cast to `cast` or not."""
    if cast is None:
        return bool(grad)
    key = (bool(grad), cast)
    return MODES.setdefault(key, Mode(*key))


def cast_in(mode: Any) -> DType | None:
    """The dtype into which inputs are cast in `mode`, None outside of autocast."""
    return mode.cast if type(mode) is Mode else None


def with_grad(mode: Any, grad: Any) -> Any:
    """`mode`, but for whether history is recorded."""
    return mode_of(grad, cast_in(mode))


def cast_inputs(mode: Any, call: Any, nodes: Sequence[Node]) -> Sequence[Node]:
    """The inputs of an op that is called, in the dtypes in which it takes them in `mode`."""
    name = call.op.name
    if name in WHEN and not WHEN[name](call.form, nodes):
        return nodes
    if name in LOWER:
        target = mode.cast
    elif name in FULL:
        target = dtypes.float32
    elif name in WIDEST:
        kinds = [n.dtype for n in nodes if may_be_cast(n)]
        target = mode.cast
        for kind in kinds:
            target = dtypes.promote(target, kind)
    else:
        return nodes
    return [
        ops.cast(n, dtype=target) if may_be_cast(n) and n.dtype is not target else n for n in nodes
    ]


def may_be_cast(node: Node) -> bool:
    """Whether autocast touches it: PyTorch leaves float64 and numbers that are no floats alone."""
    return node.dtype.is_floating_point and node.dtype is not dtypes.float64
