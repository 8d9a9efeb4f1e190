"""`torch.save` and `torch.load`: what comes back, and files that are exchanged with PyTorch."""

import copy
import io
import os
import pickle
import resource
import zipfile
from collections import Counter, OrderedDict
from pathlib import Path

import numpy as np
import pytest

import rushlight as rl
from rushlight import nn
from rushlight.errors import DataError, FileError
from rushlight.nn.parameter import Parameter

DTYPES = [
    "float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool",
    "complex64", "complex128",
]  # fmt: skip


def there_and_back(obj, **options):
    file = io.BytesIO()
    rl.save(obj, file)
    file.seek(0)
    return rl.load(file, **options)


def of_torch(torch, obj):
    """What we load of what PyTorch saves."""
    file = io.BytesIO()
    torch.save(obj, file)
    file.seek(0)
    return rl.load(file)


def to_torch(torch, obj):
    """What PyTorch loads, running nothing, of what we save."""
    file = io.BytesIO()
    rl.save(obj, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def same(ours, theirs):
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert ours.stride() == theirs.stride()
    assert str(ours.dtype) == str(theirs.dtype)
    assert ours.requires_grad == theirs.requires_grad
    assert np.array_equal(ours.detach().numpy(), theirs.detach().numpy())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.out = nn.Linear(4, 2, bias=False)

    def forward(self, x):
        return self.out(rl.relu(self.norm(self.hidden(x))))


def trained():
    model = Net()
    optimizer = rl.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        model(rl.randn(8, 3)).square().sum().backward()
        optimizer.step()
    return model, optimizer


# -- what comes back ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", DTYPES)
def test_dtypes_both_ways(name):
    torch = pytest.importorskip("torch")
    ours = rl.arange(6).reshape(2, 3).to(getattr(rl, name))
    theirs = torch.arange(6).reshape(2, 3).to(getattr(torch, name))
    same(there_and_back(ours), ours)
    same(of_torch(torch, theirs), theirs)
    same(ours, to_torch(torch, ours))


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.arange(12.0).reshape(3, 4).t(),
        lambda t: t.arange(12.0).reshape(3, 4)[1:, ::2],
        lambda t: t.arange(3.0).expand(2, 3),
        lambda t: t.tensor(3.5),
        lambda t: t.zeros(0, 3),
        lambda t: t.zeros(2, 0),
        lambda t: t.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
        lambda t: t.ones(2, requires_grad=True),
        lambda t: t.ones(3, 1),
        lambda t: t.nn.Parameter(t.ones(2, 3)),
        lambda t: t.nn.Parameter(t.ones(2), requires_grad=False),
    ],
)
def test_layouts_both_ways(make):
    torch = pytest.importorskip("torch")
    ours, theirs = make(rl), make(torch)
    same(there_and_back(ours), theirs)
    same(of_torch(torch, theirs), theirs)
    same(ours, to_torch(torch, ours))
    assert type(there_and_back(ours)) is type(ours)


PLAIN = {
    "numbers": [1, -1, 255, 256, 65536, 2**31, 2**40, -(2**70), 1.5, float("inf"), 1 + 2j],
    "truth": (True, False, None),
    "text": ["", "abc", "\u00e9\u4e2d\U0001f600"],
    "bytes": [b"", b"a\xff", bytearray(b"xy")],
    "sets": [{1, 2}],
    "ordered": OrderedDict([("b", 1), ("a", 2)]),
    "counted": Counter("aab"),
    "nested": {"a": [{"b": (1, (2, [3]))}], 5: {}, (1, 2): ()},
}


def test_plain_values_both_ways():
    torch = pytest.importorskip("torch")
    assert there_and_back(PLAIN) == PLAIN
    assert of_torch(torch, PLAIN) == PLAIN
    assert to_torch(torch, PLAIN) == PLAIN
    for kind, value in PLAIN.items():
        assert type(there_and_back(value)) is type(value), kind


def test_what_only_we_load():
    values = [frozenset([1]), slice(1, 2, None), np.float64(2.5), np.int8(-3)]
    assert there_and_back(values) == values
    assert [type(v) for v in there_and_back(values)] == [type(v) for v in values]


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4", "i8", "u1", "?", "c16", "U5", "S3", ">U2"])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_arrays(dtype, protocol):
    array = np.arange(6).astype(dtype).reshape(2, 3)
    file = io.BytesIO()
    rl.save({"c": array, "f": np.asfortranarray(array), "s": array[0, 1]}, file, None, protocol)
    file.seek(0)
    found = rl.load(file)
    assert found["c"].dtype == pickle.loads(pickle.dumps(array, protocol)).dtype
    assert np.array_equal(found["c"], array)
    assert np.array_equal(found["f"], array)
    assert found["s"] == array[0, 1]
    assert np.dtype("f4").isnative and np.dtype("f8").isnative  # nobody's dtype was changed


