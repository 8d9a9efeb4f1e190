"""Every module of `torch.nn`: the rules all of them obey, and PyTorch's word on each."""

import copy
import pickle

import module_cases
import numpy as np
import pytest

import rushlight
from rushlight import nn

ELSEWHERE = {
    "Module", "Parameter", "Buffer", "Sequential", "ModuleList", "ModuleDict", "ParameterList",
    "ParameterDict", "RNNBase", "RNNCellBase", "TransformerEncoder", "TransformerDecoder",
    "UninitializedParameter", "UninitializedBuffer", "DataParallel", "SyncBatchNorm", "NLLLoss2d",
    "CrossMapLRN2d", "LinearCrossEntropyOptions",
}  # fmt: skip
"""Names of `nn` that have tests of their own; so have the lazy layers."""

every_case = pytest.mark.parametrize("case", module_cases.CASES, ids=str)


class Play:
    """A case performed by one framework, from one seed; every step is kept to be compared."""

    def __init__(self, framework, case, train=True):
        self.torch = framework
        self.case = case
        self.train = train
        framework.manual_seed(5)
        kwargs = {k: self.tensor(v) for k, v in case.kwargs.items()}
        self.module = getattr(framework.nn, case.name)(*case.args, **kwargs)
        if not train:
            self.module.eval()

    def tensor(self, value, grad=False):
        if not isinstance(value, np.ndarray):
            return value
        tensor = self.torch.from_numpy(value.copy())
        return tensor.requires_grad_(grad and value.dtype.kind == "f")

    def forward(self, grad=False):
        self.torch.manual_seed(11)
        fixed = module_cases.CONSTANT.get(self.case.name, ())
        self.leaves = [
            self.tensor(i, grad and k not in fixed) for k, i in enumerate(self.case.inputs)
        ]
        given = self.leaves
        if self.case.kwargs.get("inplace") and grad:
            given = [leaf * 1 for leaf in given]  # a leaf may not be changed
        out = self.module(*given)
        return flat(out)

    def gradients(self):
        """Gradients of the inputs and of the parameters, by name; None where there is none."""
        outputs = [o for o in self.forward(grad=True) if o.requires_grad]
        if not outputs:
            return {}
        total = sum((o * self.torch.from_numpy(weights(o.shape))).sum() for o in outputs)
        total.backward()
        found = {f"input {k}": leaf.grad for k, leaf in enumerate(self.leaves)}
        found |= {name: p.grad for name, p in self.module.named_parameters()}
        return found


def flat(out):
    """The tensors among results, which may be tuples of tuples."""
    if isinstance(out, tuple):
        return [tensor for item in out for tensor in flat(item)]
    return [] if out is None else [out]


def weights(shape):
    """Weights by which outputs are summed, so that their gradients differ."""
    return np.random.default_rng(3).uniform(0.5, 1.5, tuple(shape)).astype(np.float32)


def array(tensor):
    return np.array(tensor.detach().numpy())


# -- rules -------------------------------------------------------------------------------------


def test_every_layer_has_a_case():
    names = {name for name in nn.HOME if not name.startswith("Lazy")}
    assert names - ELSEWHERE == {case.name for case in module_cases.CASES}


@every_case
def test_a_second_module_with_the_state_of_the_first_does_the_same(case):
    play = Play(rushlight, case)
    play.forward()
    other = Play(rushlight, case)
    keys = other.module.load_state_dict(play.module.state_dict())
    assert str(keys) == "<All keys matched successfully>"
    for a, b in zip(play.forward(), other.forward(), strict=True):
        assert array(a).tobytes() == array(b).tobytes()


@every_case
def test_copies_do_the_same(case):
    play = Play(rushlight, case)
    expected = [array(o) for o in play.forward()]
    original = Play(rushlight, case).module
    for made in (copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
        play.module = made
        assert repr(made) == repr(original)
        for a, b in zip(play.forward(), expected, strict=True):
            assert array(a).tobytes() == b.tobytes()


@every_case
def test_the_second_window_gives_what_the_first_gave(case):
    # What is recorded the first time is repeated the second, and must read the new inputs.
    play = Play(rushlight, case, train=False)
    first = [array(o) for o in play.forward()]
    for _ in range(3):
        again = [array(o) for o in play.forward()]
        for a, b in zip(first, again, strict=True):
            assert a.tobytes() == b.tobytes()


@every_case
def test_training_is_a_mode(case):
    module = Play(rushlight, case).module
    assert module.training
    assert module.eval() is module
    assert not module.training
    assert all(not m.training for m in module.train(False).modules())


# -- PyTorch -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.mark.filterwarnings("ignore")
@every_case
def test_parameters_are_pytorchs_bit_for_bit(case, torch):
    ours, theirs = Play(rushlight, case), Play(torch, case)
    state, expected = ours.module.state_dict(), theirs.module.state_dict()
    assert list(state) == list(expected)
    assert state._metadata == expected._metadata
    for name, tensor in expected.items():
        assert array(state[name]).dtype == array(tensor).dtype
        assert array(state[name]).tobytes() == array(tensor).tobytes(), name
    assert [n for n, p in ours.module.named_parameters() if p.requires_grad] == [
        n for n, p in theirs.module.named_parameters() if p.requires_grad
    ]
    assert_same_stream(torch)


def assert_same_stream(torch):
    """Assert that both generators have drawn the same number of words."""
    assert rushlight.rand(1).item() == torch.rand(1).item()


@pytest.mark.filterwarnings("ignore")
@every_case
def test_what_is_printed_is_what_pytorch_prints(case, torch):
    assert repr(Play(rushlight, case).module) == repr(Play(torch, case).module)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("train", [True, False])
@every_case
def test_outputs_are_pytorchs(case, train, torch):
    ours, theirs = Play(rushlight, case, train), Play(torch, case, train)
    for step in range(2):  # the second sees what the first did to running statistics
        got, expected = ours.forward(), theirs.forward()
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            compare(a, b, f"output {step}")
    assert_same_stream(torch)
    state = ours.module.state_dict()
    for name, tensor in theirs.module.state_dict().items():
        compare(state[name], tensor, name)


def compare(ours, theirs, where):
    """Assert that two tensors agree."""
    assert str(ours.dtype) == str(theirs.dtype), where
    assert tuple(ours.shape) == tuple(theirs.shape), where
    np.testing.assert_allclose(array(ours), array(theirs), 1e-4, 1e-5, err_msg=where)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("train", [True, False])
@every_case
def test_gradients_are_pytorchs(case, train, torch):
    got = Play(rushlight, case, train).gradients()
    expected = Play(torch, case, train).gradients()
    assert got.keys() == expected.keys()
    for name, tensor in expected.items():
        assert (got[name] is None) == (tensor is None), name
        if tensor is not None:
            compare(got[name], tensor, name)
