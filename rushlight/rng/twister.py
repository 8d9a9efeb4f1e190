"""The generator: MT19937 as PyTorch runs it on the CPU, with its whole state.

A `Twister` is a place in a stream of 32-bit words: the current `Block` of them and how many of it
have been drawn, besides the seed and the cached second normal. An engine produces further blocks
(the rule itself, for many words NumPy's or machine code); it is created on the first draw, and put
right whenever it does not stand just behind the current block (after a restore, say). So seeding,
copying and saving cost next to nothing.

Not for several threads at once: whoever shares a twister holds a lock.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rushlight.later import later
from rushlight.rng import block as blocks
from rushlight.rng.block import Block, Longs
from rushlight.rng.machine import Machine
from rushlight.rng.rule import ROUND, Words, is_worn, next_key
from rushlight.rng.state import pack_state, unpack_state

DEFAULT_SEED = 67280421310721

# What save() returns: seed, block, words drawn from it, the two cached normals.
Token: TypeAlias = tuple[int, Block, int, float | None, float | None]

_BLOCK = 4 * ROUND  # words made ahead
_GROUP = 6 * _BLOCK  # words made at a time in large draws: enough for speed, and within L2
_TOGETHER = 24 * _BLOCK  # in machine code the last ones are made at one go: a call costs as much
_MANY = 1 << 20  # so many words cost as much as machine code does
_ALL64 = 2**64 - 1
_LOW53 = 2**53 - 1


class Twister:
    """PyTorch's CPU generator: the same words for the same seed, the same 5056 state bytes.

    >>> twister = Twister(0)
    >>> twister.words(3)
    array([2357136044, 2546248239, 3071714933], dtype=uint32)
    """

    __slots__ = ("_at", "_block", "_engine", "_engine_block", "_float_cache", "_seed",
                 "cached_normal")  # fmt: skip

    machine: ClassVar[Machine | None] = None  # machine code for all of them, once it is there
    ask: ClassVar[Callable[[], Any] | None] = None  # asks an engine for it, once
    words_made: ClassVar[int] = 0

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self._engine: Any = None
        self._engine_block: Block | None = None  # the block just behind which the engine stands
        self.seed(seed)

    def __repr__(self) -> str:
        return f"Twister({self._seed})"

    # Seeds and states

    def seed(self, seed: SupportsIndex) -> None:
        """None; the stream starts anew. Only the low 32 bits of a seed matter (rng spec §1)."""
        number = operator.index(seed)
        if not -(2**63) <= number < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._seed = number & _ALL64
        self._block = Block.before_first(seed=number & 0xFFFFFFFF)
        self._at = 0
        self.cached_normal: float | None = None
        self._float_cache: float | None = None

    @property
    def initial_seed(self) -> int:
        """The seed as it was given, all 64 bits of it, negative ones modulo 2**64."""
        return self._seed

    def get_state(self) -> NDArray[np.uint8]:
        """The 5056 bytes that torch.get_rng_state() gives (rng spec §2)."""
        key, drawn = self._block.key(self._at)
        return pack_state(self._seed, key, drawn, self.cached_normal, self._float_cache)

    def set_state(self, state: NDArray[np.uint8] | bytes) -> None:
        """None; the generator stands where `get_state` returned these bytes."""
        seed, key, drawn, cached, float_cache = unpack_state(state)
        block = Block.of_key(key) if drawn else Block.before_first(key)
        self.restore((seed, block, drawn, cached, float_cache))

    def save(self) -> Token:
        """A token for `restore`: everything at this moment, without copying anything."""
        return self._seed, self._block, self._at, self.cached_normal, self._float_cache

    def restore(self, token: Token) -> None:
        """None; the generator stands where `save` returned this token, as often as wanted."""
        self._seed, self._block, self._at, self.cached_normal, self._float_cache = token

    def __copy__(self) -> Twister:
        twin = Twister.__new__(Twister)
        twin._engine = twin._engine_block = None
        twin.restore(self.save())
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Twister:
        return self.__copy__()

    def __reduce__(self) -> tuple[Callable[[bytes], Twister], tuple[bytes]]:
        return _from_state, (self.get_state().tobytes(),)

    # Drawing. A draw inside the current block is a slice of it; only larger ones run the engine.

    def words(self, n: int) -> Words:
        """The next n words; read-only if they lie in one block."""
        start = self._at
        stop = start + n
        block = self._block
        if stop <= block.size:
            self._at = stop
            return block.words[start:stop]
        return _joined(self._pieces(n), n, np.uint32)

    def long_words(self, n: int) -> Longs:
        """The next n 64-bit values, each of two words; read-only if within one block."""
        start = self._at
        stop = start + 2 * n
        block = self._block
        if stop <= block.size:
            self._at = stop
            return block.longs(start & 1)[start >> 1 : stop >> 1]
        return _joined(self._long_pieces(n), n, np.uint64)

    def unit24(self, n: int) -> NDArray[np.float32]:
        """The next n uniform float32 of 24 bits, a word each; read-only if within one block."""
        start = self._at
        stop = start + n
        block = self._block
        if stop <= block.size:
            self._at = stop
            return block.unit24()[start:stop]
        return _joined(map(blocks.unit24, self._pieces(n)), n, np.float32)

    def unit53(self, n: int) -> NDArray[np.float64]:
        """The next n uniform float64 of 53 bits, two words each; read-only if within one block."""
        start = self._at
        stop = start + 2 * n
        block = self._block
        if stop <= block.size:
            self._at = stop
            return block.unit53(start & 1)[start >> 1 : stop >> 1]
        return _joined(map(blocks.unit53, self._long_pieces(n)), n, np.float64)

    def few53(self, n: int) -> list[float]:
        """The same numbers as Python's, which costs less where they are few."""
        words = self.words(2 * n).tolist()
        pairs = zip(words[::2], words[1::2], strict=True)
        return [((a << 32 | b) & _LOW53) * 2.0**-53 for a, b in pairs]

    def fill24(self, out: NDArray[np.float32]) -> Iterator[int]:
        """How far a flat array is filled with numbers as of `unit24`, piece by piece."""
        machine = self.machine
        if machine is None:
            for place, units in self.unit24_pieces(len(out)):
                out[place] = units
                yield place.stop
        else:
            for place, words in self.word_pieces(len(out)):
                machine.uniform24(words, out[place], 1.0, 0.0, math.nan)
                yield place.stop

    def fill53(self, out: NDArray[np.float64]) -> Iterator[int]:
        """How far a flat array is filled with numbers as of `unit53`, piece by piece."""
        machine = self.machine
        if machine is None:
            for place, units in self.unit53_pieces(len(out)):
                out[place] = units
                yield place.stop
        else:
            for place, words in self.pair_pieces(len(out)):
                machine.uniform53(words, out[place], 1.0, 0.0, math.nan)
                yield place.stop

    def word_pieces(self, n: int) -> Iterable[tuple[slice, Words]]:
        """Pairs (place, words) that cover places 0 to n in order: `words(n)` in small pieces.

        The generator moves on when the last piece has been taken; abandoned half-way it stays.
        """
        if self._at + n <= self._block.size:
            return ((slice(0, n), self.words(n)),)
        return _placed(self._pieces(n))

    def long_pieces(self, n: int) -> Iterable[tuple[slice, Longs]]:
        """Pairs (place, values) that cover places 0 to n in order: `long_words(n)` in pieces."""
        if self._at + 2 * n <= self._block.size:
            return ((slice(0, n), self.long_words(n)),)
        return _placed(self._long_pieces(n))

    def pair_pieces(self, n: int) -> Iterable[tuple[slice, Words]]:
        """Pairs (place, words) like those of `long_pieces`, two words for each place."""
        if self._at + 2 * n <= self._block.size:
            return ((slice(0, n), self.words(2 * n)),)
        return _placed(self._pair_pieces(n), 2)

    def unit24_pieces(self, n: int) -> Iterable[tuple[slice, NDArray[np.float32]]]:
        """Pairs (place, uniforms) that cover places 0 to n in order: `unit24(n)` in pieces."""
        if self._at + n <= self._block.size:
            return ((slice(0, n), self.unit24(n)),)
        return _placed(map(blocks.unit24, self._pieces(n)))

    def unit53_pieces(self, n: int) -> Iterable[tuple[slice, NDArray[np.float64]]]:
        """Pairs (place, uniforms) that cover places 0 to n in order: `unit53(n)` in pieces."""
        if self._at + 2 * n <= self._block.size:
            return ((slice(0, n), self.unit53(n)),)
        return _placed(map(blocks.unit53, self._long_pieces(n)))

    def _pieces(self, n: int, longs: bool = False) -> Iterator[Any]:
        """The words in order: the rest of this block, groups, the start of a new block.

        Groups may be made as `longs`. The last block is made even if all of it is used up, for it
        holds the state then.
        """
        rest = self._block.words[self._at : self._at + n]
        left = n - len(rest)
        yield rest
        if not left:
            self._at += n
            return
        new = -(-left // _BLOCK) * _BLOCK
        count_words(new)
        engine = self._engine_behind_block(new)
        together = _BLOCK if self.machine is None or longs else _TOGETHER
        while left > together:
            count = min(_GROUP, (left - 1) // _BLOCK * _BLOCK)
            yield engine.longs(count) if longs else engine.words(count)
            left -= count
        whole = engine.words(-(-left // _BLOCK) * _BLOCK)
        last = Block(whole if len(whole) == _BLOCK else whole[-_BLOCK:].copy())
        yield whole[:left]
        left -= len(whole) - _BLOCK
        self._block, self._at, self._engine_block = last, left, last

    def _long_pieces(self, n: int) -> Iterator[Longs]:
        """The 64-bit values in order."""
        carried: Words = np.empty(0, np.uint32)  # the first half of a pair, where pairs straddle
        for piece in self._pieces(2 * n, longs=True):
            if piece.dtype == np.uint32:
                words = np.concatenate((carried, piece))
                whole = len(words) // 2 * 2
                yield blocks.pair(words[:whole])
                carried = words[whole:]
            elif carried.size:
                yield blocks.shift(carried, piece)
                carried = piece[-1:].astype(np.uint32)  # its low half
            else:
                yield piece

    def _pair_pieces(self, n: int) -> Iterator[Words]:
        """The words in order, pieces of even length."""
        carried: Words = np.empty(0, np.uint32)
        for piece in self._pieces(2 * n):
            words = np.concatenate((carried, piece)) if carried.size else piece
            whole = len(words) // 2 * 2
            yield words[:whole]
            carried = words[whole:]

    def _engine_behind_block(self, words: int) -> Any:
        """The engine, about to make the `words` after this block; nobody's until a draw is done."""
        engine = self._engine_for(words)
        if engine is not self._engine or self._engine_block is not self._block:
            engine.move_behind(self._block)
        self._engine, self._engine_block = engine, None
        return engine

    def _engine_for(self, words: int) -> Any:
        """The engine that had better make so many words: the one there is, or a quicker one."""
        engine, machine = self._engine, self.machine
        if machine is not None:
            return engine if isinstance(engine, _MachineEngine) else _MachineEngine(machine)
        if engine is None or isinstance(engine, _RuleEngine):
            return borrowed_engine() if is_worn(words) else engine or _RuleEngine()
        return engine


class _RuleEngine:
    """An engine by the rule itself: it makes the words that stand behind a block."""

    __slots__ = ("_key",)

    def move_behind(self, block: Block) -> None:
        """None; the next words made are those after `block`."""
        self._key, _ = block.key(block.size)

    def words(self, n: int) -> Words:
        """The next n words, whole rounds."""
        out: Words = np.empty((n // ROUND, ROUND), np.uint32)
        for row in out:
            self._key = next_key(self._key)
            row[:] = blocks.temper(self._key)
        return out.reshape(n)

    def longs(self, n: int) -> Longs:
        """The next n words as n/2 values of 64 bits."""
        return blocks.pair(self.words(n))


borrowed_engine = later("rushlight.rng.borrowed.BorrowedEngine")


class _MachineEngine:
    """The same in machine code."""

    __slots__ = ("_key", "_make")

    def __init__(self, machine: Machine) -> None:
        self._make = machine.words
        self._key = np.empty(2 * ROUND, np.uint32)

    def move_behind(self, block: Block) -> None:
        """None; the next words made are those after `block`."""
        self._key[:ROUND], _ = block.key(block.size)

    def words(self, n: int) -> Words:
        """The next n words, whole rounds."""
        out: Words = np.empty(n, np.uint32)
        self._make(self._key, out)
        return out

    def longs(self, n: int) -> Longs:
        """The next n words as n/2 values of 64 bits."""
        return blocks.pair(self.words(n))


def _joined(pieces: Iterable[NDArray[Any]], n: int, dtype: Any) -> NDArray[Any]:
    """One new array of the pieces."""
    out = np.empty(n, dtype)
    for place, piece in _placed(pieces):
        out[place] = piece
    return out


def _placed(pieces: Iterable[NDArray[Any]], words: int = 1) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Each piece with the slice it fills, if a place takes so many of its `words`."""
    start = 0
    for piece in pieces:
        stop = start + len(piece) // words
        yield slice(start, stop), piece
        start = stop


def count_words(n: int) -> None:
    """None; NumPy takes as long as n words do. After many of them machine code is asked for."""
    Twister.words_made += n
    if Twister.words_made >= _MANY and Twister.ask is not None:
        ask, Twister.ask = Twister.ask, None
        ask()


def _from_state(state: bytes) -> Twister:
    """A twister that stands where these bytes were taken."""
    twister = Twister()
    twister.set_state(state)
    return twister
