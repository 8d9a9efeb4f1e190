"""`torch.func` against PyTorch's, and against itself taken apart."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight
from rushlight import func, nn

torch = pytest.importorskip("torch")
Function = Callable[..., Any]


def arrays(value: Any) -> Any:
    """Tensors as arrays, nests as lists."""
    if isinstance(value, dict):
        return [arrays(v) for v in value.values()]
    if isinstance(value, tuple | list):
        return [arrays(v) for v in value]
    return value.detach().numpy()


def same(ours: Any, theirs: Any, tolerance: float = 1e-5) -> None:
    """Assert that two nests hold the same numbers."""
    if isinstance(ours, list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b, tolerance)
        return
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, tolerance, tolerance)


def given(lib: Any, *shapes: tuple[int, ...], seed: int = 0) -> list[Any]:
    """Tensors of numbers that both libraries get."""
    random = np.random.default_rng(seed)
    return [lib.tensor(random.uniform(0.5, 1.5, s).astype(np.float32).tolist()) for s in shapes]


def both(program: Function, tolerance: float = 1e-5) -> None:
    """Assert that `program(lib)` gives the same with PyTorch and here, twice."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = arrays(program(torch))
    for _ in range(2):
        same(arrays(program(rushlight)), theirs, tolerance)


def poly(lib: Any) -> Function:
    return lambda x, y: (lib.sin(x) * y.exp() + (x @ y)).sum()


