"""PyTorch's own table of optimizers: every set of options in it, and every refusal."""

import warnings

import numpy as np
import pytest
from optimizer_cases import Problem

import rushlight

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")  # PyTorch's own tables want it
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    table = pytest.importorskip("torch.testing._internal.common_optimizers")

APART = {"SparseAdam": "sparse gradients"}
LOOSE = {"Muon": 2e-4, "Rprop": 1e-4, "LBFGS": 5e-2}
"""Optimizers that magnify the last bits: Muon rounds to eight, Rprop looks at signs, LBFGS divides
by differences of nearly equal gradients (so it is only watched for a few steps)."""

TAKEN = ("as a Tensor is not supported", "lr as Tensor", "both floats or both Tensors")
"""What PyTorch refuses and rushlight takes."""

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def cases(inputs):
    """The entries of the table, each with one of its `inputs`."""
    for info in table.optim_db:
        name = info.optim_cls.__name__
        for k, item in enumerate(getattr(info, inputs)("cpu", torch.float32)):
            wrong = getattr(item, "error_regex", "")
            if name not in APART and not any([words in wrong for words in TAKEN]):
                yield pytest.param(name, item, id=f"{name}-{k}")


def given(framework, value):
    """An option, or parameters, as one framework wants it."""
    if isinstance(value, torch.Tensor):
        made = framework.tensor(value.detach().numpy())
        return made.requires_grad_() if value.requires_grad else made
    if isinstance(value, dict):
        return {key: given(framework, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([given(framework, item) for item in value])
    return value


def walk(framework, name, options, dtype):
    """The parameters after each step."""
    problem = Problem(framework, dtype)
    params = [p for p in problem.params if name != "Muon" or p.ndim == 2]
    optimizer = getattr(framework.optim, name)(params, **given(framework, options))

    def closure():
        optimizer.zero_grad()
        loss = problem.loss()
        loss.backward()
        return loss

    seen = []
    for _ in range(5 if name == "LBFGS" else 20):
        optimizer.step(closure)
        seen.append(problem.values())
    return seen


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "item"), [*cases("optim_inputs_func")])
def test_trajectories(name, item, dtype):
    few = LOOSE.get(name, 2e-5) if dtype == "float32" or name == "Muon" else 1e-9
    ours, theirs = [walk(f, name, item.kwargs, dtype) for f in (rushlight, torch)]
    for a, b in zip(ours, theirs, strict=True):
        for x, y in zip(a, b, strict=True):
            assert x.dtype == y.dtype
            np.testing.assert_allclose(x, y, few, few)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "item"), [*cases("optim_error_inputs_func")])
def test_what_is_refused(name, item):
    assert refusal(rushlight, name, item) is refusal(torch, name, item)


def refusal(framework, name, item):
    """The kind of error that wrong parameters or options lead to, now or at the first step."""
    wrong = item.optimizer_error_input
    params = given(framework, wrong.params) or [framework.ones(2, 2, requires_grad=True)]
    try:
        optimizer = getattr(framework.optim, name)(params, **given(framework, wrong.kwargs))
        optimizer.step(lambda: framework.zeros(()))
    except Exception as error:
        kinds = (ValueError, TypeError, RuntimeError, Exception)
        return next(kind for kind in kinds if isinstance(error, kind))
    return None


def test_parameters_with_names():
    def shown(framework):
        model = framework.nn.Sequential(framework.nn.Linear(2, 1), framework.nn.Linear(1, 1))
        optimizer = framework.optim.SGD(model[0].named_parameters(), lr=0.1)
        optimizer.add_param_group({"params": list(model[1].named_parameters()), "lr": 0.2})
        with pytest.raises(ValueError, match="names"):
            optimizer.add_param_group({"params": [framework.ones(1, requires_grad=True)]})
        return optimizer.state_dict(), repr(optimizer)

    assert shown(rushlight) == shown(torch)
