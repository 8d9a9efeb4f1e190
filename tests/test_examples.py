"""The programs in `examples/` print under rushlight what they print under PyTorch."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from example_runs import EXAMPLES, SHORT

TESTS = Path(__file__).parent
GOLDEN = json.loads((TESTS / "golden" / "examples.json").read_text())
NUMBER = re.compile(r"-?\d+\.\d+")
PARTS = [list(SHORT)[k::2] for k in (0, 1)]
"""The examples in groups, for each of which a process is started."""


def printed(names, *runner):
    """What examples print, {name: text}, when they are run by `runner`."""
    command = [sys.executable, *runner, str(TESTS / "example_runs.py"), *names]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=TESTS.parent, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def differences(name, ours, theirs):
    """Where two printed texts differ in words, or in numbers by more than their last digit."""
    if NUMBER.sub("#", ours) != NUMBER.sub("#", theirs):
        return [f"{name}: {ours!r} instead of {theirs!r}"]
    pairs = zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=True)
    return [f"{name}: {a} instead of {b}" for a, b in pairs if apart(a, b)]


def apart(a, b):
    """Whether two printed numbers differ by more than rounding: one in the last or fourth digit."""
    last = 10.0 ** -len(b.partition(".")[2])
    return abs(float(a) - float(b)) > max(1.01 * last, 1e-4 * abs(float(b)))


def test_every_example_is_run():
    assert {name.split()[0] for name in SHORT} == {path.stem for path in EXAMPLES.glob("*.py")}
    assert set(GOLDEN) == set(SHORT)


@pytest.mark.parametrize("names", PARTS, ids=lambda names: names[0])
def test_examples_print_what_pytorch_prints(names):
    ours = printed(names, "-m", "rushlight", "run")
    found = [line for name in names for line in differences(name, ours[name], GOLDEN[name])]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("names", PARTS, ids=lambda names: names[0])
def test_what_is_kept_is_what_pytorch_prints(names):
    pytest.importorskip("torch")
    theirs = printed(names)
    found = [line for name in names for line in differences(name, GOLDEN[name], theirs[name])]
    assert not found, "\n".join(found)