PROGRAMS: dict[str, Function] = {
    "grad": lambda t: t.func.grad(poly(t))(*given(t, (3,), (3,))),
    "grad by two": lambda t: t.func.grad(poly(t), argnums=(0, 1))(*given(t, (3,), (3,))),
    "grad of a dict": lambda t: t.func.grad(lambda d: (d["a"] * d["b"] ** 2).sum())(
        dict(zip("ab", given(t, (3,), (3,)), strict=True))
    ),
    "aux": lambda t: t.func.grad_and_value(lambda x: ((x**3).sum(), x * 2), has_aux=True)(
        *given(t, (3,))
    ),
    "grad of grad": lambda t: t.func.grad(t.func.grad(lambda x: x.exp() * x**3))(*given(t, ())),
    "vjp": lambda t: t.func.vjp(lambda x, y: (x * y, x.sin()), *given(t, (3,), (3,)))[1](
        tuple(given(t, (3,), (3,), seed=1))
    ),
    "jvp": lambda t: t.func.jvp(
        lambda x, y: (x * y, (x @ y).exp()),
        tuple(given(t, (3,), (3,))),
        tuple(given(t, (3,), (3,), seed=1)),
    ),
    "jvp of grad": lambda t: t.func.jvp(
        t.func.grad(lambda x: (x.sin() * x**2).sum()),
        tuple(given(t, (4,))),
        tuple(given(t, (4,), seed=1)),
    ),
    "grad of jvp": lambda t: t.func.grad(
        lambda x: t.func.jvp(lambda z: z**3, (x,), (x * 2,))[1].sum()
    )(*given(t, (4,))),
    "jvp of jvp": lambda t: t.func.jvp(
        lambda x: t.func.jvp(lambda z: (x * z).sin(), (x,), (t.ones(3),))[1],
        tuple(given(t, (3,))),
        (t.ones(3),),
    ),
    "jacrev": lambda t: t.func.jacrev(lambda x, y: (x.outer(y), x.sum()), argnums=(0, 1))(
        *given(t, (2,), (3,))
    ),
    "jacfwd": lambda t: t.func.jacfwd(lambda x, y: (x.outer(y), x.sum()), argnums=(0, 1))(
        *given(t, (2,), (3,))
    ),
    "jacrev aux": lambda t: t.func.jacrev(lambda x: (x.sin(), x * 3), has_aux=True)(
        *given(t, (3,))
    ),
    "jacfwd aux": lambda t: t.func.jacfwd(lambda x: (x.sin(), x.sum()), has_aux=True)(
        *given(t, (3,))
    ),
    "jacrev in chunks": lambda t: t.func.jacrev(lambda x: x**2, chunk_size=2)(*given(t, (3,))),
    "hessian": lambda t: t.func.hessian(lambda x: (x.sin() * x.roll(1)).sum())(*given(t, (4,))),
    "hessian by two": lambda t: t.func.hessian(poly(t), argnums=(0, 1))(*given(t, (3,), (3,))),
    "jacfwd of jacfwd": lambda t: t.func.jacfwd(t.func.jacfwd(lambda x: x.prod() * x))(
        *given(t, (3,))
    ),
    "linearize": lambda t: t.func.linearize(lambda x: x.sin() * x, *given(t, (3,)))[1](
        *given(t, (3,), seed=1)
    ),
    "vmap": lambda t: t.vmap(lambda x, y: x @ y)(*given(t, (5, 3), (5, 3))),
    "vmap in_dims": lambda t: t.vmap(lambda x, y: x + y, (1, None), 1)(*given(t, (3, 5), (3,))),
    "vmap negative dims": lambda t: t.vmap(lambda x: x.sum(0), -1, -1)(*given(t, (3, 2, 5))),
    "vmap of a nest": lambda t: t.vmap(lambda d: {"s": d["a"] + d["b"][0], "p": d["b"][1]})(
        {"a": given(t, (5, 2))[0], "b": tuple(given(t, (5, 2), (5,), seed=1))}
    ),
    "vmap nested": lambda t: t.vmap(t.vmap(lambda a, b: a * b.exp(), (0, None)), (None, 0))(
        *given(t, (3,), (4,))
    ),
    "vmap in chunks": lambda t: t.vmap(lambda x: x.cumsum(0), chunk_size=2)(*given(t, (5, 3))),
    "vmap of a constant": lambda t: t.vmap(lambda x: (x, t.ones(2)))(*given(t, (3,))),
    "vmap out_dims None": lambda t: t.vmap(lambda x, y: (x * y, y * 2), (0, None), (0, None))(
        *given(t, (3, 2), (2,))
    ),
    "vmap of grad": lambda t: t.vmap(t.func.grad(poly(t)), (None, 0))(*given(t, (3,), (5, 3))),
    "grad of vmap": lambda t: t.func.grad(
        lambda x: t.vmap(poly(t), (None, 0))(x, x.outer(x)).sum()
    )(*given(t, (3,))),
    "vmap of jacrev": lambda t: t.vmap(t.func.jacrev(lambda x: x.softmax(0)))(*given(t, (4, 3))),
    "vmap of hessian": lambda t: t.vmap(t.func.hessian(lambda x: x.norm() ** 3))(*given(t, (4, 3))),
    "vmap of jvp": lambda t: t.vmap(lambda x, v: t.func.jvp(t.tanh, (x,), (v,)))(
        *given(t, (4, 3), (4, 3))
    ),
    "jvp of vmap": lambda t: t.func.jvp(
        t.vmap(lambda x: x.softmax(0)), tuple(given(t, (4, 3))), tuple(given(t, (4, 3), seed=1))
    ),
    "indices": lambda t: t.vmap(lambda x, i: x[i] * x.gather(0, i))(
        given(t, (3, 4))[0], t.tensor([[0, 1], [2, 3], [1, 1]])
    ),
    "changed inside": lambda t: t.vmap(lambda x: x.clone().mul_(2).add_(x))(*given(t, (3, 4))),
    "part changed inside": lambda t: t.vmap(part_changed)(*given(t, (3, 4))),
    "no_grad inside": lambda t: t.func.grad(lambda x: without(t, x))(*given(t, ())),
}


def part_changed(x: Any) -> Any:
    y = x.clone()
    y[1:] *= 3
    y[0] = y[1]
    return y


def without(t: Any, x: Any) -> Any:
    with t.no_grad():
        c = x**2
    return x**3 - c


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_numbers_are_pytorchs(name: str) -> None:
    both(PROGRAMS[name])


def network(lib: Any) -> Any:
    lib.manual_seed(0)
    return lib.nn.Sequential(
        lib.nn.Conv2d(1, 2, 3, padding=1), lib.nn.BatchNorm2d(2), lib.nn.ReLU(),
        lib.nn.MaxPool2d(2), lib.nn.Flatten(), lib.nn.Linear(8, 3), lib.nn.LayerNorm(3),
    ).eval()  # fmt: skip


