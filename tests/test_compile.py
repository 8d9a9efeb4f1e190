"""`torch.compile` and what belongs to it: the same results, machine code from the first call."""

import copy
import io
import os
import subprocess
import sys
from pathlib import Path

import pretend
import pytest

import rushlight as torch
from rushlight import nn
from rushlight.runtime import compiling
from rushlight.runtime.recorder import local

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def compiler(monkeypatch):
    """Compiles in the background, with something that pretends to."""
    compiling.wait()
    local.recorder.restart()
    monkeypatch.setattr(compiling.state, "engine", pretend)
    monkeypatch.setattr(compiling.state, "available", True)
    before = pretend.runs[0]
    yield lambda: pretend.runs[0] - before
    compiling.wait()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(2, 3)
        self.factor = 2.0

    def forward(self, x):
        return self.inner(x) * self.factor


def test_the_first_call_is_machine_code(compiler):
    @torch.compile
    def f(x, k):
        return (torch.sin(x) * k).sum()

    for k in range(3):
        assert f(torch.zeros(3) + k, 2.0).item() == pytest.approx(6 * torch.sin(torch.tensor(k)))
    assert compiler() == 3 and f.__name__ == "f"


def test_what_is_recorded_outside_is_compiled_with_it(compiler):
    model = torch.compile(Net())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for k in range(4):
        loss = model(torch.ones(5, 2)).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert compiler() == k + 1


def test_results_are_those_of_the_function(compiler):
    def train(wrap):
        torch.manual_seed(0)
        model = Net()
        called, optimizer = wrap(model), torch.optim.Adam(model.parameters(), lr=0.1)
        losses = []
        for _ in range(6):
            loss = called(torch.ones(5, 2)).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    plain = train(lambda model: model)
    assert train(torch.compile) == pytest.approx(plain, rel=1e-6)
    assert train(torch.jit.script) == pytest.approx(plain, rel=1e-6)
    assert train(lambda m: torch.jit.trace(m, torch.ones(1, 2))) == pytest.approx(plain, rel=1e-6)


def test_a_function_known_before_is_compiled_when_asked(compiler):
    def f(x):
        return torch.exp(x) + 1

    x = torch.zeros(2)
    assert f(x).tolist() == [2, 2] and compiler() == 0
    (f(x) * 2).tolist()
    compiled = torch.compile(f)
    assert (compiled(x) * 3).tolist() == [6, 6] and compiler() == 1


def test_forms_that_do_not_hurry(compiler):
    def f(x):
        return x * 2

    x = torch.ones(1)
    assert torch.compile(f, backend="eager")(x).item() == 2
    assert torch.compile(f, disable=True) is f
    inner = torch.compiler.disable(lambda x: (x * 5).item())
    assert torch.compile(lambda x: inner(x) + 1)(x) == 6
    assert compiler() == 0
    decorated = torch.compile(fullgraph=True, dynamic=True, mode="max-autotune")(f)
    assert decorated(x + 1).item() == 4 and compiler() == 1


def test_code_of_the_function_runs_at_every_call(compiler):
    seen = []

    @torch.compile
    def f(x):
        seen.append(torch.compiler.is_compiling())
        return x if x.sum() > 0 else -x

    assert [f(torch.tensor([s])).item() for s in (1.0, -2.0, 3.0)] == [1, 2, 3]
    assert seen == [False] * 3


def test_wrong_arguments_are_named():
    for given, words in [
        ({"backend": "nix"}, "Invalid backend: 'nix'"),
        ({"backend": print}, "Invalid backend"),
        ({"mode": "fast"}, "Unrecognized mode=fast"),
        ({"mode": "default", "options": {}}, "Either mode or options"),
    ]:
        with pytest.raises(RuntimeError, match=words):
            torch.compile(lambda x: x, **given)
    with pytest.raises(TypeError, match="not int"):
        torch.compile(3)


def observed(torch):
    """What is to be seen of a compiled module."""

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Linear(2, 3)
            self.factor = 2.0

        def forward(self, x):
            return self.inner(x) * self.factor

        def twice(self):
            self.factor = self.factor * 2

    torch.manual_seed(0)
    model = Net()
    made = torch.compile(model, backend="eager")
    made.twice()
    seen = [str(made), list(made.state_dict()), [n for n, _ in made.named_parameters()]]
    seen += [made.factor, model.factor, made._orig_mod is model, isinstance(made, torch.nn.Module)]
    made.eval()
    seen += [model.training, model.inner.training, made.training]
    model.train()
    made.factor = 3
    seen += [made.training, model.factor, made.inner is model.inner]
    twin = copy.deepcopy(made)
    twin.factor = 1
    seen += [made.factor, type(twin).__name__, twin._orig_mod is model]
    made.register_forward_hook(lambda module, given, out: out + 1)
    seen += [made(torch.ones(1, 2)).tolist(), model(torch.ones(1, 2)).tolist()]
    with pytest.raises(AttributeError) as error:
        print(made.nothing)
    return [*seen, str(error.value)]


