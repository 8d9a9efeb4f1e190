"""Layers and losses as functions of `torch` itself, against PyTorch's: results and gradients."""

import warnings

import numpy as np
import pytest

import rushlight

oracle = pytest.importorskip("torch")

RANDOM = np.random.default_rng(0)


def f(*shape):
    return RANDOM.normal(size=shape).astype("f")


def tried(torch, function, arrays):
    """What `function(torch, *tensors)` gives, and the gradients of all fractional tensors."""
    torch.manual_seed(3)
    tensors = [torch.tensor(a) for a in arrays]
    leaves = [t.requires_grad_() for t in tensors if t.is_floating_point()]
    returned = function(torch, *tensors)
    found = list(returned) if isinstance(returned, tuple) else [returned]
    roots = [t for t in found if t.requires_grad]
    total = sum([t.square().sum() for t in roots])
    grads = torch.autograd.grad(total, leaves, allow_unused=True) if roots else []
    return [None if t is None else t.detach().numpy() for t in [*found, *grads]]


def compare(function, *arrays):
    """Assert that both frameworks give the same."""
    mine, theirs = [tried(t, function, arrays) for t in (rushlight, oracle)]
    for a, b in zip(mine, theirs, strict=True):
        if a is None or b is None:
            left = b if a is None else a
            assert left is None or not left.any()
            continue
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["", "feature_", "alpha_", "feature_alpha_"])
def test_dropouts(kind):
    x = f(3, 4, 5)
    for train in (True, False):
        compare(lambda t, x, train=train: getattr(t, f"{kind}dropout")(x, 0.4, train), x)
    compare(lambda t, x: getattr(t, f"{kind}dropout_")(x * 1, 0.4, True), x)


IN_PLACE = {"rrelu_": (0.1, 0.3, True), "celu_": (0.5,), "selu_": (), "threshold_": (0.1, 0.2)}


@pytest.mark.parametrize("name", IN_PLACE)
def test_those_that_change_their_argument(name):
    compare(lambda t, x: getattr(t, name)(x * 1, *IN_PLACE[name]), f(3, 4))


def test_norms():
    x, w, b = f(3, 4, 5), f(4), f(4)
    rest = (True, 0.1, 1e-5, False)
    compare(lambda t, *a: t.batch_norm(*a, None, None, *rest), x, w, b)
    compare(lambda t, *a: t.instance_norm(*a, None, None, *rest), x, w, b)
    running = (np.zeros(4, "f"), np.ones(4, "f"), False, *rest[1:])

    def averaged(t, *args):
        return t.batch_norm(*args, *[t.tensor(a) for a in running[:2]], *running[2:])

    compare(averaged, x, w, b)


def test_rows_of_tables():
    numbers, begins = np.array([0, 1, 2, 1, 3]), np.array([0, 2, 2, 5])
    compare(lambda t, w, i: t.embedding(w, i, 1, True), f(4, 3), numbers)
    compare(lambda t, w, i: t.embedding_renorm_(w.detach(), i[:2], 0.5, 2.0), f(4, 3), numbers)
    for mode in (0, 1, 2):
        for rest in ((), (None,), (1,)):
            options = (False, mode, False, None, bool(mode == 1), *rest)
            compare(lambda t, *a, o=options: t.embedding_bag(*a, *o), f(4, 3), numbers, begins)


def test_windows():
    same = ([1], [1], False, [0], 1)
    compare(lambda t, *a: t.convolution(*a, [2], *same), f(2, 3, 7), f(4, 3, 3), f(4))
    back = ([2, 2], [1, 1], [1, 1], True, [1, 0], 1)
    compare(lambda t, *a: t.convolution(*a, *back), f(2, 3, 5, 4), f(3, 4, 3, 3), f(4))
    compare(lambda t, x: t.max_pool1d_with_indices(x, 2), f(2, 3, 6))
    compare(lambda t, x: t.adaptive_max_pool1d(x, 2), f(2, 3, 5))
    for n in (1, 2, 3):
        for kind in ("max_pool", "adaptive_max_pool"):
            name = f"{kind}{n}d_with_indices"
            image = f(1, 2, *(4, 3, 5)[:n])
            compare(lambda t, x, name=name: getattr(t.nn.functional, name)(x, 2), image)
    grid = f(1, 3, 3, 2)
    for mode in (0, 1):
        compare(lambda t, *a, m=mode: t.grid_sampler(*a, m, 1, False), f(1, 2, 4, 5), grid)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn_tanh", "rnn_relu"])
