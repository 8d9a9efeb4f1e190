"""Loops of many shapes: microseconds a step when machine code takes no time, and what they record.

A loop that repeats itself must record nothing new, compile nothing new and run every window by
heart; tests/test_patterns.py counts that. `python benchmarks/patterns.py [loop ...]`.
"""

import sys
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]


def network(torch, sizes):
    """Linear layers of these sizes with relu between them."""
    layers = []
    for n, m in pairwise(sizes):
        layers += [torch.nn.Linear(n, m), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


class Setting:
    """A small model with its data and optimizer."""

    def __init__(self, torch, sizes=(1, 10, 1), batch=100, optimizer="Adam"):
        torch.manual_seed(0)
        self.model = network(torch, sizes)
        self.x = torch.rand(batch, sizes[0])
        self.y = torch.rand(batch, sizes[-1])
        self.criterion = torch.nn.MSELoss()
        self.optimizer = getattr(torch.optim, optimizer)(self.model.parameters(), lr=1e-3)
        self.count = 0

    def forward(self, x=None, y=None):
        """The loss."""
        out = self.model(self.x if x is None else x)
        return self.criterion(out, self.y if y is None else y)

    def learn(self, loss):
        """The rest of the step."""
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss


def plain(torch):
    """Forward, zero_grad, backward, step."""
    s = Setting(torch)
    return lambda: s.learn(s.forward())


def item_after(torch):
    """`loss.item()` after each step."""
    s = Setting(torch)
    return lambda: s.learn(s.forward()).item()


def item_before(torch):
    """`loss.item()` before each backward pass."""
    s = Setting(torch)

    def step():
        loss = s.forward()
        loss.item()
        s.learn(loss)

    return step


def rate_changes(torch):
    """Another learning rate each step."""
    s = Setting(torch)

    def step():
        s.count += 1
        s.optimizer.param_groups[0]["lr"] = 1e-3 / s.count
        s.learn(s.forward())

    return step


def accumulates(torch):
    """Four backward passes for each step."""
    s = Setting(torch)

    def step():
        s.optimizer.zero_grad()
        for _ in range(4):
            loss = s.forward() * 0.25
            loss.backward()
        s.optimizer.step()

    return step


def keeps(torch):
    """Every loss is kept."""
    s = Setting(torch)
    kept = []

    def step():
        kept.append(s.learn(s.forward()).detach())
        del kept[:-50]

    return step


def flips(torch):
    """A branch that goes the other way each step."""
    s = Setting(torch)

    def step():
        s.count += 1
        out = s.model(s.x)
        if s.count % 2:
            out = out.sigmoid()
        s.learn(s.criterion(out, s.y))

    return step


def manual(torch):
    """Two parameters that are changed by hand without an optimizer."""
    torch.manual_seed(0)
    x, y = torch.rand(100, 1), torch.rand(100, 1)
    w1 = torch.rand(1, 10, requires_grad=True)
    w2 = torch.rand(10, 1, requires_grad=True)

    def step():
        loss = (((x @ w1).relu() @ w2 - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w1.sub_(1e-3 * w1.grad)
            w2.sub_(1e-3 * w2.grad)
            w1.grad = None
            w2.grad = None

    return step


def smaller_last(torch):
    """Batches from a loader, whose last is smaller than the others; with another view of each."""
    s = Setting(torch, batch=10)
    data = torch.utils.data
    dataset = data.TensorDataset(torch.rand(45, 1, 1), torch.rand(45, 1))
    loader = data.DataLoader(dataset, batch_size=10, shuffle=True)

    def batches():
        while True:
            yield from loader

    stream = batches()

    def step():
        x, y = next(stream)
        s.learn(s.forward(x.view(-1, 1), y))

    return step


def evaluates(torch):
    """A forward pass without gradients, and a look at the result."""
    s = Setting(torch)

    def step():
        with torch.no_grad():
            return s.forward().item()

    return step


def infers(torch):
    """A forward pass, and a look at the result; gradients are not disabled."""
    s = Setting(torch)
    return lambda: s.model(s.x).argmax(dim=1).sum().item()


def deep(torch):
    """Twenty layers, forty parameters."""
    s = Setting(torch, sizes=(10,) * 21, batch=8, optimizer="SGD")
    return lambda: s.learn(s.forward())


LOOPS = (
    plain, item_after, item_before, rate_changes, accumulates, keeps, flips, manual, smaller_last,
    evaluates, infers, deep,
)  # fmt: skip


def main():
    from machinery import NoEngine, least, warm

    import rushlight as torch
    from rushlight.runtime import compiling
    from rushlight.runtime.recorder import Recorder, local

    compiling.state.engine = NoEngine
    anew = []
    flush_anew = Recorder.flush_anew
    Recorder.flush_anew = lambda self: (anew.append(1), flush_anew(self))[1]
    for loop in LOOPS:
        if sys.argv[1:] and loop.__name__ not in sys.argv[1:]:
            continue
        step = warm(loop(torch))
        count = local.recorder.count
        anew.clear()
        for _ in range(20):
            step()
        known = "by heart" if not anew else f"{len(anew) / 20:.1f} windows a step anew"
        new = local.recorder.count - count
        micros = least(step)
        print(f"{loop.__doc__.split('.')[0]:<64}{micros:8.2f} us  {new} new calls, {known}")


if __name__ == "__main__":
    main()
