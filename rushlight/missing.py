"""The error for a PyTorch name that is not here: it says so, and what to use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from .errors import MissingError, MissingModuleError, explain
from .later import later

get_close_matches = later("difflib.get_close_matches")

INSTEAD = {
    "v2": "use torchvision.transforms: most names are the same",
    "detection": "there are only networks that classify pictures: see torchvision.models",
    "segmentation": "there are only networks that classify pictures: see torchvision.models",
    "distributed": "training on several machines is not there yet",
    "Weights": "there are no trained weights here: make the network with weights=None, and load a "
    "state dict that torchvision wrote",
    "sparse": "sparse tensors are not there: use index_add or an embedding on dense ones",
    "quantization": "quantised tensors are not there",
    "saved_tensors_hooks": "what is kept for gradients is no tensor that a hook could be shown; "
    "torch.utils.checkpoint keeps less of it",
    "_version": "changes are not counted: gradients always use the values from before them",
}
"""What to do instead, where that is known."""


METHODS = [
    "_version", "ccol_indices", "chalf", "coalesce", "col_indices",
    "const_data_ptr", "crow_indices", "dense_dim", "dequantize", "eig", "grad_dtype",
    "hash_tensor", "index", "indices", "int_repr", "ipu", "is_coalesced", "is_ipu", "is_maia",
    "is_mtia", "is_vulkan", "lstsq", "module_load", "mtia", "narrow_copy", "q_per_channel_axis",
    "q_per_channel_scales", "q_per_channel_zero_points", "q_scale", "q_zero_point", "qscheme",
    "record_stream", "reinforce", "resize", "resize_as", "resize_as_sparse_", "row_indices",
    "slice_inverse", "smm", "solve", "sparse_dim", "sparse_mask", "sparse_resize_",
    "sparse_resize_and_clear_", "sspaddmm", "storage_type", "symeig", "to_mkldnn",
    "to_padded_tensor", "to_sparse", "to_sparse_bsc", "to_sparse_bsr", "to_sparse_coo",
    "to_sparse_csc", "to_sparse_csr", "values", "volatile", "xpu",
]  # fmt: skip
"""Names of PyTorch's tensors that ours lack. A `__getattr__` would slow down all the others."""


class Absent:
    """In place of one of `METHODS`: asking a tensor for it says that it is not here."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> NoReturn:
        known = [n for n, value in vars(owner).items() if not isinstance(value, Absent)]
        raise missing("Tensor", self.name, known)


hints: dict[tuple[str, str], str] = {}
"""Hints found before: programs ask `hasattr` again and again."""


def missing(space: str, name: str, known: Iterable[str] = ()) -> MissingError:
    """The error for `<space>.<name>`, with a hint: what to use instead, or names that are near."""
    hint = hints.get((space, name))
    if hint is None:
        hint = hints[space, name] = hint_for(name, known)
    return MissingError(explain(f"{space}.{name}", "rushlight does not have this", hint=hint))


def refusing(space: str, known: Iterable[str]) -> Callable[[str], Any]:
    """The `__getattr__` of a module that stands for `space`, whose names are `known`."""

    def refuse(name: str) -> NoReturn:
        if name.startswith("__"):  # Python asks for these, and programs do not
            raise AttributeError(f"module {space!r} has no attribute {name!r}")
        raise missing(space, name, known)

    return refuse


def missing_module(fullname: str) -> MissingModuleError:
    """The error for `import <fullname>`."""
    problem = "rushlight does not have this module"
    known = [part for part in fullname.split(".") if part in INSTEAD]
    hint = hint_for(known[0] if known else fullname)
    error = MissingModuleError(explain(fullname, problem, hint=hint))
    error.name = fullname
    return error


def hint_for(name: str, known: Iterable[str] = ()) -> str:
    """What to use instead of `name`: what is known of it, or names like it."""
    for known_name in (name, name.rpartition("_")[2]):  # ResNet18_Weights
        if known_name in INSTEAD:
            return INSTEAD[known_name]
    near = get_close_matches(name, list(known), n=3)
    return f"did you mean {' or '.join(near)}?" if near else "`rushlight ops` lists what there is"
