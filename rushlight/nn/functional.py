"""`torch.nn.functional`: the functions of the op table that belong here, and those with a state.

Names of the table are looked up when they are first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import overrides, random
from ..calls import changed, exact, function
from ..errors import ChoiceError, MissingError, explain
from ..later import found_in, homes
from ..missing import missing
from ..ops import OPS
from ..ops.table import Op
from ..runtime.record import wrap
from ..runtime.warm import Warm, offer
from .parameter import Parameter

HOME = homes(
    {
        "affine": "affine_grid",
        "bags": "embedding_bag",
        "ctc": "ctc_loss",
        "fractional": "fractional_max_pool2d fractional_max_pool2d_with_indices "
        "fractional_max_pool3d fractional_max_pool3d_with_indices",
        "heads": "multi_head_attention_forward scaled_dot_product_attention",
        "lookups": "embedding one_hot",
        "masks": "alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout "
        "feature_dropout rrelu",
        "running": "batch_norm instance_norm",
    }
)
"""The file in which each name is defined that is not here."""

__all__ = [*HOME, "gumbel_softmax", "linear", "relu", "triplet_margin_with_distance_loss"]

ASKED = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")
"""Functions of `torch.overrides` that PyTorch has here too."""

INSTEAD = {
    "conv_tbc": "conv1d, after transposing the input",
}
"""What to use in the place of some names that are not here."""


def __getattr__(name: str) -> Any:
    if name in ASKED:
        return getattr(overrides, name)
    if name in HOME:
        found = found_in(__package__, HOME[name], name)
    else:
        found = lookup(name)
        found.__module__ = __name__  # where pickle looks for it
    globals()[name] = found
    return found


def lookup(name: str) -> Any:
    """What `torch.nn.functional.<name>` is."""
    op = BY_NAME.get(name)
    if name in OTHERWISE and OTHERWISE[name] in OPS:
        return function(OPS[OTHERWISE[name]])
    if op is not None and "F" in op.on:
        return with_inplace(op) if takes_inplace(op) else function(op)
    plain = BY_NAME.get(name.removesuffix("_"))
    if plain is not None and name.endswith("_") and takes_inplace(plain):
        return always_inplace(plain, name)
    pool = BY_NAME.get(name.removesuffix("_with_indices"))
    if pool is not None and any([p.name == "return_indices" for p in pool.params]):
        return with_indices(pool, name)
    if name in INSTEAD:
        hint = f"use {INSTEAD[name]}"
        problem = "rushlight does not have this"
        raise MissingError(explain(f"torch.nn.functional.{name}", problem, hint=hint))
    raise missing("torch.nn.functional", name, __dir__())


def __dir__() -> list[str]:
    here = {n for n, op in BY_NAME.items() if "F" in op.on}
    return sorted(here | set(__all__) | set(OTHERWISE) | set(ASKED))


BY_NAME: dict[str, Op] = {alias: op for op in OPS.values() for alias in (op.name, *op.aliases)}
"""The ops of the table by every name they have."""

OTHERWISE = {"fold": "col2im", "unfold": "im2col"}
"""Functions that go by another name in the table, where theirs means something else."""


def takes_inplace(op: Op) -> bool:
    """Whether PyTorch's function has a parameter `inplace`."""
    return op.name == "relu" or any([p.name == "inplace" for p in op.params])


def with_inplace(op: Op) -> Any:
    """The function of `op`, which changes its input if `inplace` is given."""
    plain = function(op)
    names = [p.name for p in op.params]
    place = names.index("inplace") if "inplace" in names else len(names)

    def call(input: Any, *args: Any, inplace: bool = False, **kwargs: Any) -> Any:
        if len(args) >= place:
            inplace, args = args[place - 1], args[: place - 1]
        if inplace:
            return changed(op, (input, *args), kwargs)
        return plain(input, *args, **kwargs)

    call.__name__ = call.__qualname__ = op.name
    call.__doc__ = op.__doc__
    return call


def always_inplace(op: Op, name: str) -> Any:
    """The function that changes its input as `op` says."""

    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        return changed(op, (input, *args), kwargs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"As `{op.name}`, but `input` itself is changed."
    return call


def with_indices(op: Op, name: str) -> Any:
    """The function that returns also where the largest elements are."""
    plain = function(op)
    place = [p.name for p in op.params].index("return_indices")

    def call(*args: Any, return_indices: bool = True, **kwargs: Any) -> Any:
        return plain(*args[:place], **kwargs, return_indices=True)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"As `{op.name}`, and where in the input each of the largest elements is."
    return call


plain_relu, plain_sigmoid, plain_tanh = [exact(OPS[n], 1) for n in ("relu", "sigmoid", "tanh")]
plain_mse_loss = exact(OPS["mse_loss"], 2)
linear = plain_linear = exact(OPS["linear"], 3, optional=True)
linear.__module__ = __name__

QUICK = {"relu": 1, "sigmoid": 1, "tanh": 1, "mse_loss": 2, "linear": 3}
"""The ops whose plain functions, those that modules call, machine code takes the place of."""


def quicken(warm: Warm) -> None:
    """Have modules call machine code."""
    for name, count in QUICK.items():
        plain = f"plain_{name}"
        globals()[plain] = warm.call(OPS[name], count, globals()[plain], Parameter)


offer(quicken)


def relu(input: Any, inplace: bool = False) -> Any:
    """`input` where it is positive, 0 elsewhere.

    >>> F.relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return changed(OPS["relu"], (input,), {}) if inplace else plain_relu(input)


# -- those that draw numbers, or call a function they are given ------------------------------


def gumbel_softmax(
    logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Any:
    """A sample from a softened categorical distribution, differentiable; one-hot if `hard`.

    Jang et al., "Categorical reparameterization with Gumbel-softmax" (2017).
    """
    noise = wrap(np.empty(logits._value.shape, logits._value.dtype.numpy))
    soft = ((logits - random.exponential_(noise).log()) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    chosen = wrap(np.zeros(logits._value.shape, logits._value.dtype.numpy))
    return chosen.scatter_(dim, index, 1.0) - soft.detach() + soft


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """How far the anchor is from the positive, beyond its distance to the negative less `margin`.

    With `swap`, the positive's distance to the negative counts if that is less than the anchor's.
    """
    if reduction not in ("mean", "none", "sum"):
        raise ChoiceError(
            explain("triplet loss", f"{reduction} is not a valid value for reduction")
        )
    if margin <= 0:
        raise ChoiceError(explain("triplet loss", f"margin must be greater than 0, got {margin}"))
    distance = __getattr__("pairwise_distance") if distance_function is None else distance_function
    near = distance(anchor, positive)
    far = distance(anchor, negative)
    if swap:
        far = far.minimum(distance(positive, negative))
    loss = (near - far + margin).clamp(min=0)
    return loss if reduction == "none" else getattr(loss, reduction)()
