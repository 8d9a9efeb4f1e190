"""Recurrent layers: RNN, LSTM and GRU over whole sequences, padded or packed.

Every layer in every direction is one recorded call (`ops/recurrent.py`), dropout lies between.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from ..calls import function
from ..errors import ArgumentError, ChoiceError, ShapeError, explain
from ..ops import OPS
from . import init
from .masks import dropout
from .module import Module
from .packing import PackedSequence, Padded
from .parameter import unset

run_layer = function(OPS["recurrent_layer"])
cat = function(OPS["cat"])
stack = function(OPS["stack"])

GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
"""How many numbers a cell of each kind makes for each of its units."""


def run_layers(
    kind: str,
    x: Any,
    hidden: Sequence[Any],
    weights: Sequence[Sequence[Any]],
    bias: bool,
    both: bool,
    sizes: Any,
    share: float,
    training: bool,
    ended: Any = None,
) -> tuple[Any, list[Any]]:
    """What the last layer shows, (time, batch, features) or rows, and the final states.

    `weights` are those of every layer, in each direction if it goes in `both`; `share` of what a
    layer shows the next is dropped. `sizes` and `ended`: see `recurrent_layer`.
    """
    states = [state.unbind(0) for state in hidden]
    last: list[list[Any]] = []
    count = 2 if both else 1
    for below in range(0, len(weights), count):
        shown = []
        for k in range(below, below + count):
            begin = [state[k] for state in states]
            backwards = k % count == 1
            options = (kind, bias, backwards, sizes, ended)
            out, *end = run_layer(x, begin, weights[k], *options)
            shown.append(out)
            last.append(end)
        x = shown[0] if count == 1 else cat(shown, -1)
        if share and below + count < len(weights):
            x = dropout(x, share, training)
    return x, [stack(list(parts)) for parts in zip(*last, strict=True)]


class RNNBase(Module):
    """What recurrent layers share. `mode` is LSTM, GRU, RNN_TANH or RNN_RELU.

    Parameters are named as `weight_ih_l0`, `bias_hh_l1_reverse`, and begin uniform between
    -1/sqrt(hidden_size) and 1/sqrt(hidden_size).
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.check_options(dropout)
        self._all_weights = [
            list(self.new_weights(layer, suffix, device, dtype))
            for layer in range(num_layers)
            for suffix in self.suffixes
        ]
        self.reset_parameters()

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What the names of parameters end with, for each direction."""
        return ("", "_reverse") if self.bidirectional else ("",)

    def check_options(self, dropout: Any) -> None:
        """Raise for settings that make no sense; warn of one that has no effect."""
        name = self._get_name()
        number = isinstance(dropout, numbers.Number) and not isinstance(dropout, bool)
        if not number or not 0 <= dropout <= 1:
            problem = "dropout should be a number in range [0, 1]"
            raise ChoiceError(explain(name, f"{problem}, but got {dropout}"))
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={self.num_layers}",
                stacklevel=4,
            )
        if not isinstance(self.hidden_size, int):
            kind = type(self.hidden_size).__name__
            raise ArgumentError(explain(name, f"hidden_size should be of type int, got: {kind}"))
        for what in ("hidden_size", "num_layers"):
            if getattr(self, what) <= 0:
                raise ChoiceError(explain(name, f"{what} must be greater than zero"))
        if not 0 <= self.proj_size < self.hidden_size:
            problem = "proj_size must be at least 0 and smaller than hidden_size"
            raise ChoiceError(explain(name, f"{problem}, got {self.proj_size}"))

    def new_weights(self, layer: int, suffix: str, device: Any, dtype: Any) -> Iterator[str]:
        """Make the parameters of one layer in one direction; their names."""
        rows = GATES[self.mode] * self.hidden_size
        shown = self.proj_size or self.hidden_size
        below = self.input_size if layer == 0 else shown * len(self.suffixes)
        sizes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, below), "weight_hh": (rows, shown)}
        if self.bias:
            sizes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if self.proj_size:
            sizes["weight_hr"] = (self.proj_size, self.hidden_size)
        for what, size in sizes.items():
            name = f"{what}_l{layer}{suffix}"
            setattr(self, name, unset(*size, device=device, dtype=dtype))
            yield name

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: that is for a library of another device."""

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters of each layer in each direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights(self) -> list[Any]:
        return [weight for weights in self.all_weights for weight in weights]

    def extra_repr(self) -> str:
        """The settings, those as usual left out."""
        words = [f"{self.input_size}, {self.hidden_size}"]
        usual = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
            "bidirectional": False,
        }  # fmt: skip
        for name, value in usual.items():
            if getattr(self, name) != value:
                words.append(f"{name}={getattr(self, name)}")
        return ", ".join(words)

    # -- the layers ----------------------------------------------------------------------------

    def check_forward_args(self, input: Any, hidden: Any, batch_sizes: Any) -> None:
        """Raise unless input and state have the right sizes."""
        name = self._get_name()
        if input.shape[-1] != self.input_size:
            problem = (
                "input.size(-1) must be equal to input_size. "
                f"Expected {self.input_size}, got {input.shape[-1]}"
            )
            raise ShapeError(explain(name, problem, {"input": input._value.spec}))
        batch = max(batch_sizes) if batch_sizes else input.shape[1]
        layers = self.num_layers * len(self.suffixes)
        widths = [self.proj_size or self.hidden_size, self.hidden_size]
        for k, (state, width) in enumerate(zip(hidden, widths, strict=False)):
            expected = (layers, batch, width)
            if tuple(state.shape) != expected:
                which = f"hidden[{k}]" if len(hidden) > 1 else "hidden"
                problem = f"Expected {which} size {expected}, got {list(state.shape)}"
                raise ShapeError(explain(name, problem))

    def run(
        self, x: Any, hidden: Sequence[Any], sizes: Any, ended: Any = None
    ) -> tuple[Any, list[Any]]:
        """What the last layer shows, (time, batch, features) or rows, and the final states."""
        options = (self.bias, self.bidirectional, sizes, self.dropout, self.training, ended)
        return run_layers(self.mode.lower(), x, hidden, self.all_weights, *options)

    def run_any(self, input: Any, hx: Any) -> tuple[Any, list[Any]]:
        """As `run`, for a packed sequence, a batch or one sequence; `hx` is a list, or None."""
        if isinstance(input, PackedSequence):
            return self.run_packed(input, hx)
        ndim = input._value.ndim
        if ndim not in (2, 3):
            problem = f"Expected input to be 2D or 3D, got {ndim}D instead"
            raise ChoiceError(explain(self._get_name(), problem, {"input": input._value.spec}))
        for state in hx or ():
            if state._value.ndim != ndim:
                batched = "batched" if ndim == 3 else "unbatched"
                problem = f"for {batched} {ndim}-D input, hx should also be {ndim}-D but got "
                raise ShapeError(
                    explain(self._get_name(), f"{problem}{state._value.ndim}-D tensor")
                )
        if ndim == 2:
            input = input.unsqueeze(1)
            hx = [state.unsqueeze(1) for state in hx or ()]
        elif self.batch_first:
            input = input.transpose(0, 1)
        hidden = hx or []
        self.check_forward_args(input, hidden, None)
        out, last = self.run(input, hidden, None)
        if ndim == 2:
            return out.squeeze(1), [state.squeeze(1) for state in last]
        return (out.transpose(0, 1) if self.batch_first else out), last

    def run_packed(self, input: Any, hx: Any) -> tuple[Any, list[Any]]:
        """As `run`, for a packed sequence; states are in the order of the batch before packing."""
        padded = input.padded
        if padded is not None and not (self.dropout and self.training):  # which draws for each row
            self.check_forward_args(padded.value, hx or [], None)
            out, last = self.run(padded.value, hx or [], None, padded.mask())
            shown = Padded(out, padded.lengths)
            return PackedSequence.of(shown, *tuple.__getitem__(input, slice(1, None))), last
        data, batch_sizes, order, back = input
        sizes = tuple(batch_sizes.tolist())
        hidden = [s if order is None else s.index_select(1, order) for s in hx or ()]
        self.check_forward_args(data, hidden, sizes)
        out, last = self.run(data, hidden, sizes)
        last = [s if back is None else s.index_select(1, back) for s in last]
        return PackedSequence(out, batch_sizes, order, back), last


