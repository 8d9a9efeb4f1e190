"""Every example in a docstring gives what it says."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import rushlight
from rushlight import distributions, nn, vision
from rushlight.ops import OPS

NAMES = {
    "torch": rushlight,
    "np": np,
    "nn": nn,
    "F": nn.functional,
    "torchvision": vision,
    "D": distributions,
}
"""What examples take for granted."""

MODULES = [
    found.name
    for found in pkgutil.walk_packages(rushlight.__path__, "rushlight.")
    if not found.name.endswith("__main__")
]


def check(tests):
    """Run the examples; raises with what they gave instead."""
    said = []
    runner = doctest.DocTestRunner(verbose=False)
    for test in tests:
        rushlight.manual_seed(0)
        runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    check(doctest.DocTestFinder(exclude_empty=True).find(module, extraglobs=NAMES))


@pytest.mark.parametrize("op", [op for op in OPS.values() if ">>>" in (op.__doc__ or "")],
                         ids=lambda op: op.name)  # fmt: skip
def test_examples_of_an_op(op):
    parser = doctest.DocTestParser()
    check([parser.get_doctest(op.__doc__, dict(NAMES), op.name, None, 0)])