def test_dtypes_devices_and_sizes():
    torch = pytest.importorskip("torch")
    ours = [rl.float32, rl.bool, rl.device("cpu"), rl.Size([2, 3]), rl.device("cuda:1")]
    assert there_and_back(ours) == ours
    loaded = to_torch(torch, ours)
    assert loaded[:2] == [torch.float32, torch.bool]
    assert str(loaded[4]) == "cuda:1" and type(loaded[3]) is torch.Size
    assert of_torch(torch, loaded) == ours


def test_views_share_memory_again():
    torch = pytest.importorskip("torch")
    base = rl.arange(6.0)
    for found in (
        there_and_back({"base": base, "row": base[2:4], "grid": base.view(2, 3)}),
        to_torch(torch, {"base": base, "row": base[2:4], "grid": base.view(2, 3)}),
    ):
        found["row"].add_(10)
        assert found["base"].tolist() == [0, 1, 12, 13, 4, 5]
        found["grid"][1, 2] = -1
        assert found["base"][5] == -1
    theirs = torch.arange(6.0)
    found = of_torch(torch, [theirs, theirs[2:4], theirs[::2]])
    found[1].zero_()
    assert found[0].tolist() == [0, 1, 0, 0, 4, 5]
    assert found[2].tolist() == [0, 0, 4]


def test_the_same_tensor_twice_is_one():
    x = rl.nn.Parameter(rl.ones(2))
    found = there_and_back({"a": x, "b": [x]})
    assert found["a"] is found["b"][0]


def test_a_view_does_not_bring_what_it_is_a_view_of():
    big = rl.zeros(100_000)
    file = io.BytesIO()
    rl.save(big[10:20], file)
    assert len(file.getvalue()) < 4000


def test_attributes_of_tensors_and_parameters():
    torch = pytest.importorskip("torch")
    x, p = rl.ones(2), Parameter(rl.ones(2))
    x.label, p.label = "x", {"of": "p"}
    for found in (there_and_back([x, p]), to_torch(torch, [x, p])):
        assert found[0].label == "x" and found[1].label == {"of": "p"}
    assert of_torch(torch, to_torch(torch, [x, p]))[1].label == {"of": "p"}


def test_checkpoints_go_to_torch_and_back():
    torch = pytest.importorskip("torch")
    model, optimizer = trained()
    point = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
    theirs = to_torch(torch, point)
    assert theirs["model"]._metadata["norm"] == {"version": 2}
    twin = torch.nn.ModuleDict(
        {
            "hidden": torch.nn.Linear(3, 4),
            "norm": torch.nn.BatchNorm1d(4),
            "out": torch.nn.Linear(4, 2, bias=False),
        }
    )
    assert str(twin.load_state_dict(theirs["model"])) == "<All keys matched successfully>"
    their_optimizer = torch.optim.Adam(twin.parameters(), lr=0.01)
    their_optimizer.load_state_dict(theirs["optimizer"])
    for name, parameter in twin.named_parameters():  # one more step, here and there
        parameter.grad = torch.ones_like(parameter)
        model.get_parameter(name).grad = rl.ones_like(model.get_parameter(name))
    their_optimizer.step()
    optimizer.step()
    back = of_torch(torch, {"m": twin.state_dict(), "o": their_optimizer.state_dict()})
    for name, value in model.state_dict().items():
        assert rl.allclose(back["m"][name], value, atol=1e-7), name
    ours = optimizer.state_dict()["state"]
    for number, state in back["o"]["state"].items():
        for name, value in state.items():
            assert rl.allclose(value, ours[number][name], atol=1e-7), name


def test_training_goes_on_from_a_checkpoint(tmp_path):
    model, optimizer = trained()
    rl.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "a.pt")
    other = Net()
    another = rl.optim.Adam(other.parameters(), lr=0.5)
    point = rl.load(tmp_path / "a.pt")
    other.load_state_dict(point["model"])
    another.load_state_dict(point["optimizer"])
    x = rl.randn(8, 3)
    for net, steps in ((model, optimizer), (other, another)):
        steps.zero_grad()
        net(x).square().sum().backward()
        steps.step()
    for ours, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert rl.equal(ours, theirs)


def test_whole_modules_need_trust(tmp_path):
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    rl.save(model, tmp_path / "model.pt")
    with pytest.raises(pickle.UnpicklingError, match=r"asks for rushlight\.nn"):
        rl.load(tmp_path / "model.pt")
    found = rl.load(tmp_path / "model.pt", weights_only=False)
    x = rl.randn(4, 2)
    assert rl.equal(found(x), model(x))