class RNN(RNNBase):
    """A simple recurrent network: h <- tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of that.

    Input is (time, batch, features), or (batch, time, features) with `batch_first`, or packed.

    >>> out, h = torch.nn.RNN(10, 20, 2)(torch.ones(5, 3, 10))
    >>> out.shape, h.shape
    (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if "proj_size" in kwargs:
            problem = "proj_size argument is only supported for LSTM, not RNN or GRU"
            raise ChoiceError(explain("RNN", problem))
        if nonlinearity not in ("tanh", "relu"):
            problem = f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            raise ChoiceError(explain("RNN", problem))
        self.__dict__["nonlinearity"] = nonlinearity
        mode = f"RNN_{nonlinearity.upper()}"
        super().__init__(mode, input_size, hidden_size, num_layers, *args, **kwargs)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """What the last layer shows at every step, and the final state of every layer."""
        out, last = self.run_any(input, None if hx is None else [hx])
        return out, last[0]


class LSTM(RNNBase):
    """Long short-term memory: gates decide what is written, kept and shown.

    With `proj_size` what is shown is projected to that size.

    >>> out, (h, c) = torch.nn.LSTM(10, 20, batch_first=True)(torch.ones(3, 5, 10))
    >>> out.shape, c.shape
    (torch.Size([3, 5, 20]), torch.Size([1, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """What the last layer shows at every step, and the final state: shown, and remembered."""
        out, last = self.run_any(input, None if hx is None else list(hx))
        return out, tuple(last)


class GRU(RNNBase):
    """Gated recurrent units: gates decide how much of the state is replaced.

    >>> out, h = torch.nn.GRU(10, 20, bidirectional=True)(torch.ones(5, 3, 10))
    >>> out.shape, h.shape
    (torch.Size([5, 3, 40]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            problem = "proj_size argument is only supported for LSTM, not RNN or GRU"
            raise ChoiceError(explain("GRU", problem))
        super().__init__("GRU", *args, **kwargs)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """What the last layer shows at every step, and the final state of every layer."""
        out, last = self.run_any(input, None if hx is None else [hx])
        return out, last[0]
