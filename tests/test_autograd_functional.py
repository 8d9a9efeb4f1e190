"""`torch.autograd.functional` against PyTorch's: functions, inputs and options in all combinations.

What comes out, whether it requires grad, and its own derivative must agree, or the type of error.
"""

import inspect
import itertools

import numpy as np
import pytest

import rushlight

torch = pytest.importorskip("torch")

FUNCTIONS = {
    "cubes": lambda f, x, *rest: (x**3).sum(),
    "square": lambda f, x, *rest: x * x,
    "double": lambda f, x, *rest: x * 2,
    "one": lambda f, x, *rest: (x * x).sum().reshape(1),
    "apart": lambda f, x, *rest: f.ones(2, dtype=f.float64),
    "several": lambda f, x, *rest: (x.sin(), (x * x).sum(), *[x.sum() * r.exp() for r in rest]),
    "product": lambda f, x, *rest: (x * x).sum() * sum([(r**2).sum() for r in rest], x[0]),
    "number": lambda f, x, *rest: 3.0,
    "list": lambda f, x, *rest: [x, x * x],
}

INPUTS = {
    "vector": lambda f: f.tensor([0.5, 2.0], dtype=f.float64),
    "leaf": lambda f: f.tensor([0.5, 2.0], dtype=f.float64, requires_grad=True),
    "number": lambda f: f.tensor([1.5], dtype=f.float64),
    "pair": lambda f: (
        f.tensor([[0.5], [2.0]], dtype=f.float64),
        f.tensor([1.0, -1.0, 3.0], dtype=f.float64, requires_grad=True),
    ),
    "list": lambda f: [f.tensor([0.5], dtype=f.float64)],
}

VECTORS = {
    "none": lambda f, like: None,
    "ones": lambda f, like: mapped(f.ones_like, like),
    "ramp": lambda f, like: mapped(
        lambda t: f.arange(1.0, t.numel() + 1, dtype=f.float64).reshape(t.shape), like
    ),
    "longer": lambda f, like: f.ones(5, dtype=f.float64),
}


def mapped(function, tree):
    return tuple([function(t) for t in tree]) if isinstance(tree, tuple | list) else function(tree)


def options_of(name):
    """All combinations of the options of a function, as PyTorch's signature has them."""
    known = inspect.signature(getattr(torch.autograd.functional, name)).parameters
    choices = {p: (False, True) for p in known if known[p].default is False}
    choices |= {
        p: ("reverse-mode", "forward-mode", "sideways")
        for p in known
        if known[p].default == "reverse-mode"
    }
    for values in itertools.product(*choices.values()):
        yield dict(zip(choices, values, strict=True))


def outcome(framework, name, function, inputs, vector, options):
    """What a call gives, as arrays and flags, and the derivative of it; or the error."""
    given = INPUTS[inputs](framework)
    api = getattr(framework.autograd.functional, name)
    args = []
    if "v" in inspect.signature(getattr(torch.autograd.functional, name)).parameters:
        like = given
        if name == "vjp":
            like = FUNCTIONS[function](framework, *listed(given))
            like = given if isinstance(like, float) else like
        args = [VECTORS[vector](framework, mapped(lambda t: t.detach(), like))]
    try:
        made = api(lambda *xs: FUNCTIONS[function](framework, *xs), given, *args, **options)
    except Exception as error:
        return error
    leaves = flat(made)
    # Vectorised results have a history in PyTorch where there is nothing to follow.
    mode = not options.get("vectorize")
    seen = [(t.detach().numpy(), t.requires_grad and mode) for t in leaves]
    inner = [t for t in listed(given) if t.requires_grad]
    if inner and options.get("create_graph"):
        with framework.enable_grad():
            root = sum([t.sum() for t in leaves if t.requires_grad], inner[0].sum())
        found = framework.autograd.grad(root, inner, allow_unused=True)
        seen += [(np.zeros(0) if t is None else t.numpy(), False) for t in found]
    return seen


def listed(given):
    return list(given) if isinstance(given, tuple | list) else [given]


def flat(tree):
    return [t for part in tree for t in flat(part)] if isinstance(tree, tuple | list) else [tree]


def differs(mine, theirs):
    """How two outcomes differ, or ""."""
    if isinstance(theirs, Exception):
        return "" if isinstance(mine, type(theirs)) else f"{mine!r} instead of {theirs!r}"
    if isinstance(mine, Exception):
        return f"{mine!r}"
    if len(mine) != len(theirs):
        return f"{len(mine)} instead of {len(theirs)}"
    for (a, flag), (b, wanted) in zip(mine, theirs, strict=True):
        if flag != wanted:
            return f"requires_grad is {flag}"
        same = a.size == 0 or b.size == 0 or a.shape == b.shape
        if not same or (a.size and b.size and not np.allclose(a, b, 1e-9, 1e-12)):
            return f"{a} instead of {b}"
        if a.size != b.size and (a.any() or b.any()):
            return f"{a} instead of {b}"
    return ""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("grad", [True, False], ids=["grad", "no_grad"])
@pytest.mark.parametrize("name", ["jacobian", "hessian", "vjp", "jvp", "vhp", "hvp"])
def test_it_gives_what_pytorchs_gives(name, grad, few):
    vectors = VECTORS if name in ("vjp", "jvp", "vhp", "hvp") else ["none"]
    cases = itertools.product(FUNCTIONS, INPUTS, vectors, list(options_of(name)))
    wrong = []
    for case in few(cases, 100):
        with rushlight.set_grad_enabled(grad), torch.set_grad_enabled(grad):
            mine, theirs = [outcome(f, name, *case) for f in (rushlight, torch)]
        options = case[3].values()  # strict and vectorised, or forward, never go together
        together = case[3].get("strict") and (case[3].get("vectorize") or "forward-mode" in options)
        found = differs(mine, theirs)
        if found and not (together and isinstance(mine, Exception)):
            wrong.append(f"{name} {case}: {found}")
    assert not wrong, "\n".join(wrong[:20])
