"""Layers that find out the size of their input when they are first called.

Until then their parameters have no shape; the first call makes them, and the layer becomes one of
the ordinary kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, patterns
from ..create import checked_dtype, tensor
from ..errors import ChoiceError, ShapeError, explain
from ..tensor import Tensor
from . import batchnorm, conv, linear
from .convert import exchange
from .hooks import Hooks, routes
from .module import Module
from .parameter import Parameter, ParameterType, on_memory


class _Unset:
    """A tensor whose shape is not known yet."""

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary tensor of this shape, the elements yet to be set."""
        kind = self.kind if dtype is None else dtype  # type: ignore[attr-defined]
        exchange(self, patterns.empty(*shape, dtype=kind))
        self.__class__ = self.cls_to_become  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @property
    def shape(self) -> Any:
        """Not known: raises ShapeError."""
        problem = "an uninitialized parameter or buffer has no shape yet"
        hint = "call the module once with an input; then make the optimizer"
        raise ShapeError(explain(type(self).__name__, problem, hint=hint))


class UninitializedParameter(_Unset, Parameter):
    """A parameter whose shape is not known yet."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        """A parameter without elements."""
        kind = checked_dtype(dtype, "UninitializedParameter") or dtypes.default()
        made = on_memory(cls, np.empty(0, kind.numpy), requires_grad)
        made.kind = kind
        return made

    def __deepcopy__(self, memo: Any) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, dtype=self.kind)
        return memo[id(self)]


class UninitializedBuffer(_Unset, Tensor, metaclass=ParameterType):
    """A buffer whose shape is not known yet."""

    cls_to_become = Tensor

    def __new__(cls, requires_grad: bool = False, device: Any = None, dtype: Any = None) -> Any:
        """A buffer without elements."""
        kind = checked_dtype(dtype, "UninitializedBuffer") or dtypes.default()
        made = on_memory(cls, np.empty(0, kind.numpy), requires_grad)
        made.kind = kind
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to be done."""


def is_lazy(param: Any) -> bool:
    """Whether the shape of a parameter is not known yet."""
    return isinstance(param, _Unset)


class LazyModuleMixin:
    """What lazy layers have in common: `sized` says what the input tells, `make` sets it."""

    cls_to_become: Any = None

    def has_uninitialized_params(self: Any) -> bool:
        """Whether the layer has not been called yet."""
        members = [*self._parameters.values(), *self._buffers.values()]
        return any([is_lazy(m) for m in members])

    def initialize_parameters(self: Any, input: Any) -> None:
        """Give the parameters the shapes that `input` asks for, and set them."""
        raise NotImplementedError

    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        """What the ordinary layer, which this one becomes, makes of the input."""
        if self.has_uninitialized_params():
            self.initialize_parameters(*args, **kwargs)
        if self.cls_to_become is not None:
            become(self, self.cls_to_become)
        return self.forward(*args, **kwargs)

    def _load_from_state_dict(self: Any, state_dict: Any, prefix: str, *rest: Any) -> None:
        for name, member in [*self._parameters.items(), *self._buffers.items()]:
            given = state_dict.get(prefix + name)
            # What a file holds of a module that was never called is without elements.
            known = given is not None and not is_lazy(given) and given.shape != (0,)
            if is_lazy(member) and known:
                member.materialize(given.shape)
        super()._load_from_state_dict(state_dict, prefix, *rest)  # type: ignore[misc]


def become(module: Any, kind: Any) -> None:
    """Make `module`, and the hooks it has, of another kind."""
    module.__class__ = kind
    for hooks in module.__dict__.values():
        if isinstance(hooks, Hooks):
            hooks.kind = kind
            if hooks:
                routes.lengthen(hooks)


