"""Random numbers whose parameters are tensors: Poisson, binomial, gamma, Dirichlet.

They are drawn at once, since how many words of the stream they take depends on the parameters. Of
gamma and Dirichlet numbers there is a derivative by their parameters, which is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import dtypes, ops, rng
from .calls import function
from .chance import for_each
from .errors import ChoiceError, MissingError, ShapeError, explain
from .generator import LOCK, Generator, twister_of
from .graph import Node, Spec
from .ops import OPS
from .ops.samples import floats
from .ops.table import Kind, Tensor, primitive
from .public import public
from .runtime.record import realise, wrap

__all__: list[str] = []


class KindError(MissingError, RuntimeError):
    """A dtype for which there are no such numbers."""


def values_of(x: Any, op: str, halves: bool = False) -> Any:
    """The array of a parameter, laid out row by row."""
    dtype = x._value.dtype
    if not dtype.is_floating_point or (dtype.itemsize < 4 and not halves):
        hint = "convert them: x.float()"
        raise KindError(explain(op, f"not implemented for {dtype.name}", hint=hint))
    return np.asarray(realise(x), order="C")  # of no dimension too


def require(all_right: Any, op: str, problem: str) -> None:
    """Raise unless all elements are right."""
    if not np.all(all_right):
        raise ShapeError(explain(op, problem))


def drawn(op: str, draw: Callable[..., Any], generator: Generator | None, *parameters: Any) -> Any:
    """A tensor of numbers that `draw` makes with arrays of equal shape."""

    def make(shape: tuple[int, ...]) -> Any:
        wide = [np.asarray(np.broadcast_to(x, shape), order="C") for x in parameters]
        with LOCK:
            return wrap(np.asarray(draw(twister_of(generator), *wide)))

    return for_each(op, np.broadcast_shapes(*[x.shape for x in parameters]), make)


# -- the history of what is drawn --------------------------------------------------------------


@primitive(
    Kind.CONTROL,
    numpy=lambda x, new: new,
    passes=1,
    grad_name="PoissonBackward0",
)
def poisson_of(input: Tensor, drawn: Tensor) -> Spec:
    """`drawn`, whose derivative by the rates `input` is 0."""
    return drawn.spec


@poisson_of.vjp
def _(g: Node, out: Node, input: Node, drawn: Node) -> tuple[Node, None]:
    return g * 0, None


@primitive(
    Kind.CONTROL,
    numpy=lambda x, new: new,
    passes=1,
    grad_name="StandardGammaBackward0",
)
def gamma_of(input: Tensor, drawn: Tensor) -> Spec:
    """`drawn`, gamma numbers of the shapes `input`."""
    return drawn.spec


@gamma_of.vjp
def _(g: Node, out: Node, input: Node, drawn: Node) -> tuple[Node, None]:
    return g * ops.standard_gamma_grad(input, drawn), None


@primitive(
    Kind.CONTROL,
    numpy=lambda x, new: new,
    passes=1,
    grad_name="_DirichletBackward",
)
def dirichlet_of(input: Tensor, drawn: Tensor) -> Spec:
    """`drawn`, shares of the concentrations `input`."""
    return drawn.spec


@dirichlet_of.vjp
def _(g: Node, out: Node, input: Node, drawn: Node) -> tuple[Node, None]:
    total = ops.sum(input, -1, keepdim=True)
    slope = ops.dirichlet_grad(drawn, input, total)
    # One share grows at the cost of the others, in proportion.
    return slope * (g - ops.sum(drawn * g, -1, keepdim=True)), None


@poisson_of.samples
@gamma_of.samples
def _() -> Iterator[Any]:
    yield floats(4, low=0.5, high=4), floats(4, low=0.5, high=4, seed=1)


@dirichlet_of.samples
def _() -> Iterator[Any]:
    shares = floats(2, 3, low=0.1, high=1, seed=1)
    yield floats(2, 3, low=0.5, high=4), shares / shares.sum(-1, keepdims=True)


with_rates = function(poisson_of)
with_shapes = function(gamma_of)
with_concentrations = function(dirichlet_of)


# -- drawing -----------------------------------------------------------------------------------


@public()
def poisson(input: Any, generator: Generator | None = None) -> Any:
    """Counts of which `input` says how many are to be expected.

    >>> torch.poisson(torch.tensor([1.0, 20.0])).shape
    torch.Size([2])
    """
    if input._value.dtype is dtypes.bfloat16:
        return poisson(input.to(dtypes.float32), generator).to(dtypes.bfloat16)
    rate = values_of(input, "poisson", halves=True)
    problem = "invalid Poisson rate, expected rate to be non-negative"
    require((rate >= 0) & np.isfinite(rate), "poisson", problem)
    return with_rates(input, drawn("poisson", rng.poisson, generator, rate))


@public()
def binomial(count: Any, prob: Any, generator: Generator | None = None) -> Any:
    """How many of `count` trials succeed, each with probability `prob`.

    >>> torch.binomial(torch.full((2,), 10.0), torch.tensor([0.0, 1.0]))
    tensor([ 0., 10.])
    """
    for name, x in (("count", count), ("prob", prob)):
        if not x._value.dtype.is_floating_point:
            problem = f"binomial only supports floating-point dtypes for {name}, "
            problem += f"got: {x._value.dtype.name}"
            raise ChoiceError(explain("binomial", problem, hint=f"convert it: {name}.float()"))
    if count._value.dtype is not prob._value.dtype:
        problem = f"count is {count._value.dtype.name} and prob {prob._value.dtype.name}"
        raise ShapeError(explain("binomial", problem, hint="give both the same dtype"))
    trials, p = values_of(count, "binomial"), values_of(prob, "binomial")
    require(np.isfinite(trials), "binomial", "expects finite counts")
    return drawn("binomial", rng.binomial, generator, trials, p)


@public()
def _standard_gamma(self: Any, generator: Generator | None = None) -> Any:
    """Gamma numbers of rate 1 with the shape parameters in `self`."""
    return with_shapes(self, gamma_numbers(self, "_standard_gamma", rng.gamma, generator))


@public()
def _sample_dirichlet(self: Any, generator: Generator | None = None) -> Any:
    """Shares along the last dimension, drawn with the concentrations in `self`."""
    return with_concentrations(
        self, gamma_numbers(self, "_sample_dirichlet", rng.dirichlet, generator)
    )


def gamma_numbers(x: Any, op: str, draw: Any, generator: Generator | None) -> Any:
    """What `draw` makes of gamma numbers whose shape parameters are `x`."""
    shape = values_of(x, op)
    require(~(shape < 0), op, "expects parameters that are not negative")
    return drawn(op, draw, generator, shape)


public(name="_standard_gamma_grad")(function(OPS["standard_gamma_grad"]))
public(name="_dirichlet_grad")(function(OPS["dirichlet_grad"]))
