"""Layers as functions of `torch` itself: those of `nn.functional`, with arguments in another order.

PyTorch's layers call these; programs that were written for its inside do so too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..calls import function
from ..ops import OPS
from ..public import public
from ..runtime.entry import Handle
from ..runtime.record import realise, wrap
from . import functional as F
from .bags import embedding_bag as bag_of
from .bags import places_of
from .lookups import embedding as rows_of
from .lookups import shorten
from .masks import alpha_dropout as drop_alpha
from .masks import dropout as drop
from .masks import feature_alpha_dropout as drop_alpha_features
from .masks import feature_dropout as drop_features
from .recurrent import run_layers
from .running import batch_norm as norm_batch
from .running import instance_norm as norm_instance

conv = {n: function(OPS[f"conv{n}d"]) for n in (1, 2, 3)}
conv_transpose = {n: function(OPS[f"conv_transpose{n}d"]) for n in (1, 2, 3)}
sample_grid = function(OPS["grid_sample"])

# -- what is dropped ---------------------------------------------------------------------------


@public()
def dropout(input: Any, p: float, train: bool) -> Any:
    """`input` with each element 0 with probability `p`, else scaled, if `train`.

    >>> torch.dropout(torch.ones(3), 0.5, False)
    tensor([1., 1., 1.])
    """
    return drop(input, p, train)


@public()
def dropout_(input: Any, p: float, train: bool) -> Any:
    """`input` itself, after `dropout`."""
    return drop(input, p, train, True)


@public()
def feature_dropout(input: Any, p: float, train: bool) -> Any:
    """`input`, (batch, channels, ...), with whole channels dropped, if `train`."""
    return drop_features(input, p, train)


@public()
def feature_dropout_(input: Any, p: float, train: bool) -> Any:
    """`input` itself, after `feature_dropout`."""
    return drop_features(input, p, train, True)


@public()
def alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """`input` with elements dropped such that mean 0 and variance 1 are kept, if `train`."""
    return drop_alpha(input, p, train)


@public()
def alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """`input` itself, after `alpha_dropout`."""
    return drop_alpha(input, p, train, True)


@public()
def feature_alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """As `alpha_dropout`, of whole channels."""
    return drop_alpha_features(input, p, train)


@public()
def feature_alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """`input` itself, after `feature_alpha_dropout`."""
    return drop_alpha_features(input, p, train, True)


@public()
def rrelu_(
    input: Any,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: Any = None,
) -> Any:
    """`input` itself, after `nn.functional.rrelu`."""
    return F.rrelu(input, lower, upper, training, True)


for _name in ("celu_", "selu_", "threshold_"):
    public(name=_name)(getattr(F, _name))

# -- what is normalised ------------------------------------------------------------------------


@public()
def batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Any:
    """`input`, (batch, channels, *), with mean 0 and variance 1 in each channel.

    >>> x = torch.tensor([[1.0], [3.0]])
    >>> torch.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    return norm_batch(input, running_mean, running_var, weight, bias, training, momentum, eps)


@public()
def instance_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Any:
    """`input`, (batch, channels, *), with mean 0 and variance 1 in each channel of each sample."""
    args = (input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)
    return norm_instance(*args)


# -- rows of tables ----------------------------------------------------------------------------


