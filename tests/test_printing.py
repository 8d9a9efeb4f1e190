"""Tensors print as PyTorch prints them: against its recorded texts, and against it where it is."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from rushlight import printing
from rushlight.printing import (
    format_text,
    get_printoptions,
    printoptions,
    set_printoptions,
    tensor_text,
)

GOLDEN = json.loads((Path(__file__).parent / "golden" / "printing.json").read_text())
NAMES = {"dtype_name": "torch.float32", "default_dtype_name": "torch.float32"}


@pytest.fixture(autouse=True)
def _same_options_after():
    with printoptions():
        yield


def numpy_dtype(name):
    """The NumPy dtype values of a torch dtype come in."""
    return np.dtype("float32" if name == "bfloat16" else name)


def parse(word):
    if word in ("True", "False"):
        return word == "True"
    try:
        return int(word)  # not by way of a float, which would round large ones
    except ValueError:
        return complex(word) if "j" in word else float(word)


def case_name(case):
    shape = "x".join(map(str, case["shape"]))
    more = [f"{key}={case[key]}" for key in case if key not in ("dtype", "shape", "values", "text")]
    return re.sub(r"[^\w=.-]+", "_", " ".join([case["dtype"], f"({shape})", *more]))


@pytest.mark.parametrize("case", GOLDEN, ids=case_name)
def test_golden(case):
    held = [parse(word) for word in case["values"].split()]
    array = np.resize(np.array(held, numpy_dtype(case["dtype"])), case["shape"])
    names = ("prefix", "device", "requires_grad", "grad_fn", "layout", "tangent", "parameter")
    notes = {name: case[name] for name in names if name in case}
    with printoptions(**case.get("options", {})):
        text = tensor_text(
            array,
            dtype_name=f"torch.{case['dtype']}",
            default_dtype_name=f"torch.{case.get('default', 'float32')}",
            **notes,
        )
    assert text == case["text"]


# The options


def test_options_at_the_start():
    assert get_printoptions() == {
        "precision": 4,
        "threshold": 1000,
        "edgeitems": 3,
        "linewidth": 80,
        "sci_mode": None,
    }


def test_profiles_come_first_and_unknown_ones_set_nothing():
    set_printoptions(precision=9, profile="short")
    assert (get_printoptions()["precision"], get_printoptions()["edgeitems"]) == (9, 2)
    set_printoptions(profile="full")
    assert (get_printoptions()["precision"], get_printoptions()["threshold"]) == (4, math.inf)
    set_printoptions(profile="unknown")
    assert get_printoptions()["threshold"] == math.inf
    set_printoptions(profile="default")
    assert get_printoptions()["threshold"] == 1000


def test_sci_mode_lasts_until_the_next_call():
    set_printoptions(sci_mode=True)
    assert get_printoptions()["sci_mode"] is True
    set_printoptions(precision=3)
    assert get_printoptions()["sci_mode"] is None


def test_printoptions_puts_everything_back():
    set_printoptions(precision=3, sci_mode=False)
    before = get_printoptions()
    with pytest.raises(KeyError), printoptions(precision=7, profile="full"):
        assert get_printoptions()["precision"] == 7
        raise KeyError
    assert get_printoptions() == before


def test_option_errors():
    with pytest.raises(TypeError, match="unexpected keyword argument 'digits'"):
        set_printoptions(digits=3)
    with (
        pytest.raises(TypeError, match="unexpected keyword argument 'digits'"),
        printoptions(digits=3),
    ):
        pass
    # A value that makes no sense is accepted, and refused by the first print that needs it.
    set_printoptions(precision=-1)
    with pytest.raises(ValueError, match="Format specifier missing precision"):
        tensor_text(np.array([1.5], np.float32), **NAMES)


def test_options_handed_out_are_a_copy():
    get_printoptions()["precision"] = 1
    assert get_printoptions()["precision"] == 4


# What the golden file cannot say


def test_device_is_printed_unless_it_is_a_cpu():
    array = np.array([1.0, 2.0], np.float32)
    assert tensor_text(array, device="cpu", **NAMES) == "tensor([1., 2.])"
    assert tensor_text(array, device="cpu:0", **NAMES) == "tensor([1., 2.])"
    assert tensor_text(array, device="cuda:0", **NAMES) == "tensor([1., 2.], device='cuda:0')"


def test_meta_needs_only_a_shape():
    class Shaped:
        shape = (2, 3)

    text = tensor_text(Shaped(), device="meta", **NAMES)
    assert text == "tensor(..., device='meta', size=(2, 3))"


def test_memory_order_does_not_show():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert tensor_text(np.asfortranarray(array), **NAMES) == tensor_text(array, **NAMES)
    assert tensor_text(array[:, ::-1], **NAMES) == "tensor([[2., 1., 0.],\n        [5., 4., 3.]])"


def test_a_large_tensor_is_not_copied():
    huge = np.broadcast_to(np.float32(0.5), (10**6, 10**6, 10**3))
    text = tensor_text(huge, **NAMES)
    assert text.count("0.5000") == 6**3


class Tensor:
    def __format__(self, spec):
        return format_text(self, spec, self.array)

    def __str__(self):
        return "the text of repr"


def test_format():
    tensor = Tensor()
    for value, spec, text in [
        (np.float32(3.14159), ".2f", "3.14"),
        (np.array(2.5, np.float16), "", "2.5"),
        (np.array(7), "5d", "    7"),
        (np.array(True), "", "True"),
        (np.array(1.5 + 2j), ".1f", "1.5+2.0j"),
    ]:
        tensor.array = value
        assert format(tensor, spec) == text
    with pytest.raises(ValueError, match="Unknown format code 'd' for object of type 'complex'"):
        format(tensor, "d")
    for tensor.array in [None, np.ones(1)]:
        assert f"{tensor}" == "the text of repr"
        with pytest.raises(
            TypeError, match=r"unsupported format string passed to Tensor\.__format__"
        ):
            format(tensor, ".2f")


# Against PyTorch itself

INTEGERS = ["bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "bfloat16", "float32", "float64"]
COMPLEXES = ["complex64", "complex128"]
SPECIAL = [0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -1.0, 1e-4, 9.9e-5, 1e8, 1000.0, 1001.0, 0.5]


def random_reals(rng, size):
    """Floats of one temper: whole or not, near or far apart, with or without special values."""
    scale = 10.0 ** rng.choice([0, 0, 1, 2, 3, 4, 7, 9, 30, -3, -5, -30])
    values = rng.standard_normal(size) * scale
    if rng.random() < 0.3:
        values = values * 10.0 ** rng.integers(-6, 6, size)
    if rng.random() < 0.4:
        values = np.round(values, rng.integers(0, 3))
    if rng.random() < 0.3:
        values = np.abs(values)
    if rng.random() < 0.4:
        values = np.where(rng.random(size) < 0.3, rng.choice(SPECIAL, size), values)
    return values


def random_array(rng, dtype, size):
    """An array of NumPy's own dtype for values of `dtype`."""
    kind = np.dtype(numpy_dtype(dtype))
    if kind.kind == "b":
        return rng.random(size) < 0.5
    if kind.kind in "iu":
        info = np.iinfo(kind)
        top = min(int(info.max), int(10 ** rng.integers(1, 19)))
        low = max(int(info.min), -top) if rng.random() < 0.6 else 0
        return rng.integers(low, top, size, dtype=kind, endpoint=True)
    with np.errstate(over="ignore"):
        if kind.kind == "c":
            array = np.empty(size, kind)
            array.real, array.imag = random_reals(rng, size), random_reals(rng, size)
            return array
        return random_reals(rng, size).astype(kind)


