"""PyTorch's own table of modules (`module_db`, in its wheel): its inputs in, both results compared.

What is compared is worked out from the table. What rushlight lacks must stand in WITHOUT, each with
the reason; a name that stands there and could be compared is an error too.
"""

import types
import warnings

import numpy as np
import pytest

import rushlight
from rushlight import nn

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")  # PyTorch's own tables want it
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    module_db = pytest.importorskip("torch.testing._internal.common_modules").module_db

WITHOUT = {}
"""Modules that rushlight does not have, and why."""

SHARE = 0.95
"""How much of the table must be there."""

NAMES = sorted({info.module_cls.__name__ for info in module_db})


class Translation:
    """The arguments of a sample in one of the frameworks; what was the same tensor stays the same.

    Tensors share their values with PyTorch's, not their memory, and are leaves.
    """

    def __init__(self, framework):
        self.framework = framework
        self.memo = {}

    def __call__(self, value):
        if isinstance(value, torch.Tensor | torch.nn.Module):
            if id(value) not in self.memo:
                translate = self.tensor if isinstance(value, torch.Tensor) else self.module
                self.memo[id(value)] = translate(value)
            return self.memo[id(value)]
        if isinstance(value, list | tuple):
            return type(value)([self(v) for v in value])
        if isinstance(value, dict):
            return {k: self(v) for k, v in value.items()}
        if isinstance(value, torch.dtype):
            return getattr(self.framework, str(value).removeprefix("torch."))
        if isinstance(value, types.FunctionType | types.BuiltinFunctionType):
            return getattr(self.framework.nn.functional, value.__name__, value)
        return value

    def tensor(self, value):
        made = self.framework.from_numpy(np.array(value.detach().numpy(), order="K"))
        return made.requires_grad_(value.requires_grad)

    def module(self, value):
        name = type(value).__name__
        made = getattr(self.framework.nn, name)(**INNER[name](value))
        made.load_state_dict({k: self.tensor(v) for k, v in value.state_dict().items()})
        return made


INNER = {
    "LayerNorm": lambda m: {"normalized_shape": tuple(m.normalized_shape), "eps": m.eps},
    "TransformerEncoderLayer": lambda m: {
        "d_model": m.linear1.in_features, "nhead": m.self_attn.num_heads,
        "dim_feedforward": m.linear1.out_features, "dropout": m.dropout.p,
        "batch_first": m.self_attn.batch_first, "norm_first": m.norm_first,
        "bias": m.linear1.bias is not None,
    },
}  # fmt: skip
"""Modules that are arguments of others: how to make them again."""


def tensors(value, kind):
    """The tensors in `value`, in order."""
    if isinstance(value, kind):
        return [value]
    if isinstance(value, list | tuple):
        return [t for v in value for t in tensors(v, kind)]
    if isinstance(value, dict):
        return [t for v in value.values() for t in tensors(v, kind)]
    return []


def performed(framework, name, sample, train):
    """The module, its outputs, and the gradients of inputs and parameters."""
    translate = Translation(framework)
    parts = (sample.constructor_input, sample.forward_input)
    given, call = [translate((part.args, part.kwargs)) for part in parts]
    framework.manual_seed(7)
    module = getattr(framework.nn, name)(*given[0], **given[1])
    module.train(train).to(framework.float32)
    framework.manual_seed(8)
    out = tensors(module(*call[0], **call[1]), framework.Tensor)
    roots = [o for o in out if o.requires_grad]
    if roots:
        total = sum([(o * seeded(framework, o)).sum() for o in roots])
        total.backward()
    leaves = tensors([call[0], call[1]], framework.Tensor)
    grads = [t.grad for t in leaves] + [p.grad for p in module.parameters()]
    return module, out, grads


def seeded(framework, out):
    """Weights by which outputs are summed, so that their gradients differ."""
    weights = np.random.default_rng(3).uniform(0.5, 1.5, tuple(out.shape))
    return framework.from_numpy(weights.astype(np.float32))


def array(tensor):
    return None if tensor is None else np.array(tensor.detach().numpy())


def agree(got, expected, where):
    """Assert that two lists of tensors hold the same."""
    assert len(got) == len(expected), where
    for k, (a, b) in enumerate(zip(map(array, got), map(array, expected), strict=True)):
        if a is None or b is None:
            left = b if a is None else a
            assert left is None or not left.any(), f"{where} {k}: only one has a gradient"
            continue
        assert a.dtype == b.dtype and a.shape == b.shape, f"{where} {k}"
        np.testing.assert_allclose(a, b, 1e-3, 1e-4, err_msg=f"{where} {k}")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("info", module_db, ids=lambda info: info.name.replace("nn.", ""))
def test_modules_do_what_pytorchs_do(info, train, few):
    name = info.module_cls.__name__
    if name in WITHOUT:
        pytest.skip(WITHOUT[name])
    torch.manual_seed(1)
    samples = info.module_inputs_func(
        info, device="cpu", dtype=torch.float32, requires_grad=True, training=train
    )
    for k, sample in few(enumerate(samples), 10):
        mine, theirs = [performed(f, name, sample, train) for f in (rushlight, torch)]
        where = f"{name}, sample {k} ({sample.desc or sample.constructor_input.kwargs})"
        agree(mine[1], theirs[1], f"{where}, output")
        agree(mine[2], theirs[2], f"{where}, gradient")
        assert list(mine[0].state_dict()) == list(theirs[0].state_dict()), where


def test_what_is_missing_is_known():
    missing = {name for name in NAMES if not is_there(name)}
    assert missing == set(WITHOUT)
    assert 1 - len(missing) / len(NAMES) >= SHARE


def is_there(name):
    try:
        return getattr(nn, name) is not None
    except NotImplementedError:
        return False
