"""Whole Jacobians and Hessians, row by row or column by column, all of them at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..errors import ChoiceError, explain
from ..patterns import eye
from .forward import jvp
from .mapping import vmap
from .reverse import Argnums, chosen, vjp
from .tree import leaves, rebuilt

Function = Callable[..., Any]


def basis(tensors: list[Any]) -> list[Any]:
    """For each tensor, one of its shape for every element of all of them: 1 there, 0 elsewhere."""
    total = sum([t.numel() for t in tensors])
    found, start = [], 0
    for tensor in tensors:
        block = eye(total, dtype=tensor.dtype).narrow(1, start, tensor.numel())
        found.append(block.reshape(total, *tensor.shape))
        start += tensor.numel()
    return found


def at(args: tuple[Any, ...], places: tuple[int, ...], inner: tuple[Any, ...]) -> list[Any]:
    """`args` with `inner` at `places`."""
    found = list(args)
    for k, value in zip(places, inner, strict=True):
        found[k] = value
    return found


def jacrev(
    func: Function,
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Function:
    """A function that gives the Jacobian of `func`, a row for each element of its result.

    >>> torch.func.jacrev(torch.sin)(torch.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        places = chosen(argnums, args, "jacrev")
        primals = tuple([args[k] for k in places])
        result = vjp(
            lambda *inner: func(*at(args, places, inner), **kwargs), *primals, has_aux=has_aux
        )
        output, vjp_fn = result[:2]
        outputs = leaves(output)
        rows = basis(outputs)
        back = vmap(lambda *w: vjp_fn(rebuilt(output, w)), chunk_size=chunk_size)(*rows)
        columns = leaves(back)
        made, start = [], 0
        for out in outputs:
            count = out.numel()
            blocks = [c.narrow(0, start, count).reshape(*out.shape, *c.shape[1:]) for c in columns]
            made.append(in_form(rebuilt(back, blocks), argnums))
            start += count
        table = nested(output, made)
        return (table, result[2]) if has_aux else table

    return wrapper


def in_form(blocks: tuple[Any, ...], argnums: Argnums) -> Any:
    """One block for the argument that `argnums` names, or a tuple of them."""
    return blocks[0] if isinstance(argnums, int) else blocks


def nested(tree: Any, found: list[Any]) -> Any:
    """A tree like `tree`, with the trees `found` in the places of its leaves."""
    return rebuilt(tree, found)


def jacfwd(
    func: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
    randomness: str = "error",
) -> Function:
    """A function that gives the Jacobian of `func`, a column for each element of its arguments.

    >>> torch.func.jacfwd(torch.sin)(torch.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        places = chosen(argnums, args, "jacfwd")
        primals = tuple([args[k] for k in places])
        inputs = leaves(primals)
        if not inputs:
            raise ChoiceError(explain("jacfwd", "there is no Tensor to differentiate by"))

        def push(*tangents: Any) -> Any:
            found = jvp(
                lambda *inner: func(*at(args, places, inner), **kwargs),
                primals,
                rebuilt(primals, tangents),
                has_aux=has_aux,
            )
            return found[1:]

        axes = (-1, None) if has_aux else (-1,)
        pushed = vmap(push, 0, axes, randomness, chunk_size=chunk_size)(*basis(inputs))
        table = pushed[0]
        made = []
        for column in leaves(table):
            blocks, start = [], 0
            for x in inputs:
                part = column.narrow(-1, start, x.numel())
                blocks.append(part.reshape(*part.shape[:-1], *x.shape))
                start += x.numel()
            made.append(in_form(rebuilt(primals, blocks), argnums))
        table = nested(table, made)
        return (table, pushed[1]) if has_aux else table

    return wrapper


def hessian(func: Function, argnums: Argnums = 0) -> Function:
    """A function that gives the second derivatives of `func`.

    >>> torch.func.hessian(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
