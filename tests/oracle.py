"""What an op should be is known from three sides: its rules, its neighbours, and PyTorch.

This is the machinery of the sweeps over the op table, and of any test that wants it:

    examples(op)            the op's samples, each as args and kwargs
    record(op, ...)         one call, recorded on leaves that stand for the sample's arrays
    values(call, nodes)     what NumPy makes of nodes of that call
    gradients(...)          nodes for the gradient, ready to be differentiated again
    slope_error(...)        a gradient against central differences
    Reference(...)          the same call made with PyTorch

It asks an op only for what every op has: its parameters, its samples, where its name appears.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rushlight import bfloat, dtypes
from rushlight.engines.numpy import interpret
from rushlight.engines.numpy.compile import compile_program
from rushlight.gradient import Walk
from rushlight.graph import Leaf, Node, Scalar, contiguous_strides, needed
from rushlight.ops import OPS, Op
from rushlight.ops.samples import AtKink
from rushlight.trace import Program

NUMBERS = (bool, int, float, complex)


class Example(NamedTuple):
    """One sample of an op. At a kink the gradient is PyTorch's convention, not a limit."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    kink: bool

    def __str__(self) -> str:
        words = [brief(a) for a in self.args]
        words += [f"{key}={brief(value)}" for key, value in self.kwargs.items()]
        return f"({', '.join(words)})"


