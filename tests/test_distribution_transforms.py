"""Transforms and constraints of distributions against PyTorch's."""

import numpy as np
import pytest

import rushlight as torch

oracle = pytest.importorskip("torch")
D = torch.distributions

MAKE = {
    "AbsTransform": lambda d: d.AbsTransform(),
    "AffineTransform": lambda d: d.AffineTransform(0.5, -2.0),
    "CatTransform": lambda d: d.CatTransform(
        [d.ExpTransform(), d.TanhTransform()], dim=-1, lengths=[1, 2]
    ),
    "ComposeTransform": lambda d: d.ComposeTransform(
        [d.AffineTransform(0.5, 2.0), d.SigmoidTransform()]
    ),
    "CorrCholeskyTransform": lambda d: d.CorrCholeskyTransform(),
    "CumulativeDistributionTransform": lambda d: d.CumulativeDistributionTransform(
        d.Normal(0.5, 2.0)
    ),
    "ExpTransform": lambda d: d.ExpTransform(),
    "IndependentTransform": lambda d: d.IndependentTransform(d.ExpTransform(), 1),
    "LowerCholeskyTransform": lambda d: d.LowerCholeskyTransform(),
    "PositiveDefiniteTransform": lambda d: d.PositiveDefiniteTransform(),
    "PowerTransform": lambda d: d.ComposeTransform([d.ExpTransform(), d.PowerTransform(2.5)]),
    "ReshapeTransform": lambda d: d.ReshapeTransform((3,), (3, 1)),
    "SigmoidTransform": lambda d: d.SigmoidTransform(),
    "SoftmaxTransform": lambda d: d.SoftmaxTransform(),
    "SoftplusTransform": lambda d: d.SoftplusTransform(),
    "StackTransform": lambda d: d.StackTransform(
        [d.ExpTransform(), d.TanhTransform(), d.SigmoidTransform()], dim=-1
    ),
    "StickBreakingTransform": lambda d: d.StickBreakingTransform(),
    "TanhTransform": lambda d: d.TanhTransform(),
    "identity_transform": lambda d: d.identity_transform,
}
"""A transform of each name; `Transform` itself and what turns one round have no use alone."""


def test_there_is_one_of_each():
    assert set(MAKE) == set(oracle.distributions.transforms.__all__) - {"Transform"}


@pytest.mark.parametrize("name", MAKE)
def test_transforms(name):
    shape = (2, 3, 3) if "Cholesky" in name[:8] or name[:5] in ("Lower", "Posit") else (2, 3)
    free = np.random.default_rng(0).normal(size=shape)
    found = []
    for framework in (oracle, torch):
        t = MAKE[name](framework.distributions)
        x = framework.tensor(free)
        y = t(x)
        answers = [y, t.inv(y), t.inv(t(x))]
        words = [repr(t), repr(t.inv), t.bijective, tuple(t.forward_shape(x.shape)), t == t]
        words += [t.domain.event_dim, t.codomain.event_dim, t.inv.inv is t]
        for ask in (lambda t=t, x=x, y=y: t.log_abs_det_jacobian(x, y), lambda t=t: t.sign):
            try:
                answers.append(framework.as_tensor(ask()))
            except NotImplementedError:
                words.append("not there")
        cached = t.with_cache() if name not in ("StackTransform", "CatTransform") else t
        words.append(tuple(cached.inv(cached(x)).shape))
        found.append((words, answers))
    assert found[1][0] == found[0][0]
    for a, b in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=1e-7, atol=1e-9)


SIMPLE = [
    *("boolean", "corr_cholesky", "lower_cholesky", "lower_triangular", "nonnegative"),
    *("nonnegative_integer", "one_hot", "positive", "positive_definite", "positive_integer"),
    *("positive_semidefinite", "real", "real_vector", "simplex", "square", "symmetric"),
    "unit_interval",
]
BUILT = {
    "cat": lambda c: c.cat([c.positive, c.real], dim=-1, lengths=[1, 2]),
    "greater_than": lambda c: c.greater_than(0.5),
    "greater_than_eq": lambda c: c.greater_than_eq(1.0),
    "half_open_interval": lambda c: c.half_open_interval(0.0, 1.0),
    "independent": lambda c: c.independent(c.positive, 1),
    "integer_interval": lambda c: c.integer_interval(0, 1),
    "interval": lambda c: c.interval(-1.0, 1.0),
    "less_than": lambda c: c.less_than(1.0),
    "multinomial": lambda c: c.multinomial(2),
    "stack": lambda c: c.stack([c.positive, c.real, c.unit_interval], dim=-1),
}
APART = {
    *("Constraint", "MixtureSameFamilyConstraint", "dependent", "dependent_property"),
    "is_dependent",
}
VALUES = [
    np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5]]),
    np.array([[np.nan, 2.0, -1.0], [0.0, 1.0, 1.0], [3.0, 4.0, np.inf]]),
    np.eye(3),
    np.array([[2.0, 0.5, 0.0], [0.5, 2.0, 0.0], [0.0, 0.0, 1.0]]),
    np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.6, 0.8]]),
    -np.ones((3, 3)),
]


