"""Random numbers: PyTorch's streams, bit for bit.

They are drawn at once, in the order of the program; what is recorded afterwards only reads them. So
a program draws the same numbers however it is run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import dtypes, rng
from .chance import for_each, room_for
from .create import checked_dtype, finished
from .devices import on_meta
from .draws import Draw, draw_normal, draw_uniform, filled, refill
from .errors import ArgumentError, MissingError, ShapeError, explain
from .formats import LAST
from .generator import (
    LOCK,
    Generator,
    default_generator,
    fork_rng,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
    twister_of,
)
from .outputs import written
from .patterns import shape_of
from .public import public
from .runtime.absent import absent, absent_like, is_absent
from .runtime.entry import Handle
from .runtime.record import elements, wrap

__all__ = [
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]  # what PyTorch has in this module

FEW = 32
"""So many numbers are looked at one by one."""

# -- drawing -----------------------------------------------------------------------------------


def drawn(op: str, draw: Draw, what: str) -> Callable[..., Any]:
    """A creation function of a shape whose elements `draw` makes, such as `rand`."""

    def create(
        *size: Any,
        generator: Generator | None = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        out: Any = None,
        layout: Any = None,
        pin_memory: bool = False,
        **named: Any,
    ) -> Any:
        absently = on_meta(device, op)
        shape = shape_of(size or (named.pop("size"),), op)
        dtype = checked_dtype(dtype, op, out) or dtypes.default()
        if absently:
            return absent(shape, dtype, requires_grad)

        def make(shape: tuple[int, ...]) -> Any:
            with LOCK:
                array = draw(twister_of(generator), shape, dtype.numpy, True)
            return finished(dtype.array(array), requires_grad, op, out)

        return for_each(op, shape, make)

    create.__name__ = create.__qualname__ = op
    create.__doc__ = f"A tensor of the given size, {what}."
    return create


def drawn_like(op: str, draw: Draw) -> Callable[..., Any]:
    """A creation function after the shape of a tensor, such as `rand_like`."""

    def create(
        input: Any,
        *,
        generator: Generator | None = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        memory_format: Any = None,
        layout: Any = None,
    ) -> Any:
        if memory_format in LAST:
            problem = "numbers are drawn in the layout of the input alone"
            hint = "use .contiguous(memory_format=...) on the result"
            raise MissingError(explain(op, problem, hint=hint))
        wanted = checked_dtype(dtype, op)
        if is_absent(input) if device is None else on_meta(device, op):
            return absent_like(input, wanted, requires_grad)

        def make(shape: tuple[int, ...]) -> Any:
            array = filled(room_for(input, shape, wanted), generator, draw)
            return finished(array, requires_grad, op)

        return for_each(op, input._value.shape, make)

    create.__name__ = create.__qualname__ = op
    create.__doc__ = f"As `{op.removesuffix('_like')}`, with the shape and layout of `input`."
    return create


rand = public()(drawn("rand", draw_uniform(0.0, 1.0), "uniform in [0, 1)"))
randn = public()(drawn("randn", draw_normal(0.0, 1.0), "normal with mean 0 and variance 1"))
rand_like = public()(drawn_like("rand_like", draw_uniform(0.0, 1.0)))
randn_like = public()(drawn_like("randn_like", draw_normal(0.0, 1.0)))


@public()
def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    out: Any = None,
) -> Any:
    """Integers from `low` (0 if left out) up to, not including, `high`.

    >>> torch.randint(10, (2, 3)).shape
    torch.Size([2, 3])
    """
    if size is None:  # randint(high, size)
        low, high, size = 0, low, high
    if size is None:
        hint = "randint(10, (2, 3)) or randint(low, high, size)"
        raise ArgumentError(explain("randint", "missing argument 'size'", hint=hint))
    check_range(low, high)
    dtype = checked_dtype(dtype, "randint", out) or dtypes.int64
    if out is None and on_meta(device, "randint"):
        return absent(shape_of((size,), "randint"), dtype, requires_grad)

    def make(shape: tuple[int, ...]) -> Any:
        with LOCK:
            array = rng.integers(twister_of(generator), shape, low, high, dtype.numpy)
        return finished(dtype.array(array), requires_grad, "randint", out)

    return for_each("randint", shape_of((size,), "randint"), make)


def check_range(low: int, high: int) -> None:
    """Raise unless there is an integer to draw."""
    if high <= low:
        problem = f"expects 'from' to be less than 'to', but got from={low} >= to={high}"
        raise ShapeError(explain("random_", problem))


@public()
def randint_like(input: Any, low: int, high: Any = None, **options: Any) -> Any:
    """As `randint`, with the shape, dtype and layout of `input`."""
    low, high = (0, low) if high is None else (low, high)
    check_range(low, high)
    draw: Draw = lambda t, shape, dtype, c: rng.integers(t, shape, low, high, dtype)  # noqa: E731
    return drawn_like("randint_like", draw)(input, **options)


@public()
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    out: Any = None,
) -> Any:
    """The numbers from 0 to n - 1 in random order."""
    dtype = checked_dtype(dtype, "randperm", out) or dtypes.int64
    if out is None and on_meta(device, "randperm"):
        return absent((n,), dtype, requires_grad)

    def make(shape: tuple[int, ...]) -> Any:
        with LOCK:
            twister = twister_of(generator)
            drawn = [rng.permutation(twister, n) for _ in range(math.prod(shape[:-1]))]
        array = drawn[0] if len(drawn) == 1 else np.stack(drawn)
        return finished(dtype.array(array.reshape(shape)), requires_grad, "randperm", out)

    return for_each("randperm", (n,), make)


@public()
def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, generator: Any = None, **options: Any
) -> Any:
    """Normal numbers of the given means and standard deviations (tensors or numbers)."""
    spread = elements(std) if isinstance(std, Handle) else std
    if not np.all(spread >= 0):
        problem = f"expects std >= 0.0, but found std {np.min(spread)}"
        raise ShapeError(explain("normal", problem))
    if size is not None:
        return drawn("normal", draw_normal(float(mean), float(std)), "")(
            *shape_of((size,), "normal"), generator=generator, **options
        )
    values = [x._value for x in (mean, std) if isinstance(x, Handle)]
    shape = np.broadcast_shapes(*[value.shape for value in values])
    out = options.get("out")
    dtype = values[0].dtype if out is None else out._value.dtype
    standard = randn(shape, generator=generator, dtype=dtype)
    # PyTorch's numbers have no gradient with respect to their mean and deviation.
    std, mean = [x.detach() if isinstance(x, Handle) else x for x in (std, mean)]
    made = standard * std + mean
    return made if out is None else written(out, made, "normal")


@public("torch Tensor")
def bernoulli(input: Any, p: Any = None, *, generator: Any = None, out: Any = None) -> Any:
    """1 with the probability that `input` (or `p`) gives, else 0, in the dtype of `input`."""
    array = elements(input)
    likely = array if p is None else np.asarray(p)
    if not (np.all(likely >= 0) and np.all(likely <= 1)):
        problem = "a probability must be between 0 and 1"
        hint = "torch.sigmoid makes probabilities of scores"
        raise ShapeError(explain("bernoulli", problem, {"input": input._value.spec}, hint))
    with LOCK:
        twister = twister_of(generator)
        chosen = (
            rng.bernoulli_from(twister, np.ascontiguousarray(array))
            if p is None
            else rng.bernoulli(twister, array.shape, float(p))
        )
    dtype = input._value.dtype if out is None else out._value.dtype
    return finished(dtype.array(chosen.reshape(array.shape)), False, "bernoulli", out)


@public("torch Tensor")
def multinomial(
    input: Any,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Any = None,
    out: Any = None,
) -> Any:
    """`num_samples` indices for each row of weights, likelier where the weight is greater."""
    weights = elements(input)
    if weights.ndim not in (1, 2) or not input._value.dtype.is_floating_point:
        problem = "prob_dist must be 1 or 2 dim and of floating point"
        raise ShapeError(explain("multinomial", problem, {"input": input._value.spec}))
    if num_samples <= 0:
        raise ShapeError(explain("multinomial", "cannot sample n_sample <= 0 samples"))
    if weights.shape[-1] > 2**24:
        raise ShapeError(explain("multinomial", "number of categories cannot exceed 2^24"))
    if not replacement and num_samples > weights.shape[-1]:
        problem = "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        raise ShapeError(explain("multinomial", problem, {"input": input._value.spec}))
    check_weights(weights)
    with LOCK:
        drawn = rng.multinomial(twister_of(generator), weights, num_samples, replacement)
    return finished(drawn, False, "multinomial", out)


def check_weights(weights: Any) -> None:
    """Raise ShapeError unless each row of weights is a distribution but for its scale."""
    if weights.size <= FEW:  # Python is quicker than NumPy
        rows = weights.tolist() if weights.ndim == 2 else [weights.tolist()]
        if all([row and min(row) >= 0 and 0 < sum(row) < math.inf for row in rows]):
            return
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        problem = "probability tensor contains either `inf`, `nan` or element < 0"
        raise ShapeError(explain("multinomial", problem))
    if not (weights.sum(-1) > 0).all():
        problem = "invalid multinomial distribution (sum of probabilities <= 0)"
        raise ShapeError(explain("multinomial", problem))


# -- filling tensors that exist ----------------------------------------------------------------


@public("Tensor")
def uniform_(
    self: Any, from_: float = 0, to: float = 1, *, generator: Any = None, **named: Any
) -> Any:
    """Itself, refilled uniformly from [from, to)."""
    low = named.get("from", from_)
    if to < low:
        problem = f"expects to return a [from, to) range, but found from={low} > to={to}"
        raise ShapeError(explain("uniform_", problem))
    return refill(self, generator, draw_uniform(low, to), "uniform_", fills=True)


@public("Tensor")
def normal_(self: Any, mean: float = 0, std: float = 1, *, generator: Any = None) -> Any:
    """Itself, refilled with normal numbers."""
    if std < 0:
        raise ShapeError(explain("normal_", f"expects std >= 0.0, but found std {std}"))
    return refill(self, generator, draw_normal(mean, std), "normal_", fills=True)


@public("Tensor")
def random_(
    self: Any, from_: int | None = None, to: int | None = None, *, generator: Any = None
) -> Any:
    """Itself, refilled with integers from [from, to), or with all that the dtype can hold."""
    if from_ is not None and to is None:
        from_, to = 0, from_
    if to is None:
        draw: Draw = lambda t, shape, dtype, c: rng.random_full(t, shape, dtype)  # noqa: E731
    else:
        low, high = from_ or 0, to
        check_range(low, high)
        draw = lambda t, shape, dtype, c: rng.integers(t, shape, low, high, dtype)  # noqa: E731
    return refill(self, generator, draw, "random_")


@public("Tensor")
def bernoulli_(self: Any, p: Any = 0.5, *, generator: Any = None) -> Any:
    """Itself, refilled with 1 with probability `p` (a number or a tensor), else 0."""
    if isinstance(p, Handle):
        array = np.broadcast_to(elements(p), self._value.shape)
        draw: Draw = lambda t, s, d, c: rng.bernoulli_from(t, np.broadcast_to(array, s))  # noqa: E731
        return refill(self, generator, draw, "bernoulli_")
    if not 0 <= p <= 1:
        raise ShapeError(explain("bernoulli_", f"expects p to be in [0, 1], but got p={p}"))
    return refill(self, generator, lambda t, s, d, c: rng.bernoulli(t, s, p), "bernoulli_")


@public("Tensor")
def exponential_(self: Any, lambd: float = 1, *, generator: Any = None) -> Any:
    """Itself, refilled from the exponential distribution of rate `lambd`."""
    return refill(
        self, generator, lambda t, s, d, c: rng.exponential(t, s, lambd, d), "exponential_"
    )


@public("Tensor")
def geometric_(self: Any, p: float, *, generator: Any = None) -> Any:
    """Itself, refilled from the geometric distribution."""
    return refill(self, generator, lambda t, s, d, c: rng.geometric(t, s, p, d), "geometric_")


@public("Tensor")
def cauchy_(self: Any, median: float = 0, sigma: float = 1, *, generator: Any = None) -> Any:
    """Itself, refilled from the Cauchy distribution."""
    draw: Draw = lambda t, s, d, c: rng.cauchy(t, s, median, sigma, d)  # noqa: E731
    return refill(self, generator, draw, "cauchy_")


@public("Tensor")
def log_normal_(self: Any, mean: float = 1, std: float = 2, *, generator: Any = None) -> Any:
    """Itself, refilled with numbers whose logarithms are normal."""
    draw: Draw = lambda t, s, d, c: rng.log_normal(t, s, mean, std, d)  # noqa: E731
    return refill(self, generator, draw, "log_normal_")


def dropout_mask(input: Any, p: float) -> Any:
    """A mask of what dropout keeps of `input`, drawn as PyTorch draws it."""

    def make(shape: tuple[int, ...]) -> Any:
        room = room_for(input, shape, dtypes.bool_)
        return wrap(filled(room, None, lambda t, shape, *rest: rng.dropout_keep(t, shape, p)))

    return for_each("dropout", input._value.shape, make)
