"""Optimizers walk where PyTorch's walk, and remember what PyTorch's remember."""

import copy
import pickle

import numpy as np
import pytest
from optimizer_cases import CASES, Problem, name_of, plain, steps, tensors

import rushlight
from rushlight.runtime import compiling
from rushlight.runtime.recorder import local

torch = pytest.importorskip("torch")

BOTH = (rushlight, torch)
TOLERANCE = {"float64": 1e-11, "float32": 2e-5}


def walk(framework, case, dtype="float64", count=20, change=None, groups=None):
    """The parameters after each step, and the optimizer."""
    name, options = case
    problem = Problem(framework, dtype)
    params = problem.params if groups is None else groups(problem)
    optimizer = getattr(framework.optim, name)(params, **options)
    return steps(framework, problem, optimizer, count, change), optimizer


def agree(ours, theirs, dtype="float64"):
    """Whether two walks are one."""
    few = TOLERANCE[dtype]
    for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        for x, y in zip(a, b, strict=True):
            assert x.dtype == y.dtype and x.shape == y.shape
            assert np.allclose(x, y, few, few), f"step {k}: {x} instead of {y}"


def same_state(ours, theirs, few=1e-11):
    """Whether two state dicts say the same."""
    a, b = plain(rushlight, ours), plain(torch, theirs)
    assert compared(a, b, few), f"{a}\ninstead of\n{b}"


def compared(a, b, few):
    if isinstance(b, dict):
        return a.keys() == b.keys() and all([compared(a[key], b[key], few) for key in b])
    if isinstance(b, list | tuple):
        return len(a) == len(b) and all([compared(x, y, few) for x, y in zip(a, b, strict=True)])
    if isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and np.allclose(a, b, few, few)
    return a == b


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_twenty_steps(case, dtype, monkeypatch):
    if case[0] == "Rprop" and dtype == "float32":  # on the last bit hangs which way it goes
        local.recorder.restart()
        monkeypatch.setattr(compiling.state, "available", False)
    ours, mine = walk(rushlight, case, dtype)
    theirs, other = walk(torch, case, dtype)
    agree(ours, theirs, dtype)
    same_state(mine.state_dict(), other.state_dict(), TOLERANCE[dtype] * 100)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_complex_parameters(case):
    name, options = case
    torch = pytest.importorskip("torch")
    seen = []
    for framework in (torch, rushlight):
        x = framework.tensor([0.5 + 1j, -1.0, 2j])
        w = framework.tensor([[1 + 1j, 0.5, -1j], [2.0, 1j, 1.0]], requires_grad=True)
        v = framework.tensor([1.0, -0.5, 2.0], requires_grad=True)
        optimizer = getattr(framework.optim, name)([w, v], **options)

        def closure(optimizer=optimizer, w=w, v=v, x=x):
            optimizer.zero_grad()
            loss = ((w * x * v).sum(1).abs() - 1).pow(2).sum()
            loss.backward()
            return loss

        if name == "Adafactor":
            with pytest.raises(RuntimeError, match="Adafactor does not support complex parameters"):
                optimizer.step(closure)
            continue
        for _ in range(4):
            optimizer.step(closure)
        kept = [value for value in optimizer.state[w].values() if hasattr(value, "numpy")]
        seen.append([t.detach().numpy() for t in (w, v, *kept)])
    for theirs, ours in zip(*(seen or ((), ())), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, 1e-4, 1e-6)


