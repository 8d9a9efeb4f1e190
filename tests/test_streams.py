"""The random streams as programs meet them: every entry of the golden file, by PyTorch's names."""

import numpy as np
import pytest
from golden_rng import load_runs, play, state_digest

import rushlight as torch
from rushlight import nn
from rushlight.data import DataLoader, RandomSampler, TensorDataset, random_split


class Program:
    """Performs steps as programs do, on the default generator: a method an op, and no other way.

    What the golden file asks for and is not here fails the test.
    """

    def __init__(self, seed):
        torch.manual_seed(seed)

    def __call__(self, op, args):
        if "dtype" in args:
            args["dtype"] = getattr(torch, args["dtype"])
        out = getattr(self, op)(**args)
        return [np.array(x.detach().numpy()) for x in (out if isinstance(out, list) else [out])]

    def rand(self, shape, **options):
        return torch.rand(shape, **options)

    def randn(self, shape, **options):
        return torch.randn(shape, **options)

    def normal(self, shape, mean, std, **options):
        return torch.normal(mean, std, shape, **options)

    def uniform(self, shape, a, b, **options):
        return torch.empty(shape, **options).uniform_(a, b)

    def randint(self, low, high, shape):
        return torch.randint(low, high, shape)

    def random_(self, shape, dtype):
        return torch.empty(shape, dtype=dtype).random_()

    def randperm(self, n):
        return torch.randperm(n)

    def bernoulli(self, p, shape):
        return torch.empty(shape).bernoulli_(p)

    def bernoulli_tensor(self, p):
        return torch.bernoulli(torch.tensor(p))

    def dropout(self, shape, p):
        return nn.functional.dropout(torch.ones(shape), p)

    def exponential(self, shape, lam=1.0, **options):
        return torch.empty(shape, **options).exponential_(lam)

    def log_normal(self, shape, mean, std):
        return torch.empty(shape).log_normal_(mean, std)

    def multinomial(self, w, k, replacement):
        return torch.multinomial(torch.tensor(w), k, replacement)

    def linear(self, fin, fout):
        return list(nn.Linear(fin, fout).parameters())

    def conv2d(self, cin, cout, k):
        return list(nn.Conv2d(cin, cout, k).parameters())

    def embedding(self, num, dim):
        return nn.Embedding(num, dim).weight

    def lstm(self, fin, hid):
        return list(nn.LSTM(fin, hid).parameters())

    def kaiming_uniform(self, shape, **options):
        return nn.init.kaiming_uniform_(torch.empty(shape), **options)

    def xavier_normal(self, shape):
        return nn.init.xavier_normal_(torch.empty(shape))

    def trunc_normal(self, shape, **options):
        return nn.init.trunc_normal_(torch.empty(shape), **options)

    def random_sampler(self, n, **options):
        return torch.tensor(list(RandomSampler(range(n), **options)))

    def random_split(self, n, lengths):
        return [torch.tensor(part.indices) for part in random_split(range(n), lengths)]

    def dataloader_epochs(self, n, batch_size, epochs):
        loader = DataLoader(TensorDataset(torch.arange(n)), batch_size, shuffle=True)
        return [torch.cat([x for (x,) in loader]) for _ in range(epochs)]

    def state_sha256(self):
        return torch.from_numpy(state_digest(torch.get_rng_state().numpy().tobytes()).copy())


@pytest.mark.parametrize("run", load_runs(), ids=lambda run: f"seed {run.seed}")
def test_every_golden_step_by_its_public_name(run):
    play(run, Program(run.seed))


# -- layouts, dtypes and sizes ------------------------------------------------------------------

LAYOUTS = [
    ((3,), lambda x: x),
    ((15,), lambda x: x),
    ((16,), lambda x: x),
    ((5, 7), lambda x: x),
    ((5, 7), lambda x: x.t()),
    ((6, 8), lambda x: x[::2, 1::3]),
    ((2, 3, 4, 5), lambda x: x.permute(0, 2, 3, 1)),
    ((4, 1, 5), lambda x: x.transpose(0, 2)),
    ((0, 3), lambda x: x),
]
FILLS = {
    "uniform_": [(), (-0.3, 0.7)],
    "normal_": [(), (0.5, 2.0)],
    "exponential_": [(), (2.5,)],
    "log_normal_": [(0.2, 1.5)],
    "cauchy_": [(1.0, 3.0)],
    "geometric_": [(0.3,)],
    "bernoulli_": [(0.4,)],
    "random_": [(), (-5, 100)],
}
LIKE = {
    "rand_like": lambda framework, x: framework.rand_like(x),
    "randn_like": lambda framework, x: framework.randn_like(x),
    "randint_like": lambda framework, x: framework.randint_like(x, 3, 90),
    "bernoulli": lambda framework, x: framework.bernoulli(x * 0 + 0.4),
    "dropout": lambda framework, x: framework.nn.functional.dropout(x, 0.3),
    "alpha_dropout": lambda framework, x: framework.nn.functional.alpha_dropout(x, 0.3, True),
    "normal": lambda framework, x: framework.normal(x, x * 0 + 2),
    "gumbel": lambda framework, x: framework.nn.functional.gumbel_softmax(x, dim=0),
}


