"""Gradients that meet in one value: joined, or multiplied at once, and the same as one by one."""

import numpy as np
import pytest

from rushlight import ops, sums
from rushlight.dtypes import float64
from rushlight.engines.numpy import interpret
from rushlight.gradient import Walk
from rushlight.graph import Leaf, needed
from rushlight.trace import Program


def of_chunks(x):
    a, b, c = ops.chunk(x, 3, 1)
    return a * b + c


def of_rows(x):
    rows = ops.unbind(x, 0)
    return rows[0] * rows[2] + x  # with a row between, and another use


def of_a_loop(w):
    h = w
    for _ in range(4):
        h = ops.mm(ops.tanh(h), w)
    return h


def of_overlaps(x):
    return ops.narrow(x, 0, 0, 2) * ops.narrow(x, 0, 1, 2)


def walked(make, shape):
    """The node of the gradient of `make`'s result, and its value."""
    x = Leaf(shape, float64, True)
    root = make(x)
    seed = Leaf(root.shape, float64)
    found = Walk([root], [seed], [x]).found[x]
    feeds = {
        leaf: np.random.default_rng(k).normal(size=leaf.shape) for k, leaf in enumerate((x, seed))
    }
    program = Program([found])
    value = interpret.run(program, [feeds[leaf] for leaf in program.inputs])[0]
    return {n.op.name for n in needed([found]) if not n.leaf}, value


@pytest.mark.parametrize(
    ("make", "shape", "joins"),
    [(of_chunks, (2, 6), True), (of_rows, (4, 3), True), (of_a_loop, (4, 4), False),
     (of_overlaps, (3, 2), False)],
)  # fmt: skip
def test_the_sum_is_what_adding_one_by_one_gives(make, shape, joins, monkeypatch):
    names, value = walked(make, shape)
    assert ("join" in names) is joins
    assert ("unview" in names) is (make is of_overlaps)
    monkeypatch.setattr(sums, "total", sums.added)
    plain, expected = walked(make, shape)
    assert "join" not in plain
    np.testing.assert_allclose(value, expected, 1e-12, 1e-14)


def test_a_weight_used_in_every_step_has_one_product_for_its_gradient():
    w, x = Leaf((40, 30), float64, True), Leaf((2, 40), float64)
    root = x
    total = None
    for _ in range(5):
        h = ops.mm(ops.tanh(root), w)
        root = ops.tanh(ops.cat([h, ops.narrow(h, 1, 0, 10)], 1))
        total = h if total is None else total + h
    walk = Walk([total], [Leaf((2, 30), float64)], [w])
    products = [
        n for n in needed([walk.found[w]]) if not n.leaf and n.op is ops.mm and n.shape == w.shape
    ]
    assert len(products) == 1
    assert products[0].inputs[0].shape == (40, 10)
