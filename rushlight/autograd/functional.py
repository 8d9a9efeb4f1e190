"""Derivatives of functions as a whole: Jacobians, Hessians, and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..backward import grad
from ..calls import function
from ..errors import GradError, explain
from ..modes import enable_grad
from ..ops import OPS
from ..patterns import ones_like, zeros_like
from ..tensor import Tensor

Function = Callable[..., Any]
stack = function(OPS["stack"])


class Call:
    """One call of `func`: fresh inputs that require grad, and what came out.

    Results are handed back in the form of the inputs or outputs: one tensor, or a tuple.
    """

    def __init__(self, func: Function, inputs: Any, create_graph: bool) -> None:
        self.single = isinstance(inputs, Tensor)
        given: Sequence[Any] = (inputs,) if self.single else tuple(inputs)
        self.create_graph = create_graph
        with enable_grad():
            self.inputs = [
                x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_()
                for x in given
            ]
            result = func(*self.inputs)
        self.one_output = isinstance(result, Tensor)
        self.outputs: list[Any] = [result] if self.one_output else list(result)

    def scalar(self, name: str) -> Any:
        """The only output, which must be a single number."""
        if not self.one_output or self.outputs[0].numel() != 1:
            problem = f"the function given to {name} should return a single Tensor of one element"
            raise GradError(explain(name, problem))
        return self.outputs[0].reshape(())

    def gradients(self, outputs: Any, weights: Any = None, create_graph: bool = False) -> list[Any]:
        """The gradients of `outputs` for each input, zeros where there is none."""
        wanted = [(o, w) for o, w in zip(outputs, weights, strict=True) if o.requires_grad]
        if not wanted:
            return [zeros_like(x) for x in self.inputs]
        with enable_grad():
            found = grad(
                [o for o, _ in wanted], self.inputs, [w for _, w in wanted],
                retain_graph=True, create_graph=create_graph or self.create_graph,
                allow_unused=True,
            )  # fmt: skip
        return [zeros_like(x) if g is None else g for x, g in zip(self.inputs, found, strict=True)]

    def as_inputs(self, found: Sequence[Any]) -> Any:
        """One of `found` for each input, in the form of the inputs."""
        found = self.finished(found)
        return found[0] if self.single else tuple(found)

    def as_outputs(self, found: Sequence[Any]) -> Any:
        """One of `found` for each output, in the form of the outputs."""
        found = self.finished(found)
        return found[0] if self.one_output else tuple(found)

    def finished(self, found: Sequence[Any]) -> list[Any]:
        """`found` without history, unless that was asked for."""
        return [f if self.create_graph or not isinstance(f, Tensor) else f.detach() for f in found]  # type: ignore[attr-defined]


def listed(v: Any, like: Sequence[Any]) -> list[Any]:
    """The vectors `v`, one for each tensor of `like`; ones if none was given."""
    if v is None:
        return [ones_like(x) for x in like]
    return [v] if isinstance(v, Tensor) else list(v)


def jacobian(func: Function, inputs: Any, create_graph: bool = False, strict: bool = False) -> Any:
    """The derivative of each output element by each input element: shape (*output, *input).

    Several outputs or inputs give nested tuples.

    >>> torch.autograd.functional.jacobian(lambda x: x * x, torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    call = Call(func, inputs, create_graph)
    tables = []
    for output in call.outputs:
        columns: list[list[Any]] = [[] for _ in call.inputs]
        for element in output.reshape(-1).unbind(0):
            for column, g in zip(columns, call.gradients([element], [None]), strict=True):
                column.append(g)
        blocks = [
            stack(column, 0).reshape(*output.shape, *x.shape)
            if column
            else zeros_like(x).expand(*output.shape, *x.shape)
            for column, x in zip(columns, call.inputs, strict=True)
        ]
        tables.append(call.as_inputs(blocks))
    return tables[0] if call.one_output else tuple(tables)


def hessian(func: Function, inputs: Any, create_graph: bool = False, strict: bool = False) -> Any:
    """The second derivatives of a scalar function: shape (*input, *input).

    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    single = isinstance(inputs, Tensor)

    def first(*args: Any) -> Any:
        call = Call(func, args, True)
        found = call.gradients([call.scalar("hessian")], [None], create_graph=True)
        return found[0] if single else tuple(found)

    return jacobian(first, inputs, create_graph)


def vjp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs, and the vector `v` times the Jacobian.

    >>> torch.autograd.functional.vjp(lambda x: x * x, torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    call = Call(func, inputs, create_graph)
    found = call.gradients(call.outputs, listed(v, call.outputs))
    return call.as_outputs(call.outputs), call.as_inputs(found)


def jvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs, and the Jacobian times the vector `v`: the gradient of a gradient.

    >>> torch.autograd.functional.jvp(lambda x: x * x, torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    call = Call(func, inputs, create_graph)
    weights = [zeros_like(o).requires_grad_() for o in call.outputs]
    first = call.gradients(call.outputs, weights, create_graph=True)
    pairs = [(g, u) for g, u in zip(first, listed(v, call.inputs), strict=True) if g.requires_grad]
    found: Sequence[Any] = [None] * len(weights)
    if pairs:
        found = grad(
            [g for g, _ in pairs], weights, [u for _, u in pairs],
            create_graph=create_graph, allow_unused=True,
        )  # fmt: skip
    filled = [zeros_like(o) if g is None else g for o, g in zip(call.outputs, found, strict=True)]
    return call.as_outputs(call.outputs), call.as_outputs(filled)


def vhp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar function, and the vector `v` times its Hessian.

    >>> torch.autograd.functional.vhp(lambda x: (x**3).sum(), torch.tensor([1.0]), torch.ones(1))
    (tensor(1.), tensor([6.]))
    """
    call = Call(func, inputs, create_graph)
    output = call.scalar("vhp")
    first = call.gradients([output], [None], create_graph=True)
    found = call.gradients(first, listed(v, call.inputs))
    return call.as_outputs([output]), call.as_inputs(found)


hvp = vhp  # Hessians are symmetric