def test_the_gradient_of_every_sample() -> None:
    def program(lib: Any) -> Any:
        net = network(lib)
        params = {k: p.detach() for k, p in net.named_parameters()}
        buffers = dict(net.named_buffers())

        def loss(params: Any, x: Any, y: Any) -> Any:
            out = lib.func.functional_call(net, (params, buffers), (x.unsqueeze(0),))
            return lib.nn.functional.cross_entropy(out, y.unsqueeze(0))

        x, y = given(lib, (5, 1, 4, 4))[0], lib.tensor([0, 2, 1, 1, 0])
        return lib.vmap(lib.func.grad(loss), (None, 0, 0))(params, x, y)

    both(program)


def test_an_ensemble() -> None:
    def program(lib: Any) -> Any:
        lib.manual_seed(0)
        models = [lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.Tanh()) for _ in range(3)]
        params, buffers = lib.func.stack_module_state(models)
        x = given(lib, (5, 3))[0]

        def call(p: Any, b: Any, x: Any) -> Any:
            return lib.func.functional_call(models[0], (p, b), (x,))

        out = lib.vmap(call, (0, 0, None))(params, buffers, x)
        out.square().sum().backward()
        return [out, [p.grad for p in params.values()], lib.stack([m(x) for m in models])]

    both(program)


def test_recurrent_layers_and_attention_for_many() -> None:
    def program(lib: Any) -> Any:
        lib.manual_seed(0)
        cell, attend = lib.nn.GRUCell(3, 4), lib.nn.MultiheadAttention(4, 2)

        def run(x: Any) -> Any:
            h = lib.zeros(1, 4)
            for step in x:
                h = cell(step.unsqueeze(0), h)
            return attend(h, h, h)[0]

        return lib.vmap(run)(given(lib, (2, 3, 3))[0])

    both(program)


@pytest.mark.parametrize("randomness", ["same", "different"])
def test_random_numbers_are_pytorchs(randomness: str) -> None:
    def program(lib: Any) -> Any:
        lib.manual_seed(3)
        x = given(lib, (4, 3))[0]

        def draw(x: Any) -> Any:
            mask = lib.nn.functional.dropout(lib.ones(20), 0.5)
            own = x.clone()
            if randomness == "different":
                own.normal_()
            return x + lib.randn(3), lib.rand_like(x), mask, lib.randint(9, (2,)), own

        out = lib.vmap(draw, randomness=randomness)(x)
        return [*out, lib.rand(2)]

    both(program)


def test_random_numbers_must_be_asked_for() -> None:
    with pytest.raises(RuntimeError, match="randomness='different'"):
        func.vmap(lambda x: x + rushlight.rand(2))(rushlight.ones(3, 2))


# -- what is outside ---------------------------------------------------------------------------


def test_histories_outside_are_kept_and_those_inside_are_not() -> None:
    def program(lib: Any) -> Any:
        w = given(lib, (3,))[0].requires_grad_()
        g = lib.func.grad(lambda x: ((w * x) ** 2).sum())(lib.ones(3))
        assert g.requires_grad
        g.sum().backward()
        plain = lib.func.grad(lambda x: (x**2).sum())(lib.ones(3))
        assert not plain.requires_grad
        with lib.no_grad():
            assert not lib.func.grad(lambda x: ((w * x) ** 2).sum())(lib.ones(3)).requires_grad
        mapped = lib.vmap(lambda x: (w * x).sum())(lib.ones(2, 3))
        mapped.sum().backward()
        return [g, w.grad, plain, mapped]

    both(program)


def test_a_function_may_look_at_values_that_are_the_same_for_all() -> None:
    def branch(x: Any) -> Any:
        return (x**2).sum() if bool(x.sum() > 0) else x.sum()

    x = rushlight.tensor([1.0, 2.0])
    assert func.grad(branch)(x).tolist() == [2, 4]
    assert func.jacfwd(branch)(x).tolist() == [2, 4]
    assert func.vmap(lambda y: y * branch(x))(x).tolist() == [5, 10]


def test_a_vmap_of_a_function_that_looks_at_an_example_says_so() -> None:
    with pytest.raises(RuntimeError, match="stands for many examples"):
        func.vmap(lambda x: x * 2 if x > 0 else x)(rushlight.ones(3))
    assert float(rushlight.ones(1) + 1) == 2  # nothing was left behind


