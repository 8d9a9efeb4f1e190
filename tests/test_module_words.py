"""What modules print, and how they explain mistakes: as PyTorch does."""

from collections import OrderedDict

import pytest

import rushlight


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def outcome(torch, program):
    """What a program returns, as text, or what it raises."""
    torch.manual_seed(1)
    try:
        return str(program(torch, torch.nn)), None
    except Exception as error:
        return None, error


def before_init(value):
    def program(torch, nn):
        class Early(nn.Module):
            def __init__(self):
                self.x = value(torch, nn)

        return Early()

    return program


def linear(change):
    """A program that makes a Linear `m` and changes it."""

    def program(torch, nn):
        m = nn.Linear(2, 2)
        m.extra = 3
        found = change(torch, nn, m)
        return m if found is None else found

    return program


MISTAKES = {
    "module before init": before_init(lambda t, nn: nn.ReLU()),
    "parameter before init": before_init(lambda t, nn: nn.Parameter(t.ones(1))),
    "buffer before init": before_init(lambda t, nn: nn.Buffer(t.ones(1))),
    "tensor for parameter": linear(lambda t, nn, m: setattr(m, "weight", t.ones(2, 2))),
    "number for parameter": linear(lambda t, nn, m: setattr(m, "weight", 3)),
    "number for buffer": lambda t, nn: setattr(nn.BatchNorm1d(1), "running_mean", 3),
    "number for module": lambda t, nn: setattr(nn.Sequential(nn.ReLU()), "0", 3),
    "tensor for module": lambda t, nn: setattr(nn.Sequential(nn.ReLU()), "0", t.ones(1)),
    "taken name": linear(lambda t, nn, m: m.register_parameter("extra", None)),
    "taken buffer name": linear(lambda t, nn, m: m.register_buffer("extra", None)),
    "taken module name": linear(lambda t, nn, m: m.add_module("weight", None)),
    "dot in name": linear(lambda t, nn, m: m.register_buffer("a.b", None)),
    "empty name": linear(lambda t, nn, m: m.add_module("", None)),
    "number as name": linear(lambda t, nn, m: m.register_parameter(3, None)),
    "no parameter": linear(lambda t, nn, m: m.register_parameter("a", t.ones(2))),
    "no buffer": linear(lambda t, nn, m: m.register_buffer("a", 3)),
    "no module": linear(lambda t, nn, m: m.add_module("a", 3)),
    "no such attribute": linear(lambda t, nn, m: m.nothing),
    "no such attribute to delete": linear(lambda t, nn, m: delattr(m, "nothing")),
    "no such submodule": linear(lambda t, nn, m: m.get_submodule("a.b")),
    "not a submodule": linear(lambda t, nn, m: m.get_submodule("weight")),
    "not a parameter": linear(lambda t, nn, m: m.get_parameter("extra")),
    "not a buffer": linear(lambda t, nn, m: m.get_buffer("weight")),
    "no target": linear(lambda t, nn, m: m.set_submodule("", nn.ReLU())),
    "strict target": linear(lambda t, nn, m: m.set_submodule("a", nn.ReLU(), strict=True)),
    "no module as target": linear(lambda t, nn, m: m.set_submodule("a", 3)),
    "no mode": linear(lambda t, nn, m: m.train(1)),
    "no forward": lambda t, nn: nn.Module()(1),
    "arguments": lambda t, nn: nn.Module(1),
    "keywords": lambda t, nn: nn.Module(a=1),
    "integers": linear(lambda t, nn, m: m.to(t.int64)),
    "missing keys": linear(lambda t, nn, m: m.load_state_dict({})),
    "all keys wrong": linear(
        lambda t, nn, m: m.load_state_dict(
            {"weight": t.ones(3, 3), "x.y": t.ones(1), "bias": 3, "z": 1}
        )
    ),
    "sizes wrong": linear(
        lambda t, nn, m: m.load_state_dict({"weight": t.ones(1), "bias": t.ones(())}, strict=False)
    ),
    "no dict": linear(lambda t, nn, m: m.load_state_dict(3)),
    "index": lambda t, nn: nn.Sequential(nn.ReLU())[1],
    "index of list": lambda t, nn: nn.ModuleList([nn.ReLU()])[-2],
    "text as index": lambda t, nn: nn.Sequential(nn.ReLU())["a"],
    "list added": lambda t, nn: nn.Sequential(nn.ReLU()).__add__([1]),
    "no times": lambda t, nn: nn.Sequential(nn.ReLU()) * 0,
    "insert beyond": lambda t, nn: nn.Sequential().insert(2, nn.ReLU()),
    "extend by number": lambda t, nn: nn.ModuleList().extend(3),
    "pairs too short": lambda t, nn: nn.ModuleDict([("a",)]),
    "key of module dict": lambda t, nn: nn.ModuleDict()["x"],
    "name of a method": lambda t, nn: nn.ModuleDict({"keys": nn.ReLU()}),
    "list is not called": lambda t, nn: nn.ParameterList()(1),
    "list has no forward": lambda t, nn: nn.ModuleList()(1),
    "key of parameter dict": lambda t, nn: nn.ParameterDict()["x"],
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_explained_as_in_pytorch(name, torch):
    _, expected = outcome(torch, MISTAKES[name])
    _, got = outcome(rushlight, MISTAKES[name])
    assert expected is not None and got is not None
    builtin = next(kind for kind in type(expected).__mro__ if kind.__module__ == "builtins")
    assert isinstance(got, builtin)
    words, said = [str(error).strip("'\"").replace("\\'", "'") for error in (expected, got)]
    assert words in said.replace("rushlight.nn.containers", "torch.nn.modules.container")


def state(torch, nn):
    return nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3)), nn.Linear(3, 1))


