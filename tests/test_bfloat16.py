"""Narrow numbers and the wide unsigned integers: PyTorch's values, words and files, bit for bit."""

import copy
import io
import pickle

import numpy as np
import programs
import pytest
import richer_programs

import rushlight
from rushlight import bfloat, config, nn
from rushlight.io import safetensors
from rushlight.runtime import compiling
from rushlight.runtime.recorder import local

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")


def values(tensor):
    """The elements as an array that NumPy can compute with."""
    tensor = tensor.detach()
    return np.array((tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy())


def outcome(call, framework):
    """What a call gives, in words and numbers that can be compared; errors by their kind."""
    try:
        found = call(framework)
    except (TypeError, ValueError, RuntimeError) as error:
        kinds = (TypeError, ValueError, RuntimeError)
        return next(k.__name__ for k in kinds if isinstance(error, k))
    if isinstance(found, framework.Tensor):
        return str(found.dtype), tuple(found.stride()), values(found)
    return str(found)


def assert_same(calls):
    """Assert that each call does the same in both frameworks."""
    for name, call in calls.items():
        ours, theirs = outcome(call, rushlight), outcome(call, torch)
        if isinstance(theirs, str) or isinstance(ours, str):
            assert ours == theirs, name
        else:
            assert ours[:2] == theirs[:2], name
            np.testing.assert_array_equal(ours[2], theirs[2], err_msg=name)


# -- what it is --------------------------------------------------------------------------------


def test_all_numbers_there_and_back():
    bits = np.arange(2**16, dtype=np.uint16)
    wide = torch.from_numpy(bits.view(np.int16)).view(torch.bfloat16).float().numpy()
    np.testing.assert_array_equal(bfloat.widened(bits.view(bfloat.BITS)), wide)
    again = bfloat.rounded(wide).view(np.uint16)
    np.testing.assert_array_equal(again[~np.isnan(wide)], bits[~np.isnan(wide)])
    assert np.isnan(bfloat.widened(again[np.isnan(wide)].view(bfloat.BITS))).all()


def test_rounding_is_to_even():
    bits = np.random.default_rng(0).integers(0, 2**32, 50_000, dtype=np.uint32)
    bits[::2] = bits[::2] & 0xFFFF0000 | 0x8000  # ties
    single = bits.view(np.float32)
    single = single[~np.isnan(single)]
    np.testing.assert_array_equal(
        values(rushlight.tensor(single).bfloat16()), values(torch.tensor(single).bfloat16())
    )


def b(m, data, **options):
    """A tensor of bfloat16."""
    return m.tensor(data, dtype=m.bfloat16, **options)


def test_words_and_numbers():
    assert_same({
        "print": lambda m: repr(b(m, [1.0, 2.5, 3.14159])),
        "print one": lambda m: repr(b(m, 3.14159)),
        "format": lambda m: f"{b(m, 3.14159):.3f}",
        "numpy": lambda m: b(m, [1.0]).numpy(),
        "asarray": lambda m: np.asarray(b(m, [1.0])),
        "tolist": lambda m: b(m, [[1.0], [3.3]]).tolist(),
        "item": lambda m: b(m, 1.1).item(),
        "float": lambda m: float(b(m, 1.1)),
        "int": lambda m: int(b(m, 1.9)),
        "bool": lambda m: (bool(b(m, -0.0)), bool(b(m, 0.5))),
        "type": lambda m: b(m, [1.0]).type(),
        "to type": lambda m: m.ones(2).type("torch.BFloat16Tensor"),
        "legacy": lambda m: m.BFloat16Tensor([1.0, 2.0]),
        "finfo": lambda m: m.finfo(m.bfloat16),
        "tiny": lambda m: (m.finfo(m.bfloat16).tiny, m.finfo(m.bfloat16).bits),
        "dtype": lambda m: (m.bfloat16, m.bfloat16.itemsize, m.bfloat16.to_complex()),
        "nbytes": lambda m: (b(m, [1.0, 2.0]).nbytes, b(m, 1.0).element_size()),
        "not NumPy's": lambda m: m.from_numpy(np.zeros(2, "V2")),
        "not a tensor's": lambda m: m.tensor(np.zeros(2, "V2")),
        "equal": lambda m: m.equal(b(m, [0.0]), b(m, [-0.0])),
        "a number that it has not": lambda m: (b(m, [0.1]) == 0.1).tolist(),
    })  # fmt: skip


def test_tensors_made():
    assert_same({
        "tensors": lambda m: m.tensor([b(m, 1.5), b(m, 2.5)]),
        "zeros": lambda m: m.zeros(2, 3, dtype=m.bfloat16),
        "ones": lambda m: m.ones(2, dtype=m.bfloat16),
        "full": lambda m: m.full((2,), 1.7, dtype=m.bfloat16),
        "full_like": lambda m: m.full_like(b(m, [[1.0, 2.0]]).t(), 3.3),
        "fill_": lambda m: m.empty(3, dtype=m.bfloat16).fill_(1.3),
        "arange": lambda m: m.arange(0, 3, 0.3, dtype=m.bfloat16),
        "linspace": lambda m: m.linspace(-3, 10, 50, dtype=m.bfloat16),
        "logspace": lambda m: m.logspace(0, 2, 7, dtype=m.bfloat16),
        "eye": lambda m: m.eye(2, 3, dtype=m.bfloat16),
        "large integers": lambda m: m.tensor([70000, 2**31 + 5, 2**62 + 3]).bfloat16(),
        "doubles": lambda m: m.tensor([1e300, 3.39e38, 3.4e38, 1 / 3], dtype=m.float64).bfloat16(),
        "halves": lambda m: m.tensor([1.001, 6e-8], dtype=m.float16).to(m.bfloat16),
        "bits": lambda m: b(m, [[1.0, 2.0], [3.0, 4.0]]).view(m.int16),
        "from bits": lambda m: m.tensor([16256, 16384], dtype=m.int16).view(m.bfloat16),
        "pairs": lambda m: b(m, [[1.0, 2.0], [3.0, 4.0]]).view(m.float32),
        "buffer": lambda m: m.frombuffer(bytearray(b"\x80?\0@"), dtype=m.bfloat16),
        "deepcopy": lambda m: copy.deepcopy(b(m, [1.5])),
        "pickle": lambda m: pickle.loads(pickle.dumps(b(m, [[1.5, 2.0], [3.0, 4.0]]).t())),
        "collate": lambda m: m.utils.data.default_collate([b(m, [1.0]), b(m, [2.0])]),
        "new": lambda m: b(m, [1.0]).new_full((2,), 3.3),
        "apply_": lambda m: b(m, [1.0, 2.0]).apply_(lambda v: v * 1.3),
        "a row written": lambda m: b(m, [[1.0], [2.0]]).index_put_((m.tensor([1]),), b(m, [7.0])),
    })  # fmt: skip


def test_numbers_beside_it_are_rounded_where_pytorch_rounds_them():
    x = np.linspace(0.2, 4, 64, dtype=np.float32)
    assert_same({
        f"{name} {v}": lambda m, f=f, v=v: f(b(m, x), v)
        for v in (0.3333, 1.7001, 257)
        for name, f in {
            "add": lambda x, v: x + v, "sub": lambda x, v: x - v, "rsub": lambda x, v: v - x,
            "mul": lambda x, v: x * v, "div": lambda x, v: x / v, "rdiv": lambda x, v: v / x,
            "pow": lambda x, v: x**min(v, 3), "remainder": lambda x, v: x % v,
            "eq": lambda x, v: x == v, "floor": lambda x, v: x // v,
        }.items()
    })  # fmt: skip


def test_special_functions_of_the_format():
    bits = np.random.default_rng(0).integers(0, 2**16, (2, 4000), dtype=np.uint16).view(np.int16)
    two = lambda m: m.from_numpy(bits.copy()).view(m.bfloat16)  # noqa: E731
    infinite = [np.inf, -np.inf, np.nan, 1.0]
    assert_same({
        "nextafter": lambda m: m.nextafter(two(m)[0], two(m)[1]).nan_to_num(),
        "nan_to_num": lambda m: m.nan_to_num(b(m, infinite)),
        "long sum": lambda m: m.ones(1000, dtype=m.bfloat16).sum(),
        "long mean": lambda m: m.full((1000,), 0.1, dtype=m.bfloat16).mean(),
    })  # fmt: skip


# -- memory ------------------------------------------------------------------------------------


def test_views_share_memory():
    def run(m):
        x = b(m, np.arange(12, dtype=np.float32).reshape(3, 4))
        y = x.t()[1]
        y += 0.3
        x[2, 1:] = 1 / 3
        x[m.tensor([0, 1])] *= 1.7
        z = x.detach().requires_grad_()
        w = z * 1
        w[1] = w[0] * 3
        w.square().sum().backward()
        return m.cat([x.reshape(-1), y, z.grad.reshape(-1)])

    for _ in range(4):
        assert_same({"views": run})


def test_short_integers_are_not_it():
    short = np.array([16256, 1], np.uint16)
    assert rushlight.from_numpy(short).dtype is rushlight.uint16
    assert rushlight.from_numpy(short).tolist() == [16256, 1]
    mine = rushlight.tensor([1.0, 2.0]).bfloat16()
    assert mine.view(rushlight.uint16).numpy().dtype == np.uint16
    assert (mine + mine).dtype is rushlight.bfloat16
    assert mine.view(rushlight.uint16).bfloat16().tolist() == [16256, 16384]


def test_draws_are_pytorchs():
    draws = {
        "rand": lambda m: m.rand(50, dtype=m.bfloat16),
        "randn": lambda m: m.randn(50, dtype=m.bfloat16),
        "randint": lambda m: m.randint(0, 900, (20,), dtype=m.bfloat16),
        "strided": lambda m: m.empty(5, 4, dtype=m.bfloat16).t().normal_(),
        "bernoulli": lambda m: m.bernoulli(m.full((50,), 0.3, dtype=m.bfloat16)),
        "exponential": lambda m: m.empty(50, dtype=m.bfloat16).exponential_(),
        "random": lambda m: m.empty(50, dtype=m.bfloat16).random_(),
        "multinomial": lambda m: m.multinomial(m.arange(1, 30, dtype=m.bfloat16), 5),
        "normal": lambda m: m.normal(m.zeros(9, dtype=m.bfloat16), m.ones(9, dtype=m.bfloat16)),
        "dropout": lambda m: m.nn.functional.dropout(m.linspace(0, 5, 50, dtype=m.bfloat16), 0.1),
        "rrelu": lambda m: m.nn.functional.rrelu(-m.ones(50).bfloat16(), training=True),
        "trunc": lambda m: m.nn.init.trunc_normal_(m.empty(40, dtype=m.bfloat16)),
        "linear": lambda m: m.nn.Linear(4, 3, dtype=m.bfloat16).weight,
        "uint16": lambda m: m.randint(0, 900, (9,), dtype=m.uint16),
    }
    assert_same({
        name: lambda m, draw=draw: (m.manual_seed(3), draw(m))[1] for name, draw in draws.items()
    })  # fmt: skip


# -- files -------------------------------------------------------------------------------------

DTYPES = ("bfloat16", "uint16", "uint32", "uint64")


def test_files_go_both_ways(tmp_path):
    library = pytest.importorskip("safetensors.torch")
    some = {d: np.arange(6).reshape(2, 3) for d in DTYPES}
    ours, theirs = [
        {name: m.tensor(array, dtype=getattr(m, name)) for name, array in some.items()}
        for m in (rushlight, torch)
    ]
    for tensors in (ours, theirs):
        tensors["row"] = tensors["bfloat16"][1]
        tensors["turned"] = tensors["uint32"].t()
    rushlight.save(ours, tmp_path / "ours.pt")
    torch.save(theirs, tmp_path / "theirs.pt")
    read = torch.load(tmp_path / "ours.pt"), rushlight.load(tmp_path / "theirs.pt")
    trusted = rushlight.load(tmp_path / "theirs.pt", weights_only=False)
    for name in ours:
        for found in (*read, trusted):
            assert found[name].dtype == (torch if found is read[0] else rushlight).__dict__.get(
                str(ours[name].dtype)[6:], found[name].dtype
            )
            np.testing.assert_array_equal(values(found[name]), values(ours[name]))
            assert found[name].stride() == ours[name].stride()
    read[1]["bfloat16"][1, 0] = 7
    assert read[1]["row"][0].item() == 7
    plain = [{d: tensors[d] for d in DTYPES} for tensors in (ours, theirs)]
    assert safetensors.save(plain[0]) == library.save(plain[1])
    for name, tensor in safetensors.load(library.save(plain[1])).items():
        assert str(tensor.dtype) == f"torch.{name}"
        np.testing.assert_array_equal(values(tensor), values(ours[name]))


def test_untyped_storages_are_checked():
    stream = io.BytesIO()
    torch.save(torch.tensor([1, 2, 3], dtype=torch.uint32), stream)
    for was, becomes in ((b"K\x03\x85", b"K\x04\x85"), (b"uint32", b"uint64")):
        assert was in stream.getvalue()
        with pytest.raises(Exception, match=r"storage|damaged|corrupt|CRC"):
            rushlight.load(io.BytesIO(stream.getvalue().replace(was, becomes)))


# -- training ----------------------------------------------------------------------------------


class Gpt:
    """A tiny GPT in one of the frameworks, and what some steps of training give."""

    def __init__(self, m):
        m.manual_seed(0)
        self.m = m
        self.net = m.nn.ModuleDict({
            "tokens": m.nn.Embedding(20, 16),
            "block": m.nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True),
            "norm": m.nn.LayerNorm(16),
            "head": m.nn.Linear(16, 20),
        })  # fmt: skip

    def loss(self, x):
        net, n = self.net, x.shape[1]
        mask = self.m.nn.Transformer.generate_square_subsequent_mask(n)
        h = net["block"](net["tokens"](x), src_mask=mask.to(net["tokens"].weight.dtype))
        scores = net["head"](net["norm"](h))
        return self.m.nn.functional.cross_entropy(scores.reshape(-1, 20), x.roll(-1, 1).reshape(-1))

    def losses(self, mode, steps=10):
        m = self.m
        net = self.net.bfloat16() if mode == "bfloat16" else self.net
        optimizer = m.optim.AdamW(net.parameters(), 5e-3)
        x = m.tensor(np.random.default_rng(0).integers(0, 20, (4, 12)))
        found = []
        for _ in range(steps):
            with m.autocast("cpu", enabled=mode == "autocast"):
                loss = self.loss(x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        return found, [values(p) for p in net.parameters()]


@pytest.mark.parametrize("mode", ["autocast", "bfloat16"])
def test_a_gpt_trains_as_in_pytorch(mode, monkeypatch):
    monkeypatch.setattr(config, "hot", 10**6)  # NumPy's: the next test is of machine code
    (ours, weights), (theirs, expected) = [Gpt(m).losses(mode) for m in (rushlight, torch)]
    np.testing.assert_allclose(ours, theirs, atol=0.01 if mode == "autocast" else 0.04)
    for a, e in zip(weights, expected, strict=True):
        assert np.abs(a - e).mean() < 0.01


OPTIMIZERS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    "Adam": {"lr": 0.05}, "AdamW": {"lr": 0.05, "amsgrad": True}, "RMSprop": {"lr": 0.02},
    "Adagrad": {"lr": 0.1}, "Adafactor": {"lr": 0.05}, "Rprop": {"lr": 0.05}, "NAdam": {"lr": 0.05},
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_step_on_it(name):
    def run(m):
        p = m.nn.Parameter(b(m, np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)))
        optimizer = getattr(m.optim, name)([p], **OPTIMIZERS[name])
        for k in range(4):
            optimizer.zero_grad()
            (p * (k + 1) / 3).sin().square().sum().backward()
            optimizer.step()
        states = [s for s in optimizer.state_dict()["state"][0].values() if hasattr(s, "dtype")]
        return p, [str(s.dtype) for s in states if s.numel() > 1]

    (ours, kinds), (theirs, expected) = run(rushlight), run(torch)
    assert ours.dtype is rushlight.bfloat16 and sorted(kinds) == sorted(expected)
    np.testing.assert_allclose(values(ours), values(theirs), atol=0.02)


