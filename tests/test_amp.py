"""Autocast casts what PyTorch casts, and a GradScaler does with gradients what PyTorch's does."""

import pickle
import threading
import warnings

import numpy as np
import oracle
import pytest

import rushlight
from rushlight import nn
from rushlight.ops import OPS
from rushlight.runtime.casting import FULL

half = rushlight.float16


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


# -- which ops are cast ------------------------------------------------------------------------

PLACES = {
    "torch": "", "F": "nn.functional", "special": "special", "linalg": "linalg", "fft": "fft",
    "Tensor": "Tensor",
}  # fmt: skip

ELSEWHERE = {
    "cov": "PyTorch casts after the mean was taken away: here it stays in float32",
    "corrcoef": "as cov",
}
"""Ops that differ, and why."""


def found(package, op):
    """The function of `package` that is `op`."""
    for space, place in PLACES.items():
        if space not in op.on:
            continue
        where = package
        for part in place.split(".") if place else ():
            where = getattr(where, part)
        for name in (op.name, *op.aliases):
            if name in dir(where):
                return getattr(where, name)
    return None


def given(package, value, small):
    """A sample's argument as the package wants it; floats in float16 if `small`."""
    if isinstance(value, np.ndarray):
        made = package.from_numpy(np.array(value))
        return made.to(package.float16) if small and value.dtype == np.float32 else made
    if isinstance(value, list | tuple):
        return type(value)([given(package, v, small) for v in value])
    is_dtype = isinstance(value, rushlight.dtype)
    return getattr(package, value.name) if is_dtype else value


def kinds(result):
    """The dtypes of all that a function returned."""
    if isinstance(result, list | tuple):
        return [kind for part in result for kind in kinds(part)]
    return [str(getattr(result, "dtype", type(result)))]


def dtypes_under_autocast(package, op, example, small):
    """What comes out under autocast, None if it is refused."""
    call = found(package, op)
    args = given(package, example.args, small)
    options = {k: given(package, v, small) for k, v in example.kwargs.items()}
    try:
        with warnings.catch_warnings(), package.autocast("cpu", dtype=package.float16):
            warnings.simplefilter("ignore")
            return kinds(call(*args, **options))
    except (RuntimeError, TypeError, NotImplementedError):
        return None


@pytest.mark.parametrize("small", [False, True], ids=["float32", "float16"])
def test_every_op_gives_the_dtype_that_it_gives_in_pytorch(torch, small):
    wrong = []
    for op in [op for op in oracle.public() if op.name not in ELSEWHERE]:
        if small and op.name not in FULL:
            continue  # PyTorch computes the others in float16: not autocast's doing
        for example in oracle.examples(op)[:2]:
            if example.kwargs.get("weight") is not None:
                continue  # of losses: PyTorch's are then written with other ops
            expected = dtypes_under_autocast(torch, op, example, small)
            ours = dtypes_under_autocast(rushlight, op, example, small)
            if expected is not None and ours != expected:
                wrong.append(f"{op.name}{example}: {ours}, not {expected}")
    assert not wrong, "\n".join(wrong)


def test_lists_name_ops():
    from rushlight.runtime import casting

    assert {*casting.LOWER, *casting.FULL, *casting.WIDEST, *casting.WHEN} <= set(OPS)


MODULES = {
    "conv": (
        lambda nn: nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(16, 3), nn.LayerNorm(3), nn.LogSoftmax(1),
        ),
        [(2, 3, 6, 6)],
    ),
    "attention": (lambda nn: nn.MultiheadAttention(4, 2, batch_first=True), [(2, 5, 4)] * 3),
    "transformer": (
        lambda nn: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True),
        [(2, 5, 4)],
    ),
    "gru": (lambda nn: nn.GRU(3, 4), [(4, 2, 3)]),
    "rnn": (lambda nn: nn.RNN(3, 4), [(4, 2, 3)]),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_modules_give_pytorchs_dtypes_and_nearly_its_numbers(torch, name):
    make, shapes = MODULES[name]
    numbers = np.random.default_rng(0)
    arrays = [numbers.standard_normal(shape, np.float32) for shape in shapes]
    results = []
    for package in (torch, rushlight):
        package.manual_seed(0)
        module = make(package.nn)
        with package.autocast("cpu", dtype=package.float16):
            out = module(*[package.from_numpy(a.copy()) for a in arrays])
        first = out[0] if isinstance(out, tuple) else out
        first.float().sin().sum().backward()
        grads = [p.grad for p in module.parameters()]
        assert {str(g.dtype) for g in grads} == {"torch.float32"}
        results.append((str(first.dtype), first.float().detach().numpy(), grads))
    (kind, expected, slopes), (ours, close, grads) = results
    assert ours == kind
    np.testing.assert_allclose(close, expected, atol=4e-3)
    for a, b in zip(grads, slopes, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=0.02, rtol=0.02)


