"""Functions that few programs want, against PyTorch's."""

import numpy as np
import pytest

import rushlight
from rushlight import overrides, scalars

torch = pytest.importorskip("torch")
BOTH = pytest.mark.parametrize("f", [rushlight, torch], ids=["rushlight", "torch"])


def seen_by_hooks(f):
    """What hooks of several tensors are given, in passes that reach all of them or some."""
    seen = []
    a, b, c = [f.tensor([float(k + 1)], requires_grad=True) for k in range(3)]
    d = a * b
    e = d * c
    graph = f.autograd.graph
    every = graph.register_multi_grad_hook(
        [a, d, c], lambda gs: seen.append([None if g is None else g.item() for g in gs])
    )
    first = graph.register_multi_grad_hook([d, e], lambda g: seen.append(g.item()), mode="any")
    for root in (e, e, d):
        root.sum().backward(retain_graph=True)
    every.remove()
    with first:
        e.sum().backward(retain_graph=True)
    e.sum().backward()
    return seen, a.grad.item(), graph.get_gradient_edge(e).node.name()


def test_hooks_of_several_tensors():
    assert seen_by_hooks(rushlight) == seen_by_hooks(torch)


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("general", [True, False])
def test_lobpcg(largest, general):
    a = np.random.default_rng(0).normal(size=(9, 9))
    a = a @ a.T
    b = a * 0.1 + np.eye(9)
    found = []
    for f in (rushlight, torch):
        f.manual_seed(0)
        A, B = f.from_numpy(a), f.from_numpy(b) if general else None
        E, X = f.lobpcg(A, 2, B, largest=largest)
        assert (A @ X - (B @ X if general else X) * E).abs().max() < 1e-5
        found.append([*E.tolist(), f.rand(1).item()])
    np.testing.assert_allclose(*found, rtol=1e-6)


@BOTH
def test_a_tensor_on_a_file(f, tmp_path):
    path = str(tmp_path / "numbers")
    x = f.from_file(path, shared=True, size=4)
    x.fill_(2)
    x[1] = 5
    assert np.fromfile(path, np.float32).tolist() == [2, 5, 2, 2]
    y = f.from_file(path, size=3)
    y += 1
    assert y.tolist() == [3, 6, 3] and np.fromfile(path, np.float32)[1] == 5
    with pytest.raises(RuntimeError):
        f.from_file(path, size=5)
    with pytest.raises(RuntimeError):
        f.from_file(path + "x", size=5)


class Own:
    """An object that says itself what functions make of it."""

    @classmethod
    def __torch_function__(cls, func, kinds, args=(), kwargs=None):
        return func.__name__, kinds, args


class Deeper(Own):
    pass


@BOTH
def test_overrides(f):
    place = overrides if f is rushlight else torch.overrides
    x = f.ones(2)
    assert place.is_tensor_like(x) and place.is_tensor_like(Own())
    assert not place.is_tensor_like(3) and not place.has_torch_function((3, "x"))
    assert place.has_torch_function((3, Own())) and f.nn.functional.has_torch_function((Own(),))
    one, two = Own(), Deeper()

    @place.wrap_torch_function(lambda *args: args)
    def together(*args):
        return sum(args)

    assert together(1, 2) == 3
    assert together(one, two) == ("together", (Deeper, Own), (one, two))
    assert place.is_tensor_method_or_property(f.Tensor.add)
    assert not place.is_tensor_method_or_property(together)


def test_types_of_results():
    x = rushlight.rand(3, 3)
    for name in dir(rushlight.return_types):
        assert hasattr(torch.return_types, name), name
    assert type(x.max(0)) is rushlight.return_types.max
    with pytest.raises(NotImplementedError, match="return_types"):
        _ = rushlight.return_types.none


@BOTH
@pytest.mark.filterwarnings("ignore")
def test_modules_without_their_state(f):
    net = f.nn.Linear(2, 1)
    given = {"weight": f.ones(1, 2), "bias": f.zeros(1)}
    stateless = f.nn.utils.stateless
    assert stateless.functional_call(net, given, (f.ones(3, 2),)).tolist() == [[2], [2], [2]]


