"""Convolutions and their gradients in machine code, in odd shapes, against NumPy."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import native_programs

from rushlight import dtypes, ops
from rushlight.engines.llvm import layout
from rushlight.engines.llvm.phases import phases_along, spares
from rushlight.engines.llvm.translate import Compiled
from rushlight.engines.numpy import interpret
from rushlight.graph import Leaf, Node
from rushlight.ops.convolve import convolve, convolve_back, convolve_match, windows_along
from rushlight.trace import Program

pytestmark = pytest.mark.skipif(not layout.supported(), reason="another interpreter")

CASES = [
    # batch, channels, outputs, groups, size, kernel, stride, padding, dilation
    (2, 3, 5, 1, (9, 8), (4, 4), (2, 2), ((1, 1), (1, 1)), (1, 1)),
    (1, 17, 7, 1, (7, 9), (3, 3), (2, 2), ((1, 1), (1, 1)), (1, 1)),
    (3, 20, 33, 1, (6, 5), (1, 1), (2, 2), ((0, 0), (0, 0)), (1, 1)),
    (2, 6, 4, 2, (11, 10), (5, 2), (3, 2), ((2, 1), (0, 3)), (1, 1)),
    (2, 4, 8, 4, (8, 12), (2, 5), (1, 3), ((1, 0), (2, 2)), (2, 1)),
    (2, 3, 16, 1, (10, 10), (3, 3), (2, 1), ((2, 2), (1, 1)), (2, 2)),
    (5, 16, 16, 1, (13,), (4,), (2,), ((1, 2),), (1,)),
    (1, 2, 3, 1, (5, 4, 6), (2, 3, 3), (2, 1, 2), ((0, 1), (1, 1), (1, 0)), (1, 1, 1)),
    (32, 1, 6, 1, (9, 10), (3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1)),
    (16, 6, 4, 2, (9, 8), (3, 2), (2, 1), ((1, 0), (0, 2)), (1, 1)),
    (16, 2, 3, 1, (14,), (4,), (2,), ((0, 0),), (1,)),
    (16, 32, 16, 1, (8, 8), (4, 4), (2, 2), ((1, 1), (1, 1)), (1, 1)),
]


def leaf(*shape: int) -> Leaf:
    return Leaf(shape, dtypes.float32)


def nodes_of(case: Any) -> list[Node]:
    """The three convolutions of one geometry."""
    batch, channels, outputs, groups, size, kernel, stride, padding, dilation = case
    out = windows_along(size, kernel, stride, padding, dilation)
    image, weight = leaf(batch, channels, *size), leaf(outputs, channels // groups, *kernel)
    g = leaf(batch, outputs, *out)
    attrs: Any = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return [
        convolve(image, weight, **attrs),
        convolve_back(g, weight, size=size, **attrs),
        convolve_match(image, g, kernel=kernel, **attrs),
    ]


def compare(outputs: list[Node]) -> None:
    """Run on both engines and compare."""
    program = Program(outputs)
    rng = np.random.default_rng(0)
    arrays = [np.asarray(rng.uniform(-1, 1, i.shape), i.dtype.numpy) for i in program.inputs]
    wanted = interpret.run(program, [np.copy(a) for a in arrays])
    got = native_programs.run(program, arrays)
    assert got is not None
    for a, b in zip(wanted, got, strict=True):
        np.testing.assert_allclose(b, a, rtol=2e-5, atol=2e-5 * np.abs(a).max())


TRIED = CASES[1::2] if "RUSHLIGHT_CPU" in os.environ else CASES


@pytest.mark.parametrize("case", TRIED, ids=str)
def test_gradients_of_any_geometry(case: Any) -> None:
    compare(nodes_of(case))


@pytest.mark.parametrize("cpu", ["avx2", "baseline"])
def test_on_lesser_processors(cpu: str) -> None:
    if "RUSHLIGHT_CPU" in os.environ:
        pytest.skip("this is that run")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", __file__, "-k", "geometry"],
        env=os.environ | {"RUSHLIGHT_CPU": cpu}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_product_with_what_a_stride_puts_between() -> None:
    back = nodes_of(CASES[-1])[1]
    step = Compiled(Program([back]), {}).step
    (sums,) = [g for g in step.schedule.groups if g.folds]
    assert sums.folded == (16, 2, 2)  # of a kernel of 4 x 4
    assert sums.work == back.size * 64


def test_phases_of_a_dimension() -> None:
    assert phases_along(8, 4, 2, 1, 1) == (2, 2, 4, 0, 1, True, 0)
    assert phases_along(9, 3, 3, 1, 1) == (3, 1, 4, 0, 1, False, 1)
    assert spares((4, 4), (2, 2), (1, 1))
    assert not spares((1, 1), (2, 2), (1, 1))
    assert not spares((4, 4), (2, 2), (2, 2))
    assert not spares((4, 4), (1, 1), (1, 1))


def test_channels_lie_innermost_through_a_reshape() -> None:
    """What follows merges heights and widths, and only these stay together."""
    back = nodes_of(CASES[-1])[1]
    step = Compiled(Program([ops.sum(ops.tanh(back), (0, 2, 3))]), {}).step
    step.emit()
    (sums,) = [f for f in step.plan.stored if len(f.shape) > 6 and f.kind.value == "fold"]
    strides = step.memory.of(sums).strides
    assert strides is not None
    long = [(n, s) for n, s in zip(sums.shape, strides, strict=True) if n > 1]
    (_, (channels, step_of), *image) = long
    assert (channels, step_of) == (32, 1)
    (_, (two, inner), _, (_, innermost)) = image
    assert inner * two == image[0][1]
    assert innermost * 2 == image[2][1]


def image_and_gradients(channels: int, outputs: int) -> Any:
    """The step of a convolution of what another gave, forward and back: as in a training."""
    image, first, second = (
        leaf(4, 3, 10, 10),
        leaf(channels, 3, 3, 3),
        leaf(outputs, channels, 3, 3),
    )
    attrs: Any = {"stride": (1, 1), "padding": ((1, 1),) * 2, "dilation": (1, 1), "groups": 1}
    hidden = ops.tanh(convolve(image, first, **attrs))
    out = convolve(hidden, second, **attrs)
    weights = convolve_match(hidden, ops.tanh(out), kernel=(3, 3), **attrs)
    step = Compiled(Program([ops.sum(out, (0, 2, 3)), weights]), {}).step
    step.emit()
    compare([ops.sum(out, (0, 2, 3)), weights])
    return step


def test_what_two_need_with_a_border_is_drawn_once() -> None:
    step = image_and_gradients(16, 16)
    assert len([f for f in step.plan.stored if f.kind.value == "assemble"]) == 2


@pytest.mark.parametrize(("outputs", "inner"), [(16, 1), (5, 3)])
def test_a_border_lies_as_the_image_if_sums_find_vectors(outputs: int, inner: int) -> None:
    step = image_and_gradients(16, outputs)
    (around,) = [f for f in step.plan.stored if f.kind.value == "assemble" and f.shape[1] == 16]
    strides = step.memory.of(around).strides
    assert strides is not None and strides.index(1) == inner
