"""Dual tensors against PyTorch's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import rushlight

torch = pytest.importorskip("torch")


def both(program: Any) -> None:
    """Assert that `program` gives the same numbers with PyTorch and here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = program(torch)
    for a, b in zip(program(rushlight), theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 1e-5, 1e-6)


def test_values_and_tangents() -> None:
    def program(lib: Any) -> Any:
        forward = lib.autograd.forward_ad
        x, t, w = lib.tensor([1.0, 2.0]), lib.tensor([0.5, -1.0]), lib.tensor([3.0, 4.0])
        found: list[Any] = []
        with forward.dual_level():
            dual = forward.make_dual(x, t)
            other = forward.make_dual(w, lib.ones(2))
            for y in (
                dual * other,
                (dual @ other).exp(),
                dual.argmax(),
                w * 2,
                dual.detach(),
                dual,
            ):
                found += forward.unpack_dual(y)
        return [*found, *forward.unpack_dual(x)]

    both(program)


def test_a_model_in_the_direction_of_its_gradient() -> None:
    def program(lib: Any) -> Any:
        forward = lib.autograd.forward_ad
        lib.manual_seed(0)
        net = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.Tanh(), lib.nn.Linear(4, 1))
        params = {k: p.detach() for k, p in net.named_parameters()}
        with forward.dual_level():
            duals = {k: forward.make_dual(p, lib.ones_like(p)) for k, p in params.items()}
            out = lib.func.functional_call(net, duals, lib.ones(2, 3))
            return list(forward.unpack_dual(out))

    both(program)


def test_a_tangent_can_be_differentiated() -> None:
    def program(lib: Any) -> Any:
        forward = lib.autograd.forward_ad
        w = lib.tensor([3.0, 4.0], requires_grad=True)
        with forward.dual_level():
            dual = forward.make_dual(lib.tensor([1.0, 2.0]), lib.ones(2))
            tangent = forward.unpack_dual((w * dual) ** 2).tangent
            tangent.sum().backward()
        return [tangent, w.grad]

    both(program)


def test_what_cannot_be_done_says_so() -> None:
    forward = rushlight.autograd.forward_ad
    x = rushlight.ones(2)
    with pytest.raises(RuntimeError, match="no level exists"):
        forward.make_dual(x, x)
    with forward.dual_level():
        with pytest.raises(RuntimeError, match="mismatch in shape"):
            forward.make_dual(x, rushlight.ones(3))
        with pytest.raises(RuntimeError, match="Nested forward mode"), forward.dual_level():
            pass
        dual = forward.make_dual(x, x)
        with pytest.raises(RuntimeError, match="do not flow through no_grad"), rushlight.no_grad():
            pass
        with pytest.raises(RuntimeError, match="do not flow through no_grad"):
            rushlight.set_grad_enabled(False)
        assert forward.unpack_dual(dual * 3).tangent.tolist() == [3, 3]
    with rushlight.no_grad():
        assert not (x * 2).requires_grad


def test_custom_functions_say_what_their_tangents_are() -> None:
    def program(lib: Any) -> Any:
        class Triple(lib.autograd.Function):  # type: ignore[misc]
            """Whose two derivatives differ, to tell which is used."""

            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                ctx.save_for_forward(x, x + 1)
                return x * x

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                (x,) = ctx.saved_tensors
                return 2 * x * g

            @staticmethod
            def jvp(ctx: Any, t: Any) -> Any:
                x, _ = ctx.saved_tensors
                return 3 * x * t

        class Both(lib.autograd.Function):  # type: ignore[misc]
            """Which has no gradients."""

            @staticmethod
            def forward(x: Any, y: Any) -> Any:
                return x * y, x + y

            @staticmethod
            def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
                ctx.save_for_forward(*inputs)

            @staticmethod
            def jvp(ctx: Any, s: Any, t: Any) -> Any:
                x, y = ctx.saved_tensors
                return s * y + t * x, s + t

        class Plain(lib.autograd.Function):  # type: ignore[misc]
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                return x.exp()

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                raise AssertionError

            @staticmethod
            def jvp(ctx: Any, t: Any) -> Any:
                return t * 5

        forward = lib.autograd.forward_ad
        x, y, t = lib.tensor([1.0, 2.0]), lib.tensor([3.0, -1.0]), lib.tensor([0.5, -1.0])
        found = []
        with forward.dual_level():
            a, b = forward.make_dual(x, t), forward.make_dual(y, t * t)
            results = (Triple.apply(a) * b.sin(), *Both.apply(a, b), Plain.apply(b))
            for result in results:
                found += forward.unpack_dual(result)
        pushed = lib.func.jvp(lambda a, b: Both.apply(a, b)[0].exp(), (x, y), (t, t))
        leaf = x.clone().requires_grad_()
        Triple.apply(leaf).sum().backward()
        return (*found, *pushed, leaf.grad)

    both(program)
