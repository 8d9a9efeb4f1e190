"""Sequences of different lengths in one batch: padded to the longest, or packed without gaps.

A packed batch holds, step after step, the elements of those sequences that have not ended; longer
sequences come first, so that the ones which go on are always the first few. How many elements that
is, is another number for almost every batch, which would make another program of each. So a batch
stays padded until somebody asks for its packed `data`: recurrent layers do not.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..calls import function
from ..errors import ArgumentError, ChoiceError, ShapeError, explain
from ..graph import Fresh
from ..ops import OPS
from ..runtime.entry import Handle
from ..runtime.glimpse import glimpse
from ..runtime.record import realise, wrap
from ..runtime.recorder import local

cat = function(OPS["cat"])
masked_fill = function(OPS["masked_fill"])
stack = function(OPS["stack"])

Fields = namedtuple("PackedSequence", "data batch_sizes sorted_indices unsorted_indices")


class Padded:
    """A batch to be packed: `value` (time, batch, *), zero after the ends, and the `lengths`."""

    def __init__(self, value: Any, lengths: Any) -> None:
        self.value = value
        self.lengths = lengths
        self.grad = local.recorder.grad
        self.rows: Any = None

    def mask(self) -> Any:
        """Where a sequence has ended: (time, batch, 1, ...)."""
        ended = np.arange(self.value.shape[0])[:, None] >= self.lengths
        return wrap(ended.reshape(*ended.shape, *[1] * (self.value.ndim - 2)))

    def padded(self, steps: int, padding_value: float) -> Any:
        """The batch with another value after the ends, and perhaps more steps."""
        value = self.value
        missing = steps - value.shape[0]
        if missing:
            value = cat([value, value.new_full((missing, *value.shape[1:]), 0)])
        if not padding_value:
            return value if missing else value.clone()
        ended = Padded(value, self.lengths).mask()
        return masked_fill(value, ended, padding_value)

    def packed(self, sizes: Any, order: Any) -> Any:
        """The elements in rows, recorded when they are first asked for."""
        if self.rows is None:
            steps, batch = self.value.shape[:2]
            places = np.arange(batch) if order is None else realise(order)
            rows = np.concatenate([t * batch + places[:n] for t, n in enumerate(sizes)])
            recorder = local.recorder
            before, recorder.grad = recorder.grad, self.grad
            try:
                flat = self.value.reshape(steps * batch, *self.value.shape[2:])
                self.rows = flat.index_select(0, wrap(rows))
            finally:
                recorder.grad = before
        return self.rows


class PackedSequence(Fields):
    """A packed batch: `data` in rows, and how many sequences there are at each step.

    `sorted_indices` is the order in which the sequences were packed, if that was not the given one,
    and `unsorted_indices` the way back.
    """

    padded: Padded | None = None

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

    @classmethod
    def of(cls, padded: Padded, batch_sizes: Any, order: Any, back: Any = None) -> Any:
        """A batch whose data is still padded."""
        made = cls(None, batch_sizes, order, back)
        made.padded = padded
        return made

    @property
    def data(self) -> Any:  # type: ignore[override]
        """The elements of all sequences, in rows."""
        if self.padded is None:
            return tuple.__getitem__(self, 0)
        return self.padded.packed(realise(self.batch_sizes), self.sorted_indices)

    def __iter__(self) -> Iterator[Any]:
        _, *rest = tuple.__iter__(self)
        return iter([self.data, *rest])

    def __getitem__(self, k: Any) -> Any:
        return tuple(self)[k]

    def __repr__(self) -> str:
        return repr(Fields(*self))

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
    array = glimpse(lengths) if isinstance(lengths, Handle) else np.asarray(list(lengths))
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
    padded = Padded(input[: len(sizes)], given)
    padded.value = masked_fill(padded.value, padded.mask(), 0)  # what is there may be NaN
    return PackedSequence.of(padded, wrap(sizes), None if enforce_sorted else wrap(order))


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
    sizes = realise(sequence.batch_sizes)
    steps, batch = len(sizes), int(sizes[0])
    if total_length is not None:
        if total_length < steps:
            problem = (
                "Expected total_length to be at least the length of the longest sequence in "
                f"input, but got total_length={total_length} and max sequence length being {steps}"
            )
            raise ChoiceError(explain("pad_packed_sequence", problem))
        steps = total_length
    if sequence.padded is not None:
        found = sequence.padded.padded(steps, padding_value)
        found = found.transpose(0, 1) if batch_first else found
        return found, wrap(sequence.padded.lengths.copy())
    data, _, _, back = sequence
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
    known = sequences[0]
    if all([type(s._value) is Fresh and alike(s, known) for s in sequences]):
        return padded_now(sequences, longest, batch_first, padding_value, padding_side)
    padded = []
    for s in sequences:
        missing = longest - s.shape[0]
        if missing:
            padding = s.new_full((missing, *s.shape[1:]), padding_value)
            s = cat([s, padding] if padding_side == "right" else [padding, s])
        padded.append(s)
    return stack(padded, 0 if batch_first else 1)


def alike(a: Any, b: Any) -> bool:
    """Whether two sequences are of the same kind of elements."""
    return bool(a.dtype is b.dtype and a.shape[1:] == b.shape[1:])


def padded_now(
    sequences: Any, longest: int, batch_first: bool, padding_value: float, padding_side: str
) -> Any:
    """`pad_sequence` of concrete tensors, at once: recorded, any other lengths were news."""
    arrays = [realise(s) for s in sequences]
    room = np.full((len(arrays), longest, *arrays[0].shape[1:]), padding_value, arrays[0].dtype)
    for row, array in zip(room, arrays, strict=True):
        n = len(array)
        row[longest - n if padding_side == "left" else 0 :][:n] = array
    return wrap(room if batch_first else np.ascontiguousarray(room.swapaxes(0, 1)))


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
