"""Distributions of PyTorch with parameters drawn by one method, for the sweep over all of them.

`cases(oracle)` finds the classes and what their parameters must satisfy in PyTorch itself, and has
`transform_to` lead free numbers there. Nothing names a class but what no table says.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

BATCH = (2, 3)
ONE_OF = [
    ("probs", "logits"),
    ("covariance_matrix", "precision_matrix", "scale_tril"),
]
"""Parameters of which one is given."""

OTHERS = {
    "temperature": lambda draw: np.array(0.7),
    "total_count": lambda draw: 4,
    "dim": lambda draw: 3,
    "low": lambda draw: draw.normal(size=BATCH),
    "high": lambda draw: 3 + draw.uniform(1, 4, BATCH),
    "df": lambda draw: 2.5 + draw.uniform(0.5, 4, BATCH),  # more than the matrices' size less 1
}
"""Parameters that have no constraint, or one that depends on others."""


class Case(NamedTuple):
    """A class and arguments, arrays in float64 among them."""

    name: str
    arguments: dict[str, Any]

    def made(self, framework: Any, dtype: str, grad: bool = False) -> tuple[Any, list[Any]]:
        """The distribution, and the parameters that are tensors."""
        given, tensors = {}, []
        for name, value in self.arguments.items():
            if isinstance(value, np.ndarray):
                value = framework.tensor(value.astype(dtype))
                value.requires_grad_(grad and name not in ("total_count", "temperature"))
                tensors.append(value)
            given[name] = value
        return getattr(framework.distributions, self.name)(**given), tensors

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)})"


def classes(oracle: Any) -> list[type]:
    """PyTorch's distributions that take parameters, by name."""
    space = oracle.distributions
    found = [getattr(space, name) for name in sorted(space.__all__)]
    whole = [c for c in found if inspect.isclass(c) and issubclass(c, space.Distribution)]
    made_of_others = {"base_distribution", "component_distribution", "batch_shape"}
    return [c for c in whole if not made_of_others & set(inspect.signature(c).parameters)]


def cases(oracle: Any) -> list[Case]:
    """Every class, once for each way to give its parameters."""
    return [case for c in classes(oracle) for case in ways(oracle, c)]


def ways(oracle: Any, kind: type) -> Iterator[Case]:
    """Cases of one class."""
    names = [n for n in inspect.signature(kind).parameters if n not in ("validate_args", "lims")]
    group = next((g for g in ONE_OF if set(g) <= set(names)), ())
    for chosen in group or ("",):
        draw = np.random.default_rng(len(kind.__name__))
        kept = [n for n in names if n not in group or n == chosen]
        yield Case(kind.__name__, {n: value_of(oracle, kind, n, draw) for n in kept})


def value_of(oracle: Any, kind: type, name: str, draw: np.random.Generator) -> Any:
    """A value for a parameter of a class."""
    constraints = oracle.distributions.constraints
    table = kind.arg_constraints
    constraint = table.get(name) if isinstance(table, dict) else None
    if constraint is None and name in ("covariance_matrix", "precision_matrix"):
        constraint = constraints.positive_definite
    if constraint is None and name == "scale_tril":
        constraint = constraints.lower_cholesky
    if constraint is None or constraints.is_dependent(constraint):
        return OTHERS[name](draw)
    if constraint.is_discrete:
        return np.full(BATCH, 5.0)
    free = draw.normal(size=(*BATCH, *[3] * constraint.event_dim))
    return oracle.distributions.transform_to(constraint)(oracle.tensor(free)).numpy()