def test_an_example_that_is_kept_has_no_value() -> None:
    kept = []

    def keep(x: Any) -> Any:
        kept.append(x * 2)
        return x + 1

    assert func.vmap(keep)(rushlight.ones(3)).tolist() == [2, 2, 2]
    with pytest.raises(RuntimeError, match="kept after the function has returned"):
        kept[0].tolist()


def test_an_argument_may_be_changed_in_place_and_nothing_else() -> None:
    x = rushlight.ones(3, 2)
    assert func.vmap(lambda row: row.mul_(2).sum())(x).tolist() == [4, 4, 4]
    assert x.tolist() == [[2, 2]] * 3
    other = rushlight.zeros(2)
    with pytest.raises(RuntimeError, match="one tensor for all examples"):
        func.vmap(lambda row: other.add_(row))(x)
    assert other.tolist() == [0, 0]


def test_batch_norm_in_training_mode_says_that_its_statistics_are_shared() -> None:
    norm = nn.BatchNorm1d(2)
    with pytest.raises(RuntimeError, match="one tensor for all examples"):
        func.vmap(norm)(rushlight.randn(3, 4, 2))
    assert norm.running_mean.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: func.vmap(lambda a: a, 2)(x), "got in_dim=2 for an input of 2 dimensions"),
        (lambda x: func.vmap(lambda a: 1)(x), "must only return Tensors"),
        (lambda x: func.vmap(lambda a, b: a)(x, x[:1]), "the same number of examples"),
        (lambda x: func.vmap(lambda a: a, None)(x), "at least one input must have"),
        (lambda x: func.vmap(lambda a: a, 0, None)(x), "out_dim None for a result"),
        (lambda x: func.grad(lambda a: a)(x), "expected the function to return a scalar"),
        (lambda x: func.grad(lambda a: a, 3)(x), "only 1 positional arguments"),
        (lambda x: func.jvp(lambda a: a, (x,), (x[0],)), "mismatch in shape"),
        (lambda x: func.functional_call(nn.Linear(1, 1), {"w": x}, x), "no parameter or buffer"),
    ],
)
def test_errors_say_what_is_wrong(call: Function, message: str) -> None:
    with pytest.raises((RuntimeError, TypeError, ValueError), match=message):
        call(rushlight.ones(2, 3))


def test_a_call_that_comes_again_is_found_again() -> None:
    recorder = rushlight.runtime.recorder.local.recorder  # type: ignore[attr-defined]
    step = func.vmap(func.grad(lambda x: (x**3).sum()))
    for k in range(4):
        assert step(rushlight.full((2, 2), float(k))).tolist() == [[3.0 * k * k] * 2] * 2
        if k == 1:
            count = recorder.count
    assert recorder.count == count


def test_each_op_runs_at_once_when_asked() -> None:
    with rushlight.eager():
        x = rushlight.tensor([1.0, 2.0])
        assert func.hessian(lambda x: (x**3).sum())(x).tolist() == [[6, 0], [0, 12]]


def test_custom_functions_inside() -> None:
    class Cube(rushlight.autograd.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    x = rushlight.tensor([1.0, 2.0])
    assert func.vmap(Cube.apply)(x).tolist() == [1, 8]
    assert func.grad(lambda x: Cube.apply(x).sum())(x).tolist() == [3, 12]
    assert func.vmap(func.grad(Cube.apply))(x).tolist() == [3, 12]
    assert func.jvp(Cube.apply, (x,), (x,))[1].tolist() == [3, 24]
    with pytest.raises(RuntimeError, match="gradients cannot flow through a custom function"):
        func.grad(lambda x: func.vmap(Cube.apply)(x).sum())(x)


def test_autocast_reaches_inside() -> None:
    def program(lib: Any) -> Any:
        with lib.autocast("cpu", dtype=lib.float16):
            g = lib.func.grad(lambda w: (lib.ones(2, 3) @ w).float().sum())(lib.ones(3, 2))
            return [g, lib.vmap(lambda x: (x @ x.T).float())(given(lib, (2, 3, 3))[0])]

    both(program, 1e-2)