def test_every_optimizer_is_in_the_table():
    known = {n for n in rushlight.optim.__all__ if n[0].isupper()} - {
        "Optimizer",
        "LBFGS",
        "Muon",
    }  # test_lbfgs.py, test_optim_db.py
    assert known <= {name for name, _ in CASES}


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_it_prints_as_pytorch_prints(case):
    texts = [repr(getattr(f.optim, case[0])(Problem(f).params, **case[1])) for f in BOTH]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_state_goes_over_to_pytorch_and_back(case):
    name, options = case
    problems, optimizers = [], []
    for f in BOTH:
        problem = Problem(f)
        optimizer = getattr(f.optim, name)(problem.params, **options)
        steps(f, problem, optimizer, 5)
        problems.append(problem)
        optimizers.append(optimizer)
    kept = [plain(f, o.state_dict()) for f, o in zip(BOTH, optimizers, strict=True)]
    fresh = [getattr(f.optim, name)(p.params) for f, p in zip(BOTH, problems, strict=True)]
    for f, optimizer, state in zip(BOTH, fresh, reversed(kept), strict=True):
        optimizer.load_state_dict(tensors(f, state))
    walks = [steps(f, p, o, 6) for f, p, o in zip(BOTH, problems, fresh, strict=True)]
    agree(*walks)
    same_state(fresh[0].state_dict(), fresh[1].state_dict())


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_groups_with_options_of_their_own(name):
    def groups(p):
        return [
            {"params": [p.w], "lr": 0.05},
            {"params": p.b, "weight_decay": 0.2},
            {"params": [p.v], "maximize": True},
        ]

    case = (name, {"lr": 0.01})
    ours, mine = walk(rushlight, case, groups=groups)
    theirs, other = walk(torch, case, groups=groups)
    agree(ours, theirs)
    same_state(mine.state_dict(), other.state_dict())
    assert repr(mine) == repr(other)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_a_group_added_on_the_way(name):
    def walk_with(f):
        p = Problem(f)
        optimizer = getattr(f.optim, name)([p.w, p.b], lr=0.05)
        seen = steps(f, p, optimizer, 4)
        optimizer.add_param_group({"params": [p.v], "lr": 0.01})
        return seen + steps(f, p, optimizer, 8), optimizer

    (ours, mine), (theirs, other) = walk_with(rushlight), walk_with(torch)
    agree(ours, theirs)
    same_state(mine.state_dict(), other.state_dict())


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_learning_rates_and_other_options_may_change_at_any_time(name):
    def change(k, optimizer):
        group = optimizer.param_groups[0]
        group["lr"] = 0.1 / (k + 1)
        if k == 6:
            group["weight_decay"] = 0.3
        if k == 12:
            group["maximize"] = True

    case = (name, {"lr": 0.1})
    agree(walk(rushlight, case, change=change)[0], walk(torch, case, change=change)[0])


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_a_learning_rate_that_is_a_tensor(name):
    walks = []
    for f in BOTH:
        options = {"lr": f.tensor(0.05), "foreach": False}
        ours, optimizer = walk(f, (name, options), change=halve)
        assert isinstance(optimizer.param_groups[0]["lr"], f.Tensor)
        walks.append(ours)
    for a, b in zip(*walks, strict=True):  # PyTorch rounds such a rate to float32 now and then
        assert all([np.allclose(x, y, 1e-5, 1e-6) for x, y in zip(a, b, strict=True)])


def halve(k, optimizer):
    if k == 7:
        optimizer.param_groups[0]["lr"].mul_(0.5)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_parameters_without_gradient_are_left_alone(name):
    def walk_with(f):
        p = Problem(f)
        optimizer = getattr(f.optim, name)(p.params, lr=0.05)
        seen = []
        for k in range(12):
            optimizer.zero_grad()
            p.loss().backward()
            if k % 3 == 1:
                p.b.grad = None
            if k % 4 == 2:
                p.w.grad = p.v.grad = None
            optimizer.step()
            seen.append(p.values())
        return seen, optimizer

    (ours, mine), (theirs, other) = walk_with(rushlight), walk_with(torch)
    agree(ours, theirs)
    same_state(mine.state_dict(), other.state_dict())


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_closures(name):
    def walk_with(f):
        p = Problem(f)
        optimizer = getattr(f.optim, name)(p.params, lr=0.05)

        def closure():
            optimizer.zero_grad()
            loss = p.loss()
            loss.backward()
            return loss

        return [optimizer.step(closure).item() for _ in range(10)]

    assert np.allclose(walk_with(rushlight), walk_with(torch), 1e-11)


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad(set_to_none):
    for f in BOTH:
        p = Problem(f)
        optimizer = f.optim.SGD(p.params, lr=0.1)
        p.loss().backward()
        held = p.w.grad
        optimizer.zero_grad(set_to_none=set_to_none)
        if set_to_none:
            assert p.w.grad is None and held.abs().sum().item() > 0
        else:
            assert p.w.grad is held and held.abs().sum().item() == 0


def test_gradients_that_add_up_over_several_losses():
    def walk_with(f):
        p = Problem(f)
        optimizer = f.optim.Adam(p.params, lr=0.05)
        seen = []
        for k in range(12):
            (p.loss() / 3).backward()
            if k % 3 == 2:
                optimizer.step()
                optimizer.zero_grad()
            seen.append(p.values())
        return seen

    agree(walk_with(rushlight), walk_with(torch))


