"""A picture (SVG) of a table in results/: how many times as fast as torch eager each contender is.

    python benchmarks/picture.py [RESULTS.json] [PICTURE.svg]

By default the newest table, and docs/benchmarks.svg.
"""

import json
import math
import sys
from html import escape
from pathlib import Path

from report import span

HERE = Path(__file__).resolve().parent
BARS = {"rushlight": "#c2410c", "jax": "#64748b", "compile": "#94a3b8"}
NAMES = {"rushlight": "rushlight", "jax": "jax.jit", "compile": "torch.compile"}
TITLES = {
    "square": "1-10-1, Adam, batch 100",
    "digits": "784-30-10, SGD, batch 10, DataLoader",
    "mlp": "784-512-512-10, Adam, batch 128",
    "lenet": "LeNet-5, Adam, batch 64",
    "gpt": "character GPT, AdamW, batch 12",
    "lstm": "LSTM language model, Adam, batch 20",
    "process": "a whole process: 2000 steps of 1-10-1",
    "inference": "one sample through 784-30-10",
    "chain": "elementwise chain, 10 million floats",
}
LEFT, WIDTH, BAR, GAP, TOP = 270, 430, 11, 14, 64


def times(contenders):
    """{contender: time of a step} of those that were measured."""
    return {n: m["micros"] for n, m in contenders.items() if "error" not in m}


def groups(programs):
    """Triples of a title, torch's time, and {contender: ratio to it}."""
    found = []
    for program, title in TITLES.items():
        known = times(programs.get(program, {}))
        if "torch" in known:
            ratios = {n: known["torch"] / known[n] for n in BARS if n in known}
            found.append((title, known["torch"], ratios))
    return found


class Scale:
    """From ratios to places: logarithmic."""

    def __init__(self, ratios):
        self.low = min(0.5, *ratios)
        self.high = max(2.0, *ratios)

    def __call__(self, ratio):
        """Where `ratio` is."""
        part = math.log(ratio / self.low) / math.log(self.high / self.low)
        return LEFT + WIDTH * part

    def ticks(self):
        """Round ratios within the scale."""
        steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
        return [t for t in steps if self.low <= t <= self.high]


def text(x, y, words, size=12, anchor="start", colour="#1e293b"):
    """A line of text."""
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(words)}</text>'
    )


def rectangle(x, y, width, height, colour):
    """A bar."""
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def drawn(programs, facts):
    """The picture."""
    found = groups(programs)
    scale = Scale([r for _, _, ratios in found for r in ratios.values()])
    body = []
    y = TOP
    for title, torch, ratios in found:
        middle = y + len(ratios) * BAR / 2
        body.append(text(LEFT - 10, middle, title, anchor="end"))
        body.append(text(LEFT - 10, middle + 12, f"torch {span(torch)}", 10, "end", "#64748b"))
        for name, ratio in ratios.items():
            left, right = sorted((scale(1), scale(ratio)))
            body.append(rectangle(left, y, max(right - left, 1), BAR - 2, BARS[name]))
            body.append(text(right + 4, y + BAR - 3, f"{ratio:.1f}x", 10))
            y += BAR
        y += GAP
    head = [text(12, 22, "Times as fast as torch eager, everything included", 15)]
    for k, name in enumerate(BARS):
        head.append(rectangle(LEFT + 130 * k, 34, 10, 10, BARS[name]))
        head.append(text(LEFT + 130 * k + 15, 43, NAMES[name]))
    for tick in scale.ticks():
        x = scale(tick)
        colour = "#1e293b" if tick == 1 else "#e2e8f0"
        head.append(f'<path d="M{x:.1f} {TOP - 6}V{y - GAP + 4}" stroke="{colour}"/>')
        head.append(text(x, y + 4, f"{tick:g}x", 10, "middle", "#64748b"))
    machine = f"{facts['processor']}, {facts['cores']} cores; torch {facts['torch']}"
    head.append(text(12, y + 24, f"{machine}, jax {facts['jax']}", 10, colour="#64748b"))
    size = f'width="{LEFT + WIDTH + 60}" height="{y + 34}"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">'
    white = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([start, white, *head, *body, "</svg>"]) + "\n"


def main():
    newest = max((HERE / "results").glob("*.json"), default=None)
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else newest
    if source is None:
        raise SystemExit("no results yet: python benchmarks/run.py --write")
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parent / "docs" / "benchmarks.svg"
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(source.read_text())
    target.write_text(drawn(kept["programs"], kept["machine"]))
    print("written to", target)


if __name__ == "__main__":
    main()
