"""PyTorch's own table of operators: its samples in, both results and gradients compared.

What does not apply is in op_db.py, with reasons. What rushlight lacks, or does otherwise, must be
named here with the reason. A few samples of each entry are tried; `--full` tries all.
"""

import pytest

op_db = pytest.importorskip("op_db")

MISSING = {
    "rarely used": [
        "as_strided_scatter", "grid_sampler_2d", "grid_sampler_3d", "histogramdd", "pca_lowrank",
        "svd_lowrank",
    ],
}  # fmt: skip
"""What rushlight does not have, by the reason."""

DIFFERENT = {
    "gradient": "spacing by tensors is not there",
    "nn.functional.batch_norm": "no channels",
    "gather": "an index without elements, but with more dimensions, is refused",
    "nn.functional.layer_norm": "PyTorch rounds where the gradient is 0",
    "nn.functional.grid_sample": "bicubic is not there",
    "linalg.matrix_rank": "tolerances without elements",
}
"""Entries of which some samples give something else, or an error, and what it is about."""

SHARE = 0.98
"""How much of the table must agree entirely."""


def is_in(name, patterns):
    return any([name == p or (p[-1] == "*" and name.startswith(p[:-1])) for p in patterns])


ENTRIES = op_db.applicable()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("info", ENTRIES, ids=op_db.full_name)
def test_functions_do_what_pytorchs_do(info, request):
    name = op_db.full_name(info)
    gaps = [reason for reason, names in MISSING.items() if is_in(name, names)]
    if gaps:
        assert op_db.ours(info) is None, f"{name} is there now"
        pytest.skip(gaps[0])
    most = None if request.config.getoption("--full") else 3
    wrong = [v for _, v in op_db.verdicts(info, most) if v and not v.startswith("skip")]
    if name in DIFFERENT:
        pytest.skip(DIFFERENT[name])
    assert not wrong, f"{len(wrong)} samples, the first: {wrong[0]}"


def test_most_of_the_table_agrees():
    names = [op_db.full_name(info) for info in ENTRIES]
    missing = [n for n in names if any([is_in(n, patterns) for patterns in MISSING.values()])]
    assert set(DIFFERENT) <= set(names)
    assert 1 - len([n for n in names if n in missing or n in DIFFERENT]) / len(names) >= SHARE
