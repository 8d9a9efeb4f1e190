"""How loops are shared out among many threads: enough tiles for all, each done once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("llvmlite")

from test_llvm_loops import check, leaf

import rushlight
from rushlight import ops
from rushlight.engines.llvm import layout, nests, sharing
from rushlight.engines.llvm import step as step_module
from rushlight.engines.llvm.sharing import reach, shared_variables
from rushlight.engines.llvm.step import Step
from rushlight.engines.llvm.strategy import DIRECT, PACKED, POINT, Choice
from rushlight.graph import Node

pytestmark = pytest.mark.skipif(not layout.supported(), reason="another interpreter")


@pytest.fixture(params=[2, 5, 16])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """So many cores, for which even small loops are worth sharing."""
    for module in (sharing, step_module):
        monkeypatch.setattr(module, "planned_threads", lambda: request.param)
    for module in (sharing, step_module, nests):
        monkeypatch.setattr(module, "WORTH_SHARING", 10)
    monkeypatch.setattr(nests, "WORTH_SHARING_COPY", 10)
    monkeypatch.setattr(step_module, "WORTH_WAKING", 10)
    before = rushlight.get_num_threads()
    rushlight.set_num_threads(request.param)
    yield request.param
    rushlight.set_num_threads(before)


def all_shared(step: Step) -> bool:
    """Whether every group's function is given the pool, to take tiles from."""
    return step.b.module().count("call i64 @pool_take") >= len(step.schedule.groups)


@pytest.mark.parametrize("rows,inner,columns", [(300, 60, 24), (70, 33, 150), (7, 200, 9)])
@pytest.mark.parametrize("turned", [False, True])
def test_products(cores: int, rows: int, inner: int, columns: int, turned: bool) -> None:
    x = leaf(rows, inner)
    w = leaf(columns, inner) if turned else leaf(inner, columns)
    product: Node = ops.mm(x, ops.permute_view(w, dims=(1, 0)) if turned else w)
    assert all_shared(check([ops.tanh(product)], (x, w)))


def test_a_factor_is_packed_as_a_whole(cores: int) -> None:
    for rows in (24, 45):
        x, w = leaf(300, 60), leaf(rows, 60)
        step = check([ops.mm(x, ops.permute_view(w, dims=(1, 0)))], (x, w))
        assert cores == 2 or [c for _, c in step.choices if c.apart]


@pytest.mark.parametrize("shape", [(3, 7, 50), (2, 2, 333), (17, 4, 5)])
def test_elements_and_sums(cores: int, shape: tuple[int, ...]) -> None:
    x, y = leaf(*shape), leaf(shape[2], shape[0], shape[1])
    turned = ops.permute_view(y, dims=(1, 2, 0))
    both = ops.exp(x) * turned
    sums = [ops.sum(both, d, False) for d in ((0,), (2,), (0, 1))]
    check([both, *sums], (x, y))


def ways(cores: int, counts: dict[str, int], kind: str = POINT) -> tuple[str, ...]:
    """Which of the loops over so many tiles are shared out."""
    return shared_variables(list(counts), counts, dict.fromkeys(counts, 1), Choice(kind))


def test_two_loops_where_one_has_too_few_tiles(cores: int) -> None:
    few = ways(cores, {"p0": 12, "p1": 64, "p2": 8})
    assert few == {2: ("p1",), 5: ("p0", "p1"), 16: ("p0", "p1")}[cores]
    assert ways(cores, {"p0": 1600, "p1": 64}) == ("p0",)
    assert ways(cores, {"p0": 3, "p1": 64}, PACKED) == ("p0",)  # a panel belongs to its rows
    assert ways(cores, {"p0": 1, "p1": 1}, DIRECT) == ()


def test_what_tiles_that_follow_one_another_touch() -> None:
    counts = {"a": 10, "b": 4}
    assert reach(("a",), counts, 3) == {"a": 3}
    assert reach(("a", "b"), counts, 3) == {"a": 1, "b": 3}
    assert reach(("a", "b"), counts, 8) == {"a": 2, "b": 4}
    assert reach(("b", "a"), counts, 13) == {"b": 3, "a": 10}
