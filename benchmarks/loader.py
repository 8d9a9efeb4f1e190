"""What a warm epoch of an in-memory DataLoader costs: a batch alone, and beside steps of training.

Beside steps, three loops are run in turns: over the loader; over its batches, made before; and over
one batch again and again, which is in the processor's caches then.
"""

import importlib
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

REPEATS = {"rushlight": 15, "torch": 3}
TURNS = {"rushlight": 80, "torch": 3}
SAMPLES = 4000


def loaders(torch):
    """Pairs of a name and a loader."""
    data = torch.utils.data
    images = torch.rand(SAMPLES, 784)
    labels = torch.randint(0, 10, (SAMPLES,))
    hot = data.TensorDataset(images, torch.eye(10)[labels])
    numbers = data.TensorDataset(images, labels)
    small = data.TensorDataset(images[:, :1].contiguous(), images[:, 1:2].contiguous())
    part = data.Subset(hot, range(0, SAMPLES, 2))
    return [
        ("784 + 10, batch 10, shuffled", data.DataLoader(hot, 10, shuffle=True)),
        ("784 + 10, batch 10, in order", data.DataLoader(hot, 10)),
        (
            "784 + int64, batch 128, shuffled",
            data.DataLoader(numbers, 128, shuffle=True, drop_last=True),
        ),
        ("784 + int64, batch 128, in order", data.DataLoader(numbers, 128, drop_last=True)),
        ("1 + 1, batch 10, shuffled", data.DataLoader(small, 10, shuffle=True)),
        ("a Subset of it, batch 10, shuffled", data.DataLoader(part, 10, shuffle=True)),
    ]


def measure(loader, repeats):
    """Microseconds for each batch after the first, and for the first."""
    count = len(loader) - 1
    best = first = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        batches = iter(loader)
        next(batches)
        began = time.perf_counter()
        first = min(first, began - start)
        for _x, _y in batches:
            pass
        best = min(best, (time.perf_counter() - began) / count)
    return best * 1e6, first * 1e6


def trainer(torch, example):
    """A function that takes a step of 784-30-10 with each of some batches like the example."""
    nn = torch.nn
    wide = example[1].dtype == torch.float32
    model = nn.Sequential(nn.Linear(example[0].shape[1], 30), nn.Sigmoid(), nn.Linear(30, 10))
    criterion = nn.MSELoss() if wide else nn.CrossEntropyLoss()
    if wide:
        model.append(nn.Sigmoid())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)

    def train(batches):
        for x, y in batches:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        return loss.item()

    return train


def beside_steps(torch, loader, turns):
    """Microseconds a step with one batch again and again, with batches made before, and loaded."""
    ready = list(loader)
    train = trainer(torch, ready[0])
    loops = [[ready[0]] * len(loader), ready, loader]
    for _ in range(3):
        for batches in loops:
            train(batches)
        time.sleep(0.3)  # what is compiled in the background gets ready
    best = [float("inf")] * len(loops)
    for _ in range(turns):
        for k, batches in enumerate(loops):
            train(batches)  # the other loops have left other data in the caches
            start = time.perf_counter()
            train(batches)
            best[k] = min(best[k], (time.perf_counter() - start) / len(batches))
    return [1e6 * seconds for seconds in best]


def main():
    if len(sys.argv) == 1:
        for name in REPEATS:
            subprocess.run([sys.executable, __file__, name], check=False)
        return
    name = sys.argv[1]
    torch = importlib.import_module(name)
    importlib.import_module(f"{name}.utils.data")
    torch.set_num_threads(1)
    print(f"{name:<36}{'us a batch':>12}{'us the first':>14}")
    for label, loader in loaders(torch):
        batch, first = measure(loader, REPEATS[name])
        print(f"{label:<36}{batch:>12.2f}{first:>14.1f}", flush=True)
    print(
        f"\n{'us a step with':<36}{'one batch':>12}{'ready ones':>12}{'the loader':>12}{'more':>16}"
    )
    for label, loader in loaders(torch)[:4]:
        one, ready, loaded = beside_steps(torch, loader, TURNS[name])
        more = f"{loaded / one - 1:+.1%}, {loaded / ready - 1:+.1%}"
        print(f"{label:<36}{one:>12.2f}{ready:>12.2f}{loaded:>12.2f}{more:>16}", flush=True)


if __name__ == "__main__":
    main()
