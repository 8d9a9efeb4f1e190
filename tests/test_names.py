"""Names of PyTorch in modules of their own: random, testing, fusion, benchmark and others."""

import numpy as np
import pytest

import rushlight as torch
from rushlight import nn

CLOSE = [
    ([1.0, 2.0], [1.0, 2.0]),
    ([1.0, 2.0, 3.0], [1.0, 2.0, 3.1]),
    ([[1.0, float("nan")]], [[1.0, 2.0]]),
    ([1, 2], [1, 3]),
    ([True], [False]),
    (1.0, 2.0),
    ([], []),
]


@pytest.mark.parametrize(("a", "b"), CLOSE, ids=str)
@pytest.mark.parametrize("options", [{}, {"rtol": 0.1, "atol": 0.2}, {"equal_nan": True}], ids=str)
def test_reports_are_pytorchs(a, b, options):
    oracle = pytest.importorskip("torch")
    assert said(torch, a, b, options) == said(oracle, a, b, options)


def said(framework, a, b, options):
    """What assert_close has to say, the figures cut to few digits."""
    try:
        framework.testing.assert_close(framework.tensor(a), framework.tensor(b), **options)
    except AssertionError as error:
        return [word[:7] if word[:1].isdigit() else word for word in str(error).split()]
    return "close"


def test_items_and_attributes_are_compared():
    x = torch.ones(2)
    torch.testing.assert_close({"a": [x, 1.0]}, {"a": (x.clone(), 1.0)})
    for a, b, words in [
        ({"a": [x, 1]}, {"a": [x, 2]}, r"item \['a'\]\[1\]"),
        ([x], [x, x], "1 != 2"),
        (x, torch.ones(3), "shape"),
        (x, x.double(), "torch.float32 != torch.float64"),
        (x, None, "None"),
        ({"a": x}, {"b": x}, "keys"),
    ]:
        with pytest.raises(AssertionError, match=words):
            torch.testing.assert_close(a, b)
    torch.testing.assert_close(x, x.double(), check_dtype=False)
    with pytest.raises(AssertionError, match=r"^mine$"):
        torch.testing.assert_close(x, x + 1, msg="mine")
    with pytest.raises(ValueError, match="both or neither"):
        torch.testing.assert_close(x, x, rtol=1.0)


def test_tensors_to_try():
    for dtype in (torch.float32, torch.int64, torch.bool, torch.uint8):
        made = torch.testing.make_tensor(4, 6, dtype=dtype, noncontiguous=True)
        assert made.shape == (4, 6)
        assert made.dtype is dtype
        assert not made.is_contiguous()
    small = torch.testing.make_tensor(100, dtype=torch.float64, low=2, high=3, requires_grad=True)
    assert small.requires_grad
    assert 2 <= small.min() <= small.max() <= 3
    assert (torch.testing.make_tensor(200, dtype=torch.int8, high=1, exclude_zero=True) != 0).all()


def test_random_has_the_names_of_streams():
    torch.random.manual_seed(3)
    state = torch.random.get_rng_state()
    first = torch.rand(1)
    with torch.random.fork_rng():
        torch.random.set_rng_state(state)
        assert torch.rand(1) == first
    assert torch.random.initial_seed() == 3
    assert torch.random.fork_rng is torch.fork_rng


def fill(bn):
    """Other statistics and scales than those of a new batch norm."""
    for k, tensor in enumerate((bn.running_mean, bn.running_var, bn.weight.data, bn.bias.data)):
        tensor.uniform_(0.5, 1.5 + k)
    return bn.eval()


def test_batch_norms_are_folded_into_what_is_before_them():
    torch.manual_seed(0)
    x = torch.randn(2, 3, 8, 8)
    for conv, transpose in (
        (nn.Conv2d(3, 5, 3, bias=False), False),
        (nn.ConvTranspose2d(3, 5, 3, stride=2), True),
    ):
        bn = fill(nn.BatchNorm2d(5))
        fused = nn.utils.fuse_conv_bn_eval(conv.eval(), bn, transpose)
        np.testing.assert_allclose(fused(x).detach(), bn(conv(x)).detach(), rtol=1e-4, atol=1e-5)
    linear, bn = nn.Linear(8, 4).eval(), fill(nn.BatchNorm1d(4))
    fused = nn.utils.fuse_linear_bn_eval(linear, bn)
    rows = x[0, 0]
    np.testing.assert_allclose(fused(rows).detach(), bn(linear(rows)).detach(), rtol=1e-5)
    with pytest.raises(AssertionError, match="evaluation"):
        nn.utils.fuse_linear_bn_eval(linear.train(), bn)


