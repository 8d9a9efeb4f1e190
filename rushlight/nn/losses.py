"""What training makes small: how far an output is from what it should be."""

from __future__ import annotations

import warnings
from typing import Any

from ..errors import ShapeError, explain
from ..runtime.entry import Handle
from . import functional as F
from .module import Module


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """How the losses of a batch become one, from the present setting or from the two of old."""
    if size_average is None and reduce is None:
        return reduction
    if isinstance(size_average, Handle) or isinstance(reduce, Handle):
        problem = "the loss was made with tensors, where it takes options"
        hint = "make it first, then call it: criterion = nn.MSELoss(); criterion(output, target)"
        raise ShapeError(explain("loss", problem, hint=hint))
    old = "mean" if size_average is not False else "sum"
    if reduce is False:
        old = "none"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{old}' instead.",
        stacklevel=4,
    )
    return old


class _Loss(Module):
    """What losses have in common: `reduction` is "none", "mean" or "sum"."""

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.reduction = reduction_of(size_average, reduce, reduction)


class _WeightedLoss(_Loss):
    """A loss that weighs classes, or elements."""

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class MSELoss(_Loss):
    """The mean of the squared differences between input and target.

    >>> torch.nn.MSELoss()(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        if self.reduction == "mean":  # the commonest call is the fastest if nothing else is said
            return F.plain_mse_loss(input, target)
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """The mean of the absolute differences between input and target.

    >>> torch.nn.L1Loss()(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """As L1Loss, but a parabola where the difference is below `beta`.

    >>> torch.nn.SmoothL1Loss()(torch.tensor([1.0, 2.0]), torch.tensor([1.5, 4.0]))
    tensor(0.8125)
    """

    def __init__(
        self,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """Half the squared difference where that is below `delta`, a straight line beyond.

    >>> torch.nn.HuberLoss()(torch.tensor([1.0, 2.0]), torch.tensor([1.5, 4.0]))
    tensor(0.8125)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


# -- of classes --------------------------------------------------------------------------------


class NLLLoss(_WeightedLoss):
    """The mean of the negated log-probabilities of the right classes.

    weight: of each class. ignore_index: a target that does not count.

    >>> torch.nn.NLLLoss()(torch.tensor([[-0.5, -1.0], [-2.0, -0.1]]), torch.tensor([0, 1]))
    tensor(0.3000)
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        return F.nll_loss(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class CrossEntropyLoss(_WeightedLoss):
    """The mean of the negated log-probabilities of the right classes, given any scores.

    The input is (batch, classes, *); the target numbers of classes, (batch, *), or probabilities.
    weight: of each class. ignore_index: a target that does not count. label_smoothing: how much of
    each target goes to all classes alike.

    >>> torch.nn.CrossEntropyLoss()(torch.tensor([[1.0, 1.0]]), torch.tensor([1]))
    tensor(0.6931)
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        if self.is_usual():
            return F.cross_entropy(input, target)
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )

    def is_usual(self) -> bool:
        """Whether all settings are the defaults of the function."""
        return (
            self.weight is None
            and self.reduction == "mean"
            and self.ignore_index == -100
            and self.label_smoothing == 0.0
        )


class BCELoss(_WeightedLoss):
    """The binary cross entropy of probabilities, given targets between 0 and 1.

    >>> torch.nn.BCELoss()(torch.tensor([0.5, 0.5]), torch.tensor([0.0, 1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """The binary cross entropy of the sigmoid of any scores, given targets between 0 and 1.

    weight: of each element. pos_weight: of the positive examples of each class.

    >>> torch.nn.BCEWithLogitsLoss()(torch.tensor([0.0, 0.0]), torch.tensor([0.0, 1.0]))
    tensor(0.6931)
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        return F.binary_cross_entropy_with_logits(
            input,
            target,
            self.weight,
            pos_weight=self.pos_weight,
            reduction=self.reduction,
        )


# -- of distributions --------------------------------------------------------------------------


class KLDivLoss(_Loss):
    """The Kullback-Leibler divergence of the target from log-probabilities.

    `reduction="batchmean"` divides by the size of the batch, as the mathematics has it.

    >>> loss = torch.nn.KLDivLoss(reduction="batchmean")
    >>> loss(torch.tensor([[-0.6931, -0.6931]]), torch.tensor([[1.0, 0.0]]))
    tensor(0.6931)
    """

    def __init__(
        self,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(_Loss):
    """The negated log-likelihood of counts, given their expectation or (`log_input`) its logarithm.

    >>> torch.nn.PoissonNLLLoss()(torch.tensor([0.0]), torch.tensor([2.0]))
    tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: Any = None,
        eps: float = 1e-8,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        return F.poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class GaussianNLLLoss(_Loss):
    """The negated log-likelihood of the target, given the mean and variance of its distribution.

    >>> torch.nn.GaussianNLLLoss()(torch.zeros(1), torch.ones(1), torch.ones(1))
    tensor(0.5000)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        return F.gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )


class NLLLoss2d(NLLLoss):
    """`NLLLoss` by its old name."""


class CTCLoss(_Loss):
    """Minus the log-probability of each target, summed over all alignments with its input.

    blank: the class that stands for no label.
    zero_infinity: whether a target that is too long for its input costs 0, not infinity.

    >>> scores = torch.zeros(2, 1, 3).log_softmax(2)
    >>> torch.nn.CTCLoss()(scores, torch.tensor([[1]]), (2,), (1,))
    tensor(1.0986)
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        """A number, or with reduction="none" one for each sequence."""
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction,
            self.zero_infinity,
        )  # fmt: skip
