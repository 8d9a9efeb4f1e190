"""What an op is, and the table of all of them.

A primitive is declared by its shape rule, and its other meanings are attached to it:

    @primitive(Kind.ELEMENTWISE, numpy=np.tanh, promote=floating, on="torch Tensor Tensor_")
    def tanh(input: Tensor) -> Spec: ...          # signature, documentation, shape-and-dtype rule
    @tanh.vjp                                     # gradient, as nodes
    @tanh.vmap                                    # many examples at once, if its kind is no guide
    @tanh.samples                                 # example inputs: every sweep draws from them

A derived op is a function over other ops, with PyTorch's own signature. `on` says where a name
appears: `torch` (functions), `Tensor` (methods), `Tensor_` (in-place methods), `F`
(`nn.functional`), `special`, `linalg`.

Annotations of parameters carry meaning at the surface: `Tensor`, `Tensors` (a sequence) and
`Number` (a Python number that may change from call to call without a new trace) are inputs;
everything else is static, part of what was recorded. `Tensor | float` is a tensor, or a number that
is static.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any, Generic, ParamSpec, TypeVar

from .. import dtypes
from ..dtypes import DType
from ..errors import ArgumentError, explain
from ..graph import Bound, Constant, Node, Spec, contiguous_strides, scope
from . import rounded
from .layouts import all_contiguous, like_inputs, of_view, row_major
from .registry import OPS

Tensor = Node
Tensors = Sequence[Node]
Number = Any  # float | int | bool | complex, or the node that stands for one
Rule = Callable[..., Any]
GradName = str | Callable[[Node, Any], str]
"""PyTorch's name of the function that made a result, as `grad_fn` shows it; or a function of the
result and of the call's form (its arguments, with TENSOR or a mark where tensors and numbers were).
"""
P = ParamSpec("P")
R = TypeVar("R")


class Kind(Enum):
    """What an engine must know to schedule an op."""

    ELEMENTWISE = "elementwise"
    VIEW = "view"
    REDUCE = "reduce"
    SCAN = "scan"
    INDEX = "index"
    JOIN = "join"
    SORT = "sort"
    CONTRACT = "contract"
    LINALG = "linear algebra"
    CREATE = "create"
    CONTROL = "control"


class Mark:
    """Stands, in the form of a call, where a tensor or a number was given."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


TENSOR = Mark("tensor")


def by_option(name: str, place: int) -> GradName:
    """`<name>Backward1` where the argument at `place` was given, else `<name>Backward0`."""
    return lambda out, form: f"{name}Backward{int(form[place] is not None)}"


class Param:
    """A parameter of an op's signature. `kind` is tensor, tensors, number, static or sizes."""

    __slots__ = ("default", "fixed", "keyword_only", "kind", "mixed", "name", "required", "star")

    def __init__(
        self, name: str, annotation: str, default: Any, required: bool, keyword: bool, star: bool
    ) -> None:
        self.name = name
        self.default = default
        self.required = required
        self.keyword_only = keyword
        self.star = star
        self.mixed = "Tensor" in annotation and "Number" in annotation
        self.fixed = "Tensor" in annotation and ("float" in annotation or "int" in annotation)
        if "Tensors" in annotation:
            self.kind = "tensors"
        elif "Tensor" in annotation:
            self.kind = "tensor"
        elif "Number" in annotation:
            self.kind = "number"
        else:
            self.kind = "sizes" if star else "static"


