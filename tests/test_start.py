"""What starting costs: which modules a first program loads, and what Python looks at afterwards."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def after(code, **environment):
    """What a program prints as JSON, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, **environment},
    )  # fmt: skip
    return json.loads(done.stdout)


LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)))"


def test_importing_loads_no_library_and_nothing_that_few_programs_want():
    loaded = set(after(f"import rushlight; {LOADED}"))
    ours = [name for name in loaded if name.startswith("rushlight.")]
    assert len(ours) < 225, len(ours)
    for name in ("nn", "optim", "data", "io", "func", "engines.llvm", "rng.borrowed", "lowrank"):
        assert f"rushlight.{name}" not in loaded
    rare = {"numpy.random", "difflib", "logging", "secrets", "sysconfig"}
    assert not rare & loaded - before()


def before():
    """What is loaded without us."""
    return set(after(f"import numpy; {LOADED}"))


def test_a_layer_and_an_optimizer_load_no_others():
    code = "import rushlight as torch; torch.nn.Linear(1, 1); torch.optim.Adam; torch.nn.MSELoss"
    loaded = set(after(f"{code}; {LOADED}"))
    assert "rushlight.nn.linear" in loaded and "rushlight.optim.adam" in loaded
    for name in ("nn.conv", "nn.heads", "nn.ctc", "optim.sgd", "optim.lbfgs", "optim.lr_scheduler"):
        assert f"rushlight.{name}" not in loaded


PROGRAM = """
import json, sys
import rushlight as torch
from rushlight.runtime import compiling
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters())
for _ in range(9):
    loss = model(torch.ones(2, 3)).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
compiling.wait()
from rushlight.engines.llvm import jit
made = [name for name in sys.modules if name.startswith("rushlight.engines.llvm.")]
print(json.dumps([jit.compile_count(), len(made), "rushlight.engines.llvm.making" in made]))
"""


def test_kept_code_is_loaded_without_what_makes_code(tmp_path):
    pytest.importorskip("llvmlite")
    compiles, _, made = after(PROGRAM, RUSHLIGHT_CACHE=str(tmp_path))
    assert compiles and made
    compiles, modules, made = after(PROGRAM, RUSHLIGHT_CACHE=str(tmp_path))
    assert not compiles and modules < 20 and not made


COLLECTOR = """
print(json.dumps([gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()]))
"""


def test_the_collector_leaves_alone_what_importing_made():
    ordinary = after("import gc, json" + COLLECTOR)
    code = "from __future__ import annotations; import gc, json; epochs = 3; import rushlight"
    threshold, enabled, frozen = after(code + COLLECTOR)
    assert [threshold, enabled] == ordinary[:2] and frozen > 10_000


def test_what_a_program_made_before_may_become_garbage():
    code = "import gc, json; mine = [{}]; gc.set_threshold(9)"
    frozen = after(code + COLLECTOR)[2]  # by Python itself
    threshold, _, count = after(code + "; import rushlight" + COLLECTOR)
    assert threshold[0] == 9 and count == frozen


def test_a_collector_that_is_turned_off_stays_so():
    code = "import gc, json; gc.set_threshold(0); import rushlight"
    assert after(code + COLLECTOR)[0][0] == 0