def test_sequences(kind, both):
    rows = 4 * {"lstm": 4, "gru": 3}.get(kind, 1)
    ways = 2 if both else 1
    sizes = [(3, 4 * ways)[layer] for layer in (0, 1) for _ in range(ways)]
    params = [p for n in sizes for p in (f(rows, n), f(rows, 4), f(rows), f(rows))]
    state = [f(2 * ways, 2, 4) for _ in range(2 if kind == "lstm" else 1)]

    def run(t, x, *tensors, sizes=None, options=(0.0, False, both, False)):
        count = len(state)
        hidden = list(tensors[:count]) if kind == "lstm" else tensors[0]
        packed = [] if sizes is None else [t.tensor(sizes)]
        weights = list(tensors[count:])
        return getattr(t, kind)(x, *packed, hidden, weights, True, 2, *options)

    compare(run, f(5, 2, 3), *state, *params)
    dropped = (0.3, True, both, True)
    compare(lambda t, *a: run(t, *a, options=dropped), f(2, 5, 3), *state, *params)
    packed = {"sizes": [2, 2, 1], "options": (0.0, False, both)}
    compare(lambda t, *a: run(t, *a, **packed), f(5, 3), *state, *params)


SIGNS = np.array([1, -1, 1], "f")
LOSSES = {
    "binary_cross_entropy_with_logits": ((f(3), SIGNS.clip(0)), (None, None)),
    "kl_div": ((f(3, 2), abs(f(3, 2))), ()),
    "poisson_nll_loss": ((f(3), abs(f(3)) * 3), (True, True, 1e-8)),
    "hinge_embedding_loss": ((f(3), SIGNS), (0.5,)),
    "cosine_embedding_loss": ((f(3, 4), f(3, 4), SIGNS), (0.1,)),
    "margin_ranking_loss": ((f(3), f(3), SIGNS), (0.1,)),
    "triplet_margin_loss": ((f(3, 4), f(3, 4), f(3, 4)), (1.0, 2.0, 1e-6, True)),
}


@pytest.mark.parametrize("reduction", [0, 1, 2])
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, reduction):
    arrays, options = LOSSES[name]
    compare(lambda t, *a: getattr(t, name)(*a, *options, reduction), *arrays)
    with pytest.raises(ValueError, match="0, 1 or 2"):
        getattr(rushlight, name)(*[rushlight.tensor(a) for a in arrays], *options, "mean")


def test_alignments():
    def run(t, x, targets):
        return t.ctc_loss(x.log_softmax(2), targets, (6, 5), (2, 1), 0, 2)

    compare(run, f(6, 2, 4), np.array([[1, 2], [3, 1]]))


def test_gradients_of_memory_overwritten():
    x, y = [rushlight.tensor(a.astype("d"), requires_grad=True) for a in (f(3, 4), f(2))]
    assert rushlight.autograd.gradcheck(
        lambda x, y: rushlight.as_strided_scatter(x, y, (2,), (3,), 1), (x, y)
    )


def test_rare_functions():
    x = f(3, 4)
    compare(lambda t, x: t.as_strided_scatter(x, x[0, :2] * 2, (2,), (3,)).detach(), x)
    compare(lambda t, x: t.unsafe_split_with_sizes(x, [1, 2]), x)
    compare(lambda t, x: t.adjoint(x), x)
    compare(lambda t, x: t.tensor([1.5, 2.0]).polygamma(1) + x.detach().sum(), x)
    for options in ({"bins": 3}, {"bins": [2, 3], "range": [-1.0, 1.0, -2.0, 2.0]}):
        compare(lambda t, x, o=options: t.histogramdd(x[:, :2].detach(), **o).hist, x)
    with warnings.catch_warnings():  # PyTorch warns once a process that they are deprecated
        warnings.simplefilter("ignore", UserWarning)
        compare(lambda t, x: t.nuclear_norm(x, [0, 1], True), x)
        compare(lambda t, x: t.frobenius_norm(x, [0, 1]), x)


@pytest.mark.parametrize("shape", [(6, 4), (3, 5), (2, 5, 4)], ids=str)
def test_few_singular_values(shape):
    def close(t, a, *others, **options):
        run = t.pca_lowrank if options.pop("centred", False) else t.svd_lowrank
        u, s, v = run(a.detach(), 2, **options)
        return s, (u * s.unsqueeze(-2)) @ v.mT

    compare(close, f(*shape))
    compare(lambda t, a: close(t, a, niter=1, M=a.detach() * 0.5), f(*shape))
    compare(lambda t, a: close(t, a, centred=True), f(*shape))


def test_negative_zero_is_kept_where_pytorch_keeps_it():
    def signs(t, zero):
        zero = zero.detach()
        pairs = t.stack([zero, -zero], -1).reshape(1, 1, -1)
        kept = [zero.relu(), zero.clamp(min=0), zero.clamp(0, 1), (-zero).clamp(max=-0.0)]
        kept += [t.nn.functional.relu6(zero), t.nn.functional.max_pool1d(pairs, 2)[0, 0]]
        return tuple([k.copysign(k) for k in kept]) + tuple([t.signbit(k) for k in kept])

    for n in (1, 40):
        compare(signs, np.full(n, -0.0, "f"))
