"""Sweeps over the whole op table. They name no op: what they know is in `rushlight.ops.OPS`.

Adding an op to the table, with its samples, adds it to every sweep.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import oracle
import pytest

import rushlight
from rushlight import ops
from rushlight.engines.numpy import interpret
from rushlight.graph import Node, needed
from rushlight.ops import OPS, Op
from rushlight.ops.table import Kind, Primitive

SAMPLED = [op for op in OPS.values() if op.sample_rule is not None]
every_op = pytest.mark.parametrize("op", SAMPLED, ids=lambda op: op.name)
public_op = pytest.mark.parametrize("op", oracle.public(), ids=lambda op: op.name)
compared_op = pytest.mark.parametrize("op", [op for op in SAMPLED if op.on], ids=lambda op: op.name)


@pytest.fixture(scope="module")
def torch() -> Any:
    """PyTorch, where there is one."""
    found = pytest.importorskip("torch")
    found.set_num_threads(1)
    return found


# -- completeness ------------------------------------------------------------------------------


@public_op
def test_a_public_op_has_samples_and_a_docstring(op: Op) -> None:
    assert oracle.examples(op), "no samples"
    text = (op.__doc__ or "").strip()
    assert text, "no docstring"
    assert text.splitlines()[0].endswith("."), "the first line should be a sentence"


@public_op
def test_names_are_pytorchs(op: Op, torch: Any) -> None:
    spaces = {
        "torch": torch, "F": torch.nn.functional, "special": torch.special,
        "linalg": torch.linalg, "fft": torch.fft, "Tensor": torch.Tensor, "property": torch.Tensor,
    }  # fmt: skip
    assert op.on <= {*spaces, "Tensor_"}
    for word, name in itertools.product(op.on, (op.name, *op.aliases)):
        if word == "Tensor_":
            assert hasattr(torch.Tensor, f"{name}_"), f"no Tensor.{name}_"
        else:
            assert hasattr(spaces[word], name), f"no {name} on {word}"


# -- what NumPy computes -----------------------------------------------------------------------


@every_op
def test_values_have_the_shape_and_dtype_that_were_promised(op: Op) -> None:
    for example in oracle.examples(op):
        call = oracle.record(op, example)
        for node, value in zip(call.results, oracle.values(call, call.results), strict=True):
            assert isinstance(value, np.ndarray | np.generic), f"{example}: {type(value)}"
            assert value.shape == node.shape, f"{example}: {value.shape}, promised {node.spec}"
            assert value.dtype == node.dtype.numpy, f"{example}: {value.dtype} for {node.spec}"


@every_op
def test_nothing_is_written_into_inputs(op: Op) -> None:
    for example in oracle.examples(op):
        call = oracle.record(op, example)
        before = {n: np.array(a) for n, a in call.feeds.items()}
        oracle.values(call, call.results)
        for node, array in call.feeds.items():
            np.testing.assert_array_equal(array, before[node], err_msg=str(example))


@every_op
def test_new_values_are_in_memory_of_their_own(op: Op) -> None:
    if not isinstance(op, Primitive) or op.passes is not None:
        pytest.skip("hands memory on")
    for example in oracle.examples(op):
        call = oracle.record(op, example)
        for value in oracle.values(call, call.results):
            for array in call.feeds.values():
                assert not np.shares_memory(value, array), str(example)


@every_op
def test_the_written_program_does_what_the_interpreter_does(op: Op) -> None:
    if joins_histories(op):
        pytest.skip("its gradient may need what only the runtime knows")
    for example in oracle.examples(op):
        call = oracle.record(op, example, grad=True)
        nodes = list(call.results)
        roots = [n for n in nodes if n.requires_grad]
        if roots and call.inputs:
            seeds = oracle.seeded(call, roots, 1)
            nodes += [g for g in oracle.gradients(roots, seeds, call.inputs) if g is not None]
        expected = oracle.values(call, nodes)
        for a, b in zip(expected, oracle.values(call, nodes, oracle.run_compiled), strict=True):
            assert np.asarray(a).dtype == np.asarray(b).dtype
            assert np.asarray(a).tobytes() == np.asarray(b).tobytes(), str(example)


# -- derivatives against central differences ---------------------------------------------------


@every_op
def test_first_and_second_derivatives_are_slopes(op: Op) -> None:
    if joins_histories(op):
        pytest.skip("its gradient is not that of its values, on purpose")
    for example in oracle.examples(op):
        if example.kink:
            continue
        call = oracle.record(op, oracle.widened(example), grad=True)
        inputs = call.inputs
        roots = [n for n in call.results if n.requires_grad]
        if not roots or not inputs or not oracle.is_exact_enough(roots):
            continue
        seeds: list[Node] = list(oracle.seeded(call, roots, 1))
        first = oracle.gradients(roots, seeds, inputs)
        error, got, wide = oracle.slope_error(call, roots, seeds, inputs, first)
        assert error < 1e-6, f"{example}: first derivative {got}, by differences {wide}"
        again = [g for g in first if g is not None and g.requires_grad]
        if not again:
            continue
        weights: list[Node] = [call.leaf(oracle.noise(g.spec, 50 + k)) for k, g in enumerate(again)]
        wanted = [*inputs, *seeds]
        second = oracle.gradients(again, weights, wanted)
        error, got, wide = oracle.slope_error(call, again, weights, wanted, second)
        assert error < 1e-6, f"{example}: second derivative {got}, by differences {wide}"


def joins_histories(op: Any) -> bool:
    """Whether `op` joins data with a history other than its own."""
    if isinstance(op, Primitive):
        return op.kind is Kind.CONTROL or op.keeps_history
    for example in oracle.examples(op)[:1]:
        nodes = needed(oracle.record(op, example, grad=True).results)
        return any(not n.leaf and n.op is OPS["with_data"] for n in nodes)
    return False


@every_op
def test_gradients_keep_shape_and_dtype(op: Op) -> None:
    if joins_histories(op):
        pytest.skip("its gradient may need what only the runtime knows")
    for example in oracle.examples(op):
        call = oracle.record(op, example, grad=True)
        roots = [n for n in call.results if n.requires_grad]
        if not roots:
            continue
        found = oracle.gradients(roots, oracle.seeded(call, roots, 1), call.inputs)
        for leaf, g in zip(call.inputs, found, strict=True):
            if g is not None:
                assert g.spec == leaf.spec, str(example)
                value = np.asarray(oracle.values(call, [g])[0])
                assert value.shape == g.shape, f"{example}: {value.shape}, promised {g.spec}"
                assert value.dtype == g.dtype.numpy, f"{example}: {value.dtype} for {g.spec}"


# -- PyTorch -----------------------------------------------------------------------------------

LIBRARY = (
    *("solve", "cholesky", "orthogonal", "decompose", "matrix", "powers", "fourier"),
    *("lower_upper", "general_eigen", "householder", "indefinite"),
)
"""Files of ops whose results libraries lay out, each as it likes."""

TOLERANCE = {
    "float16": (2e-3, 1e-3), "float32": (1e-5, 1e-6), "float64": (1e-10, 1e-12),
    "complex64": (1e-5, 1e-6), "complex128": (1e-10, 1e-12),
}  # fmt: skip


def agree(got: Any, expected: Any, where: str) -> None:
    """Assert that an array is what PyTorch's tensor `expected` holds."""
    wanted = oracle.array_of(expected)
    assert np.asarray(got).dtype == wanted.dtype, where
    assert np.shape(got) == wanted.shape, where
    relative, absolute = TOLERANCE.get(str(wanted.dtype), (0, 0))
    np.testing.assert_allclose(got, wanted, relative, absolute, equal_nan=True, err_msg=where)


