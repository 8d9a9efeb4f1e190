"""Random fills of tensors that exist: whoever shares their memory sees them, nobody else does."""

import numpy as np

import rushlight as torch
from rushlight import overwrite


def aliased_fills():
    """What is seen of parameters, and of what was made of them, when they are filled anew."""
    torch.manual_seed(0)
    seen = []
    for fill in ("uniform_", "normal_"):
        p = torch.nn.Parameter(torch.rand(5, 7))
        alias, before, array = p.detach(), p * 2, None
        product = (p * p).sum() if fill == "normal_" else None
        for step in range(5):
            if step == 2:
                alias = None
            if step == 3:
                array = p.detach().numpy()
            doubled = p * 2  # recorded, and not computed yet
            with torch.no_grad():
                getattr(p, fill)()
            seen += [
                np.array(t.detach().numpy()) for t in (p, before, doubled, alias) if t is not None
            ]
            if array is not None:
                seen.append(array.copy())
        if product is not None:
            seen.append(product.item())
    return seen, torch.get_rng_state().tolist()


def test_filling_a_parameter_in_its_own_memory_is_not_seen(monkeypatch):
    expected, state = aliased_fills()
    monkeypatch.setattr(overwrite, "LARGE", 1)
    found, other = aliased_fills()
    assert state == other
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_large_parameter_keeps_its_memory():
    p = torch.nn.Parameter(torch.empty(300, 300))
    for fill in (p.uniform_, p.normal_):
        with torch.no_grad():
            fill()
            place = p.data_ptr()
            fill()
        assert p.data_ptr() == place
    torch.manual_seed(3)
    with torch.no_grad():
        p.normal_()
    torch.manual_seed(3)
    assert torch.equal(p, torch.randn(300, 300))
