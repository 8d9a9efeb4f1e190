"""The error for a PyTorch name that is not here: it says so, and what to use."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .errors import MissingError, explain

INSTEAD = {
    "jit": "leave it out: every loop is recorded and compiled as it is",
    "distributed": "training on several machines is not there yet",
    "sparse": "sparse tensors are not there: use index_add or an embedding on dense ones",
    "quantization": "quantised tensors are not there",
    "hub": "there are no pretrained models here: load a state dict of NumPy arrays",
    "multiprocessing": "use threads (DataLoader workers are threads) or Python's own",
}
"""What to do instead, where that is known."""


def missing(space: str, name: str, known: Iterable[str] = ()) -> MissingError:
    """The error for `<space>.<name>`, with a hint: what to use instead, or names that are near."""
    hint = INSTEAD.get(name, "")
    if not hint:
        near = difflib.get_close_matches(name, list(known), n=3)
        hint = (
            f"did you mean {' or '.join(near)}?" if near else "`rushlight ops` lists what there is"
        )
    return MissingError(explain(f"{space}.{name}", "rushlight does not have this", hint=hint))
