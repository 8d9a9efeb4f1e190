"""Golden vectors of the random streams: what PyTorch 2.13 gave, and how to compare with it.

`tests/golden/rng.json` holds runs. A run seeds one generator and performs some fifty steps on it in
order, so a step that draws a word too many spoils all that follow. A test passes `play` a function
that performs a step and returns its arrays:

    for run in load_runs():
        generator.manual_seed(run.seed)
        play(run, lambda op, args: ...)
"""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rushlight import rng

PATH = Path(__file__).parent / "golden" / "rng.json"

# Steps of modules, initialisers and samplers. Tests of the streams alone imitate them on arrays,
# to keep the run going; the tests of the upper layers perform them with the real things.
NEEDS_TENSORS = frozenset(
    {
        "linear",
        "conv2d",
        "embedding",
        "lstm",
        "kaiming_uniform",
        "xavier_normal",
        "trunc_normal",
        "random_sampler",
        "random_split",
        "dataloader_epochs",
    }
)


class Run(NamedTuple):
    """A seed and the steps performed on one generator that starts from it."""

    seed: int
    steps: list[dict[str, Any]]


def load_runs() -> list[Run]:
    """All runs of the golden file."""
    return [Run(run["seed"], run["steps"]) for run in json.loads(PATH.read_text())["runs"]]


def play(run: Run, perform: Callable[[str, dict[str, Any]], Sequence[np.ndarray]]) -> None:
    """None; every step is performed in order and each of its arrays compared bit for bit."""
    for number, step in enumerate(run.steps):
        where = f"seed {run.seed}, step {number}: {step['op']} {step['args']}"
        arrays = perform(step["op"], dict(step["args"]))
        assert len(arrays) == len(step["result"]), where
        for array, record in zip(arrays, step["result"], strict=True):
            assert_recorded(array, record, where)


def assert_recorded(array: np.ndarray, record: dict[str, Any], where: str = "") -> None:
    """None; raises AssertionError unless the array has the recorded dtype, shape and bits."""
    expected = recorded_values(record)
    assert array.dtype == expected.dtype, f"{where}: {array.dtype}, not {expected.dtype}"
    assert list(array.shape) == record["shape"], f"{where}: {array.shape}, not {record['shape']}"
    flat = np.ascontiguousarray(array).ravel()
    first = flat[: expected.size]
    same = first.view(np.uint8).reshape(-1, flat.itemsize) == expected.view(np.uint8).reshape(
        -1, flat.itemsize
    )
    wrong = np.flatnonzero(~same.all(axis=1))
    assert not wrong.size, f"{where}: at {wrong[:5]} {first[wrong[:5]]}, not {expected[wrong[:5]]}"
    if "sha256" in record:
        little = flat.astype(flat.dtype.newbyteorder("<"))
        assert hashlib.sha256(little.tobytes()).hexdigest() == record["sha256"], where


def recorded_values(record: dict[str, Any]) -> np.ndarray:
    """The recorded values, all of them or the first forty, in their dtype."""
    dtype = np.dtype(record["dtype"])
    values = record["values"]
    if dtype.kind == "f":
        values = [float.fromhex(value) for value in values]
    return np.array(values, dtype)


def state_digest(state: bytes) -> np.ndarray:
    """The SHA-256 of a generator's state bytes, as the golden file records it: 32 numbers."""
    return np.frombuffer(hashlib.sha256(state).digest(), np.uint8)


