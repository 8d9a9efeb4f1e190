"""`rushlight demo`: it learns, says so, saves all or nothing, and words what stands in its way."""

import errno
import io
import os
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

import rushlight as torch
from rushlight import whole_file
from rushlight.cli import demo, progress
from rushlight.cli.main import main
from rushlight.lessons import digits

ROOT = Path(__file__).parent.parent
FILES = ["loss.png", "mistakes.png", "model.pt"]


def load(folder):
    """The saved state dict."""
    return torch.load(folder / "model.pt")


def decoded(content):
    """The pixels of a PNG file that is written in 8 bits with the filter to the left."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    at, data = 8, b""
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        part = content[at + 8 : at + 8 + length]
        assert struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + part
        )
        if kind == b"IHDR":
            width, height, bits, color = struct.unpack(">IIBB", part[:10])
        data += part if kind == b"IDAT" else b""
        at += 12 + length
    channels = {0: 1, 2: 3}[color]
    assert bits == 8
    rows = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, -1)
    assert (rows[:, 0] == 1).all()
    return np.cumsum(rows[:, 1:].reshape(height, width, channels), 1, dtype=np.uint8)


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """The folder and the words of one whole run, as a newcomer has it."""
    folder = tmp_path_factory.mktemp("demo")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "rushlight", "demo", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


def test_nine_of_ten_held_out_digits_are_read(output):
    _, words = output
    found = re.search(r"Of 1,000 digits it had never seen it reads (\d+) right: (\d+\.\d)%", words)
    assert int(found[1]) >= 900
    assert float(found[2]) == int(found[1]) / 10


def test_plain_lines_say_how_each_epoch_went(output):
    lines = [line for line in output[1].splitlines() if line.startswith("epoch ")]
    form = (
        r"epoch  ?\d+/30  loss 0\.\d{4}  accuracy \d+\.\d%  held out \d+\.\d%"
        r"  [\d,]+ images/s  \d+ s left"
    )
    assert len(lines) == 30
    for line in lines:
        assert re.fullmatch(form, line)
    assert "\r" not in output[1]
    assert "\x1b" not in output[1]


def test_model_is_saved_and_can_be_used_again(output):
    folder, words = output
    assert sorted([path.name for path in folder.iterdir()]) == FILES
    model = digits.Classifier()
    model.load_state_dict(load(folder))
    accuracy = digits.evaluate(model, digits.load(train=False))[1]
    assert f"{100 * accuracy:.1f}%" in words


def test_pictures_show_the_curves_and_the_digits(output):
    folder, _ = output
    curve = decoded((folder / "loss.png").read_bytes())
    assert curve.shape == (600, 960, 3)
    for color in (demo.TRAINING, demo.HELD_OUT):
        assert (curve == color).all(-1).sum() > 500
    shown = decoded((folder / "mistakes.png").read_bytes())
    assert shown.shape[1] == 944
    # The worst mistake is where the gallery begins, four times as large as it is.
    model = digits.Classifier()
    model.load_state_dict(load(folder))
    data = digits.load(train=False)
    worst = digits.mistakes(model, data)[0]
    pixels = data.tensors[0][worst.index].reshape(28, 28).numpy()
    there = shown[96:208, 36:148, 0][::4, ::4] > 140
    assert (there == (pixels > 0.48)).mean() > 0.97


def test_same_seed_gives_the_same_files_and_another_gives_others(tmp_path):
    def files(name, engine, *options):
        command = [sys.executable, "-m", "rushlight", "demo", "--epochs", "1", *options]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "RUSHLIGHT_ENGINE": engine}
        subprocess.run([*command, "--out", tmp_path / name], check=True, env=env)
        weights = [v.numpy() for v in load(tmp_path / name).values()]
        return weights, (tmp_path / name / "loss.png").read_bytes()

    first, again = files("a", "numpy"), files("b", "numpy")
    native, other = files("c", ""), files("d", "numpy", "--seed", "1")
    for k, weights in enumerate(first[0]):
        assert (weights == again[0][k]).all()
        # Native code takes over when it is ready, and sums in another order.
        assert np.abs(weights - native[0][k]).max() < 1e-4
        assert np.abs(weights - other[0][k]).max() > 0.01
    assert first[1] == again[1]
    assert first[1] != other[1]


def test_folder_is_made_with_those_above_it(tmp_path, capsys):
    folder = tmp_path / "a" / "b"
    assert main(["demo", "--epochs", "1", "--batch-size", "100", "--out", str(folder)]) == 0
    assert sorted(os.listdir(folder)) == FILES


# -- what stands in the way --------------------------------------------------------------------


@pytest.mark.parametrize(
    "options, said",
    [
        (["--epochs", "0"], "argument --epochs: '0' is not a whole number of 1 or more"),
        (["--epochs", "many"], "argument --epochs: 'many' is not a whole number of 1 or more"),
        (["--batch-size", "-3"], "argument --batch-size: "),
        (["--hidden", "2.5"], "argument --hidden: '2.5' is not a whole number of 1 or more"),
        (["--lr", "0"], "argument --lr: '0' is not a number above 0"),
        (["--lr", "nan"], "argument --lr: 'nan' is not a number above 0"),
        (["--lr", "inf"], "argument --lr: 'inf' is not a number above 0"),
        (["--seed", "-1"], "argument --seed: '-1' is not a whole number from 0 to 2**63 - 1"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["extra"], "unrecognized arguments: extra"),
    ],
)
def test_bad_options_are_named(options, said, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["demo", *options]) == 2
    assert said in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


def test_file_in_the_place_of_the_folder_is_left_as_it_is(tmp_path, capsys):
    place = tmp_path / "taken"
    place.write_text("mine")
    assert main(["demo", "--out", str(place)]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"rushlight demo: cannot write to '{place}': ")
    assert "--out" in said.err
    assert said.out == ""  # it was found out before training
    assert place.read_text() == "mine"


def test_folder_that_takes_no_files_is_refused_before_training(tmp_path, capsys, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(demo.tempfile, "TemporaryFile", refuse)
    assert main(["demo", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert f"cannot write to '{tmp_path}': Permission denied" in said.err
    assert said.out == ""


class FullDisk(io.RawIOBase):
    """A file on a disk that has room for so many bytes more."""

    room = 0

    def __init__(self, file):
        self.file = file

    def write(self, content):
        FullDisk.room -= len(content)
        if FullDisk.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(content)

    def flush(self):
        if not self.file.closed:
            self.file.flush()

    def fileno(self):
        return self.file.fileno()

    def close(self):
        self.file.close()
        super().close()


@pytest.mark.parametrize("room", [0, 100_000, 140_000])
def test_full_disk_leaves_earlier_files_as_they_were(room, tmp_path, capsys, monkeypatch):
    for name in FILES:
        (tmp_path / name).write_text(f"an earlier {name}")
    FullDisk.room = room
    opener = lambda *args: FullDisk(open(*args))  # noqa: E731, SIM115
    monkeypatch.setattr(whole_file, "open", opener, raising=False)  # of that module alone
    assert main(["demo", "--epochs", "1", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f"cannot write to '{tmp_path}': No space left on device" in said
    assert "as they were" in said
    assert sorted(os.listdir(tmp_path)) == FILES
    for name in FILES:
        assert (tmp_path / name).read_text() == f"an earlier {name}"


def test_lost_loss_is_said_and_saves_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(digits, "cost", lambda outputs, labels: outputs.sum() * float("nan"))
    assert main(["demo", "--epochs", "1", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("rushlight demo: the loss became nan\n  hint: use a smaller --lr")
    assert os.listdir(tmp_path) == []


def test_interrupt_saves_nothing(tmp_path, capsys, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(progress.Progress, "epoch", interrupt)
    assert main(["demo", "--epochs", "1", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err.endswith("rushlight demo: stopped; nothing was saved\n")
    assert os.listdir(tmp_path) == []


# -- the bar -----------------------------------------------------------------------------------


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_bar_is_redrawn_in_one_line_that_fits(monkeypatch):
    for columns in (20, 60, 120):
        monkeypatch.setattr(progress.shutil, "get_terminal_size", lambda c=columns: (
            os.terminal_size((c, 24))
        ))  # fmt: skip
        stream = Terminal()
        clock = iter(np.arange(0, 100, 0.1)).__next__
        bar = progress.Progress(2, 30, stream, clock)
        for number in (1, 2):
            for _ in range(3):
                bar.batch(10, 0.5, 5)
            bar.epoch(number, 0.4, 0.75)
        bar.close()
        drawn = stream.getvalue()
        assert drawn.count("\n") == 1
        assert drawn.endswith("\x1b[K\n")
        lines = [part.removesuffix("\x1b[K") for part in drawn.strip("\n").split("\r")[1:]]
        assert len(lines) == 6  # not the first two batches: it is too early to say
        assert max([len(line) for line in lines]) < columns
        assert lines[0].startswith("epoch 1/2")
        if columns == 120:
            assert lines[-1].startswith(f"epoch 2/2  {'━' * 22}")
            assert "─" not in lines[-1]
            assert "loss 0.5000  accuracy 50.0%  held out 75.0%" in lines[-1]
            assert lines[-1].endswith("images/s  0 s left")


def test_bar_is_not_drawn_more_often_than_can_be_seen():
    stream = Terminal()
    bar = progress.Progress(1, 1000, stream, iter(np.arange(0, 1, 0.001)).__next__)
    for _ in range(100):
        bar.batch(10, 0.5, 5)
    assert stream.getvalue().count("\r") <= 3
