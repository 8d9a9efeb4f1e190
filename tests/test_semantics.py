"""2,000 random programs show what PyTorch shows: views, mutation, branches, gradients.

CI plays some of them; `RUSHLIGHT_PROGRAMS=2000 pytest tests/test_semantics.py` plays that many of
each of the two kinds, on every engine. Machine code takes longest to make: `-k machine_code`.
"""

import importlib
import os

import conftest
import numpy as np
import programs
import pytest
import richer_programs

import rushlight
from rushlight import config
from rushlight.runtime import compiling
from rushlight.runtime.recorder import local

torch = pytest.importorskip("torch")

PARTS = 8
PROGRAMS = int(os.environ.get("RUSHLIGHT_PROGRAMS", "480"))
COMPILED = int(os.environ.get("RUSHLIGHT_PROGRAMS", "8"))
"""How many programs of each kind become machine code."""

RICHER = {"make": richer_programs.make, "player": richer_programs.Player}


everywhere = pytest.mark.usefixtures("engine", "at_once")


@pytest.fixture
def at_once(monkeypatch):
    """Programs are over soon: what compiles shall do so the first time."""
    if compiling.state.available:
        monkeypatch.setattr(config, "hot", 1)


@pytest.fixture
def machine_code(monkeypatch):
    """Windows become machine code when they are flushed the first time."""
    pytest.importorskip("llvmlite")
    engine = importlib.import_module("rushlight.engines.llvm")
    return conftest.compile_with(engine, monkeypatch)


@everywhere
@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs(part):
    step = PROGRAMS // PARTS
    found = [
        text
        for seed in range(part * step, (part + 1) * step)
        if (text := programs.difference(rushlight, torch, seed)) is not None
    ]
    assert not found, "\n".join(found)


@everywhere
@pytest.mark.filterwarnings("ignore:The .grad attribute")
@pytest.mark.parametrize("part", range(PARTS))
def test_richer_programs(part):
    step = PROGRAMS // PARTS
    found = [
        programs.difference(rushlight, torch, seed, **RICHER)
        for seed in range(part * step, (part + 1) * step)
    ]
    assert not any(found), "\n".join(filter(None, found))


@everywhere
@pytest.mark.parametrize("kind", [{}, RICHER])
def test_random_programs_eagerly(kind):
    with rushlight.eager():
        found = [programs.difference(rushlight, torch, seed, **kind) for seed in range(100)]
    assert not any(found), found


@everywhere
@pytest.mark.parametrize("kind", [{}, RICHER])
def test_random_programs_in_float32(kind):
    found = [programs.difference(rushlight, torch, s, np.float32, **kind) for s in range(100)]
    assert not any(found), found


@pytest.mark.filterwarnings("ignore:The .grad attribute")
@pytest.mark.usefixtures("machine_code", "at_once")
@pytest.mark.parametrize("kind", [{}, RICHER], ids=["plain", "richer"])
@pytest.mark.parametrize("part", range(2 * PARTS))
def test_random_programs_in_machine_code(part, kind):
    dtype, step = (np.float64, np.float32)[part % 2], COMPILED // PARTS
    found = []
    for seed in range(part // 2 * step, (part // 2 + 1) * step):
        found.append(programs.difference(rushlight, torch, seed, dtype, **kind))
        local.recorder.flush()
        local.recorder.restart()
    assert not any(found), "\n".join(filter(None, found))
