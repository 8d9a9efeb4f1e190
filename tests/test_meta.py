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


@BOTH
def test_modules_are_made_without_numbers(f) -> None:
    nn = f.nn
    f.manual_seed(0)
    with f.device("meta"):
        made = [nn.Linear(3, 4), nn.Embedding(9, 2), nn.BatchNorm2d(8), nn.LSTM(3, 4, 2)]
        made += [nn.TransformerEncoderLayer(8, 2), nn.Conv1d(2, 3, 3)]
        x = [f.ones(2), f.tensor([1, 2]), f.arange(3), f.randn(2), f.eye(2), f.full((2,), 1.0)]
        x += [f.randint(5, (2,)), f.randperm(4), f.linspace(0, 1, 3), f.as_tensor([1.0])]
        real = f.ones(2, device="cpu")
        assert f.zeros_like(real).tolist() == [0, 0] and f.bernoulli(real).sum() == 2
    assert all([v.is_meta for m in made for v in m.state_dict().values()])
    assert all([t.is_meta for t in x]) and not f.ones(2).is_meta
    model = nn.Sequential(
        nn.Conv2d(3, 6, 5, device="meta"), nn.Flatten(), nn.Linear(6, 2, device="meta")
    )
    assert model(f.empty(2, 3, 5, 5, device="meta")).shape == (2, 2)
    copied = copy.deepcopy(model)
    nn.init.orthogonal_(nn.init.trunc_normal_(copied[2].weight))
    assert copied[2].weight.is_meta and isinstance(copied[2].weight, nn.Parameter)
    with pytest.raises(NotImplementedError, match="to_empty"):
        model.to("cpu")
    f.manual_seed(0)
    before = f.rand(2)
    f.manual_seed(0)
    skipped = nn.utils.skip_init(nn.Linear, 5, 10)
    assert not skipped.weight.is_meta and skipped.weight.requires_grad
    assert f.equal(f.rand(2), before)


@BOTH
def test_a_checkpoint_is_put_in_the_place_of_parameters_without_numbers(f) -> None:
    saved = f.nn.Linear(3, 4).state_dict()
    model = f.nn.Linear(3, 4, device="meta")
    with pytest.warns(UserWarning, match="assign=True"):
        model.load_state_dict(saved)
    assert model.weight.is_meta
    model.load_state_dict(saved, assign=True)
    assert f.equal(model.weight, saved["weight"]) and model.weight.requires_grad
    f.set_default_device("meta")
    try:
        assert f.ones(1).is_meta and str(f.get_default_device()) == "meta"
    finally:
        f.set_default_device(None)
    assert str(f.get_default_device()) == "cpu" and not f.ones(1).is_meta
