"""The random streams: PyTorch's, bit for bit, on arrays."""

import copy
import math
import pickle
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from golden_rng import NEEDS_TENSORS, ArrayPlayer, load_runs, play

from rushlight import rng
from rushlight.rng.block import seeded_key, temper, untemper
from rushlight.rng.exact import c_function, fma, fma32
from rushlight.rng.formats import round_to_bfloat16
from rushlight.rng.permutation import shuffled_by_links, shuffled_by_loop, shuffled_inside_out
from rushlight.rng.rule import ROUND, first_key

RUNS = load_runs()


@pytest.fixture(autouse=True)
def numpy_alone(monkeypatch):
    """Machine code has a file of its own: test_llvm_streams.py."""
    monkeypatch.setattr(rng.Twister, "machine", None)
    monkeypatch.setattr(rng.Twister, "ask", None)


# The golden file


@pytest.fixture
def by_rule(monkeypatch):
    """All words by the rule, although NumPy's generator is there."""
    for name in ("block", "twister"):
        monkeypatch.setattr(f"rushlight.rng.{name}.is_worn", lambda words: False)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: str(run.seed))
def test_golden_run(run):
    play(run, ArrayPlayer(run.seed))


@pytest.mark.parametrize("run", RUNS, ids=lambda run: str(run.seed))
def test_golden_run_by_the_rule(run, by_rule):
    play(run, ArrayPlayer(run.seed))


def test_golden_names():
    ops = {step["op"] for run in RUNS for step in run.steps}
    assert ops >= NEEDS_TENSORS


# The engine and its state


def drawn(twister, n):
    """Some of everything, so that positions become odd and a normal number is cached."""
    return (
        rng.uniform(twister, n),
        rng.normal(twister, 3),
        rng.uniform(twister, n, dtype=np.float64),
        rng.integers(twister, n, 0, 2**40),
    )


def assert_same(xs, ys):
    for x, y in zip(xs, ys, strict=True):
        np.testing.assert_array_equal(x, y, strict=True)


def test_words_are_those_of_mt19937():
    engine = np.random.RandomState(5)
    words = engine.randint(0, 2**32, 10_000, np.uint32)
    np.testing.assert_array_equal(rng.Twister(5 + 2**32).words(10_000), words)
    longs = rng.Twister(5).long_words(5_000)
    np.testing.assert_array_equal(longs >> np.uint64(32), words[::2])
    np.testing.assert_array_equal(longs & np.uint64(2**32 - 1), words[1::2])


def test_key_of_a_seed_and_tempering():
    engine = np.random.RandomState(42)
    np.testing.assert_array_equal(seeded_key(42 + 2**40), engine.get_state()[1])
    key = engine.randint(0, 2**32, ROUND, np.uint32)
    np.testing.assert_array_equal(untemper(temper(key)), key)


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("name", ["words", "long_words", "unit24", "unit53"])
@pytest.mark.parametrize("sizes", [(5, 7), (0, 0), (1, 40_000), (2496, 1), (1247, 1249, 60_000)])
def test_draws_add_up(name, sizes, offset):
    one, many = rng.Twister(3), rng.Twister(3)
    one.words(offset)
    many.words(offset)
    parts = [getattr(many, name)(size) for size in sizes]
    np.testing.assert_array_equal(getattr(one, name)(sum(sizes)), np.concatenate(parts))
    np.testing.assert_array_equal(one.get_state(), many.get_state())


@pytest.mark.parametrize("name", ["word", "long", "unit24", "unit53"])
def test_pieces_cover_a_draw(name):
    whole, pieces = rng.Twister(3), rng.Twister(3)
    whole.words(1)
    pieces.words(1)
    method = {"word": "words", "long": "long_words"}.get(name, name)
    expected = getattr(whole, method)(70_000)
    covered = 0
    for place, piece in getattr(pieces, f"{name}_pieces")(70_000):
        assert place.start == covered
        np.testing.assert_array_equal(piece, expected[place])
        covered = place.stop
    assert covered == 70_000
    np.testing.assert_array_equal(whole.get_state(), pieces.get_state())


def test_abandoned_pieces_leave_the_stream_where_it_was():
    twister, other = rng.Twister(3), rng.Twister(3)
    for _ in twister.unit24_pieces(100_000):
        break
    assert_same(drawn(twister, 5_000), drawn(other, 5_000))


@pytest.mark.parametrize("seed", [0, 5, -1, -(2**63), 2**63, 2**64 - 1])
def test_seeds(seed):
    assert rng.Twister(seed).initial_seed == seed % 2**64
    np.testing.assert_array_equal(
        rng.Twister(seed).words(5), np.random.RandomState(seed % 2**32).randint(0, 2**32, 5, "u4")
    )


