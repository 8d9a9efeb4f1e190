"""A progress bar for training: one line of a terminal; elsewhere a plain line for each epoch."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

REDRAWN = 0.05
"""Seconds from one drawing of the bar to the next, at least."""

PATIENCE = 0.2
"""Seconds until the bar is drawn first: the first batch is slow and says little of the rest."""

WIDEST = 30
"""Characters of the bar, at most."""


class Progress:
    """Says how far training over `epochs` times `images` pictures is.

    >>> import sys
    >>> from rushlight.cli.progress import Progress
    >>> progress = Progress(epochs=2, images=10, stream=sys.stdout, clock=iter([0, 0.5]).__next__)
    >>> progress.batch(10, 0.25, 8)
    >>> progress.epoch(1, 0.2, 0.9)
    epoch 1/2  loss 0.2500  accuracy 80.0%  held out 90.0%  20 images/s  0 s left
    """

    def __init__(
        self,
        epochs: int,
        images: int,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.epochs = epochs
        self.images = images
        self.stream = sys.stdout if stream is None else stream
        self.live = self.stream.isatty()
        self.clock = clock
        self.begun = clock()
        self.drawn = self.begun + PATIENCE
        self.finished = 0
        self.seen = self.right = 0
        self.loss = 0.0
        self.held_out = ""

    def batch(self, size: int, loss: float, right: int) -> None:
        """A batch of `size` pictures is done: its mean loss, and how many answers were right."""
        self.seen += size
        self.right += right
        self.loss += loss * size
        if self.live:
            now = self.clock()
            if now - self.drawn >= REDRAWN:
                self.drawn = now
                self.draw(now)

    def epoch(self, number: int, loss: float, accuracy: float) -> None:
        """An epoch is done: its number, from 1, and how the model does on held-out pictures."""
        self.held_out = f"  held out {100 * accuracy:.1f}%"
        now = self.clock()
        if self.live:
            self.draw(now)
        else:
            print(self.line(now), file=self.stream, flush=True)
        self.finished = number
        self.seen = self.right = 0
        self.loss = 0.0

    def close(self) -> None:
        """Leave the line of the bar."""
        if self.live:
            print(file=self.stream)

    def line(self, now: float, bar: str = "") -> str:
        """How far it is, in words."""
        done = self.finished * self.images + self.seen
        took = max(now - self.begun, 1e-9)
        left = took / max(done, 1) * (self.epochs * self.images - done)
        number = min(self.finished + 1, self.epochs)
        seen = max(self.seen, 1)
        return (
            f"epoch {number:>{len(str(self.epochs))}}/{self.epochs}{bar}"
            f"  loss {self.loss / seen:.4f}  accuracy {100 * self.right / seen:.1f}%"
            f"{self.held_out}  {done / took:,.0f} images/s  {duration(left)} left"
        )

    def draw(self, now: float) -> None:
        """Draw the bar over the last one."""
        room = shutil.get_terminal_size().columns - 1
        words = self.line(now)
        share = (self.finished * self.images + self.seen) / (self.epochs * self.images)
        width = min(room - len(words) - 2, WIDEST)
        if width >= 5:
            words = self.line(now, f"  {bar_of(share, width, self.stream.encoding)}")
        self.stream.write(f"\r{words[:room]}\x1b[K")  # the escape clears the rest of the line
        self.stream.flush()


def bar_of(share: float, width: int, encoding: str | None) -> str:
    """A bar of `width` characters, filled to `share`.

    >>> from rushlight.cli.progress import bar_of
    >>> bar_of(0.5, 8, "ascii")
    '####....'
    """
    full, rest = "━", "─"
    try:
        (full + rest).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        full, rest = "#", "."
    count = min(int(share * width), width)
    return full * count + rest * (width - count)


def duration(seconds: float) -> str:
    """A time in words: seconds up to a minute and a half, then minutes.

    >>> from rushlight.cli.progress import duration
    >>> duration(7.4), duration(125)
    ('7 s', '2 min 5 s')
    """
    whole = round(seconds)
    return f"{whole} s" if whole < 90 else f"{whole // 60} min {whole % 60} s"
