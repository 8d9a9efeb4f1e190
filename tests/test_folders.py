"""Datasets of files in folders, of noise; pictures that Pillow reads."""

import pickle
import sys

import numpy as np
import pytest

import rushlight as torch
from rushlight.vision import datasets, io, transforms, utils

EXPECTED = [(0, [237, 91, 57, 18, 169]), (5, [209, 99, 25, 166, 94]), (3, [99, 18, 255, 243, 241])]
"""Labels and first bytes of what torchvision's FakeData gives."""


def written(path, color, size=(4, 6)):
    """Write a picture of one color."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = torch.tensor(color).view(3, 1, 1).expand(3, *size) / 255
    utils.save_image(picture, path)


@pytest.fixture
def pets(tmp_path):
    """A folder of two cats and, one folder deeper, a dog; there is a text as well."""
    written(tmp_path / "dog" / "old" / "a.png", [0, 0, 255])
    written(tmp_path / "cat" / "b.PNG", [0, 255, 0])
    written(tmp_path / "cat" / "a.png", [255, 0, 0])
    (tmp_path / "cat" / "a.txt").write_text("miaow")
    return tmp_path


def test_folders_are_classes(pets):
    pytest.importorskip("PIL")
    data = datasets.ImageFolder(pets, transforms.ToTensor(), target_transform=lambda k: k + 10)
    assert (data.classes, data.class_to_idx) == (["cat", "dog"], {"cat": 0, "dog": 1})
    assert data.targets == [0, 0, 1]
    assert data.imgs is data.samples
    assert data.samples[0] == (str(pets / "cat" / "a.png"), 0)
    assert len(data) == 3
    colors = [picture[:, 2, 3].tolist() for picture, _ in data]
    assert colors == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert [k for _, k in data] == [10, 10, 11]
    assert f"Root location: {pets}" in repr(data)
    loader = torch.utils.data.DataLoader(data, batch_size=3, num_workers=1)
    ((batch, labels),) = list(loader)
    assert batch.shape == (3, 3, 4, 6)
    assert labels.tolist() == [10, 10, 11]


def test_files_of_any_kind(pets):
    def read(path):
        with open(path) as file:
            return file.read()

    data = datasets.DatasetFolder(pets, read, ".txt", allow_empty=True)
    assert list(data) == [("miaow", 0)]
    data = datasets.DatasetFolder(
        pets, str, is_valid_file=lambda path: "old" in path, allow_empty=True
    )
    assert [k for _, k in data] == [1]
    assert list(pickle.loads(pickle.dumps(datasets.ImageFolder(pets))).targets) == [0, 0, 1]


def test_wrong_folders_are_explained(pets, tmp_path):
    with pytest.raises(FileNotFoundError, match="no valid file for the classes dog"):
        datasets.DatasetFolder(pets, str, (".txt",))
    with pytest.raises(FileNotFoundError, match="any class folder"):
        datasets.ImageFolder(pets / "dog" / "old")
    with pytest.raises(FileNotFoundError):
        datasets.ImageFolder(pets / "nowhere")
    with pytest.raises(ValueError, match="Both extensions and is_valid_file"):
        datasets.DatasetFolder(pets, str)


def test_without_pillow_it_says_so(pets, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(NotImplementedError, match="pip install pillow"):
        datasets.ImageFolder(pets)[0]


def test_pictures_from_files(tmp_path):
    pytest.importorskip("PIL")
    pixels = torch.arange(36, dtype=torch.uint8).view(3, 3, 4)
    io.write_png(pixels, tmp_path / "a.png")
    assert torch.equal(io.read_image(tmp_path / "a.png"), pixels)
    grey = io.read_image(str(tmp_path / "a.png"), io.ImageReadMode.GRAY)
    assert grey.shape == (1, 3, 4)
    io.write_png(pixels[:1], tmp_path / "b.png")
    assert torch.equal(io.read_image(tmp_path / "b.png"), pixels[:1])
    with pytest.raises(ValueError, match="unknown mode"):
        io.read_image(tmp_path / "a.png", "blue")
    with pytest.raises(TypeError, match="expected bytes"):
        io.write_png(pixels.float(), tmp_path / "c.png")


def test_noise_is_torchvisions():
    data = datasets.FakeData(20, (3, 4, 5), 7, transforms.PILToTensor(), random_offset=3)
    assert len(data) == 20
    assert repr(data).splitlines()[1] == "    Number of datapoints: 20"
    found = [(data[k][1], data[k][0].flatten()[:5].tolist()) for k in (0, 5, 19)]
    assert found == EXPECTED
    with pytest.raises(IndexError, match="out of range"):
        data[20]
    assert np.asarray(datasets.FakeData(1, (1, 2, 2))[0][0]).shape == (2, 2)
