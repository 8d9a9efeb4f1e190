"""Small programs do in rushlight what they do in PyTorch: values, types, memory, printed text."""

import pytest
import snippets

import rushlight

torch = pytest.importorskip("torch")

CASES = [
    pytest.param(program, id=f"{path.stem}-{k}")
    for path in sorted(snippets.FOLDER.glob("*.txt"))
    for k, program in enumerate(snippets.programs(path.stem))
]


@pytest.mark.parametrize("program", CASES)
def test_shows_what_pytorch_shows(program):
    found = snippets.compare(rushlight, torch, program)
    assert not found, "\n".join([program, *found])
