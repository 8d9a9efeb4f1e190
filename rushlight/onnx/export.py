"""The function that writes a network as ONNX."""

from __future__ import annotations

import enum
import inspect
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..config import VERSION
from ..errors import ChoiceError, explain
from ..func.tree import leaves
from ..runtime.entry import Handle
from ..runtime.record import realise
from ..whole_file import whole_file
from . import rows_places, rows_products, rows_views
from .rows import write
from .sizes import Symbol
from .tracing import Recording, all_recordings
from .writer import OnnxExporterError, Writer, load_onnx, mark_of

OPSETS = range(13, 22)
USUAL_OPSET = 18
MOST_BYTES = 2**31 - 2**20
MORE_ROWS = (rows_places, rows_products, rows_views)  # which enter themselves in the table

exporting: list[bool] = []


class TrainingMode(enum.Enum):
    """In which mode a network is written."""

    EVAL = 0
    PRESERVE = 1
    TRAINING = 2


def is_in_onnx_export() -> bool:
    """Whether a network is being exported: its `forward` may ask.

    >>> torch.onnx.is_in_onnx_export()
    False
    """
    return bool(exporting)


class ONNXProgram:
    """A network as ONNX: `model_proto` is the model of the package `onnx`."""

    def __init__(self, model_proto: Any) -> None:
        self.model_proto = model_proto

    def save(self, destination: Any) -> None:
        """Write it to a path or an open file."""
        content = self.model_proto.SerializeToString()
        if isinstance(destination, io.IOBase) or hasattr(destination, "write"):
            destination.write(content)
        else:
            with whole_file(Path(destination)) as file:
                file.write(content)


def export(
    model: Any,
    args: Any = (),
    f: Any = None,
    *,
    kwargs: Mapping[str, Any] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    opset_version: int | None = None,
    dynamic_axes: Mapping[str, Any] | None = None,
    training: TrainingMode = TrainingMode.EVAL,
    **options: Any,
) -> ONNXProgram:
    """The network as ONNX, written to `f` too, a path or an open file, if that is given.

    `args` is a tensor or the arguments of `model`, whose values do not matter but for their shapes
    and dtypes. Sizes are fixed, but for those in `dynamic_axes`: names by axis, or axes, of inputs
    and outputs. `opset_version` is 13 to 21. Other options of PyTorch's are accepted.

    Raises OnnxExporterError if the package `onnx` is not installed, if an operation has no row for
    ONNX, or if the network looks at values; ValueError for arguments that make no sense.

    >>> layer = torch.nn.Linear(2, 3)
    >>> torch.onnx.export(layer, torch.ones(4, 2), "layer.onnx")  # doctest: +SKIP
    """
    load_onnx()
    opset = USUAL_OPSET if opset_version is None else opset_version
    if opset not in OPSETS:
        hint = f"one of {OPSETS.start} to {OPSETS.stop - 1}"
        raise ChoiceError(explain("onnx.export", f"there is no opset {opset} here", hint=hint))
    if options.get("dynamic_shapes"):
        hint = 'name the free sizes: dynamic_axes={"x": {0: "batch"}}'
        raise ChoiceError(explain("onnx.export", "dynamic_shapes is not taken", hint=hint))
    given = arguments(args, kwargs)
    names = names_of_inputs(model, given, input_names)
    axes = {name: named_axes(name, found) for name, found in (dynamic_axes or {}).items()}
    symbols = symbols_of(names, given, axes)
    recordings = in_mode(model, training, given, symbols)
    program = ONNXProgram(written(model, recordings, symbols, opset, names, output_names, axes))
    if f is not None:
        program.save(f)
    return program


def arguments(args: Any, kwargs: Mapping[str, Any] | None) -> tuple[Any, Any]:
    """The arguments of the network, by position and by name."""
    args = (args,) if isinstance(args, Handle) else tuple(args)
    if kwargs is None and args and isinstance(args[-1], dict):
        return args[:-1], args[-1]
    return args, dict(kwargs or {})


def names_of_inputs(model: Any, given: Any, wanted: Sequence[str] | None) -> list[str]:
    """A name for each tensor that the network is given."""
    args, kwargs = given
    parameters = inspect.signature(getattr(model, "forward", model)).parameters
    found = []
    for k, arg in enumerate([*args, *kwargs.values()]):
        if k >= len(args):
            name = list(kwargs)[k - len(args)]
        else:
            name = list(parameters)[k] if k < len(parameters) else f"input_{k}"
        count = len(leaves(arg))
        found += [name] if count == 1 else [f"{name}_{j}" for j in range(count)]
    if wanted is not None:
        if len(wanted) > len(found):
            problem = f"{len(wanted)} names for {len(found)} inputs"
            raise ChoiceError(explain("onnx.export", problem, {"input_names": list(wanted)}))
        found[: len(wanted)] = wanted
    return found