def test_a_generator_starts_from_the_default_seed():
    assert rng.Twister().initial_seed == 67280421310721


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_seed_out_of_range(seed):
    with pytest.raises(ValueError, match=r"^Overflow when unpacking long long$"):
        rng.Twister(seed)


@pytest.mark.parametrize("seed", [1.5, "3", None])
def test_seed_of_another_type(seed):
    with pytest.raises(TypeError):
        rng.Twister(seed)


def test_reseeding_clears_the_cached_normal():
    twister = rng.Twister(0)
    rng.normal(twister, 1)
    assert twister.cached_normal is not None
    twister.seed(0)
    assert twister.cached_normal is None


@pytest.mark.parametrize("n", [0, 1, 623, 624, 625, 2495, 2496, 2497, 50_000])
def test_state_round_trip(n):
    twister = rng.Twister(2**63 + 7)
    twister.words(n)
    state = twister.get_state()
    assert state.dtype == np.uint8
    assert state.shape == (5056,)
    other = rng.Twister(1)
    rng.normal(other, 1)
    other.set_state(state)
    assert other.initial_seed == 2**63 + 7
    np.testing.assert_array_equal(other.get_state(), state)
    assert_same(drawn(twister, 1_500), drawn(other, 1_500))
    np.testing.assert_array_equal(other.get_state(), twister.get_state())


def test_state_keeps_both_caches():
    state = rng.Twister(0).get_state()
    state[5024:5032] = np.array([0.75]).view(np.uint8)
    state[5040] = 1
    state[5048:5052] = np.array([2.5], np.float32).view(np.uint8)
    state[5052] = 1
    twister = rng.Twister(1)
    twister.set_state(state.tobytes())
    np.testing.assert_array_equal(twister.get_state(), state)
    assert rng.normal(twister, 1)[0] == 0.75
    assert not twister.get_state()[5024:5044].any()


def changed(start, dtype, value):
    state = rng.Twister(0).get_state()
    state[start : start + np.dtype(dtype).itemsize] = np.array([value], dtype).view(np.uint8)
    return state


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            np.zeros(5048, np.uint8),
            "Expected a CPUGeneratorImplState of size 5056 "
            "but found the input RNG state size to be 5048",
        ),
        (changed(8, "<i4", 0), "Invalid mt19937 state"),
        (changed(8, "<i4", 625), "Invalid mt19937 state"),
        (changed(12, "<i4", 0), "Invalid mt19937 state"),
        (changed(16, "<u8", 625), "Invalid mt19937 state"),
        (changed(16, "<u8", 7), "Invalid mt19937 state"),
    ],
)
def test_refused_states(state, message):
    twister = rng.Twister(9)
    before = twister.get_state()
    with pytest.raises(RuntimeError, match=f"^{message}$"):
        twister.set_state(state)
    np.testing.assert_array_equal(twister.get_state(), before)


@pytest.mark.parametrize("before", [0, 10, 624, 2496, 40_000])
@pytest.mark.parametrize("after", [1, 3_000, 100_000])
def test_restore_repeats_what_was_drawn(before, after):
    twister = rng.Twister(8)
    twister.words(before)
    rng.normal(twister, 1)
    token, state = twister.save(), twister.get_state()
    first = drawn(twister, after)
    for _ in range(2):
        twister.restore(token)
        np.testing.assert_array_equal(twister.get_state(), state)
        assert_same(drawn(twister, after), first)


@pytest.mark.parametrize(
    "twin", [copy.copy, copy.deepcopy, lambda twister: pickle.loads(pickle.dumps(twister))]
)
def test_copies_go_their_own_way(twin):
    twister = rng.Twister(8)
    drawn(twister, 301)
    other = twin(twister)
    first = drawn(twister, 3_000)
    assert_same(drawn(other, 3_000), first)


def test_results_are_their_own_arrays():
    twister = rng.Twister(0)
    token = twister.save()
    results = [*drawn(twister, 5), rng.random_full(twister, 5), rng.random_full(twister, 5, "i4")]
    expected = copy.deepcopy(results)
    for result in results:
        result += 1
    twister.restore(token)
    again = [*drawn(twister, 5), rng.random_full(twister, 5), rng.random_full(twister, 5, "i4")]
    assert_same(again, expected)


def test_keys_are_those_of_the_rule():
    for seed in (0, 1, 5, 2**31, 2**32 - 1, -7, 2**40 + 3):
        np.testing.assert_array_equal(seeded_key(seed), first_key(seed))
    one = seeded_key(3)
    seeded_key(4)
    np.testing.assert_array_equal(one, first_key(3))


