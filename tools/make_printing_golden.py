"""Writes tests/golden/printing.json: what PyTorch prints for the tensors below.

Run it in an environment with PyTorch; the tests then need none. Each case carries its values (a
list repeated until the shape is full, as text because JSON has no nan), so that the file stands
alone.

    python tools/make_printing_golden.py
"""

import json
import math
import warnings
from pathlib import Path
from unittest.mock import patch

import torch
from torch import _tensor_str as reference
from torch.autograd import forward_ad

TARGET = Path(__file__).parents[1] / "tests" / "golden" / "printing.json"

INTEGERS = ["uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "bfloat16", "float32", "float64"]
COMPLEXES = ["complex64", "complex128"]
GRAD_FNS = {
    "CloneBackward0": torch.clone,
    "MulBackward0": lambda t: t * 1,
    "ViewBackward0": lambda t: t.view(t.shape),
    "SqueezeBackward1": lambda t: t.unsqueeze(0).squeeze(0),
}

nan, inf = math.nan, math.inf
COUNT = list(range(87, 117))
TENTHS = [i / 10 for i in range(-20, 20)]


class Subclass(torch.Tensor):
    """A tensor that prints under its own name."""


class Weight(torch.nn.Parameter):
    """A parameter that prints under its own name."""


def plain_cases():
    """Values, shape and dtype: (values, shape, dtype, {})."""
    for dtype in INTEGERS + FLOATS + COMPLEXES:
        yield [1, 2, 3], (3,), dtype, {}
        yield [7], (), dtype, {}
        yield [], (0,), dtype, {}
    for dtype in ["float32", "int64", "bool", "complex64"]:
        yield [], (0, 3), dtype, {}
        yield [], (2, 0, 1), dtype, {}
    yield [True, False], (5,), "bool", {}
    yield [True], (), "bool", {}
    yield [True, False, False], (3, 40), "bool", {}
    yield [-128, 127, 0], (2, 3), "int8", {}
    yield [-(2**63), 2**63 - 1], (2,), "int64", {}
    yield COUNT, (1000,), "int64", {}
    for shape in [(1001,), (40, 40), (7, 200), (200, 7), (6, 6, 40), (11, 10, 10), (2, 3, 4, 50)]:
        yield COUNT, shape, "int64", {}
        yield TENTHS, shape, "float32", {}
    for shape in [(2, 2, 2), (1, 1, 1, 1), (2, 1, 2, 3), (3, 30), (2, 2, 25)]:
        yield TENTHS, shape, "float64", {}
        yield [1, -2.5 + 1j, 3j], shape, "complex64", {}
    yield [1 + 2j, -0.5j], (600, 2), "complex128", {}


def float_cases():
    """Every way a float's style is chosen."""
    magnitudes = [
        [1.0, 2.0, 3.0],
        [1.0, 2.5],
        [-1.0, 100.0],
        [0.0, 0.0],
        [-0.0, 1.0],
        [0.0, nan],
        [nan],
        [inf, -inf],
        [1.0, nan, -inf],
        [0.5, nan, -inf],
        [1e-5, nan, inf, 0.0],
        [1.0, 1000.0],
        [1.0, 1001.0],
        [1e8, 2e8],
        [1e8],
        [1e-4],
        [9.9e-5],
        [0.1, 100.1],
        [-0.001, 1.5],
        [123456.789],
        [0.99999, 9.99996],
        [1e30, 1e-30],
        [2.5, 3.5, -0.5],
    ]
    for values in magnitudes:
        yield values, (len(values),), "float32", {}
    for values in magnitudes[5:]:
        yield values[-1:], (), "float64", {}
    for values in [[65504.0, 6e-8], [0.1, 2.0], [nan, 1024.0, -0.0]]:
        yield values, (3,), "float16", {}
        yield values, (3,), "bfloat16", {}
    yield [5e-324, 1.7976931348623157e308], (2,), "float64", {}
    awkward = [complex(0.0, -0.0), complex(nan, inf), complex(-inf, nan), complex(-1.5, -2.25)]
    yield awkward, (4,), "complex64", {}
    yield awkward[:3], (3,), "complex128", {}
    yield [complex(1e-6, 10)], (), "complex64", {}
    yield [complex(1e9, 0.5), complex(1, -3)], (7,), "complex64", {}


def option_cases():
    """Print options, alone and against one another."""
    mixed = [0.5, -12.25, 1000.125, nan]
    for options in [
        {"precision": 0},
        {"precision": 2},
        {"precision": 10},
        {"sci_mode": True},
        {"sci_mode": False},
        {"sci_mode": True, "precision": 1},
        {"linewidth": 20},
        {"linewidth": 1},
        {"linewidth": 200},
        {"edgeitems": 0},
        {"profile": "short"},
        {"profile": "full"},
        {"profile": "default", "precision": 7},
        {"profile": "unknown"},
    ]:
        yield mixed, (2, 8), "float64", {"options": options}
        yield [1.0, 1e6], (12,), "float32", {"options": options}
    for options in [
        {"threshold": 0},
        {"threshold": 0, "edgeitems": 1},
        {"threshold": 5, "edgeitems": 2},
        {"threshold": 5, "edgeitems": 0},
        {"threshold": 5, "edgeitems": 8, "linewidth": 30},
        {"profile": "short"},
    ]:
        yield COUNT, (20,), "int32", {"options": options}
        yield TENTHS, (5, 6, 7), "float32", {"options": options}
        yield [2.5], (), "float32", {"options": options}
    yield COUNT, (1500,), "int64", {"options": {"profile": "full", "linewidth": 120}}
    yield [1 + 1e-6j], (20,), "complex64", {"options": {"threshold": 5, "precision": 2}}
    yield [1e7, 2.0, nan], (3,), "float32", {"options": {"sci_mode": False}}
    yield [0.0, nan], (2,), "float32", {"options": {"sci_mode": True}}


def note_cases():
    """What follows the values: dtype, size, device, gradient, layout, tangent; and subclasses."""
    for default in ["float64", "float16", "bfloat16"]:
        for dtype in ["float32", default, "complex64", "complex128", "int64"]:
            yield [1.5], (2,), dtype, {"default": default}
            yield [], (0,), dtype, {"default": default}
    for size in range(5, 13):  # the notes reach the end of the line somewhere here
        yield [0.25], (size,), "float32", {"requires_grad": True}
        yield [0.25], (2, size), "float64", {"requires_grad": True}
        yield [0.25], (size,), "float64", {"grad_fn": "CloneBackward0"}
        yield [0.25], (2, size), "float32", {"device": "xpu", "requires_grad": True}
    for width in [20, 26, 40, 41, 42, 43, 55, 56, 57, 58, 59, 70]:  # each note after the one before
        options = {"linewidth": width}
        several = {"device": "xpu", "requires_grad": True, "options": options}
        yield [0.5], (2,), "float64", several
        yield [0.5], (2, 2), "float16", several
        yield [], (0, 2), "float64", several
    for name in GRAD_FNS:
        yield [0.5], (2, 2), "float32", {"grad_fn": name}
    yield [1], (3,), "int32", {"device": "xpu"}
    yield [], (0, 2), "float64", {"device": "xpu", "requires_grad": True}
    yield [0.5], (2, 3), "float64", {"requires_grad": True, "options": {"linewidth": 30}}
    yield [0.5], (2, 3), "float64", {"requires_grad": True, "options": {"edgeitems": 0}}
    for dtype in ["float32", "float64", "int64", "bool"]:
        yield [1], (2, 3), dtype, {"device": "meta"}
        yield [1], (), dtype, {"device": "meta"}
    yield [1], (4,), "float32", {"device": "meta", "grad_fn": "MulBackward0"}
    yield [1], (4,), "float32", {"device": "meta", "requires_grad": True}
    yield [0.5], (2, 3), "float32", {"parameter": True, "requires_grad": True}
    yield [1], (2,), "int32", {"parameter": True}
    yield [0.5], (), "float32", {"parameter": True, "device": "meta", "requires_grad": True}
    yield [0.5], (2, 3), "float32", {"prefix": "Subclass("}
    yield [0.5], (2, 12), "float64", {"prefix": "Subclass(", "requires_grad": True}
    yield [0.5], (2, 3), "float32", {"prefix": "Weight(", "parameter": True, "requires_grad": True}
    yield [0.5], (2, 3), "float32", {"layout": "torch._mkldnn"}
    yield [0.5], (3,), "float32", {"tangent": "tensor([1., 1., 1.])"}


def build(values, shape, dtype, notes):
    """The tensor of a case, and the flat values it really holds once rounded to its dtype."""
    flat = torch.tensor(values, dtype=getattr(torch, dtype))
    size = math.prod(shape)
    flat = flat[:size]
    tensor = flat.repeat(-(-size // max(1, len(flat))))[:size].reshape(shape)
    if notes.get("device") == "meta":
        tensor = tensor.to("meta")
    if notes.get("layout") == "torch._mkldnn":
        tensor = tensor.to_mkldnn()
    if "grad_fn" in notes:
        tensor = GRAD_FNS[notes["grad_fn"]](tensor.requires_grad_())
    elif notes.get("prefix") == "Subclass(":
        tensor = tensor.as_subclass(Subclass).requires_grad_(notes.get("requires_grad", False))
    elif notes.get("parameter"):
        kind = Weight if notes.get("prefix") == "Weight(" else torch.nn.Parameter
        tensor = kind(tensor, requires_grad=notes.get("requires_grad", False))
    elif notes.get("requires_grad"):
        tensor.requires_grad_()
    return tensor, flat.tolist()


def printed(tensor, notes):
    """What PyTorch prints under the options of the case."""
    torch.set_default_dtype(getattr(torch, notes.get("default", "float32")))
    try:
        with reference.printoptions(**notes.get("options", {})):
            if "tangent" in notes:
                with forward_ad.dual_level():
                    return repr(forward_ad.make_dual(tensor, torch.ones_like(tensor)))
            if notes.get("device") != "xpu":
                return repr(tensor)
            # No accelerator is needed: with another default device the CPU is named as any is.
            with patch.object(torch._C, "_get_default_device", lambda: "cuda"):
                return repr(tensor).replace("device='cpu'", "device='xpu'")
    finally:
        torch.set_default_dtype(torch.float32)


def main():
    lines = []
    for make in [plain_cases, float_cases, option_cases, note_cases]:
        for values, shape, dtype, notes in make():
            tensor, held = build(values, shape, dtype, notes)
            case = {
                "dtype": dtype,
                "shape": shape,
                "values": " ".join(repr(value) for value in held),
                **notes,
                "text": printed(tensor, notes),
            }
            lines.append(json.dumps(case))
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{len(lines)} cases, PyTorch {torch.__version__}")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the beta layouts announce themselves
        main()