@compared_op
def test_values_are_pytorchs(op: Op, torch: Any) -> None:
    for example in oracle.examples(op):
        compare_values(op, example, torch)


@compared_op
def test_values_are_pytorchs_in_another_memory_order(op: Op, torch: Any) -> None:
    for example in map(oracle.transposed, oracle.examples(op)):
        try:
            oracle.Reference(op, example, torch)
        except RuntimeError:
            continue  # a view that needs the order that the sample has
        compare_values(op, example, torch)


def compare_values(op: Op, example: oracle.Example, torch: Any) -> None:
    """Assert that the results for `example` are PyTorch's, and named like them."""
    expected = oracle.Reference(op, example, torch)
    call = oracle.record(op, example)
    assert len(call.results) == len(expected.results), str(example)
    got = oracle.values(call, call.results)
    for array, tensor in zip(got, expected.results, strict=True):
        agree(array, tensor, str(example))
    fields = getattr(type(expected.returned), "__match_args__", None)
    if fields and not isinstance(expected.returned, torch.Tensor):
        assert call.returned._fields == tuple(fields), str(example)


@compared_op
def test_strides_are_pytorchs(op: Op, torch: Any) -> None:
    if op.fn.__module__.rpartition(".")[2] in LIBRARY:
        pytest.skip("the memory order of library results is not promised")
    for example in oracle.examples(op):
        expected = oracle.Reference(op, example, torch)
        call = oracle.record(op, example)
        for node, tensor in zip(call.results, expected.results, strict=True):
            assert meaningful(node.strides, node.shape) == meaningful(
                tensor.stride(), tensor.shape
            ), f"{example}: {node.strides} for {node.shape}, in PyTorch {tensor.stride()}"