def test_skipped_initialisation_draws_nothing():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    assert nn.utils.skip_init(nn.Linear, 2, 3).weight.shape == (3, 2)
    assert torch.rand(1) == expected
    with pytest.raises(TypeError, match="device"):
        nn.utils.skip_init(nn.ReLU)


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g


def test_once_differentiable_functions_are_not_differentiated_twice():
    x = torch.tensor(3.0, requires_grad=True)
    (first,) = torch.autograd.grad(Square.apply(x), x)
    assert first == 6
    (kept,) = torch.autograd.grad(Square.apply(x) ** 2, x, create_graph=True)
    assert kept == 108
    with pytest.raises(RuntimeError, match="once_differentiable"):
        kept.backward()


def test_times_are_measured():
    timer = torch.utils.benchmark.Timer(
        "y = x @ x", globals={"x": torch.ones(8, 8)}, label="product", sub_label="small"
    )
    once = timer.timeit(5)
    assert once.number_per_run == 5
    assert 0 < once.median < 1
    assert "product: small" in repr(once)
    several = timer.blocked_autorange(min_run_time=0.05)
    assert sum(several.raw_times) >= 0.05
    assert several.mean > 0 <= several.iqr
    assert f"{len(several.times)} measurement" in repr(several)
    steady = timer.adaptive_autorange(min_run_time=0.001, max_run_time=0.01)
    table = torch.utils.benchmark.Compare([once])
    table.extend_results([several, steady])
    assert "[-" in str(table) and " product " in str(table) and "small" in str(table)
    assert "1 threads: --" in str(table) and "Times are in" in str(table)


def test_names_that_programs_look_for():
    backend = nn.attention.SDPBackend.MATH
    with nn.attention.sdpa_kernel(backend), nn.attention.sdpa_kernel([backend]):
        out = nn.functional.scaled_dot_product_attention(*[torch.ones(1, 2, 3)] * 3)
    assert out.tolist() == [[[1.0] * 3] * 2]
    with pytest.raises(TypeError, match="SDPBackend"), nn.attention.sdpa_kernel("math"):
        pass
    assert isinstance(nn.LazyLinear(2).weight, nn.parameter.UninitializedParameter)
    assert torch.accelerator.current_accelerator() is None
    assert not torch.accelerator.is_available()
    assert not torch.mps.is_available()
    assert torch.functional.einsum("ii", torch.eye(2)) == 2
    assert isinstance(1.5, torch.types.Number)
    with pytest.raises(AttributeError, match=r"torch\.functional\.relu"):
        _ = torch.functional.relu
    with torch.autograd.anomaly_mode.detect_anomaly(check_nan=False):
        assert torch.autograd.anomaly_mode.set_detect_anomaly is torch.autograd.set_detect_anomaly


def test_functions_that_change_their_argument():
    x = torch.tensor([-1.5, 0.25])
    assert torch.relu_(x) is x
    assert x.tolist() == [0.0, 0.25]
    assert torch.sqrt_(x).tolist() == [0.0, 0.5]
    assert torch.clamp_(x, max=0.1).tolist() == pytest.approx([0.0, 0.1])
    assert torch.zero_(torch.fill_(x, 3.0)).tolist() == [0.0, 0.0]
    oracle = pytest.importorskip("torch")
    theirs = {n for n in dir(oracle) if n.endswith("_") and not n.startswith("_")}
    apart = ("dropout_", "embedding_renorm_", "as_strided_", "sparse_", "elu_", "threshold_")
    assert [n for n in theirs if not hasattr(torch, n) and not n.endswith(apart)] == []


def test_facts_about_tensors():
    x = torch.arange(6.0).reshape(2, 3)
    assert x.where(x > 2, -1.0).tolist() == [[-1.0, -1.0, -1.0], [3.0, 4.0, 5.0]]
    assert x.is_cpu
    assert not (x.is_cuda or x.is_meta or x.is_conj() or x.is_neg() or x.is_inference())
    assert x.is_same_size(torch.zeros(2, 3))
    assert not x.is_same_size(x.T)
    assert x.is_set_to(x.view(2, 3))
    assert not x.is_set_to(x.T)
    assert torch.zeros(1).resize_as_(x).shape == (2, 3)
    assert torch.typename(x.double()) == "torch.DoubleTensor"
    assert torch.typename([]) == "list"
    rows, columns = torch.unravel_index(torch.tensor([5, 2]), (2, 3))
    assert (rows.tolist(), columns.tolist()) == ([1, 0], [2, 2])
    assert torch.vander(torch.tensor([2, 3]), 3).tolist() == [[4, 2, 1], [9, 3, 1]]
    assert torch.vander(torch.tensor([2, 3]), increasing=True).tolist() == [[1, 2], [1, 3]]
    assert torch.chain_matmul(x, x.T, x).shape == (2, 3)
    try:
        torch.set_default_tensor_type(torch.DoubleTensor)
        assert torch.ones(1).dtype is torch.float64
    finally:
        torch.set_default_tensor_type("torch.FloatTensor")
    with pytest.raises(TypeError, match="legacy"):
        torch.set_default_tensor_type(3)


