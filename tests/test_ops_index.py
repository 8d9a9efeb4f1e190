"""Indexing with tensors: against NumPy's own, and what is said when an index is out of range."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import oracle
import pytest

import rushlight as torch
from rushlight.engines.numpy import interpret
from rushlight.ops import OPS
from rushlight.ops.samples import floats


def call(name: str, *args: Any, **kwargs: Any) -> oracle.Call:
    """The recorded call of an op."""
    return oracle.record(OPS[name], oracle.Example(args, kwargs, False), grad=True)


def result(name: str, *args: Any, **kwargs: Any) -> Any:
    """The value of an op's only result."""
    made = call(name, *args, **kwargs)
    return np.asarray(oracle.values(made, made.results)[0])


INDICES: list[Any] = [
    None, np.array([1, 0]), np.array([[0], [-1]]), np.array(1), np.array([-2, -1], np.int32),
]  # fmt: skip


def test_an_advanced_index_is_numpys() -> None:
    array = floats(3, 2, 4)
    for indices in itertools.product(INDICES, repeat=3):
        numpys = tuple([slice(None) if i is None else i for i in indices])
        found = result("advanced_index", array, list(indices))
        np.testing.assert_array_equal(found, array[numpys], err_msg=str(indices))


def test_an_advanced_write_is_numpys() -> None:
    array = floats(3, 2, 4)
    for indices in itertools.product(INDICES, repeat=3):
        if all(i is None for i in indices):
            continue
        numpys = tuple([slice(None) if i is None else i for i in indices])
        values = floats(*array[numpys].shape, seed=1)
        put, added = array.copy(), array.copy()
        put[numpys] = values
        np.add.at(added, numpys, values)
        kept = list(indices)
        np.testing.assert_array_equal(result("advanced_put", array, values, kept), put)
        np.testing.assert_allclose(
            result("advanced_put", array, values, kept, True), added, rtol=1e-6
        )


def test_many_rows_are_added_like_few() -> None:
    rows, index = floats(400, 3), np.random.default_rng(0).integers(-5, 5, 400)
    expected = np.zeros((5, 3), np.float32)
    np.add.at(expected, index, rows)
    found = result("advanced_put", np.zeros((5, 3), np.float32), rows, [index], True)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


TABLE = floats(3, 4)
OUT: list[tuple[str, tuple[Any, ...], str]] = [
    ("gather", (0, np.array([[3]])), "index 3 is out of bounds for dimension 0 with size 3"),
    ("gather", (0, np.array([[-1]])), "index -1 is out of bounds for dimension 0 with size 3"),
    ("scatter", (1, np.array([[4]]), 1.0), "index 4 is out of bounds for dimension 1 with size 4"),
    ("scatter_add", (0, np.array([[5]]), floats(1, 1)), "index 5 is out of bounds"),
    ("index_select", (0, np.array([-1])), "index -1 is out of bounds for dimension 0 with size 3"),
    ("index_add", (0, np.array([0, 7]), floats(2, 4)), "index 7 is out of bounds"),
    ("index_copy", (0, np.array([-1]), floats(1, 4)), "index -1 is out of bounds"),
    ("index_fill", (1, np.array([-5]), 1.0), "index -5 is out of bounds for dimension 1"),
    ("take", (np.array([12]),), "index 12 is out of bounds for dimension 0 with size 12"),
    ("take_along_dim", (np.array([[3]]), 0), "index 3 is out of bounds"),
    ("advanced_index", ([np.array([0, 5])],), "index 5 is out of bounds for dimension 0"),
    ("advanced_index", ([None, np.array([-5])],), "index -5 is out of bounds for dimension 1"),
    ("advanced_put", (floats(4), [np.array([5])]), "index 5 is out of bounds for dimension 0"),
]