def constraint(framework, name):
    c = framework.distributions.constraints
    return BUILT[name](c) if name in BUILT else getattr(c, name)


def test_there_is_a_check_for_each():
    names = set(oracle.distributions.constraints.__all__)
    assert names == {*SIMPLE, *BUILT, *APART}


@pytest.mark.parametrize("name", [*SIMPLE, *BUILT])
def test_constraints(name):
    pair = [constraint(framework, name) for framework in (oracle, torch)]
    assert pair[0].event_dim == pair[1].event_dim
    assert pair[0].is_discrete == pair[1].is_discrete
    for value in VALUES:
        expected = pair[0].check(oracle.tensor(value)).numpy()
        np.testing.assert_array_equal(pair[1].check(torch.tensor(value)).numpy(), expected)
        region = pair[1].on_arrays()
        if region is not None:
            with np.errstate(invalid="ignore"):
                np.testing.assert_array_equal(region.check(value), expected)
                assert region.each(value).all() == expected.all()
    for registry in ("transform_to", "biject_to"):
        try:
            lead = getattr(oracle.distributions, registry)(pair[0])
        except NotImplementedError:
            with pytest.raises(NotImplementedError):
                getattr(D, registry)(pair[1])
            continue
        dims = lead.domain.event_dim
        free = np.random.default_rng(1).normal(size=(2, *[3] * max(dims, 1)))
        ours = getattr(D, registry)(pair[1])
        y = ours(torch.tensor(free))
        np.testing.assert_allclose(y.numpy(), lead(oracle.tensor(free)).numpy(), rtol=1e-7)
        assert pair[1].check(y).all()


def test_constraints_that_depend():
    for framework in (oracle, torch):
        c = framework.distributions.constraints
        assert c.is_dependent(c.dependent)
        assert not c.is_dependent(c.real)
        assert c.dependent(is_discrete=True, event_dim=1).event_dim == 1
        with pytest.raises(ValueError):
            c.dependent.check(framework.ones(2))
        with pytest.raises(NotImplementedError):
            bool(c.dependent.is_discrete)
        uniform = framework.distributions.Uniform
        assert c.is_dependent(uniform.support)
        assert isinstance(c.dependent_property(lambda d: None), property)


def mixture(framework, dtype="float64"):
    d, t = framework.distributions, getattr(framework, dtype)
    weights = d.Categorical(framework.tensor([[0.2, 0.8], [0.5, 0.5]], dtype=t))
    means = framework.tensor([[[0.0], [3.0]], [[1.0], [-1.0]]], dtype=t).expand(2, 2, 3)
    return d.MixtureSameFamily(weights, d.Independent(d.Normal(means, 1.5), 1))


def test_mixtures_and_independent_batches():
    drawn = []
    for framework in (oracle, torch):
        framework.manual_seed(2)
        m = mixture(framework)
        x = m.sample((4,))
        wide = m.expand((5, 2))
        words = (repr(m), tuple(m.batch_shape), tuple(wide.batch_shape), m.has_rsample)
        drawn.append(((x, m.log_prob(x), m.mean, m.variance, wide.log_prob(x[:1])), words))
    assert drawn[1][1] == drawn[0][1]
    for a, b in zip(drawn[0][0], drawn[1][0], strict=True):
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=1e-9)
    kl = []
    for d in (oracle.distributions, D):
        pair = [d.Independent(d.Normal(d.Normal(0.0, 1.0).mean.expand(2, 3), s), 1) for s in (1, 2)]
        kl.append((d.kl_divergence(*pair).numpy(), pair[0].entropy().numpy()))
    np.testing.assert_allclose(kl[1], kl[0], rtol=1e-6)


def test_transformed_distributions():
    found = []
    for framework in (oracle, torch):
        framework.manual_seed(5)
        d = framework.distributions
        t = d.TransformedDistribution(
            d.Normal(framework.zeros(3), framework.ones(3)),
            [d.AffineTransform(1.0, -2.0), d.SigmoidTransform()],
        )
        x = t.rsample((4,))
        u = framework.full((3,), 0.3)
        answers = (x, t.log_prob(x), t.cdf(x), t.icdf(u), t.expand((2, 3)).log_prob(x[0]))
        found.append((answers, (repr(t), tuple(t.batch_shape), t.has_rsample)))
    assert found[1][1] == found[0][1]
    for a, b in zip(found[0][0], found[1][0], strict=True):
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=2e-5, atol=1e-6)
