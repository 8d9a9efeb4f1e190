"""`rushlight trace script.py` prints what was recorded where the program spent its windows."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

SCRIPT = """\
import torch

w = torch.ones(3, 1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
x = torch.ones(2, 3)
for k in range(8):
    loss = ((x @ w) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", round(loss.item(), 3))
"""


def traced(script, tmp_path, *args):
    """A finished run of `rushlight trace` on a script."""
    path = tmp_path / "script.py"
    path.write_text(script)
    command = [sys.executable, "-m", "rushlight", "trace", str(path), *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_the_hottest_window(tmp_path):
    done = traced(SCRIPT, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "loss" in done.stderr and "loss" not in done.stdout  # what the program itself printed
    text = done.stdout
    assert re.search(r"^ +p1: float32\[3, 1\]$", text, re.M), text
    assert re.search(r"%\d+ = matmul\w*\(|= \w*(mm|product|contract)\w*\(", text), text
    assert "# line 7" in text and "# line 10" in text
    assert re.search(r"^ +return %", text, re.M)


def test_arguments_and_failures_of_the_script(tmp_path):
    done = traced("import sys\nprint(sys.argv[1:])\nraise SystemExit(3)\n", tmp_path, "a", "b")
    assert "['a', 'b']" in done.stderr
    assert done.stdout.strip() == "nothing was recorded" and done.returncode == 3


def test_help(tmp_path):
    command = [sys.executable, "-m", "rushlight", "trace", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and done.stdout.startswith("usage: rushlight trace")
