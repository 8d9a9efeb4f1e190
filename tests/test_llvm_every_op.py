"""Every op's samples, and their gradients, on the LLVM engine against the NumPy engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracle
import pytest

pytest.importorskip("llvmlite")

import native_programs

from rushlight import bfloat, dtypes
from rushlight.engines.llvm import layout
from rushlight.engines.numpy import interpret
from rushlight.ops import OPS
from rushlight.trace import Program

pytestmark = [
    pytest.mark.skipif(not layout.supported(), reason="another interpreter"),
    pytest.mark.filterwarnings("ignore"),
]


def calls_of(op: Any, change: Any = lambda example: example) -> list[Any]:
    """The recorded samples of an op: with its gradient where it has one."""
    found = []
    for example in map(change, oracle.examples(op)):
        call = oracle.record(op, example, grad=True)
        roots = [r for r in call.results if r.requires_grad]
        nodes = list(call.results)
        if roots:
            seeds = oracle.seeded(call, roots, seed=7)
            nodes += [g for g in oracle.gradients(roots, seeds, call.inputs) if g is not None]
        found.append((call, [n for n in nodes if not n.leaf]))
    return found


def feeds(calls: Any, program: Program) -> list[Any]:
    """The values of the program's inputs."""
    known = {leaf: value for call, _ in calls for leaf, value in call.feeds.items()}
    return [known[leaf] for leaf in program.inputs]


@pytest.mark.parametrize("name", sorted(OPS))
def test_samples_agree(name: str) -> None:
    calls = calls_of(OPS[name])
    program = Program(list(dict.fromkeys([n for _, nodes in calls for n in nodes])))
    if not program.order or native_programs.foreign(program) == len(program.order):
        pytest.skip("NumPy's alone")
    arrays = feeds(calls, program)
    wanted = interpret.run(program, arrays)
    got = native_programs.run(program, arrays)
    assert got is not None
    for node, a, b in zip(program.outputs, wanted, got, strict=True):
        assert b.shape == node.shape and b.dtype == node.dtype.numpy
        close(np.asarray(a, node.dtype.numpy), b, str(node))


SOME = sorted(OPS)[::12]


def test_samples_agree_in_bfloat16(request: Any) -> None:
    for name in sorted(OPS) if request.config.getoption("--full") else SOME:
        try:
            calls = calls_of(OPS[name], oracle.narrowed)
        except (RuntimeError, TypeError):
            continue  # it does not take bfloat16
        program = Program(list(dict.fromkeys([n for _, nodes in calls for n in nodes])))
        if not program.order or native_programs.foreign(program) == len(program.order):
            continue
        arrays = feeds(calls, program)
        got = native_programs.run(program, arrays)
        assert got is not None
        for node, a, b in zip(program.outputs, interpret.run(program, arrays), got, strict=True):
            if node.dtype is dtypes.bfloat16:
                a, b = bfloat.widened(a), bfloat.widened(b)
                scale = np.abs(a[np.isfinite(a)]).max(initial=2**-40)
                np.testing.assert_allclose(b, a, 2**-7, 2**-9 * scale, err_msg=f"{name} {node}")
            else:
                close(np.asarray(a, node.dtype.numpy), b, f"{name} {node}")


def close(a: Any, b: Any, what: str) -> None:
    """Assert that results agree, to rounding where they may be summed in another order."""
    if a.dtype.kind in "fc":
        eps = np.finfo(a.dtype).eps
        finite = np.abs(a[np.isfinite(a)])
        scale = finite.max() if finite.size else 1.0
        atol = 16 * eps * scale + np.finfo(a.dtype).tiny
        np.testing.assert_allclose(b, a, rtol=60 * eps, atol=atol, err_msg=what)
    else:
        np.testing.assert_array_equal(b, a, err_msg=what)


KEPT = {"relu": (), "at_least": (0.0,), "at_most": (0.0,), "between": (0.0, 1.0)}
"""Ops that keep the sign of zero, with bounds that are equal to it."""


@pytest.mark.parametrize("name", KEPT)
def test_the_sign_of_zero_is_kept(name: str) -> None:
    zeros = np.full(40, 0.0 if name == "at_most" else -0.0, np.float32)
    bounds = [-b if name == "at_most" else b for b in KEPT[name]]
    call = oracle.record(OPS[name], oracle.Example((zeros, *bounds), {}, False))
    program = Program(call.results)
    arrays = feeds([(call, [])], program)
    for (out,) in (interpret.run(program, arrays), native_programs.run(program, arrays)):
        np.testing.assert_array_equal(np.signbit(out), np.signbit(zeros))
