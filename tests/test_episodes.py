"""Loops that keep a history for each of their steps, of which there are ever other numbers."""

import conftest
import numpy as np
import pretend
import programs
import pytest
import richer_programs

import rushlight
from rushlight import config
from rushlight.runtime import history
from rushlight.runtime.piecewise import Piecewise
from rushlight.runtime.recorder import local

LENGTHS = (2, 6, 9, 7, 12, 5, 11, 8)


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    """Hot windows are compiled at once by something that pretends to; what was compiled."""
    conftest.compile_with(pretend, monkeypatch)
    pretend.compiled.clear()
    monkeypatch.setattr(history, "CROWDED", set())
    return pretend.compiled


@pytest.fixture
def passes(monkeypatch):
    """The passes that went piecewise."""
    found = []
    run = Piecewise.run
    monkeypatch.setattr(Piecewise, "run", lambda p, r: (found.append(p), run(p, r))[1])
    return found


class Player:
    """A policy that plays episodes and learns from each."""

    def __init__(self, torch):
        torch.manual_seed(0)
        self.torch = torch
        self.net = torch.nn.Sequential(
            torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3)
        )
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.05, momentum=0.5)

    def steps(self, n):
        """Log-probabilities of what was chosen, and estimates, for `n` steps."""
        found, x = [], self.torch.linspace(-1, 1, 3).unsqueeze(0) / n
        for _ in range(n):
            out = self.net(x)
            chosen = self.torch.log_softmax(out[:, :2], 1)
            k = int(chosen.argmax().item())
            found.append((chosen[:, k], out[:, 2]))
            x = x * 0.9 + 0.1 * k
        return found

    def learn(self, loss):
        """One step down the gradient; what can be seen of it."""
        self.optimizer.zero_grad()
        loss.backward()
        seen = [loss.item(), *[p.grad.abs().sum().item() for p in self.net.parameters()]]
        self.optimizer.step()
        return seen


def reinforced(torch, lengths=LENGTHS):
    player = Player(torch)
    found = []
    for n in lengths:
        gains = torch.arange(n) * 0.1
        losses = [-p * g for (p, _), g in zip(player.steps(n), gains, strict=True)]
        found += player.learn(torch.cat(losses).sum())
    return found


def criticised(torch, lengths=LENGTHS):
    player = Player(torch)
    found = []
    for n in lengths:
        actor, critic = [], []
        for t, (p, v) in enumerate(player.steps(n)):
            actor.append(-p.sum() * (t - v.item()))
            critic.append(torch.nn.functional.smooth_l1_loss(v, torch.tensor([t * 0.1])))
        found += player.learn(torch.stack(actor).sum() + torch.stack(critic).sum())
    return found


def added(torch, lengths=LENGTHS):
    player = Player(torch)
    found = []
    for n in lengths:
        found += player.learn(sum(p.mean() * v.mean() for p, v in player.steps(n)))
    return found


def remembered(torch, lengths=LENGTHS):
    torch.manual_seed(0)
    cell, out = torch.nn.GRUCell(2, 3), torch.nn.Linear(3, 1)
    parameters = [*cell.parameters(), *out.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.05)
    found = []
    for n in lengths:
        h, total = torch.zeros(1, 3), torch.zeros(1, 1)
        for t in range(n):
            h = cell(torch.full((1, 2), 0.1 * t), h)
            y = out(h)
            total = total + y * y * (1 + (y.item() > 0))
        optimizer.zero_grad()
        total.sum().backward()
        found += [total.item(), *[p.grad.abs().sum().item() for p in parameters]]
        optimizer.step()
    return found


KINDS = [reinforced, criticised, added, remembered]


@pytest.mark.parametrize("kind", KINDS)
def test_episodes_agree(kind, passes):
    torch = pytest.importorskip("torch")
    assert np.allclose(kind(rushlight), kind(torch), rtol=1e-4, atol=1e-5)
    assert len(passes) >= len(LENGTHS) - 2


