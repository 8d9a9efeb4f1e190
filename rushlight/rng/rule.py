"""MT19937 by its own rule, in NumPy's arithmetic.

NumPy's generator does the same far more quickly, but importing it takes a tenth of what a short
program takes in all. So the rule makes the first words of a process: see `is_worn`.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]

ROUND = 624  # words that are renewed at once
BACK = 227  # from this one on a new word is made of new ones

_HIGH, _LOW, _ODD = np.array([0x80000000, 0x7FFFFFFF, 0x9908B0DF], np.uint32)

MANY = 200_000
"""So many words by the rule cost as much as importing NumPy's generator."""

SEED = 5_000
"""The words that cost as much as a seed does."""


class Made:
    """How many words the rule has made in this process."""

    words: ClassVar[int] = 0


def is_worn(words: int) -> bool:
    """Whether NumPy's generator had better make the next `words`, or it is there anyway."""
    Made.words += words
    return Made.words > MANY or "numpy.random" in sys.modules


def first_key(seed: int) -> Words:
    """The key that the low 32 bits of `seed` give, before anything is drawn (rng spec §1)."""
    word = seed & 0xFFFFFFFF
    key = [word]
    for j in range(1, ROUND):
        word = (1812433253 * (word ^ word >> 30) + j) & 0xFFFFFFFF
        key.append(word)
    return np.array(key, np.uint32)


def next_key(key: Words) -> Words:
    """The key of the next round: each word is made of three, the last ones of new words."""
    new: Any = np.empty_like(key)
    twisted = _twisted(key[:-1], key[1:])
    new[:BACK] = key[-BACK:] ^ twisted[:BACK]
    new[BACK : 2 * BACK] = new[:BACK] ^ twisted[BACK : 2 * BACK]
    new[2 * BACK : -1] = new[BACK : -1 - BACK] ^ twisted[2 * BACK :]
    new[-1:] = new[-1 - BACK : -BACK] ^ _twisted(key[-1:], new[:1])
    return cast(Words, new)


def _twisted(high: Words, low: Words) -> Words:
    """The highest bit of the one word and the others of the next, put through the matrix."""
    mixed = high & _HIGH | low & _LOW
    return cast(Words, mixed >> 1 ^ (mixed & 1) * _ODD)
