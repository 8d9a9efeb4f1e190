"""Sequences of different lengths in one batch: padded to the longest, or packed without gaps.

A packed batch holds, step after step, the elements of those sequences that have not ended; longer
sequences come first, so that the ones which go on are always the first few.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from ..calls import function
from ..errors import ArgumentError, ChoiceError, ShapeError, explain
from ..ops import OPS
from ..runtime.entry import Handle
from ..runtime.record import realise, wrap

cat = function(OPS["cat"])
stack = function(OPS["stack"])

Fields = namedtuple("PackedSequence", "data batch_sizes sorted_indices unsorted_indices")


class PackedSequence(Fields):
    """A packed batch: `data` in rows, and how many sequences there are at each step.

    `sorted_indices` is the order in which the sequences were packed, if that was not the given one,
    and `unsorted_indices` the way back.
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Any = None,
        sorted_indices: Any = None,
        unsorted_indices: Any = None,
    ) -> Any:
        """As PyTorch: `PackedSequence(data, batch_sizes)`."""
        if batch_sizes is None:  # the old form: a pair
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """The same sequences with their data converted as `Tensor.to` would."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else self._replace(data=data)

    def double(self) -> Any:
        """The same sequences in float64."""
        return self._replace(data=self.data.double())

    def float(self) -> Any:
        """The same sequences in float32."""
        return self._replace(data=self.data.float())

    def cpu(self) -> Any:
        """Itself."""
        return self

    def pin_memory(self) -> Any:
        """Itself."""
        return self

    def is_pinned(self) -> bool:
        """False."""
        return False

    @property
    def is_cuda(self) -> bool:
        """False."""
        return False


def invert_permutation(permutation: Any) -> Any:
    """The order that undoes `permutation` (None: None).

    >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    order = realise(permutation)
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    return wrap(back)


def lengths_of(lengths: Any) -> Any:
    """Lengths, a tensor or a list, as an array of integers."""
    array = realise(lengths) if isinstance(lengths, Handle) else np.asarray(list(lengths))
    return array.astype(np.int64)


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> Any:
    """A padded batch, (time, batch, *), packed.

    With `enforce_sorted` the sequences must come in the order of their length, the longest first.

    >>> x = torch.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
    >>> packed = torch.nn.utils.rnn.pack_padded_sequence(x, [2, 1, 3], True, False)
    >>> packed.data, packed.batch_sizes
    (tensor([4, 1, 3, 5, 2, 6]), tensor([3, 2, 1]))
    """
    if batch_first:
        input = input.transpose(0, 1)
    steps, batch = input.shape[:2]
    given = lengths_of(lengths)
    if given.size != batch:
        problem = (
            f"Expected `len(lengths)` to be equal to batch_size, but got {given.size} "
            f"(batch_size={batch})"
        )
        raise ShapeError(explain("pack_padded_sequence", problem))
    if given.size and (given.min() <= 0 or given.max() > steps):
        problem = "Length of all samples has to be greater than 0, and not above the padded length"
        raise ShapeError(explain("pack_padded_sequence", problem, {"lengths": given.tolist()}))
    order = np.argsort(-given, kind="stable")
    if enforce_sorted:
        if (order != np.arange(batch)).any():
            problem = "`lengths` array must be sorted in decreasing order when enforce_sorted=True"
            hint = "pass enforce_sorted=False, which sorts them"
            raise ShapeError(explain("pack_padded_sequence", problem, hint=hint))
        order = np.arange(batch)
    ordered = given[order]
    sizes = (ordered[None, :] > np.arange(ordered[0])[:, None]).sum(1)
    rows = np.concatenate([t * batch + order[:n] for t, n in enumerate(sizes)])
    flat = input.reshape(steps * batch, *input.shape[2:])
    sorted_indices = None if enforce_sorted else wrap(order)
    return PackedSequence(flat.index_select(0, wrap(rows)), wrap(sizes), sorted_indices)


def pad_packed_sequence(
    sequence: Any,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> Any:
    """The padded batch that `sequence` was packed from, (time, batch, *), and the lengths.

    >>> packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])])
    >>> torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))
    """
    data, batch_sizes, _, back = sequence
    sizes = realise(batch_sizes)
    steps, batch = len(sizes), int(sizes[0])
    if total_length is not None:
        if total_length < steps:
            problem = (
                "Expected total_length to be at least the length of the longest sequence in "
                f"input, but got total_length={total_length} and max sequence length being {steps}"
            )
            raise ChoiceError(explain("pad_packed_sequence", problem))
        steps = total_length
    lengths = (sizes[:, None] > np.arange(batch)).sum(0)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.full((steps, batch), starts[-1])  # one row more than there is: padding
    for t, n in enumerate(sizes):
        rows[t, :n] = np.arange(starts[t], starts[t + 1])
    order = slice(None) if back is None else realise(back)
    rows, lengths = rows[:, order], lengths[order]
    if batch_first:
        rows = rows.T
    padding = data.new_full((1, *data.shape[1:]), padding_value)
    found = cat([data, padding]).index_select(0, wrap(rows.reshape(-1)))
    return found.reshape(*rows.shape, *data.shape[1:]), wrap(lengths)


def pad_sequence(
    sequences: Any,
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Any:
    """Sequences of different lengths, (length, *), padded to the longest: (time, batch, *).

    >>> torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], True)
    tensor([[1, 2],
            [3, 0]])
    """
    if padding_side not in ("left", "right"):
        problem = f"expected padding_side to be 'left' or 'right', got {padding_side}"
        raise ChoiceError(explain("pad_sequence", problem))
    if isinstance(sequences, Handle):
        sequences = sequences.unbind(0)  # type: ignore[attr-defined]
    sequences = list(sequences)
    if not sequences or not all([isinstance(s, Handle) for s in sequences]):
        problem = "pad_sequence: Expected iterable for input sequences of tensors, at least one"
        raise ArgumentError(explain("pad_sequence", problem))
    longest = max([s.shape[0] for s in sequences])
    padded = []
    for s in sequences:
        missing = longest - s.shape[0]
        if missing:
            padding = s.new_full((missing, *s.shape[1:]), padding_value)
            s = cat([s, padding] if padding_side == "right" else [padding, s])
        padded.append(s)
    return stack(padded, 0 if batch_first else 1)


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> Any:
    """Sequences of different lengths, packed.

    >>> torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]).data
    tensor([1, 3, 2])
    """
    lengths = [s.shape[0] for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, False, enforce_sorted)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences of a padded batch, each of its own length."""
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    wanted = lengths_of(lengths).tolist()
    return [s[:n] for s, n in zip(padded_sequences.unbind(0), wanted, strict=True)]


def unpack_sequence(packed_sequences: Any) -> list[Any]:
    """The sequences that were packed."""
    padded, lengths = pad_packed_sequence(packed_sequences, True)
    return unpad_sequence(padded, lengths, True)