def test_numpys_generator_goes_on_where_the_rule_ends(monkeypatch):
    words = np.random.RandomState(7).randint(0, 2**32, 60_001, np.uint32)
    monkeypatch.setattr("rushlight.rng.twister.is_worn", lambda words: words > 10_000)
    twister = rng.Twister(7)
    drawn = [twister.words(n) for n in (1, 2_000, 8_000, 50_000)]
    assert type(twister._engine).__name__ == "BorrowedEngine"
    np.testing.assert_array_equal(np.concatenate(drawn), words)


def test_first_words_of_a_process_do_without_numpys_generator():
    code = """
import sys
from rushlight import rng
twister = rng.Twister(0)
for seed in range(9):
    twister.seed(seed)
    twister.words(10_000)
assert "numpy.random" not in sys.modules
twister.words(200_000)
assert "numpy.random" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# Families


@pytest.mark.parametrize("n", [2, 3, 10, 251, 1_000, 30_000])
def test_permutations_by_loop_and_by_links_are_the_same(n):
    loop, links = rng.Twister(n), rng.Twister(n)
    expected = shuffled_by_loop(loop, n)
    np.testing.assert_array_equal(shuffled_by_links(links, n), expected)
    np.testing.assert_array_equal(np.sort(expected), np.arange(n))
    np.testing.assert_array_equal(loop.get_state(), links.get_state())


def test_permutation_of_very_many_numbers():
    twister, words = rng.Twister(1), rng.Twister(1)
    order = []
    for i, value in enumerate(words.long_words(70_000).tolist()):
        target = value % (i + 1)
        order.append(i)
        order[i] = order[target]
        order[target] = i
    assert shuffled_inside_out(twister, 70_000).tolist() == order


@pytest.mark.parametrize("y", [0.1, 3.0, 1e-290, 1e300, -7.25])
@pytest.mark.parametrize("ratio", [-0.5, 0.3, 1e-17, 1e7, -(2.0**-53), 3.0])
def test_fma_rounds_once(y, ratio):
    x = rng.uniform(rng.Twister(0), 50, dtype=np.float64)
    c = y * ratio
    expected = [float(Fraction(value) * Fraction(y) + Fraction(c)) for value in x.tolist()]
    assert fma(x, y, c).tolist() == expected


@pytest.mark.parametrize("c", [2.0**53, -(2.0**53), 2.0**53 + 2])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_fma_sees_what_lies_just_beside_a_tie(c, sign):
    x, y = sign * (1 + 2.0**-26), 1 - 2.0**-26 + 2.0**-52  # their product is 1 + 2**-78
    assert fma(np.array([x]), y, c)[0] == float(Fraction(x) * Fraction(y) + Fraction(c))


@pytest.mark.parametrize("width", [3.0, 0.1, 1e-30, 1e-42])
@pytest.mark.parametrize("low", [1e-20, -1e-20, 1000.0, 1e-40, -0.3, 2.0**-26])
def test_fma32_rounds_once(width, low):
    width, low = (float(np.float32(value)) for value in (width, low))
    units = rng.uniform(rng.Twister(0), 200).astype(np.float64)
    for got, unit in zip(fma32(units * width, low).tolist(), units.tolist(), strict=True):
        exact = Fraction(unit) * Fraction(width) + Fraction(low)
        around = np.nextafter(np.float32(got), np.array([-np.inf, np.inf], np.float32)).tolist()
        assert all(abs(exact - Fraction(got)) <= abs(exact - Fraction(x)) for x in around)


@pytest.mark.parametrize("name", ["log", "log1p", "exp", "sin", "cos", "tan"])
@pytest.mark.parametrize("n", [3, 20_000])
def test_c_functions_equal_those_of_math(name, n):
    x = rng.uniform(rng.Twister(0), n, -0.99, 0.0, np.float64)
    if name != "log1p":
        x += 0.995
    assert c_function(name)(x).tolist() == [getattr(math, name)(value) for value in x.tolist()]


def test_without_numpys_help_the_results_are_the_same(monkeypatch):
    twister = rng.Twister(4)
    token = twister.save()
    first = [*drawn(twister, 9_001), rng.normal(twister, 9_001, dtype="float64")]
    monkeypatch.setattr("rushlight.rng.exact._backwards_is_c", lambda name: False)
    monkeypatch.setattr("rushlight.rng.borrowed._generator_pairs_words", lambda: False)
    twister.restore(token)
    assert_same([*drawn(twister, 9_001), rng.normal(twister, 9_001, dtype="float64")], first)


def test_bfloat16_rounds_ties_to_even():
    values = np.array([1.0, 1.00390625, 1.01171875, -1.004, np.inf], np.float32)
    rounded = np.array([1.0, 1.0, 1.015625, -1.0078125, np.inf], np.float32)
    np.testing.assert_array_equal(round_to_bfloat16(values), rounded)


def test_high_is_excluded_where_rounding_would_reach_it():
    values = rng.uniform(rng.Twister(0), 20_000, 0.25, 1.0, np.float16)
    assert values.min() == 0.25
    assert values.max() < 1.0


def test_infinite_results_are_silent():
    assert np.isinf(rng.log_normal(rng.Twister(0), 3, 800.0, 1.0)).all()
    assert np.isinf(rng.exponential(rng.Twister(0), 3, 1e-30, np.float16)).all()


def test_dropout_of_nothing_or_everything_draws_nothing():
    twister = rng.Twister(0)
    assert rng.dropout_keep(twister, (2, 3), 0.0).all()
    assert not rng.dropout_keep(twister, (2, 3), 1.0).any()
    np.testing.assert_array_equal(twister.get_state(), rng.Twister(0).get_state())


@pytest.mark.parametrize("dtype", ["int64", "bool", np.int32])
def test_real_numbers_need_a_real_dtype(dtype):
    for family in (rng.uniform, rng.normal):
        with pytest.raises(NotImplementedError, match="floating-point dtype"):
            family(rng.Twister(0), 3, dtype=dtype)


# PyTorch itself, where it is installed

FLOATS = ("float32", "float64", "float16", "bfloat16")


def same_calls(torch, g, t, n):
    """Pairs of what PyTorch draws from g and what is drawn from t, in all families and dtypes."""
    shape = (n, 1) if n % 2 else n
    for name in FLOATS:
        dtype = getattr(torch, name)
        new = torch.empty(shape, dtype=dtype)
        strided = torch.empty((*new.shape, 2), dtype=dtype)[..., 0]
        yield new.uniform_(generator=g), rng.uniform(t, shape, dtype=name)
        yield new.uniform_(-0.3, 0.7, generator=g), rng.uniform(t, shape, -0.3, 0.7, name)
        yield new.uniform_(1e-9, 3.0, generator=g), rng.uniform(t, shape, 1e-9, 3.0, name)
        yield new.normal_(generator=g), rng.normal(t, shape, dtype=name)
        yield new.normal_(0.1, 0.7, generator=g), rng.normal(t, shape, 0.1, 0.7, name)
        if n > 1:
            strided.normal_(2.0, 0.1, generator=g)
            yield strided, rng.normal(t, shape, 2.0, 0.1, name, contiguous=False)
        yield new.exponential_(2.5, generator=g), rng.exponential(t, shape, 2.5, name)
        yield new.log_normal_(0.2, 1.5, generator=g), rng.log_normal(t, shape, 0.2, 1.5, name)
        yield new.cauchy_(1.0, 3.0, generator=g), rng.cauchy(t, shape, 1.0, 3.0, name)
        yield new.geometric_(0.3, generator=g), rng.geometric(t, shape, 0.3, name)
        yield new.random_(generator=g), rng.random_full(t, shape, name)
        yield new.random_(-5, 100, generator=g), rng.integers(t, shape, -5, 100, name)
        p = torch.full(new.shape, 0.4, dtype=dtype)
        yield torch.bernoulli(p, generator=g).bool(), rng.bernoulli_from(t, as_numpy(p))
        yield new.bernoulli_(0.6, generator=g).bool(), rng.bernoulli(t, shape, 0.6)
    for name in ("int64", "int32", "int16", "int8", "uint8", "bool"):
        new = torch.empty(shape, dtype=getattr(torch, name))
        yield new.random_(generator=g), rng.random_full(t, shape, name)
        yield new.random_(1, None, generator=g), rng.integers(t, shape, 1, None, name)
    for low, high in ((0, 2**28), (-7, 2**28 - 8), (-(2**63), 2**63 - 1), (5, 2**40)):
        yield torch.randint(low, high, new.shape, generator=g), rng.integers(t, shape, low, high)
    yield torch.randperm(n, generator=g), rng.permutation(t, n)
    for dtype in (torch.float32, torch.float64):
        weights = (torch.arange(n + 1) % 7).to(dtype)
        for k, again in ((1, False), (n // 2 + 1, False), (9, True)):
            drawn = torch.multinomial(weights, k, again, generator=g)
            yield drawn, rng.multinomial(t, weights.numpy(), k, again)


def as_numpy(tensor):
    return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()


@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 100, 1_001, 40_000])
def test_against_torch(n):
    torch = pytest.importorskip("torch")
    g, t = torch.Generator(), rng.Twister()
    for seed in range(8):
        g.manual_seed(seed * 7**20 - 1)
        t.seed(seed * 7**20 - 1)
        for tensor, array in same_calls(torch, g, t, n):
            expected = as_numpy(tensor)
            assert expected.dtype == array.dtype
            assert expected.shape == array.shape
            assert expected.tobytes() == array.tobytes()
            assert g.get_state().numpy().tobytes() == t.get_state().tobytes()
