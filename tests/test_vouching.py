"""Arguments of distributions are looked at, and no loop is interrupted for it."""

import numpy as np
import pytest

import rushlight as torch
from rushlight import nn
from rushlight.runtime.recorder import local

D = torch.distributions

WRONG = [
    lambda: D.Normal(0.0, -1.0),
    lambda: D.Normal(torch.zeros(2), torch.tensor([1.0, -1.0])),
    lambda: D.Normal(torch.tensor([float("nan")]), 1.0),
    lambda: D.Bernoulli(torch.tensor(1.5)),
    lambda: D.Categorical(torch.tensor([-1.0, 2.0])),
    lambda: D.Uniform(1.0, 0.0),
    lambda: D.Uniform(torch.zeros(2), torch.tensor([1.0, -1.0])),
    lambda: D.Geometric(torch.tensor(0.0)),
    lambda: D.Dirichlet(torch.tensor([1.0, 0.0])),
    lambda: D.MultivariateNormal(torch.zeros(2), -torch.eye(2)),
    lambda: D.MultivariateNormal(torch.zeros(2), scale_tril=torch.ones(2, 2)),
    lambda: D.Wishart(torch.tensor(1.0), torch.eye(3)),
    lambda: D.Normal(0.0, 1.0).log_prob(torch.tensor(float("nan"))),
    lambda: D.Bernoulli(0.5).log_prob(torch.tensor(0.3)),
    lambda: D.Categorical(torch.ones(3)).log_prob(torch.tensor(3)),
    lambda: D.Poisson(2.0).log_prob(torch.tensor(-1.0)),
    lambda: D.Binomial(3, torch.tensor(0.5)).log_prob(torch.tensor(4.0)),
    lambda: D.Multinomial(2, torch.ones(2)).log_prob(torch.tensor([1.0, 2.0])),
    lambda: D.Normal(torch.zeros(3), 1.0).log_prob(torch.zeros(2)),
    lambda: D.Normal(0.0, 1.0).log_prob(3.0),
    lambda: D.Bernoulli(),
    lambda: D.Bernoulli(torch.tensor(0.5), torch.tensor(0.0)),
    lambda: D.Categorical(torch.tensor(1.0)),
    lambda: D.LKJCholesky(1),
    lambda: D.Independent(D.Normal(0.0, 1.0), 1),
    lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), D.SoftmaxTransform()),
]


@pytest.mark.parametrize("make", WRONG)
def test_wrong_arguments_are_refused_at_once(make):
    with pytest.raises(ValueError):
        make()


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda: D.Bernoulli(0.5).rsample(), "Bernoulli: rsample"),
        (lambda: D.Normal(0.0, 1.0).enumerate_support(), "Normal: enumerate_support"),
        (lambda: D.Cauchy(0.0, 1.0).perplexity() and D.Poisson(1.0).cdf(1), "Poisson: cdf"),
        (lambda: D.kl_divergence(D.Normal(0.0, 1.0), D.Poisson(1.0)), "Normal and q of type Poi"),
        (lambda: D.transform_to(D.constraints.square), "no transform"),
        (lambda: D.Binomial(torch.tensor([1, 2]), torch.ones(2)).entropy(), "enumerated"),
    ],
)
def test_what_is_not_there_says_so(ask, what):
    with pytest.raises(NotImplementedError) as error:
        ask()
    assert all(word in str(error.value) for word in what.split())


def test_the_message_says_what_was_wanted():
    with pytest.raises(ValueError) as error:
        D.Normal(0.0, torch.tensor(-1.0))
    assert str(error.value) == (
        "Normal: expected scale to satisfy the constraint GreaterThan(lower_bound=0.0), "
        "but found invalid values\n  hint: validate_args=False leaves the check out"
    )


def test_checks_can_be_left_out():
    D.Normal(0.0, -1.0, validate_args=False)
    D.Distribution.set_default_validate_args(False)
    try:
        D.Normal(0.0, -1.0)
    finally:
        D.Distribution.set_default_validate_args(True)


def test_a_value_to_come_is_looked_at_when_it_first_comes_by():
    x = torch.tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="expected scale"):
        D.Normal(0.0, x - 5)
    assert torch.equal(x + 1, torch.tensor([2.0, 3.0]))


def windows(step, times):
    """How many windows each step takes, and how many new entries it makes."""
    found = []
    for _ in range(times):
        before = local.recorder.flushes, local.recorder.count
        step()
        found.append((local.recorder.flushes - before[0], local.recorder.count - before[1]))
    return found


def test_a_training_step_with_checks_is_one_window():
    net = nn.Linear(5, 4)
    opt = torch.optim.SGD(net.parameters(), lr=0.01)
    x = torch.rand(8, 5)

    def step():
        mean, log_scale = net(x).chunk(2, -1)
        q = D.Normal(mean, log_scale.exp())
        z = q.rsample()
        prior = D.Normal(torch.zeros(2), torch.ones(2))
        loss = -D.Bernoulli(logits=z).log_prob((z > 0).float()).mean()
        loss = loss + D.kl_divergence(q, prior).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()

    assert windows(step, 12)[-3:] == [(1, 0)] * 3


def test_a_decision_with_checks_takes_the_one_window_that_drawing_takes():
    net = nn.Linear(5, 4)
    opt = torch.optim.SGD(net.parameters(), lr=0.01)

    def step():
        d = D.Categorical(logits=net(torch.ones(3, 5)))
        action = d.sample()
        opt.zero_grad()
        d.log_prob(action).sum().backward()
        opt.step()

    assert windows(step, 12)[-3:] == [(2, 0)] * 3  # drawing, and the rest


@pytest.mark.parametrize("urgent", [False, True])
def test_a_wrong_value_in_a_loop_is_refused_before_anything_is_changed(urgent):
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    opt = torch.optim.SGD([weight], lr=0.1)
    shift = torch.zeros(2)

    def step():
        loss = D.Normal(0.0, weight + shift).log_prob(torch.ones(2)).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()

    torch.use_deterministic_algorithms(urgent)  # machine code from the third step on
    try:
        for _ in range(6):
            step()
        before = np.array(weight.detach())
        shift.fill_(-9.0)
        with pytest.raises(ValueError, match="expected scale"):
            step()
        shift.zero_()
        np.testing.assert_array_equal(weight.detach(), before)
        step()
        assert not np.array_equal(weight.detach(), before)
    finally:
        torch.use_deterministic_algorithms(False)
