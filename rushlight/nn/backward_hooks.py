"""Hooks of a module that see the gradients of what it returned and of what it was given.

An identity with a backward pass of its own stands at each end of the module: what comes to the one
behind the outputs is the gradient of these, what comes to the one before the inputs is theirs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .. import patterns
from ..errors import GradError, explain
from ..function import Function
from ..runtime.entry import Handle
from ..runtime.recorder import local

Gradients = tuple[Any, ...]


class BackwardHookFunction(Function):
    """An identity that tells `tell` the gradients of its outputs, and passes on its answer."""

    @staticmethod
    def forward(
        ctx: Any, tell: Callable[[Gradients], Gradients], zeros: bool, *tensors: Any
    ) -> Any:
        """`tensors` as they are."""
        ctx.tell = tell
        ctx.set_materialize_grads(zeros)
        ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
        ctx.moving = [k for k, t in enumerate(tensors) if t.requires_grad]
        ctx.specs = [t._value.spec for t in tensors]
        ctx.zeros = zeros
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Gradients:
        """What `tell` makes of the gradients."""
        full: list[Any] = [None] * len(ctx.specs)
        if ctx.zeros:
            full = [patterns.zeros(spec.shape, dtype=spec.dtype) for spec in ctx.specs]
        for k, g in zip(ctx.moving, gradients, strict=True):
            full[k] = g
        return (None, None, *ctx.tell(tuple(full)))


class BackwardHooks:
    """The backward hooks that one call of `module` has to run."""

    def __init__(self, module: Any, hooks: Sequence[Any], before: Sequence[Any]) -> None:
        self.module = module
        self.hooks = hooks
        self.before = before
        self.inputs: list[int] | None = None  # which arguments are tensors, if a gradient is due
        self.count = 0  # of the arguments
        self.outputs: list[int] = []
        self.out_count = 0
        self.of_outputs: Gradients | None = None

    def watch_inputs(self, args: Gradients) -> Gradients:
        """`args`, behind an identity that tells their gradients."""
        self.count = len(args)
        if not self.hooks:
            return args
        args, self.inputs = watched(args, self.tell_inputs, zeros=True)
        return args

    def watch_outputs(self, result: Any) -> Any:
        """`result`, before an identity that tells its gradients."""
        single = not isinstance(result, tuple)
        if single and not isinstance(result, Handle):
            kind = f"{type(result)}"
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {kind}",
                stacklevel=4,
            )
            return result
        results = (result,) if single else result
        self.out_count = len(results)
        watching, places = watched(results, self.tell_outputs, zeros=False)
        self.outputs = places or []
        if places and self.inputs is None and self.hooks:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module "
                "outputs since no inputs require gradients.",
                stacklevel=4,
            )
        return watching[0] if single else watching

    def tell_outputs(self, gradients: Gradients) -> Gradients:
        """What flows on into the module when these are the gradients of its outputs."""
        told = spread(gradients, self.outputs, self.out_count)
        for hook in self.before:
            changed = hook(self.module, told)
            if changed is not None:
                told = check_count(changed, len(told), "pre hook", "grad_output")
        self.of_outputs = told
        if self.inputs is None:
            for hook in self.hooks:
                changed = hook(self.module, (None,) * self.count, told)
                if changed is not None and any([g is not None for g in changed]):
                    problem = (
                        "Backward hook for Modules where no input requires gradient should always "
                        "return None or None for all gradients."
                    )
                    raise GradError(explain(type(self.module).__name__, problem))
        return tuple([told[k] for k in self.outputs])

    def tell_inputs(self, gradients: Gradients) -> Gradients:
        """What flows on before the module when these are the gradients of its inputs."""
        assert self.inputs is not None
        told = spread(gradients, self.inputs, self.count)
        for hook in self.hooks:
            changed = hook(self.module, told, self.of_outputs)
            if changed is not None:
                told = check_count(changed, len(told), "hook", "grad_input")
        self.of_outputs = None
        return tuple([told[k] for k in self.inputs])


def watched(
    values: Gradients, tell: Callable[[Gradients], Gradients], zeros: bool
) -> tuple[Gradients, list[int] | None]:
    """`values` with the tensors passed through an identity, and which these are.

    None of them is, and None comes back instead, if no gradient flows.
    """
    places = [k for k, v in enumerate(values) if isinstance(v, Handle)]
    tensors = [values[k] for k in places]
    if not local.recorder.grad or not any([t._value.requires_grad for t in tensors]):
        return values, None
    passed = BackwardHookFunction.apply(tell, zeros, *tensors)
    together = list(values)
    for k, tensor in zip(places, passed, strict=True):
        together[k] = tensor
    return tuple(together), places


def spread(gradients: Gradients, places: list[int], count: int) -> Gradients:
    """A tuple of `count` with the gradients at their places and None elsewhere."""
    full: list[Any] = [None] * count
    for k, g in zip(places, gradients, strict=True):
        full[k] = g
    return tuple(full)


def check_count(changed: Any, count: int, what: str, name: str) -> Gradients:
    """What a hook returned, as a tuple of the right length."""
    found = changed if isinstance(changed, tuple) else (changed,)
    if len(found) != count:
        problem = f"returned an invalid number of {name}, got {len(found)}, but expected {count}"
        raise GradError(explain("backward", f"Backward {what} {problem}"))
    return found