@pytest.mark.parametrize("aligned", [True, False, None])
@pytest.mark.parametrize("size", [(2, 3, 4, 5), (1, 1, 2, 6), (2, 1, 3, 4, 2)], ids=str)
def test_affine_grids_are_pytorchs(size, aligned):
    oracle = pytest.importorskip("torch")
    n = len(size) - 2
    numbers = np.random.default_rng(0).normal(size=(size[0], n, n + 1)).astype(np.float32)
    results = []
    for framework in (torch, oracle):
        theta = framework.tensor(numbers, requires_grad=True)
        grid = framework.nn.functional.affine_grid(theta, framework.Size(size), aligned or False)
        grid.square().sum().backward()
        results.append((grid.detach().numpy(), theta.grad.numpy()))
    for mine, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)
    with pytest.raises(RuntimeError, match="affine_grid"):
        torch.nn.functional.affine_grid(torch.ones(1, 2, 2), size)


def test_methods_that_are_missing_say_so():
    x = torch.ones(2)
    assert not hasattr(x, "to_sparse")
    for tensor in (x, torch.Tensor):
        with pytest.raises(NotImplementedError, match=r"Tensor\.to_sparse: rushlight does not"):
            _ = tensor.to_sparse
    x = torch.nn.Parameter(x)
    x.name = "of one's own"
    assert x.name == "of one's own"


def test_what_is_kept_for_gradients():
    graph = torch.autograd.graph
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    with graph.save_on_cpu(), graph.allow_mutation_on_saved_tensors():
        z = (y * y).sum()
        y.add_(1)
    z.backward()
    assert x.grad.tolist() == [18.0, 36.0]
    assert isinstance(z.grad_fn, graph.Node)
    with pytest.raises(AttributeError, match="saved_tensors_hooks"):
        _ = graph.saved_tensors_hooks


def test_nests_are_taken_apart():
    trees = torch.utils._pytree
    nest = {"a": [1, (2, 3)], "b": 4}
    leaves, shape = trees.tree_flatten(nest)
    assert leaves == trees.tree_leaves(nest) == [1, 2, 3, 4]
    assert trees.tree_unflatten(leaves, shape) == nest
    assert shape == trees.tree_flatten(trees.tree_map(lambda n: -n, nest))[1]
    assert trees.tree_map_only(int, lambda n: n + 1, [1, "x"]) == [2, "x"]
    assert trees.tree_any(lambda n: n > 3, nest)


def test_batch_norms_for_vmap_have_no_memory():
    net = nn.Sequential(nn.BatchNorm1d(2), nn.InstanceNorm1d(2, track_running_stats=True))
    assert torch.func.replace_all_batch_norm_modules_(net) is net
    assert net[0].running_mean is net[0].num_batches_tracked is None
    assert net[1].running_mean is not None
    assert net(torch.ones(2, 2, 3)).tolist() == [[[0.0] * 3] * 2] * 2


@pytest.mark.parametrize("memory_format", ["channels_last", "contiguous_format"])
def test_memory_formats_are_pytorchs(memory_format):
    def seen(framework):
        wanted = getattr(framework, memory_format)
        x = framework.arange(120.0).reshape(2, 3, 4, 5)
        made = [x.to(memory_format=wanted), x.permute(0, 2, 3, 1).clone(memory_format=wanted)]
        made += [framework.zeros_like(x, memory_format=wanted), made[0] * x, made[0].sum(1)]
        last = framework.channels_last
        facts = [(t.stride(), t.is_contiguous(memory_format=last), t.sum().item()) for t in made]
        return facts, repr(wanted), repr(x.layout)

    assert seen(torch) == seen(pytest.importorskip("torch"))


def test_storages():
    x = torch.arange(6.0).reshape(2, 3)
    whole = x.storage()
    whole[1] = 9.0
    assert x[0].tolist() == [0.0, 9.0, 2.0]
    assert x[1].storage().tolist() == whole.tolist()
    assert x.untyped_storage().nbytes() == 24
    assert x[1].untyped_storage().data_ptr() == x.data_ptr()
    assert torch.is_storage(whole)
    assert torch.zeros(1).set_(whole, 1, (2, 2), (1, 2)).tolist() == [[9.0, 3.0], [2.0, 4.0]]
    with pytest.raises(NotImplementedError, match="cannot be made alone"):
        torch.UntypedStorage(3)
