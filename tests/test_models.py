"""Networks have the parameters, first weights and results of torchvision; boxes of pictures."""

import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from model_cases import CASES, filled, structure

import rushlight as torch
from rushlight import nn
from rushlight.missing import hint_for
from rushlight.vision import models, ops
from rushlight.vision.models import building

GOLDEN = json.loads((Path(__file__).parent / "golden" / "models.json").read_text())


def digest(thing):
    return hashlib.sha256(thing if isinstance(thing, bytes) else thing.encode()).hexdigest()[:16]


@pytest.fixture
def unfilled(monkeypatch):
    """Parameters are not filled: the largest networks would take long."""
    for name in ("uniform_", "normal_", "fill_", "zero_"):
        monkeypatch.setattr(torch.Tensor, name, lambda self, *args, **kwargs: self)


@pytest.mark.parametrize("name", models.list_models())
def test_structure_is_torchvisions(name, unfilled):
    count, state, text = structure(models.get_model(name))
    assert [count, len(state), digest("\n".join(state)), digest(text)] == GOLDEN["structures"][name]


def test_every_network_is_compared():
    assert sorted(GOLDEN["structures"]) == models.list_models()


@pytest.mark.parametrize("text, shape", CASES, ids=[text[:40] for text, _ in CASES])
def test_results_are_torchvisions(text, shape):
    torch.manual_seed(3)
    model = eval(text, {"models": models, "nn": nn, "ops": ops})
    shown, first, slope, (training, testing) = GOLDEN["results"][text]
    assert digest(repr(model)) == shown
    state = b"".join([x.numpy().tobytes() for x in model.state_dict().values()])
    assert digest(state) == first
    model.double()  # so that rounding does not count
    x = torch.from_numpy(filled(shape)).double()
    out = model(x)
    out.square().mean().backward()
    found = sum([p.grad.abs().sum().item() for p in model.parameters()])
    assert out.flatten()[:12].tolist() == pytest.approx(training, rel=1e-6, abs=1e-9)
    assert found == pytest.approx(slope, rel=1e-6)
    later = model.eval()(x).flatten()[:12].tolist()
    assert later == pytest.approx(testing, rel=1e-6, abs=1e-9)


def test_there_are_no_trained_weights():
    with pytest.raises(ValueError, match=r"no trained weights here(?s:.)*load_state_dict"):
        models.resnet18(weights="DEFAULT")
    with pytest.raises(AttributeError, match="no trained weights"):
        models.ResNet18_Weights.DEFAULT  # noqa: B018
    assert "weights=None" in hint_for("ResNet18_Weights")  # of an import
    with pytest.warns(UserWarning, match="'pretrained' is deprecated"), pytest.raises(ValueError):
        models.resnet18(pretrained=True)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1])
        building.BUILDERS["mobilenet_v2"](pretrained=False, width_mult=0.1)
    assert len(said) == 2
    assert said[0].filename == __file__


def test_networks_by_name():
    assert models.list_models(models.resnet, include="wide*") == [
        "wide_resnet101_2",
        "wide_resnet50_2",
    ]
    assert models.get_model_builder("VGG11") is models.vgg11
    with pytest.raises(ValueError, match="Unknown model resnet19"):
        models.get_model("resnet19")
    with pytest.raises(TypeError):
        models.resnet18(None, True, 3)


def test_wrong_networks_are_refused():
    block = models.resnet.BasicBlock
    with pytest.raises(ValueError, match="groups=1"):
        block(4, 4, groups=2)
    with pytest.raises(NotImplementedError, match="Dilation > 1"):
        block(4, 4, dilation=2)
    with pytest.raises(ValueError, match="3-element"):
        models.ResNet(block, [1, 1, 1, 1], replace_stride_with_dilation=[True])
    with pytest.raises(ValueError, match="indivisible"):
        models.VisionTransformer(30, 16, 1, 2, 8, 16)
    model = models.VisionTransformer(32, 16, 1, 2, 8, 16)
    with pytest.raises(RuntimeError, match="Wrong image height! Expected 32 but got 16"):
        model(torch.ones(1, 3, 16, 32))


# -- boxes and the like ------------------------------------------------------------------------


def some_boxes(count, seed):
    numbers = np.random.default_rng(seed)
    corners = numbers.random((count, 2)) * 8
    return torch.from_numpy(np.concatenate([corners, corners + numbers.random((count, 2)) * 6], 1))


