"""Every op, and every gradient, for many examples at once: as for one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import oracle
import pytest

from rushlight.engines.numpy import interpret
from rushlight.graph import Leaf, Node, needed
from rushlight.ops import OPS, Op
from rushlight.ops.batching import alone, rule_of
from rushlight.ops.table import Kind, Primitive
from rushlight.trace import Program
from rushlight.vectorize import vectorized


def is_looped(op: Primitive) -> bool:
    """Whether `op` has no rule, nor its kind: one example is done after the other."""
    return getattr(rule_of(op), "func", None) is alone and op.kind is not Kind.CONTROL


SAMPLED = [op for op in OPS.values() if op.sample_rule is not None and op.name != "custom"]
COUNT = 3
LOOPED = [op for op in SAMPLED if isinstance(op, Primitive) and op.vjp_rule and is_looped(op)]


def varied(array: Any) -> Any:
    """Examples for the places of `array`: it, and others that are as valid."""
    if array.dtype.kind in "fc":
        return np.stack([array, (array * 0.75).astype(array.dtype), array])
    turned = np.roll(array, 1, -1) if array.ndim else array
    return np.stack([array, turned, array])


def run(nodes: list[Node], feeds: dict[Node, Any]) -> list[Any]:
    """The values of `nodes`."""
    program = Program(nodes)
    return interpret.run(program, [feeds[leaf] for leaf in program.inputs])


def choices(leaves: list[Node]) -> Iterator[tuple[Node, ...]]:
    """Which inputs differ from example to example: all of them, or one."""
    yield tuple(leaves)
    if len(leaves) > 1:
        yield from itertools.combinations(leaves, 1)


def wanted_of(call: oracle.Call) -> list[Node]:
    """The results of a call, and its gradients."""
    nodes = list(call.results)
    roots = [n for n in nodes if n.requires_grad]
    if roots and call.inputs:
        seeds = oracle.seeded(call, roots, 1)
        nodes += [g for g in oracle.gradients(roots, seeds, call.inputs) if g is not None]
    return nodes


@pytest.mark.parametrize("op", SAMPLED, ids=lambda op: op.name)
def test_many_examples_give_what_each_gives(op: Op) -> None:
    for example in oracle.examples(op)[: 2 if op.derived else None]:
        call = oracle.record(op, example, grad=True)
        nodes = wanted_of(call)
        leaves = [n for n in call.feeds if not n.number]
        for chosen in choices(leaves):
            examples = {n: varied(call.feeds[n]) for n in chosen}
            try:
                feeds = [call.feeds | {n: examples[n][k] for n in chosen} for k in range(COUNT)]
                each = [run(nodes, feed) for feed in feeds]
            except (RuntimeError, IndexError, np.linalg.LinAlgError):
                continue  # what was varied is no valid input any more
            compare(nodes, each, call, examples, f"{example} {len(chosen)} of {len(leaves)}")


@pytest.mark.parametrize("op", SAMPLED, ids=lambda op: op.name)
def test_a_gradient_can_be_differentiated_by_what_it_is_weighted_with(op: Op) -> None:
    # Forward mode is made of that: see func/forward.py.
    for example in oracle.examples(op)[:1]:
        call = oracle.record(op, example, grad=True)
        roots = [n for n in call.results if n.requires_grad]
        if not roots or not call.inputs:
            continue
        seeds = oracle.seeded(call, roots, 1)
        for g in oracle.gradients(roots, seeds, call.inputs):
            if g is not None and set(seeds) & set(needed([g])):
                assert g.requires_grad, str(example)


@pytest.mark.parametrize("op", LOOPED, ids=lambda op: op.name)
def test_the_gradient_of_one_after_the_other(op: Op) -> None:
    for example in oracle.examples(op):
        call = oracle.record(op, example, grad=True)
        (x,) = call.inputs
        whole = call.leaf(varied(call.feeds[x]), grad=True)
        (made,) = vectorized(call.results, {x: whole}, COUNT)
        assert made.op is OPS["one_by_one"]
        weight = call.leaf(oracle.noise(made.spec, 1), grad=True)
        (g,) = oracle.gradients([made], [weight], [whole])
        assert g is not None
        each = []
        for k in range(COUNT):
            one = oracle.record(op, example, grad=True)
            (x,) = one.inputs
            one.feeds[x] = call.feeds[whole][k]
            seed = one.leaf(np.asarray(call.feeds[weight][k]))
            (slope,) = oracle.gradients(one.results, [seed], [x])
            assert slope is not None
            each += run([slope], one.feeds)
        np.testing.assert_allclose(run([g], call.feeds)[0], np.stack(each), 1e-6)


def compare(
    nodes: list[Node], each: list[Any], call: oracle.Call, examples: dict[Node, Any], text: str
) -> None:
    """Assert that `nodes` for all examples have the values that they have for `each`."""
    stands = {n: Leaf(a.shape, n.dtype, n.requires_grad) for n, a in examples.items()}
    known: dict[Node, Node] = dict(stands)
    made = vectorized(nodes, known, COUNT)
    feeds = call.feeds | {stands[n]: a for n, a in examples.items()}
    for k, value in enumerate(run(made, feeds)):
        expected = np.stack([e[k] for e in each])
        if nodes[k] not in known:
            expected = expected[0]
        assert value.shape == expected.shape, f"{text} result {k}"
        assert value.dtype == expected.dtype, f"{text} result {k}"
        if expected.dtype.kind in "fc":
            scale = float(np.max(np.abs(expected), initial=1, where=np.isfinite(expected)))
            np.testing.assert_allclose(
                value, expected, rtol=1e-4, atol=2e-6 * scale, err_msg=f"{text} result {k}"
            )
        else:
            np.testing.assert_array_equal(value, expected, err_msg=f"{text} result {k}")
