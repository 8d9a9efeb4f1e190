"""How the LLVM engine's loops run: orders in memory, pieces, panels for threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import native_programs

from rushlight import dtypes, ops
from rushlight.engines import llvm
from rushlight.engines.llvm import arguments, layout
from rushlight.engines.llvm.step import Step
from rushlight.engines.llvm.translate import Compiled
from rushlight.engines.numpy import interpret
from rushlight.graph import Constant, Leaf, Node
from rushlight.trace import Program

pytestmark = pytest.mark.skipif(not layout.supported(), reason="another interpreter")


def leaf(*shape: int, dtype: Any = dtypes.float32) -> Leaf:
    return Leaf(shape, dtype)


def check(outputs: list[Node], inputs: tuple[Leaf, ...], updates: Any = ()) -> Step:
    """Run on both engines and compare; the loops."""
    program = Program(outputs, inputs)
    rng = np.random.default_rng(0)
    arrays = [np.asarray(rng.uniform(-1, 1, i.shape), i.dtype.numpy) for i in program.inputs]
    wanted = interpret.run(program, [np.copy(a) for a in arrays])
    got = native_programs.run(program, arrays, updates)
    assert got is not None
    for a, b in zip(wanted, got, strict=True):
        np.testing.assert_allclose(b, a, rtol=2e-5, atol=1e-5)
    step = Compiled(program, dict(updates)).step
    step.emit()
    return step


@pytest.mark.parametrize("size", [80, 100])
def test_a_weight_that_many_steps_read_is_put_in_order_once(size: int) -> None:
    h, w = leaf(5, size), leaf(size, size)
    out: Node = h
    for _ in range(4):
        out = ops.tanh(ops.mm(out, ops.permute_view(w, dims=(1, 0))))
    step = check([out], (h, w))
    assert len([f for f in step.plan.stored if f.how == "turned"]) == 1


def test_a_product_of_many_rows_puts_its_weight_in_order_itself() -> None:
    x, w = leaf(300, 80), leaf(80, 80)
    turned = ops.permute_view(w, dims=(1, 0))
    step = check([ops.mm(ops.mm(x, turned), turned)], (x, w))
    assert not [f for f in step.plan.stored if f.how == "turned"]


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64])
@pytest.mark.parametrize("shape", [(64, 32), (37, 70), (70, 37), (5, 100)])
def test_elements_in_another_order(shape: tuple[int, int], dtype: Any) -> None:
    x = leaf(*shape, dtype=dtype)
    other = ops.permute_view(x * 2, dims=(1, 0))
    check([ops.reshape_view(other, shape=(shape[0] * shape[1],)), ops.exp(x)], (x,))


def test_vectors_are_read_along_one_dimension_and_written_along_another() -> None:
    x = leaf(48, 40)
    other = ops.permute_view(x, dims=(1, 0))
    step = check([ops.reshape_view(other, shape=(48 * 40,)) + 1], (x,))
    assert [c.turn for _, c in step.choices if c.turn]


def test_gates_lie_as_the_steps_that_read_them_do() -> None:
    x, w = leaf(192, 64), leaf(256, 64)
    gates = ops.mm(x, ops.permute_view(w, dims=(1, 0)))
    rows = [((k, k + 8, None), (None, None, None)) for k in (0, 64, 184)]
    steps = [ops.sigmoid(ops.basic_index(gates, index=at)) for at in rows]
    step = check(steps, (x, w))
    (fold,) = [f for f in step.plan.stored if f.kind.value == "fold"]
    strides = step.memory.of(fold).strides
    assert strides is not None
    assert strides[1] == 1


def test_what_is_read_after_a_sum_is_read_in_vectors() -> None:
    x, w, y = leaf(96, 64), leaf(64, 64), leaf(64, 96)
    beside = ops.permute_view(y, dims=(1, 0))
    out = ops.mm(x, w) * ops.exp(beside) * beside
    step = check([ops.reduce_sum(out, axes=(1,), keepdim=False)], (x, w, y))
    choice = step.choices[0][1]
    assert choice.contraction is not None
    assert choice.vector == "p0"


def test_a_number_for_each_channel_costs_a_load() -> None:
    x = leaf(64, 16, 8, 8)
    total = ops.reduce_sum(x, axes=(0, 2, 3), keepdim=True)
    mean = ops.expand_view(total / 4096.0, shape=x.shape)
    apart = x - mean
    step = check([ops.exp(apart), apart * x], (x,))
    assert not [f for f in step.plan.stored if f.how == "sub"]


def test_pieces_are_written_where_they_are_computed() -> None:
    x, y = leaf(12, 20), leaf(12, 20)
    both = ops.join(ops.tanh(x), x * y, ops.exp(y), axis=1)
    step = check([ops.mm(both, ops.permute_view(both, dims=(1, 0)))], (x, y))
    assert len(step.schedule.groups) == 2


def test_a_piece_made_of_what_has_a_dimension_of_one_more() -> None:
    x, y, w = leaf(10, 1, 16), leaf(10, 17), leaf(16, 5)
    other = ops.tanh(x)
    rows = ops.reshape_view(other, shape=(10, 16))
    piece = rows * 2
    whole = ops.cat([piece, ops.amax(piece, (1,), True)], 1)
    check([ops.mm(ops.permute_view(y, dims=(1, 0)), whole), ops.mm(rows, w)], (x, y, w))


def test_what_is_read_beside_a_piece_comes_after_it() -> None:
    x = leaf(12, 20)
    both = ops.join(ops.tanh(x), x, axis=1)
    left = ops.basic_index(both, index=((None, None, None), (3, 23, None)))
    check([left * x, both * 2], (x,))


@pytest.mark.parametrize("rows,groups", [(64, 2), (300, 1)])
def test_an_update_of_a_large_weight(rows: int, groups: int) -> None:
    """After a short sum it is a sweep of its own; a long one leaves time to fetch what it needs."""
    x, y, w, m = leaf(rows, 200), leaf(rows, 150), leaf(150, 200), leaf(150, 200)
    g = ops.mm(ops.permute_view(y, dims=(1, 0)), x)
    moved = m * 0.9 + g
    step = check([w - 0.1 * moved, moved], (x, y, w, m), {0: 2, 1: 3})
    assert len(step.schedule.groups) == groups
    assert ("llvm.prefetch" in step.b.module()) == (groups == 1)


@pytest.mark.parametrize("axes,groups", [((0, 2, 3), 2), ((0, 1, 2, 3), 2), ((2, 3), 1)])
def test_few_totals_of_a_large_array_are_taken_in_two_steps(
    axes: tuple[int, ...], groups: int
) -> None:
    x, y = leaf(16, 8, 20, 20), leaf(16, 8, 20, 20)
    total = ops.reduce_sum(x * y, axes=axes, keepdim=False)
    assert len(check([total], (x, y)).schedule.groups) == groups
    variance = ops.reduce_var(x, axes=axes, keepdim=True, divisor=400.0)
    check([variance], (x,))


@pytest.mark.parametrize("padding", [(2, 2), (3, 1), (0, 4)])
@pytest.mark.parametrize("stride", [1, 2])
def test_rows_of_a_window_that_lie_beyond_the_border_are_left_out(
    stride: int, padding: tuple[int, int]
) -> None:
    x, w = leaf(3, 4, 9, 8), leaf(6, 4, 4, 3)
    attrs: Any = {
        "stride": (stride, 1), "padding": (padding, (1, 1)), "dilation": (1, 1), "groups": 1,
    }  # fmt: skip
    y = ops.convolve(x, w, **attrs)
    step = check([y, ops.convolve_back(y, w, size=(9, 8), **attrs)], (x, w))
    contractions = [c.contraction for _, c in step.choices if c.contraction]
    assert any([c.borders for c in contractions])


def test_a_window_all_beyond_the_border_is_zero() -> None:
    x, w = leaf(2, 3, 4, 5), leaf(3, 3, 2, 2)
    attrs: Any = {
        "stride": (1, 1), "padding": ((3, 3), (1, 1)), "dilation": (1, 1), "groups": 1,
    }  # fmt: skip
    check([1 / (ops.convolve(x, w, **attrs) + 1)], (x, w))


def test_the_largest_of_windows_gets_the_gradient() -> None:
    for size in (4, 24):
        x, g = leaf(2, 3, size, size), leaf(2, 3, size // 2, size // 2)
        attrs: Any = {
            "kernel": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1),
        }  # fmt: skip
        places = ops.max_places(x, **attrs)
        flat = ops.reshape_view(places, shape=(2, 3, size * size // 4))
        zero = ops.cast(Constant(0.0), dtype=dtypes.float32)
        zeros = ops.expand_view(zero, shape=(2, 3, size * size))
        g_flat = ops.reshape_view(g, shape=(2, 3, size * size // 4))
        back = ops.fold_along(zeros, flat, g_flat, axis=2, how="add", wrap=False, op="")
        check([ops.window_max(x, **attrs), places, back], (x, g))


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64, dtypes.int64])
@pytest.mark.parametrize("shape", [(7,), (5, 37), (3, 1, 4, 16)])
def test_running_sums_and_products(shape: tuple[int, ...], dtype: Any) -> None:
    x = leaf(*shape, dtype=dtype)
    outputs: list[Node] = []
    for axis in range(len(shape)):
        for reverse in (False, True):
            outputs.append(ops.running_sum(x * 2, axis=axis, reverse=reverse))
            outputs.append(ops.running_product(x, axis=axis, reverse=reverse) + 1)
    check(outputs, (x,))


def test_a_running_sum_may_be_written_over_what_it_sums() -> None:
    x = leaf(6, 40)
    check([ops.running_sum(x, axis=0, reverse=False), x * 1], (x,), {0: 0})


@pytest.mark.parametrize("dtype", [dtypes.int32, dtypes.int64])
def test_whole_numbers_are_divided_natively(dtype: Any) -> None:
    x, y = leaf(20, dtype=dtype), leaf(20, dtype=dtype)
    rules = (ops.floor_quotient, ops.trunc_quotient, ops.remainder, ops.fmod)
    program = Program([rule(x, y) for rule in rules] + [rule(x, 8) for rule in rules], (x, y))
    assert not native_programs.foreign(program)
    most = np.iinfo(dtype.numpy).max
    a = np.array([7, -7, 7, -7, -most - 1, most, -most - 1, 0, 8, -8] * 2, dtype.numpy)
    b = np.array([2, 2, -2, -2, -1, -1, 3, 5, 4, -4] * 2, dtype.numpy)
    got = native_programs.run(program, [a, b])
    assert got is not None
    plain = [i for i in range(20) if b[i] != -1 or a[i] != -most - 1]
    for out, wanted in zip(got, interpret.run(program, [a, b]), strict=True):
        np.testing.assert_array_equal(out[plain], wanted[plain])
    assert got[0][4] == -most - 1 and got[2][4] == 0


def test_a_whole_number_divided_by_zero_is_left_to_numpy() -> None:
    x, y = leaf(3, dtype=dtypes.int64), leaf(3, dtype=dtypes.int64)
    program = Program([ops.remainder(x, y)], (x, y))
    native = llvm.compile(program, {})
    assert native is not None
    with pytest.raises(arguments.Refused):
        native.call(native_programs.Recorder(), object(), np.arange(3), np.arange(3), np.arange(3))


@pytest.mark.parametrize("how", ["add", "multiply", "maximum", "minimum", "put"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_scatters_along_a_dimension(how: str, axis: int) -> None:
    x, src = leaf(4, 5, 18), leaf(4, 5, 18)
    rng = np.random.default_rng(1)
    index = leaf(3, 4, 17, dtype=dtypes.int64)
    if how == "put":
        outs = [ops.put_along(x * 2, index, src, axis=axis, op="scatter")]
    else:
        attrs: Any = {"axis": axis, "how": how, "wrap": False, "op": "scatter"}
        outs = [ops.fold_along(x * 2, index, src, **attrs), ops.fold_along(x, index, src, **attrs)]
    program = Program(outs, (x, src, index))
    assert not native_programs.foreign(program)
    arrays = [rng.uniform(-1, 1, i.shape).astype(np.float32) for i in (x, src)]
    arrays.append(rng.integers(0, x.shape[axis], index.shape))
    wanted = interpret.run(program, [a.copy() for a in arrays])
    updates = {1: 0} if how != "put" else {}
    got = native_programs.run(program, arrays, updates)
    assert got is not None
    for a, b in zip(wanted, got, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-6)


def test_a_scatter_into_what_it_reads() -> None:
    x, index = leaf(6, 20), leaf(6, 20, dtype=dtypes.int64)
    attrs: Any = {"axis": 0, "how": "add", "wrap": False, "op": "scatter_add"}
    program = Program([ops.fold_along(x, index, x * 2, **attrs)], (x, index))
    rng = np.random.default_rng(1)
    arrays = [rng.uniform(-1, 1, x.shape).astype(np.float32), rng.integers(0, 6, index.shape)]
    (wanted,) = interpret.run(program, [a.copy() for a in arrays])
    got = native_programs.run(program, arrays, {0: 0})
    assert got is not None and got[0] is arrays[0]
    np.testing.assert_allclose(got[0], wanted, rtol=1e-6)