def both(oracle, dtype, shape, view):
    """A tensor of ones of each framework, both just seeded."""
    for framework in (oracle, torch):
        framework.manual_seed(9)
        framework.rand(1)
        yield framework, view(framework.ones(shape, dtype=getattr(framework, dtype)))


def steps(x):
    """The strides that matter."""
    return [step for step, size in zip(x.stride(), x.shape, strict=True) if size > 1 and x.numel()]


def assert_same_draw(expected, found, oracle, close=False):
    assert str(expected.dtype) == str(found.dtype)
    assert steps(expected) == steps(found)
    compare = np.testing.assert_allclose if close else np.testing.assert_array_equal
    compare(found.numpy(), expected.numpy(), **({"rtol": 1e-5} if close else {}))
    np.testing.assert_array_equal(torch.get_rng_state().numpy(), oracle.get_rng_state().numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("name", FILLS)
def test_fills_of_every_layout(name, dtype):
    oracle = pytest.importorskip("torch")
    for shape, view in LAYOUTS:
        for args in FILLS[name]:
            found = [getattr(x, name)(*args) for _, x in both(oracle, dtype, shape, view)]
            assert_same_draw(*found, oracle)


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8", "bool"])
def test_integers_of_every_layout(dtype):
    oracle = pytest.importorskip("torch")
    for shape, view in LAYOUTS:
        for args in [(), (1,), (0, 2)]:
            found = [x.random_(*args) for _, x in both(oracle, dtype, shape, view)]
            assert_same_draw(*found, oracle)
        found = [x.bernoulli_(0.4) for _, x in both(oracle, dtype, shape, view)]
        assert_same_draw(*found, oracle)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LIKE)
def test_numbers_like_a_tensor(name, dtype):
    oracle = pytest.importorskip("torch")
    for shape, view in LAYOUTS:
        made = [LIKE[name](f, x) for f, x in both(oracle, dtype, shape, view)]
        assert_same_draw(*made, oracle, close=name in ("alpha_dropout", "gumbel"))


# -- numbers whose parameters are tensors --------------------------------------------------------


def rates(dtype, n=60):
    values = np.exp(np.random.default_rng(0).uniform(-4, 6, n)).astype(dtype)
    values[3] = 0
    return values.reshape(5, n // 5)


VIEWS = [
    lambda x: x,
    lambda x: x.t(),
    lambda x: x[:, ::3],
    lambda x: x[:1].expand(4, x.shape[1]),
    lambda x: x[:0],
]


def twins(oracle, view, *arrays, seed=0):
    """The generators of both seeded, and the arrays as tensors of both."""
    oracle.manual_seed(seed)
    torch.manual_seed(seed)
    return [[view(framework.tensor(a)) for a in arrays] for framework in (oracle, torch)]


def assert_twins(oracle, expected, found, ulps=0):
    assert str(expected.dtype) == str(found.dtype)
    assert steps(expected) == steps(found)
    expected, found = expected.detach().numpy(), found.detach().numpy()
    eps = np.finfo(expected.dtype).eps if ulps else 0
    np.testing.assert_allclose(found, expected, rtol=ulps * eps, atol=0)
    np.testing.assert_array_equal(torch.get_rng_state().numpy(), oracle.get_rng_state().numpy())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("view", range(len(VIEWS)))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["poisson", "_standard_gamma", "_sample_dirichlet"])
def test_numbers_of_given_parameters(name, dtype, view, seed):
    oracle = pytest.importorskip("torch")
    (x,), (y,) = twins(oracle, VIEWS[view], rates(dtype), seed=seed)
    # Shares are divided by a sum, which PyTorch takes in another order in float64.
    ulps = 2 if (name, dtype) == ("_sample_dirichlet", "float64") else 0
    assert_twins(oracle, getattr(oracle, name)(x), getattr(torch, name)(y), ulps)


def test_poisson_in_half_precision():
    oracle = pytest.importorskip("torch")
    (x,), (y,) = twins(oracle, VIEWS[0], rates("float16"))
    assert_twins(oracle, oracle.poisson(x), torch.poisson(y))
    found = torch.poisson(y.bfloat16())
    assert found.dtype is torch.bfloat16
    assert_twins(oracle, oracle.poisson(x.bfloat16()).float(), found.float())


@pytest.mark.parametrize("view", range(len(VIEWS)))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binomial_numbers(dtype, view):
    oracle = pytest.importorskip("torch")
    p = np.random.default_rng(1).uniform(0, 1, (5, 12)).astype(dtype)
    p[0, :5] = (0, 1, 0.5, 0.01, np.nan)
    xs, ys = twins(oracle, VIEWS[view], np.floor(2 * rates(dtype)), p)
    assert_twins(oracle, oracle.binomial(*xs), torch.binomial(*ys))
    assert_twins(oracle, oracle.binomial(xs[0], xs[1][:1]), torch.binomial(ys[0], ys[1][:1]))


