"""Custom functions: operations whose gradient the user writes."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from . import ops
from .errors import ArgumentError, GradError, explain
from .graph import Node
from .modes import no_grad
from .patterns import zeros
from .public import public
from .runtime.effect import Change, apply_effect, given, new_tensor
from .runtime.entry import Handle
from .runtime.recorder import local
from .stepwise import Step, Watch

CUSTOM = Step("custom", lambda node, function: f"{function.__name__}Backward")


class Context:
    """What `forward` leaves for `backward` (`ctx`); any attribute may be set on it."""

    def __init__(self) -> None:
        self.kept: tuple[Any, ...] = ()
        self.kept_for_jvp: tuple[Any, ...] | None = None
        self.needs_input_grad: tuple[bool, ...] = ()
        self.fixed: set[int] = set()
        self.dirty: set[int] = set()
        self.materialize = True

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep `tensors` for `backward`."""
        self.kept = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep `tensors` for `jvp`."""
        self.kept_for_jvp = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors kept by `save_for_backward`."""
        return self.kept

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say that no gradient flows through these outputs."""
        self.fixed = {id(t) for t in tensors}

    def mark_dirty(self, *tensors: Any) -> None:
        """Say that these inputs were changed in place."""
        self.dirty = {id(t) for t in tensors}

    def set_materialize_grads(self, value: bool) -> None:
        """Whether missing gradients are given to `backward` as zeros (the default) or as None."""
        self.materialize = value


@public("autograd")
class Function:
    """Base of custom functions: subclass it with static methods `forward` and `backward`.

    >>> class Double(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         return g * 2
    >>> x = torch.tensor(1.0, requires_grad=True)
    >>> Double.apply(x).backward()
    >>> x.grad
    tensor(2.)
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """The result; the first argument is the context, unless there is a `setup_context`."""
        raise NotImplementedError("a custom function needs a static method forward(ctx, ...)")

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Leave in `ctx` what `backward` needs (when `forward` takes no context)."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """The gradients of the inputs, given those of the outputs."""
        raise NotImplementedError("a custom function needs a static method backward(ctx, ...)")

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """The tangents of the outputs, given those of the inputs: for forward mode.

        Without it they are worked out from `backward`.
        """
        raise NotImplementedError("a custom function may have a static method jvp(ctx, ...)")

    generate_vmap_rule = False  # whether vmap may look into the two: it always does

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """The result for many examples, and along which dimension they lie in it.

        They lie along `in_dims` of the arguments; `info` has `batch_size` and `randomness`.
        """
        raise NotImplementedError("a custom function may have a static method vmap(info, ...)")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """The result of `forward`, with this function's `backward` as its gradient."""
        ctx = Context()
        recorder = local.recorder
        level = level_of(cls, recorder, args) if recorder.mapping else None
        if level is not None:
            args, kwargs = with_defaults(cls.forward, args, kwargs)
        if level is not None and recorder.tracking == level.tracking:
            return mapped(cls, level, args)  # its own calls are what has a gradient
        ctx.needs_input_grad = tuple(
            [isinstance(a, Handle) and a._value.requires_grad for a in args]
        )
        with Unrecorded():
            if cls.setup_context is Function.setup_context:
                result = cls.forward(ctx, *args, **kwargs)
            else:
                args, kwargs = with_defaults(cls.forward, args, kwargs)
                if level is None:
                    result = cls.forward(*args, **kwargs)
                else:
                    result = mapped(cls, level, args)
                cls.setup_context(ctx, args, result)
        if not recorder.grad or not any(ctx.needs_input_grad):
            return result
        single = not isinstance(result, tuple)
        outputs = (result,) if single else result
        call = CustomCall(cls, ctx, args)
        made = call.connect(outputs)
        return made[0] if single else tuple(made)


class Unrecorded(no_grad):
    """As `no_grad`; but tangents may come in: it is seen to that they go on."""

    def __enter__(self) -> Any:
        recorder = local.recorder
        duals, recorder.duals = recorder.duals, False
        try:
            return super().__enter__()
        finally:
            recorder.duals = duals


class VmapInfo(NamedTuple):
    """What the `vmap` of a custom function is told."""

    batch_size: int
    randomness: str


def level_of(function: type[Function], recorder: Any, args: Sequence[Any]) -> Any:
    """The innermost vmap that `function` has to see to itself, None if there is none."""
    if function.vmap is Function.vmap:
        return None
    bits = [a._value.examples for a in args if isinstance(a, Handle)]
    return next((v for v in reversed(recorder.mapping) if any([b & v.bit for b in bits])), None)


def mapped(function: type[Function], level: Any, args: Sequence[Any]) -> Any:
    """What the `vmap` of a custom function gives for any one of the examples."""
    given = list(args)
    places = [
        k for k, a in enumerate(args) if isinstance(a, Handle) and a._value.examples & level.bit
    ]
    whole = level.whole([args[k] for k in places], [0] * len(places))
    for k, tensor in zip(places, whole, strict=True):
        given[k] = tensor
    in_dims = tuple([0 if k in places else None for k in range(len(args))])
    made = function.vmap(VmapInfo(level.size, level.randomness), in_dims, *given)
    if not isinstance(made, tuple) or len(made) != 2:
        problem = "vmap must return a tuple (result, out_dims)"
        raise ArgumentError(explain(function.__name__, problem))
    result, out_dims = made
    single = not isinstance(result, tuple)
    results = [result] if single else list(result)
    dims = list(out_dims) if isinstance(out_dims, tuple | list) else [out_dims] * len(results)
    for k, dim in enumerate(dims):
        if dim is not None:
            results[k] = level.example(results[k], dim % results[k].ndim)
    return results[0] if single else tuple(results)


def with_defaults(
    forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call of `forward`, those that were left out included."""
    bound = inspect.signature(forward).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args, bound.kwargs


class Once(Function):
    """Passes gradients on, and none to their own derivatives."""

    @staticmethod
    def forward(ctx: Any, name: str, count: int, *tensors: Any) -> Any:
        """The first `count` tensors; the others are what they depend on."""
        ctx.name = name
        return tuple([t.clone() for t in tensors[:count]])

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Raises GradError."""
        problem = "trying to differentiate twice a function that was marked with"
        raise GradError(explain(ctx.name, f"{problem} @once_differentiable"))


def once_differentiable(fn: Any) -> Any:
    """A `backward` whose results cannot be differentiated again: trying it is an error."""

    @functools.wraps(fn)
    def backward(ctx: Any, *gradients: Any) -> Any:
        with no_grad():
            results = fn(ctx, *gradients)
        if not local.recorder.grad:
            return results
        whole = results if isinstance(results, tuple) else (results,)
        places = [k for k, r in enumerate(whole) if isinstance(r, Handle)]
        sources = [g for g in gradients if isinstance(g, Handle) and g._value.requires_grad]
        if not sources or not places:
            return results
        made = Once.apply(fn.__qualname__, len(places), *[whole[k] for k in places], *sources)
        passed = dict(zip(places, made, strict=True))
        return tuple([passed.get(k, r) for k, r in enumerate(whole)])

    return backward


FunctionCtx = Context


class CustomCall:
    """One call of a custom function, as the autograd graph sees it."""

    def __init__(self, function: type[Function], ctx: Context, args: Sequence[Any]) -> None:
        self.function = function
        self.ctx = ctx
        self.count = len(args)
        self.places = [k for k, needs in enumerate(ctx.needs_input_grad) if needs]
        self.inputs = [args[k] for k in self.places]
        self.specs = {k: args[k]._value.spec for k in self.places}
        self.nodes: list[Node] = []
        self.outputs: list[Any] = []  # shape and dtype of each
        self.made: list[int] = []  # the places among them of `nodes`

    def connect(self, outputs: Sequence[Any]) -> list[Any]:
        """`outputs` as tensors that depend on the inputs; what was changed stays itself."""
        recorder = local.recorder
        results = list(outputs)
        places = [
            k
            for k, t in enumerate(outputs)
            if isinstance(t, Handle)
            and id(t) not in self.ctx.fixed
            and t._value.dtype.differentiable
        ]
        tensors = [outputs[k] for k in places]
        n = len(tensors)

        def describe(nodes: Sequence[Node], scalars: Sequence[Node]) -> Change:
            change = Change()
            for k, node in enumerate(nodes[:n]):
                old = tensors[k]._value if same[k] else None
                change.add(ops.custom(node, *nodes[n:]), given(k) if same[k] else new_tensor, old)
            return change

        same = [id(t) in self.ctx.dirty and any([t is i for i in self.inputs]) for t in tensors]
        handles = [*tensors, *self.inputs]
        values = tuple([h._value for h in handles])
        key = (CUSTOM, self.function, n, tuple(same), values, recorder.grad)
        made = apply_effect(recorder, CUSTOM, key, handles, (), describe)
        watch = Watch()
        watch.function = self
        self.nodes = [t._value for t in made]
        self.outputs = [t._value.spec if isinstance(t, Handle) else None for t in outputs]
        self.made = places
        for place, tensor in zip(places, made, strict=True):
            results[place] = tensor
            recorder.hooks[tensor._value] = watch
        return results

    def parents(self, node: Node) -> Sequence[Node]:
        """The nodes that gradients of the inputs flow on to."""
        return node.parents[1:]

    def backward(self, gradients: list[Any]) -> Iterator[Any]:
        """What the user's `backward` makes of the gradients: one for each input that needs it."""
        full: list[Any] = [None] * len(self.outputs)
        for place, gradient in zip(self.made, gradients, strict=True):
            full[place] = gradient
        if self.ctx.materialize:
            full = [
                zeros(spec.shape, dtype=spec.dtype) if g is None and spec is not None else g
                for g, spec in zip(full, self.outputs, strict=True)
            ]
        if pushing.now and self.function.jvp is not Function.jvp:
            results: Any = self.pushed(full)
        else:
            results = self.function.backward(self.ctx, *full)
        if not isinstance(results, tuple):
            results = (results,)
        name = self.function.__name__
        more = [r for r in results[self.count :] if r is not None]
        if len(results) < self.count or more:
            problem = f"{name}Backward returned {len(results)} gradients for {self.count} inputs"
            raise GradError(explain(name, problem, hint="return None for inputs without gradient"))
        for k in self.places:
            if results[k] is not None and not isinstance(results[k], Handle):
                kind = type(results[k]).__name__
                raise ArgumentError(explain(name, f"backward must return Tensors, not {kind}"))
            yield None if results[k] is None else self.fitting(results[k], k)

    def has_backward(self) -> bool:
        """Whether the function says what its gradients are."""
        return self.function.backward is not Function.backward

    def pushed(self, gradients: Sequence[Any]) -> Any:
        """Gradients that nobody reads, but whose own derivative is the function's `jvp`."""
        places = [k for k, g in enumerate(gradients) if g is not None]
        found = iter(Pushed.apply(self, places, *[gradients[k] for k in places]))
        return tuple([next(found) if k in self.places else None for k in range(self.count)])

    def jvp(self, tangents: Sequence[Any]) -> tuple[Any, ...]:
        """The tangents of the outputs, given those of the inputs that need them."""
        given = iter(tangents)
        whole = [next(given) if k in self.places else None for k in range(self.count)]
        ctx = self.ctx
        before = ctx.kept
        if ctx.kept_for_jvp is not None:
            ctx.kept = ctx.kept_for_jvp
        try:
            found = self.function.jvp(ctx, *whole)
        finally:
            ctx.kept = before
        return found if isinstance(found, tuple) else (found,)

    def fitting(self, g: Any, k: int) -> Any:
        """`g`, which was returned for input `k`, in the shape and dtype of that input."""
        wanted = self.specs[k]
        extra = g._value.ndim - len(wanted.shape)
        pairs = list(zip(g._value.shape[max(extra, 0) :], wanted.shape, strict=False))
        if extra < 0 or not all([n in (m, 1) for m, n in pairs]):
            name = self.function.__name__
            problem = f"{name}Backward returned an invalid gradient for argument {k}"
            got = {"the gradient": g._value.spec, "the argument": wanted}
            raise GradError(explain(name, problem, got, "give it the shape of the argument"))
        if g._value.shape != wanted.shape:
            g = g.sum_to_size(*wanted.shape)
        return g if g._value.dtype is wanted.dtype else g.to(wanted.dtype)


class Pushing(threading.local):
    """Whether gradients are being taken only for the sake of their own derivative: forward mode."""

    now = False

    def __enter__(self) -> None:
        self.now = True

    def __exit__(self, *error: Any) -> None:
        self.now = False


pushing = Pushing()


class Pushed(Function):
    """The first pass of forward mode through a custom function that has a `jvp`."""

    @staticmethod
    def forward(ctx: Any, call: CustomCall, places: Sequence[int], *gradients: Any) -> Any:
        """Zeros like the inputs: the pass is linear in `gradients`, and only that counts."""
        ctx.call, ctx.outputs = call, places
        return tuple([zeros(spec.shape, dtype=spec.dtype) for spec in call.specs.values()])

    @staticmethod
    def backward(ctx: Any, *tangents: Any) -> Any:
        """The tangents of the outputs that `gradients` were of."""
        found = ctx.call.jvp(tangents)
        return (None, None, *[found[k] for k in ctx.outputs])
