"""Long elementwise chains, interpreted block by block: the same numbers, and little memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from rushlight import dtypes, ops
from rushlight.engines.numpy import NodeError, blocks, interpret
from rushlight.graph import Leaf, Node
from rushlight.trace import Program

LONG = blocks.LONG + 77
"""No whole number of blocks."""


def leaf(*shape: int, dtype: Any = dtypes.float32) -> Leaf:
    return Leaf(shape, dtype)


def numbers(x: Leaf) -> Any:
    return np.asarray(np.random.default_rng(0).normal(0, 3, x.shape), x.dtype.numpy)


def one_by_one(program: Program, arrays: list[Any]) -> list[Any]:
    """The outputs, each op on whole arrays."""
    return interpret.run_noting(program, arrays, lambda node, start, end: None)


@pytest.mark.parametrize("shape", [(LONG,), (7, LONG // 7)])
def test_blocks_give_the_numbers_of_whole_arrays(shape: tuple[int, ...]) -> None:
    x, k, s = leaf(*shape), leaf(*shape, dtype=dtypes.int64), leaf()
    y = ops.sigmoid(x * s + 1.0)
    positive = ops.gt(y, 0.75)
    z = ops.where(positive, y, k * 3)
    program = Program([z, y, ops.sum(positive, dim=None), ops.exp(z) - y], (x, k, s))
    arrays = [numbers(i) for i in program.inputs]
    assert blocks.chains(program)
    for a, b in zip(one_by_one(program, arrays), interpret.run(program, arrays), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b, strict=True)


def test_what_lies_between_is_never_there_as_a_whole() -> None:
    x = leaf(4 * LONG)
    y = ops.relu(x * 2.0 + 1.0) - 0.5
    program = Program([ops.sigmoid(y) * x + ops.abs(x)], (x,))
    arrays = [numbers(x)]
    tracemalloc.start()
    (out,) = interpret.run(program, arrays)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * out.nbytes


def test_arrays_with_gaps_and_other_shapes_are_computed_whole() -> None:
    x, b = leaf(4, LONG), leaf(LONG)
    program = Program([ops.exp(-x), ops.exp(x + b)], (x, b))
    arrays = [numbers(leaf(4, 2 * LONG))[:, ::2], numbers(b)]
    assert list(blocks.chains(program).values()) == [2]  # not what is repeated along a dimension
    for a, c in zip(one_by_one(program, arrays), interpret.run(program, arrays), strict=True):
        np.testing.assert_array_equal(a, c, strict=True)


def test_an_op_that_fails_in_a_block_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    x = leaf(LONG)
    y: Node = ops.exp(x)
    program = Program([-y], (x,))

    def broken(x: Any) -> Any:
        raise ValueError("no")

    monkeypatch.setattr(y.op, "numpy", broken)
    with pytest.raises(NodeError, match="exp: no") as raised:
        interpret.run(program, [numbers(x)])
    assert raised.value.node is y
