"""Rows of reductions, of products of matrices, and of windows over pictures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes
from ..graph import Node
from .rows import ROWS, Row, given, like, row
from .writer import Writer


def reduced(w: Writer, kind: str, x: str, axes: Any, keepdim: bool) -> str:
    """The name of a reduction over `axes`."""
    if not axes:
        return x
    if kind == "ReduceSum" or w.opset >= 18:
        return w.node(kind, x, w.constant(np.array(axes, np.int64)), keepdims=int(keepdim))
    return w.node(kind, x, axes=list(axes), keepdims=int(keepdim))


def reduction(kind: str) -> Row:
    """The row of a reduction."""
    return lambda w, node, axes, keepdim: reduced(w, kind, w.name(node.inputs[0]), axes, keepdim)


ROWS |= {
    "reduce_sum": reduction("ReduceSum"),
    "reduce_prod": reduction("ReduceProd"),
    "reduce_max": reduction("ReduceMax"),
    "reduce_min": reduction("ReduceMin"),
    "reduce_logsumexp": reduction("ReduceLogSumExp"),
}


def of_truth(kind: str) -> Row:
    """The row of `any` or `all`."""

    def written(w: Writer, node: Node, axes: Any, keepdim: bool) -> str:
        whether = w.cast(w.cast(w.name(node.inputs[0]), dtypes.bool_), dtypes.int32)
        return w.cast(reduced(w, kind, whether, axes, keepdim), dtypes.bool_)

    return written


ROWS |= {"reduce_any": of_truth("ReduceMax"), "reduce_all": of_truth("ReduceMin")}


@row("reduce_var")
def _(w: Writer, node: Node, axes: Any, keepdim: bool, divisor: Any) -> str:
    x = w.name(node.inputs[0])
    apart = w.node("Sub", x, reduced(w, "ReduceMean", x, axes, True))
    whole = reduced(w, "ReduceSum", w.node("Mul", apart, apart), axes, keepdim)
    return w.node("Div", whole, like(w, node, divisor))


@row("softmax_along")
def _(w: Writer, node: Node, axis: int) -> str:
    return w.node("Softmax", w.name(node.inputs[0]), axis=axis)


@row("log_softmax_along")
def _(w: Writer, node: Node, axis: int) -> str:
    return w.node("LogSoftmax", w.name(node.inputs[0]), axis=axis)


@row("index_of_max")
def _(w: Writer, node: Node, axis: int) -> str:
    return w.node("ArgMax", w.name(node.inputs[0]), axis=axis, keepdims=1)


@row("index_of_min")
def _(w: Writer, node: Node, axis: int) -> str:
    return w.node("ArgMin", w.name(node.inputs[0]), axis=axis, keepdims=1)


def pads_of(padding: Any) -> list[int]:
    """ONNX's order of paddings: those before, then those after."""
    return [before for before, _ in padding] + [after for _, after in padding]


@row("convolve")
def _(w: Writer, node: Node, stride: Any, padding: Any, dilation: Any, groups: int) -> str:
    how = {"strides": list(stride), "dilations": list(dilation), "group": groups}
    return w.node("Conv", *given(w, node), pads=pads_of(padding), **how)


@row("convolve_back")
def _(
    w: Writer, node: Node, size: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> str:
    x, kernel = node.inputs
    extra = []
    for k, (before, after) in enumerate(padding):
        reach = dilation[k] * (kernel.shape[k + 2] - 1) + 1
        usual = (x.shape[k + 2] - 1) * stride[k] - before - after + reach
        extra.append(node.shape[k + 2] - usual)
    how = {"strides": list(stride), "dilations": list(dilation), "group": groups}
    return w.node(
        "ConvTranspose", *given(w, node), pads=pads_of(padding), output_padding=extra, **how
    )


@row("window_max")
def _(w: Writer, node: Node, kernel: Any, stride: Any, padding: Any, dilation: Any) -> str:
    how = {"strides": list(stride), "dilations": list(dilation), "pads": pads_of(padding)}
    return w.node("MaxPool", w.name(node.inputs[0]), kernel_shape=list(kernel), **how)


@row("window_sum")
def _(w: Writer, node: Node, kernel: Any, stride: Any, padding: Any) -> str:
    x, pads = w.name(node.inputs[0]), pads_of(padding)
    if any(pads):
        amounts = [0, 0, *pads[: len(kernel)], 0, 0, *pads[len(kernel) :]]
        x = w.node("Pad", x, w.constant(np.array(amounts)))
    how = {"kernel_shape": list(kernel), "strides": list(stride)}
    mean = w.node("AveragePool", x, **how)
    return w.node("Mul", mean, like(w, node, math.prod(kernel)))
