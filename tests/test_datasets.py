"""Datasets: what is downloaded, from where, what is refused, and that nothing is lost."""

import errno
import gzip
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from mirrors import Mirror, archive, cifar_files, md5, mnist_arrays, mnist_files, unused_address

import rushlight as torch
from rushlight.errors import DataError
from rushlight.vision import transforms
from rushlight.vision.datasets import CIFAR10, MNIST, Digits, FashionMNIST, cache, download, idx

ARRAYS = mnist_arrays()
FILES = mnist_files(ARRAYS)
IMAGES = "train-images-idx3-ubyte.gz"


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """MNIST and FashionMNIST are small here, have no mirrors yet, and the cache is our own."""
    for kind in (MNIST, FashionMNIST):
        monkeypatch.setattr(kind, "resources", [(n, md5(c)) for n, c in FILES.items()])
        monkeypatch.setattr(kind, "mirrors", [])
    monkeypatch.setenv("RUSHLIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RUSHLIGHT_MIRROR", raising=False)


@pytest.fixture
def mirror(monkeypatch):
    with Mirror(dict(FILES)) as found:
        monkeypatch.setattr(MNIST, "mirrors", [found.url])
        monkeypatch.setattr(FashionMNIST, "mirrors", [found.url])
        yield found


def files_below(folder):
    """All files, {path: content}."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(Path(folder).rglob("*"))
        if p.is_file()
    }


def said(kind, *args, **kwargs):
    """The words of the error that a dataset raises."""
    with pytest.raises(DataError) as caught:
        kind(*args, **kwargs)
    assert isinstance(caught.value, RuntimeError)
    return str(caught.value)


# -- in order ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST])
def test_download_puts_the_files_where_torchvision_does(kind, mirror, tmp_path):
    train = kind(tmp_path, train=True, download=True)
    test = kind(tmp_path, train=False)
    assert files_below(tmp_path / kind.__name__ / "raw") == FILES
    for part, dataset in (("train", train), ("t10k", test)):
        pictures, labels = (
            ARRAYS[f"{part}-images-idx3-ubyte"],
            ARRAYS[f"{part}-labels-idx1-ubyte"],
        )
        assert len(dataset) == len(pictures)
        assert dataset.data.dtype is torch.uint8
        assert dataset.targets.dtype is torch.int64
        assert (dataset.data.numpy() == pictures).all()
        assert dataset.targets.tolist() == labels.tolist()


def test_what_is_there_is_not_downloaded_again(mirror, tmp_path):
    MNIST(tmp_path, download=True)
    assert sorted(mirror.asked) == sorted(FILES)
    mirror.asked.clear()
    MNIST(tmp_path, download=True)
    assert mirror.asked == []
    (tmp_path / "MNIST" / "raw" / IMAGES).unlink()
    MNIST(tmp_path, download=True)
    assert mirror.asked == [IMAGES]


def test_uncompressed_files_will_do(mirror, tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in FILES.items():
        (raw / name.removesuffix(".gz")).write_bytes(gzip.decompress(content))
    dataset = MNIST(tmp_path, download=True)
    assert mirror.asked == []
    assert (dataset.data.numpy() == ARRAYS["train-images-idx3-ubyte"]).all()


def test_samples_go_through_the_transforms(mirror, tmp_path):
    plain = MNIST(tmp_path, download=True)
    picture, target = plain[3]
    assert (picture.mode, picture.size, target) == ("L", (28, 28), 3)
    assert (np.asarray(picture) == ARRAYS["train-images-idx3-ubyte"][3]).all()
    both = MNIST(
        tmp_path, transform=transforms.ToTensor(), target_transform=lambda target: target * 10
    )
    picture, target = both[3]
    assert picture.shape == (1, 28, 28)
    expected = ARRAYS["train-images-idx3-ubyte"][3].astype(np.float32) / 255
    assert np.abs(picture[0].numpy() - expected).max() < 1e-7
    assert target == 30
    loader = torch.utils.data.DataLoader(both, batch_size=4)
    pictures, targets = next(iter(loader))
    assert pictures.shape == (4, 1, 28, 28)
    assert targets.tolist() == [0, 10, 20, 30]


def test_it_prints_as_in_torchvision(mirror, tmp_path):
    dataset = MNIST(tmp_path, train=False, download=True, transform=transforms.ToTensor())
    assert repr(dataset) == (
        "Dataset MNIST\n"
        "    Number of datapoints: 3\n"
        f"    Root location: {tmp_path}\n"
        "    Split: Test\n"
        "    StandardTransform\n"
        "Transform: ToTensor()"
    )


def test_classes_have_names():
    assert MNIST.classes[7] == "7 - seven"
    assert FashionMNIST.classes[1] == "Trouser"
    assert Digits().class_to_idx["0 - zero"] == 0


def test_without_a_root_the_cache_folder_is_used(mirror, tmp_path, monkeypatch):
    dataset = MNIST(download=True)
    assert dataset.root == str(tmp_path / "home" / "datasets")
    assert len(files_below(tmp_path / "home")) == 4
    monkeypatch.delenv("RUSHLIGHT_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.datasets() == tmp_path / "xdg" / "rushlight" / "datasets"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache.datasets() == tmp_path / "me" / ".cache" / "rushlight" / "datasets"


def test_tilde_is_the_home_folder(mirror, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert MNIST("~/data", download=True).root == str(tmp_path / "data")


# -- mirrors -----------------------------------------------------------------------------------


def test_own_mirror_comes_first_and_may_be_a_folder(mirror, tmp_path, monkeypatch):
    folder = tmp_path / "mirror" / "MNIST"
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    monkeypatch.setenv("RUSHLIGHT_MIRROR", (tmp_path / "mirror").as_uri())
    MNIST(tmp_path / "data", download=True)
    assert mirror.asked == []
    assert files_below(tmp_path / "data" / "MNIST" / "raw") == FILES


@pytest.mark.parametrize("wrong", ["missing", "damaged", "cut", "unreachable"])
def test_next_mirror_is_tried(wrong, mirror, tmp_path, monkeypatch):
    bad = {
        "missing": {},
        "damaged": {name: b"x" + content[1:] for name, content in FILES.items()},
        "cut": {name: (content[:-20], len(content)) for name, content in FILES.items()},
        "unreachable": {},
    }[wrong]
    with Mirror(bad) as first:
        address = unused_address() if wrong == "unreachable" else first.url
        monkeypatch.setattr(MNIST, "mirrors", [address, mirror.url])
        MNIST(tmp_path, download=True)
    assert sorted(first.asked) == ([] if wrong == "unreachable" else sorted(FILES))
    assert files_below(tmp_path) == {f"MNIST/raw/{n}": c for n, c in FILES.items()}


FAILURES = [
    ("missing", None, "the server says 404 Not Found"),
    ("damaged", b"something else", "its MD5 checksum is"),
    ("cut", (FILES[IMAGES][:99], len(FILES[IMAGES])), "the connection ended early, after 99 of"),
]


@pytest.mark.parametrize("wrong, content, words", FAILURES, ids=[f[0] for f in FAILURES])
def test_failed_download_says_why_and_leaves_what_was_there(
    wrong, content, words, mirror, tmp_path
):
    path = tmp_path / "MNIST" / "raw" / IMAGES
    path.parent.mkdir(parents=True)
    path.write_bytes(b"an earlier, damaged file")
    mirror.files[IMAGES] = content
    error = said(MNIST, tmp_path, download=True)
    assert error.startswith(f"MNIST: {IMAGES} could not be downloaded")
    assert f"{mirror.url}{IMAGES} is " in error
    assert words in error
    assert f"put {IMAGES} into {path.parent} yourself" in error
    assert "Digits() has 5,000 real MNIST digits" in error
    assert files_below(tmp_path) == {f"MNIST/raw/{IMAGES}": b"an earlier, damaged file"}


def test_offline_every_mirror_is_named(tmp_path, monkeypatch):
    addresses = [unused_address(), "file:///no/such/folder/", "gopher:nowhere/"]
    monkeypatch.setattr(MNIST, "mirrors", addresses)
    error = said(MNIST, tmp_path, download=True)
    for address in addresses:
        assert f"{address}{IMAGES} is not " in error
    assert "check the network connection" in error
    assert files_below(tmp_path) == {}


def test_damaged_file_is_replaced(mirror, tmp_path):
    MNIST(tmp_path, download=True)
    path = tmp_path / "MNIST" / "raw" / IMAGES
    path.write_bytes(path.read_bytes()[:50])
    MNIST(tmp_path, download=True)
    assert path.read_bytes() == FILES[IMAGES]


def test_interrupted_download_leaves_no_part(mirror, tmp_path, monkeypatch):
    class Interrupting(download.Meter):
        def __call__(self, done, total):
            if done:
                raise KeyboardInterrupt

    monkeypatch.setattr(download, "Meter", Interrupting)
    with pytest.raises(KeyboardInterrupt):
        MNIST(tmp_path, download=True)
    assert files_below(tmp_path) == {}


def test_download_says_what_it_gets_and_on_a_terminal_how_far_it_is(
    mirror, tmp_path, capsys, monkeypatch
):
    MNIST(tmp_path / "a", download=True)
    size = len(FILES[IMAGES]) / 1e6
    assert f"Downloading {mirror.url}{IMAGES} ({size:.1f} MB)\n" in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    MNIST(tmp_path / "b", download=True)
    assert "100%\n" in capsys.readouterr().err


# -- a disk that does not take it --------------------------------------------------------------


class Full:
    """A file on a full disk."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, content):
        self.file.write(content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full_disk(monkeypatch):
    writer = sys.modules[download.whole_file.__module__]
    opener = lambda *args: Full(open(*args))  # noqa: E731, SIM115
    monkeypatch.setattr(writer, "open", opener, raising=False)


def test_full_disk_is_called_by_its_name_and_loses_nothing(mirror, tmp_path, full_disk):
    path = tmp_path / "MNIST" / "raw" / IMAGES
    path.parent.mkdir(parents=True)
    path.write_bytes(b"an earlier, damaged file")
    error = said(MNIST, tmp_path, download=True)
    assert f"MNIST: cannot write {IMAGES} to {path.parent}: the disk is full" in error
    assert "make room" in error
    assert "what was there before is untouched" in error
    assert files_below(tmp_path) == {f"MNIST/raw/{IMAGES}": b"an earlier, damaged file"}
    assert mirror.asked == [IMAGES]  # another mirror would not help


def test_folder_that_cannot_be_made_is_named(mirror, tmp_path):
    (tmp_path / "MNIST").write_text("a file in its place")
    error = said(MNIST, tmp_path, download=True)
    assert f"cannot write {IMAGES} to {tmp_path / 'MNIST' / 'raw'}: " in error
    assert "choose a folder that you may write to" in error
    assert (tmp_path / "MNIST").read_text() == "a file in its place"


# -- files that are not what they should be ----------------------------------------------------


def test_missing_files_say_how_to_get_them(tmp_path):
    error = said(MNIST, tmp_path)
    assert "Dataset not found. You can use download=True to download it" in error
    assert f"{IMAGES} in {tmp_path / 'MNIST' / 'raw'}" in error
    assert "Digits()" in error


@pytest.mark.parametrize("length", [0, 1, 10, 100, len(FILES[IMAGES]) - 1])
def test_truncated_file_is_refused(length, mirror, tmp_path):
    MNIST(tmp_path, download=True)
    path = tmp_path / "MNIST" / "raw" / IMAGES
    path.write_bytes(FILES[IMAGES][:length])
    error = said(MNIST, tmp_path)
    assert f"{path} is damaged: " in error
    assert "load the dataset again with download=True" in error
    assert path.read_bytes() == FILES[IMAGES][:length]


WHOLE = idx.pack(ARRAYS["train-images-idx3-ubyte"])
DAMAGED = [
    (b"", "begins with b''"),
    (b"\0\0\x07\x03" + WHOLE[4:], "which no idx file does"),
    (b"<html>no such page</html>", "begins with b'<htm'"),
    (WHOLE[:10], "ends within its header"),
    (WHOLE[:-1], "its header tells of 5488 bytes, but 5487 follow"),
    (WHOLE + b"\0", "its header tells of 5488 bytes, but 5489 follow"),
]


@pytest.mark.parametrize("content, words", DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_idx_is_described(content, words):
    with pytest.raises(DataError, match="the file is damaged: ") as caught:
        idx.parse(content, "the file")
    assert words in str(caught.value)


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_idx_holds_every_type(dtype):
    array = np.arange(-6, 6).astype(dtype).reshape(2, 3, 2)
    found = idx.parse(idx.pack(array))
    assert found.dtype == array.dtype
    assert (found == array).all()
    found[0] = 0  # it may be written to


def test_idx_refuses_other_types():
    with pytest.raises(DataError, match="no type for int64"):
        idx.pack(np.arange(3))


def test_pictures_and_labels_must_belong_together(mirror, tmp_path):
    MNIST(tmp_path, download=True)
    path = tmp_path / "MNIST" / "raw" / "train-labels-idx1-ubyte"
    path.write_bytes(idx.pack(np.arange(5, dtype=np.uint8)))
    error = said(MNIST, tmp_path)
    assert "do not belong together" in error
    assert "the labels is uint8[5]" in error


# -- CIFAR-10 ----------------------------------------------------------------------------------

CIFAR_FILES, CIFAR_PICTURES = cifar_files()
CIFAR_FOLDER = "cifar-10-batches-py"


def publish(monkeypatch, mirror, files, told=None):
    """Have a mirror carry a CIFAR-10 of these files; `told` are the files the checksums are of."""
    content = archive(CIFAR_FOLDER, files)
    sums = {name: md5(c) for name, c in (told or files).items()}
    mirror.files[CIFAR10.archive[0]] = content
    monkeypatch.setattr(CIFAR10, "mirrors", [mirror.url])
    monkeypatch.setattr(CIFAR10, "archive", (CIFAR10.archive[0], md5(content)))
    monkeypatch.setattr(
        CIFAR10, "train_list", [(name, sums[name]) for name, _ in CIFAR10.train_list]
    )
    monkeypatch.setattr(CIFAR10, "test_list", [("test_batch", sums["test_batch"])])
    monkeypatch.setattr(CIFAR10, "meta", ("batches.meta", sums["batches.meta"]))


@pytest.fixture
def cifar(mirror, monkeypatch):
    publish(monkeypatch, mirror, CIFAR_FILES)
    return mirror


def test_cifar_is_downloaded_unpacked_and_read(cifar, tmp_path):
    train = CIFAR10(tmp_path, download=True)
    test = CIFAR10(tmp_path, train=False)
    assert files_below(tmp_path / CIFAR_FOLDER) == CIFAR_FILES
    planes = np.concatenate([CIFAR_PICTURES[f"data_batch_{k}"][0] for k in range(1, 6)])
    assert train.data.shape == (20, 32, 32, 3)
    assert (train.data == planes.transpose(0, 2, 3, 1)).all()
    assert test.targets == CIFAR_PICTURES["test_batch"][1]
    picture, target = test[1]
    assert (picture.mode, picture.size) == ("RGB", (32, 32))
    assert (np.asarray(picture) == test.data[1]).all()
    assert target == test.targets[1]
    assert train.classes[3] == "cat"
    assert train.class_to_idx["truck"] == 9


def test_cifar_goes_through_the_transforms(cifar, tmp_path):
    dataset = CIFAR10(
        tmp_path, download=True, transform=transforms.ToTensor(), target_transform=str
    )
    picture, target = dataset[0]
    assert picture.shape == (3, 32, 32)
    assert np.abs(picture.numpy() - CIFAR_PICTURES["data_batch_1"][0][0] / 255).max() < 1e-7
    assert target == str(dataset.targets[0])


def test_cifar_that_is_whole_is_not_downloaded_again(cifar, tmp_path):
    CIFAR10(tmp_path, download=True)
    (tmp_path / CIFAR10.archive[0]).unlink()
    cifar.asked.clear()
    CIFAR10(tmp_path, download=True)
    assert cifar.asked == []


def test_cifar_mends_a_damaged_file_from_the_archive_that_is_there(cifar, tmp_path):
    CIFAR10(tmp_path, download=True)
    cifar.asked.clear()
    path = tmp_path / CIFAR_FOLDER / "data_batch_2"
    path.write_bytes(b"damaged")
    error = said(CIFAR10, tmp_path)
    assert "Dataset not found or corrupted. You can use download=True to download it" in error
    assert f"{path} is damaged: its MD5 checksum is wrong" in error
    CIFAR10(tmp_path, download=True)
    assert path.read_bytes() == CIFAR_FILES["data_batch_2"]
    assert cifar.asked == []


def test_cifar_that_is_not_there_says_so(cifar, tmp_path):
    assert f"{tmp_path / CIFAR_FOLDER / 'data_batch_1'} is missing" in said(CIFAR10, tmp_path)


@pytest.mark.parametrize("how", ["lacks a file", "has another file", "is no archive", "is cut"])
def test_cifar_archive_that_is_not_right_is_refused(how, mirror, tmp_path, monkeypatch):
    files = dict(CIFAR_FILES)
    if how == "lacks a file":
        del files["data_batch_3"]
    elif how == "has another file":
        files["data_batch_3"] = b"something else"
    publish(monkeypatch, mirror, files, told=CIFAR_FILES)
    if how in ("is no archive", "is cut"):
        whole = mirror.files[CIFAR10.archive[0]]
        content = b"no archive" if how == "is no archive" else whole[: len(whole) // 2]
        mirror.files[CIFAR10.archive[0]] = content
        monkeypatch.setattr(CIFAR10, "archive", (CIFAR10.archive[0], md5(content)))
    error = said(CIFAR10, tmp_path, download=True)
    assert f"{tmp_path / CIFAR10.archive[0]} is damaged: " in error
    assert not (tmp_path / CIFAR_FOLDER / "data_batch_3").exists()


class Evil:
    """A pickle that would run a program."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.system, (f"touch {self.path}",))


def test_cifar_runs_nothing_that_is_in_the_files(mirror, tmp_path, monkeypatch):
    files = dict(CIFAR_FILES)
    files["data_batch_1"] = pickle.dumps({b"data": Evil(tmp_path / "trace"), b"labels": []})
    publish(monkeypatch, mirror, files)
    error = said(CIFAR10, tmp_path, download=True)
    assert "the pickle asks for posix.system, which plain data does not need" in error
    assert not (tmp_path / "trace").exists()


def test_cifar_on_a_full_disk_loses_nothing(cifar, tmp_path, full_disk):
    earlier = {f"{CIFAR_FOLDER}/data_batch_1": b"an earlier file"}
    (tmp_path / CIFAR_FOLDER).mkdir()
    (tmp_path / CIFAR_FOLDER / "data_batch_1").write_bytes(b"an earlier file")
    assert "the disk is full" in said(CIFAR10, tmp_path, download=True)
    assert files_below(tmp_path) == earlier
    content = cifar.files[CIFAR10.archive[0]]
    (tmp_path / CIFAR10.archive[0]).write_bytes(content)  # now unpacking is what fails
    assert "the disk is full" in said(CIFAR10, tmp_path, download=True)
    assert files_below(tmp_path) == {**earlier, CIFAR10.archive[0]: content}


# -- the digits that ship ----------------------------------------------------------------------


def test_digits_need_neither_network_nor_folder(tmp_path):
    train, test = Digits(tmp_path, train=True, download=True), Digits(train=False)
    assert (len(train), len(test)) == (4000, 1000)
    assert train.data.shape == (4000, 28, 28)
    assert train.targets.bincount().tolist() == [400] * 10
    assert test.targets.bincount().tolist() == [100] * 10
    assert files_below(tmp_path) == {}
    assert "Root location" not in repr(train)


def test_no_digit_is_in_both_parts():
    train, test = (
        {row.tobytes() for row in Digits(train=part).data.numpy()} for part in (True, False)
    )
    assert len(train) == 4000
    assert len(test) == 1000
    assert not train & test


def test_digits_are_writable_and_their_own():
    first, second = Digits(), Digits()
    first.data.zero_()
    assert first.data.sum().item() == 0
    assert second.data.sum().item() > 0
