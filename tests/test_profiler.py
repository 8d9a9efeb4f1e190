"""Profiles: which ops and modules ran, how often, inside of what; and nothing is left behind."""

import gzip
import json

import pytest

import rushlight as torch
from rushlight import nn
from rushlight.profiler import (
    ProfilerAction,
    ProfilerActivity,
    profile,
    record_function,
    schedule,
    tensorboard_trace_handler,
)
from rushlight.runtime.recorder import local


def trained(steps):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(torch.ones(2, 4)).sum()
        loss.backward()
        optimizer.step()
    return loss.item()


def test_ops_and_modules_are_counted_and_results_are_the_same():
    torch.manual_seed(0)
    plain = trained(3)
    torch.manual_seed(0)
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as prof:
        profiled = trained(3)
    assert profiled == pytest.approx(plain, rel=1e-6)
    averages = {e.key: e for e in prof.key_averages()}
    for name in ("aten::linear", "nn.Module: Linear", "nn.Module: Sequential", "backward",
                 "Optimizer.step#SGD.step"):  # fmt: skip
        assert averages[name].count == 3
        assert averages[name].cpu_time_total > 0
    linear = averages["nn.Module: Linear"]
    assert linear.cpu_time_total >= averages["aten::linear"].cpu_time_total
    assert linear.self_cpu_time_total < linear.cpu_time_total
    shaped = prof.key_averages(group_by_input_shape=True)
    assert [e.input_shapes for e in shaped if e.key == "aten::linear"] == ["[[2, 4], [8, 4], [8]]"]


def test_events_are_nested_and_times_add_up():
    with profile() as prof, record_function("outer"):
        with record_function("inner"):
            x = torch.ones(50, 50) @ torch.ones(50, 50)
        x.sum().item()
    outer, inner = [e for e in prof.events() if e.is_user_annotation]
    assert inner.cpu_parent is outer
    assert "aten::matmul" in [e.key for e in inner.cpu_children]
    inside = sum([child.cpu_time_total for child in outer.cpu_children])
    assert outer.self_cpu_time_total == pytest.approx(outer.cpu_time_total - inside)
    assert prof.events().self_cpu_time_total == pytest.approx(outer.cpu_time_total)
    assert prof.key_averages().total_average().count == len(prof.events())


def test_tables_are_sorted_and_cut():
    with profile() as prof:
        for _ in range(3):
            (torch.ones(3) * 2).sum()
    table = prof.key_averages().table(sort_by="count", row_limit=1)
    rule, heads, _, row, _, total, *_ = table.splitlines()
    assert heads.split()[:2] == ["Name", "Self"]
    assert set(rule) == {"-", " "}
    assert row.split()[-1] == "3"
    assert total.startswith("Self CPU time total: ")
    assert len(rule) == len(heads) == len(row)
    with pytest.raises(ValueError, match="cannot sort by 'x'"):
        prof.key_averages().table(sort_by="x")


def test_traces_are_for_chrome(tmp_path):
    with profile(record_shapes=True) as prof:
        torch.ones(2, 2).exp()
    prof.export_chrome_trace(str(tmp_path / "trace.json"))
    trace = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    (event,) = [e for e in trace if e["name"] == "aten::exp"]
    assert event["ph"] == "X"
    assert event["dur"] > 0
    assert event["args"]["Input Dims"] == [[2, 2]]
    prof.export_chrome_trace(str(tmp_path / "trace.json.gz"))
    assert json.loads(gzip.decompress((tmp_path / "trace.json.gz").read_bytes()))["traceEvents"]


def test_schedules_choose_steps(tmp_path):
    plan = schedule(wait=1, warmup=1, active=2, repeat=2, skip_first=1)
    names = [plan(step).name[:6] for step in range(11)]
    assert names == ["NONE", "NONE", "WARMUP", "RECORD", "RECORD", "NONE", "WARMUP", "RECORD",
                     "RECORD", "NONE", "NONE"]  # fmt: skip
    assert plan(4) is plan(8) is ProfilerAction.RECORD_AND_SAVE
    seen = []

    def ready(prof):
        seen.append((prof.step_num, [e.name for e in prof.events() if e.is_user_annotation]))
        tensorboard_trace_handler(str(tmp_path))(prof)

    with profile(schedule=schedule(wait=1, warmup=1, active=2), on_trace_ready=ready) as prof:
        for _ in range(6):
            (torch.ones(2) + 1).sum()
            prof.step()
    assert seen == [(4, ["ProfilerStep#2", "ProfilerStep#3"]), (6, ["ProfilerStep#6"])]
    assert len(list(tmp_path.glob("*.pt.trace.json"))) == 2
    with pytest.raises(AssertionError, match="Invalid profiler schedule"):
        schedule(wait=0, warmup=0, active=0)
    with pytest.raises(AssertionError, match="must be initialized"):
        profile().key_averages()


def test_nothing_is_left_behind():
    before = (local.recorder.eager, local.recorder.watch)
    with pytest.raises(ZeroDivisionError), profile() as prof:
        nn.Linear(1, 1)(torch.ones(1, 1))
        _ = 1 / 0
    assert (local.recorder.eager, local.recorder.watch) == before
    assert "aten::linear" in [e.key for e in prof.key_averages()]
    count = len(prof.events())
    nn.Linear(1, 1)(torch.ones(1, 1)).item()
    assert len(prof.events()) == count
    with torch.autograd.profiler.profile(enabled=False) as nothing:
        torch.ones(2).sum()
    assert nothing.found is None
    with torch.autograd.profiler.profile() as something:
        (torch.ones(2) * 3).sum()
    assert "aten::mul" in str(something)


def test_failures_are_profiled_like_others():
    with profile() as prof, pytest.raises(RuntimeError):
        torch.linalg.inv(torch.zeros(2, 2)).sum().item()
    assert len(prof.events()) > 0