def test_overlaps_are_shares_of_cells():
    grid = torch.arange(15) + 0.5
    boxes = some_boxes(8, 0).round()

    def cells(box):
        inside = (grid >= box[0]) & (grid < box[2])
        return inside[None, :] & ((grid >= box[1]) & (grid < box[3]))[:, None]

    found, around = ops.box_iou(boxes, boxes[:5]), ops.generalized_box_iou(boxes, boxes[:5])
    for i in range(8):
        a = cells(boxes[i])
        assert ops.box_area(boxes)[i].item() == a.sum().item()
        for j in range(5):
            b = cells(boxes[j])
            inner, outer = (a & b).sum().item(), (a | b).sum().item()
            if not outer:
                continue
            corner = torch.cat([boxes[[i, j], :2].amin(0), boxes[[i, j], 2:].amax(0)])
            whole = ops.box_area(corner[None]).item()
            assert found[i, j].item() == pytest.approx(inner / outer)
            assert around[i, j].item() == pytest.approx(inner / outer - (whole - outer) / whole)


def test_formats_go_round():
    boxes = some_boxes(5, 1)
    for one in ("xywh", "cxcywh", "xyxy"):
        other = ops.box_convert(boxes, "xyxy", one)
        assert torch.allclose(ops.box_convert(other, one, "xyxy"), boxes)
        assert torch.allclose(ops.box_area(other, fmt=one), ops.box_area(boxes))
        assert torch.allclose(ops.box_iou(other, other, fmt=one), ops.box_iou(boxes, boxes))
    with pytest.raises(ValueError, match="Unsupported Bounding Box"):
        ops.box_convert(boxes, "xyxy", "yxyx")


def test_nms_keeps_what_no_better_box_overlaps():
    boxes, scores = some_boxes(40, 2), torch.from_numpy(np.random.default_rng(3).random(40))
    kept = ops.nms(boxes, scores, 0.3).tolist()
    assert [scores[k].item() for k in kept] == sorted(scores[kept].tolist(), reverse=True)
    overlap = ops.box_iou(boxes, boxes)
    for k in range(40):
        rivals = [j for j in kept if scores[j] > scores[k] and overlap[j, k] > 0.3]
        assert (k in kept) == (not rivals)
    assert 1 < len(kept) < 40
    kinds = torch.arange(40) % 3
    apart = ops.batched_nms(boxes, scores, kinds, 0.3)
    whole = [k for c in range(3) for k in (kinds == c).nonzero()[:, 0][
        ops.nms(boxes[kinds == c], scores[kinds == c], 0.3)].tolist()]  # fmt: skip
    assert sorted(apart.tolist()) == sorted(whole)
    assert ops.batched_nms(boxes[:0], scores[:0], kinds[:0], 0.3).shape == (0,)
    with pytest.raises(RuntimeError, match="expected boxes"):
        ops.nms(boxes, scores[:3], 0.3)


def test_boxes_are_cut_and_chosen():
    boxes = torch.tensor([[-1.0, 2.0, 9.0, 3.0], [1.0, 1.0, 2.0, 7.0]])
    assert ops.clip_boxes_to_image(boxes, (5, 8)).tolist() == [[0, 2, 8, 3], [1, 1, 2, 5]]
    assert ops.remove_small_boxes(boxes, 1.5).tolist() == []
    assert ops.remove_small_boxes(boxes, 1.0).tolist() == [0, 1]
    mask = torch.zeros(1, 5, 6)
    mask[0, 2:4, 1:5] = 1
    assert ops.masks_to_boxes(mask).tolist() == [[1, 2, 4, 3]]


def test_focal_loss_without_focus_is_cross_entropy():
    x, y = torch.tensor([0.3, -2.0, 1.0]), torch.tensor([1.0, 0.0, 0.0])
    plain = nn.functional.binary_cross_entropy_with_logits(x, y, reduction="none")
    assert torch.allclose(ops.sigmoid_focal_loss(x, y, alpha=-1, gamma=0), plain)
    p = torch.tensor([1 - 0.574442516811659, 0.119202922022118, 0.731058578630005])
    expected = (torch.tensor([0.25, 0.75, 0.75]) * p**2 * plain).mean()
    assert torch.allclose(ops.sigmoid_focal_loss(x, y, reduction="mean"), expected)


def test_stochastic_depth_drops_samples_or_all():
    x = torch.ones(1000, 2)
    rows = ops.stochastic_depth(x, 0.25, "row")
    assert rows.unique().tolist() == [0.0, pytest.approx(1 / 0.75)]
    assert (rows[:, 0] == rows[:, 1]).all()
    assert abs(rows.mean().item() - 1) < 0.1
    assert ops.stochastic_depth(x, 0.5, "batch").unique().numel() == 1
    layer = ops.StochasticDepth(1.0, "row")
    assert layer(x).sum() == 0
    assert layer.eval()(x) is x
    with pytest.raises(ValueError, match="between 0 and 1"):
        ops.stochastic_depth(x, 2, "row")
