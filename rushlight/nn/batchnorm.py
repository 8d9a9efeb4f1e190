"""Layers that normalise each channel, over the batch or over each sample alone."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import dtypes, patterns
from ..create import tensor
from ..errors import ChoiceError, explain
from ..overwrite import overwrite
from ..runtime.record import realise
from . import functional as F
from . import init
from .module import Module
from .parameter import unset


class _WithStatistics(Module):
    """What BatchNorm and InstanceNorm have in common: scales, and running statistics.

    num_features: the number of channels.
    eps: added to the variance.
    momentum: the share by which running statistics move; None averages all batches.
    affine: whether there are a `weight` and (unless `bias=False`) a `bias` that are learned.
    track_running_stats: whether there are running statistics, which evaluation mode then uses.
    """

    _version = 2
    dims: tuple[int, ...] = ()
    """How many dimensions an input may have."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            scale = unset(num_features, device=device, dtype=dtype) if wanted else None
            self.register_parameter(name, scale)
        if track_running_stats:
            mean = patterns.zeros(num_features, device=device, dtype=dtype)
            var = patterns.ones(num_features, device=device, dtype=dtype)
            count = tensor(0, dtype=dtypes.int64)
        else:
            mean = var = count = None
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("num_batches_tracked", count)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget all batches."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget all batches, and set the scales to 1 and 0."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input: Any) -> None:
        """Raise ChoiceError unless the input has the right number of dimensions."""
        ndim = input._value.ndim
        if ndim not in self.dims:
            wanted = " or ".join([f"{n}D" for n in self.dims])
            problem = f"expected {wanted} input (got {ndim}D input)"
            raise ChoiceError(explain(self._get_name(), problem, {"input": input._value.spec}))

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, *rest: Any
    ) -> None:
        # The first version had no count of batches: such a state dict is complete all the same.
        version = local_metadata.get("version", None)
        key = f"{prefix}num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats:
            count = self.num_batches_tracked
            if key not in state_dict:
                state_dict[key] = tensor(0) if count is None else count
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


class _BatchNorm(_WithStatistics):
    """Normalisation over the batch."""

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        self._check_input_dim(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        mean, var = self.running_mean, self.running_var
        if self.training:
            if not self.track_running_stats:
                mean = var = None
            elif self.num_batches_tracked is not None:
                count = counted(self.num_batches_tracked, self.momentum is None)
                if count is not None and self.momentum is None:
                    momentum = 1.0 / count
        of_batch = self.training or (self.running_mean is None and self.running_var is None)
        return F.batch_norm(input, mean, var, self.weight, self.bias, of_batch, momentum, self.eps)


def counted(count: Any, wanted: bool) -> int | None:
    """The number in a tensor, after it was made one greater: at once, it is not worth recording.

    None if it is not `wanted` and, inside vmap, stands for the numbers of many.
    """
    if count._value.examples and not wanted:
        count.add_(1)
        return None
    array = np.array(realise(count) + 1)
    overwrite(count, array)
    return int(array)


class BatchNorm1d(_BatchNorm):
    """(batch, channels) or (batch, channels, length) with mean 0 and variance 1 in each channel.

    Ioffe and Szegedy, "Batch normalization" (2015).

    >>> m = torch.nn.BatchNorm1d(1, affine=False)
    >>> m(torch.tensor([[1.0], [3.0]]))
    tensor([[-1.0000],
            [ 1.0000]])
    >>> m.running_mean
    tensor([0.2000])
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """(batch, channels, height, width) with mean 0 and variance 1 in each channel.

    >>> torch.nn.BatchNorm2d(3)(torch.rand(2, 3, 4, 4)).shape
    torch.Size([2, 3, 4, 4])
    """

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """(batch, channels, depth, height, width) with mean 0 and variance 1 in each channel.

    >>> torch.nn.BatchNorm3d(3)(torch.rand(2, 3, 4, 4, 4)).shape
    torch.Size([2, 3, 4, 4, 4])
    """

    dims = (5,)


class SyncBatchNorm(_BatchNorm):
    """A BatchNorm of any dimensions; in one process there is nothing to be synchronised."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )
        self.process_group = process_group

    def _check_input_dim(self, input: Any) -> None:
        if input._value.ndim < 2:
            problem = f"expected at least 2D input (got {input._value.ndim}D input)"
            raise ChoiceError(explain("SyncBatchNorm", problem))

    @classmethod
    def convert_sync_batchnorm(cls, module: Any, process_group: Any = None) -> Any:
        """`module` as it is: every BatchNorm sees the whole batch."""
        return module


class _InstanceNorm(_WithStatistics):
    """Normalisation over each sample."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Any) -> Any:
        """A tensor of the same shape."""
        self._check_input_dim(input)
        without_batch = input._value.ndim == self.dims[0]
        channels = input.shape[0 if without_batch else 1]
        if channels != self.num_features:
            self.complain(channels, 0 if without_batch else 1)
        out = F.instance_norm(
            input.unsqueeze(0) if without_batch else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum if self.momentum is not None else 0.0,
            self.eps,
        )
        return out.squeeze(0) if without_batch else out

    def complain(self, channels: int, dim: int) -> None:
        """Raise, or warn if it does no harm, that the input has not `num_features` channels."""
        if self.affine:
            problem = (
                f"expected input's size at dim={dim} to match num_features "
                f"({self.num_features}), but got: {channels}."
            )
            raise ChoiceError(explain(self._get_name(), problem))
        warnings.warn(
            f"input's size at dim={dim} does not match num_features. You can silence this warning "
            "by not passing in num_features, which is not used because affine=False",
            stacklevel=3,
        )

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class InstanceNorm1d(_InstanceNorm):
    """(batch, channels, length) with mean 0 and variance 1 in each channel of each sample.

    >>> torch.nn.InstanceNorm1d(1)(torch.tensor([[[1.0, 3.0]]]))
    tensor([[[-1.0000,  1.0000]]])
    """

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """(batch, channels, height, width) with mean 0 and variance 1 in each channel of each sample.

    >>> torch.nn.InstanceNorm2d(3)(torch.rand(2, 3, 4, 4)).shape
    torch.Size([2, 3, 4, 4])
    """

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """As InstanceNorm2d, for (batch, channels, depth, height, width).

    >>> torch.nn.InstanceNorm3d(3)(torch.rand(2, 3, 4, 4, 4)).shape
    torch.Size([2, 3, 4, 4, 4])
    """

    dims = (4, 5)