def shared(torch, nn):
    m = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    m.add_module("again", m[0])
    m[1].own = m[0].weight
    return m


def hooked(torch, nn):
    m = state(torch, nn)
    seen = []
    m._register_state_dict_hook(lambda *args: seen.append(("save", list(args[1]), args[2:])))
    m[0].register_state_dict_pre_hook(lambda *args: seen.append(args[1:]))
    m[1].register_load_state_dict_pre_hook(lambda *args: seen.append([str(a) for a in args[2:]]))
    m.register_load_state_dict_post_hook(lambda module, keys: seen.append(str(keys)))
    found = m.state_dict()
    del found["0.bias"]
    found["1.0.x"] = 3
    m.load_state_dict(found, strict=False)
    return seen


def extra(torch, nn):
    class Extra(nn.Module):
        def get_extra_state(self):
            return 3

        def set_extra_state(self, value):
            self.found = value

    m = nn.Sequential(Extra())
    m.load_state_dict(m.state_dict())
    return m.state_dict(), m[0].found


def old_batch_norm(torch, nn):
    m = nn.BatchNorm1d(1)
    found = dict(m.state_dict())
    del found["num_batches_tracked"]
    return m.load_state_dict(found)


def edited(torch, nn):
    m = nn.Sequential(*[nn.Linear(1, 1) for _ in range(5)])
    m.insert(1, nn.ReLU())
    m.pop(0)
    del m[1:3]
    m += nn.Sequential(nn.Tanh())
    m[0] = nn.GELU()
    m.extend([nn.ELU(), nn.ELU()]).append(nn.SELU())
    n = nn.ModuleList(m[2:])
    n.insert(0, nn.ReLU())
    n += [nn.ReLU(), nn.ReLU()]
    d = nn.ModuleDict(OrderedDict([("b", n), ("a", m * 2)]))
    d.update([("c", nn.Tanh())])
    return d, list(d), [name for name, _ in d.named_modules()]


def parameter_lists(torch, nn):
    p = nn.ParameterList([torch.ones(2), nn.Parameter(torch.zeros(1, 2)), 3])
    p.append(torch.ones(1))
    d = nn.ParameterDict({"b": torch.ones(2), "a": torch.zeros(()), "c": "text"})
    d["d"] = torch.ones(1)
    return p, d, d | {"x": torch.ones(1)}, list(d), p[1:], p.state_dict(), d.state_dict()


def one_element(torch, nn):
    m = nn.Module()
    m.p = nn.Parameter(torch.tensor(1.0))
    return m.load_state_dict({"p": torch.tensor([4.0])}), m.p


PROGRAMS = {
    "state": lambda t, nn: state(t, nn).state_dict(),
    "metadata": lambda t, nn: state(t, nn).state_dict()._metadata,
    "prefix": lambda t, nn: state(t, nn).state_dict(prefix="net."),
    "print": state,
    "shared": lambda t, nn: [n for n, _ in shared(t, nn).named_parameters()],
    "shared twice": lambda t, nn: [
        n for n, _ in shared(t, nn).named_parameters(remove_duplicate=False)
    ],
    "shared modules": lambda t, nn: [n for n, _ in shared(t, nn).named_modules()],
    "shared modules twice": lambda t, nn: [
        n for n, _ in shared(t, nn).named_modules(remove_duplicate=False)
    ],
    "shared children": lambda t, nn: [n for n, _ in shared(t, nn).named_children()],
    "shared state": lambda t, nn: list(shared(t, nn).state_dict()),
    "buffers": lambda t, nn: [n for n, _ in state(t, nn).named_buffers(prefix="m")],
    "apply": lambda t, nn: (lambda seen: (state(t, nn).apply(seen.append), seen))([]),
    "hooked": hooked,
    "extra": extra,
    "old batch norm": old_batch_norm,
    "edited": edited,
    "parameter lists": parameter_lists,
    "without strict": linear(
        lambda t, nn, m: m.load_state_dict({"weight": t.ones(2, 2), "x": 3}, strict=False)
    ),
    "one element": one_element,
    "none among modules": lambda t, nn: (
        lambda m: (m.add_module("a", None), m, list(m.modules()), m.state_dict())
    )(nn.Module()),
    "double": lambda t, nn: state(t, nn).double().state_dict(),
    "half": lambda t, nn: nn.Linear(2, 2).half().weight.dtype,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_print_what_they_print_in_pytorch(name, torch):
    expected, error = outcome(torch, PROGRAMS[name])
    assert error is None
    got, error = outcome(rushlight, PROGRAMS[name])
    assert error is None, repr(error)
    assert got == expected
