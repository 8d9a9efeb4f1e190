"""The error for a PyTorch name that is not here: it says so, and what to use."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .errors import MissingError, MissingModuleError, explain

INSTEAD = {
    "v2": "use torchvision.transforms: most names are the same",
    "detection": "there are only networks that classify pictures: see torchvision.models",
    "segmentation": "there are only networks that classify pictures: see torchvision.models",
    "distributed": "training on several machines is not there yet",
    "sparse": "sparse tensors are not there: use index_add or an embedding on dense ones",
    "quantization": "quantised tensors are not there",
}
"""What to do instead, where that is known."""


hints: dict[tuple[str, str], str] = {}
"""Hints found before: programs ask `hasattr` again and again."""


def missing(space: str, name: str, known: Iterable[str] = ()) -> MissingError:
    """The error for `<space>.<name>`, with a hint: what to use instead, or names that are near."""
    hint = hints.get((space, name))
    if hint is None:
        hint = hints[space, name] = hint_for(name, known)
    return MissingError(explain(f"{space}.{name}", "rushlight does not have this", hint=hint))


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
    if name in INSTEAD:
        return INSTEAD[name]
    near = difflib.get_close_matches(name, list(known), n=3)
    return f"did you mean {' or '.join(near)}?" if near else "`rushlight ops` lists what there is"
