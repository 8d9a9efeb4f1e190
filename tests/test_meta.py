"""Tensors on the device "meta", which have shapes alone: against PyTorch's."""

import copy

import pytest

import rushlight

torch = pytest.importorskip("torch")
BOTH = pytest.mark.parametrize("f", [torch, rushlight], ids=["torch", "rushlight"])


def test_shapes_and_types_of_results() -> None:
    def program(f):
        x = f.empty(2, 3, device="meta")
        w = f.rand(3, 4, device=f.device("meta"), dtype=f.float64)
        yield from (x, w, x.double() @ w, x.sum(), x.t(), x * 2 + 1, x[0], x[:, 1:], x.argmax(1))
        yield from (f.cat([x, x]), x > 0, f.zeros_like(x), f.randn_like(x), x.max(1).values)
        yield f.ones(2, device="meta", requires_grad=True)
        yield f.nn.functional.cross_entropy(x, f.zeros(2, device="meta", dtype=f.long))

    for theirs, ours in zip(program(torch), program(rushlight), strict=True):
        assert repr(ours) == repr(theirs)
        assert ours.is_meta and str(ours.device) == "meta"
        assert tuple(ours.shape) == tuple(theirs.shape) and ours.stride() == theirs.stride()


@BOTH
def test_there_are_no_numbers(f) -> None:
    x = f.empty(2, device="meta")
    for use in (lambda: x.cpu(), lambda: x.to("cpu"), lambda: x.sum().item()):
        with pytest.raises(RuntimeError):
            use()
    with pytest.raises(TypeError):
        x.numpy()
    y = f.ones(2, requires_grad=True)
    (y * 2).sum().backward()
    assert y.grad.tolist() == [2, 2] and not y.is_meta


@BOTH
def test_a_model_without_numbers_lends_its_form_to_others(f) -> None:
    nn, func = f.nn, f.func
    models = [nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)) for _ in range(3)]
    base = copy.deepcopy(models[0]).to("meta")
    assert base[0].weight.is_meta and base[0].weight.requires_grad
    assert len(list(base.parameters())) == 4
    assert base(f.empty(7, 4, device="meta")).shape == (7, 2)
    x = f.randn(5, 4)
    params, buffers = func.stack_module_state(models)
    out = func.vmap(lambda p, b: func.functional_call(base, (p, b), (x,)))(params, buffers)
    assert f.allclose(out, f.stack([m(x) for m in models]), atol=1e-5)
    real = base.to_empty(device="cpu")
    real.load_state_dict(models[1].state_dict())
    assert f.equal(real(x), models[1](x)) and real[0].weight.requires_grad
