"""Generators of random numbers, and the default one."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import rng
from .devices import Device, cpu, require_cpu
from .public import public
from .runtime.record import realise, wrap

LOCK = threading.RLock()
"""Held while words are drawn: a generator may serve several threads."""


@public()
class Generator:
    """A stream of random numbers.

    >>> g = torch.Generator().manual_seed(0)
    >>> torch.rand(2, generator=g)
    tensor([0.4963, 0.7682])
    """

    def __init__(self, device: Any = "cpu") -> None:
        require_cpu(device, "Generator")
        self.twister = rng.Twister()

    @property
    def device(self) -> Device:
        """Where it lives."""
        return cpu

    def manual_seed(self, seed: int) -> Generator:
        """Itself, started anew from `seed` (any integer of 64 bits)."""
        with LOCK:
            self.twister.seed(int(seed))
        return self

    def seed(self) -> int:
        """A seed that cannot be foretold, from which it is started anew."""
        seed = int.from_bytes(os.urandom(7)) >> 3  # 53 bits
        self.manual_seed(seed)
        return seed

    def initial_seed(self) -> int:
        """The seed it was started from."""
        return self.twister.initial_seed

    def get_state(self) -> Any:
        """Its whole state, a tensor of 5056 bytes."""
        return wrap(np.array(self.twister.get_state()))

    def set_state(self, state: Any) -> None:
        """Go to a state that `get_state` returned."""
        self.twister.set_state(realise(state))

    def clone_state(self) -> Generator:
        """Another generator in the same state."""
        other = Generator()
        other.twister.set_state(self.twister.get_state())
        return other

    def __reduce__(self) -> Any:
        return (restored, (np.array(self.twister.get_state()),))


def restored(state: Any) -> Generator:
    """A generator in `state`."""
    made = Generator()
    made.twister.set_state(state)
    return made


default_generator = Generator()
default_generator.seed()


@public()
def manual_seed(seed: int) -> Generator:
    """The default generator, started anew from `seed`.

    >>> torch.manual_seed(0).initial_seed()
    0
    """
    return default_generator.manual_seed(seed)


@public()
def seed() -> int:
    """A seed that cannot be foretold, from which the default generator is started anew."""
    return default_generator.seed()


@public()
def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.initial_seed()


@public()
def get_rng_state() -> Any:
    """The state of the default generator, a tensor of 5056 bytes."""
    return default_generator.get_state()


@public()
def set_rng_state(new_state: Any) -> None:
    """Put the default generator into a state that `get_rng_state` returned."""
    default_generator.set_state(new_state)


@public()
@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, **options: Any) -> Iterator[None]:
    """A context after which the default generator is where it was before."""
    state = default_generator.twister.get_state() if enabled else None
    try:
        yield
    finally:
        if state is not None:
            default_generator.twister.set_state(state)


def twister_of(generator: Generator | None) -> rng.Twister:
    """The engine of `generator`, by default of the default one."""
    return (default_generator if generator is None else generator).twister
