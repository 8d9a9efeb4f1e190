"""Write what torchvision's transforms make of small pictures: tests/golden/transforms.json.

torchvision, Pillow and torch must be installed; the tests need none of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision.transforms as T
import torchvision.transforms.functional as F
from PIL import Image

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from transform_cases import CASES, described, inputs, seeds_of  # noqa: E402


def rounded(value: Any) -> Any:
    """Numbers of plain data with 7 digits, which is as many as float32 has."""
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def main() -> None:
    golden: dict[str, Any] = {}
    names = {"T": T, "F": F, "torch": torch}
    for text, kinds in CASES:
        for kind in kinds:
            for seed in seeds_of(text):
                given = inputs(lambda a: torch.from_numpy(np.array(a)), Image.fromarray)[kind]
                torch.manual_seed(seed)
                found = eval(text, names)(given)
                golden[f"{text} of {kind}, seed {seed}"] = rounded(described(found))
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items()]
    path = TESTS / "golden" / "transforms.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{len(golden)} results, {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
