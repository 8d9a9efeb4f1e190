"""Errors say what, what was got, and what to do; are of PyTorch's types; and lose nothing.

The mistakes and the words are in mistakes.py. Where the same code also runs on PyTorch, the type of
its error must be one of the types of ours, so that programs that catch it go on working.
"""

import copy
import io
import os
import pickle
import re
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from mistakes import MISTAKES

import rushlight as rl
from rushlight import nn
from rushlight.errors import DataError, FileError, without_own_frames
from rushlight.io import safetensors
from rushlight.utils import data

OTHER_TYPES = {
    "torch.ones(2).to('cuda')": "PyTorch raises RuntimeError where it was built with CUDA",
    "nn.Linear(1, 1).cuda()": "the same",
    "nn.Parameter([1.0, 2.0])": "AttributeError: 'list' object has no attribute 'detach'",
}
"""Mistakes for which PyTorch raises something else, and why we do not follow it."""


class Broken:
    def __len__(self):
        return 4

    def __getitem__(self, index):
        if index == 2:
            raise ValueError("sample 2 has no label")
        return 1.0


def world(torch):
    """The names that the mistakes use, of one framework or the other."""
    nn = torch.nn

    class Forgot(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(1, 1)

    class Late(nn.Module):
        def __init__(self):
            self.size = 3

    loading = torch.utils.data
    names = {"torch": torch, "nn": nn, "np": np, "copy": copy, "Broken": Broken}
    names |= {"DataLoader": loading.DataLoader, "TensorDataset": loading.TensorDataset}
    return names | {"Forgot": Forgot, "Late": Late}


def error_of(code, torch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(code, "<mistake>", "exec"), world(torch))
        except Exception as error:
            return error
    return None


@pytest.mark.parametrize(("code", "words"), MISTAKES, ids=[code for code, _ in MISTAKES])
def test_words(code, words):
    error = error_of(code, rl)
    assert error is not None, "this raises nothing"
    assert re.sub(r"\n  recorded at <mistake>, line 1$", "", str(error)) == words


@pytest.mark.parametrize("code", [code for code, _ in MISTAKES if code not in OTHER_TYPES])
def test_types_are_those_of_torch(code):
    torch = pytest.importorskip("torch")
    theirs = error_of(code, torch)
    ours = error_of(code, rl)
    assert theirs is not None, "PyTorch raises nothing"
    built_in = next(kind for kind in type(theirs).__mro__ if kind.__module__ == "builtins")
    assert isinstance(ours, built_in)


def test_late_errors_name_the_line_that_recorded_them():
    loss = nn.CrossEntropyLoss()(rl.ones(1, 3), rl.tensor([3]))
    line = sys._getframe().f_lineno - 1
    with pytest.raises(IndexError) as caught:
        loss.item()
    assert str(caught.value).endswith(f"recorded at {__file__}, line {line}")


# -- what was there before is there still -------------------------------------------------------


def test_a_failed_operation_changes_no_tensor():
    x = rl.arange(3.0)
    for mistake in (
        lambda: x.add_(rl.ones(4)),
        lambda: x.copy_(rl.ones(2)),
        lambda: x.__setitem__(slice(0, 2), rl.ones(3)),
        lambda: x.__setitem__(5, 1),
        lambda: x.index_put_((rl.tensor([7]),), rl.tensor(1.0)).sum().item(),
    ):
        with pytest.raises((RuntimeError, IndexError)):
            mistake()
        assert x.tolist() == [0, 1, 2]


def test_a_failed_loss_leaves_model_and_optimizer_usable():
    model = nn.Linear(2, 3)
    optimizer = rl.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    x = rl.ones(4, 2)

    def step(target):
        optimizer.zero_grad()
        criterion(model(x), target).backward()
        optimizer.step()

    step(rl.tensor([0, 1, 2, 0]))
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(IndexError, match="Target 3 is out of bounds"):
        step(rl.tensor([0, 1, 2, 3]))
        model.weight.tolist()
    for name, value in model.state_dict().items():
        assert rl.equal(value, before[name])
    step(rl.tensor([0, 1, 2, 0]))
    assert not rl.equal(model.weight, before["weight"])


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.update({"2.bias": rl.ones(7)}),
        lambda state: state.pop("2.bias"),
        lambda state: state.update(extra=rl.ones(1)),
        lambda state: state.update({"2.weight": [1.0]}),
    ],
)
def test_a_state_dict_that_does_not_fit_changes_nothing(change, assign):
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    parameters = dict(model.named_parameters())
    before = copy.deepcopy(model.state_dict())
    state = {name: rl.ones_like(value) for name, value in before.items()}
    change(state)
    with pytest.raises(RuntimeError, match=r"Error\(s\) in loading state_dict for Sequential"):
        model.load_state_dict(state, assign=assign)
    for name, value in model.state_dict().items():
        assert rl.equal(value, before[name]), name
    assert all([parameters[name] is p for name, p in model.named_parameters()])