@public()
def embedding(
    weight: Any,
    indices: Any,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of `weight` whose numbers are in `indices`. Row `padding_idx` gets no gradient.

    >>> torch.embedding(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1]))
    tensor([[3., 4.]])
    """
    padding = None if padding_idx < 0 else padding_idx
    return rows_of(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq)


@public()
def embedding_renorm_(input: Any, indices: Any, max_norm: float, norm_type: float) -> Any:
    """`input` itself, after those of its rows in `indices` that are too long were shortened."""
    shorten(input, realise(indices), max_norm, norm_type)
    return input


MODES = ("sum", "mean", "max")


@public()
def embedding_bag(
    weight: Any,
    indices: Any,
    offsets: Any,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Any, ...]:
    """The sum, mean or maximum (`mode` 0, 1 or 2) of each bag of rows, and three facts about bags.

    These are the bag of every number, and, where the mode asks for them, how many count in each
    bag and the row that each maximum is from.

    >>> torch.embedding_bag(torch.ones(3, 2), torch.tensor([0, 1, 2]), torch.tensor([0, 2]))[0]
    tensor([[2., 2.],
            [1., 1.]])
    """
    options: dict[str, Any] = {
        "scale_grad_by_freq": scale_grad_by_freq, "mode": MODES[mode], "padding_idx": padding_idx,
        "per_sample_weights": per_sample_weights, "include_last_offset": include_last_offset,
    }  # fmt: skip
    out = bag_of(indices, weight, offsets, **options)
    numbers = realise(indices)
    places, kept = places_of(numbers, realise(offsets), include_last_offset)
    owner = np.repeat(np.arange(len(kept)), kept.sum(1))
    rows = numbers[places] if numbers.size else np.zeros(places.shape, np.int64)
    if padding_idx is not None:
        kept = kept & (rows != padding_idx % weight.shape[0])
    counts = kept.sum(1) if mode else np.zeros(len(kept), np.int64)
    best = counts
    if mode == 2:
        values = np.where(kept[..., None], realise(weight)[rows], -np.inf)
        best = np.where(counts[:, None], np.take_along_axis(rows, values.argmax(1), 1), 0)
    elif not mode and padding_idx is None:
        owner = owner[:0]
    return out, wrap(owner), wrap(counts), wrap(best.copy())


# -- windows -----------------------------------------------------------------------------------


@public()
def convolution(
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
) -> Any:
    """A convolution of one, two or three dimensions, or one that is `transposed`."""
    n = weight.ndim - 2
    if transposed:
        layout = (stride, padding, output_padding, groups, dilation)
        return conv_transpose[n](input, weight, bias, *layout)
    return conv[n](input, weight, bias, stride, padding, dilation, groups)


@public()
def max_pool1d_with_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = (),
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Any, Any]:
    """The largest element of each window of a signal, and where it is."""
    layout = (kernel_size, stride or None, padding, dilation, ceil_mode)
    found: tuple[Any, Any] = F.max_pool1d(input, *layout, return_indices=True)
    return found


@public()
def adaptive_max_pool1d(input: Any, output_size: Any) -> tuple[Any, Any]:
    """The largest elements of `output_size` equal parts of a signal, and where they are."""
    found: tuple[Any, Any] = F.adaptive_max_pool1d(input, output_size, return_indices=True)
    return found


WAYS = ("bilinear", "nearest", "bicubic")
EDGES = ("zeros", "border", "reflection")


@public()
def grid_sampler(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Any:
    """Images, or volumes, sampled at the places of `grid`: see `nn.functional.grid_sample`.

    interpolation_mode: 0, 1 or 2 for bilinear, nearest or bicubic.
    padding_mode: 0, 1 or 2 for zeros, the border or reflections beyond the edges.
    """
    return sample_grid(input, grid, WAYS[interpolation_mode], EDGES[padding_mode], align_corners)


public(name="grid_sampler_2d")(grid_sampler)
public(name="grid_sampler_3d")(grid_sampler)

# -- sequences ---------------------------------------------------------------------------------


def run(kind: str, data: Any, second: Any, third: Any, rest: Sequence[Any]) -> tuple[Any, ...]:
    """What the last layer shows and the states in which all layers end.

    The arguments are (input, state, parameters, ...), the last whether the batch comes first, or,
    for a packed sequence, (data, batch sizes, state, parameters, ...).
    """
    packed = isinstance(second, Handle) and not second._value.dtype.is_floating_point
    sizes = tuple(second.tolist()) if packed else None
    state, params, *options = (third, *rest) if packed else (second, third, *rest)
    biases, layers, share, train, both = options[:5]
    first = not packed and options[5]
    per = len(params) // (layers * (2 if both else 1))
    weights = [params[k : k + per] for k in range(0, len(params), per)]
    hidden = list(state) if kind == "lstm" else [state]
    x = data.transpose(0, 1) if first else data
    out, last = run_layers(kind, x, hidden, weights, biases, both, sizes, share, train)
    return (out.transpose(0, 1) if first else out), *last


@public()
def lstm(input: Any, hx: Any, params: Any, *options: Any) -> tuple[Any, Any, Any]:
    """A long short-term memory: what it shows, and the states, shown and remembered, at the end.

    options: has_biases, num_layers, dropout, train, bidirectional, batch_first. For a packed
    sequence the arguments begin with its data and its batch sizes, and there is no batch_first.
    """
    out, h, c = run("lstm", input, hx, params, options)
    return out, h, c


@public()
def gru(input: Any, hx: Any, params: Any, *options: Any) -> tuple[Any, Any]:
    """Gated recurrent units: what they show and the state at the end; arguments as `lstm`'s."""
    out, h = run("gru", input, hx, params, options)
    return out, h


@public()
def rnn_tanh(input: Any, hx: Any, params: Any, *options: Any) -> tuple[Any, Any]:
    """A recurrent network of tanh: what it shows and its last state; arguments as `lstm`'s."""
    out, h = run("rnn_tanh", input, hx, params, options)
    return out, h


@public()
def rnn_relu(input: Any, hx: Any, params: Any, *options: Any) -> tuple[Any, Any]:
    """As `rnn_tanh`, with relu."""
    out, h = run("rnn_relu", input, hx, params, options)
    return out, h