def test_gradients_changed_by_hand_before_the_step():
    def walk_with(f):
        p = Problem(f)
        optimizer = f.optim.SGD(p.params, lr=0.1, momentum=0.9)
        seen = []
        for k in range(10):
            optimizer.zero_grad()
            p.loss().backward()
            p.w.grad.mul_(0.5)
            p.b.grad = p.b.grad * (k % 2)
            f.nn.utils.clip_grad_norm_(p.params, 0.3)
            optimizer.step()
            seen.append(p.values())
        return seen

    agree(walk_with(rushlight), walk_with(torch))


def test_parameters_changed_by_hand_between_steps():
    def walk_with(f):
        p = Problem(f)
        optimizer = f.optim.Adam(p.params, lr=0.05)
        seen = []
        for k in range(10):
            optimizer.zero_grad()
            p.loss().backward()
            optimizer.step()
            with f.no_grad():
                p.w.clamp_(-0.5, 0.5)
                p.v[0] = k
            p.b.data = p.b.data * 0.9
            seen.append(p.values())
        return seen

    agree(walk_with(rushlight), walk_with(torch))


def test_parameters_in_another_memory_order():
    def walk_with(f):
        w = f.tensor(np.arange(6.0).reshape(2, 3).T.copy().T).t().detach().requires_grad_()
        optimizer = f.optim.Adam([w], lr=0.1)
        seen = []
        for _ in range(6):
            optimizer.zero_grad()
            (w * w * f.arange(2, dtype=f.float64)).sum().backward()
            optimizer.step()
            seen.append([np.array(w.detach().numpy())])
        return seen, w.stride(), w.grad.stride()

    ours, theirs = walk_with(rushlight), walk_with(torch)
    agree(ours[0], theirs[0])
    assert ours[1:] == theirs[1:]


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_a_gradient_that_is_a_copy_of_its_parameter(name):
    options = {"lr": 0.1, "momentum": 0.9} if name in ("SGD", "RMSprop") else {"lr": 0.1}

    def walk_with(f):
        w = f.tensor([1.0, 2.0], dtype=f.float64, requires_grad=True)
        optimizer = getattr(f.optim, name)([w], **options)
        w.grad = w.detach().clone()
        seen = []
        for _ in range(4):
            optimizer.step()
            seen.append([np.array(t.detach().numpy()) for t in (w, w.grad)])
        return seen, optimizer

    (ours, mine), (theirs, other) = walk_with(rushlight), walk_with(torch)
    agree(ours, theirs)
    same_state(mine.state_dict(), other.state_dict())


def test_state_is_there_as_in_pytorch():
    for f in BOTH:
        p = Problem(f)
        optimizer = f.optim.Adam(p.params, lr=0.1)
        assert len(optimizer.state) == 0
        steps(f, p, optimizer, 3)
        state = optimizer.state[p.w]
        assert sorted(state) == ["exp_avg", "exp_avg_sq", "step"]
        assert state["step"].item() == 3 and state["exp_avg"].shape == p.w.shape
        assert set(optimizer.state) == set(p.params)


def test_state_changed_by_hand():
    def walk_with(f):
        p = Problem(f)
        optimizer = f.optim.SGD(p.params, lr=0.1, momentum=0.9)
        seen = steps(f, p, optimizer, 3)
        optimizer.state[p.w]["momentum_buffer"].zero_()
        seen += steps(f, p, optimizer, 3)
        optimizer.state[p.b]["momentum_buffer"] = f.ones(4, dtype=f.float64)
        return seen + steps(f, p, optimizer, 3)

    agree(walk_with(rushlight), walk_with(torch))


