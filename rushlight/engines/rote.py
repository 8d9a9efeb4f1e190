"""A rote: what is done around a program again and again, as a table that machine code goes through.

Python would take twenty nanoseconds for a line of it, machine code takes one. The table is an
array of int64, a row for each thing to do: (what, p, q, r, s, d, t). A place is the address of a
word that refers to an object, such as a slot of an object; if t is not 0, that of item t - 1 of the
list which is there. Whoever writes the table keeps alive what it names. First come rows that look,
and gather arguments: if anything is not as they say, nothing has been done. Then comes CALL; the
rows after it only store, and none of them can fail. What is stored before it tells other threads
that it is under way.

    call(table, *given) -> True if all was done, False if nothing was

The first two rows are the head: how many are `given`, how many arguments the call has, how many
objects are replaced, the function that is called, the one that renews a slot; then where in a
tensor its value and its array are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

WIDTH = 7

(
    END,
    SAME,  # the word at p is q
    FIELD,  # the word q bytes into the object at place p is r
    SOLE,  # the object at place p has no more than q references
    ITEM,  # item q of the list p is the object r
    THING,  # argument d is the object p
    PASSED,  # argument d is the p-th of what is given
    ARGUMENT,  # argument d is the object at place p
    BOUND,  # argument d is item q of the tuple or list at place p
    NUMBER,  # argument d is item q of the tuple that is the p-th of what is given
    SLOT,  # argument d is item q of the list p; if anybody holds it, it is exchanged with that of
    # the list s; if that is held too, argument d is what `renew(q)` gives (r is q, as an object)
    CALL,  # call the function with all arguments
    SET,  # the place p gets the object q, and d has what was there
    GIVEN,  # the place p gets the q-th of what is given, and d has what was there
    MOVE,  # the place p gets what is at place q, and d has what was there
    DELIVER,  # the tensor at place p, if its value is q, gets value r and argument s as its array
    DENOTE,  # the tensor at place p, if its value is q, gets value r
) = range(17)


WARM = (
    "tensors", "form", "otherwise", "thread", "recorder", "at_offset", "next_offset",
    "plain_offset", "mode_offset", "grad_offset", "entry_type", "tensor_type", "parameter_type",
    "value_offset", "array_offset", "binds_offset", "none", "first", "second", "both", "exports",
    "new", "no_arguments", "result_offset", "bound_offset", "out_offset", "wanted_offsets",
)  # fmt: skip
"""The words of another table, for calls that repeat the last: objects, and offsets of their slots.

A function with such a table is called with so many `tensors`. If the entry that comes next has this
`form`, it records the call, else it calls `otherwise`. From `wanted_offsets` on there are as many
as tensors.
"""

GATHER = (
    "tables", "count", "rows", "single", "map_data", "map_count", "scratch", "otherwise",
    "slots", "spares", "like", "tensor_type", "new", "no_arguments", "value_offset",
    "array_offset", "looks", "index_like",
)  # fmt: skip
"""The words of a table for batches of a dataset that is some arrays, of `rows` rows each.

A function with such a table is called with an array of `count` indices. It returns a list of new
tensors, one for each of the `tables` (or if it is `single`, that tensor itself). If `map_data` is
not 0, the indices are those of an array of `map_count` indices there. `scratch` has room
for `count` words, and two for each table.

The arrays of the new tensors are from the lists of `slots` and `spares`; if somebody holds both,
one that `like(slot)` returns. From `index_like` on there is a source like the index; then `looks`
times four words, an object, the name of an attribute, what that must be, and how many items are in
it if it is a list, else -1; then the sources. If anything is not as expected, the function calls
`otherwise`.
"""

ARRAY, VALUE, LEAF, DTYPE, BYTES, NDIM = range(6)
"""The words of a source: an array, or the tensor that has it and the value that tensor must have;
what the new tensor denotes; the element type, the bytes of a row, the number of dimensions; then
follow the sizes of all dimensions but the first."""

SOURCE = 16
"""Words of a source."""


class Machinery(NamedTuple):
    """What an engine has in machine code besides programs.

    `run(table, *given)` goes through a rote; `call(table)` makes a function of a table as above;
    `method(kind)` makes a method of that class that calls `forward` with the same arguments;
    `gather(table, things)` makes a function that makes batches, and keeps `things` alive.
    """

    run: Callable[..., bool]
    call: Callable[[Any], Callable[..., Any]]
    method: Callable[[type], Any]
    gather: Callable[[Any, Any], Callable[..., Any]]