def test_whole_modules_of_torch(tmp_path):
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    torch.save(model, tmp_path / "model.pt")
    found = rl.load(tmp_path / "model.pt", weights_only=False)
    assert type(found[0]) is nn.Linear
    x = np.ones((4, 2), np.float32)
    ours, theirs = found(rl.tensor(x)), model(torch.tensor(x))
    assert np.allclose(ours.detach().numpy(), theirs.detach().numpy(), atol=1e-6)


# -- where it is written -----------------------------------------------------------------------


def test_paths_and_files(tmp_path):
    rl.save([1], str(tmp_path / "a.pt"))
    rl.save([2], tmp_path / "b.pt")
    with open(tmp_path / "c.pt", "wb") as file:
        rl.save([3], file)
    with open(tmp_path / "c.pt", "rb") as file:
        assert rl.load(file) == [3]
    assert rl.load(tmp_path / "a.pt", map_location="cpu", mmap=True) == [1]
    assert rl.load(str(tmp_path / "b.pt"), map_location=rl.device("cpu")) == [2]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pt", "b.pt", "c.pt"]


def test_records_are_those_of_torch(tmp_path):
    torch = pytest.importorskip("torch")
    rl.save({"w": rl.ones(3), "v": rl.zeros(5)}, tmp_path / "ours.pt")
    torch.save({"w": torch.ones(3), "v": torch.zeros(5)}, tmp_path / "theirs.pt")
    with (
        zipfile.ZipFile(tmp_path / "ours.pt") as ours,
        zipfile.ZipFile(tmp_path / "theirs.pt") as theirs,
    ):
        names = [n.split("/", 1)[1] for n in ours.namelist()]
        assert names == [n.split("/", 1)[1] for n in theirs.namelist()]
        for name in (".format_version", "byteorder", "version", "data/0", ".storage_alignment"):
            assert ours.read(f"ours/{name}") == theirs.read(f"theirs/{name}")
        assert ours.read("ours/data.pkl") == theirs.read("theirs/data.pkl")
    content = (tmp_path / "ours.pt").read_bytes()
    assert content.index(rl.ones(3).numpy().tobytes()) % 64 == 0


@pytest.mark.parametrize("location", ["cpu", {"cuda:0": "cpu"}, lambda storage, where: storage])
def test_map_location(location):
    assert there_and_back(rl.ones(1), map_location=location) == 1