@BOTH
def test_the_memory_format_of_weights(f):
    net = f.nn.Sequential(f.nn.Conv2d(4, 2, 3), f.nn.ConvTranspose2d(2, 3, 2), f.nn.Linear(2, 2))
    out = net[:2](f.ones(1, 4, 6, 6))
    same = f.nn.utils.convert_conv2d_weight_memory_format(net, f.channels_last)
    assert same is net and net[0].weight.stride() == (36, 1, 12, 4)
    assert net[1].weight.is_contiguous(memory_format=f.channels_last)
    assert f.allclose(net[:2](f.ones(1, 4, 6, 6)), out, 1e-4, 1e-5)


def test_segments_that_make_no_sense():
    cases = (
        {"lengths": [2, 0]}, {"lengths": [2, -1, 2]}, {}, {"lengths": [3.0]}, {"offsets": [0, 2]},
        {"lengths": [2, 1], "axis": 1}, {"indices": [0, 0, 1]},
        {"lengths": [2, 0], "unsafe": True},
    )  # fmt: skip
    for case in cases:
        found = []
        for f in (rushlight, torch):
            given = {k: f.tensor(v) if isinstance(v, list) else v for k, v in case.items()}
            try:
                found.append(f.segment_reduce(f.arange(6.0).reshape(3, 2), "sum", **given).tolist())
            except Exception as error:
                found.append(error)
        mine, theirs = found
        assert isinstance(mine, type(theirs)) if isinstance(theirs, Exception) else mine == theirs


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [3, 12, 13, 31])
def test_gradients_of_a_grid_at_the_identity(dtype, n):
    image = np.random.default_rng(0).normal(size=(1, 2, n, n)).astype(dtype)
    slopes = []
    for f in (rushlight, torch):
        theta = f.tensor(np.eye(2, 3, dtype=dtype)[None], requires_grad=True)
        grid = f.nn.functional.affine_grid(theta, (1, 2, n, n), align_corners=False)
        out = f.nn.functional.grid_sample(f.tensor(image), grid, align_corners=False)
        (out * out).sum().backward()
        slopes.append(theta.grad.numpy())
    np.testing.assert_allclose(*slopes, 1e-4)  # each place is a kink


@pytest.mark.parametrize("n", [7, 12, 31])
def test_evenly_spaced_numbers_are_rounded_once(n):
    if np.finfo(np.longdouble).nmant < 63:
        pytest.skip("NumPy has nothing wider than float64 here")
    found = [f.linspace(-1, 1, n, dtype=f.float64).numpy() for f in (rushlight, torch)]
    np.testing.assert_array_equal(*found)


@BOTH
def test_numbers_drawn_for_one_parameter_have_no_dimensions(f):
    two, half = f.tensor(2.0), f.tensor(0.5)
    drawn = [f.poisson(two), f.binomial(two, half), f._standard_gamma(two)]
    assert [x.shape for x in drawn] == [()] * 3
    assert f.distributions.Gamma(2.0, 1.0).rsample().shape == ()