@pytest.mark.parametrize("copier", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_copies_go_on_alike(copier):
    def walk_with(f):
        p = Problem(f)
        optimizer = f.optim.Adam(p.params, lr=0.1)
        steps(f, p, optimizer, 3)
        other = copier((p.params, optimizer))
        p.w, p.b, p.v = p.params = other[0]
        return steps(f, p, other[1], 5)

    agree(walk_with(rushlight), walk_with(torch))


@pytest.mark.parametrize(
    "make",
    [
        lambda f, p: f.optim.SGD(p.params, lr=-1),
        lambda f, p: f.optim.SGD(p.params, lr=0.1, momentum=-1),
        lambda f, p: f.optim.SGD(p.params, lr=0.1, nesterov=True),
        lambda f, p: f.optim.SGD(p.params, lr=0.1, momentum=0.9, dampening=0.1, nesterov=True),
        lambda f, p: f.optim.Adam(p.params, lr=-1),
        lambda f, p: f.optim.Adam(p.params, betas=(1.0, 0.9)),
        lambda f, p: f.optim.Adam(p.params, betas=(0.9, -0.1)),
        lambda f, p: f.optim.Adam(p.params, eps=-1),
        lambda f, p: f.optim.Adam(p.params, weight_decay=-1),
        lambda f, p: f.optim.RMSprop(p.params, alpha=-1),
        lambda f, p: f.optim.Adagrad(p.params, lr_decay=-1),
        lambda f, p: f.optim.SGD([], lr=0.1),
        lambda f, p: f.optim.SGD(p.w, lr=0.1),
        lambda f, p: f.optim.SGD([3], lr=0.1),
        lambda f, p: f.optim.SGD([p.w * 2], lr=0.1),
        lambda f, p: f.optim.SGD([{"params": [p.w]}, {"params": [p.w]}], lr=0.1),
        lambda f, p: f.optim.SGD([{"params": {p.w, p.b}}], lr=0.1),
        lambda f, p: f.optim.SGD(p.params).add_param_group([p.w]),
        lambda f, p: f.optim.SGD(p.params).load_state_dict({"state": {}, "param_groups": []}),
        lambda f, p: f.optim.SGD(p.params).load_state_dict(f.optim.SGD([p.w]).state_dict()),
    ],
)
def test_what_pytorch_refuses(make):
    with pytest.raises(Exception) as refused:
        make(torch, Problem(torch))
    with pytest.raises(refused.type):
        make(rushlight, Problem(rushlight))


def test_hooks_around_steps():
    def calls_with(f):
        p = Problem(f)
        optimizer = f.optim.SGD(p.params, lr=0.1)
        calls = []
        before = optimizer.register_step_pre_hook(lambda o, args, kwargs: calls.append("before"))
        optimizer.register_step_post_hook(lambda o, args, kwargs: calls.append("after"))
        steps(f, p, optimizer, 1)
        before.remove()
        steps(f, p, optimizer, 1)
        return calls

    assert calls_with(rushlight) == calls_with(torch) == ["before", "after", "after"]


def test_optimizers_of_ones_own():
    def walk_with(f):
        class Signs(f.optim.Optimizer):
            def __init__(self, params, lr=0.1):
                super().__init__(params, {"lr": lr})

            @f.no_grad()
            def step(self, closure=None):
                for group in self.param_groups:
                    for p in group["params"]:
                        if p.grad is None:
                            continue
                        state = self.state[p]
                        if len(state) == 0:
                            state["count"] = 0
                            state["sum"] = f.zeros_like(p)
                        state["count"] += 1
                        state["sum"].add_(p.grad)
                        p.add_(state["sum"].sign(), alpha=-group["lr"] / state["count"])

        p = Problem(f)
        return steps(f, p, Signs(p.params), 10)

    agree(walk_with(rushlight), walk_with(torch))


@pytest.mark.parametrize("name", ["rushlight", "torch"])
def test_optimizers_of_programs(name):
    f = pytest.importorskip(name)

    class Momentum(f.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        @f.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    state = self.state[p]
                    if not state:
                        state["step"] = 0
                        state["mean"] = f.zeros_like(p)
                    state["step"] += 1
                    state["mean"].lerp_(p.grad, 0.1)
                    p.sub_(state["mean"] / (1 - 0.9 ** state["step"]), alpha=group["lr"])

    w = f.ones(2, requires_grad=True)
    optimizer = Momentum([w], 0.5)
    calls = []
    optimizer.register_step_pre_hook(lambda *given: calls.append("before"))
    optimizer.register_step_post_hook(lambda *given: calls.append("after"))
    scheduler = f.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(3):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
        scheduler.step()  # does not warn
    assert calls == ["before", "after"] * 3
    saved = optimizer.state_dict()
    assert type(saved["state"][0]["step"]) is int and saved["param_groups"][0]["lr"] == 0.0625
    other = Momentum([f.ones(2, requires_grad=True)], 1.0)
    other.load_state_dict(saved)
    assert other.state_dict()["state"][0]["step"] == 3
    np.testing.assert_allclose(w.detach().numpy(), [-0.28972, -0.28972], atol=1e-4)