class ArrayPlayer:
    """Performs all steps with `rushlight.rng` alone, those of NEEDS_TENSORS too: a method an op."""

    def __init__(self, seed):
        self.twister = rng.Twister(seed)

    def __call__(self, op, args):
        out = getattr(self, op.rstrip("_"))(**args)
        return out if isinstance(out, list) else [out]

    def rand(self, shape, dtype="float32"):
        return rng.uniform(self.twister, tuple(shape), dtype=dtype)

    def randn(self, shape, dtype="float32"):
        return rng.normal(self.twister, tuple(shape), dtype=dtype)

    def normal(self, shape, mean, std, dtype="float32"):
        return rng.normal(self.twister, tuple(shape), mean, std, dtype)

    def uniform(self, shape, a, b, dtype="float32"):
        return rng.uniform(self.twister, tuple(shape), a, b, dtype)

    def randint(self, shape, low, high):
        return rng.integers(self.twister, tuple(shape), low, high)

    def random(self, shape, dtype):
        return rng.random_full(self.twister, tuple(shape), dtype)

    def randperm(self, n):
        return rng.permutation(self.twister, n)

    def bernoulli(self, shape, p):
        return rng.bernoulli(self.twister, tuple(shape), p).astype(np.float32)

    def bernoulli_tensor(self, p):
        return rng.bernoulli_from(self.twister, np.array(p, np.float32)).astype(np.float32)

    def dropout(self, shape, p):
        keep = rng.dropout_keep(self.twister, tuple(shape), p)
        return keep * (np.float32(1) / np.float32(1 - p))

    def exponential(self, shape, lam=1.0, dtype="float32"):
        return rng.exponential(self.twister, tuple(shape), lam, dtype)

    def log_normal(self, shape, mean, std):
        return rng.log_normal(self.twister, tuple(shape), mean, std)

    def multinomial(self, w, k, replacement):
        return rng.multinomial(self.twister, np.array(w, np.float32), k, replacement)

    # Modules and initialisers: rng spec §14 and §15.

    def linear(self, fin, fout):
        return self.weight_and_bias((fout, fin), fin)

    def conv2d(self, cin, cout, k):
        return self.weight_and_bias((cout, cin, k, k), cin * k * k)

    def weight_and_bias(self, shape, fan_in):
        bound = math.sqrt(3.0) * (math.sqrt(2.0 / (1 + math.sqrt(5) ** 2)) / math.sqrt(fan_in))
        weight = self.uniform(shape, -bound, bound)
        bound = 1 / math.sqrt(fan_in)
        return [weight, self.uniform(shape[:1], -bound, bound)]

    def embedding(self, num, dim):
        return self.randn((num, dim))

    def lstm(self, fin, hid):
        bound = 1 / math.sqrt(hid)
        shapes = ((4 * hid, fin), (4 * hid, hid), (4 * hid,), (4 * hid,))
        return [self.uniform(shape, -bound, bound) for shape in shapes]

    def kaiming_uniform(self, shape, a, nonlinearity):
        bound = math.sqrt(3.0) * (math.sqrt(2.0) / math.sqrt(shape[1]))
        return self.uniform(shape, -bound, bound)

    def xavier_normal(self, shape):
        return self.normal(shape, 0.0, math.sqrt(2.0 / (shape[0] + shape[1])))

    def trunc_normal(self, shape, mean=0.0, std=1.0, a=-2.0, b=2.0):
        bounds = [math.erf((bound - mean) / std / math.sqrt(2)) / 2 for bound in (a, b)]
        if bounds[1] - bounds[0] > 0.3:
            out = self.normal(shape, mean, std)
            while (outside := (out < np.float32(a)) | (out > np.float32(b))).any():
                out = np.where(outside, self.normal(shape, mean, std), out)
            return out
        peak = -(((min(max(mean, a), b) - mean) / std) ** 2) / 2
        out = self.uniform(shape, a, b)
        pending = self.too_improbable(out, mean, std, peak)
        while pending.any():
            candidate = self.uniform(shape, a, b)
            out = np.where(pending, candidate, out)
            pending &= self.too_improbable(candidate, mean, std, peak)
        return out

    def too_improbable(self, values, mean, std, peak):
        deviation = (values - np.float32(mean)) / np.float32(std)
        height = deviation * deviation * np.float32(-0.5) - np.float32(peak)
        return np.log(self.rand(values.shape).astype(np.float64)).astype(np.float32) > height

    # Samplers: rng spec §16 and §17.

    def random_sampler(self, n, num_samples=None, replacement=False):
        twister = rng.Twister(int(rng.random_full(self.twister, 1)[0]))
        if not replacement:
            return rng.permutation(twister, n)
        sizes = [32] * (num_samples // 32) + [num_samples % 32]
        return np.concatenate([rng.integers(twister, size, 0, n) for size in sizes])

    def random_split(self, n, lengths):
        return np.split(self.randperm(n), np.cumsum(lengths)[:-1])

    def dataloader_epochs(self, n, batch_size, epochs):
        orders = []
        for _ in range(epochs):
            rng.random_full(self.twister, 1)  # the seed of the workers
            orders.append(self.random_sampler(n))
        return orders

    def state_sha256(self):
        return state_digest(self.twister.get_state().tobytes())
