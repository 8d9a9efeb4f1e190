"""Losses for very many classes: a linear layer and what is made of its scores, in one."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..calls import function
from ..errors import ChoiceError, ShapeError, explain
from ..ops import OPS
from ..patterns import zeros
from ..runtime.record import realise
from . import functional as F
from .containers import ModuleList, Sequential
from .linear import Linear
from .losses import _WeightedLoss
from .module import Module

cat = function(OPS["cat"])
argmax = function(OPS["argmax"])

Result = namedtuple("ASMoutput", "output loss")
Result.__name__ = Result.__qualname__ = "_ASMoutput"


@dataclass(frozen=True)
class LinearCrossEntropyOptions:
    """How `linear_cross_entropy` is to save memory: accepted, and not needed."""

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None

    def __post_init__(self) -> None:
        size = self.batch_chunk_size
        if size is not None and (not isinstance(size, int) or size <= 0):
            problem = f"batch_chunk_size must be positive int or None, got {size}"
        elif self.acc_policy not in ("accurate", "balanced", "compact", "auto"):
            problem = f"invalid acc_policy: {self.acc_policy!r}"
        elif self.acc_dtype is not None and not self.acc_dtype.is_floating_point:
            problem = f"acc_dtype must be a dtype of fractions or None, got {self.acc_dtype}"
        else:
            return
        raise ChoiceError(explain("LinearCrossEntropyOptions", problem))


class AdaptiveLogSoftmaxWithLoss(Module):
    """The log-probability of the right one of `n_classes`, rarer classes with a smaller layer.

    Classes, the most frequent first, are cut into clusters at `cutoffs`; the layer of each cluster
    is `div_value` times narrower than that before it. Grave et al., "Efficient softmax
    approximation for GPUs" (2017).

    >>> m = torch.nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], div_value=2.0)
    >>> m(torch.ones(3, 8), torch.tensor([1, 7, 19])).output.shape
    torch.Size([3])
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        increasing = cutoffs == sorted(set(cutoffs)) and all([int(c) == c for c in cutoffs])
        if not cutoffs or not increasing or cutoffs[0] <= 0 or cutoffs[-1] > n_classes - 1:
            problem = (
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
                "order, where each value is between 1 and n_classes-1"
            )
            raise ChoiceError(explain("AdaptiveLogSoftmaxWithLoss", problem))
        kind = {"device": device, "dtype": dtype}
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, **kind)
        self.tail = ModuleList()
        for k in range(self.n_clusters):
            narrow = int(in_features // div_value ** (k + 1))
            size = self.cutoffs[k + 1] - self.cutoffs[k]
            first = Linear(in_features, narrow, bias=False, **kind)
            self.tail.append(Sequential(first, Linear(narrow, size, bias=False, **kind)))

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        self.head.reset_parameters()
        for first, second in self.tail:
            first.reset_parameters()
            second.reset_parameters()

    def forward(self, input: Any, target: Any) -> Any:
        """The log-probability of each target, and minus their mean."""
        self.check(input, target)
        batched = target._value.ndim > 0
        rows, wanted = (input, target) if batched else (input.unsqueeze(0), target.unsqueeze(0))
        numbers = realise(wanted)
        if numbers.size and (numbers.min() < 0 or numbers.max() >= self.n_classes):
            problem = f"Target values should be in [0, {self.n_classes - 1}]"
            raise ShapeError(explain("AdaptiveLogSoftmaxWithLoss", problem))
        head = F.log_softmax(self.head(rows), dim=1)
        # In the head a rare class stands for its cluster, which adds what it says of the class.
        in_head = wanted.clone()
        extra = zeros(numbers.shape[0], dtype=head.dtype)
        for k in range(self.n_clusters):
            low, high = self.cutoffs[k], self.cutoffs[k + 1]
            here = (wanted >= low).logical_and(wanted < high)
            places = here.nonzero().squeeze(1)
            if places.numel():
                inner = F.log_softmax(self.tail[k](rows.index_select(0, places)), dim=1)
                relative = wanted.index_select(0, places) - low
                found = inner.gather(1, relative.unsqueeze(1)).squeeze(1)
                extra = extra.index_copy(0, places, found)
                in_head = in_head.masked_fill(here, self.shortlist_size + k)
        output = head.gather(1, in_head.unsqueeze(1)).squeeze(1) + extra
        loss = (-output).mean()
        return Result(output if batched else output.squeeze(0), loss)

    def check(self, input: Any, target: Any) -> None:
        """Raise unless input and target fit together."""
        problem = ""
        if target._value.ndim > 1:
            problem = "0D or 1D target tensor expected, multi-target not supported"
        elif input._value.ndim != target._value.ndim + 1:
            problem = f"expected a {target._value.ndim + 1}D input"
        elif target._value.ndim and input.shape[0] != target.shape[0]:
            problem = "Input and target should have the same size in the batch dimension."
        if problem:
            got = {"input": input._value.spec, "target": target._value.spec}
            raise ShapeError(explain("AdaptiveLogSoftmaxWithLoss", problem, got))

    def log_prob(self, input: Any) -> Any:
        """The log-probabilities of all classes, (batch, n_classes)."""
        head = F.log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for k, layers in enumerate(self.tail):
            cluster = head[:, self.shortlist_size + k].unsqueeze(1)
            parts.append(F.log_softmax(layers(input), dim=1) + cluster)
        return cat(parts, 1)

    def predict(self, input: Any) -> Any:
        """The most probable class of each row."""
        return argmax(self.log_prob(input), 1)


class LinearCrossEntropyLoss(_WeightedLoss):
    """A linear layer and the cross entropy of what it makes, (in_features) to `num_classes`.

    With `out_features` there is a score for each class at each place of that shape. `options`,
    which say how to save memory, are accepted and not needed.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Any = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: Any = None,
    ) -> None:
        super().__init__(weight=weight, reduction=reduction)
        self.num_classes = num_classes
        self.out_features = tuple(out_features)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        rows = math.prod(self.out_features, start=num_classes)
        self.linear = Linear(in_features, rows, bias=bias, device=device, dtype=dtype)
        self.options = options

    def forward(self, input: Any, target: Any) -> Any:
        """A number, or with reduction="none" a tensor."""
        places = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return F.linear_cross_entropy(
            input, self.linear.weight.reshape(*places, self.linear.in_features), target,
            linear_bias=None if bias is None else bias.reshape(places), weight=self.weight,
            reduction=self.reduction, ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing, options=self.options,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The settings."""
        words = {
            "in_features": self.linear.in_features, "num_classes": self.num_classes,
            "out_features": self.out_features, "bias": self.linear.bias is not None,
            "reduction": self.reduction, "ignore_index": self.ignore_index,
            "label_smoothing": self.label_smoothing, "options": self.options,
        }  # fmt: skip
        return ", ".join([f"{key}={value}" for key, value in words.items()])