class Op:
    """A name in the table: what primitive and derived ops have in common."""

    derived = True
    view = False
    any_dtype = False  # whether it takes narrow ones as they come; else see rounded.py
    numbers_alone = False  # whether numbers may stand in the places of all of its tensors

    def __init__(self, fn: Rule, on: str, aliases: Sequence[str], grad_name: GradName) -> None:
        self.fn = fn
        self.name: str = fn.__name__.rstrip("_")
        self.__doc__ = fn.__doc__
        self.on = frozenset(on.split())
        self.aliases = tuple(aliases)
        camel = "".join(word.capitalize() for word in self.name.split("_"))
        self.grad_name = grad_name or f"{camel}Backward0"
        self.sample_rule: Callable[[], Iterator[Any]] | None = None
        self._params: tuple[Param, ...] | None = None

    @property
    def params(self) -> tuple[Param, ...]:
        """The parameters of the signature, in order (worked out at first use)."""
        if self._params is None:
            self._params = read_params(self.fn)
        return self._params

    def samples(self, rule: Callable[[], Iterator[Any]]) -> Callable[[], Iterator[Any]]:
        """Attach example inputs: `rule` yields args, or (args, kwargs), of NumPy arrays."""
        self.sample_rule = rule
        return rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the op makes of nodes."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def read_params(fn: Rule) -> tuple[Param, ...]:
    """The parameters of `fn`, from its code object (a tenth of the cost of `inspect`)."""
    code = fn.__code__  # type: ignore[attr-defined]
    positional = code.co_argcount
    keywords = code.co_kwonlyargcount
    names = code.co_varnames
    defaults = fn.__defaults__ or ()  # type: ignore[attr-defined]
    keyword_defaults = fn.__kwdefaults__ or {}  # type: ignore[attr-defined]
    notes = fn.__annotations__
    params = []
    for k, name in enumerate(names[:positional]):
        place = k - (positional - len(defaults))
        default = defaults[place] if place >= 0 else None
        params.append(Param(name, notes.get(name, ""), default, place < 0, False, False))
    if code.co_flags & 0x04:  # *sizes
        name = names[positional + keywords]
        params.append(Param(name, notes.get(name, ""), (), False, False, True))
    for name in names[positional : positional + keywords]:
        required = name not in keyword_defaults
        default = keyword_defaults.get(name)
        params.append(Param(name, notes.get(name, ""), default, required, True, False))
    return tuple(params)


LAYOUTS = {Kind.VIEW: of_view, Kind.ELEMENTWISE: like_inputs}
"""The layouts of results that are not simply row-major."""


class Primitive(Op):
    """An op that engines implement. The decorated function's body is its shape-and-dtype rule."""

    derived = False
    exact_number = False  # whether a number beside a narrow tensor is used as it is, not rounded
    keeps_history = False  # whether the result requires grad even where gradients are disabled

    def __init__(
        self,
        fn: Rule,
        kind: Kind,
        numpy: Rule,
        promote: Callable[[Sequence[Node]], DType] | None,
        layout: Callable[[Node], tuple[int, ...]] | None,
        passes: int | None,
        on: str,
        aliases: Sequence[str],
        grad_name: GradName,
    ) -> None:
        super().__init__(fn, on, aliases, grad_name)
        self.kind = kind
        self.numpy = numpy
        self.promote = promote
        self.view = kind is Kind.VIEW
        self.passes = 0 if self.view else passes
        self.any_dtype = self.passes is not None
        self.vjp_rule: Rule | None = None
        self.vmap_rule: Rule | None = None
        self.vmap_attrs: Callable[..., dict[str, Any]] | None = None  # of a view: see batching.py
        self.layout = layout or LAYOUTS.get(kind, row_major)

    def vjp(self, rule: Rule) -> Rule:
        """Attach the gradient: `rule(g, out, *inputs, **attrs)`, one result or None per input."""
        self.vjp_rule = rule
        return rule

    def vmap(self, rule: Rule) -> Rule:
        """Attach what it makes of many examples at once: `rule(batch, *inputs, **attrs)`."""
        self.vmap_rule = rule
        return rule

    def __call__(self, *args: Any, **attrs: Any) -> Node:
        """The node for this op applied to nodes (or Python numbers)."""
        given = inputs = tuple([a if isinstance(a, Node) else Constant(a) for a in args])
        if self.promote is not None:
            inputs = cast_all(given, self.promote(given))
        spec = self.fn(*inputs, **attrs)
        if not self.any_dtype and (spec.dtype.narrow or rounded.any_narrow(inputs)):
            narrow = rounded.narrow_among(inputs) or spec.dtype
            wide = tuple([rounded.operand(i, narrow) for i in inputs])
            if self.exact_number and not given[1].shape:
                wide = (wide[0], rounded.in_dtype(given[1], dtypes.float32))
            return self.in_float32(wide, attrs, spec.dtype)
        return self.node(inputs, attrs, spec)

    def in_float32(self, wide: tuple[Node, ...], attrs: dict[str, Any], dtype: DType) -> Node:
        """The node for this op computed without narrow dtypes, as `dtype`."""
        rounded.count.rounded += 1
        attrs = {name: rounded.widened(value) for name, value in attrs.items()}
        shape, kind = self.fn(*wide, **attrs)
        kind = dtypes.float32 if kind.narrow else kind
        made: Node = rounded.in_dtype(self.node(wide, attrs, Spec(shape, kind)), dtype)
        return made

    def node(self, inputs: tuple[Node, ...], attrs: dict[str, Any], spec: Spec) -> Node:
        """The node for this op applied to nodes, whose shape and dtype are known."""
        grad = (
            (scope.grad or self.keeps_history)
            and self.vjp_rule is not None
            and spec.dtype.category >= dtypes.FLOAT
            and any([i.requires_grad for i in inputs])
        )
        if self.view:
            source = inputs[0]
            (source.source if isinstance(source, Bound) else source).viewed = True
        node = Node(self, inputs, attrs, spec, grad)
        layout = self.layout
        if layout is not row_major and (layout is not like_inputs or not all_contiguous(inputs)):
            strides = layout(node)
            if strides != contiguous_strides(node.shape):
                node.stride_memo = strides
        return node