def test_an_optimizer_state_that_does_not_fit_changes_nothing():
    w = rl.ones(2, requires_grad=True)
    optimizer = rl.optim.Adam([w], lr=0.5)
    w.sum().backward()
    optimizer.step()
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(ValueError, match="doesn't match in size"):
        optimizer.load_state_dict({"state": {}, "param_groups": [{"params": [0, 1], "lr": 9.0}]})
    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    assert rl.equal(after["state"][0]["exp_avg"], before["state"][0]["exp_avg"])


@pytest.mark.parametrize("workers", [0, 2])
def test_a_sample_that_cannot_be_made_is_named_and_the_rest_can_be_had(workers):
    loader = data.DataLoader(Broken(), batch_size=1, num_workers=workers)
    batches = iter(loader)
    assert next(batches).item() == 1.0
    assert next(batches).item() == 1.0
    with pytest.raises(ValueError, match="sample 2 has no label") as caught:
        next(batches)
    assert "dataset[2]" in str(caught.value) + "".join(getattr(caught.value, "__notes__", []))
    assert len(data.DataLoader(Broken(), sampler=[0, 1, 3], num_workers=workers)) == 3
    assert len(list(data.DataLoader(Broken(), sampler=[0, 1, 3], num_workers=workers))) == 3


# -- tracebacks --------------------------------------------------------------------------------

PROGRAM = """\
import {torch} as torch

def build():
    layer = torch.nn.Linear(3, 4)
    return layer(torch.ones(2, 5))

{call}
"""


def trace_of(*command):
    """The frames that a failing program shows, and its last words."""
    place = {**os.environ, "PYTHONPATH": str(Path(rl.__file__).parent.parent)}
    run = subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, timeout=60, env=place
    )
    assert run.returncode == 1
    frames = re.findall(r'File "(.*)", line (\d+)', run.stderr)
    return frames, re.split(r"\n(?=[\w.]*Error: )|\n(?=[\w.]+\.OutOfRange: )", run.stderr)[-1]


@pytest.mark.parametrize("call", ["build()", "print(build())"])
def test_a_traceback_shows_the_users_lines_alone(tmp_path, call):
    words = (
        "rushlight.errors.ShapeError: linear: mat1 and mat2 shapes cannot be multiplied (2x5 "
        "and 3x4)\n"
        "    input is float32[2, 5]\n"
        "    weight is float32[4, 3]\n"
        "  hint: the last size of the input must be 3, the layer's in_features\n"
    )
    script = tmp_path / "script.py"
    script.write_text(PROGRAM.format(torch="rushlight", call=call))
    lines = [(str(script), "7"), (str(script), "5")]
    assert trace_of(script) == (lines, words)
    script.write_text(PROGRAM.format(torch="torch", call=call))
    assert trace_of("-m", "rushlight", "run", script) == (lines, words)


