"""Transforms made of transforms: one after another, one of several, some now and then."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from ...errors import ArgumentError, explain
from ...nn.module import Module
from . import draw

Transform = Callable[[Any], Any]


def listed(name: str, lines: Sequence[str]) -> str:
    """The printed text of a transform with others inside, a line for each."""
    return "\n".join([f"{name}("] + [f"    {line}" for line in lines] + [")"])


class Compose:
    """All of `transforms`, one after another.

    >>> T = torchvision.transforms
    >>> T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.5,))])
    Compose(
        ToTensor()
        Normalize(mean=(0.5,), std=(0.5,))
    )
    """

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """What the transforms make of `img`, one after another."""
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return listed(type(self).__name__, [str(t) for t in self.transforms])


class Lambda:
    """The function `lambd` as a transform; raises TypeError if it cannot be called.

    >>> torchvision.transforms.Lambda(lambda x: x * 2)(3)
    6
    """

    def __init__(self, lambd: Transform) -> None:
        if not callable(lambd):
            problem = f"Argument lambd should be callable, got {type(lambd).__name__!r}"
            raise ArgumentError(explain("Lambda", problem))
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        """What the function makes of `img`."""
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class RandomTransforms:
    """What the random choices among `transforms` have in common."""

    def __init__(self, transforms: Sequence[Transform]) -> None:
        if not isinstance(transforms, Sequence):
            problem = "Argument transforms should be a sequence"
            raise ArgumentError(explain(type(self).__name__, problem))
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """Every subclass says it."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return listed(type(self).__name__, [str(t) for t in self.transforms])


class RandomApply(Module):
    """All of `transforms` with probability `p`, else none.

    >>> torchvision.transforms.RandomApply([torchvision.transforms.Lambda(abs)], p=1.0)(-3)
    3
    """

    def __init__(self, transforms: Sequence[Transform], p: float = 0.5) -> None:
        super().__init__()
        self.transforms = transforms
        self.p = p

    def forward(self, img: Any) -> Any:
        """What became of `img`."""
        if not draw.coin_exceeds(self.p):
            for transform in self.transforms:
                img = transform(img)
        return img

    def __repr__(self) -> str:
        return listed(type(self).__name__, [f"p={self.p}", *[str(t) for t in self.transforms]])


class RandomOrder(RandomTransforms):
    """All of `transforms`, in an order drawn from Python's generator.

    >>> T = torchvision.transforms
    >>> T.RandomOrder([T.Lambda(abs), T.Lambda(abs)])(-3)
    3
    """

    def __call__(self, img: Any) -> Any:
        """What the transforms make of `img`, in a random order."""
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        for k in order:
            img = self.transforms[k](img)
        return img


class RandomChoice(RandomTransforms):
    """One of `transforms`, drawn from Python's generator with the weights `p`.

    >>> T = torchvision.transforms
    >>> T.RandomChoice([T.Lambda(abs), T.Lambda(str)], p=[0, 1])(-3)
    '-3'
    """

    def __init__(self, transforms: Sequence[Transform], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            problem = "Argument p should be a sequence"
            raise ArgumentError(explain(type(self).__name__, problem, {"p": repr(p)}))
        self.p = p

    def __call__(self, img: Any) -> Any:
        """What one of the transforms makes of `img`."""
        return random.choices(self.transforms, weights=self.p)[0](img)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"