# -- the context -------------------------------------------------------------------------------


def product(x):
    return (x @ x).dtype


def test_contexts_nest_and_end():
    x = rushlight.ones(2, 2)
    with rushlight.autocast("cpu", dtype=half):
        assert product(x) is half
        assert rushlight.is_autocast_enabled("cpu")
        assert rushlight.get_autocast_dtype("cpu") is half
        with rushlight.autocast("cpu", enabled=False):
            assert product(x) is rushlight.float32
        with rushlight.no_grad():
            assert product(x) is half
            assert not rushlight.is_grad_enabled()
        assert product(x) is half
        assert rushlight.is_grad_enabled() is True
        assert product(x.double()) is rushlight.float64
    assert product(x) is rushlight.float32
    assert not rushlight.is_autocast_enabled("cpu")
    with pytest.raises(ZeroDivisionError), rushlight.autocast("cpu", dtype=half):
        _ = 1 / 0
    assert product(x) is rushlight.float32


def test_it_decorates_and_keeps_to_its_thread():
    x = rushlight.ones(2, 2)
    decorated = rushlight.autocast("cpu", dtype=half)(product)
    assert [decorated(x), product(x)] == [half, rushlight.float32]
    seen = []
    with rushlight.autocast("cpu", dtype=half):
        thread = threading.Thread(target=lambda: seen.append(product(x)))
        thread.start()
        thread.join()
    assert seen == [rushlight.float32]


def test_a_loop_that_repeats_itself_keeps_both_kinds_apart():
    weight = nn.Parameter(rushlight.full((2, 2), 1 / 3))
    plain, cast = 1 / 3, float(np.float16(1 / 3))
    for step in range(12):
        with rushlight.autocast("cpu", dtype=half, enabled=step % 3 > 0):
            out = weight @ rushlight.eye(2)
        weight.grad = None
        out.sum().backward()
        assert out[0, 0].item() == pytest.approx(cast if step % 3 else plain, rel=1e-7)
        assert weight.grad.tolist() == [[1, 1], [1, 1]]


def test_devices_that_are_not_there_are_warned_of():
    with pytest.warns(UserWarning, match="CUDA is not available"):
        context = rushlight.autocast("cuda")
    with context:
        assert product(rushlight.ones(2, 2)) is rushlight.float32
    with pytest.warns(UserWarning, match="target dtype is not supported"):
        rushlight.autocast("cpu", dtype=rushlight.float64)
    with pytest.raises(RuntimeError, match="invalid device"):
        rushlight.autocast("gpu")
    with pytest.raises(ValueError, match="Expected `device_type` of type `str`"):
        rushlight.autocast(rushlight.device("cpu"))
    with pytest.warns(FutureWarning, match=r"torch.cuda.amp.autocast\(args...\)") as said:
        rushlight.cuda.amp.autocast(enabled=False)
    assert said[0].filename == __file__
    with pytest.warns(FutureWarning):
        assert rushlight.cpu.amp.GradScaler().is_enabled()
    with pytest.warns(UserWarning, match="Disabling"):
        assert not rushlight.amp.GradScaler().is_enabled()
    with pytest.warns((FutureWarning, UserWarning)):
        assert rushlight.cuda.amp.GradScaler().scale(3) == 3


