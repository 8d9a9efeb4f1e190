"""`rushlight demo`: the network of the notes learns to read digits, and shows what it did not."""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import rushlight as torch

from ..config import VERSION
from ..errors import RushlightError
from ..lessons import digits
from ..viz.chart import FADED, INK, Line, line_chart
from ..viz.gallery import WRONG, Exhibit, gallery
from ..whole_file import whole_file
from .progress import Progress

BATCHES = (170, 197, 240)
TRAINING = (48, 104, 212)
HELD_OUT = (222, 98, 44)
POINTS_PER_EPOCH = 10
"""Of the training loss in the picture: single batches jump about too much to be seen."""

SHOWN = 18
"""So many mistakes are drawn."""


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    words = argparse.ArgumentParser(
        prog="rushlight demo",
        description="Train a network of 784-30-10 sigmoid neurons on 4,000 real handwritten digits "
        "that ship with rushlight, test it on 1,000 others, and save it with two pictures: how the "
        "loss fell, and the worst mistakes.",
    )
    words.add_argument("--epochs", type=positive, default=30, metavar="N",
                       help="go through the digits N times (30)")  # fmt: skip
    words.add_argument("--batch-size", type=positive, default=10, metavar="N",
                       help="digits in each step (10)")  # fmt: skip
    words.add_argument("--lr", type=rate, default=3.0, metavar="X", help="learning rate (3.0)")
    words.add_argument("--hidden", type=positive, default=30, metavar="N",
                       help="hidden neurons (30)")  # fmt: skip
    words.add_argument("--seed", type=seed, default=0, metavar="N",
                       help="where the random numbers start (0)")  # fmt: skip
    words.add_argument("--out", type=Path, default=Path("demo-output"), metavar="FOLDER",
                       help="where to save (demo-output)")  # fmt: skip
    return words


def positive(word: str) -> int:
    """A whole number of 1 or more."""
    if word.isdecimal() and int(word) > 0:
        return int(word)
    raise argparse.ArgumentTypeError(f"{word!r} is not a whole number of 1 or more")


def seed(word: str) -> int:
    """A whole number that a generator can start from."""
    if word.isdecimal() and int(word) < 2**63:
        return int(word)
    raise argparse.ArgumentTypeError(f"{word!r} is not a whole number from 0 to 2**63 - 1")


def rate(word: str) -> float:
    """A finite number above 0."""
    with contextlib.suppress(ValueError):
        if 0 < float(word) < math.inf:
            return float(word)
    raise argparse.ArgumentTypeError(f"{word!r} is not a number above 0")


class Refused(Exception):
    """What stands in the way, in words for the user."""


def run(args: list[str]) -> int:
    """Train, report and save; the exit status."""
    try:
        options = parser().parse_args(args)
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else 2
    try:
        check_folder(options.out)
        show(options)
    except (Refused, RushlightError) as problem:
        print(f"rushlight demo: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nrushlight demo: stopped; nothing was saved", file=sys.stderr)
        return 130
    return 0


