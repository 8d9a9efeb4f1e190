"""Ways to set the elements of a tensor before training. All of them change it, and return it.

The random ones draw the words of PyTorch's generator in PyTorch's order, so from one seed come the
same numbers, bit for bit (`orthogonal_` up to rounding).
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import bfloat, random
from ..errors import ChoiceError, explain
from ..modes import no_grad
from ..overwrite import overwrite
from ..patterns import room_like
from ..runtime.absent import is_absent
from ..runtime.record import realise

GAINS = {
    "linear": 1, "conv1d": 1, "conv2d": 1, "conv3d": 1, "conv_transpose1d": 1,
    "conv_transpose2d": 1, "conv_transpose3d": 1, "sigmoid": 1, "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0), "selu": 3.0 / 4,
}  # fmt: skip
"""By how much to scale the weights before a non-linear function, so that variance is kept."""


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which to scale weights before `nonlinearity`; `param` is leaky_relu's slope.

    >>> torch.nn.init.calculate_gain("leaky_relu", 0.2)
    1.3867504905630728
    """
    if nonlinearity in GAINS:
        return GAINS[nonlinearity]
    if nonlinearity != "leaky_relu":
        problem = f"Unsupported nonlinearity {nonlinearity}"
        raise ChoiceError(explain("calculate_gain", problem, hint=f"one of {', '.join(GAINS)}"))
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, int | float):
        raise ChoiceError(explain("calculate_gain", f"negative_slope {param} not a valid number"))
    return math.sqrt(2.0 / (1 + slope**2))


# -- numbers -----------------------------------------------------------------------------------


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """`tensor`, refilled uniformly from [a, b).

    >>> bool((torch.nn.init.uniform_(torch.empty(9), 2.0, 3.0) >= 2).all())
    True
    """
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """`tensor`, refilled with normal numbers."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def constant_(tensor: Any, val: float) -> Any:
    """`tensor` with every element `val`.

    >>> torch.nn.init.constant_(torch.empty(2), 0.3)
    tensor([0.3000, 0.3000])
    """
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Any) -> Any:
    """`tensor` with every element 1."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Any) -> Any:
    """`tensor` with every element 0."""
    return constant_(tensor, 0.0)


def eye_(tensor: Any) -> Any:
    """`tensor`, a matrix, as the identity.

    >>> torch.nn.init.eye_(torch.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ChoiceError(explain("eye_", "Only tensors with 2 dimensions are supported"))
    array = np.eye(*tensor.shape)
    return written(tensor, array)


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """`tensor`, the weight of a convolution of `groups`, so that it hands its input through."""
    shape = tuple(tensor.shape)
    if len(shape) not in (3, 4, 5):
        problem = "Only tensors with 3, 4, or 5 dimensions are supported"
        raise ChoiceError(explain("dirac_", problem))
    if shape[0] % groups:
        raise ChoiceError(explain("dirac_", "dim 0 must be divisible by groups"))
    array = np.zeros(shape)
    group = shape[0] // groups
    centre = tuple([n // 2 for n in shape[2:]])
    for k in range(groups):
        for d in range(min(group, shape[1])):
            array[(k * group + d, d, *centre)] = 1
    return written(tensor, array)


def written(tensor: Any, array: Any) -> Any:
    """`tensor`, with the elements of `array`, whose memory nothing else uses."""
    if is_absent(tensor):
        return tensor
    room = room_like(tensor)
    room[...] = tensor._value.dtype.array(array)
    with no_grad():
        return overwrite(tensor, room)


# -- scaled to what a layer is connected to ----------------------------------------------------


def _calculate_fan_in_and_fan_out(tensor: Any) -> tuple[int, int]:
    """How many inputs an output of a layer with this weight has, and how many outputs an input."""
    shape = tuple(tensor.shape)
    if len(shape) < 2:
        problem = "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        raise ChoiceError(explain("init", problem, {"the tensor": tensor._value.spec}))
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def _calculate_correct_fan(tensor: Any, mode: str) -> int:
    """The one of the two that `mode` names."""
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        problem = f"Mode {mode.lower()} not supported, please use one of {modes}"
        raise ChoiceError(explain("init", problem))
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """`tensor`, uniform with variance `gain**2 * 2 / (fan_in + fan_out)`.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks"
    (2010).
    """
    bound = math.sqrt(3.0) * xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """`tensor`, normal with variance `gain**2 * 2 / (fan_in + fan_out)`."""
    return normal_(tensor, 0.0, xavier_std(tensor, gain), generator)


def xavier_std(tensor: Any, gain: float) -> float:
    """The standard deviation that keeps variance both forwards and backwards."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


def kaiming_uniform_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Any:
    """`tensor`, uniform with variance `gain**2 / fan`, for layers before `nonlinearity`.

    He et al., "Delving deep into rectifiers" (2015). `a` is the slope of a leaky_relu.

    >>> w = torch.nn.init.kaiming_uniform_(torch.empty(3, 6), nonlinearity="relu")
    >>> bool((w.abs() <= 1).all())
    True
    """
    if is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Any:
    """`tensor`, normal with variance `gain**2 / fan`, for layers before `nonlinearity`."""
    if is_empty(tensor):
        return tensor
    return normal_(tensor, 0, kaiming_std(tensor, a, mode, nonlinearity), generator)


