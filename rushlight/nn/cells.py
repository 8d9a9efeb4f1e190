"""Recurrent cells: one step at a time, for loops that programs write themselves."""

from __future__ import annotations

import math
from typing import Any

from ..calls import function
from ..errors import ChoiceError, ShapeError, explain
from ..ops import OPS
from ..patterns import zeros
from . import init
from .module import Module
from .parameter import unset

CELLS = {name: function(OPS[f"{name}_cell"]) for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")}
"""The functions of one step."""


class RNNCellBase(Module):
    """What cells share: weights of input and state, with rows for each of `num_chunks` gates."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = unset(rows, input_size, device=device, dtype=dtype)
        self.weight_hh = unset(rows, hidden_size, device=device, dtype=dtype)
        for name in ("bias_ih", "bias_hh"):
            made = unset(rows, device=device, dtype=dtype) if bias else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        """The settings, those as usual left out."""
        words = [f"{self.input_size}, {self.hidden_size}"]
        if self.bias is not True:
            words.append(f"bias={self.bias}")
        if self.__dict__.get("nonlinearity", "tanh") != "tanh":
            words.append(f"nonlinearity={self.nonlinearity}")
        return ", ".join(words)

    def weights(self) -> tuple[Any, ...]:
        """What a step needs besides input and state."""
        return (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)

    def batched(self, x: Any, what: str) -> Any:
        """`x`, (batch, size), with a batch of one if it had none."""
        ndim = x._value.ndim
        if ndim not in (1, 2):
            problem = f"Expected {what} to be 1D or 2D, got {ndim}D instead"
            raise ChoiceError(explain(self._get_name(), problem))
        return x if ndim == 2 else x.unsqueeze(0)

    def states(self, input: Any, given: Any, count: int) -> list[Any]:
        """The states, in batches, that were given; zeros if there are none."""
        if given is None:
            n = input.shape[0] if input._value.ndim == 2 else 1
            zero = zeros(n, self.hidden_size, dtype=input.dtype)
            return [zero] * count
        found = [self.batched(state, "hidden") for state in given]
        for k, state in enumerate(found):
            if state.shape[-1] != self.hidden_size:
                problem = (
                    f"hidden{k} has inconsistent hidden_size: got {state.shape[-1]}, "
                    f"expected {self.hidden_size}"
                )
                raise ShapeError(explain(self._get_name(), problem))
        return found


class RNNCell(RNNCellBase):
    """tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of that: one step of `RNN`.

    >>> torch.nn.RNNCell(10, 20)(torch.ones(3, 10)).shape
    torch.Size([3, 20])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next state, (batch, hidden_size)."""
        if self.nonlinearity not in ("tanh", "relu"):
            problem = f"Unknown nonlinearity: {self.nonlinearity}"
            raise ShapeError(explain("RNNCell", problem, hint="'tanh' or 'relu'"))
        x = self.batched(input, "input")
        (h,) = self.states(input, None if hx is None else [hx], 1)
        h = CELLS[f"rnn_{self.nonlinearity}"](x, h, *self.weights())
        return h if x is input else h.squeeze(0)


class LSTMCell(RNNCellBase):
    """One step of `LSTM`: takes and gives what is shown and what is remembered.

    >>> h, c = torch.nn.LSTMCell(10, 20)(torch.ones(3, 10))
    >>> h.shape, c.shape
    (torch.Size([3, 20]), torch.Size([3, 20]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next state: shown and remembered, each (batch, hidden_size)."""
        x = self.batched(input, "input")
        state = self.states(input, hx, 2)
        h, c = CELLS["lstm"](x, state, *self.weights())
        return (h, c) if x is input else (h.squeeze(0), c.squeeze(0))


class GRUCell(RNNCellBase):
    """One step of `GRU`.

    >>> torch.nn.GRUCell(10, 20)(torch.ones(3, 10)).shape
    torch.Size([3, 20])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next state, (batch, hidden_size)."""
        x = self.batched(input, "input")
        (h,) = self.states(input, None if hx is None else [hx], 1)
        h = CELLS["gru"](x, h, *self.weights())
        return h if x is input else h.squeeze(0)