def test_an_interrupted_save_changes_nothing(tmp_path):
    path = tmp_path / "model.pt"
    rl.save({"w": rl.ones(3)}, path)
    before = path.read_bytes()

    class Bad:
        def __reduce__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rl.save({"w": rl.zeros(3), "b": Bad()}, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_changes_nothing(tmp_path):
    path = tmp_path / "model.pt"
    rl.save({"w": rl.ones(3)}, path)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # as if there were no more room
    try:
        with pytest.raises(FileError, match="could not write") as caught:
            rl.save({"w": rl.zeros(1_000_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(caught.value, OSError) and isinstance(caught.value, RuntimeError)
    assert "what was in the file before is still there" in str(caught.value)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_device():
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no such device here")
    with pytest.raises(FileError, match="No space left on device"):
        rl.save({"w": rl.zeros(100_000)}, "/dev/full")
    assert os.path.exists("/dev/full")


def test_links_and_permissions_are_kept(tmp_path):
    real, link = tmp_path / "real.pt", tmp_path / "link.pt"
    rl.save(1, real)
    real.chmod(0o600)
    link.symlink_to(real)
    rl.save(2, link)
    assert link.is_symlink() and rl.load(real) == 2
    assert real.stat().st_mode & 0o777 == 0o600


# -- files that are not as they should be ------------------------------------------------------


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.pt"
    rl.save({"w": rl.arange(1000.0), "name": "net"}, path)
    return path


def test_every_truncation_is_noticed(good):
    content = good.read_bytes()
    for n in range(1, len(content), 97):
        with pytest.raises(DataError):
            rl.load(io.BytesIO(content[:n]))


def test_every_changed_byte_of_the_content_is_noticed(good):
    content = good.read_bytes()
    with zipfile.ZipFile(good) as archive:
        places = []
        for info in archive.infolist():
            begin = content.index(archive.read(info), info.header_offset) if info.file_size else 0
            if info.filename.endswith(("data.pkl", "data/0")):
                places += range(begin, begin + info.file_size, 31)
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 0x55
        with pytest.raises(DataError, match="damaged"):
            rl.load(io.BytesIO(changed))


def archive_of(pickled, **records):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/data.pkl", pickled)
        for name, content in records.items():
            archive.writestr(f"a/data/{name.strip('_')}", content)
    file.seek(0)
    return file


class Call:
    """Pickles as a call of anything."""

    def __init__(self, *what):
        self.what = what

    def __reduce__(self):
        return self.what


RAN = []


@pytest.mark.parametrize(
    "evil",
    [
        Call(os.system, ("true",)),
        Call(exec, ("import tests",)),
        Call(eval, ("RAN.append(1)",)),
        Call(getattr, ("x", "upper")),
        Call(RAN.append, (1,)),
        Path("a"),
        Net,
        [Net],
        {"a": print},
        DataError("x"),
        np.random.default_rng(0),
        np.array([None]),
        np.zeros(2, [("a", "f4")]),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("protocol", [0, 1, 2, 4])
def test_nothing_is_run(evil, protocol):
    with pytest.raises(DataError):
        rl.load(archive_of(pickle.dumps(evil, protocol)))
    assert not RAN


def global_(module, name):
    return f"c{module}\n{name}\n".encode()


@pytest.mark.parametrize(
    "code",
    [
        b"ios\nsystem\n(U\x04trueRN.",  # an unbalanced one
        b"(U\x04trueios\nsystem\n.",
        global_("os", "system") + b"(U\x04truetR.",
        b"\x82\x01.",  # an extension
        b"]q\x00}b.",  # state for a list
        global_("collections", "OrderedDict") + b")R(U\x09__class__Nd b.",
        global_("collections", "OrderedDict") + b"}b.",  # state for the type itself
        global_("torch._utils", "_rebuild_tensor_v2") + b")R.",
        global_("torch", "device") + b"(U\x03cpuU\x01xtR(U\x04typeK\x01db.",
        b"K\x01)R.",  # a call of a number
        global_("numpy", "dtype") + b"(U\x01OK\x00K\x01tR.",
        b"(K\x01K\x02K\x03d.",
        b"h\x05.", b".", b"", b"e.", b"\x85.", b"Q.", b"K\x01Q.",
    ],
)  # fmt: skip
def test_odd_pickles_are_refused(code):
    with pytest.raises(DataError):
        rl.load(archive_of(code))


def tensor_pickle(offset, size, stride, count=4, key="0"):
    def triple(*items):
        return b"(" + b"".join([pickle.dumps(i, 2)[2:-1] for i in items]) + b"t"

    storage = global_("torch", "FloatStorage")
    pid = b"(X\x07\0\0\0storage" + storage + pickle.dumps(key, 2)[2:-1]
    pid += b"X\x03\0\0\0cpu" + pickle.dumps(count, 2)[2:-1] + b"tQ"
    rest = pickle.dumps(offset, 2)[2:-1] + triple(*size) + triple(*stride) + b"\x89}"
    return b"\x80\x02" + global_("torch._utils", "_rebuild_tensor_v2") + b"(" + pid + rest + b"tR."


def test_a_tensor_stays_in_its_storage():
    data = np.arange(4, dtype="<f4").tobytes()
    good = tensor_pickle(1, (3,), (1,))
    assert rl.load(archive_of(good, _0=data)).tolist() == [1, 2, 3]
    for bad in (
        tensor_pickle(2, (3,), (1,)),
        tensor_pickle(0, (3,), (2,)),
        tensor_pickle(-1, (2,), (1,)),
        tensor_pickle(3, (2,), (-1,)),
        tensor_pickle(0, (-1,), (1,)),
        tensor_pickle(0, (2, 2), (1,)),
        tensor_pickle(0, (2**40,), (1,)),
        tensor_pickle(0, (2,), (2**62,)),
        tensor_pickle(0, (4,), (1,), count=5),
        tensor_pickle(0, (4,), (1,), key="1"),
        tensor_pickle(0, (4,), (1,), key="../0"),
    ):
        with pytest.raises(DataError, match="damaged"):
            rl.load(archive_of(bad, _0=data))


# -- pickle and deepcopy -----------------------------------------------------------------------


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_tensors_and_modules_are_copied(again):
    x = rl.arange(6.0).reshape(2, 3)
    same(again(x), x)
    same(again(x.t()), x.t())
    w = rl.ones(2, requires_grad=True)
    same(again(w), w)
    assert again(w).is_leaf
    p = Parameter(rl.ones(2))
    assert type(again(p)) is Parameter and again(p).requires_grad
    model, optimizer = trained()
    twin = again(model)
    x = rl.randn(8, 3)
    assert rl.equal(twin.eval()(x), model.eval()(x))
    twin.hidden.weight.data.zero_()
    assert model.hidden.weight.abs().sum() > 0
    assert again({"m": model, "w": model.out.weight})["m"] is not model
    tied = again([model, model.out])
    assert tied[0].out is tied[1]
    assert again(optimizer).state_dict()["param_groups"] == optimizer.state_dict()["param_groups"]


def test_copies_do_not_share_memory():
    x = rl.ones(3)
    y = copy.deepcopy(x)
    y.zero_()
    assert x.tolist() == [1, 1, 1]
    assert copy.copy(x) is not x