@pytest.mark.parametrize("kind", KINDS)
def test_other_lengths_are_few_other_programs(kind, compiled):
    counts = []

    def lengths():
        for some in (LENGTHS * 2, (13, 10, 14, 15)):
            yield from some
            counts.append((local.recorder.count, len(compiled)))

    kind(rushlight, lengths())
    (recorded, made), (more, others) = counts
    assert made <= 24 and others <= made + 8
    assert more - recorded <= 40  # calls, for four episodes of 52 steps


@pytest.mark.filterwarnings("ignore:The .grad attribute")
@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize("kind", [(programs.make, programs.Player), None])
def test_random_programs_whose_histories_are_many(kind, part, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(history, "FEW", 0)
    make, player = kind or (richer_programs.make, richer_programs.Player)
    for seed in range(part * 12, part * 12 + 12):
        found = programs.difference(rushlight, torch, seed, make=make, player=player)
        assert found is None, found


def held(torch, n=9):
    """A leaf, and values of it that each have a history of their own."""
    w = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
    found = []
    for k in range(n):
        y = (w * w + 0.1 * k) * w.sin()
        assert y.sum().item() < 10
        found.append(y)
    return w, found


def hooked(torch):
    w, ys = held(torch)
    seen = []
    ys[3].register_hook(lambda g: (seen.append(g), g * 2)[1])
    ys[5].retain_grad()
    w.register_hook(lambda g: g + 1)
    sum(y.sum() for y in ys).backward()
    return [w.grad, ys[5].grad, *seen]


def kept(torch):
    w, ys = held(torch)
    loss = torch.stack(ys).pow(2).sum()
    loss.backward(retain_graph=True)
    loss.backward(torch.tensor(0.5))
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()
    return [w.grad]


def twice(torch):
    w, ys = held(torch)
    total = ys[0]
    for y in ys[1:]:
        total = total * y + y
    (g,) = torch.autograd.grad(total.sum(), w, create_graph=True)
    (g * g).sum().backward()
    return [g, w.grad]


def asked(torch):
    w, ys = held(torch)
    total = torch.cat(ys, 0).square().sum()
    return [*torch.autograd.grad(total, [ys[2], w, ys[7]], retain_graph=True), total]


def partly(torch):
    w, ys = held(torch)
    v = torch.ones(3, requires_grad=True)
    total = sum((y * v).sum() for y in ys)
    total.backward(inputs=[v])
    return [v.grad, w.grad is None]


def changed(torch):
    w, ys = held(torch)
    ys[6].mul_(3)
    ys[7][0] = 5.0
    row = ys[8][1:]
    row.add_(1)
    with torch.no_grad():
        ys[4].mul_(2)
    torch.stack([*ys, ys[0].detach(), ys[2]]).pow(2).sum().backward()
    return [w.grad, *ys]


def mixed(torch):
    w, ys = held(torch)
    torch.stack([torch.zeros(3), *ys, ys[1]], 1).cumsum(1).pow(2).sum().backward()
    sum((ys_ * 1.0).sum() for ys_ in held(torch, 7)[1]).backward()
    w.grad.mul_(0.5)
    z = held(torch)[1]
    torch.autograd.backward([z[0], z[8] + z[0]], [torch.ones(3), torch.arange(3.0)])
    return [w.grad]


@pytest.mark.parametrize("kind", [hooked, kept, twice, asked, partly, changed, mixed])
def test_whatever_else_is_asked_of_them_agrees(kind):
    torch = pytest.importorskip("torch")
    for a, b in zip(kind(rushlight), kind(torch), strict=True):
        a, b = (np.asarray(x.detach() if hasattr(x, "detach") else x) for x in (a, b))
        assert np.allclose(a, b, rtol=1e-4, atol=1e-4)


def test_anomalies_are_found():
    w, ys = held(rushlight)
    bad = rushlight.stack([*ys, (w * 0).sqrt() * 0]).sum()
    with rushlight.autograd.detect_anomaly(), pytest.raises(RuntimeError, match="nan"):
        bad.backward()


def test_functions_are_named_across_windows():
    _, ys = held(rushlight)
    total = rushlight.cat(ys)
    assert total.grad_fn.name() == "CatBackward0"
    before = total.grad_fn.next_functions
    assert len(before) == len(ys) and {f.name() for f, _ in before} == {"MulBackward0"}
    after = (ys[7] * 2).grad_fn.next_functions[0][0]
    assert after.next_functions[0][0].name() == "AddBackward0"


def test_an_interrupted_pass_has_done_nothing(monkeypatch):
    w, ys = held(rushlight)
    loss = rushlight.cat(ys).sum()
    visit = Piecewise.visit

    def stop(self, recorder, generation, given):
        if len(self.spent) == 4:
            raise KeyboardInterrupt
        visit(self, recorder, generation, given)

    monkeypatch.setattr(Piecewise, "visit", stop)
    with pytest.raises(KeyboardInterrupt):
        loss.backward()
    assert w.grad is None
    monkeypatch.setattr(Piecewise, "visit", visit)
    loss.backward()
    x = w.detach().requires_grad_()
    sum(((x * x + 0.1 * k) * x.sin()).sum() for k in range(9)).backward()
    assert np.allclose(w.grad.numpy(), x.grad.numpy(), rtol=1e-5)


def test_what_was_used_up_is_let_go_of_though_something_else_is_not():
    torch = rushlight
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    kept = []
    for k in range(9):
        out = net(torch.ones(1, 3) * k)
        kept.append((out.sum(1), out.exp()))  # nobody will ask for a gradient of the second
        kept[-1][1].tolist()
    generations = [total._history.generation for total, _ in kept]
    weight = net[2].weight
    assert all(any(np.shares_memory(a, weight._array) for a in arrays(g)) for g in generations)
    torch.cat([total for total, _ in kept]).sum().backward()
    assert not any(np.shares_memory(a, weight._array) for g in generations for a in arrays(g))
    again = kept[0][1].sum()
    with pytest.raises(RuntimeError, match="second time"):
        again.backward()


def arrays(generation):
    """What a generation keeps."""
    return [a for a in generation.arrays.values() if isinstance(a, np.ndarray)]


@pytest.mark.parametrize("count", [1, 9])
def test_a_gradient_uses_the_weights_that_were(count):
    torch = rushlight
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    x = torch.ones(1, 3)
    outs = []
    for _ in range(count):
        outs.append(net(x).sum(1))
        outs[-1].item()
    slopes = (1 - net[:2](x).detach() ** 2) * net[2].weight.detach().sum(0)
    with torch.no_grad():
        net[2].weight.add_(5.0)
        net[2].weight.tolist()
    torch.cat(outs).sum().backward()
    assert np.allclose(net[0].bias.grad.numpy(), count * slopes.numpy()[0], rtol=1e-5)


def masked(torch, lengths):
    """Losses of a network of whose results as many take part as there are, and gradients."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 5))
    judge = torch.nn.Linear(5, 1)
    optimizer = torch.optim.SGD([*net.parameters(), *judge.parameters()], lr=0.1)
    found = []
    for n in lengths:
        x = torch.linspace(-1, 1, 120).view(30, 4) * (1 + n % 3)
        out = torch.nn.functional.normalize(net(x), dim=1)
        picked = out[torch.arange(30) < n]
        loss = out.pow(4).mean() + (judge(picked) - picked.sum(1, keepdim=True)).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return [*found, *net[0].weight.detach().flatten().tolist()]


def test_what_comes_before_shapes_that_never_settle_is_one_program(passes, compiled, monkeypatch):
    monkeypatch.setattr(config, "recompile_limit", 4)
    lengths = [*range(3, 15)] * 3
    mine = masked(rushlight, lengths)
    assert len(passes) >= len(lengths) - 4 * 3  # the first four are programs of all there is
    assert len([c for c in compiled if "tanh" in {n.op.name for n in c.order}]) <= 8
    oracle = pytest.importorskip("torch")
    assert np.allclose(mine, masked(oracle, lengths), rtol=1e-3, atol=1e-5)
