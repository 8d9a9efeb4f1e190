"""Whole programs on the LLVM engine: updates, guards, stages, threads, other processors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import native_programs

import rushlight
from rushlight import dtypes, ops
from rushlight.engines import llvm
from rushlight.engines.llvm import arguments, layout, nests
from rushlight.engines.llvm import step as step_module
from rushlight.engines.llvm.translate import Compiled
from rushlight.engines.numpy import interpret
from rushlight.graph import Leaf, Node
from rushlight.trace import Program

pytestmark = pytest.mark.skipif(not layout.supported(), reason="another interpreter")


def leaf(*shape: int, dtype: Any = dtypes.float32) -> Leaf:
    return Leaf(shape, dtype)


def values(program: Program, seed: int = 0) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.uniform(0.1, 1, i.shape), i.dtype.numpy) for i in program.inputs]


def check(program: Program, updates: Any = (), arrays: list[Any] | None = None) -> list[Any]:
    """Run on both engines and compare."""
    arrays = values(program) if arrays is None else arrays
    wanted = interpret.run(program, [np.copy(a) for a in arrays])
    got = native_programs.run(program, arrays, updates)
    assert got is not None
    for a, b in zip(wanted, got, strict=True):
        np.testing.assert_allclose(b, a, rtol=2e-5, atol=1e-6)
    return got


# -- updates -----------------------------------------------------------------------------------


def test_updates_are_written_in_place() -> None:
    x, g = leaf(5, 7), leaf(5, 7)
    program = Program([x - g * g], (x, g))
    arrays = values(program)
    (out,) = check(program, {0: 0}, arrays)
    assert out is arrays[0]


def test_values_may_be_exchanged() -> None:
    a, b = leaf(300), leaf(300)
    check(Program([b * 1, a * 1], (a, b)), {0: 0, 1: 1})


def test_an_update_may_move_elements() -> None:
    x = leaf(40)
    check(Program([ops.reverse(x, axes=(0,)) + x], (x,)), {0: 0})


def test_what_follows_an_update_still_reads_the_old_value() -> None:
    x = leaf(6, 6)
    new = x * 2
    total = ops.reduce_sum(new, axes=(0, 1), keepdim=False)
    check(Program([new, ops.mm(x, x) + total, total], (x,)), {0: 0})


def test_an_update_of_a_matrix_that_a_product_reads() -> None:
    w, x = leaf(30, 20), leaf(8, 30)
    y = ops.mm(x, w)
    g = ops.mm(ops.permute_view(x, dims=(1, 0)), y)
    check(Program([w - g, y], (w, x)), {0: 0})


# -- guards ------------------------------------------------------------------------------------


def test_an_index_out_of_range_is_refused_before_anything_is_changed() -> None:
    table, index, x = leaf(4, 3), leaf(2, dtype=dtypes.int64), leaf(5)
    rows = ops.lookup(table, index, padding=None)
    program = Program([x * 2, rows], (table, index, x))
    native = llvm.compile(program, {0: 2})
    assert native is not None
    arrays = values(program)
    before = arrays[2].copy()
    recorder, halt, out = native_programs.Recorder(), object(), np.zeros((2, 3), np.float32)
    for bad in ([0, 4], [-1, 0]):
        arrays[1] = np.array(bad)
        with pytest.raises(arguments.Refused, match="out of range"):
            native.call(recorder, halt, *arrays, out)
        assert recorder.at is None
        np.testing.assert_array_equal(arrays[2], before)
    arrays[1] = np.array([3, 0])
    native.call(recorder, halt, *arrays, out)
    assert recorder.at is halt
    np.testing.assert_array_equal(out, arrays[0][[3, 0]])
    np.testing.assert_array_equal(arrays[2], before * 2)


def test_ignored_classes_may_be_out_of_range() -> None:
    x, target = leaf(3, 4), leaf(3, dtype=dtypes.int64)
    picked = ops.pick_class(x, target, axis=1, ignore=-100)
    program = Program([picked], (x, target))
    arrays = values(program)
    arrays[1] = np.array([0, -100, 3])
    check(program, arrays=arrays)


# -- stages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2])
def test_what_is_picked_where_it_is_made(n: int) -> None:
    x, y = leaf(40, n), leaf(40, n)
    table, column = x * y, leaf(40, 1, dtype=dtypes.int64)
    found = ops.gather_along(table, column, axis=1, wrap=False, op="gather")
    program = Program([table, found])
    numbers = {x: 1.5, y: 2.0, column: 0}
    arrays = [np.full(i.shape, numbers[i], i.dtype.numpy) for i in program.inputs]
    check(program, (), arrays)


def test_numpy_computes_what_has_no_row() -> None:
    x, w = leaf(4, 6), leaf(4, 6)
    order = ops.sort_index(x * 2, axis=1, descending=False)
    moved = ops.gather_along(w, order, axis=1, wrap=False, op="gather")
    program = Program([w - moved, order, ops.exp(x)], (x, w))
    assert native_programs.foreign(program) == 1
    check(program, {0: 1})


def test_complex_parameters_stay_with_numpy_and_the_rest_does_not() -> None:
    w, x = leaf(4, 5, dtype=dtypes.complex64), leaf(4, 5)
    product = ops.mul(w, ops.exp(x))
    program = Program([w - product, x - ops.tanh(ops.real(product)), product], (w, x))
    native = llvm.compile(program, {0: 0, 1: 1})
    assert native is not None and native.updates == {1: 1} and native.foreign < len(program.order)
    check(program, {0: 0, 1: 1})


def test_a_failure_between_stages_changes_nothing() -> None:
    x = leaf(3, 3)
    program = Program([x * 2 + ops.lgamma(x * 1)], (x,))
    native = llvm.compile(program, {0: 0})
    assert native is not None and native.foreign == 1
    arrays = values(program)
    before = arrays[0].copy()
    recorder = native_programs.Recorder()
    with pytest.raises((TypeError, ValueError)):
        native.call(recorder, object(), arrays[0].astype(np.float64))
    np.testing.assert_array_equal(arrays[0], before)
    native.call(recorder, "halt", *arrays)
    np.testing.assert_allclose(arrays[0], interpret.run(program, [before])[0], rtol=1e-5)


# -- shapes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("m", [1, 5, 17, 64])
@pytest.mark.parametrize("k", [1, 3, 40])
@pytest.mark.parametrize("n", [1, 16, 33, 130])
def test_products_of_any_size(m: int, k: int, n: int) -> None:
    a, b = leaf(m, k), leaf(n, k)
    turned = ops.permute_view(b, dims=(1, 0))
    y = ops.relu(ops.mm(a, turned) - 0.5 * k * 0.3)
    back = ops.mm(ops.permute_view(y, dims=(1, 0)), a)
    check(Program([y, back, ops.reduce_sum(y, axes=(0,), keepdim=False)], (a, b)))


@pytest.mark.parametrize("n", [2, 4, 8, 16, 17])
def test_turned_blocks_of_any_width(n: int) -> None:
    a = leaf(n, 40)
    turned = ops.permute_view(ops.exp(a), dims=(1, 0))
    check(Program([ops.clone(turned)], (a,)))


@pytest.mark.parametrize("k", [5, 10, 13, 16])
@pytest.mark.parametrize("m", [100, 2000])
def test_products_with_a_vector(m: int, k: int) -> None:
    a, v = leaf(m, k), leaf(k, 1)
    many, others = leaf(15, 100, k), leaf(15, k, 1)
    check(Program([ops.mm(a, v), ops.matmul(many, others)], (a, v, many, others)))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions(stride: int, padding: int, groups: int) -> None:
    x, w = leaf(3, 4, 9, 11), leaf(6, 4 // groups, 3, 2)
    attrs: Any = {
        "stride": (stride, 1), "padding": ((padding, padding), (0, padding)), "dilation": (1, 2),
        "groups": groups,
    }  # fmt: skip
    y = ops.convolve(x, w, **attrs)
    gx = ops.convolve_back(y, w, size=(9, 11), **attrs)
    gw = ops.convolve_match(x, y, kernel=(3, 2), **attrs)
    check(Program([y, gx, gw], (x, w)))


def test_infinities_and_nans_are_kept() -> None:
    x = leaf(5)
    strange = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0], np.float32)
    outs: list[Node] = [ops.relu(x), ops.at_least(x, 0.0), ops.maximum(x, x * 0), x / x, x / 0.0]
    outs += [ops.reduce_max(x, axes=(0,), keepdim=False), ops.gt(x, 0.0), ops.ne(x, x)]
    program = Program(outs, (x,))
    wanted, got = interpret.run(program, [strange]), native_programs.run(program, [strange])
    assert got is not None
    for a, b in zip(wanted, got, strict=True):
        np.testing.assert_array_equal(b, a)
        np.testing.assert_array_equal(np.signbit(b), np.signbit(a) & ~np.isnan(a) | np.signbit(b)
                                      & np.isnan(a))  # fmt: skip


# -- threads -----------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_share_loops(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nests, "WORTH_SHARING", 10)
    monkeypatch.setattr(step_module, "WORTH_SHARING", 10)
    monkeypatch.setattr(step_module, "WORTH_WAKING", 10)
    before = rushlight.get_num_threads()
    rushlight.set_num_threads(threads)
    try:
        x, w = leaf(70, 50), leaf(90, 50)
        y = ops.relu(ops.mm(x, ops.permute_view(w, dims=(1, 0))))
        g = ops.mm(ops.permute_view(y, dims=(1, 0)), x)
        program = Program([w - g, ops.exp(y), ops.reduce_sum(y, axes=(1,), keepdim=False)], (x, w))
        assert Compiled(program, {0: 1}).step.parallel
        for seed in range(20):
            check(program, {0: 1}, values(program, seed))
    finally:
        rushlight.set_num_threads(before)


# -- counts ------------------------------------------------------------------------------------


def test_layers_that_are_alike_share_their_functions() -> None:
    def layers(count: int) -> int:
        x = leaf(8, 16)
        weights = [leaf(16, 16) for _ in range(count)]
        y: Node = x
        for w in weights:
            y = ops.tanh(ops.mm(y, w))
        compiled = Compiled(Program([y], (x, *weights)), {})
        compiled.step.emit()
        return len(compiled.step.names)

    assert layers(12) == layers(5)


def test_the_weight_is_updated_where_its_gradient_is_summed() -> None:
    x, y, w = leaf(8, 16), leaf(8, 4), leaf(16, 4)
    g = ops.mm(ops.permute_view(x, dims=(1, 0)), y)
    compiled = Compiled(Program([w - 0.1 * g], (x, y, w)), {0: 2})
    (group,) = compiled.step.schedule.groups
    assert len(group.folds) == 1 and len(group.points) == 1


# -- other processors --------------------------------------------------------------------------


@pytest.mark.parametrize("cpu", ["avx2", "baseline"])
def test_lesser_processors_give_the_same_results(cpu: str) -> None:
    env = {**os.environ, "RUSHLIGHT_CPU": cpu}
    tests = Path(__file__).parent
    names = "mm or convolve or softmax or gelu or window_max or lookup or layer_norm or sum"
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-k", names, "test_llvm_every_op.py"]
    done = subprocess.run(command, cwd=tests, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_programs_that_are_alike_share_their_code() -> None:
    def made() -> Any:
        x, w = leaf(4, 4), leaf(4, 4)
        native = llvm.compile(Program([w - ops.mm(x, w)], (x, w)), {0: 1})
        assert native is not None
        return native.call

    assert made() is made()
