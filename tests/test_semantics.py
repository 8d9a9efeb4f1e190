"""2,000 random programs show what PyTorch shows: views, mutation, branches, gradients."""

import numpy as np
import programs
import pytest

import rushlight

torch = pytest.importorskip("torch")

PARTS = 8
PROGRAMS = 2000


@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs(part):
    step = PROGRAMS // PARTS
    found = [
        text
        for seed in range(part * step, (part + 1) * step)
        if (text := programs.difference(rushlight, torch, seed)) is not None
    ]
    assert not found, "\n".join(found)


def test_random_programs_eagerly():
    with rushlight.eager():
        found = [programs.difference(rushlight, torch, seed) for seed in range(150)]
    assert not any(found), found


def test_random_programs_in_float32():
    found = [programs.difference(rushlight, torch, seed, np.float32) for seed in range(150)]
    assert not any(found), found