class LazyLinear(LazyModuleMixin, linear.Linear):
    """A `Linear` that takes the number of its inputs from the first input.

    >>> m = torch.nn.LazyLinear(3)
    >>> m(torch.ones(2, 5)).shape
    torch.Size([2, 3])
    >>> m
    Linear(in_features=5, out_features=3, bias=True)
    """

    cls_to_become = linear.Linear

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        Module.__init__(self)
        self.in_features = 0
        self.out_features = out_features
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        made = UninitializedParameter(device=device, dtype=dtype) if bias else None
        self.register_parameter("bias", made)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once they are there."""
        if not self.has_uninitialized_params() and self.in_features:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """See the class."""
        self.in_features = input.shape[-1]
        self.weight.materialize((self.out_features, self.in_features))
        if self.bias is not None:
            self.bias.materialize((self.out_features,))
        self.reset_parameters()


class _LazyConv(LazyModuleMixin):
    """A convolution that takes the number of its input channels from the first input."""

    cls_to_become: Any = None

    def __init__(self, out_channels: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        names = ("stride", "padding", "dilation", "groups", "bias", "padding_mode")
        if issubclass(self.cls_to_become, conv._ConvTransposeNd):
            names = ("stride", "padding", "output_padding", "groups", "bias", "dilation",
                     "padding_mode")  # fmt: skip
        options = {**dict(zip(names, args, strict=False)), **kwargs}
        bias = options.pop("bias", True)
        kind = {key: options.get(key) for key in ("device", "dtype")}
        super().__init__(0, 0, kernel_size, bias=False, **options)
        self.out_channels = out_channels
        self.weight = UninitializedParameter(**kind)
        if bias:
            self.bias = UninitializedParameter(**kind)

    def reset_parameters(self: Any) -> None:
        """Draw the parameters anew, once they are there."""
        if not self.has_uninitialized_params() and self.in_channels:
            self.cls_to_become.reset_parameters(self)

    def initialize_parameters(self: Any, input: Any, *rest: Any) -> None:
        """See the class."""
        n = self.spatial
        if input._value.ndim not in (n + 1, n + 2):
            problem = f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input"
            got = {"input": input._value.spec}
            raise ShapeError(explain(self._get_name(), problem, got))
        self.in_channels = channels = input.shape[-n - 1]
        if channels % self.groups:
            problem = "in_channels must be divisible by groups"
            raise ChoiceError(explain(self._get_name(), problem))
        sizes = (self.out_channels, channels // self.groups)
        if self.transposed:
            sizes = (channels, self.out_channels // self.groups)
        self.weight.materialize((*sizes, *self.kernel_size))
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()


class LazyConv1d(_LazyConv, conv.Conv1d):
    """A `Conv1d` that takes the number of its input channels from the first input."""

    cls_to_become = conv.Conv1d


class LazyConv2d(_LazyConv, conv.Conv2d):
    """A `Conv2d` that takes the number of its input channels from the first input.

    >>> m = torch.nn.LazyConv2d(4, 3)
    >>> m(torch.ones(2, 3, 8, 8)).shape
    torch.Size([2, 4, 6, 6])
    """

    cls_to_become = conv.Conv2d


class LazyConv3d(_LazyConv, conv.Conv3d):
    """A `Conv3d` that takes the number of its input channels from the first input."""

    cls_to_become = conv.Conv3d


class LazyConvTranspose1d(_LazyConv, conv.ConvTranspose1d):
    """A `ConvTranspose1d` that takes the number of its input channels from the first input."""

    cls_to_become = conv.ConvTranspose1d


class LazyConvTranspose2d(_LazyConv, conv.ConvTranspose2d):
    """A `ConvTranspose2d` that takes the number of its input channels from the first input."""

    cls_to_become = conv.ConvTranspose2d


class LazyConvTranspose3d(_LazyConv, conv.ConvTranspose3d):
    """A `ConvTranspose3d` that takes the number of its input channels from the first input."""

    cls_to_become = conv.ConvTranspose3d


class _LazyNorm(LazyModuleMixin):
    """A normalisation that takes the number of its features from the first input."""

    cls_to_become: Any = None

    def __init__(
        self, eps: float = 1e-5, momentum: Any = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(0, eps, momentum, False, False, device, dtype)
        self.affine = affine
        self.track_running_stats = track_running_stats
        kind = {"device": device, "dtype": dtype}
        if affine:
            self.weight = UninitializedParameter(**kind)
        if affine and bias:
            self.bias = UninitializedParameter(**kind)
        if track_running_stats:
            self.register_buffer("running_mean", UninitializedBuffer(**kind))
            self.register_buffer("running_var", UninitializedBuffer(**kind))
            self.register_buffer("num_batches_tracked", tensor(0, dtype=dtypes.int64))

    def reset_running_stats(self: Any) -> None:
        """Forget all batches, once there is something to forget."""
        if not self.has_uninitialized_params() and self.num_features:
            self.cls_to_become.reset_running_stats(self)

    def reset_parameters(self: Any) -> None:
        """Set the scales to 1 and 0, once they are there."""
        if not self.has_uninitialized_params() and self.num_features:
            self.cls_to_become.reset_parameters(self)

    def initialize_parameters(self: Any, input: Any) -> None:
        """See the class."""
        alone = isinstance(self, batchnorm._InstanceNorm) and input._value.ndim == self.dims[0]
        channel = 0 if alone else 1
        self.num_features = n = input.shape[channel]
        members = [*self._parameters.values(), *self._buffers.values()]
        for member in members:
            if is_lazy(member):
                member.materialize((n,))
        self.reset_parameters()


class LazyBatchNorm1d(_LazyNorm, batchnorm.BatchNorm1d):
    """A `BatchNorm1d` that takes the number of its features from the first input."""

    cls_to_become = batchnorm.BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, batchnorm.BatchNorm2d):
    """A `BatchNorm2d` that takes the number of its features from the first input.

    >>> m = torch.nn.LazyBatchNorm2d()
    >>> m(torch.ones(2, 3, 4, 4)).shape, m.num_features
    (torch.Size([2, 3, 4, 4]), 3)
    """

    cls_to_become = batchnorm.BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, batchnorm.BatchNorm3d):
    """A `BatchNorm3d` that takes the number of its features from the first input."""

    cls_to_become = batchnorm.BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, batchnorm.InstanceNorm1d):
    """An `InstanceNorm1d` that takes the number of its features from the first input."""

    cls_to_become = batchnorm.InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, batchnorm.InstanceNorm2d):
    """An `InstanceNorm2d` that takes the number of its features from the first input."""

    cls_to_become = batchnorm.InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, batchnorm.InstanceNorm3d):
    """An `InstanceNorm3d` that takes the number of its features from the first input."""

    cls_to_become = batchnorm.InstanceNorm3d