def test_modules_become_it():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).bfloat16()
    assert {p.dtype for p in model.parameters()} == {rushlight.bfloat16}
    assert model[1].num_batches_tracked.dtype is rushlight.int64
    assert model(rushlight.randn(5, 3).bfloat16()).dtype is rushlight.bfloat16
    loaded = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    loaded.load_state_dict(model.state_dict())
    assert loaded[0].weight.dtype is rushlight.float32
    assert rushlight.equal(loaded[0].weight, model[0].weight.float())


# -- machine code ------------------------------------------------------------------------------


class Narrow:
    """Plays programs in a narrow dtype."""

    dtype = rushlight.bfloat16

    def __init__(self, m, seed, dtype):
        super().__init__(m, seed, np.float32)
        self.pool = [p.detach().to(self.dtype) for p in self.pool]
        self.leaves = [p.requires_grad_() for p in self.pool[:2]]

    def look(self, tensor):
        self.seen.append(values(tensor))


KINDS = {
    "plain": (programs.make, type("Plain", (Narrow, programs.Player), {})),
    "richer": (richer_programs.make, type("Richer", (Narrow, richer_programs.Player), {})),
}


@pytest.mark.parametrize("dtype", [rushlight.bfloat16, rushlight.float16], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_random_programs_in_machine_code(kind, dtype, monkeypatch):
    pytest.importorskip("llvmlite")
    make, player = KINDS[kind]
    ask = compiling.state.ask
    monkeypatch.setattr(config, "hot", 1)
    monkeypatch.setattr(Narrow, "dtype", dtype)

    def seen(seed, native):
        monkeypatch.setattr(compiling.state, "ask", ask if native else lambda plan: None)
        played, _ = programs.play(rushlight, seed, None, np.float32, make, player)
        compiling.wait()
        played.finish()
        return played.seen

    for seed in range(2):
        for a, e in zip(seen(seed, True), seen(seed, False), strict=True):
            np.testing.assert_allclose(a, e, rtol=2**-6, atol=2**-7, err_msg=str(seed))


# -- float16 -----------------------------------------------------------------------------------


def test_float16_is_rounded_once():
    x = np.random.default_rng(0).normal(size=(2, 40, 30)).astype(np.float16)
    one, two = lambda m: m.tensor(x[0]), lambda m: m.tensor(x[1])
    assert_same({
        "a large number": lambda m: one(m) + 1e5,
        "product": lambda m: one(m) * 0.1,
        "quotient": lambda m: one(m) / 3,
        "floor": lambda m: one(m) // 0.3,
        "addcmul": lambda m: m.addcmul(one(m), one(m), two(m), value=0.3),
        "long sum": lambda m: m.full((1000,), 0.1, dtype=m.float16).sum(),
        "mean": lambda m: one(m).mean(0),
        "softmax": lambda m: one(m).softmax(1),
        "sigmoid": lambda m: one(m).sigmoid(),
        "silu": lambda m: m.nn.functional.silu(one(m)),
        "linspace": lambda m: m.linspace(-3, 10, 50, dtype=m.float16),
        "doubles": lambda m: m.tensor([1 + 2**-11 + 2**-30, 1e-8], dtype=m.float64).half(),
        "powers": lambda m: one(m).abs() ** 2.3,
    })  # fmt: skip


def test_steps_in_float16_are_machine_code():
    pytest.importorskip("llvmlite")
    from rushlight.engines.llvm.target import target

    if not target().halves:
        pytest.skip("this processor does not convert float16")
    rushlight.manual_seed(0)
    x, y = rushlight.rand(8, 12), rushlight.randint(3, (8,))
    model = nn.Sequential(nn.Linear(12, 6), nn.ReLU(), nn.Linear(6, 3))
    optimizer = rushlight.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for step in range(12):
        with rushlight.autocast("cpu", dtype=rushlight.float16):
            loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step == 5:
            compiling.wait()
    native = local.recorder.last.plan.native
    assert native is not None
    assert native.foreign == 0
    assert losses == sorted(losses, reverse=True)


# -- wide unsigned integers --------------------------------------------------------------------


@pytest.mark.parametrize("name", DTYPES[1:])
def test_unsigned_integers(name):
    made = lambda m: m.tensor([1, 2, 250], dtype=getattr(m, name))  # noqa: E731
    assert_same({
        "print": lambda m: repr(made(m)),
        "numpy": lambda m: made(m).numpy(),
        "iinfo": lambda m: (m.iinfo(getattr(m, name)).max, m.iinfo(getattr(m, name)).bits),
        "times": lambda m: made(m) * 3,
        "fractions": lambda m: made(m) * 2.5,
        "quotients": lambda m: made(m) / made(m),
        "sum": lambda m: made(m).sum(),
        "and": lambda m: made(m) & made(m),
        "equal": lambda m: made(m) == made(m),
        "cat": lambda m: m.cat([made(m), made(m)]),
        "where": lambda m: m.where(made(m).bool(), made(m), made(m)),
        "to": lambda m: m.tensor([70000, 5]).to(getattr(m, name)),
        "sort": lambda m: made(m).sort(descending=True)[0],
        "sqrt": lambda m: made(m).sqrt(),
        "beside truth": lambda m: made(m) * m.tensor([True]),
        "beside int64": lambda m: made(m) * m.tensor([1]),
        "promote": lambda m: m.promote_types(getattr(m, name), m.uint8),
        "beside float": lambda m: m.promote_types(getattr(m, name), m.float16),
        "fill": lambda m: m.full((2,), 7, dtype=getattr(m, name)),
    })  # fmt: skip
