"""Random orders: randperm (rng spec §8)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.twister import Twister

_LONG = 214_748_364  # from here on PyTorch shuffles in another way, with two words a step
_FEW = 250  # up to here a loop is quicker than arrays
_PIECE = 1 << 16


def permutation(twister: Twister, n: int) -> NDArray[np.int64]:
    """A new array of 0 to n - 1 in random order.

    >>> permutation(Twister(0), 6)
    array([2, 5, 3, 0, 1, 4])
    """
    if n >= _LONG:
        return shuffled_inside_out(twister, n)
    if twister.machine is not None and n > 1:
        order = np.arange(n)
        for place, words in twister.word_pieces(n - 1):
            twister.machine.shuffle(words, order, place.start)
        return order
    if n <= _FEW:
        return shuffled_by_loop(twister, n)
    return shuffled_by_links(twister, n)


def shuffled_by_loop(twister: Twister, n: int) -> NDArray[np.int64]:
    """The permutation as PyTorch makes it: each place in turn is swapped with a later one."""
    order = list(range(n))
    for i, word in enumerate(twister.words(max(n - 1, 0)).tolist()):
        target = i + word % (n - i)
        order[i], order[target] = order[target], order[i]
    return np.array(order, np.int64)


def shuffled_by_links(twister: Twister, n: int) -> NDArray[np.int64]:
    """The same permutation, without a loop over its steps.

    Place i is settled by step i, which moves there what lay at its target t and leaves at t what
    lay at i. So what a step finds at its target was left there by the last step before it with the
    same target, and came from that step's own place; if there was none, it is t itself. And what
    lay at a place i when its own step came was left by the last step with target i, and came from
    *that* step's place, which leads on to an earlier step, until one is reached that no step had
    touched. All these chains are followed at once, their links doubled in length each time.
    """
    steps = np.arange(n - 1)
    targets = steps + (twister.words(n - 1) % np.arange(n, 1, -1, dtype=np.uint32)).astype(np.int64)
    # Steps that swap a place with itself leave nothing: they are few, and put right at the end.
    idle = np.flatnonzero(targets == steps)
    targets[idle] = n

    steps = order_of(targets, n)
    targets = targets.take(steps)

    origin = np.arange(n + 1)
    origin[targets] = steps  # of several steps with one target the last one stays
    while True:
        further = origin.take(origin)
        if np.array_equal(further, origin):
            break
        origin = further

    order = np.empty(n, np.int64)
    found = targets.copy()
    again = np.flatnonzero(targets[1:] == targets[:-1])
    found[again + 1] = origin[steps[again]]
    order[steps] = found
    order[idle] = origin[idle]
    order[n - 1] = origin[n - 1]
    return order


def order_of(keys: NDArray[np.int64], largest: int) -> NDArray[np.int64]:
    """The places of `keys` (0 to `largest` < 2**32) in rising order, equal ones as they stand.

    NumPy sorts 16 bits at a time in linear time, and 64 only by comparing.
    """
    order = keys.astype(np.uint16).argsort(kind="stable")
    if largest < 1 << 16:
        return order
    high = (keys >> 16).astype(np.uint16).take(order)
    return order.take(high.argsort(kind="stable"))


def shuffled_inside_out(twister: Twister, n: int) -> NDArray[np.int64]:
    """The permutation that PyTorch makes of very many numbers, by a loop that takes a minute."""
    order = np.empty(n, np.int64)
    place = memoryview(order.data)
    for start in range(0, n, _PIECE):
        stop = min(start + _PIECE, n)
        values = twister.long_words(stop - start)
        targets = values % np.arange(start + 1, stop + 1, dtype=np.uint64)
        for i, target in enumerate(targets.tolist(), start):
            place[i] = i
            place[i] = place[target]
            place[target] = i
    return order
