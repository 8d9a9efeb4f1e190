"""A loss for classes of very different size."""

from __future__ import annotations

from typing import Any

from ...errors import ChoiceError, explain
from ...nn import functional as F


def sigmoid_focal_loss(
    inputs: Any, targets: Any, alpha: float = 0.25, gamma: float = 2, reduction: str = "none"
) -> Any:
    """Cross entropy of scores `inputs` with `targets` of 0 and 1, less where the answer is good.

    `alpha`, unless it is negative, is the weight of the class 1. Raises ValueError for another
    reduction than "none", "mean" or "sum". (T.-Y. Lin and others: "Focal loss for dense object
    detection", 2017.)

    >>> torchvision.ops.sigmoid_focal_loss(torch.tensor([0.0]), torch.tensor([1.0]))
    tensor([0.0433])
    """
    if not (0 <= alpha <= 1) and alpha != -1:
        problem = f"Invalid alpha value: {alpha}. alpha must be in the range [0,1] or -1"
        raise ChoiceError(explain("sigmoid_focal_loss", problem))
    p = inputs.sigmoid()
    right = p * targets + (1 - p) * (1 - targets)
    plain = F.binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    loss = plain * (1 - right) ** gamma
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    if reduction not in ("none", "mean", "sum"):
        problem = f"Invalid Value for arg 'reduction': '{reduction}'"
        raise ChoiceError(explain("sigmoid_focal_loss", problem, hint="none, mean or sum"))
    return loss if reduction == "none" else getattr(loss, reduction)()
