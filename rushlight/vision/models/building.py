"""The table of ready-made networks by name, and the arguments that all their functions take."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from typing import Any

from ...errors import ArgumentError, ChoiceError, MissingError, explain

BUILDERS: dict[str, Callable[..., Any]] = {}
"""The function that makes each network, by its name."""

NO_WEIGHTS = (
    "make the network without weights, then "
    'model.load_state_dict(torch.load("weights.pth")): the keys are torchvision\'s'
)


def builder(make: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: `make(**options)` as a function of `weights`, `progress` and options.

    Only `weights=None` can be had, for there are no trained weights here; the old
    `pretrained=False` is taken with torchvision's warning.
    """
    name = make.__name__

    @functools.wraps(make)
    def build(*args: Any, weights: Any = None, progress: bool = True, **options: Any) -> Any:
        if len(args) > 2:
            problem = f"takes at most 2 positional arguments, {len(args)} were given"
            raise ArgumentError(explain(name, problem, hint="use keywords"))
        if args:
            weights = args[0]
            given = "'weights' and 'progress'" if len(args) == 2 else "'weights'"
            old(
                f"Using {given} as positional parameter(s) is deprecated since 0.13 and may be "
                "removed in the future. Please use keyword parameter(s) instead."
            )
        if "pretrained" in options:
            weights = options.pop("pretrained")
            old(
                "The parameter 'pretrained' is deprecated since 0.13 and may be removed in the "
                "future, please use 'weights' instead."
            )
        if weights is not None and weights is not False:
            problem = "there are no trained weights here"
            raise ChoiceError(explain(name, problem, {"weights": repr(weights)}, NO_WEIGHTS))
        if weights is False:
            old(
                "Arguments other than a weight enum or `None` for 'weights' are deprecated since "
                "0.13 and may be removed in the future. The current behavior is equivalent to "
                "passing `weights=None`."
            )
        return make(**options)

    BUILDERS[name] = build
    return build


def old(message: str) -> None:
    """Warn of an old way to say something, on the line of the program."""
    warnings.warn(message, UserWarning, stacklevel=3)


def list_models(
    module: Any = None, include: Iterable[str] | str | None = None, exclude: Any = None
) -> list[str]:
    """The names of the networks, in order: those that match a pattern, of one `module` if given.

    >>> torchvision.models.list_models(include="vgg*", exclude="*_bn")
    ['vgg11', 'vgg13', 'vgg16', 'vgg19']
    """
    names = sorted(BUILDERS)
    if module is not None:
        names = [name for name in names if BUILDERS[name].__module__ == module.__name__]
    if include:
        names = [name for name in names if matches(name, include)]
    return [name for name in names if not (exclude and matches(name, exclude))]


def matches(name: str, patterns: Iterable[str] | str) -> bool:
    """Whether `name` fits one of the patterns."""
    return any([fnmatch(name, p) for p in ([patterns] if isinstance(patterns, str) else patterns)])


def get_model_builder(name: str) -> Callable[..., Any]:
    """The function that makes the network called `name`; raises ValueError if there is none."""
    found = BUILDERS.get(name.lower())
    if found is None:
        hint = f"one of {', '.join(sorted(BUILDERS))}"
        raise ChoiceError(explain("get_model", f"Unknown model {name}", hint=hint))
    return found


def get_model(name: str, **config: Any) -> Any:
    """The network called `name`, made with the options `config`.

    >>> type(torchvision.models.get_model("mobilenet_v2", num_classes=2)).__name__
    'MobileNetV2'
    """
    return get_model_builder(name)(**config)


def no_weights(name: str) -> MissingError:
    """The error for the name of trained weights, such as `ResNet18_Weights`."""
    problem = "there are no trained weights here"
    return MissingError(explain(f"torchvision.models.{name}", problem, hint=NO_WEIGHTS))
