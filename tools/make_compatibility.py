"""Write docs/compatibility.md: PyTorch's public names, what rushlight has, and how it was checked.

`--check` only says whether the page is what it should be. PyTorch's names come from
tests/golden/names.json, so that PyTorch need not be there.
"""

from __future__ import annotations

import ast
import fnmatch
import importlib
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rushlight
from rushlight.errors import MissingError, RushlightError
from rushlight.ops import OPS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "compatibility.md"
GOLDEN = json.loads((ROOT / "tests" / "golden" / "names.json").read_text())

OUTSIDE = {
    "sparse": "*sparse* *csr* *csc* *bsr* *bsc* coalesce is_coalesced col_indices* ccol_indices* "
    "crow_indices* row_indices* indices indices_copy values values_copy dense_dim smm hsmm hspmm "
    "spmm dsmm saddmm sspaddmm to_dense SparseAdam",
    "quantised": "*quant* q_* qint* quint* qscheme int_repr per_channel_* per_tensor_* fbgemm_* "
    "*fake_quant* *qparams*",
    "nested or named": "*nested* jagged names name rename* refine_names align_* index "
    "to_padded_tensor",
    "other devices": "cudnn_* miopen_* mkldnn_* to_mkldnn *vulkan* *xla* *ipu* *mtia* is_maia xpu "
    "record_stream Stream Event cuda_*",
    "narrow numbers": "float8_* float4_* bits* bit int? uint? *scaled_mm grouped_mm "
    "scaled_grouped_mm ScalingType SwizzleType complex32 chalf",
    "for compilers": "sym_* Sym* *_copy cond while_loop export fork wait import_ir_module* parse_* "
    "thread_safe_generator init_num_threads native_* *_backward_* batch_norm_* slice_inverse "
    "module_load swap_in_optimizer_params_and_state debug_unwrap classproperty "
    "set_autocast_* get_autocast_* autocast_* merge_type_from_type_comment unify_type_list "
    "prepare_multiprocessing_environment profiler_allow_* assert_int_or_pair boolean_dispatch "
    "get_file_path const_data_ptr dim_order grad_dtype output_nr hash_tensor compiled_with_* "
    "USE_* PRIVATE_OPS factory_kwargs conv_tbc norm_except_dim",
    "removed or deprecated in PyTorch": "eig lstsq matrix_rank solve symeig new reinforce resize "
    "resize_as volatile storage_type *Storage Container map_ map2_ to_dlpack "
    "legacy_contiguous_format TypedStorage",
    "data pipes, which PyTorch gave up": "*DataPipe* DataChunk functional_datapipe "
    "guaranteed_datapipes_determinism non_deterministic argument_validation runtime_validation*",
}
"""Names that are no aim of rushlight, by the reason: words with * and ?."""

SWEPT = {
    "torch": "torch", "torch.Tensor": "Tensor", "torch.nn.functional": "F",
    "torch.linalg": "linalg", "torch.fft": "fft", "torch.special": "special",
}  # fmt: skip
"""What the op table calls the places that have ops."""