def meaningful(strides: Any, shape: Any) -> list[int]:
    """The strides along which there is somewhere to go."""
    return [] if 0 in shape else [s for s, n in zip(strides, shape, strict=True) if n > 1]


def has_rule(tensor: Any) -> bool:
    """Whether PyTorch can differentiate what made `tensor`."""
    made = tensor.grad_fn
    none = made is not None and any([word in made.name() for word in ("NotImplemented", "Geqrf")])
    return tensor.requires_grad and not none


@compared_op
def test_what_requires_grad_is_what_does_in_pytorch(op: Op, torch: Any) -> None:
    for example in oracle.examples(op):
        expected = oracle.Reference(op, example, torch, grad=True)
        call = oracle.record(op, example, True, expected.frozen)
        for node, tensor in zip(call.results, expected.results, strict=True):
            if has_rule(tensor):
                assert node.requires_grad, f"{example}: has no gradient"
            if not tensor.requires_grad:
                assert not node.requires_grad, f"{example}: has a gradient"


@compared_op
def test_history_is_named_as_in_pytorch(op: Op, torch: Any) -> None:
    names = set()
    for example in oracle.examples(op):
        expected = oracle.Reference(op, example, torch, grad=True).results
        for k, tensor in enumerate(expected):
            if has_rule(tensor) and not tensor.is_leaf:
                names.add(tensor.grad_fn.name().rstrip("0123456789"))
                if callable(op.grad_name):  # it depends on the arguments, so must be right for each
                    ours = oracle.Reference(op, example, rushlight, grad=True).results[k]
                    assert ours.grad_fn.name() == tensor.grad_fn.name(), str(example)
    if names and not callable(op.grad_name):
        assert op.grad_name.rstrip("0123456789") in names


