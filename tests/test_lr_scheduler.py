"""Learning rates over 20 epochs are PyTorch's, and so is what a schedule remembers."""

import math
import warnings

import pytest

import rushlight

torch = pytest.importorskip("torch")

BOTH = (rushlight, torch)
CASES = [
    ("StepLR", {"step_size": 5}),
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [3, 8, 8, 15]}),
    ("MultiStepLR", {"milestones": [2], "gamma": 0.3}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("CosineAnnealingLR", {"T_max": 20}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 3}),
    ("LambdaLR", {"lr_lambda": lambda epoch: 0.95**epoch}),
    ("LambdaLR", {"lr_lambda": [lambda epoch: 1 / (epoch + 1), lambda epoch: math.cos(epoch)]}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.8, "total_iters": 7}),
    ("ConstantLR", {"factor": 0.5, "total_iters": 4}),
    ("PolynomialLR", {"total_iters": 12, "power": 2.0}),
    ("MultiplicativeLR", {"lr_lambda": lambda epoch: 0.9}),
    ("CosineAnnealingWarmRestarts", {"T_0": 4, "T_mult": 2, "eta_min": 0.001}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3, "mode": "triangular2"}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 25}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 25, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": [0.5, 0.2], "epochs": 5, "steps_per_epoch": 5, "three_phase": True}),
    (
        "CyclicLR",
        {
            "base_lr": 0.01,
            "max_lr": 0.1,
            "step_size_up": 3,
            "step_size_down": 5,
            "mode": "exp_range",
            "gamma": 0.9,
            "cycle_momentum": False,
        },
    ),
]
IDS = [f"{name}-{k}" for k, (name, _) in enumerate(CASES)]
CASES = [
    pytest.param(*case, id=name)
    for case, name in zip(CASES, IDS, strict=True)
    if hasattr(rushlight.optim.lr_scheduler, case[0])
]


def optimizer_of(f, rates=(0.1, 0.4)):
    """An optimizer with a group for each rate."""
    params = [f.ones(2, requires_grad=True) for _ in rates]
    groups = [{"params": [p], "lr": lr} for p, lr in zip(params, rates, strict=True)]
    for p in params:
        p.grad = f.ones(2)
    return f.optim.SGD(groups, lr=1.0, momentum=0.9)


def rates(f, name, options, epochs=20):
    """The learning rates of 20 epochs, the schedule and its optimizer."""
    optimizer = optimizer_of(f)
    schedule = getattr(f.optim.lr_scheduler, name)(optimizer, **options)
    seen = [schedule.get_last_lr()]
    for _ in range(epochs):
        optimizer.step()
        schedule.step()
        seen.append([group["lr"] for group in optimizer.param_groups])
        assert seen[-1] == schedule.get_last_lr()
    return seen, schedule, optimizer


@pytest.mark.parametrize("name, options", CASES)
def test_what_is_remembered_is_in_pytorchs_order(name, options):
    ours, theirs = (list(rates(f, name, options, 2)[1].state_dict()) for f in BOTH)
    assert ours == [key for key in theirs if key in ours]


def close(ours, theirs):
    return all([a == pytest.approx(b, rel=1e-12) for a, b in zip(ours, theirs, strict=True)])


@pytest.mark.parametrize(("name", "options"), CASES)
def test_twenty_epochs(name, options):
    assert close(rates(rushlight, name, options)[0], rates(torch, name, options)[0])


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_schedule_goes_on_from_its_state(name, options):
    results = []
    for f in BOTH:
        _, schedule, optimizer = rates(f, name, options, 6)
        state, kept = schedule.state_dict(), optimizer.state_dict()
        other = optimizer_of(f)
        resumed = getattr(f.optim.lr_scheduler, name)(other, **options)
        other.load_state_dict(kept)
        resumed.load_state_dict(state)
        seen = []
        for _ in range(8):
            other.step()
            resumed.step()
            seen.append(resumed.get_last_lr())
        results.append(seen)
    assert close(*results)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_the_last_state_is_pytorchs(name, options):
    states = []
    for f in BOTH:
        state = rates(f, name, options, 5)[1].state_dict()
        states.append({k: v for k, v in state.items() if isinstance(v, int | float | list)})
    ours, theirs = states
    shared = {k for k in theirs if not k.startswith("_")}
    assert shared <= ours.keys()
    for key in shared - {"lr_lambdas"}:
        assert ours[key] == pytest.approx(theirs[key]), key