def kaiming_std(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    """The standard deviation that keeps variance in one direction."""
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def is_empty(tensor: Any) -> bool:
    """Whether there is nothing to set; warns then."""
    empty = 0 in tensor.shape
    if empty:
        warnings.warn("Initializing zero-element tensors is a no-op", UserWarning, stacklevel=3)
    return empty


# -- other distributions -----------------------------------------------------------------------


def trunc_normal_(
    tensor: Any,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Any:
    """`tensor`, refilled with normal numbers between `a` and `b`; others are drawn again.

    >>> w = torch.nn.init.trunc_normal_(torch.empty(100), std=3.0)
    >>> bool((w.abs() <= 2).all())
    True
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    if is_absent(tensor):
        return tensor
    low, high = [math.erf((bound - mean) / std / math.sqrt(2)) / 2 for bound in (a, b)]
    if high - low > 0.3:
        array = drawn(tensor, random.draw_normal(mean, std), generator)
        kind = array.dtype.type
        while (outside := (array < kind(a)) | (array > kind(b))).any():
            again = drawn(tensor, random.draw_normal(mean, std), generator)
            np.copyto(array, again, where=outside)
    else:
        array = from_tail(tensor, mean, std, a, b, generator)
    return written(tensor, array)


def drawn(tensor: Any, draw: random.Draw, generator: Any) -> Any:
    """A new array like `tensor`, refilled by `draw`."""
    return bfloat.values(random.filled(room_like(tensor), generator, draw))


def from_tail(tensor: Any, mean: float, std: float, a: float, b: float, generator: Any) -> Any:
    """Normal numbers between bounds that few normal numbers lie between, by rejection.

    A uniform number is kept with a probability in proportion to the density there.
    """
    peak = -(((min(max(mean, a), b) - mean) / std) ** 2) / 2

    def rejected(array: Any) -> Any:
        kind = array.dtype.type
        deviation = (array - kind(mean)) / kind(std)
        height = deviation * deviation * kind(-0.5) - kind(peak)
        chance = drawn(tensor, random.draw_uniform(0.0, 1.0), generator)
        with np.errstate(divide="ignore"):
            return np.log(chance.astype(np.float64)).astype(kind) > height

    array = drawn(tensor, random.draw_uniform(a, b), generator)
    pending = rejected(array)
    while pending.any():
        again = drawn(tensor, random.draw_uniform(a, b), generator)
        np.copyto(array, again, where=pending)
        pending &= rejected(again)
    return array


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    """`tensor`, whose rows (or columns, if they are fewer) are made orthogonal, of length `gain`.

    Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks" (2013).

    >>> w = torch.nn.init.orthogonal_(torch.empty(2, 3))
    >>> torch.allclose(w @ w.T, torch.eye(2), atol=1e-6)
    True
    """
    if tensor.ndim < 2:
        problem = "Only tensors with 2 or more dimensions are supported"
        raise ChoiceError(explain("orthogonal_", problem))
    if tensor.numel() == 0 or is_absent(tensor):
        return tensor
    shape = tuple(tensor.shape)
    flat = np.empty((shape[0], tensor.numel() // shape[0]), tensor.dtype.numpy)
    flat = bfloat.values(random.filled(flat, generator, random.draw_normal(0.0, 1.0)))
    wide = flat.shape[0] < flat.shape[1]
    q, r = np.linalg.qr(flat.T if wide else flat)
    q *= np.sign(np.diagonal(r))
    array = (q.T if wide else q).reshape(shape) * q.dtype.type(gain)
    return written(tensor, array)


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """`tensor`, a matrix, normal, with the fraction `sparsity` of each column 0.

    Martens, "Deep learning via Hessian-free optimization" (2010).
    """
    if tensor.ndim != 2:
        raise ChoiceError(explain("sparse_", "Only tensors with 2 dimensions are supported"))
    if is_absent(tensor):
        return tensor
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    array = drawn(tensor, random.draw_normal(0, std), generator)
    for k in range(columns):
        array[realise(random.randperm(rows))[:zeros], k] = 0
    return written(tensor, array)


# -- names of old ------------------------------------------------------------------------------


def deprecated(new: Callable[..., Any]) -> Callable[..., Any]:
    """A function that does what `new` does, but warns that it is to be called by its new name."""
    old = new.__name__.removesuffix("_")

    @functools.wraps(new)
    def call(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(
            f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new.__name__}`.",
            FutureWarning,
            stacklevel=2,
        )
        return new(*args, **kwargs)

    call.__doc__ = f"As `{new.__name__}`, by its old name."
    call.__name__ = old
    return call


uniform = deprecated(uniform_)
normal = deprecated(normal_)
constant = deprecated(constant_)
eye = deprecated(eye_)
dirac = deprecated(dirac_)
xavier_uniform = deprecated(xavier_uniform_)
xavier_normal = deprecated(xavier_normal_)
kaiming_uniform = deprecated(kaiming_uniform_)
kaiming_normal = deprecated(kaiming_normal_)
orthogonal = deprecated(orthogonal_)
sparse = deprecated(sparse_)
