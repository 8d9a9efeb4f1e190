"""`torch.distributions`: every class of PyTorch's, what it draws, densities, divergences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from distribution_cases import BATCH, cases

import rushlight as torch
from rushlight.errors import MissingError

D = torch.distributions

oracle = pytest.importorskip("torch")
O = oracle.distributions  # noqa: E741

CASES = cases(oracle)
every_case = pytest.mark.parametrize("case", CASES, ids=str)

ATTRIBUTES = ("mean", "mode", "variance", "stddev", "batch_shape", "event_shape")
FLAGS = ("has_rsample", "has_enumerate_support")

NEAR = {
    "logarithms and powers": "ContinuousBernoulli GeneralizedPareto Gumbel Kumaraswamy Laplace "
    "LogNormal Pareto RelaxedBernoulli RelaxedOneHotCategorical VonMises Weibull",
    "sums and products of vectors": "Dirichlet LKJCholesky LogisticNormal Wishart "
    "LowRankMultivariateNormal MultivariateNormal",
}
"""Of which classes what is drawn may differ in the last digits, by the reason."""

MAY_DIFFER = {name for names in NEAR.values() for name in names.split()}

NARROW = {"GeneralizedPareto"}
"""Classes that fail in PyTorch for float64."""

RIGHT_HERE = {("Kumaraswamy", "mode"), ("LogisticNormal", "expand"), ("Wishart", "gradient")}
"""What is nan or fails in PyTorch without need."""


def wide(case):
    return "float32" if case.name in NARROW else "float64"


def near(case, narrow=2e-5, precise=1e-7):
    return narrow if case.name in NARROW else precise


def seeded(framework):
    framework.manual_seed(4)
    framework.rand(3)
    return framework


def both(case, dtype="float32", grad=False):
    """The distribution of each framework."""
    return [case.made(framework, dtype, grad)[0] for framework in (oracle, torch)]


def outcome(ask):
    """What `ask` gives: an array, a tuple, or the type of error that is raised."""
    try:
        found = ask()
    except NotImplementedError:
        return "not there"
    return found.detach().numpy() if hasattr(found, "detach") else found


def assert_alike(asks, rtol=2e-5, atol=1e-6, what=""):
    expected, found = map(outcome, asks)
    assert type(expected) is type(found) or not isinstance(expected, str), (what, found)
    if isinstance(expected, np.ndarray):
        assert expected.dtype == found.dtype, what
        assert expected.shape == found.shape, what
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, err_msg=what)
    else:
        assert found == expected, what


def test_every_public_name_is_there_or_says_that_it_is_not():
    missing = []
    for name in O.__all__:
        try:
            getattr(D, name)
        except MissingError as error:
            assert name in str(error)
            missing.append(name)
    assert not missing
    for space in ("constraints", "transforms"):
        for name in getattr(O, space).__all__:
            assert hasattr(getattr(D, space), name), name


@every_case
@pytest.mark.filterwarnings("ignore:Singular sample")
def test_shapes_moments_and_words(case):
    pair = both(case)
    for name in ATTRIBUTES:
        if (case.name, name) in RIGHT_HERE:
            continue
        assert_alike([lambda d=d, n=name: getattr(d, n) for d in pair], what=name, rtol=1e-4)
    for name in FLAGS:
        assert bool(getattr(pair[0], name)) == bool(getattr(pair[1], name)), name
    assert_alike([lambda d=d: d.entropy() for d in pair], what="entropy", rtol=1e-4, atol=1e-5)
    fresh = both(case)
    assert repr(fresh[1]) == repr(fresh[0])


@every_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.filterwarnings("ignore:Singular sample")
def test_numbers_drawn_are_pytorchs(case, dtype):
    dtype = min(dtype, wide(case))
    drawn = []
    for framework in (oracle, torch):
        d, _ = case.made(seeded(framework), dtype)
        drawn.append([d.sample((5,)), d.sample()])
    for expected, found in zip(*drawn, strict=True):
        assert str(expected.dtype) == str(found.dtype)
        assert tuple(expected.shape) == tuple(found.shape)
        close = (5e-5, 1e-6) if dtype == "float32" else (1e-12, 1e-14)
        rtol, atol = close if case.name in MAY_DIFFER else (0, 0)
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=rtol, atol=atol)
    np.testing.assert_array_equal(torch.get_rng_state().numpy(), oracle.get_rng_state().numpy())


@every_case
@pytest.mark.filterwarnings("ignore:Singular sample")
def test_densities_and_their_gradients(case):
    d, params = case.made(seeded(oracle), wide(case), grad=True)
    ours, twins = case.made(torch, wide(case), grad=True)
    x = d.sample((4,))
    y = torch.tensor(x.numpy())
    expected, found = d.log_prob(x), ours.log_prob(y)
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=near(case))
    if expected.requires_grad:
        expected.sum().backward()
        found.sum().backward()
    for mine, its in zip(twins, params, strict=True):
        if its.grad is not None:
            np.testing.assert_allclose(
                mine.grad.numpy(), its.grad.numpy(), rtol=near(case), atol=1e-6
            )


@every_case
@pytest.mark.filterwarnings("ignore:Singular sample")
def test_cumulative_functions_and_lists(case):
    pair = both(case, wide(case))
    x = seeded(oracle) and pair[0].sample()
    values = (x, torch.tensor(x.numpy()))
    assert_alike([lambda d=d, x=x: d.cdf(x) for d, x in zip(pair, values, strict=True)], what="cdf")
    if not pair[0].event_shape:
        u = np.random.default_rng(0).uniform(0.05, 0.95, BATCH)
        us = [framework.tensor(u) for framework in (oracle, torch)]
        assert_alike([lambda d=d, u=u: d.icdf(u) for d, u in zip(pair, us, strict=True)])
    for expand in (True, False):
        assert_alike([lambda d=d, e=expand: d.enumerate_support(e) for d in pair], what="list")
    assert torch.all(pair[1].support.check(values[1]))


@every_case
@pytest.mark.filterwarnings("ignore:Singular sample")
def test_what_is_drawn_moves_with_the_parameters(case):
    d, params = case.made(seeded(oracle), wide(case), grad=True)
    ours, twins = case.made(seeded(torch), wide(case), grad=True)
    if not d.has_rsample:
        with pytest.raises(NotImplementedError):
            ours.rsample()
        return
    weights = np.random.default_rng(1).normal(size=tuple(d.rsample((2,)).shape))
    ours.rsample((2,))
    if (case.name, "gradient") not in RIGHT_HERE:
        (d.rsample((2,)) * oracle.tensor(weights)).sum().backward()
    (ours.rsample((2,)) * torch.tensor(weights)).sum().backward()
    for mine, its in zip(twins, params, strict=True):
        if its.grad is not None:
            # PyTorch's derivatives of gamma and beta numbers have three digits.
            atol = 1e-5 + 1e-4 * float(its.grad.abs().max())
            np.testing.assert_allclose(mine.grad.numpy(), its.grad.numpy(), rtol=5e-3, atol=atol)


@every_case
@pytest.mark.filterwarnings("ignore:Singular sample")
def test_larger_batches(case):
    pair = both(case, wide(case))
    larger = [d.expand((4, *d.batch_shape)) for d in pair[(case.name, "expand") in RIGHT_HERE :]]
    assert larger[-1].batch_shape == (4, *pair[1].batch_shape)
    assert larger[-1].event_shape == pair[1].event_shape
    x = seeded(oracle) and larger[0].sample()
    y = seeded(torch) and larger[-1].sample()
    assert x.shape == larger[-1].batch_shape + larger[-1].event_shape
    if len(larger) == 1:
        return
    np.testing.assert_allclose(y.numpy(), x.numpy(), rtol=1e-5, atol=1e-7)
    expected = larger[0].log_prob(x)
    found = larger[1].log_prob(torch.tensor(x.numpy()))
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=near(case))
    for name in ("mean", "variance"):
        assert_alike([lambda d=d, n=name: getattr(d, n) for d in larger], what=name)


def divergences():
    """Pairs of cases of which PyTorch knows a divergence."""
    first = {}
    for case in CASES:
        first.setdefault(case.name, case)
    kinds = {name: getattr(O, name) for name in first}
    for p, q in itertools.product(first, first):
        for a, b in O.kl._KL_REGISTRY:
            if issubclass(kinds[p], a) and issubclass(kinds[q], b):
                yield first[p], first[q]
                break


@pytest.mark.parametrize(("p", "q"), list(divergences()), ids=str)
@pytest.mark.filterwarnings("ignore:Ambiguous")
def test_divergences(p, q):
    asks = []
    for framework in (oracle, torch):
        pair = [c.made(framework, wide(c))[0] for c in (p, q)]
        asks.append(lambda f=framework, pair=pair: f.distributions.kl_divergence(*pair))
    assert_alike(asks, rtol=1e-6, atol=1e-7)