def named_axes(name: str, axes: Any) -> dict[int, str]:
    """The names of free sizes by axis; those that are given as axes alone get one."""
    if isinstance(axes, Mapping):
        return {int(k): str(v) for k, v in axes.items()}
    return {int(k): f"{name}_dynamic_axes_{j}" for j, k in enumerate(axes, 1)}


def symbols_of(names: Sequence[str], given: Any, axes: Mapping[str, Any]) -> list[Symbol]:
    """The free sizes; one name stands for one size, wherever it is."""
    found: dict[str, Symbol] = {}
    for k, (name, tensor) in enumerate(zip(names, leaves(given), strict=True)):
        for axis, word in axes.get(name, {}).items():
            ndim = tensor.ndim
            if not -ndim <= axis < ndim:
                problem = f"{name!r} has no axis {axis}"
                raise ChoiceError(explain("onnx.export", problem, {name: tensor._value.spec}))
            base = max(tensor.shape[axis], 2)  # not 1, which would be broadcast
            first = found.get(word, Symbol(word, base, (2 * base + 1, 3 * base + 1)))
            found[word] = first._replace(places=(*first.places, (k, axis % ndim)))
    return list(found.values())


def in_mode(
    model: Any, training: TrainingMode, given: Any, symbols: Sequence[Symbol]
) -> list[Recording]:
    """The recordings, made in a mode of the network that is then as it was before."""
    modules = list(model.modules()) if hasattr(model, "modules") else []
    before = [m.training for m in modules]
    exporting.append(True)
    try:
        if modules and training is not TrainingMode.PRESERVE:
            model.train(training is TrainingMode.TRAINING)
        return all_recordings(model, given, symbols)
    finally:
        exporting.pop()
        for module, mode in zip(modules, before, strict=True):
            module.training = mode


def written(
    model: Any,
    recordings: list[Recording],
    symbols: Sequence[Symbol],
    opset: int,
    names: Sequence[str],
    output_names: Sequence[str] | None,
    axes: Mapping[str, Any],
) -> Any:
    """The model of the package `onnx`."""
    w = Writer(recordings, symbols, opset)
    first = recordings[0]
    w.inputs = [w.fresh(name) for name in names]
    w.names.update(zip(first.inputs, w.inputs, strict=True))
    name_weights(w, model, first)
    for node in first.order:
        write(w, node)
    outputs = [w.fresh(name) for name in names_of_outputs(len(first.outputs), output_names)]
    for node, name in zip(first.outputs, outputs, strict=True):
        w.nodes.append(w.onnx.helper.make_node("Identity", [w.name(node)], [name], name))
    helper = w.onnx.helper
    graph = helper.make_graph(
        w.nodes,
        type(model).__name__,
        [described(w, n, name, axes) for n, name in zip(first.inputs, w.inputs, strict=True)],
        [described(w, n, name, axes) for n, name in zip(first.outputs, outputs, strict=True)],
        [w.onnx.numpy_helper.from_array(a, name) for name, a in weights_used(w).items()],
    )
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", opset)],
        producer_name="rushlight",
        producer_version=VERSION,
        ir_version=8 if opset < 19 else 10,
    )
    try:
        w.onnx.checker.check_model(made)
    except w.onnx.checker.ValidationError as error:
        raise OnnxExporterError(explain("onnx.export", f"the graph is wrong: {error}")) from None
    return made


def names_of_outputs(count: int, wanted: Sequence[str] | None) -> list[str]:
    """A name for each result."""
    found = ["output"] if count == 1 else [f"output_{k}" for k in range(count)]
    if wanted is not None:
        found[: len(wanted)] = wanted[:count]
    return found


def name_weights(w: Writer, model: Any, recording: Recording) -> None:
    """Have parameters and buffers keep their names."""
    if not hasattr(model, "named_parameters"):
        return
    known = {}
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        array = realise(tensor)
        w.tensors[name] = array
        known[mark_of(array)] = name
    for node, value in recording.values.items():
        if hasattr(value, "tobytes") and not node.number:
            mark = mark_of(value)
            if mark in known and mark not in w.known:
                w.constant(value, known[mark])


def weights_used(w: Writer) -> dict[str, Any]:
    """The weights that some node takes; raises if they are more than a file can hold."""
    used = {name for node in w.nodes for name in node.input}
    found = {name: array for name, array in w.weights.items() if name in used}
    whole = sum([array.nbytes for array in found.values()])
    if whole > MOST_BYTES:
        problem = f"the weights are {whole / 1e9:.1f} GB, more than one ONNX file can hold"
        hint = "export the network in float16: model.half()"
        raise OnnxExporterError(explain("onnx.export", problem, hint=hint))
    return found


def described(w: Writer, node: Any, name: str, axes: Mapping[str, Any]) -> Any:
    """What ONNX says of an input or a result: dtype, and shape with names for free sizes."""
    given = axes.get(name, {})
    shape = [
        n if isinstance(n, int) else given.get(k, given.get(k - node.ndim, str(n)))
        for k, n in enumerate(w.shape(node))
    ]
    return w.onnx.helper.make_tensor_value_info(name, w.kind(node.dtype), shape)
