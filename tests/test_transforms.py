"""Transforms give what torchvision gives, of the same pictures and the same random numbers."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from transform_cases import CASES, colors, described, inputs, seeds_of

import rushlight as torch
from rushlight.vision import transforms as T
from rushlight.vision.image import Image
from rushlight.vision.transforms import functional as F

GOLDEN = json.loads((Path(__file__).parent / "golden" / "transforms.json").read_text())
NAMES = {"T": T, "F": F, "torch": torch}

PAIRS = [(text, kind) for text, kinds in CASES for kind in kinds]


def agree(ours, theirs, case):
    """Raise unless two described results are the same, floats but for their last digits."""
    if isinstance(theirs[0], list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            agree(one, other, case)
        return
    assert ours[:2] == theirs[:2], case
    found, expected = (np.array(x[2], np.float64) for x in (ours, theirs))
    # Bytes are found by rounding floats that differ in their last digit: one apart, now and then.
    slack = 2e-6 if "float" in theirs[0] else 1.0
    apart = np.abs(found - expected)
    assert (apart <= slack).all(), f"{case}: {found} instead of {expected}"
    if slack == 1.0 and len(found):
        assert (apart > 0).mean() < 0.05, f"{case}: {found} instead of {expected}"


@pytest.mark.parametrize("text, kind", PAIRS, ids=[f"{t} of {k}" for t, k in PAIRS])
def test_transform_gives_what_torchvision_gives(text, kind):
    for seed in seeds_of(text):
        case = f"{text} of {kind}, seed {seed}"
        given = inputs(lambda a: torch.from_numpy(np.array(a)), Image)[kind]
        before = described(given)
        torch.manual_seed(seed)
        agree(described(eval(text, dict(NAMES))(given)), GOLDEN[case], case)
        assert described(given) == before, "the input was changed"


def test_golden_results_are_all_used():
    assert len(GOLDEN) == sum([len(seeds_of(text)) * len(kinds) for text, kinds in CASES])


# -- by hand -----------------------------------------------------------------------------------


def test_to_tensor_scales_bytes_and_nothing_else():
    assert T.ToTensor()(np.array([[0, 51, 255]], np.uint8)).tolist() == [
        [[0.0, pytest.approx(0.2), 1.0]]
    ]
    assert T.ToTensor()(np.array([[0, 51, 255]], np.int32)).tolist() == [[[0, 51, 255]]]
    assert T.ToTensor()(np.zeros((2, 3, 4), np.uint8)).shape == (4, 2, 3)
    assert T.ToTensor()(np.zeros((2, 3), np.float32)).dtype is torch.float32
    torch.set_default_dtype(torch.float64)
    assert T.ToTensor()(np.zeros((2, 3), np.uint8)).dtype is torch.float64


def test_picture_to_tensor_and_back_is_the_same_picture():
    picture = Image(colors())
    assert T.ToPILImage()(T.ToTensor()(picture)) == picture
    assert T.ToPILImage()(T.PILToTensor()(picture)) == picture
    every = Image(np.arange(256, dtype=np.uint8).reshape(16, 16))
    assert T.ToPILImage()(T.ToTensor()(every)) == every


def test_normalize_is_what_it_says_and_may_work_in_place():
    x = torch.tensor([[[0.0, 0.5]], [[1.0, 2.0]]])
    normalise = T.Normalize((0.5, 1.0), (0.5, 2.0))
    assert normalise(x).tolist() == [[[-1.0, 0.0]], [[0.0, 0.5]]]
    assert x.tolist() == [[[0.0, 0.5]], [[1.0, 2.0]]]
    assert T.Normalize((0.5, 1.0), (0.5, 2.0), inplace=True)(x) is x
    assert x.tolist() == [[[-1.0, 0.0]], [[0.0, 0.5]]]


def test_gradients_flow_through_transforms_of_tensors():
    x = torch.rand(3, 4, 4, requires_grad=True)
    T.Compose([T.Normalize((0.5,) * 3, (0.25,) * 3), T.CenterCrop(2), T.Grayscale()])(
        x
    ).sum().backward()
    expected = np.zeros((3, 4, 4))
    expected[:, 1:3, 1:3] = np.array([0.2989, 0.587, 0.114])[:, None, None] / 0.25
    assert np.abs(x.grad.numpy() - expected).max() < 1e-6


def test_compose_goes_in_order_and_prints():
    add, double = T.Lambda(lambda x: x + 1), T.Lambda(lambda x: x * 2)
    assert T.Compose([add, double])(3) == 8
    assert T.Compose([double, add])(3) == 7
    assert repr(T.Compose([T.ToTensor(), T.Resize(4)])) == (
        "Compose(\n    ToTensor()\n"
        "    Resize(size=4, interpolation=bilinear, max_size=None, antialias=True)\n)"
    )


def test_random_ones_are_as_often_as_they_should_be():
    torch.manual_seed(0)
    x = torch.tensor([[[1, 2]]])
    flips = sum([T.RandomHorizontalFlip(0.3)(x)[0, 0, 0].item() == 2 for _ in range(400)])
    assert abs(flips - 120) < 4 * math.sqrt(400 * 0.3 * 0.7)
    corners = {T.RandomCrop(1)(torch.arange(4).view(1, 2, 2)).item() for _ in range(100)}
    assert corners == {0, 1, 2, 3}


WRONG = [
    (lambda: T.ToTensor()("x"), TypeError, "pic should be PIL Image or ndarray"),
    (lambda: T.ToTensor()(np.zeros(3)), ValueError, "pic should be 2/3 dimensional"),
    (lambda: T.Normalize(0.5, 0.5)(Image(colors())), TypeError, "use transforms.ToTensor"),
    (lambda: T.Normalize(0, 1)(torch.zeros(1, 2, 2, dtype=torch.uint8)), TypeError, "float tensor"),
    (lambda: T.Normalize(0, 0)(torch.zeros(1, 2, 2)), ValueError, "std evaluated to zero"),
    (lambda: T.Normalize(0, 1)(torch.zeros(2, 2)), ValueError, r"size \(\.\.\., C, H, W\)"),
    (lambda: T.RandomCrop(9)(torch.zeros(1, 8, 8)), ValueError, "larger than input image size"),
    (lambda: T.CenterCrop((1, 2, 3)), ValueError, "only two dimensions"),
    (lambda: T.CenterCrop("3"), TypeError, "size must be a number or a sequence"),
    (lambda: T.Resize("big"), TypeError, "Size should be int or sequence"),
    (lambda: T.Resize(8, max_size=4)(torch.zeros(1, 9, 9)), ValueError, "max_size"),
    (lambda: T.Pad((1, 2, 3)), ValueError, "Padding must be an int or a"),
    (lambda: T.Pad(1, padding_mode="odd"), ValueError, "constant"),
    (lambda: T.Pad(5, padding_mode="reflect")(torch.zeros(1, 4, 4)), ValueError, "reflect"),
    (lambda: T.ColorJitter(-1), ValueError, "must be non negative"),
    (lambda: T.ColorJitter(hue=0.9), ValueError, "should be between"),
    (lambda: T.GaussianBlur(2), ValueError, "odd and positive"),
    (lambda: T.RandomErasing(value="x"), ValueError, "should be 'random'"),
    (lambda: T.RandomErasing(p=2), ValueError, "between 0 and 1"),
    (lambda: T.RandomErasing(1)(Image(colors())), TypeError, "put transforms.ToTensor"),
    (lambda: T.RandomRotation(-1), ValueError, "must be positive"),
    (lambda: T.RandomAffine(0, translate=(2, 0)), ValueError, "between 0 and 1"),
    (lambda: T.Grayscale(2)(Image(colors())), ValueError, "either 1 or 3"),
    (lambda: T.Grayscale()(torch.zeros(2, 4, 4)), TypeError, r"\[1, 3\], but found 2"),
    (lambda: T.ToPILImage()(torch.zeros(5, 4, 4)), ValueError, "not have > 4 channels"),
    (lambda: T.Lambda(3), TypeError, "should be callable"),
    (lambda: F.hflip(3), TypeError, "img should be PIL Image or Tensor"),
    (lambda: F.adjust_hue(Image(colors()), 0.6), ValueError, "not in"),
    (lambda: F.posterize(Image(colors()), 9), TypeError, "between 0 and 8"),
    (lambda: F.equalize(torch.rand(3, 2, 2)), TypeError, "Only torch.uint8"),
    (lambda: F.solarize(torch.rand(3, 2, 2), 3), TypeError, "less than bound"),
    (lambda: F.adjust_sharpness(torch.rand(3, 4, 4), -1), TypeError, "not non-negative"),
    (lambda: F.perspective(torch.rand(3, 4, 4), [], []), ValueError, "four startpoints"),
    (lambda: T.LinearTransformation(torch.ones(2, 3), torch.ones(2)), ValueError, "be square"),
    (lambda: T.LinearTransformation(torch.ones(2, 2), torch.ones(3)), ValueError, "same length"),
    (lambda: T.LinearTransformation(torch.ones(2, 2), torch.ones(2))(torch.ones(3)), ValueError,
     "incompatible"),
]  # fmt: skip


@pytest.mark.parametrize("wrong, kind, words", WRONG, ids=range(len(WRONG)))
def test_wrong_use_is_explained(wrong, kind, words):
    with pytest.raises(kind, match=words):
        wrong()
