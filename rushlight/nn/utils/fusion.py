"""Batch norms folded into the layers before them, for evaluation."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from ... import patterns
from ...errors import explain
from ..parameter import Parameter

M = TypeVar("M")


def fuse_conv_bn_eval(conv: M, bn: Any, transpose: bool = False) -> M:
    """A copy of the convolution `conv` that does what `bn` after it does as well.

    Both must be in evaluation mode. transpose: `conv` is a transposed convolution.

    >>> conv, bn = torch.nn.Conv2d(1, 2, 3).eval(), torch.nn.BatchNorm2d(2).eval()
    >>> fused = torch.nn.utils.fuse_conv_bn_eval(conv, bn)
    >>> x = torch.ones(1, 1, 3, 3)
    >>> torch.allclose(fused(x), bn(conv(x)), atol=1e-6)
    True
    """
    return fused("fuse_conv_bn_eval", conv, bn, 1 if transpose else 0)


def fuse_linear_bn_eval(linear: M, bn: Any) -> M:
    """A copy of the layer `linear` that does what `bn` after it does as well."""
    return fused("fuse_linear_bn_eval", linear, bn, 0)


def fused(name: str, layer: Any, bn: Any, dim: int) -> Any:
    """A copy of `layer`, whose outputs are along dimension `dim` of its weight, with `bn` in it."""
    if layer.training or bn.training:
        hint = "call .eval() on both first"
        raise AssertionError(explain(name, "fusion is only for evaluation", hint=hint))
    made = copy.deepcopy(layer)
    norm = (bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
    made.weight, made.bias = scaled(made.weight, made.bias, *norm, dim)
    return made


def fuse_conv_bn_weights(
    conv_w: Any,
    conv_b: Any,
    bn_rm: Any,
    bn_rv: Any,
    bn_eps: float,
    bn_w: Any,
    bn_b: Any,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a convolution with a batch norm after it, given those of both."""
    return scaled(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 1 if transpose else 0)


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a linear layer with a batch norm after it, given those of both."""
    return scaled(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 0)


def scaled(
    weight: Any, bias: Any, mean: Any, var: Any, eps: float, scale: Any, shift: Any, dim: int
) -> tuple[Parameter, Parameter]:
    """(w x + b - mean) * s / sqrt(var + eps) + shift, as another weight and bias."""
    bias = patterns.zeros_like(mean) if bias is None else bias
    factor = (var + eps).rsqrt()
    factor = factor if scale is None else factor * scale
    shift = patterns.zeros_like(mean) if shift is None else shift
    shape = [1] * weight.ndim
    shape[dim] = -1
    new = weight * factor.reshape(shape).to(weight.dtype), (bias - mean) * factor + shift
    flags = weight.requires_grad, bias.requires_grad
    made = [Parameter(n.detach(), flag) for n, flag in zip(new, flags, strict=True)]
    return made[0], made[1]
