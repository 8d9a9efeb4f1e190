"""PyTorch's functions as the distributions use them: `torch.where`, `torch.finfo`, ..."""

from __future__ import annotations

from typing import Any

from .. import settings, variates
from ..calls import function
from ..ops import OPS

__all__ = ["i0e", "i1e", "logsigmoid", "softplus", "solve_triangular"]

i0e = function(OPS["i0e"])
i1e = function(OPS["i1e"])
logsigmoid = function(OPS["logsigmoid"])
softplus = function(OPS["softplus"])
solve_triangular = function(OPS["solve_triangular"])

NEEDED = variates  # its functions are in the table of public names once it is imported


def __getattr__(name: str) -> Any:
    found = settings.lookup(name)
    if found is None:
        raise AttributeError(name)
    globals()[name] = found
    return found