def test_a_step_before_the_optimizers_warns():
    for f in BOTH:
        schedule = f.optim.lr_scheduler.StepLR(optimizer_of(f), 2)
        with pytest.warns(UserWarning, match="optimizer.step"):
            schedule.step()


def test_schedules_one_after_another():
    results = []
    for f in BOTH:
        optimizer = optimizer_of(f)
        first = f.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        second = f.optim.lr_scheduler.StepLR(optimizer, 3, 0.5)
        seen = []
        for _ in range(10):
            optimizer.step()
            first.step()
            second.step()
            seen.append(second.get_last_lr())
        results.append(seen)
    assert close(*results)


@pytest.mark.skipif(
    not hasattr(rushlight.optim.lr_scheduler, "ReduceLROnPlateau"), reason="not there yet"
)
@pytest.mark.parametrize("options", [{"patience": 1}, {"mode": "max", "factor": 0.5}])
def test_plateaus(options):
    losses = [1.0, 0.9, 0.9, 0.91, 0.95, 0.8, 0.8, 0.8, 0.8, 0.8, 0.7, 0.9, 0.9, 0.9, 0.9]
    results = []
    for f in BOTH:
        optimizer = optimizer_of(f)
        schedule = f.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        seen = []
        for loss in losses:
            optimizer.step()
            schedule.step(loss)
            seen.append([group["lr"] for group in optimizer.param_groups])
        results.append(seen)
    assert close(*results)


def test_what_pytorch_refuses():
    for f in BOTH:
        optimizer = optimizer_of(f)
        with pytest.raises(TypeError):
            f.optim.lr_scheduler.StepLR(3, 2)
        with pytest.raises(ValueError):
            f.optim.lr_scheduler.LambdaLR(optimizer, [lambda epoch: 1.0])
        with pytest.raises(KeyError):
            f.optim.lr_scheduler.StepLR(optimizer, 2, last_epoch=3)


def test_no_warning_in_the_usual_order():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rates(rushlight, "StepLR", {"step_size": 2}, 3)


def combined(f, make, epochs=12):
    """The learning rates under a schedule made of others, and its state."""
    optimizer = optimizer_of(f)
    schedule = make(f.optim.lr_scheduler, optimizer)
    seen = []
    for _ in range(epochs):
        seen.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        schedule.step()
    return seen, schedule.state_dict()


MAKE = {
    "warmup": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=3), s.CosineAnnealingLR(o, 8)], [3]
    ),
    "three": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o), s.StepLR(o, 2), s.ExponentialLR(o, 0.8)], [3, 7]
    ),
    "polynomial": lambda s, o: s.SequentialLR(
        o, [s.MultiStepLR(o, [1, 2]), s.PolynomialLR(o, 6, 2.0)], [4]
    ),
    "chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o), s.ExponentialLR(o, 0.9)]),
}


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE.keys())
def test_schedules_made_of_others(make):
    (ours, mine), (theirs, other) = [combined(f, make) for f in BOTH]
    for a, b in zip(ours, theirs, strict=True):
        assert a == pytest.approx(b, rel=1e-12)
    assert mine.keys() == other.keys()
    assert [m.keys() for m in mine["_schedulers"]] == [m.keys() for m in other["_schedulers"]]


@pytest.mark.parametrize("options", [
    {"patience": 1}, {"patience": 0, "factor": 0.5, "cooldown": 2, "min_lr": [0.05, 0.01]},
    {"mode": "max", "patience": 1, "threshold": 0.2, "threshold_mode": "abs"},
])  # fmt: skip
def test_a_plateau_is_seen_when_pytorch_sees_it(options):
    metrics = [1.0, 0.9, 0.91, 0.92, 0.9, 0.8, 0.85, 0.85, 0.85, 0.85, 0.7, 0.7, 0.7, 0.7]
    seen = []
    for f in BOTH:
        optimizer = optimizer_of(f)
        schedule = f.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        rates = []
        for metric in metrics:
            schedule.step(metric)
            rates.append(schedule.get_last_lr())
        seen.append((rates, schedule.state_dict()))
    assert seen[0] == seen[1]


def test_every_schedule_is_there():
    assert set(torch.optim.lr_scheduler.__all__) <= set(rushlight.optim.lr_scheduler.__all__)