def literal(path: str, name: str) -> Any:
    """What a test file says `name` is, without running it."""
    for node in ast.parse((ROOT / "tests" / path).read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return ast.literal_eval(node.value)
    raise SystemExit(f"tests/{path} has no table {name}")


DIFFERENT: dict[str, str] = {
    name: reason for name, (reason, _) in literal("test_op_db.py", "DIFFERENT").items()
}
OPTIMIZERS = {name for name, _ in literal("optimizer_cases.py", "CASES")} | {"LBFGS", "Muon"}


def words(pattern: str) -> set[str]:
    """All words of some files of tests."""
    texts = [path.read_text() for path in (ROOT / "tests").glob(pattern)]
    return {word for text in texts for word in re.findall(r"\w+", text)}


SNIPPETS = words("snippets/*.txt")
TESTS = words("*.py")
"""What tests say, in which names are looked for that no table checks."""


def has(space: str, name: str) -> bool:
    """Whether rushlight has the name; what it lacks must say so by name."""
    place: Any = rushlight.ones(2)
    if space != "torch.Tensor":
        place = importlib.import_module(space.replace("torch", "rushlight", 1))
    try:
        getattr(place, name)
    except MissingError as error:
        if name not in str(error):
            raise SystemExit(f"{space}.{name} is missing, but its error is {error}") from None
        return False
    except AttributeError as error:
        raise SystemExit(f"{space}.{name} is missing without a word: {error}") from None
    except RushlightError:  # a property that wants another tensor
        return True
    return True


def in_tables(space: str, name: str) -> list[str]:
    """What an entry of `op_db` for this name may be called."""
    if space in ("torch", "torch.Tensor"):
        return [name, name.removesuffix("_")]
    return [f"{space.removeprefix('torch.')}.{name}"]


def checks(space: str, name: str) -> str:
    """How it is checked that the name does what PyTorch's does."""
    found = []
    ops = [op for op in OPS.values() if name.removesuffix("_") in (op.name, *op.aliases)]
    if any([SWEPT.get(space, "-") in op.on for op in ops]):
        found.append("op sweep")
    plain = space == "torch" and not callable(getattr(rushlight, name))  # a dtype, say
    if (
        space in SWEPT
        and not plain
        and any([n in GOLDEN["tables"]["op_db"] for n in in_tables(space, name)])
    ):
        found.append("op_db")
    if space == "torch.nn" and name in GOLDEN["tables"]["module_db"]:
        found.append("module_db")
    if space == "torch.distributions" and name in GOLDEN["tables"]["distributions"]:
        found.append("distribution sweep")
    if space == "torch.optim" and name in OPTIMIZERS:
        found.append("optimizer table")
    if name in SNIPPETS:
        found.append("snippets")
    if not found:
        found.append("tests of its own" if name in TESTS else "not checked by name")
    return ", ".join(found)


def outside(name: str) -> str:
    """Why the name is no aim, if it is none."""
    for reason, words in OUTSIDE.items():
        if any([fnmatch.fnmatchcase(name, word) for word in words.split()]):
            return reason
    return ""


def state(space: str, name: str) -> tuple[str, str]:
    """What there is of a name, and how it was checked or why it is not there."""
    if not has(space, name):
        reason = outside(name)
        return ("out of scope", reason) if reason else ("missing", "says so when it is used")
    # A variant of an entry (pad.replicate_negative) is about the function too.
    for entry in in_tables(space, name):
        for key, reason in DIFFERENT.items():
            if key == entry or key.startswith(f"{entry}."):
                return "there, with a difference", reason
    return "there", checks(space, name)


STATES = ["there", "there, with a difference", "missing", "out of scope"]


def section(space: str, groups: dict[tuple[str, str], list[str]]) -> list[str]:
    """The names of one place, by state and check."""
    lines = [f"## {space}", "", "| state | checked by, or why | names |", "|---|---|---|"]
    for key in sorted(groups, key=lambda k: (STATES.index(k[0]), k[1])):
        names = " ".join([f"`{name}`" for name in groups[key]])
        lines.append(f"| {key[0]} | {key[1]} | {names} |")
    return [*lines, ""]


HEAD = """# Compatibility

The public names of PyTorch {version}, place by place. Made by `tools/make_compatibility.py`: do not
edit.

- *op sweep*: values, dtypes, shapes, strides, first and second gradients of the op's samples are
  compared with PyTorch's, in every engine (`tests/test_every_op.py`);
- *op_db*, *module_db*: the same with the samples in PyTorch's own tables (`tests/test_op_db.py`,
  `tests/test_module_db.py`), and their second gradients, `out=`, and wrong arguments
  (`tests/test_op_db_second.py`, `_out.py`, `_errors.py`), and copies of modules
  (`tests/test_module_copies.py`);
- *optimizer table*: trajectories (`tests/optimizer_cases.py`);
- *distribution sweep*: what is drawn, densities, moments, gradients and divergences
  (`tests/test_distributions.py`);
- *snippets*: small programs of which everything that can be seen is compared (`tests/snippets/`);
- *tests of its own*: a test names it; *not checked by name*: none does.

What is missing raises an error that names it. Otherwise than in PyTorch, on purpose:

- changes of tensors are not counted (`Tensor._version`): a gradient uses the values from before
  them. What is kept for it is no tensor that `saved_tensors_hooks` could be shown;
- equal elements keep their order in `sort`, `argsort` and `topk`, where PyTorch gives them in any
  order unless it is asked for `stable=True`; `is_inference()` is always False;
- `out=` takes any tensor whose dtype the result can be converted to, where PyTorch has a rule for
  each function;
- `uint16`, `uint32` and `uint64` are computed with where PyTorch has no kernel for them;
- where vmap and gradients meet in a custom function, some combinations are refused by name
  (`tests/test_autograd_function_db.py`); forward mode uses its `jvp`.
"""


def page() -> str:
    """The text of the page."""
    total: dict[str, dict[str, int]] = {}
    body: list[str] = []
    for space, names in GOLDEN["names"].items():
        groups: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name in names:
            groups[state(space, name)].append(name)
        total[space] = {s: sum(len(v) for k, v in groups.items() if k[0] == s) for s in STATES}
        body += section(space, groups)
    lines = [HEAD.format(version=GOLDEN["version"])]
    lines += [f"| | {' | '.join(STATES)} | of those in scope |", "|---|---|---|---|---|---|"]
    sums = {s: sum(counts[s] for counts in total.values()) for s in STATES}
    for space, counts in [*total.items(), ("all", sums)]:
        here = counts[STATES[0]] + counts[STATES[1]]
        share = 100 * here / (here + counts["missing"])
        lines.append(f"| {space} | {' | '.join(str(counts[s]) for s in STATES)} | {share:.1f}% |")
    return "\n".join([*lines, "", *body]).rstrip() + "\n"


def main() -> int:
    """Write or check the page; the exit status."""
    text = page()
    if PAGE.exists() and PAGE.read_text() == text:
        return 0
    if "--check" in sys.argv[1:]:
        print("docs/compatibility.md is stale: run tools/make_compatibility.py")
        return 1
    PAGE.write_text(text)
    print("wrote docs/compatibility.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
