"""A check of gradients against differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .backward import grad
from .create import tensor
from .errors import GradError, explain
from .patterns import empty_like
from .public import public
from .runtime.record import realise
from .tensor import Tensor


class GradcheckError(GradError):
    """A gradient that is not right."""


@public("autograd")
def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **options: Any,
) -> bool:
    """Whether the gradients of `func(*inputs)` agree with central differences of width 2 * eps.

    `inputs` are tensors, best of float64; those that require grad are checked. Every output and
    every element is. Raises GradcheckError (or returns False) at the first that differs.

    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: x * x, (x,))
    True
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    for k, output in outputs_of(func(*inputs)):
        for i, x in enumerate(inputs):
            if not isinstance(x, Tensor) or not x.requires_grad:
                continue
            ours = analytic(output, x)
            theirs = numeric(func, inputs, k, i, eps)
            if not np.allclose(ours, theirs, rtol, atol, equal_nan=True):
                if not raise_exception:
                    return False
                problem = f"the Jacobian of output {k} with respect to input {i} is not right"
                got = {"by autograd": f"\n{ours}", "by differences": f"\n{theirs}"}
                raise GradcheckError(explain("gradcheck", problem, got))
    return True


@public("autograd")
def gradgradcheck(
    func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, **options: Any
) -> bool:
    """As `gradcheck`, for the gradients of the gradients."""
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    wanted = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]

    weights = [empty_like(o.detach()).uniform_(-1.0, 1.0) for _, o in outputs_of(func(*inputs))]

    def first(*args: Any) -> Any:
        outputs = [o for _, o in outputs_of(func(*args))]
        chosen = [a for a in args if isinstance(a, Tensor) and a.requires_grad]
        found = grad(outputs, chosen, weights, create_graph=True, allow_unused=True)
        return tuple([g for g in found if g is not None and g.requires_grad])

    return gradcheck(first, inputs, **options) if wanted else True


def outputs_of(result: Any) -> Iterator[tuple[int, Any]]:
    """The tensors of a result that require grad, numbered."""
    items: Sequence[Any] = result if isinstance(result, tuple | list) else (result,)
    for k, item in enumerate(items):
        if isinstance(item, Tensor) and item.requires_grad:
            yield k, item


def analytic(output: Any, x: Any) -> Any:
    """The Jacobian by backward passes, one for each element of `output`: (outputs, inputs)."""
    rows = []
    for n in range(output.numel()):
        seed = np.zeros(output.numel())
        seed[n] = 1
        weight = tensor(seed.reshape(tuple(output.shape)), dtype=output.dtype)
        (g,) = grad(output, x, weight, retain_graph=True, allow_unused=True)
        rows.append(np.zeros(x.numel()) if g is None else realise(g).reshape(-1))
    return np.array(rows).reshape(output.numel(), x.numel())


def numeric(func: Callable[..., Any], inputs: Any, k: int, i: int, eps: float) -> Any:
    """The Jacobian of output `k` with respect to input `i` by central differences."""
    array = realise(inputs[i])
    columns = []
    for place in np.ndindex(array.shape):
        sides = []
        for step in (eps, -eps):
            moved = np.array(array)
            moved[place] += step
            args = list(inputs)
            args[i] = tensor(moved, requires_grad=True)
            result = func(*args)
            output = result[k] if isinstance(result, tuple | list) else result
            sides.append(np.array(realise(output.detach())).reshape(-1))
        columns.append((sides[0] - sides[1]) / (2 * eps))
    return np.stack(columns, axis=1)
