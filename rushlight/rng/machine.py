"""Machine code for what is done with words, where an engine has some: the same bits, much sooner.

Engines stand above this package and are slow to come. So machine code is asked for once many words
were drawn (see `Twister`), and NumPy goes on until it is there, if ever. Whether an array was
filled by one or the other, or by both in turn, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Machine(NamedTuple):
    """The functions. Their arrays are flat and without gaps, and exactly of the dtype said here."""

    words: Callable[[Any, Any], None]
    """`words(key, out)`: uint32 words after those of a key, whole rounds; `key` (uint32, twice as
    long as a round, its first half used) becomes the key of the last round."""

    uniform24: Callable[..., None]
    """`uniform24(words, out, width, low, high)`: float32 numbers u * width + low, one rounding;
    those that are `high` become `low`."""

    uniform53: Callable[..., None]
    """`uniform53(words, out, width, low, high)`: the same in float64, of two words each."""

    less53: Callable[..., None]
    """`less53(words, out, bound)`: whether the low 53 bits of two words are less than `bound`."""

    modulo: Callable[..., None]
    """`modulo(words, out, divisor, low)`: int64 numbers word % divisor + low, divisor <= 2**28."""

    box_muller: Callable[..., None]
    """`box_muller(units, mean, std)`: float32 numbers, blocks of sixteen, become normal ones."""

    box_muller64: Callable[..., None]
    """`box_muller64(units, mean, std)`: the same in float64, with the C library's functions."""

    normal_pairs: Callable[[Any], None]
    """`normal_pairs(units)`: pairs of float64 numbers, angle and radius, become standard normal."""

    rules: Mapping[str, Callable[..., int]]
    """Functions that draw by the rules of rng/rejection.py, by their names.

    `rule(supply, columns, out, start)` goes on from element `start` as far as the uniform numbers
    of the supply last, and returns how far that is; rng/supply.py says what this supply is.
    """

    shuffle: Callable[..., None]
    """`shuffle(words, order, start)`: place k of `order`, from `start` on, is swapped with one that
    is so many places further on: a word modulo the number of places from k on."""
