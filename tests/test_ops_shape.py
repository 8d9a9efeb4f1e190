"""Views, copies, and what writing through views does: what the sweeps over the table cannot see."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import oracle
import pytest

from rushlight.engines.numpy import interpret
from rushlight.graph import Node, contiguous_strides
from rushlight.ops import OPS
from rushlight.ops.samples import floats
from rushlight.ops.strided import storage_of
from rushlight.ops.views import canonical, strides_as
from rushlight.trace import apply_chain, view_chain, view_root


def call(name: str, *args: Any, **kwargs: Any) -> oracle.Call:
    """The recorded call of an op."""
    return oracle.record(OPS[name], oracle.Example(args, kwargs, False), grad=True)


def result(name: str, *args: Any, **kwargs: Any) -> Any:
    """The value of an op's only result."""
    made = call(name, *args, **kwargs)
    return np.asarray(oracle.values(made, made.results)[0])


def laid_out(shape: tuple[int, ...], order: tuple[int, ...], step: int) -> Any:
    """An array of `shape` whose dimensions lie in memory in this order, every `step`-th element."""
    base = np.arange(int(np.prod(shape)) * step, dtype=np.float32)[::step]
    inverse = np.argsort(order)
    return base.reshape([shape[k] for k in order]).transpose(inverse)


