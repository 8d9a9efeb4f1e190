"""Files of the safetensors format, exchanged with the library of that name where it is there."""

import json
import resource

import numpy as np
import pytest

import rushlight as rl
from rushlight import nn
from rushlight.errors import DataError, FileError
from rushlight.io import safetensors

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def file_of(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(start, end, shape=(2,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


@pytest.fixture
def some():
    found = {name: rl.arange(6).reshape(2, 3).to(getattr(rl, name)) for name in DTYPES}
    return found | {"scalar": rl.tensor(2.5), "empty": rl.zeros(0, 3), "t": rl.ones(2, 3).t() * 2}


def test_there_and_back(some, tmp_path):
    safetensors.save_file(some, tmp_path / "a.safetensors", {"made": "here"})
    for found in (
        safetensors.load_file(tmp_path / "a.safetensors"),
        safetensors.load(safetensors.save(some)),
    ):
        assert found.keys() == some.keys()
        for name, value in some.items():
            assert found[name].dtype is value.dtype and found[name].shape == value.shape
            assert rl.equal(found[name], value)
            found[name].zero_()  # it can be written to


def test_the_library_reads_ours(some, tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    safetensors.save_file(some, tmp_path / "a.safetensors")
    found = library.load_file(tmp_path / "a.safetensors")
    assert found.keys() == some.keys()
    for name, value in some.items():
        assert np.array_equal(found[name], value.numpy())


def test_we_read_the_librarys(some, tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    arrays = {name: value.numpy().copy() for name, value in some.items()}
    library.save_file(arrays, tmp_path / "a.safetensors", {"format": "np"})
    found = safetensors.load_file(tmp_path / "a.safetensors")
    assert found.keys() == some.keys()
    for name, value in some.items():
        assert rl.equal(found[name], value)
    ours = safetensors.save({k: v for k, v in some.items() if k != "t"})
    assert ours == library.save({k: v for k, v in arrays.items() if k != "t"})


def test_bfloat16():
    bits = np.array([1.0, -2.5], np.float32).view(np.uint32) >> 16
    data = bits.astype("<u2").tobytes()
    found = safetensors.load(file_of({"w": entry(0, 4, dtype="BF16")}, data))
    assert found["w"].dtype is rl.bfloat16 and found["w"].tolist() == [1.0, -2.5]


def test_state_dicts(tmp_path):
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    safetensors.save_file(model.state_dict(), tmp_path / "m.safetensors")
    other = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    other.load_state_dict(safetensors.load_file(tmp_path / "m.safetensors"))
    for ours, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert rl.equal(ours, theirs)


GOOD = file_of({"w": entry(0, 8)}, bytes(8))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"abc", bytes(8), GOOD[:-1], GOOD + b"x", GOOD[:20],
        file_of({"w": entry(0, 8)}, bytes(8), length=10**12),
        file_of([1], b""), file_of(b"{", b""), file_of(b"\xff\xff", b""),
        file_of(b"[" * 90000, b""),
        file_of({"w": entry(0, 8), "v": entry(4, 12)}, bytes(12)),
        file_of({"w": entry(0, 8), "v": entry(12, 20)}, bytes(20)),
        file_of({"w": entry(4, 12)}, bytes(12)),
        file_of({"w": entry(0, 8, (3,))}, bytes(8)),
        file_of({"w": entry(0, 8, (-1, -2))}, bytes(8)),
        file_of({"w": entry(0, 8, (2.0,))}, bytes(8)),
        file_of({"w": entry(0, 8, (2**40, 2**40))}, bytes(8)),
        file_of({"w": entry(0, 8, dtype="F8_E4M3")}, bytes(8)),
        file_of({"w": [1]}, b""), file_of({"w": 3}, b""), file_of({"w": {"shape": []}}, b""),
        file_of(b'{"w":' + json.dumps(entry(0, 8)).encode() + b',"w":1}', bytes(8)),
    ],
)  # fmt: skip
def test_bad_files_are_refused(content, tmp_path):
    with pytest.raises(DataError, match="safetensors: "):
        safetensors.load(content)
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(DataError, match=r"'.*bad'"):
        safetensors.load_file(tmp_path / "bad")


def test_what_it_cannot_hold():
    x = rl.ones(4)
    for bad, words in (
        ([x], "tensors must be a dict"),
        ({"a": 1}, "expected a name and a tensor"),
        ({1: x}, "expected a name and a tensor"),
        ({"a": x, "b": x[:2]}, "'a' and 'b' share memory"),
        ({"a": x.to(rl.complex128)}, "dtype torch.complex128"),
    ):
        with pytest.raises(Exception, match=words):
            safetensors.save(bad)
    with pytest.raises(TypeError, match="metadata must be texts"):
        safetensors.save({"a": x}, {"a": 1})


def test_a_full_disk_changes_nothing(tmp_path):
    path = tmp_path / "model.safetensors"
    safetensors.save_file({"w": rl.ones(3)}, path)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(FileError, match="could not write"):
            safetensors.save_file({"w": rl.zeros(1_000_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