@compared_op
def test_gradients_are_pytorchs(op: Op, torch: Any) -> None:
    for example in map(oracle.widened, oracle.examples(op)):
        expected = oracle.Reference(op, example, torch, grad=True)
        tensors = [t for t in expected.results if has_rule(t)]
        if not tensors or not expected.inputs:
            continue
        call = oracle.record(op, example, True, expected.frozen)
        inputs = call.inputs
        pairs = zip(call.results, expected.results, strict=True)
        roots = [n for n, t in pairs if has_rule(t)]
        seeds: list[Node] = list(oracle.seeded(call, roots, 1))
        seed_tensors = [to_leaf(call, s, torch, True) for s in seeds]
        first = oracle.gradients(roots, seeds, inputs)
        try:
            theirs = torch.autograd.grad(
                tensors, expected.inputs, seed_tensors, create_graph=True, allow_unused=True
            )
        except RuntimeError as error:
            if "specified up to multiplication" not in str(error):
                raise
            continue  # PyTorch refuses gradients that depend on the phase of eigenvectors
        compare(call, first, theirs, f"{example}: first gradient")
        both = [(g, t) for g, t in zip(first, theirs, strict=True) if differentiable(g, t)]
        if not both or example.kink:
            continue
        again = [g for g, _ in both]
        weights = [call.leaf(oracle.noise(g.spec, 50 + k)) for k, g in enumerate(again)]
        second = oracle.gradients(again, weights, [*inputs, *seeds])
        try:
            theirs = torch.autograd.grad(
                [t for _, t in both],
                [*expected.inputs, *seed_tensors],
                [to_leaf(call, w, torch, False) for w in weights],
                allow_unused=True,
            )
        except NotImplementedError:
            continue  # PyTorch has no second derivative
        compare(call, second, theirs, f"{example}: second gradient")


def differentiable(g: Node | None, theirs: Any) -> bool:
    """Whether a gradient, and PyTorch's, can be differentiated again."""
    return g is not None and theirs is not None and has_rule(theirs) and g.requires_grad


def to_leaf(call: oracle.Call, node: Node, torch: Any, grad: bool) -> Any:
    """PyTorch's tensor of what `call` feeds to `node`."""
    return oracle.to_torch(call.feeds[node], torch, grad)


def compare(call: oracle.Call, ours: Any, theirs: Any, where: str) -> None:
    """Assert that gradients agree; where one side has none, the other must be zero."""
    for k, (g, t) in enumerate(zip(ours, theirs, strict=True)):
        value = None if g is None else np.asarray(oracle.values(call, [g])[0])
        wanted = None if t is None else oracle.array_of(t)
        if value is None or wanted is None:
            left = value if wanted is None else wanted
            assert left is None or not np.any(left), f"{where}, input {k}: {value} and {wanted}"
            continue
        assert value.shape == wanted.shape, where
        tight = wanted.dtype == np.float64
        relative, absolute = (1e-7, 1e-9) if tight else (1e-4, 1e-5)
        np.testing.assert_allclose(
            value, wanted, relative, absolute, equal_nan=True, err_msg=f"{where}, input {k}"
        )


def test_every_primitive_can_be_run_by_the_interpreter() -> None:
    for op in OPS.values():
        if isinstance(op, Primitive):
            assert callable(op.numpy), op.name
    assert callable(interpret.run)


def test_every_op_is_found_under_its_name() -> None:
    for op in OPS.values():
        if op.fn.__module__.startswith("rushlight.ops."):
            found = getattr(ops, op.name, None) or getattr(ops, op.fn.__name__, None)
            assert found is op, f"ops.{op.name} is {found}"


# -- looking in between ------------------------------------------------------------------------


@compared_op
def test_looking_at_a_result_does_not_change_its_gradient(op: Op) -> None:
    # What was looked at is saved with its history; a gradient must find there all that it needs.
    for example in oracle.examples(op):
        plain = slopes(op, example, lambda tensor: None)
        seen = slopes(op, example, lambda tensor: tensor.detach().tolist())
        for a, b in zip(plain, seen, strict=True):
            np.testing.assert_array_equal(a, b, str(example))


def slopes(op: Op, example: oracle.Example, look: Any) -> list[Any]:
    """The gradients of all inputs of `op`, called by users, when `look` was given the results."""
    called = oracle.Reference(op, example, rushlight, grad=True)
    roots = [t for t in called.results if t.requires_grad and not t.is_leaf]
    if not roots or not called.inputs:
        return []
    first = [r * r for r in roots]
    for tensor in (*roots, *first):
        look(tensor)
    total = sum([(r * 0.5).real.sum() if r.is_complex() else (r * 0.5).sum() for r in first])
    found = rushlight.autograd.grad(total, called.inputs, allow_unused=True)
    return [None if g is None else g.numpy() for g in found]