SHAPES = [(2, 3, 4), (4, 1, 3), (1, 6, 2), (2, 2, 3)]
TARGETS = [
    (24,),
    (6, 4),
    (2, 12),
    (12,),
    (3, 4),
    (4, 3),
    (2, 3, 2),
    (12, 1),
    (1, 2, 6),
    (2, 2, 3, 1),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_reshape_is_a_view_exactly_where_memory_allows_it(shape: tuple[int, ...]) -> None:
    for order, step, target in itertools.product(itertools.permutations(range(3)), (1, 2), TARGETS):
        array = laid_out(shape, order, step)
        if np.prod(target) != array.size:
            continue
        strides = tuple([s // array.itemsize for s in array.strides])
        found = strides_as(shape, strides, target)
        try:
            view = np.reshape(array, target, copy=False)
        except ValueError:
            assert found is None, (shape, order, target)
            continue
        assert found is not None, (shape, order, target)
        numpys = [s // array.itemsize for s, n in zip(view.strides, target, strict=True) if n > 1]
        assert [s for s, n in zip(found, target, strict=True) if n > 1] == numpys


def test_reshape_of_a_transpose_copies_and_view_refuses() -> None:
    made = call("reshape", floats(3, 4).T, (12,))
    assert view_root(made.results[0]).op.name == "make_contiguous"
    assert view_root(call("reshape", floats(3, 4), (12,)).results[0]).leaf
    with pytest.raises(RuntimeError) as caught:
        call("view", floats(3, 4).T, 12)
    assert str(caught.value) == (
        "view: view size is not compatible with input tensor's size and stride (at least one "
        "dimension spans across two contiguous subspaces)\n"
        "    input is float32[4, 3] with strides (1, 4)\n"
        "    size is [12]\n"
        "  hint: use .reshape(...) instead, which copies when it must"
    )


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (((5, -1),), "shape '[5, -1]' is invalid for input of size 12"),
        (((5,),), "shape '[5]' is invalid for input of size 12"),
        (((-1, -1),), "only one dimension can be inferred"),
        (((-2, 6),), "invalid shape dimension -2"),
    ],
)
def test_reshape_says_what_is_wrong(args: Any, text: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        call("reshape", floats(3, 4), *args)
    assert text in str(caught.value)


# -- writing through views ---------------------------------------------------------------------

VIEWS: list[tuple[str, tuple[Any, ...]]] = [
    ("t", ()), ("unsqueeze", (1,)), ("select", (1, -1)), ("narrow", (0, 1, 2)),
    ("diagonal", (1,)), ("view", (2, 6)), ("unfold", (1, 2, 2)), ("transpose", (0, 1)),
    ("subscript", (((0, 3, 2), None, 1),)), ("flatten", ()), ("as_strided", ((2, 2), (5, 1), 1)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), VIEWS, ids=[v[0] for v in VIEWS])
@pytest.mark.parametrize(
    ("second", "more"), [("", ()), *VIEWS[:4]], ids=["", "t", "un", "se", "na"]
)
def test_what_is_written_into_a_view_is_found_in_its_base(
    name: str, args: Any, second: str, more: Any
) -> None:
    array = floats(3, 4)
    made = call(name, array, *args)
    view: Node = made.results[0]
    if second:
        try:
            view = OPS[second](view, *more)
        except (RuntimeError, IndexError):
            pytest.skip("no such view of this one")
    chain = view_chain(view)
    new = made.leaf(floats(*view.shape, seed=7))
    node, written = view, new
    while not node.leaf and node.op.view:
        parent = node.inputs[0]
        attrs = tuple(node.attrs.items())
        written = OPS["write_view"](parent, written, view=node.op, attrs=attrs)
        node = parent
    found = oracle.values(made, [written])[0]
    expected = array.copy()
    apply_chain(expected, chain)[...] = made.feeds[new]
    np.testing.assert_array_equal(found, expected)
    steps = apply_chain(array, chain).strides
    for step, stride, n in zip(steps, view.strides, view.shape, strict=True):
        assert step == 4 * stride or n == 1


def test_writing_where_elements_share_memory_is_refused() -> None:
    made = call("expand", floats(3, 1), 3, 4)
    view = made.results[0]
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        OPS["write_view"](view.inputs[0], view, view=view.op, attrs=tuple(view.attrs.items()))


def test_a_gradient_adds_up_where_windows_overlap() -> None:
    made = call("unfold", floats(5), 0, 3, 1)
    g = oracle.gradients(made.results, oracle.seeded(made, made.results, 0), made.inputs)[0]
    weights = next(a for n, a in made.feeds.items() if n.shape == (3, 3))
    expected = np.zeros(5, np.float32)
    for i, j in itertools.product(range(3), range(3)):
        expected[i + j] += weights[i, j]
    assert g is not None
    np.testing.assert_allclose(oracle.values(made, [g])[0], expected, rtol=1e-6)


def test_as_strided_sees_the_memory_of_the_base() -> None:
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    made = call("subscript", array, ((1, 3, 1), (1, 4, 2)))
    view = made.results[0]
    assert storage_of(view)[1] == 5
    again = OPS["as_strided"](view, (2, 2), (1, 4))
    np.testing.assert_array_equal(oracle.values(made, [again])[0], [[5, 9], [6, 10]])
    with pytest.raises(RuntimeError, match="out of bounds for storage of 12 elements"):
        OPS["as_strided"](view, (2, 2), (1, 8))


# -- indices -----------------------------------------------------------------------------------


def test_a_basic_index_is_numpys() -> None:
    array = floats(3, 4, 2)
    items: list[Any] = [1, -1, (0, None, 2), (None, -1, None), (5, 9, 1), None, Ellipsis]
    for index in itertools.product(items, repeat=3):
        if index.count(Ellipsis) > 1:
            continue
        numpys = tuple([slice(*i) if isinstance(i, tuple) else i for i in index])
        made = call("subscript", array, index)
        np.testing.assert_array_equal(
            oracle.values(made, made.results)[0], array[numpys], err_msg=str(index)
        )


def test_two_spellings_of_an_index_are_one() -> None:
    leaf = oracle.Call().leaf(floats(3, 4))
    assert canonical(leaf, (-1,)) == canonical(leaf, (2, Ellipsis)) == (2, (0, 4, 1))
    assert canonical(leaf, ((None, 99, None),)) == ((0, 3, 1), (0, 4, 1))


def test_views_of_nothing() -> None:
    empty = np.zeros((0, 3), np.float32)
    for name, args in [("t", ()), ("view", (3, 0)), ("unsqueeze", (0,)), ("diagonal", ())]:
        made = call(name, empty, *args)
        assert np.shape(oracle.values(made, made.results)[0]) == made.results[0].shape
    assert result("reshape", empty, (0, 7)).shape == (0, 7)
    with pytest.raises(RuntimeError, match="ambiguous"):
        call("reshape", empty, (0, -1))


def test_splits_cover_everything() -> None:
    array = floats(7, 2)
    for name, args in [
        ("split", (3,)),
        ("chunk", (3,)),
        ("tensor_split", (3,)),
        ("split", ((1, 6),)),
    ]:
        made = call(name, array, *args)
        parts = oracle.values(made, made.results)
        np.testing.assert_array_equal(np.concatenate(parts), array)
        assert all(view_root(n).leaf for n in made.results)


def test_strides_of_new_arrays_are_row_major() -> None:
    for name, args in [("flip", ((0,),)), ("roll", (1, 0)), ("repeat", (2, 1)), ("tril", ())]:
        node = call(name, floats(3, 4), *args).results[0]
        assert node.strides == contiguous_strides(node.shape), name


def test_padding_of_another_dtype_keeps_the_dtype() -> None:
    found = result("pad", np.array([1, 2], np.int32), (1, 0), "constant", 2.5)
    assert found.dtype == np.int32
    assert found.tolist() == [2, 1, 2]


def test_einsum_names_the_operand_that_is_wrong() -> None:
    with pytest.raises(RuntimeError) as caught:
        call("einsum", "ij,jk", floats(2, 3), floats(4, 2))
    assert "subscript j has size 4 for operand 1" in str(caught.value)
    with pytest.raises(RuntimeError, match="output subscript z does not appear"):
        call("einsum", "ij->iz", floats(2, 3))


def test_matrices_that_cannot_be_multiplied() -> None:
    for name in ("mm", "matmul"):
        with pytest.raises(RuntimeError) as caught:
            call(name, floats(3, 4), floats(5, 6))
        first = str(caught.value).splitlines()[0]
        assert first == f"{name}: mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)"
    with pytest.raises(RuntimeError, match="same dtype, but got: float32 != float64"):
        call("mm", floats(3, 4), floats(4, 2).astype(np.float64))


def test_running_twice_gives_the_same() -> None:
    made = call("unfold", floats(5), 0, 3, 1)
    first, second = [oracle.values(made, made.results, interpret.run)[0] for _ in range(2)]
    np.testing.assert_array_equal(first, second)