class Derived(Op, Generic[P, R]):
    """An op written with other ops. Engines and gradients never see it.

    `view` says that what it returns may be a view of its first argument.
    """

    def __init__(
        self, fn: Rule, view: bool, on: str, aliases: Sequence[str], grad_name: GradName
    ) -> None:
        super().__init__(fn, on, aliases, grad_name)
        self.view = self.any_dtype = view

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """What the body makes of nodes."""
        if not self.any_dtype and (
            rounded.any_narrow(args) or (kwargs and rounded.any_narrow(kwargs.values()))
        ):
            result: R = rounded.as_one(self.fn, args, kwargs)
        else:
            result = self.fn(*args, **kwargs)
        return result


def register(op: Any) -> Any:
    """`op`, after entering it in the table."""
    if op.name in OPS:
        raise ArgumentError(explain("table", f"there is already an op called {op.name!r}"))
    OPS[op.name] = op
    return op


def primitive(
    kind: Kind,
    *,
    numpy: Rule,
    promote: Callable[[Sequence[Node]], DType] | None = None,
    layout: Callable[[Node], tuple[int, ...]] | None = None,
    passes: int | None = None,
    on: str = "",
    aliases: Sequence[str] = (),
    grad_name: GradName = "",
) -> Callable[[Rule], Primitive]:
    """Declare an op that engines implement; `numpy` is its meaning.

    `passes` names the input whose memory `numpy` may hand through as its result.
    """

    def declare(fn: Rule) -> Primitive:
        op: Primitive = register(
            Primitive(fn, kind, numpy, promote, layout, passes, on, aliases, grad_name)
        )
        return op

    return declare


def derived(
    on: str = "", *, view: bool = False, aliases: Sequence[str] = (), grad_name: GradName = ""
) -> Callable[[Callable[P, R]], Derived[P, R]]:
    """Declare an op by what it does: the body uses only other ops."""

    def declare(fn: Callable[P, R]) -> Derived[P, R]:
        op: Derived[P, R] = register(Derived(fn, view, on, aliases, grad_name))
        return op

    return declare


# -- promotion ---------------------------------------------------------------------------------


def common(inputs: Sequence[Node]) -> DType:
    """The dtype in which `inputs` combine."""
    first = inputs[0]
    for node in inputs:
        if node.dtype is not first.dtype:
            break
    else:
        return first.dtype
    return dtypes.result_type([(n.dtype, len(n.shape), n.number) for n in inputs])


def floating(inputs: Sequence[Node]) -> DType:
    """The dtype in which `inputs` combine, at least the default floating-point type."""
    dtype = common(inputs)
    return dtype if dtype.category >= dtypes.FLOAT else dtypes.default()


def arithmetic(inputs: Sequence[Node]) -> DType:
    """The dtype in which `inputs` combine; truth values count as integers."""
    dtype = common(inputs)
    return dtypes.int64 if dtype is dtypes.bool_ else dtype


def cast_all(inputs: tuple[Node, ...], dtype: DType) -> tuple[Node, ...]:
    """`inputs` converted to `dtype`; Python numbers are left as they are where NumPy agrees."""
    for node in inputs:
        if node.dtype is not dtype or node.number:
            break
    else:
        return inputs
    cast = OPS["cast"]
    # A small integer type wraps around in PyTorch where NumPy refuses a number that does not fit,
    # and where all inputs are numbers nothing else says what type they have.
    narrow = dtype.category == dtypes.INT and dtype.itemsize < 8
    typed = narrow or all([n.number for n in inputs])
    return tuple(
        [
            n
            if (n.dtype is dtype and not n.number) or (n.number and not typed)
            else cast(n, dtype=dtype)
            for n in inputs
        ]
    )
