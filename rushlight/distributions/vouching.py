"""Look whether parameters and values are right, without ending a window that repeats itself.

PyTorch looks at the values each time. So do we where they exist: it costs a pass over an array. A
value that is still to be computed is looked at once, when its program first comes by; that ends the
window. From then on the check is part of the recorded program: `ops.vouched` hands its input
through and refuses to be run if it is wrong, before anything is changed. The error is the same, and
comes when the value is needed.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..calls import function
from ..errors import ChoiceError, explain
from ..ops import OPS
from ..runtime.record import realise
from ..runtime.recorder import local

vouched = function(OPS["vouched"])


def vouch(owner: str, name: str, value: Any, constraint: Any) -> Any:
    """`value`, known to satisfy `constraint` or bound to be refused; raises ValueError if wrong."""
    recorder = local.recorder
    region = constraint.on_arrays() if value._value.leaf and not recorder.mapping else None
    if region is not None:
        with np.errstate(invalid="ignore"):
            fine = region.each(realise(value))
        if not fine.all():
            raise ChoiceError(complaint(owner, name, constraint.brief()))
        return value
    before = recorder.count
    fine = constraint.each(value)
    made = vouched(value, fine, complaint=complaint(owner, name, constraint.brief()))
    if recorder.count != before and not recorder.mapping:  # this comes for the first time
        realise(made)
    return made


@cache
def complaint(owner: str, name: str, wanted: str) -> str:
    """What is said of values that are wrong."""
    problem = f"expected {name} to satisfy the constraint {wanted}, but found invalid values"
    hint = "validate_args=False leaves the check out"
    return explain(owner, problem, hint=hint)
