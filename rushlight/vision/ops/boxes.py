"""Boxes in pictures: areas, overlaps, and the best of those that overlap.

Unless told otherwise a box is (x1, y1, x2, y2), its left, upper, right and lower edge.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...calls import function
from ...dtypes import int64
from ...errors import ChoiceError, ShapeError, explain
from ...ops import OPS
from ...runtime.record import realise, wrap

stack = function(OPS["stack"])
least = function(OPS["minimum"])
greatest = function(OPS["maximum"])

FORMATS = ("xyxy", "xywh", "cxcywh")
"""Edges; left and upper edge and sizes; centre and sizes."""


def box_convert(boxes: Any, in_fmt: str, out_fmt: str) -> Any:
    """`boxes` (..., 4) in another format: "xyxy", "xywh" or "cxcywh"; ValueError for others.

    >>> torchvision.ops.box_convert(torch.tensor([[1.0, 2.0, 5.0, 6.0]]), "xyxy", "cxcywh")
    tensor([[3., 4., 4., 4.]])
    """
    for given in (in_fmt, out_fmt):
        if given not in FORMATS:
            problem = "Unsupported Bounding Box Conversions for given in_fmt and out_fmt"
            raise ChoiceError(explain("box_convert", problem, {"it": given}, f"one of {FORMATS}"))
    if in_fmt == out_fmt:
        return boxes.clone()
    a, b, c, d = boxes.unbind(-1)
    if in_fmt == "xywh":
        c, d = a + c, b + d
    elif in_fmt == "cxcywh":
        a, b, c, d = a - 0.5 * c, b - 0.5 * d, a + 0.5 * c, b + 0.5 * d
    if out_fmt == "xywh":
        c, d = c - a, d - b
    elif out_fmt == "cxcywh":
        a, b, c, d = (a + c) / 2, (b + d) / 2, c - a, d - b
    return stack([a, b, c, d], -1)


def wide(x: Any) -> Any:
    """Numbers in which products do not overflow: float32 or int64 at least."""
    if x.dtype.is_floating_point:
        return x if x.dtype.itemsize >= 4 else x.float()
    return x if x.dtype.itemsize >= 4 else x.int()


def box_area(boxes: Any, fmt: str = "xyxy") -> Any:
    """The area of each of the `boxes` (n, 4).

    >>> torchvision.ops.box_area(torch.tensor([[0.0, 0.0, 2.0, 3.0]]))
    tensor([6.])
    """
    boxes = wide(boxes)
    if fmt != "xyxy":
        boxes = box_convert(boxes, fmt, "xyxy")
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def common(boxes1: Any, boxes2: Any) -> tuple[Any, Any]:
    """The area that each pair has in common, and that which it covers."""
    upper = greatest(boxes1[..., None, :2], boxes2[..., None, :, :2])
    lower = least(boxes1[..., None, 2:], boxes2[..., None, :, 2:])
    size = wide(lower - upper).clamp(min=0)
    inner = size[..., 0] * size[..., 1]
    return inner, box_area(boxes1)[..., None] + box_area(boxes2)[..., None, :] - inner


def box_iou(boxes1: Any, boxes2: Any, fmt: str = "xyxy") -> Any:
    """The overlap (n, m) of `boxes1` (n, 4) and `boxes2` (m, 4): common by covered area.

    >>> box = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
    >>> torchvision.ops.box_iou(box, torch.tensor([[1.0, 0.0, 3.0, 2.0]]))
    tensor([[0.3333]])
    """
    if fmt != "xyxy":
        boxes1, boxes2 = [box_convert(b, fmt, "xyxy") for b in (boxes1, boxes2)]
    inner, outer = common(boxes1, boxes2)
    return inner / outer


def generalized_box_iou(boxes1: Any, boxes2: Any) -> Any:
    """`box_iou`, less the share of the box around both that neither covers: from -1 to 1."""
    inner, outer = common(boxes1, boxes2)
    upper = least(boxes1[..., None, :2], boxes2[..., None, :, :2])
    lower = greatest(boxes1[..., None, 2:], boxes2[..., None, :, 2:])
    size = wide(lower - upper).clamp(min=0)
    around = size[..., 0] * size[..., 1]
    return inner / outer - (around - outer) / around


def clip_boxes_to_image(boxes: Any, size: tuple[int, int]) -> Any:
    """`boxes` (..., 4), cut at the edges of a picture of the `size` (height, width)."""
    height, width = size
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return stack([x, y], -1).reshape(boxes.shape)


def remove_small_boxes(boxes: Any, min_size: float) -> Any:
    """The indices of the `boxes` (n, 4) whose sides are both at least `min_size`."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return ((width >= min_size) & (height >= min_size)).nonzero()[:, 0]


def nms(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    """The indices of the `boxes` (n, 4) to keep, the best first.

    From the best on, each removes those with a lower score that overlap it by more than
    `iou_threshold`. Raises RuntimeError for other shapes.

    >>> boxes = torch.tensor([[0.0, 0, 2, 2], [0, 0, 2, 1.9], [3, 3, 4, 4]])
    >>> torchvision.ops.nms(boxes, torch.tensor([0.5, 0.9, 0.1]), 0.5)
    tensor([1, 2])
    """
    shapes = (tuple(boxes.shape), tuple(scores.shape))
    if len(shapes[0]) != 2 or shapes[0][1] != 4 or shapes[1] != shapes[0][:1]:
        problem = "expected boxes (n, 4) and scores (n)"
        got = {"boxes": f"of shape {shapes[0]}", "scores": f"of shape {shapes[1]}"}
        raise ShapeError(explain("nms", problem, got))
    x1, y1, x2, y2 = realise(boxes).T
    area = (x2 - x1) * (y2 - y1)
    order = np.argsort(-realise(scores), kind="stable")
    kept = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(best)
        width = np.minimum(x2[best], x2[rest]) - np.maximum(x1[best], x1[rest])
        height = np.minimum(y2[best], y2[rest]) - np.maximum(y1[best], y1[rest])
        inner = np.maximum(width, 0) * np.maximum(height, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            overlap = inner / (area[best] + area[rest] - inner)
        order = rest[~(overlap > iou_threshold)]
    return wrap(np.array(kept, np.int64))


def batched_nms(boxes: Any, scores: Any, idxs: Any, iou_threshold: float) -> Any:
    """What `nms` keeps in each class by itself; `idxs` (n) holds the classes. The best first.

    >>> boxes = torch.tensor([[0.0, 0, 2, 2], [0, 0, 2, 1.9]])
    >>> classes = torch.tensor([0, 1])
    >>> torchvision.ops.batched_nms(boxes, torch.tensor([0.5, 0.9]), classes, 0.5)
    tensor([1, 0])
    """
    kinds, found = realise(idxs), [np.empty(0, np.int64)]
    for kind in np.unique(kinds):
        places = np.flatnonzero(kinds == kind)
        inside = wrap(places)
        found.append(places[realise(nms(boxes[inside], scores[inside], iou_threshold))])
    kept = np.concatenate(found)
    best = np.argsort(-realise(scores)[kept], kind="stable")
    return wrap(kept[best]).to(int64)


def masks_to_boxes(masks: Any) -> Any:
    """The box (n, 4) around what is not zero in each of the `masks` (n, height, width)."""
    found = np.zeros((len(masks), 4), np.float32)
    for k, mask in enumerate(realise(masks)):
        y, x = np.nonzero(mask)
        found[k] = x.min(), y.min(), x.max(), y.max()
    return wrap(found)