@BOTH
def test_what_autograd_calls_its_own_functions(f):
    x = f.ones(2, 3, requires_grad=True) * 1
    assert x.grad_fn.next_functions[0][0].name() == "torch::autograd::AccumulateGrad"
    assert x.t().reshape(-1).grad_fn.name() == "UnsafeViewBackward0"
    assert x.t().contiguous().reshape(-1).grad_fn.name() == "ViewBackward0"
    (slope,) = f.autograd.grad((x**3).sum(), x, create_graph=True)
    assert (slope + x).grad_fn.next_functions[0][0].name() == "MulBackward0"
    x[0] = 0
    assert x.grad_fn.name() == "torch::autograd::CopySlices"
    assert "grad_fn=<CopySlices>" in repr(x)

    class Twice(f.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    made = Twice.apply(x).grad_fn
    assert made.name() == type(made).__name__ == "TwiceBackward"
    assert repr(made).startswith("<torch.autograd.function.TwiceBackward object at")


@BOTH
def test_signs_and_logarithms_of_determinants_are_printed(f):
    assert repr(f.slogdet(f.eye(2))).startswith("torch.return_types.slogdet(")
    assert repr(f.linalg.slogdet(f.eye(2))).startswith("torch.return_types.linalg_slogdet(")


def test_lists_of_numbers_of_numpy_and_python():
    lists = (
        [np.float32(1.5), 2], [2.0, np.float32(1.5)], [1.0, np.float64(2)], [np.float64(1), 2],
        [np.float16(1), 2], [[np.float32(1)], [2]], [np.int64(1), 2.5], [np.float32(1), True],
        [np.complex64(1j), 1.0], [np.uint8(3), np.int8(1)], [1, np.int32(2)], [np.float32(1), 1j],
        [(np.int8(1), 2), (3, np.int16(4))],
    )  # fmt: skip
    for numbers in lists:
        theirs, ours = [f.tensor(numbers) for f in (torch, rushlight)]
        assert str(ours.dtype) == str(theirs.dtype), numbers
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_hooks_come_in_pytorchs_order():
    orders = []
    for f in (torch, rushlight):
        seen = []

        def called(name, seen=seen):
            return lambda *given: seen.append(name)

        net = f.nn.Sequential(f.nn.Linear(3, 4), f.nn.Tanh(), f.nn.Linear(4, 2))
        for name, p in net.named_parameters():
            p.register_hook(called(f"gradient of {name}"))
            p.register_post_accumulate_grad_hook(called(f"collected {name}"))
        for name, module in net.named_modules():
            module.register_full_backward_hook(called(f"module {name}"))
        x = f.ones(2, 3, requires_grad=True)
        x.register_hook(called("x"))
        for _ in range(2):
            net(x).sum().backward()
        a = f.ones(2, requires_grad=True)
        b = a * 2
        c = b + a
        for name, t in (("a", a), ("b", b), ("c", c)):
            t.register_hook(called(name))
        (c * b * a).sum().backward()
        assert a.grad.tolist() == [18, 18]
        orders.append(seen)
    assert orders[0] == orders[1]


@BOTH
def test_custom_functions_and_what_came_before_them(f):
    class Twice(f.autograd.Function):
        @staticmethod
        def forward(ctx, x, n):
            return x * n

        @staticmethod
        def backward(ctx, g):
            return 2 * g, None, None

    class Wrong(Twice):
        @staticmethod
        def backward(ctx, g):
            return 2 * g, None, g

    x = f.ones(2, requires_grad=True)
    y = Twice.apply(x, 2)
    (before,) = [fn for fn, _ in y.grad_fn.next_functions if fn is not None]
    assert y.grad_fn.next_functions[0][0] == before and before.variable is x
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]
    with pytest.raises(RuntimeError):
        Wrong.apply(x, 2).sum().backward()


@BOTH
def test_a_check_of_second_gradients_draws_what_pytorchs_does(f):
    f.manual_seed(0)
    x = f.rand(2, 2, requires_grad=True, dtype=f.float64)
    assert f.autograd.gradgradcheck(lambda x: (x.exp(), x.sin().sum()), x)
    drawn.append(f.rand(1).item())
    assert len(set(drawn)) == 1


drawn = []


@BOTH
def test_lines_without_numbers(f):
    for dtype in (f.bfloat16, f.float16, f.float32, f.int64):
        assert [f.linspace(1, 3, n, dtype=dtype).shape[0] for n in range(3)] == [0, 1, 2]


def test_a_number_of_what_requires_grad_comes_with_a_word(monkeypatch):
    monkeypatch.setattr(scalars.Told, "already", False)
    x = rushlight.ones(1, requires_grad=True)
    with rushlight.no_grad():
        assert float(x) == 1.0 == x.item() == int(x)
    with pytest.warns(UserWarning, match="requires grad"):
        assert float(x) == 1.0
    assert complex(x) == 1  # it is said once
