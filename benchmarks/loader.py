"""What a warm epoch of an in-memory DataLoader costs: a batch alone, and beside steps of training.

Beside steps, three loops are run in turns: over the loader; over its batches, made before; and over
one batch again and again, which is in the processor's caches then. 4,000 images fit into the last
cache, 60,000 do not: their rows come from memory, and a batch cannot take less than reading it.

    python benchmarks/loader.py                      all of it
    python benchmarks/loader.py rushlight 2 60000    with two threads, on so many images
"""

import importlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

REPEATS = {"rushlight": 15, "torch": 3}
TURNS = {4000: {"rushlight": 80, "torch": 3}, 60_000: {"rushlight": 12, "torch": 1}}
THREADS = 1, 2


def loaders(torch, images):
    """Pairs of a name and a loader."""
    data = torch.utils.data
    samples = len(images)
    labels = torch.randint(0, 10, (samples,))
    hot = data.TensorDataset(images, torch.eye(10)[labels])
    numbers = data.TensorDataset(images, labels)
    small = data.TensorDataset(images[:, :1].contiguous(), images[:, 1:2].contiguous())
    part = data.Subset(hot, range(0, samples, 2))
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


def speed(array, threads):
    """Bytes a microsecond that so many threads read of an array, one part after the other."""
    parts = np.array_split(array.reshape(-1), threads)
    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(10):
            start = time.perf_counter()
            list(pool.map(np.max, parts))  # NumPy lets other threads go on meanwhile
            best = min(best, time.perf_counter() - start)
    return array.nbytes / best / 1e6


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


def alone(torch, name, images):
    """Print what batches cost that nothing is done with."""
    some = images[:10], torch.eye(10)
    train = trainer(torch, some)
    for _ in range(3):
        train([some] * 100)
        time.sleep(0.3)  # machine code for batches comes with that of the first program
    print(f"{'':<36}{'us a batch':>12}{'us the first':>14}")
    for label, loader in loaders(torch, images):
        batch, first = measure(loader, REPEATS[name])
        print(f"{label:<36}{batch:>12.2f}{first:>14.1f}", flush=True)


def beside(torch, name, images, rate):
    """Print what steps cost, with batches and without."""
    heads = "one batch", "ready ones", "the loader", "reading it"
    print(f"{'us a step with':<36}" + "".join([f"{head:>12}" for head in heads]) + f"{'more':>18}")
    for label, loader in loaders(torch, images)[:4]:
        one, ready, loaded = beside_steps(torch, loader, TURNS[len(images)][name])
        least = sum([x[:1].numpy().nbytes for x in next(iter(loader))]) * loader.batch_size / rate
        numbers = "".join([f"{number:>12.2f}" for number in (one, ready, loaded, least)])
        more = f"{loaded / one - 1:+.1%}, {loaded / ready - 1:+.1%}"
        print(f"{label:<36}{numbers}{more:>18}", flush=True)


def main():
    if len(sys.argv) == 1:
        for name in REPEATS:
            for samples in TURNS:
                for threads in THREADS:
                    work = [name, str(threads), str(samples)]
                    subprocess.run([sys.executable, __file__, *work], check=False)
        return
    name, threads, samples = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch = importlib.import_module(name)
    importlib.import_module(f"{name}.utils.data")
    torch.set_num_threads(threads)
    images = torch.rand(samples, 784)
    rate = speed(images.numpy(), threads)
    print(f"\n{name}, {samples} images, threads: {threads}, reading {rate / 1e3:.1f} GB a second")
    if threads == 1:
        alone(torch, name, images)
    beside(torch, name, images, rate)


if __name__ == "__main__":
    main()