def test_modules_look_as_in_pytorch():
    got, expected = observed(torch), observed(pytest.importorskip("torch"))
    for a, b in zip(got, expected, strict=True):
        numbers = isinstance(b, list) and isinstance(b[0], list)
        assert a == ([pytest.approx(b[0], rel=1e-6)] if numbers else b)


def test_saving_a_compiled_module():
    torch.manual_seed(0)
    model = torch.compile(Net())
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    other = torch.compile(Net())
    other.load_state_dict(torch.load(file))
    assert other(torch.ones(1, 2)).tolist() == model(torch.ones(1, 2)).tolist()


def test_names_that_programs_use(tmp_path):
    limit = torch._dynamo.config.recompile_limit
    torch._dynamo.config.cache_size_limit = 64
    assert compiling.config.recompile_limit == 64 == torch._dynamo.config.recompile_limit
    torch._dynamo.config.recompile_limit = limit
    torch._dynamo.config.suppress_errors = True
    assert torch._dynamo.config.suppress_errors
    x = torch.ones(2, requires_grad=True)
    y = (x * 2).sum()
    torch._dynamo.reset()
    torch.compiler.reset()
    y.backward()
    assert x.grad.tolist() == [2, 2]
    torch._dynamo.mark_dynamic(x, 0)
    assert "inductor" in torch.compiler.list_backends()
    with torch.compiler.set_stance("force_eager"):
        torch.compiler.cudagraph_mark_step_begin()

    @torch.jit.ignore(drop=True)
    def ignored(x):
        return x

    for decorate in (torch.jit.ignore, torch.jit.unused, torch.jit.export, torch.jit.script):
        assert decorate(ignored) is ignored
    assert not torch.jit.is_scripting() and not torch.jit.is_tracing()
    assert torch.jit.wait(torch.jit.fork(ignored, 3)) == 3
    with pytest.raises(NotImplementedError, match="no TorchScript program"):
        torch.jit.save(Net(), tmp_path / "net.pt")
    assert not list(tmp_path.iterdir())
    with pytest.raises(RuntimeError, match=r"TorchScript files hold a program[^$]*state_dict"):
        torch.jit.load(tmp_path / "net.pt")


# -- runs that are equal to the last bit -------------------------------------------------------

PROGRAM = """
import sys, time
sys.path.insert(0, {root!r})
import rushlight as torch
from rushlight import nn
from rushlight.runtime import compiling
from rushlight.engines import llvm
{mode}
real, delay = llvm.compile, float(sys.argv[1])
class Slow:
    def compile(program, updates):
        time.sleep(delay)
        return real(program, updates)
compiling.state.engine = Slow
torch.manual_seed(0)
x, y = torch.rand(40, 7), torch.rand(40, 3)
model = nn.Sequential(nn.Linear(7, 33), nn.Tanh(), nn.LayerNorm(33), nn.Linear(33, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(60):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    time.sleep(0.002)
native = [w.plan.native is not None for w in [torch.settings.local.recorder.last]]
print(native, loss.item().hex(), [p.sum().item().hex() for p in model.parameters()])
"""


def play(mode, delay, **environment):
    """What the program prints if compiling takes so many seconds more."""
    text = PROGRAM.format(root=str(ROOT), mode=mode)
    done = subprocess.run(
        [sys.executable, "-c", text, str(delay)],
        capture_output=True, text=True, timeout=120, check=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize(
    ("mode", "environment"),
    [
        ("torch.use_deterministic_algorithms(True)", {}),
        ("", {"RUSHLIGHT_DETERMINISTIC": "1"}),
    ],
)
def test_runs_are_equal_to_the_bit(mode, environment):
    pytest.importorskip("llvmlite")
    first = play(mode, 0, **environment)
    assert first.startswith("[True]") and play(mode, 0.3, **environment) == first


def test_it_is_off_unless_asked_for():
    assert not torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.get_deterministic_debug_mode() == 2
    torch.set_deterministic_debug_mode("default")
    assert not torch.are_deterministic_algorithms_enabled()
