"""Blocks: stretches of MT19937's output, and the forms in which they are drawn.

The generator's state and its output are two sides of one thing. The engine keeps 624 numbers (the
*key*), renews all of them at once, and hands out each after a reversible scrambling (*tempering*).
So 624 outputs determine the key, and the key them. A `Block` holds a few such rounds of output; it
never changes, and can therefore be shared by snapshots, copies and views.

    >>> key = seeded_key(5)
    >>> bool((untemper(temper(key)) == key).all())
    True
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from rushlight.later import later
from rushlight.rng.rule import ROUND, SEED, Words, first_key, is_worn

Longs = NDArray[np.uint64]

_MASK24 = np.array(2**24 - 1, np.uint32)
_MASK53 = np.array(2**53 - 1, np.uint64)
_STEP24 = np.array(2.0**-24, np.float32)
_STEP53 = np.array(2.0**-53)


def seeded_key(seed: int) -> Words:
    """The key that the low 32 bits of `seed` give, before anything is drawn (rng spec §1)."""
    return cast(Words, borrowed_key(seed)) if is_worn(SEED) else first_key(seed)


borrowed_key = later("rushlight.rng.borrowed.key_of_seed")


def temper(key: Words) -> Words:
    """The output words of a key: MT19937's standard scrambling, which loses nothing."""
    words: Any = key ^ key >> 11
    words ^= words << 7 & 0x9D2C5680
    words ^= words << 15 & 0xEFC60000
    words ^= words >> 18
    return cast(Words, words)


def untemper(words: Words) -> Words:
    """The key of a block of output words: `temper` undone, its steps in reverse order.

    A step `y ^= y << k & mask` is undone by feeding the result back: each round makes k more low
    bits right. The outer two shifts are so long that one round is enough.
    """
    key: Any = words ^ words >> 18
    key ^= key << 15 & 0xEFC60000
    known = key.copy()
    for _ in range(4):
        known = key ^ (known << 7 & 0x9D2C5680)
    return cast(Words, known ^ known >> 11 ^ known >> 22)


def pair(words: Words) -> Longs:
    """64-bit values made of two words each, the first one being the high half."""
    return words.astype(">u4").view(">u8").astype(np.uint64)


def shift(word: Words, longs: Longs) -> Longs:
    """The 64-bit values of the pairs that begin a word earlier, with this one (in an array)."""
    out: Any = longs >> 32
    out[1:] |= longs[:-1] << 32
    out[:1] |= word.astype(np.uint64) << 32
    return cast(Longs, out)


def unit24(words: Words) -> NDArray[np.float32]:
    """Uniform float32 in [0, 1): the low 24 bits of each word, exactly."""
    units = (words & _MASK24).view(np.int32).astype(np.float32)
    units *= _STEP24
    return units


def unit53(longs: Longs) -> NDArray[np.float64]:
    """Uniform float64 in [0, 1): the low 53 bits of each 64-bit value, exactly."""
    units = (longs & _MASK53).view(np.int64).astype(np.float64)
    units *= _STEP53
    return units


class Block:
    """Consecutive words, whole rounds, with their uniform forms worked out once when first asked.

    Small draws are slices of these forms, which is why drawing ten uniforms costs no arithmetic.
    """

    __slots__ = ("_key", "_longs", "_unit24", "_unit53", "seed", "size", "words")

    def __init__(self, words: Words, key: Words | None = None, seed: int | None = None) -> None:
        self.words = words  # none in a block that stands for a seed, before the first round
        self.size = len(words)
        self.seed = seed  # if the key is a seed's own
        self._key = key  # if known
        self._unit24: NDArray[np.float32] | None = None
        # Pairs of words may start at word 0 or at word 1 of the block: two forms each.
        self._longs: list[Longs | None] = [None, None]
        self._unit53: list[NDArray[np.float64] | None] = [None, None]
        words.flags.writeable = False

    @classmethod
    def of_key(cls, key: Words) -> Block:
        """The round of output that belongs to a key."""
        return cls(temper(key), key)

    @classmethod
    def before_first(cls, key: Words | None = None, seed: int | None = None) -> Block:
        """No words: the place before the first round, for a key or for a seed."""
        return cls(_NO_WORDS, key, seed)

    def key(self, at: int) -> tuple[Words, int]:
        """The key of the round in which `at` words of this block end, and how many are of it."""
        start = max(at - 1, 0) // ROUND * ROUND
        if self._key is None and self.seed is not None:
            self._key = seeded_key(self.seed)
        if self._key is None:
            return untemper(self.words[start : start + ROUND]), at - start
        return self._key, at - start

    def unit24(self) -> NDArray[np.float32]:
        """A uniform float32 for each word, read-only."""
        if self._unit24 is None:
            self._unit24 = _frozen(unit24(self.words))
        return self._unit24

    def longs(self, odd: int) -> Longs:
        """The 64-bit values of the pairs that start at word `odd` (0 or 1), read-only."""
        longs = self._longs[odd]
        if longs is None:
            longs = self._longs[odd] = _frozen(pair(self.words[odd : self.size - odd]))
        return longs

    def unit53(self, odd: int) -> NDArray[np.float64]:
        """The uniform float64 of the pairs that start at word `odd` (0 or 1), read-only."""
        units = self._unit53[odd]
        if units is None:
            units = self._unit53[odd] = _frozen(unit53(self.longs(odd)))
        return units


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, made read-only."""
    array.flags.writeable = False
    return array


_NO_WORDS: Words = np.empty(0, np.uint32)