def test_custom_functions_run_as_they_wish():
    seen = []

    class Cube(rushlight.autograd.Function):
        @staticmethod
        @rushlight.amp.custom_fwd(device_type="cpu", cast_inputs=rushlight.float32)
        def forward(ctx, x):
            seen.append((x.dtype, rushlight.is_autocast_enabled("cpu")))
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @rushlight.amp.custom_bwd(device_type="cpu")
        def backward(ctx, g):
            seen.append(rushlight.is_autocast_enabled("cpu"))
            return g * 3 * ctx.saved_tensors[0] ** 2

    x = rushlight.tensor([2.0], requires_grad=True)
    with rushlight.autocast("cpu", dtype=half):
        Cube.apply(x.half()).sum().backward()
    assert seen == [(rushlight.float32, False), False]
    assert x.grad.tolist() == [12.0]
    assert rushlight.amp.is_autocast_available("cpu")


# -- scaling -----------------------------------------------------------------------------------


def trained(package):
    """Scales, losses and parameters of a short training in which some gradients overflow."""
    package.manual_seed(0)
    model = package.nn.Linear(3, 1)
    optimizer = package.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scaler = package.amp.GradScaler("cpu", init_scale=2.0**20, growth_interval=2)
    history = []
    for step in range(8):
        x = package.linspace(-1, 1, 12).reshape(4, 3) * (1e30 if step in (1, 5) else 1)
        optimizer.zero_grad()
        with package.autocast("cpu", dtype=package.float16):
            loss = (model(x).float() - 1).pow(2).mean()
        scaler.scale(loss).backward()
        if step % 2:
            scaler.unscale_(optimizer)
            package.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        history.append((scaler.get_scale(), scaler.state_dict()["_growth_tracker"]))
        if step not in (1, 5):
            history.append(loss.item())
    return history, [p.detach().numpy() for p in model.parameters()]


def test_training_with_a_scaler_is_pytorchs(torch):
    (expected, weights), (ours, found_weights) = trained(torch), trained(rushlight)
    for a, b in zip(ours, expected, strict=True):
        assert a == (pytest.approx(b, rel=2e-3) if isinstance(b, float) else b)
    for a, b in zip(found_weights, weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3)


def test_a_scaler_used_in_the_wrong_order_says_so():
    p = nn.Parameter(rushlight.ones(2))
    optimizer = rushlight.optim.SGD([p], lr=0.1)
    scaler = rushlight.amp.GradScaler("cpu")
    with pytest.raises(AssertionError, match="Attempted step but _scale is None"):
        scaler.step(optimizer)
    scaled = scaler.scale([p.sum(), (p.sum(),)])
    assert scaled[1][0].item() == 2.0**17
    with pytest.raises(AssertionError, match="No inf checks"):
        scaler.step(optimizer)
    scaler = rushlight.amp.GradScaler("cpu")
    scaler.scale(p.sum()).backward()
    scaler.unscale_(optimizer)
    assert p.grad.tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="already been called"):
        scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="Closure use"):
        scaler.step(optimizer, closure=lambda: None)
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="already been called"):
        scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="after step"):
        scaler.unscale_(optimizer)
    scaler.update(4.0)
    assert scaler.get_scale() == 4.0
    with pytest.raises(ValueError, match="outputs must be a Tensor"):
        scaler.scale(3)
    with pytest.raises(RuntimeError, match="state dict is empty"):
        scaler.load_state_dict({})
    with pytest.raises(AssertionError, match="growth factor"):
        rushlight.amp.GradScaler("cpu", growth_factor=1.0)
    q = nn.Parameter(rushlight.ones(2).half())
    q.sum().backward()
    with pytest.raises(ValueError, match="FP16"):
        scaler.unscale_(rushlight.optim.SGD([q], lr=0.1))


def test_a_scaler_is_saved_and_goes_on():
    scaler = rushlight.amp.GradScaler("cpu", init_scale=8.0, growth_interval=3)
    scaler.scale(rushlight.ones(1))
    state = scaler.state_dict()
    assert state["scale"] == 8.0
    other = rushlight.amp.GradScaler("cpu")
    other.load_state_dict({**state, "scale": 2.0, "_growth_tracker": 1})
    assert other.scale(rushlight.ones(1)).item() == 2.0
    assert other.state_dict() == {**state, "scale": 2.0, "_growth_tracker": 1}
    assert pickle.loads(pickle.dumps(other)).get_scale() == 2.0
    assert rushlight.amp.GradScaler("cpu", enabled=False).state_dict() == {}
