"""LBFGS and averaged models: closures, line searches, state; against PyTorch."""

import numpy as np
import pytest
from optimizer_cases import Problem, plain

import rushlight

torch = pytest.importorskip("torch")

BOTH = (rushlight, torch)
CASES = [
    {}, {"lr": 0.5, "max_iter": 4}, {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "history_size": 3, "max_iter": 7, "lr": 0.3},
    {"tolerance_change": 1e-3}, {"max_eval": 3},
]  # fmt: skip


def rosenbrock(f, x):
    return ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum()


def walk(f, options, count, bowl):
    """Losses, parameters and calls of the closure in `count` steps."""
    if bowl:
        x = f.tensor([-1.2, 1.0, 0.5, 2.0], dtype=f.float64, requires_grad=True)
        params, loss_of = [x], lambda: rosenbrock(f, x)
    else:
        problem = Problem(f)
        params, loss_of = problem.params, problem.loss
    optimizer = f.optim.LBFGS(params, **options)
    calls = 0

    def closure():
        nonlocal calls
        calls += 1
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        return loss

    seen = []
    for _ in range(count):
        loss = optimizer.step(closure)
        seen.append((loss.item(), calls, [np.array(p.detach().numpy()) for p in params]))
    return seen, optimizer


@pytest.mark.parametrize("bowl", [True, False], ids=["rosenbrock", "network"])
@pytest.mark.parametrize("options", CASES, ids=str)
def test_steps_are_pytorchs(options, bowl):
    (ours, mine), (theirs, other) = [walk(f, options, 6, bowl) for f in BOTH]
    for a, b in zip(ours, theirs, strict=True):
        assert a[1] == b[1]
        np.testing.assert_allclose(a[0], b[0], 1e-6, 1e-9)
        for x, y in zip(a[2], b[2], strict=True):
            np.testing.assert_allclose(x, y, 1e-5, 1e-7)
    state, expected = mine.state_dict(), other.state_dict()
    assert state["param_groups"] == expected["param_groups"]
    kept, wanted = plain(rushlight, state["state"][0]), plain(torch, expected["state"][0])
    assert kept["n_iter"] == wanted["n_iter"] and kept["func_evals"] == wanted["func_evals"]
    assert wanted.keys() - kept.keys() <= {"al"}


def test_complex_parameters_are_pytorchs():
    seen = []
    for f in (torch, rushlight):
        w = f.tensor([1 + 1j, 2 - 1j], dtype=f.complex128, requires_grad=True)
        v = f.tensor([1.0, -3.0], dtype=f.float64, requires_grad=True)
        optimizer = f.optim.LBFGS([w, v], lr=0.3)

        def closure(optimizer=optimizer, w=w, v=v):
            optimizer.zero_grad()
            loss = ((w * v).sum() - 2j).abs() ** 2
            loss.backward()
            return loss

        optimizer.step(closure)
        seen.append((w.detach().numpy(), v.detach().numpy()))
    np.testing.assert_allclose(seen[1][0], seen[0][0], 1e-6)
    np.testing.assert_allclose(seen[1][1], seen[0][1], 1e-6)


def test_it_wants_a_closure_and_one_group():
    x = rushlight.ones(1, requires_grad=True)
    with pytest.raises(TypeError, match="needs a closure"):
        rushlight.optim.LBFGS([x]).step()
    y = rushlight.ones(1, requires_grad=True)
    with pytest.raises(ValueError, match="parameter groups"):
        rushlight.optim.LBFGS([{"params": [x]}, {"params": [y]}])


def averaged(f, make):
    """Parameters of a model averaged over 5 steps, and of its schedule."""
    f.manual_seed(1)
    model = f.nn.Sequential(f.nn.Linear(3, 4), f.nn.BatchNorm1d(4), f.nn.Linear(4, 1))
    optimizer = f.optim.SGD(model.parameters(), lr=0.1)
    swa = f.optim.swa_utils
    average = swa.AveragedModel(model, **make(swa))
    schedule = swa.SWALR(optimizer, swa_lr=0.02, anneal_epochs=3)
    data = [f.randn(8, 3) for _ in range(5)]
    rates = []
    for x in data:
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
        average.update_parameters(model)
        schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    swa.update_bn(data, average)
    return (
        [np.array(v.numpy()) for v in average.state_dict().values()],
        rates,
        list(average.state_dict()),
    )


@pytest.mark.parametrize("make", [
    lambda swa: {}, lambda swa: {"use_buffers": True},
    lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.9)},
    lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.8)},
], ids=["mean", "buffers", "ema", "multi"])  # fmt: skip
def test_averaged_models_are_pytorchs(make):
    ours, theirs = [averaged(f, make) for f in BOTH]
    assert ours[2] == theirs[2]
    np.testing.assert_allclose(ours[1], theirs[1], 1e-9)
    for a, b in zip(ours[0], theirs[0], strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, 1e-5, 1e-6)
