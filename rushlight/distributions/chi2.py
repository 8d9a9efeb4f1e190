"""The chi-squared distribution."""

from __future__ import annotations

from typing import Any

from . import constraints
from .gamma import Gamma


class Chi2(Gamma):
    """A sum of the squares of `df` standard normal numbers: gamma of df / 2 and rate 1/2.

    >>> Chi2(torch.tensor(3.0)).mean
    tensor(3.)
    """

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args)

    def event_dims(self, name: str) -> int | None:
        """The parameters of the gamma distribution are expanded."""
        return 0 if name in ("concentration", "rate") else None

    @property
    def df(self) -> Any:
        """The degrees of freedom."""
        return self.concentration * 2
