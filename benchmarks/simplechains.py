"""SimpleChains' published workload: LeNet-5, 10 epochs of 60,000 pictures. One epoch, in seconds.

    python benchmarks/simplechains.py [--images 60000] [--threads 1 2]

The pictures are random (28 x 28) and come in shuffled batches of 2048 from a DataLoader; the
optimizer is Adam. Two epochs are run, for in the first everything is new.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from report import environment

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "programs")]

BATCH = 2048


def framework(name, threads):
    """The module called `torch`."""
    if name == "rushlight":
        import rushlight as module
    else:
        import torch as module
        import torch.utils.data
    module.set_num_threads(threads)
    return module


def epochs(torch, images):
    """Seconds of two epochs."""
    from lenet import lenet

    torch.manual_seed(0)
    data = torch.utils.data
    pictures = torch.rand(images, 1, 28, 28)
    labels = torch.randint(0, 10, (images,))
    loader = data.DataLoader(data.TensorDataset(pictures, labels), BATCH, shuffle=True)
    model = lenet(torch.nn)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
    taken = []
    for _ in range(2):
        start = time.perf_counter()
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        last = loss.item()
        taken.append(time.perf_counter() - start)
    return taken, last


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--only", nargs=2, metavar=("FRAMEWORK", "THREADS"))
    options = parser.parse_args()
    if options.only:
        name, threads = options.only
        taken, last = epochs(framework(name, int(threads)), options.images)
        print(json.dumps([*taken, last]))
        return
    print(f"{'':<12}{'threads':>8}{'first epoch':>14}{'next epoch':>13}{'ten of them':>13}")
    for name in ("rushlight", "torch"):
        for threads in options.threads:
            command = [sys.executable, __file__, "--images", str(options.images)]
            command += ["--only", name, str(threads)]
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment(), check=False
            )
            if done.returncode:
                print(f"{name:<12}{threads:>8}  failed: {done.stderr.strip().splitlines()[-1]}")
                continue
            first, second, _ = json.loads(done.stdout.splitlines()[-1])
            line = f"{name:<12}{threads:>8}{first:>12.2f} s{second:>11.2f} s"
            print(f"{line}{first + 9 * second:>11.1f} s", flush=True)


if __name__ == "__main__":
    main()