def random_shape(rng, threshold):
    """Zero to four dimensions; sizes about the threshold, or about the width of a line."""
    ndim = int(rng.integers(0, 5))
    most = {0: 0, 1: 40, 2: 14, 3: 8, 4: 5}[ndim]
    shape = rng.integers(1, most + 1, ndim) if ndim else np.zeros(0, int)
    if ndim and rng.random() < 0.1:
        shape[rng.integers(ndim)] = 0
    elif ndim and rng.random() < 0.4:  # just below, at or just above
        others = max(1, math.prod(shape[1:].tolist()))
        shape[0] = max(1, threshold // others + rng.integers(-1, 2))
    return tuple(int(n) for n in shape)


def random_options(rng):
    options = {}
    if rng.random() < 0.3:
        options["precision"] = int(rng.integers(0, 9))
    if rng.random() < 0.5:
        options["threshold"] = int(rng.choice([0, 5, 50, 200]))
    if rng.random() < 0.3:
        options["edgeitems"] = int(rng.integers(0, 6))
    if rng.random() < 0.4:
        options["linewidth"] = int(rng.integers(1, 140))
    if rng.random() < 0.2:
        options["profile"] = str(rng.choice(["short", "full", "default"]))
    if rng.random() < 0.2:
        options["sci_mode"] = bool(rng.random() < 0.5)
    return options


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS + COMPLEXES)
def test_random_arrays_print_as_in_torch(dtype):
    torch = pytest.importorskip("torch")
    reference = torch._tensor_str
    rng = np.random.default_rng(sum(map(ord, dtype)))
    for _ in range(80):
        options = random_options(rng)
        shape = random_shape(rng, min(options.get("threshold", 1000), 1000))
        array = random_array(rng, dtype, shape)
        tensor = torch.from_numpy(np.array(array)).to(getattr(torch, dtype))
        if dtype == "bfloat16":
            array = tensor.float().numpy()
        learns = dtype in FLOATS + COMPLEXES and rng.random() < 0.3
        tensor.requires_grad_(bool(learns))
        default = str(rng.choice(["float32", "float64"]))
        torch.set_default_dtype(getattr(torch, default))
        try:
            with reference.printoptions(**options), printoptions(**options):
                text = tensor_text(
                    array,
                    dtype_name=str(tensor.dtype),
                    default_dtype_name=f"torch.{default}",
                    requires_grad=tensor.requires_grad,
                )
                assert text == repr(tensor), (options, shape)
        finally:
            torch.set_default_dtype(torch.float32)


def test_options_are_those_of_torch():
    torch = pytest.importorskip("torch")
    reference = torch._tensor_str
    assert printing.get_printoptions() == reference.get_printoptions()
    rng = np.random.default_rng(0)
    with reference.printoptions():
        for _ in range(100):
            options = random_options(rng)
            set_printoptions(**options)
            reference.set_printoptions(**options)
            assert get_printoptions() == reference.get_printoptions()
