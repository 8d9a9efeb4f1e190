"""The `rushlight` command: programs run unchanged, errors point at the user's line."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

import rushlight
from rushlight.cli.main import COMMANDS, main
from rushlight.cli.ops import PLACES
from rushlight.ops import OPS

ROOT = Path(__file__).parent.parent


def call(*args, cwd=None, **environment):
    """What `rushlight <args>` does as a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "rushlight", *[str(a) for a in args]]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env)


@pytest.fixture
def script(tmp_path):
    def written(text, name="program.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


# -- the command itself ------------------------------------------------------------------------


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_every_command(args, capsys):
    assert main(args) == 0
    printed = capsys.readouterr().out
    for name, what in COMMANDS.items():
        assert f"  {name}" in printed
        assert what in printed


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_has_help(command, capsys):
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: rushlight {command}")


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"rushlight {rushlight.config.VERSION}\n"


def test_unknown_command_says_which_there_are(capsys):
    assert main(["dance"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("rushlight: there is no command 'dance'")
    assert "demo" in said


def test_reader_that_has_seen_enough_is_no_error(tmp_path):
    command = f"{sys.executable} -m rushlight ops | head -1"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, env=env
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


# -- run ---------------------------------------------------------------------------------------

PROGRAM = """
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.nn import Linear
from torch.utils.data import DataLoader, TensorDataset
from torch.optim.lr_scheduler import StepLR
import torchvision.transforms as transforms
from torchvision.datasets import MNIST

torch.manual_seed(0)
model = nn.Sequential(Linear(1, 4), nn.ReLU(), Linear(4, 1))
x = torch.linspace(-1, 1, 8).unsqueeze(1)
loader = DataLoader(TensorDataset(x, x**2), batch_size=4, shuffle=True)
optimizer = optim.SGD(model.parameters(), lr=0.1)
scheduler = StepLR(optimizer, 1)
for inputs, targets in loader:
    loss = F.mse_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
scheduler.step()
print(sys.argv[1:], __name__, torch.__name__, len(loader), bool(loss > 0))
"""


def test_program_that_imports_torch_runs_unchanged_and_gets_its_arguments(script):
    done = call("run", script(PROGRAM), "--epochs", "3", "-h")
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout == "['--epochs', '3', '-h'] __main__ rushlight 2 True\n"


def test_program_that_imports_rushlight_as_torch_runs_without_the_command(script):
    text = PROGRAM.replace("import torch\n", "import rushlight as torch\n")
    for name in ("nn", "optim", "utils"):
        text = text.replace(f"from torch.{name}", f"from rushlight.{name}")
        text = text.replace(f"import torch.{name}", f"import rushlight.{name}")
    text = text.replace("from torch import", "from rushlight import")
    text = text.replace("torchvision", "rushlight.vision")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script(text)), "x"]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.stderr == ""
    assert done.stdout == "['x'] __main__ rushlight 2 True\n"


def test_program_finds_modules_beside_it_and_knows_its_file(script, tmp_path):
    script("import torch\nvalue = torch.ones(2).sum().item()\n", "beside.py")
    path = script("import beside, sys\nprint(beside.value, __file__, sys.argv[0])\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = call("run", path, cwd=elsewhere)
    assert done.stdout == f"2.0 {path} {path}\n"


def test_module_runs_as_the_main_program(script, tmp_path):
    script("import torch, sys\nprint(__name__, sys.argv[1:], torch.ones(1))\n", "mine.py")
    done = call("run", "-m", "mine", "a", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "__main__ ['a'] tensor([1.])\n")


def test_eager_runs_each_operation_at_once(script):
    text = "import torch\nprint(torch.zeros(2).add(1)._value.leaf)\n"
    assert call("run", script(text)).stdout == "False\n"
    assert call("run", "--eager", script(text)).stdout == "True\n"


PROCESSES = """
import multiprocessing
import torch

def double(x):
    return torch.__name__, (torch.tensor(x) * 2).tolist()

if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    with context.Pool(1) as pool:
        print(pool.apply(double, ([1, 2],)))
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_that_a_program_starts_get_the_same_names(method, script):
    done = call("run", script(PROCESSES.format(method=method)))
    assert done.stderr == ""
    assert done.stdout == "('rushlight', [2, 4])\n"


@pytest.mark.parametrize(
    "text, status, said",
    [
        ("import sys\nsys.exit(3)", 3, ""),
        ("raise SystemExit", 0, ""),
        ("import sys\nsys.exit('last words')", 1, "last words\n"),
    ],
)
def test_exit_status_is_the_programs(script, text, status, said):
    done = call("run", script(text))
    assert (done.returncode, done.stderr) == (status, said)


def test_interrupt_ends_it_with_130(script):
    done = call("run", script("raise KeyboardInterrupt"))
    assert done.returncode == 130
    assert done.stderr.endswith("KeyboardInterrupt\n")


@pytest.mark.parametrize("args", [[], ["--eager"], ["-m"]])
def test_run_without_a_program_explains_itself(args):
    done = call("run", *args)
    assert done.returncode == 2
    assert "usage: rushlight run" in done.stdout + done.stderr


def test_missing_file_is_named(tmp_path):
    done = call("run", tmp_path / "nowhere.py")
    assert done.returncode == 2
    assert done.stderr == f"rushlight run: there is no file '{tmp_path / 'nowhere.py'}'\n"


# -- errors ------------------------------------------------------------------------------------


def test_traceback_has_the_users_lines_and_no_others(script):
    path = script("import torch\n\ndef f(x):\n    return x + torch.zeros(2)\n\nf(torch.ones(3))\n")
    done = call("run", path)
    assert done.returncode == 1
    files = [line for line in done.stderr.splitlines() if line.startswith("  File ")]
    assert files == [f'  File "{path}", line 6, in <module>', f'  File "{path}", line 4, in f']
    assert "ShapeError: add: shapes do not broadcast" in done.stderr
    assert "input is float32[3]" in done.stderr


def test_programs_own_error_is_shown_from_its_first_line(script):
    path = script("import torch\n1 / 0\n")
    done = call("run", path)
    lines = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1] == f'  File "{path}", line 2, in <module>'
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_syntax_error_is_shown_alone(script):
    path = script("import torch\nx = = 2\n")
    done = call("run", path)
    assert done.returncode == 1
    assert done.stderr.startswith(f'  File "{path}", line 2\n    x = = 2\n')


def test_programs_own_excepthook_is_called(script):
    hook = "import sys\nsys.excepthook = lambda kind, error, tb: print('mine', error)\n"
    done = call("run", script(hook + "raise ValueError('oh')"))
    assert (done.returncode, done.stdout, done.stderr) == (1, "mine oh\n", "")


def test_users_lines_alone_without_the_command_too(script):
    path = script("import rushlight as torch\ntorch.ones(3) + torch.zeros(2)\n")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, env=env)
    files = [line for line in done.stderr.splitlines() if line.startswith("  File ")]
    assert files == [f'  File "{path}", line 2, in <module>']


MISSING = [
    ("torch.softmaxx(torch.ones(2))", "torch.softmaxx: rushlight does not have this", "softmax"),
    ("torch.nn.Lineer(1, 1)", "torch.nn.Lineer: rushlight does not have this", "mean Linear"),
    ("torch.nn.functional.reluu", "torch.nn.functional.reluu: rushlight does not", "relu"),
    ("torch.hub.load('x')", "torch.hub.load: rushlight does not have this", "from the network"),
    ("torch.autograd.grads", "torch.autograd.grads: rushlight does not have this", "grad"),
    ("torch.ones(2).cumsumm()", "'Tensor' object has no attribute 'cumsumm'", "cumsum"),
    ("torch.optim.Adams", "torch.optim.Adams: rushlight does not have this", "Adam"),
    ("from torch import softmaxx", "cannot import name 'softmaxx'", "softmax"),
    ("from torchvision.transforms import v2", "cannot import name 'v2'", "most names are the same"),
    ("import torchvision.models.detection", "torchvision.models.detection: ", "classify pictures"),
    ("import torch.sparse", "torch.sparse: rushlight does not have this module", "index_add"),
    ("torch.ones(1).cuda()", "there is no device 'cuda' here", "torch.cuda.is_available()"),
    ("import torchvision\ntorchvision.models.resnet19", "torchvision.models.resnet19: ", "resnet1"),
]  # fmt: skip


@pytest.mark.parametrize("line, problem, hint", MISSING, ids=[m[0] for m in MISSING])
def test_missing_name_is_named_with_what_to_use(script, line, problem, hint):
    done = call("run", script(f"import torch\n{line}\n"))
    assert done.returncode == 1
    assert problem in done.stderr
    hints = [text for text in done.stderr.splitlines() if text.startswith("  hint: ")]
    assert len(hints) == 1
    assert hint in hints[0]


def test_missing_names_can_be_asked_for():
    assert not hasattr(rushlight, "no_such_thing")
    assert getattr(rushlight.autograd, "no_such_thing", 3) == 3
    with pytest.raises(NotImplementedError, match=r"torch\.no_such_thing"):
        rushlight.no_such_thing  # noqa: B018
    with pytest.raises(AttributeError, match="what there is"):
        rushlight.no_such_thing  # noqa: B018


# -- trace and ops -----------------------------------------------------------------------------

LOOP = """import torch
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.ones(2, 1)
for step in range(20):
    loss = (model(x) - 3).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("done", loss.item() < 1)
"""


def test_trace_prints_the_hottest_window(script):
    done = call("trace", script(LOOP))
    assert done.returncode == 0
    assert done.stderr == "done True\n"
    head, *lines = done.stdout.splitlines()
    assert head.startswith("hottest window: run ")
    trace = "\n".join(lines)
    assert "= mm(" in trace
    for number in (6, 8, 9):  # the model, backward and the step; zero_grad has nothing to do
        assert f"# line {number}\n" in trace
    assert lines[-1].startswith("  return ")


def test_trace_keeps_the_status_of_the_program(script):
    done = call("trace", script(LOOP + "raise SystemExit(4)\n"))
    assert done.returncode == 4
    assert done.stdout.startswith("hottest window")


def test_trace_of_nothing_says_so(script):
    done = call("trace", script("print('hello')"))
    assert (done.returncode, done.stdout, done.stderr) == (1, "nothing was recorded\n", "hello\n")


def test_ops_lists_names_places_and_what_comes_back(capsys):
    assert main(["ops", "tanh"]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.split()[0] == "tanh")
    assert "torch" in row
    assert "Tensor" in row
    assert "yperbolic tangent" in row
    assert lines[-1] == f"{len(lines) - 1} functions"


def test_ops_names_every_place_there_is(capsys):
    assert {place for op in OPS.values() for place in op.on} <= set(PLACES)
    assert main(["ops", "erfinv"]) == 0
    assert "torch, Tensor, in-place, special" in capsys.readouterr().out


def test_ops_lists_all(capsys):
    assert main(["ops"]) == 0
    count = int(capsys.readouterr().out.splitlines()[-1].split()[0])
    assert count > 300


# -- doctor ------------------------------------------------------------------------------------


def test_doctor_tells_what_there_is_and_clears_the_cache(tmp_path):
    pytest.importorskip("llvmlite")
    here = {"RUSHLIGHT_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "3"}
    told = call("doctor", **here)
    assert told.returncode == 0 and told.stderr == ""
    for words in ("engine     llvm", "LLVM", "-bit vectors", "3 compute", "0 programs",
                  "RUSHLIGHT_CACHE=", "all is well"):  # fmt: skip
        assert words in told.stdout
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "one.rl").write_bytes(bytes(2048))
    assert "1 program, 2 KiB of 256 MiB" in call("doctor", **here).stdout
    assert call("doctor", "--clear-cache", **here).stdout.startswith("deleted 1 program (2 KiB)")
    assert not list((tmp_path / "cache").iterdir())


def test_doctor_without_llvmlite_or_cache(tmp_path):
    (tmp_path / "llvmlite.py").write_text("raise ImportError('no llvmlite here')")
    paths = f"{tmp_path}{os.pathsep}{ROOT}"
    told = call("doctor", PYTHONPATH=paths)
    assert told.returncode == 0 and "numpy, because llvmlite cannot be imported" in told.stdout
    assert "there is no cache" in call("doctor", "--clear-cache", PYTHONPATH=paths).stdout
    assert "turned off" in call("doctor", "--clear-cache", RUSHLIGHT_CACHE="0").stdout
    asked = call("doctor", "--cure")
    assert asked.returncode == 2 and "what is --cure" in asked.stdout