@pytest.mark.parametrize(
    ("name", "args", "text"), OUT, ids=[f"{o[0]}{k}" for k, o in enumerate(OUT)]
)
def test_an_index_out_of_range_is_named_when_it_is_run(name: str, args: Any, text: str) -> None:
    made = call(name, TABLE, *args)
    with pytest.raises(interpret.NodeError) as caught:
        oracle.values(made, made.results)
    error = caught.value.error
    assert isinstance(error, IndexError)
    assert isinstance(error, RuntimeError)  # which of the two PyTorch raises depends on the op
    assert text in str(error)


def test_a_word_that_is_not_in_the_table_is_named() -> None:
    made = call("embedding", np.array([0, 3]), TABLE)
    with pytest.raises(interpret.NodeError) as caught:
        oracle.values(made, made.results)
    assert str(caught.value.error) == (
        "embedding: index 3 is out of bounds for dimension 0 with size 3\n"
        "  hint: the table has 3 rows: enlarge num_embeddings, or look at the data"
    )


def test_no_gradient_flows_into_the_padding_row() -> None:
    made = call("embedding", np.array([[2, 0], [2, 1]]), TABLE, padding_idx=-1)
    seeds = oracle.seeded(made, made.results, 0)
    g = oracle.gradients(made.results, seeds, made.inputs)[0]
    assert g is not None
    found = oracle.values(made, [g])[0]
    assert not found[2].any()
    assert found[:2].all()


def test_shapes_are_checked_when_recorded() -> None:
    with pytest.raises(RuntimeError, match="no larger than self"):
        call("gather", TABLE, 0, np.zeros((1, 5), int))
    with pytest.raises(RuntimeError, match="same number of dimensions"):
        call("gather", TABLE, 0, np.zeros(3, int))
    with pytest.raises(IndexError, match=r"broadcast together with shapes \[2\], \[3\]"):
        call("advanced_index", TABLE, [np.array([0, 1]), np.array([0, 1, 2])])
    with pytest.raises(RuntimeError, match=r"shape \[5\] cannot be broadcast to indexing result"):
        call("advanced_put", TABLE, floats(5), [np.array([0])])
    with pytest.raises(RuntimeError, match="source and destination dtypes match"):
        call("advanced_put", TABLE, np.array([1]), [np.array([0])])
    with pytest.raises(IndexError, match="too many indices"):
        call("advanced_index", TABLE, [np.array([0])] * 3)
    with pytest.raises(IndexError, match="Index is supposed to be a vector"):
        call("index_select", TABLE, 0, np.array([[1]]))


@pytest.mark.parametrize("reduce", ["sum", "mean", "prod", "amax", "amin"])
@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_scatter_reduce_folds_what_falls_together(
    reduce: str, include_self: bool, dtype: Any
) -> None:
    x = np.array([6, 2, 3], dtype)
    index, src = np.array([0, 0, 2, 0]), np.array([4, 8, 5, 6], dtype)
    rule: Any = {
        "sum": np.sum, "mean": np.mean, "prod": np.prod, "amax": np.max, "amin": np.min
    }[reduce]  # fmt: skip
    expected = []
    for k, old in enumerate(x):
        new = [*([old] if include_self or k not in index else []), *src[index == k]]
        expected.append(dtype(np.floor(rule(new)) if dtype is np.int64 else rule(new)))
    found = result("scatter_reduce", x, 0, index, src, reduce, include_self=include_self)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_one_hot_refuses_classes_that_are_not() -> None:
    assert result("one_hot", np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    made = call("one_hot", np.array([3]), 3)
    with pytest.raises(interpret.NodeError, match="index 3 is out of bounds"):
        oracle.values(made, made.results)


def test_fill_diagonal_passes_gradients_elsewhere():
    x = torch.ones(3, 3, requires_grad=True)
    y = x * 2
    y.fill_diagonal_(-1.0)
    (y * torch.arange(9.0).reshape(3, 3)).sum().backward()
    assert x.grad.tolist() == [[0.0, 2.0, 4.0], [6.0, 0.0, 10.0], [12.0, 14.0, 0.0]]
    wrapped = torch.zeros(7, 3).fill_diagonal_(5.0, wrap=True)
    assert wrapped[:, 0].tolist() == [5.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0]
