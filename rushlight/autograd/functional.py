"""Derivatives of functions as a whole: Jacobians, Hessians, and their products with vectors.

With `strict` a result that would be zero because something is independent of an input is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..backward import grad
from ..calls import function
from ..errors import ArgumentError, ChoiceError, GradError, MissingError, explain
from ..func.jacobians import jacfwd, jacrev
from ..modes import enable_grad
from ..ops import OPS
from ..patterns import ones_like, zeros_like
from ..tensor import Tensor

Function = Callable[..., Any]
stack = function(OPS["stack"])
OUTPUTS = "the outputs of the function"


class StrategyError(ChoiceError, AssertionError):
    """A strategy that there is not."""


class Call:
    """One call of a function: fresh inputs that require grad, and what came out.

    Results are handed back in the form of the inputs or outputs: one tensor, or a tuple.
    """

    def __init__(self, name: str, inputs: Any, create_graph: bool, strict: bool) -> None:
        self.name = name
        self.create_graph = create_graph
        self.strict = strict
        given, self.single = tensors_in(name, "the inputs", inputs)
        self.inputs = [
            x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_()
            for x in given
        ]

    def of(self, func: Function) -> Call:
        """Itself, after `func` was called."""
        result = func(*self.inputs)
        self.outputs, self.one_output = tensors_in(self.name, OUTPUTS, result)
        for k, output in enumerate(self.outputs):
            if self.strict and not output.requires_grad:
                raise self.independent(f"output {k} of the function does not require gradients")
        return self

    def independent(self, problem: str) -> GradError:
        """The error for a derivative that is zero because there is no way to an input."""
        return GradError(explain(self.name, f"{problem}, which strict mode does not allow"))

    def scalar(self) -> Any:
        """The only output, which must be a single number."""
        if not self.one_output or self.outputs[0].numel() != 1:
            problem = "the function should return a single Tensor of one element"
            raise GradError(explain(self.name, problem))
        return self.outputs[0]

    def vectors(self, v: Any, like: Sequence[Any], single: bool) -> list[Any]:
        """The vectors `v`, one for each tensor of `like`; 1 if none was given for one number."""
        if v is None:
            if not single or like[0].numel() != 1:
                problem = "the vector v can only be None where a single element is to be weighted"
                raise GradError(explain(self.name, problem))
            return [ones_like(like[0])]
        given, one = tensors_in(self.name, "v", v)
        shapes = [x.shape for x in like]
        if one is not single or [u.shape for u in given] != shapes:
            problem = f"v should be in the form of {'one Tensor' if single else 'a tuple'}"
            got = {"v": [u.shape for u in given], "what it is for": shapes}
            raise GradError(explain(self.name, problem, got))
        return given

    def gradients(self, outputs: Any, weights: Any, create_graph: bool = False) -> list[Any]:
        """The gradient of `outputs` for each input, None where there is none."""
        wanted = [(o, w) for o, w in zip(outputs, weights, strict=True) if o.requires_grad]
        if not wanted:
            return [None] * len(self.inputs)
        return list(
            grad(
                [o for o, _ in wanted], self.inputs, [w for _, w in wanted], retain_graph=True,
                create_graph=create_graph or self.create_graph, allow_unused=True,
            )
        )  # fmt: skip

    def filled(
        self, found: Sequence[Any], like: Sequence[Any], of: str, slope: str = "jacobian"
    ) -> list[Any]:
        """`found` with zeros in the place of None; `of` and `slope` say what it is made from."""
        for k, g in enumerate(found):
            if self.strict and g is None:
                raise self.independent(f"{of} is independent of input {k}")
            if self.strict and self.create_graph and not g.requires_grad:
                raise self.independent(f"the {slope} of the function is independent of input {k}")
        return [zeros_like(x) if g is None else g for g, x in zip(found, like, strict=True)]

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


def tensors_in(name: str, what: str, given: Any) -> tuple[list[Any], bool]:
    """The tensors in `given`, and whether it is a single one; raises if it holds anything else."""
    if isinstance(given, Tensor):
        return [given], True
    for x in given if isinstance(given, tuple) else (given,):
        if not isinstance(x, Tensor):
            kind = type(x).__name__
            problem = f"{what} must be a Tensor or a tuple of Tensors, not {kind}"
            raise ArgumentError(explain(name, problem))
    return list(given), False


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The derivative of each output element by each input element: shape (*output, *input).

    Several outputs or inputs give nested tuples. `vectorize` takes all rows at once (or columns,
    with the strategy "forward-mode").

    >>> torch.autograd.functional.jacobian(lambda x: x * x, torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    check_options("jacobian", inputs, create_graph, strict, vectorize, strategy)
    with enable_grad():
        if vectorize and not create_graph:
            return at_once(func, inputs, strategy)
        call = Call("jacobian", inputs, create_graph, strict).of(func)
        tables = [call.as_inputs(rows_of(call, k)) for k in range(len(call.outputs))]
    return tables[0] if call.one_output else tuple(tables)


def check_options(
    name: str, inputs: Any, create_graph: bool, strict: bool, vectorize: bool, strategy: str
) -> None:
    """Raise unless these options go together, and the inputs are tensors."""
    if strategy not in ("forward-mode", "reverse-mode"):
        problem = f'expected strategy to be either "forward-mode" or "reverse-mode", got {strategy}'
        raise StrategyError(explain(name, problem))
    forward = strategy == "forward-mode"
    problem = "forward-mode is only there with vectorize=True and create_graph=False"
    missing = MissingError(explain(name, problem, hint="torch.func.jacfwd has no such limits"))
    if forward and create_graph:
        raise missing
    tensors_in(name, "the inputs", inputs)
    if strict and vectorize:
        raise GradError(explain(name, "strict=True and vectorize=True do not go together"))
    if forward and not vectorize:
        raise missing


def at_once(func: Function, inputs: Any, strategy: str) -> Any:
    """The Jacobian without history, all rows or columns at once."""
    given, single = tensors_in("jacobian", "the inputs", inputs)
    take = jacfwd if strategy == "forward-mode" else jacrev

    def checked(*args: Any) -> Any:
        result = func(*args)
        tensors_in("jacobian", OUTPUTS, result)
        return result

    found = take(checked, 0 if single else tuple(range(len(given))))(*[x.detach() for x in given])
    return without_history(found)


def without_history(found: Any) -> Any:
    """Nested tuples of tensors, detached."""
    if isinstance(found, tuple):
        return tuple([without_history(f) for f in found])
    return found.detach()


def rows_of(call: Call, k: int) -> list[Any]:
    """The blocks of the Jacobian for output `k`, one for each input."""
    output = call.outputs[k]
    columns: list[list[Any]] = [[] for _ in call.inputs]
    for element in output.reshape(-1).unbind(0):
        found = call.gradients([element], [None])
        row = call.filled(found, call.inputs, f"output {k} of the function")
        for column, g in zip(columns, row, strict=True):
            column.append(g)
    return [
        stack(column, 0).reshape(*output.shape, *x.shape)
        if column
        else zeros_like(x).expand(*output.shape, *x.shape)
        for column, x in zip(columns, call.inputs, strict=True)
    ]


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a scalar function: shape (*input, *input).

    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    _, single = tensors_in("hessian", "the inputs", inputs)
    check_options("hessian", inputs, create_graph, strict, vectorize, outer_jacobian_strategy)

    def first(*args: Any) -> Any:
        call = Call("hessian", args, True, False).of(func)
        found = slopes(call, strict)
        return found[0] if single else tuple(found)

    return jacobian(first, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def slopes(call: Call, strict: bool) -> list[Any]:
    """The gradients of a scalar function, which can be differentiated again."""
    found = call.gradients([call.scalar().reshape(())], [None], create_graph=True)
    for k, g in enumerate(found):
        if strict and (g is None or not g.requires_grad):
            raise call.independent(f"the jacobian with respect to input {k} is independent of it")
    return [zeros_like(x) if g is None else g for g, x in zip(found, call.inputs, strict=True)]


def vjp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs, and the vector `v` times the Jacobian.

    >>> torch.autograd.functional.vjp(lambda x: x * x, torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        call = Call("vjp", inputs, create_graph, strict).of(func)
        weights = call.vectors(v, call.outputs, call.one_output)
        found = call.gradients(call.outputs, weights)
        made = call.filled(found, call.inputs, "the output of the function")
    return call.as_outputs(call.outputs), call.as_inputs(made)


def jvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The outputs, and the Jacobian times the vector `v`: the gradient of a gradient.

    >>> torch.autograd.functional.jvp(lambda x: x * x, torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        call = Call("jvp", inputs, create_graph, strict)
        vectors = call.vectors(v, call.inputs, call.single)
        call.of(func)
        weights = [zeros_like(o).requires_grad_() for o in call.outputs]
        first = call.gradients(call.outputs, weights, create_graph=True)
        for k, g in enumerate(first):
            if strict and g is None:
                problem = f"the output of the function is independent of input {k}"
                raise call.independent(problem)
        pairs = [(g, u) for g, u in zip(first, vectors, strict=True) if g is not None]
        found: Sequence[Any] = [None] * len(weights)
        if pairs:
            found = grad(
                [g for g, _ in pairs], weights, [u for _, u in pairs], create_graph=create_graph,
                allow_unused=True,
            )  # fmt: skip
        made = call.filled(found, call.outputs, "the output of the function")
    return call.as_outputs(call.outputs), call.as_outputs(made)


def vhp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar function, and the vector `v` times its Hessian.

    >>> torch.autograd.functional.vhp(lambda x: (x**3).sum(), torch.tensor([1.0]), torch.ones(1))
    (tensor(1.), tensor([6.]))
    """
    with enable_grad():
        call = Call("vhp", inputs, create_graph, strict)
        vectors = call.vectors(v, call.inputs, call.single)
        call.of(func)
        found = call.gradients(slopes(call, strict), vectors)
        made = call.filled(found, call.inputs, "the jacobian of the function", "hessian")
    return call.as_outputs(call.outputs), call.as_inputs(made)


hvp = vhp  # Hessians are symmetric
