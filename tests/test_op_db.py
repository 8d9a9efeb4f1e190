"""PyTorch's own table of operators: its samples in, both results and gradients compared.

What does not apply is in op_db.py, with reasons. What rushlight does otherwise must be named here
with the reason. A few samples of each entry are tried; `--full` tries all.
"""

import pytest

op_db = pytest.importorskip("op_db")

DIFFERENT = {
    "nn.functional.batch_norm": ("one dimension without elements is refused", "reshape_view"),
    "nn.functional.layer_norm": ("PyTorch rounds where the gradient is 0", "gradient 0"),
    "histogramdd": ("borders that do not increase are refused", "monotonically increasing"),
    "as_strided_scatter": ("PyTorch gives the gradient to what was overwritten", "gradient 0"),
}
"""Entries of which some samples give something else, or an error: why, and what is said then."""

SHARE = 0.99
"""How much of the table must agree entirely."""

ENTRIES = op_db.applicable()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("info", ENTRIES, ids=op_db.full_name)
def test_functions_do_what_pytorchs_do(info, request):
    name = op_db.full_name(info)
    most = None if request.config.getoption("--full") else 3
    wrong = [v for _, v in op_db.verdicts(info, most) if v and not v.startswith("skip")]
    if name in DIFFERENT:
        wrong = [text for text in wrong if DIFFERENT[name][1] not in text]
    assert not wrong, f"{len(wrong)} samples, the first: {wrong[0]}"


NARROW = [i for i in ENTRIES if op_db.torch.bfloat16 in i.supported_dtypes("cpu")]
TIES = ("sort", "topk", "argsort", "msort")
"""Equal numbers, of which there are many in bfloat16, come in another order."""


@pytest.mark.filterwarnings("ignore")
def test_bfloat16(request):
    """Every eighth entry is tried, with one sample; all of both with --full."""
    full = request.config.getoption("--full")
    wrong = []
    for info in NARROW if full else NARROW[::8]:
        name = op_db.full_name(info)
        if name in DIFFERENT or name in TIES or op_db.ours(info) is None:
            continue
        found = op_db.verdicts(info, None if full else 1, op_db.torch.bfloat16)
        wrong += [f"{name}: {v}" for _, v in found if v and not v.startswith("skip")]
    assert not wrong, "\n".join(wrong)


def test_most_of_the_table_agrees():
    names = [op_db.full_name(info) for info in ENTRIES]
    assert set(DIFFERENT) <= set(names)
    assert 1 - len(DIFFERENT) / len(names) >= SHARE
