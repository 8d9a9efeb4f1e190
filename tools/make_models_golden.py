"""Write what torchvision's networks are and give: tests/golden/models.json.

torchvision and torch must be installed; the tests need neither of them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchvision import models, ops

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from model_cases import CASES, filled, structure  # noqa: E402

OURS = ("alexnet", "mobilenet_v2", "resne*", "vgg*", "vit*", "wide*")


def digest(thing: Any) -> str:
    """A short mark of a text or of the bytes of arrays."""
    return hashlib.sha256(thing if isinstance(thing, bytes) else thing.encode()).hexdigest()[:16]


def main() -> None:
    golden: dict[str, Any] = {"structures": {}, "results": {}}
    for name in models.list_models(models, include=OURS):
        with torch.device("meta"):
            count, state, text = structure(models.get_model(name))
        golden["structures"][name] = [count, len(state), digest("\n".join(state)), digest(text)]
    for text, shape in CASES:
        torch.manual_seed(3)
        model = eval(text, {"models": models, "nn": nn, "ops": ops})
        first = b"".join([x.numpy().tobytes() for x in model.state_dict().values()])
        model.double()  # so that rounding does not count
        x = torch.from_numpy(filled(shape)).double()
        out = model(x)  # in training: running means change, and dropout draws
        out.square().mean().backward()
        slope = sum([p.grad.abs().sum().item() for p in model.parameters()])
        results = [out.detach(), model.eval()(x).detach()]
        numbers = [r.flatten()[:12].tolist() for r in results]
        golden["results"][text] = [digest(repr(model)), digest(first), slope, numbers]
    path = TESTS / "golden" / "models.json"
    path.write_text(json.dumps(golden, indent=1) + "\n")
    print(f"{len(golden['structures'])} networks, {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
