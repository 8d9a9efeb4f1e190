"""2,000 random programs show what PyTorch shows: views, mutation, branches, gradients.

CI plays some of them; `RUSHLIGHT_PROGRAMS=2000 pytest tests/test_semantics.py` plays that many of
each of the two kinds.
"""

import os

import numpy as np
import programs
import pytest
import richer_programs

import rushlight
from rushlight import config

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.usefixtures("engine", "at_once")
PARTS = 8
PROGRAMS = int(os.environ.get("RUSHLIGHT_PROGRAMS", "480"))
RICHER = {"make": richer_programs.make, "player": richer_programs.Player}


@pytest.fixture
def at_once(engine, monkeypatch):
    """Programs are over soon: what compiles shall do so the first time."""
    if engine is not None:
        monkeypatch.setattr(config, "hot", 1)


@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs(part):
    step = PROGRAMS // PARTS
    found = [
        text
        for seed in range(part * step, (part + 1) * step)
        if (text := programs.difference(rushlight, torch, seed)) is not None
    ]
    assert not found, "\n".join(found)


@pytest.mark.filterwarnings("ignore:The .grad attribute")
@pytest.mark.parametrize("part", range(PARTS))
def test_richer_programs(part):
    step = PROGRAMS // PARTS
    found = [
        programs.difference(rushlight, torch, seed, **RICHER)
        for seed in range(part * step, (part + 1) * step)
    ]
    assert not any(found), "\n".join(filter(None, found))


@pytest.mark.parametrize("kind", [{}, RICHER])
def test_random_programs_eagerly(kind):
    with rushlight.eager():
        found = [programs.difference(rushlight, torch, seed, **kind) for seed in range(100)]
    assert not any(found), found


@pytest.mark.parametrize("kind", [{}, RICHER])
def test_random_programs_in_float32(kind):
    found = [programs.difference(rushlight, torch, s, np.float32, **kind) for s in range(100)]
    assert not any(found), found