def brief(value: Any) -> str:
    """A sample's argument in a few words."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}" if value.size > 4 else repr(value)
    return repr(value)


def examples(op: Op) -> list[Example]:
    """The samples of `op`."""
    found = []
    for item in op.sample_rule() if op.sample_rule else ():
        kink = isinstance(item, AtKink)
        if kink or (len(item) == 2 and isinstance(item[0], tuple) and isinstance(item[1], dict)):
            args, kwargs = item
        else:
            args, kwargs = tuple(item), {}
        found.append(Example(args, kwargs, kink))
    return found


def in_float64(value: Any) -> Any:
    """`value` in double precision."""
    if isinstance(value, np.ndarray) and value.dtype in (np.float32, np.complex64):
        return value.astype(np.float64 if value.dtype == np.float32 else np.complex128)
    if isinstance(value, list | tuple):
        return type(value)([in_float64(v) for v in value])
    return value


def widened(example: Example) -> Example:
    """`example` in float64."""
    args = tuple([in_float64(a) for a in example.args])
    return Example(args, {k: in_float64(v) for k, v in example.kwargs.items()}, example.kink)


def in_bfloat16(value: Any) -> Any:
    """`value` in bfloat16 where it was in single precision."""
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        return bfloat.rounded(value)
    if isinstance(value, list | tuple):
        return type(value)([in_bfloat16(v) for v in value])
    return dtypes.bfloat16 if value is dtypes.float32 else value


def narrowed(example: Example) -> Example:
    """`example` in bfloat16."""
    args = tuple([in_bfloat16(a) for a in example.args])
    return Example(args, {k: in_bfloat16(v) for k, v in example.kwargs.items()}, example.kink)


def transposed(example: Example) -> Example:
    """`example` with matrices and larger arrays in the opposite memory order."""

    def turned(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.ndim > 1:
            return np.copy(value, order="C" if value.flags.fnc else "F")
        return [turned(v) for v in value] if isinstance(value, list) else value

    args = tuple([turned(a) for a in example.args])
    return Example(args, {k: turned(v) for k, v in example.kwargs.items()}, example.kink)


# -- one recorded call -------------------------------------------------------------------------


class Call:
    """A recorded call: `results` are the op's nodes, `feeds` the values of the leaves it read."""

    def __init__(self) -> None:
        self.feeds: dict[Node, Any] = {}
        self.results: list[Node] = []
        self.returned: Any = None
        self.frozen: frozenset[int] = frozenset()
        self.arrays = 0

    @property
    def inputs(self) -> list[Node]:
        """The leaves that require grad."""
        return [leaf for leaf in self.feeds if leaf.requires_grad]

    def leaf(self, array: Any, grad: bool = False) -> Leaf:
        """A new leaf whose value is `array`."""
        dtype = dtypes.stored_in(array.dtype)
        leaf = Leaf(array.shape, dtype, grad and dtype.differentiable)
        strides = tuple([s // array.itemsize for s in array.strides])
        if array.size and strides != contiguous_strides(array.shape):
            leaf.stride_memo = strides
        self.feeds[leaf] = array
        return leaf

    def take(self, value: Any, dynamic: bool, listed: bool, grad: bool) -> Any:
        """`value` as the op gets it: a leaf, the node of a number, or itself if it is static."""
        if isinstance(value, np.ndarray):
            self.arrays += 1
            return self.leaf(value, grad and self.arrays - 1 not in self.frozen)
        if listed and isinstance(value, list | tuple):
            return [self.take(v, True, False, grad) for v in value]
        if dynamic and type(value) in NUMBERS:
            scalar = Scalar(type(value), None, 0)
            self.feeds[scalar] = value
            return scalar
        return tuple(value) if isinstance(value, list) else value


def record(
    op: Op, example: Example, grad: bool = False, frozen: frozenset[int] = frozenset()
) -> Call:
    """The call of `op` on `example`, as the runtime would record it.

    With `grad` every array requires grad but those whose numbers are in `frozen`.
    """
    call = Call()
    call.frozen = frozen
    named = {p.name: p for p in op.params}
    places = [p for p in op.params if not p.keyword_only]

    def node(value: Any, param: Any) -> Any:
        dynamic = param.kind == "number" or param.mixed
        return call.take(value, dynamic, param.kind == "tensors", grad)

    given = example.args
    if places and places[-1].kind == "sizes" and len(given) == len(places):
        last = given[-1]
        given = (*given[:-1], *(last if isinstance(last, list | tuple) else (last,)))
    args = [node(a, places[min(k, len(places) - 1)]) for k, a in enumerate(given)]
    kwargs = {key: node(a, named[key]) for key, a in example.kwargs.items()}
    call.returned = op(*args, **kwargs)
    single = isinstance(call.returned, Node)
    call.results = [n for n in ([call.returned] if single else call.returned) if n is not None]
    return call


Engine = Callable[[Program, Sequence[Any]], list[Any]]


def run_compiled(program: Program, arrays: Sequence[Any]) -> list[Any]:
    """As `interpret.run`, through the generated function."""
    return compile_program(program)(arrays)


def values(call: Call, nodes: Sequence[Node], engine: Engine = interpret.run) -> list[Any]:
    """The values of `nodes`, fed from `call`."""
    program = Program(nodes)
    return engine(program, [call.feeds[leaf] for leaf in program.inputs])


# -- derivatives -------------------------------------------------------------------------------


def noise(spec: Any, seed: int) -> Any:
    """A random array of the shape and dtype of `spec`."""
    random = np.random.default_rng(seed)
    array = np.asarray(random.uniform(0.5, 1.5, spec.shape) * random.choice([-1, 1], spec.shape))
    if spec.dtype.is_complex:
        array = array + 1j * random.uniform(-1, 1, spec.shape)
    return spec.dtype.array(array)


def seeded(call: Call, roots: Sequence[Node], seed: int) -> list[Leaf]:
    """A random gradient for each of `roots`, as leaves."""
    return [call.leaf(noise(r.spec, seed + k), grad=True) for k, r in enumerate(roots)]


def gradients(
    roots: Sequence[Node], seeds: Sequence[Node], wanted: Sequence[Node]
) -> list[Node | None]:
    """The gradient of `roots`, weighted by `seeds`, with respect to each of `wanted`."""
    found = Walk(roots, seeds, wanted).found
    return [found.get(node) for node in wanted]


def is_exact_enough(nodes: Sequence[Node]) -> bool:
    """Whether everything `nodes` are computed from is float64 where it is fractional."""
    fractional = [n for n in needed(nodes) if n.dtype.is_floating_point and not n.number]
    real = not any(n.dtype.is_complex for n in needed(nodes))
    return real and all(n.dtype is dtypes.float64 for n in fractional)


def slope_error(
    call: Call,
    roots: Sequence[Node],
    weights: Sequence[Node],
    wanted: Sequence[Node],
    found: Sequence[Node | None],
    step: float = 1e-5,
) -> tuple[float, float, float]:
    """How the gradient `found` compares with a central difference along a random direction.

    Returns (relative error, slope from `found`, slope from differences).
    """
    directions = {n: noise(n.spec, 100 + k) for k, n in enumerate(wanted)}
    slope = 0.0
    present = [(n, g) for n, g in zip(wanted, found, strict=True) if g is not None]
    if present:
        arrays = values(call, [g for _, g in present])
        for (n, _), array in zip(present, arrays, strict=True):
            slope += float(np.sum(array * directions[n]))

    def objective(sign: float) -> float:
        moved = dict(call.feeds)
        moved.update({n: call.feeds[n] + sign * step * d for n, d in directions.items()})
        program = Program(list(roots))
        arrays = interpret.run(program, [moved[leaf] for leaf in program.inputs])
        # A root that is a weight itself moves along with it.
        given = [moved[w] for w in weights]
        return sum(float(np.sum(a * w)) for a, w in zip(arrays, given, strict=True))

    wide = (objective(1.0) - objective(-1.0)) / (2 * step)
    scale = max(1.0, abs(slope), abs(wide))
    return abs(slope - wide) / scale, slope, wide


# -- PyTorch -----------------------------------------------------------------------------------


def reference(op: Op, torch: Any) -> Callable[..., Any] | None:
    """The function of PyTorch that `op` is to be, or None if there is none to compare with."""
    spaces = {
        "F": torch.nn.functional,  # first: its signatures are the documented ones
        "torch": torch,
        "special": torch.special,
        "linalg": torch.linalg,
        "fft": torch.fft,
        "Tensor": torch.Tensor,
        "property": torch.Tensor,
    }
    for word, space in spaces.items():
        if word in op.on:
            found: Callable[..., Any] = getattr(space, op.name)
            return found if callable(found) else lambda x: getattr(x, op.name)
    return None


def to_torch(value: Any, torch: Any, grad: bool = False) -> Any:
    """The array `value` as a tensor, with its strides; other values as PyTorch takes them."""
    if isinstance(value, np.ndarray):
        strides = [s // value.itemsize for s in value.strides]
        tensor = torch.empty_strided(value.shape, strides, dtype=torch_dtype(value.dtype, torch))
        if 0 in strides and value.size:  # expanded: has to be expanded again
            kept = tuple([slice(None) if s else slice(0, 1) for s in strides])
            tensor = torch.from_numpy(value[kept].copy()).expand(value.shape)
        else:
            tensor.copy_(torch.from_numpy(value.copy()))
        fractional = tensor.dtype.is_floating_point or tensor.dtype.is_complex
        return tensor.requires_grad_() if grad and fractional else tensor
    return getattr(torch, value.name) if isinstance(value, dtypes.DType) else value


def torch_dtype(dtype: np.dtype[Any], torch: Any) -> Any:
    """PyTorch's name for a NumPy dtype."""
    return getattr(torch, dtypes.of_numpy(dtype).name)


class Reference:
    """A sample's call made with PyTorch: `results`, its tensors; `inputs`, its tensors with grad.

    With `grad`, every array requires grad but those, by number, that PyTorch says cannot: they are
    `frozen`.
    """

    def __init__(self, op: Op, example: Example, torch: Any, grad: bool = False) -> None:
        self.torch = torch
        self.frozen: frozenset[int] = frozenset()
        try:
            self.call(op, example, grad)
        except RuntimeError as error:
            if "not differentiable with respect to" not in str(error):
                raise
            refused = [k for k in range(self.count) if not self.accepts(op, example, k)]
            self.frozen = frozenset(refused)
            self.call(op, example, grad)

    def call(self, op: Op, example: Example, grad: bool) -> None:
        """Make the call."""
        self.count = 0
        self.inputs: list[Any] = []
        function = reference(op, self.torch)
        assert function is not None
        args = [self.take(a, grad) for a in example.args]
        kwargs = {key: self.take(a, grad) for key, a in example.kwargs.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.returned = function(*args, **kwargs)
        single = isinstance(self.returned, self.torch.Tensor)
        items = [self.returned] if single else self.returned
        self.results = [t for t in items if t is not None]

    def take(self, value: Any, grad: bool) -> Any:
        """`value` as PyTorch takes it."""
        if isinstance(value, list | tuple):
            return type(value)([self.take(v, grad) for v in value])
        if isinstance(value, np.ndarray):
            self.count += 1
            grad = grad and self.count - 1 not in self.frozen
        tensor = to_torch(value, self.torch, grad)
        if isinstance(value, np.ndarray) and tensor.requires_grad:
            self.inputs.append(tensor)
        return tensor

    def accepts(self, op: Op, example: Example, k: int) -> bool:
        """Whether PyTorch lets the `k`-th array alone require grad."""
        self.frozen = frozenset(range(self.count)) - {k}
        try:
            self.call(op, example, True)
        except RuntimeError:
            return False
        return True


def array_of(tensor: Any) -> Any:
    """The values of PyTorch's `tensor`, whatever it only pretends to hold."""
    return tensor.detach().resolve_conj().resolve_neg().numpy(force=True)


def public() -> list[Op]:
    """The ops whose names users see."""
    return [op for op in OPS.values() if op.on]
