"""What a warm epoch of an in-memory DataLoader costs: microseconds a batch, and at its start."""

import importlib
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

REPEATS = {"rushlight": 15, "torch": 3}
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
        ("784 + int64, batch 128, shuffled", data.DataLoader(numbers, 128, shuffle=True)),
        ("784 + int64, batch 128, in order", data.DataLoader(numbers, 128)),
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


def main():
    if len(sys.argv) == 1:
        for name in REPEATS:
            subprocess.run([sys.executable, __file__, name], check=False)
        return
    name = sys.argv[1]
    torch = importlib.import_module(name)
    importlib.import_module(f"{name}.utils.data")
    print(f"{name:<36}{'us a batch':>12}{'us the first':>14}")
    for label, loader in loaders(torch):
        batch, first = measure(loader, REPEATS[name])
        print(f"{label:<36}{batch:>12.2f}{first:>14.1f}", flush=True)


if __name__ == "__main__":
    main()
