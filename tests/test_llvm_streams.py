"""Random numbers in machine code: the bits of NumPy's way, and of PyTorch."""

import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from golden_rng import ArrayPlayer, load_runs, play

import rushlight
from rushlight import rng
from rushlight.engines.llvm.streams import make_streams
from rushlight.rng import supply
from rushlight.runtime import compiling

MACHINE = make_streams()
RUNS = load_runs()
SIZES = [1, 5, 16, 17, 1000, 2496, 3001, 40_000]
needs = pytest.mark.skipif(MACHINE is None, reason="this processor has no fused steps")


def draw(twister, random):
    """Some numbers of a kind, by public functions."""
    n = int(random.choice(SIZES))
    few = min(n, 3000)
    low = float(random.choice([0.0, -0.0, -0.1, -3.0, 1e-3, 1e20])) * random.choice([1.0, 0.7])
    high = low + float(random.choice([1.0, 0.2, 0.0]))
    dtype = [np.float32, np.float64, np.float16, "bfloat16"][random.integers(4)]
    span = int(random.choice([1, 2, 10, 1000, 2**20 + 1, 2**28 - 1, 2**28, 2**40]))
    start = int(random.choice([0, -7, 2**62, -(2**63)]))
    kinds = [
        lambda: rng.uniform(twister, n, low, high, dtype),
        lambda: rng.uniform(twister, n, dtype=dtype),
        lambda: rng.normal(twister, n, low, high - low + 0.1, dtype),
        lambda: rng.normal(twister, n, dtype=dtype),
        lambda: rng.normal(twister, n, low, 0.3, dtype, contiguous=False),
        lambda: rng.bernoulli(twister, n, random.random()),
        lambda: rng.integers(twister, n, start, start + span),
        lambda: rng.permutation(twister, n),
        lambda: rng.exponential(twister, n, dtype=np.float64),
        lambda: rng.poisson(twister, random.choice([0, 0.1, 3, 9.99, 10, 50, 1e9], few)),
        lambda: rng.gamma(twister, random.choice([0, 1e-3, 0.3, 1, 2.5, 1e6], few)),
        lambda: rng.gamma(twister, random.choice([0.2, 30], few).astype(np.float32)),
        lambda: rng.dirichlet(twister, random.choice([0.2, 3.0], (few, 3))),
        lambda: rng.binomial(
            twister, random.choice([0, 1, 5, 100, 1e5], few), random.choice([0, 0.01, 0.3, 1], few)
        ),
    ]
    return kinds[random.integers(len(kinds))]()


def drawn(machine, seed, count=60):
    """Numbers of all kinds and sizes, and the state after them."""

    class Other(rng.Twister):
        __slots__ = ()

    Other.machine = machine
    twister, random = Other(seed), np.random.default_rng(seed)
    return [draw(twister, random) for _ in range(count)] + [twister.get_state()]


@needs
@pytest.mark.parametrize("seed", range(12))
def test_same_bits_as_numpy(seed):
    for x, y in zip(drawn(MACHINE, seed), drawn(None, seed), strict=True):
        assert x.dtype == y.dtype
        assert x.tobytes() == y.tobytes()


@needs
@pytest.mark.parametrize("run", RUNS[:2], ids=lambda run: str(run.seed))
def test_golden_run(run, monkeypatch):
    monkeypatch.setattr(rng.Twister, "machine", MACHINE)
    play(run, ArrayPlayer(run.seed))


@needs
def test_machine_code_comes_in_the_middle_of_a_stream(monkeypatch):
    monkeypatch.setattr(rng.Twister, "machine", None)
    one, other = rng.Twister(3), rng.Twister(3)
    expected = [rng.normal(one, 5_001) for _ in range(4)]
    before = [rng.normal(other, 5_001) for _ in range(2)]
    monkeypatch.setattr(rng.Twister, "machine", MACHINE)
    after = [rng.normal(other, 5_001) for _ in range(2)]
    np.testing.assert_array_equal(before + after, expected)
    np.testing.assert_array_equal(one.get_state(), other.get_state())


@needs
@pytest.mark.parametrize("rate", [np.nan, np.inf])
def test_numbers_that_never_end_are_left_to_python(rate, monkeypatch):
    shape = np.array([2.0, rate, 0.5])
    found = []
    for machine in (MACHINE, None):
        monkeypatch.setattr(rng.Twister, "machine", machine)
        found.append(rng.gamma(rng.Twister(5), shape))
    np.testing.assert_array_equal(*found)


@needs
def test_a_supply_that_is_too_small_grows(monkeypatch):
    # The first count takes about ten uniform numbers, and there is one at first.
    def drawn():
        twister = rng.Twister(1)
        return rng.binomial(twister, np.array([1e6, 1e3]), np.array([9e-6, 9e-3])), twister.words(5)

    found = []
    for machine in (MACHINE, None):
        monkeypatch.setattr(rng.Twister, "machine", machine)
        monkeypatch.setattr(supply, "_FIRST", 1)
        monkeypatch.setattr(supply, "_LARGEST", 1)
        found.append(drawn())
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])


@needs
def test_what_draws_other_numbers_is_not_used(monkeypatch):
    monkeypatch.setattr(rng.Twister, "machine", None)

    def shuffle(words, order, start):
        order[:2] = order[1::-1]

    assert not rng.use(MACHINE._replace(shuffle=shuffle))
    assert rng.Twister.machine is None
    assert rng.use(MACHINE)
    assert rng.Twister.machine is MACHINE


@needs
def test_many_words_ask_for_it(monkeypatch):
    asked = []
    monkeypatch.setattr(rng.Twister, "machine", None)
    monkeypatch.setattr(rng.Twister, "words_made", 0)
    monkeypatch.setattr(rng.Twister, "ask", lambda: asked.append(1))
    rushlight.rand(1000)
    assert not asked
    rushlight.rand(1 << 20)
    rushlight.rand(1 << 20)
    assert asked == [1]
    compiling.state.ask(compiling.STREAMS)
    assert compiling.wait()
    assert rng.Twister.machine is MACHINE


def test_many_small_draws_ask_for_it(monkeypatch):
    asked = []
    monkeypatch.setattr(rng.Twister, "machine", None)
    monkeypatch.setattr(rng.Twister, "words_made", 0)
    monkeypatch.setattr(rng.Twister, "ask", lambda: asked.append(1))
    twister = rng.Twister(0)
    for _ in range(900):
        rng.normal(twister, 16)
    assert not asked
    for _ in range(200):
        rng.normal(twister, 16)
    assert asked == [1]


@pytest.mark.parametrize("level", ["avx2", "baseline"])
def test_lesser_processors(level):
    program = (
        "import test_llvm_streams as t\n"
        "from rushlight.engines.llvm.target import target\n"
        "assert (t.MACHINE is None) == (target().bits < 256)\n"
        "for seed in (1, 2):\n"
        "    pairs = zip(t.drawn(t.MACHINE, seed), t.drawn(None, seed), strict=True)\n"
        "    assert all([x.tobytes() == y.tobytes() for x, y in pairs])\n"
    )
    environment = os.environ | {"RUSHLIGHT_CPU": level}
    environment["PYTHONPATH"] = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    if "cannot run" in done.stderr:
        pytest.skip(f"this processor is no {level}")
    assert done.returncode == 0, done.stderr
