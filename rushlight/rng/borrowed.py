"""NumPy's MT19937, asked for nothing but keys and raw words; it is imported for many of them."""

from __future__ import annotations

import ctypes
import threading
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.random import MT19937, Generator, RandomState
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

from rushlight.rng import block as blocks
from rushlight.rng.block import Block, Longs
from rushlight.rng.rule import ROUND, Words, first_key

_ALL64 = 2**64 - 1


def key_of_seed(seed: int) -> Words:
    """The same as `first_key`."""
    if not _seeder.works:
        return first_key(seed)
    _seeder.put(seed & 0xFFFFFFFF)
    return _seeder.key.copy()


class _Seeder(threading.local):
    """NumPy's function that fills a key, `put`, and that `key`; one of them for each thread.

    `works` says that the key is where it should be.
    """

    def __init__(self) -> None:
        bits = MT19937(0)
        self.put = RandomState(bits).seed  # which keeps the memory of the key alive
        memory: Any = (ctypes.c_uint32 * ROUND).from_address(bits.ctypes.state_address)
        self.key: Words = np.frombuffer(memory, np.uint32)
        self.put(5)
        self.works = np.array_equal(self.key, first_key(5))


_seeder = _Seeder()


class BorrowedEngine:
    """An engine: see twister.py."""

    __slots__ = ("_bits", "_longs", "_seeder")

    def __init__(self) -> None:
        self._bits = MT19937(cast(Any, _Unseeded()))
        self._longs = Generator(self._bits)
        self._seeder = RandomState(self._bits)

    def move_behind(self, block: Block) -> None:
        """None; the next words made are those after `block`."""
        if block.seed is not None:
            self._seeder.seed(block.seed)
        else:
            key, _ = block.key(block.size)
            self._seeder.set_state(("MT19937", key, ROUND, 0, 0.0))

    def words(self, n: int) -> Words:
        """The next n words."""
        return self._bits.random_raw(n).astype(np.uint32)

    def longs(self, n: int) -> Longs:
        """The next n words as n/2 values of 64 bits."""
        if not _generator_pairs_words():
            return blocks.pair(self.words(n))
        return self._longs.integers(0, _ALL64, n // 2, np.uint64, endpoint=True)


@cache
def _generator_pairs_words() -> bool:
    """Whether NumPy makes its uint64 from two words, the first one high: it does not promise to."""
    longs = Generator(MT19937(1)).integers(0, _ALL64, 64, np.uint64, endpoint=True)
    words = MT19937(1).random_raw(128).astype(np.uint32)
    return np.array_equal(longs, blocks.pair(words))


class _Unseeded(ISeedSequence):
    """A seed sequence of zeros: it spares the constructor the gathering of entropy."""

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        return np.zeros(n_words, dtype)
