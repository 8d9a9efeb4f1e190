"""PyTorch's own table of custom functions (`autograd_function_db`, in its wheel), transformed.

Their source is run with rushlight in the place of `torch`. What they give, and their gradients,
must agree plainly and under `vmap`, `grad` and `jvp`.
"""

import inspect
import types
import warnings

import numpy as np
import pytest

import rushlight

op_db = pytest.importorskip("op_db")
torch = op_db.torch
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    table = pytest.importorskip("torch.testing._internal.autograd_function_db")

REFUSED = (
    "a value was looked at inside a derivative inside vmap",
    "gradients cannot flow through a custom function into or out of vmap",
    "inside vmap, one tensor for all examples cannot take a value for each",
)
"""What rushlight does not do where vmap and gradients meet, and says so."""


def our_classes():
    """The custom functions of the table, made of their source, and what they refer to."""
    space = {"torch": rushlight, "np": np, "to_numpy": lambda t: t.numpy()}
    for name, found in vars(table).items():
        if isinstance(found, type) and issubclass(found, torch.autograd.Function):
            exec(inspect.getsource(found), space)
            assert name in space
    return space


OURS = our_classes()


def function_of(framework, info):
    """The function of an entry, in one of the frameworks."""
    if framework is torch:
        return info.op
    owner = getattr(info.op, "__self__", None)
    if owner is not None:
        return OURS[owner.__name__].apply
    return types.FunctionType(info.op.__code__, OURS)


def plain(f, function, args, places):
    leaves = [args[k].requires_grad_() for k in places]
    out = parts(f, function(*args))
    return [*out, *f.autograd.grad(total(f, out), leaves, allow_unused=True)]


def total(f, out):
    """A number that depends on all elements of some tensors."""
    roots = [(o * o).sum() for o in parts(f, out) if o.is_floating_point()]
    return sum(roots[1:], roots[0])


def parts(f, out):
    return op_db.tensors(out, f.Tensor)


def batched(f, args, places):
    """The arguments twice, one above the other, and their `in_dims`."""
    stacked = [f.stack([a, a * 2]) if k in places else a for k, a in enumerate(args)]
    return stacked, tuple([0 if k in places else None for k in range(len(args))])


def by_vmap(f, function, args, places):
    stacked, dims = batched(f, args, places)
    return parts(f, f.vmap(function, dims)(*stacked))


def by_grad(f, function, args, places):
    return parts(f, f.func.grad(lambda *a: total(f, function(*a)), places)(*args))


def by_vmap_of_grad(f, function, args, places):
    stacked, dims = batched(f, args, places)
    inner = f.func.grad(lambda *a: total(f, function(*a)), places)
    return parts(f, f.vmap(inner, dims)(*stacked))


def by_grad_of_vmap(f, function, args, places):
    stacked, dims = batched(f, args, places)
    mapped = f.vmap(function, dims)
    return parts(f, f.func.grad(lambda *a: total(f, mapped(*a)), places)(*stacked))


def by_jvp(f, function, args, places):
    def chosen(*given):
        inner = list(args)
        for k, x in zip(places, given, strict=True):
            inner[k] = x
        return tuple([p for p in parts(f, function(*inner)) if p.is_floating_point()])

    primals = tuple([args[k] for k in places])
    return parts(f, f.func.jvp(chosen, primals, tuple([p * 0.5 for p in primals])))


WAYS = {
    "plain": plain,
    "vmap": by_vmap,
    "grad": by_grad,
    "vmap of grad": by_vmap_of_grad,
    "grad of vmap": by_grad_of_vmap,
    "jvp": by_jvp,
}


def outcome(framework, info, sample, way):
    """What comes out, as arrays, or the error."""
    translate = op_db.Translation(framework)
    args = [translate(sample.input), *[translate(a) for a in sample.args]]
    args = [a.detach() if isinstance(a, framework.Tensor) else a for a in args]
    args += translate(list(sample.kwargs.values()))
    tensors = [(k, a) for k, a in enumerate(args) if isinstance(a, framework.Tensor)]
    places = tuple([k for k, a in tensors if a.is_floating_point()])
    try:
        made = WAYS[way](framework, function_of(framework, info), args, places)
        return [op_db.array_of(t) for t in made]
    except Exception as error:
        return error


def verdicts(info, way):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for sample in info.sample_inputs("cpu", torch.float64, requires_grad=True):
            theirs, mine = [outcome(f, info, sample, way) for f in (torch, rushlight)]
            if isinstance(theirs, Exception):
                continue  # then rushlight may do more
            if isinstance(mine, Exception):
                if "vmap" not in way or not any([words in str(mine) for words in REFUSED]):
                    yield repr(mine)[:300]
            elif len(mine) != len(theirs):
                yield f"{len(mine)} results instead of {len(theirs)}"
            else:
                for a, b in zip(mine, theirs, strict=True):
                    empty = a is None or b is None
                    if empty and not np.any(a if b is None else b):
                        continue
                    if empty or a.shape != b.shape or not np.allclose(a, b):
                        yield f"{a} instead of {b}"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("way", WAYS)
def test_custom_functions(way):
    wrong = []
    for info in table.autograd_function_db:
        wrong += [f"{info.name}: {v}" for v in verdicts(info, way)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("f", [torch, rushlight], ids=["torch", "rushlight"])
def test_a_backward_may_look_at_numbers(f):
    class Product(f.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, g):
            x, y = [t.detach().numpy() for t in ctx.saved_tensors]
            return f.from_numpy(g.numpy() * y), f.from_numpy(g.numpy() * x)

    a, b = f.ones(2, requires_grad=True), f.full((2,), 3.0, requires_grad=True)
    u, v = a * 2, b * 5
    out = Product.apply(u, v).sum()
    found = f.autograd.grad(out, [u, v, a, b], retain_graph=True)
    assert [g.tolist() for g in found] == [[15, 15], [2, 2], [30, 30], [10, 10]]
    out.backward()
    assert a.grad.tolist() == [30, 30] and b.grad.tolist() == [10, 10]