def test_numbers_from_a_generator():
    g = torch.Generator().manual_seed(3)
    torch.manual_seed(3)
    x = torch.full((4,), 3.0)
    assert torch.equal(torch.poisson(x, generator=g), torch.poisson(x))
    assert torch.equal(torch.binomial(x, x / 9, generator=g), torch.binomial(x, x / 9))


def test_parameters_that_make_no_sense():
    one = torch.ones(2)
    for rate in (-1.0, float("nan"), float("inf")):
        with pytest.raises(RuntimeError, match="expected rate to be non-negative"):
            torch.poisson(one * rate)
    with pytest.raises(RuntimeError, match="not negative"):
        torch._standard_gamma(-one)
    with pytest.raises(NotImplementedError, match="int64"):
        torch.poisson(one.long())
    with pytest.raises(NotImplementedError, match="float16"):
        torch._standard_gamma(one.half())
    with pytest.raises(ValueError, match="only supports floating-point dtypes for count"):
        torch.binomial(one.long(), one)
    with pytest.raises(RuntimeError, match="same dtype"):
        torch.binomial(one.double(), one)
    with pytest.raises(RuntimeError, match="finite"):
        torch.binomial(one / 0, one)


def test_how_numbers_move_with_their_parameters():
    # PyTorch approximates these derivatives to about three digits, so they are compared loosely;
    # the quantile that stays where it is, next, is what is right.
    oracle = pytest.importorskip("torch")
    a = np.exp(np.random.default_rng(0).uniform(-3, 4, (6, 5)))
    for name in ("_standard_gamma", "_sample_dirichlet"):
        (x,), (y,) = twins(oracle, VIEWS[0], a)
        x.requires_grad_()
        y.requires_grad_()
        drawn = oracle.distributions.Dirichlet(x).rsample() if "dir" in name else None
        drawn = oracle._standard_gamma(x) if drawn is None else drawn
        ours = getattr(torch, name)(y)
        assert ours.grad_fn.name() == drawn.grad_fn.name()
        (drawn * oracle.arange(5.0)).sum().backward()
        (ours * torch.arange(5.0)).sum().backward()
        np.testing.assert_allclose(y.grad.numpy(), x.grad.numpy(), rtol=2e-3, atol=1e-9)


@pytest.mark.parametrize("a", [0.3, 1.0, 4.0, 30.0, 700.0])
def test_a_gamma_number_stays_at_its_quantile(a):
    x = torch.tensor([0.7, 0.9, 1.0, 1.2], dtype=torch.float64) * a
    slope = torch._standard_gamma_grad(torch.full((4,), a, dtype=torch.float64), x)
    h = 1e-5 * a
    for sign in (1, -1):  # the share below is the same a little further, in both directions
        there = torch.igamma(
            torch.full((4,), a + sign * h, dtype=torch.float64), x + sign * h * slope
        )
        here = torch.igamma(torch.full((4,), a, dtype=torch.float64), x)
        np.testing.assert_allclose(there.numpy(), here.numpy(), rtol=3e-8)


def test_a_share_of_two_stays_at_its_quantile():
    # With b = 1 the share below x is x**a, with a = 1 it is 1 - (1 - x)**b.
    x = torch.tensor([1e-6, 0.2, 0.5, 0.9, 0.999999], dtype=torch.float64)
    for a in (0.02, 0.7, 3.0, 60.0):
        grad = torch._dirichlet_grad(x, torch.full_like(x, a), torch.full_like(x, a + 1))
        expected = -x * x.log() / a / (1 - x)
        np.testing.assert_allclose(grad.numpy(), expected.numpy(), rtol=1e-8)


def test_there_is_no_second_derivative():
    a = torch.tensor([2.0], requires_grad=True)
    (slope,) = torch.autograd.grad(torch._standard_gamma(a).sum(), a, create_graph=True)
    assert slope > 0  # a value that can be looked at
    with pytest.raises(NotImplementedError, match="_standard_gamma_grad"):
        slope.backward()
    rate = torch.tensor([2.0], requires_grad=True)
    torch.poisson(rate).backward()
    assert rate.grad == 0


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("n", [3, 20, 100])
def test_both_parts_of_complex_numbers_are_pytorchs(dtype, n):
    oracle = pytest.importorskip("torch")
    drawn = []
    for f in (torch, oracle):
        f.manual_seed(n)
        kind = getattr(f, dtype)
        like = f.zeros(n, dtype=kind)
        made = [f.rand(n, dtype=kind), f.randn(n, 2, dtype=kind), f.randn_like(like)]
        made += [like.clone().normal_(1.0, 2.0), like.clone().uniform_(-1.0, 2.0), f.rand(2)]
        drawn.append([x.numpy() for x in made])
    for ours, theirs in zip(*drawn, strict=True):
        np.testing.assert_array_equal(ours, theirs)