def check_folder(folder: Path) -> None:
    """Raise Refused unless files can be written to `folder`, which is made if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # better to fail now than after training
            pass
    except OSError as error:
        raise unwritable(folder, error) from None


def unwritable(folder: Path, error: OSError) -> Refused:
    """The refusal for a folder that takes no files."""
    return Refused(
        f"cannot write to {str(folder)!r}: {error.strerror or error}\n"
        "  hint: choose another folder with --out; files that were there are as they were"
    )


def show(options: argparse.Namespace) -> None:
    """All that the command does, once its options are known to be good."""
    torch.manual_seed(options.seed)
    train_data, test_data = digits.load(train=True), digits.load(train=False)
    model = digits.Classifier(options.hidden)
    print(
        f"rushlight {VERSION}: a network of 784-{options.hidden}-10 neurons learns from "
        f"{len(train_data):,} handwritten digits"
    )
    history = trained(model, train_data, test_data, options)
    accuracy = history.tested[-1][1]
    print(
        f"\nOf {len(test_data):,} digits it had never seen it reads "
        f"{round(accuracy * len(test_data)):,} right: {100 * accuracy:.1f}%\n"
    )
    wrong = digits.mistakes(model, test_data)
    saved = {
        "model.pt": model_file(model),
        "loss.png": loss_picture(history, options, len(train_data)),
        "mistakes.png": mistakes_picture(wrong, test_data),
    }
    save(options.out, saved)
    print(f"Saved in {options.out}:")
    print("  model.pt      what it learned: a state dict for torch.load")
    print("  loss.png      how the loss fell")
    print(f"  mistakes.png  the worst of its {len(wrong)} mistakes")


def trained(
    model: Any, train_data: Any, test_data: Any, options: argparse.Namespace
) -> digits.History:
    """Train with a progress bar; raises Refused if the loss is lost on the way."""
    progress = Progress(options.epochs, len(train_data))

    def watch(size: int, loss: float, right: int) -> None:
        if not math.isfinite(loss):
            raise Refused(f"the loss became {loss}\n  hint: use a smaller --lr than {options.lr:g}")
        progress.batch(size, loss, right)

    try:
        return digits.train(
            model, train_data, test_data, options.epochs, options.batch_size, options.lr,
            watch, progress.epoch,
        )  # fmt: skip
    finally:
        progress.close()


# -- what is saved -----------------------------------------------------------------------------


def model_file(model: Any) -> bytes:
    """What `torch.save` writes of the model's state dict."""
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    return file.getvalue()


def loss_picture(history: digits.History, options: argparse.Namespace, count: int) -> bytes:
    """A picture of how the loss fell, as PNG."""
    losses = np.array(history.losses)
    per_epoch = len(losses) // options.epochs
    means = losses.reshape(options.epochs, per_epoch).mean(1)
    tested = [loss for loss, _ in history.tested]
    lines = [
        Line("", *smoothed(losses, per_epoch), BATCHES, 1.3),
        Line(f"training {means[-1]:.3f}", np.arange(options.epochs) + 0.5, means, TRAINING),
        Line(f"held out {tested[-1]:.3f}", np.arange(len(tested)), tested, HELD_OUT),
    ]
    subtitle = (
        f"784-{options.hidden}-10 sigmoid neurons, {count:,} digits, batches of "
        f"{options.batch_size}, learning rate {options.lr:g}"
    )
    return line_chart(lines, "How the loss fell", subtitle, "epoch").png()


def smoothed(losses: Any, per_epoch: int) -> tuple[Any, Any]:
    """The means of a few batches each, and the epochs in the middle of them."""
    size = max(per_epoch // POINTS_PER_EPOCH, 1)
    starts = np.arange(0, len(losses), size)
    sizes = np.diff(np.append(starts, len(losses)))
    return (starts + sizes / 2) / per_epoch, np.add.reduceat(losses, starts) / sizes


def mistakes_picture(wrong: Sequence[digits.Mistake], data: Any) -> bytes:
    """A picture of the worst mistakes, as PNG."""
    pixels = (data.tensors[0].numpy().reshape(-1, 28, 28) * 255 + 0.5).astype(np.uint8)
    exhibits = [
        Exhibit(pixels[m.index], [(f"it is a {m.label}", INK), (f"it said {m.answer}", WRONG),
                                  (f"output {m.output:.2f}", FADED)])
        for m in wrong[:SHOWN]
    ]  # fmt: skip
    subtitle = f"{len(wrong)} of {len(data):,} held-out digits were misread; the worst come first"
    return gallery(exhibits, "The worst mistakes", subtitle).png()


def save(folder: Path, contents: dict[str, bytes]) -> None:
    """Write the files to `folder`, all or none; raises Refused if they cannot be written."""
    try:
        with contextlib.ExitStack() as stack:
            for name, content in contents.items():
                file = stack.enter_context(whole_file(folder / name))
                file.write(content)
                file.flush()  # a full disk shows here, before any file has taken its place
    except OSError as error:
        raise unwritable(folder, error) from None