def test_a_late_traceback_shows_the_users_lines_alone(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import rushlight as torch\nx = torch.ones(3)[torch.tensor([5])]\nprint(x)\n")
    frames, words = trace_of(script)
    assert frames == [(str(script), "3")]
    assert words == (
        "rushlight.ops.index.OutOfRange: index: index 5 is out of bounds for dimension 0 with "
        "size 3\n"
        "  hint: valid indices are -3 to 2\n"
        f"  recorded at {script}, line 2\n"
    )


def test_a_dataset_that_fails_is_shown_without_our_lines(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from rushlight.data import DataLoader\n"
        "class Data:\n"
        "    def __len__(self): return 3\n"
        "    def __getitem__(self, k): return [1, 2][k]\n"
        "for batch in DataLoader(Data()):\n"
        "    pass\n"
    )
    words = "IndexError: list index out of range\n    raised by dataset[2]\n"
    assert trace_of(script) == ([(str(script), "5"), (str(script), "4")], words)


def test_other_errors_of_a_program_are_shown_as_python_shows_them(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import torch\n\ndef f():\n    return 1 / 0\n\nf()\n")
    lines = [(str(script), "6"), (str(script), "4")]
    words = "ZeroDivisionError: division by zero\n"
    assert trace_of("-m", "rushlight", "run", script) == (lines, words)


# -- files -------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def damaged(content):
    rl.save({"w": rl.arange(100.0)}, "good.pt")
    Path("bad.pt").write_bytes(content(Path("good.pt").read_bytes()))


def archive(**records):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in records.items():
            made.writestr(name.replace("__", "/"), content)
    return file.getvalue()


OLD_FORMAT = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)
EVIL = pickle.dumps(SimpleNamespace(a=1), 2)
SAFE = (
    "\n  hint: only tensors, containers, numbers and text are loaded; weights_only=False loads "
    "anything, and runs whatever code the file holds"
)
AGAIN = (
    "\n  hint: the file was cut off or changed: copy or download it again, or take an earlier one"
)

BAD_FILES = [
    (lambda good: b"", EOFError,
     "load: 'bad.pt' is empty\n  hint: saving was interrupted, or the file was read to its end "
     "before: file.seek(0)"),
    (lambda good: b"epoch,loss\n1,0.5\n", pickle.UnpicklingError,
     "load: 'bad.pt' is not a file of torch.save: it is text, which begins 'epoch,loss\\n1,0.5\\n'"
     "\n  hint: is the path the right one?"),
    (lambda good: b"<!DOCTYPE html><html>", pickle.UnpicklingError,
     "load: 'bad.pt' is not a file of torch.save: it is a web page\n  hint: the download went to a "
     "page instead of the file: get it again"),
    (lambda good: pickle.dumps([1]), pickle.UnpicklingError,
     "load: 'bad.pt' is not a file of torch.save: it is a pickle\n  hint: pickle.load reads it, if "
     "you trust who made it"),
    (lambda good: OLD_FORMAT, pickle.UnpicklingError,
     "load: 'bad.pt' is not a file of torch.save: it is in the format of PyTorch before 1.6\n  "
     "hint: load it with PyTorch, and save it again: the newer format is a zip archive"),
    (lambda good: b"\x93NUMPY\x01\x00", pickle.UnpicklingError,
     "load: 'bad.pt' is not a file of torch.save: it is a NumPy array\n  hint: "
     "torch.from_numpy(numpy.load(file)) reads it"),
    (lambda good: safetensors.save({"w": rl.ones(1)}), pickle.UnpicklingError,
     "load: 'bad.pt' is not a file of torch.save: it is a safetensors file\n  hint: "
     "rushlight.io.safetensors.load_file reads it"),
    (lambda good: b"\x00\x01\x02\x03", pickle.UnpicklingError,
     "load: 'bad.pt' is not a file of torch.save: it begins with the bytes 00 01 02 03" + AGAIN),
    (lambda good: good[: len(good) // 2], RuntimeError,
     "load: 'bad.pt' is damaged: file is not a zip file" + AGAIN),
    (lambda good: good.replace(b"\x00\x00\x80?\x00\x00\x00@", b"\x00\x00\x80?\x01\x00\x00@"),
     RuntimeError, "load: 'bad.pt' is damaged: Bad CRC-32 for file 'good/data/0'" + AGAIN),
    (lambda good: archive(readme="x"), RuntimeError,
     "load: 'bad.pt' is a zip archive but not one of torch.save (it holds readme)\n  hint: give "
     "load a file that torch.save has written"),
    (lambda good: archive(m__data_pkl="", **{"m__data.pkl": "", "m__constants.pkl": ""}),
     RuntimeError, "load: 'bad.pt' is a TorchScript archive: it holds a program, not only tensors\n"
     "  hint: build the module in Python, and save and load its state_dict()"),
    (lambda good: archive(**{"m__data.pkl": EVIL}), pickle.UnpicklingError,
     "load: 'bad.pt' asks for types.SimpleNamespace, which is refused" + SAFE),
    (lambda good: archive(**{"m__data.pkl": EVIL[:-5]}), RuntimeError,
     "load: 'bad.pt' asks for types.SimpleNamespace, which is refused" + SAFE),
]  # fmt: skip


@pytest.mark.parametrize(("content", "kind", "words"), BAD_FILES)
def test_words_about_files_that_cannot_be_loaded(content, kind, words, here):
    damaged(content)
    with pytest.raises(DataError) as caught:
        rl.load("bad.pt")
    assert str(caught.value) == words
    assert isinstance(caught.value, kind)


def test_words_about_files_that_cannot_be_written(here, monkeypatch):
    rl.save([1], "old.pt")
    with pytest.raises(FileError) as caught:
        rl.save([1], "nowhere/a.pt")
    assert str(caught.value) == (
        "save: could not write 'nowhere/a.pt': No such file or directory\n"
        "    the data is 0 bytes\n"
        "  hint: there is no folder 'nowhere': os.makedirs(...) makes one"
    )
    with pytest.raises(FileError) as caught:
        rl.save([1], here)
    assert str(caught.value).endswith("  hint: give the name of a file in that folder")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FileError) as caught:
        rl.save({"w": rl.zeros(1000)}, "old.pt")
    assert str(caught.value) == (
        "save: could not write 'old.pt': No space left on device\n"
        "    the data is 4,000 bytes\n"
        "  hint: what was in the file before is still there; free some space, or save elsewhere"
    )
    assert caught.value.errno == 28
    assert rl.load("old.pt") == [1]
    with pytest.raises(FileError) as caught:
        rl.save({"w": rl.zeros(1000)}, "new.pt")
    assert str(caught.value).endswith(
        "hint: nothing was changed; free some space, or save elsewhere"
    )
    assert [p.name for p in here.iterdir()] == ["old.pt"]


def test_words_about_objects_that_cannot_be_saved(here):
    rl.save([1], "old.pt")
    with pytest.raises(pickle.PicklingError) as caught:
        rl.save({"epoch": 1, "hooks": [None, lambda x: x]}, "old.pt")
    text = str(caught.value)
    assert text.startswith("save: cannot save obj['hooks'][1], a function: Can't pickle")
    assert text.endswith(
        "\n  hint: save state_dict()s, tensors, numbers, text and containers of these"
    )
    assert rl.load("old.pt") == [1]


def test_words_about_wrong_arguments(here):
    for call, words in (
        (lambda: rl.save([1], 3), "save: f must be a path or a file that is open for writing, not "
         "int\n  hint: torch.save(obj, 'model.pt')"),
        (lambda: rl.load(3), "load: f must be a path or a file that is open for reading, not int\n"
         "  hint: torch.load('model.pt')"),
        (lambda: rl.load(io.StringIO("a")), "load: the file is open for reading text\n"
         "  hint: open it with mode 'rb'"),
        (lambda: rl.load(io.BytesIO(b""), map="cpu"), "load: got an unexpected keyword argument: "
         "map"),
    ):  # fmt: skip
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value) == words
    rl.save([rl.ones(1)], "a.pt")
    with pytest.raises(RuntimeError) as caught:
        rl.load("a.pt", map_location="cuda")
    assert str(caught.value) == (
        "load: there is no device 'cuda' here\n"
        "  hint: use device='cpu', or ask torch.cuda.is_available() first"
    )
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: 'b\.pt'"):
        rl.load("b.pt")


@pytest.mark.parametrize("page", ["errors.md", "errors.zh.md"])
def test_the_page_of_errors_quotes_them_as_they_are(page):
    text = (Path(__file__).parent.parent / "docs" / page).read_text(encoding="utf-8")
    quoted = re.findall(r"```\n(.*?)\n```", text, re.DOTALL)
    said = {words.partition("\n")[0] for _, words in MISTAKES}
    assert len(quoted) > 30
    assert [line for line in quoted if line not in said] == []


def test_a_step_of_a_traceback_that_has_no_line():
    step = SimpleNamespace(tb_frame=sys._getframe(), tb_lasti=0, tb_lineno=None, tb_next=None)
    assert without_own_frames(step).tb_frame is step.tb_frame
