"""Write tests/golden/notes.json: what the notes' programs print under PyTorch with seed 0."""

import json
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
SEEDED = (
    "import torch; torch.manual_seed(0)\nexec(compile(open({path!r}).read(), {path!r}, 'exec'))"
)


def printed(path: Path) -> str:
    """What a program prints."""
    command = [sys.executable, "-c", SEEDED.format(path=str(path))]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    texts = {path.name: printed(path) for path in sorted((TESTS / "notes").glob("*.py"))}
    golden = json.dumps(texts, ensure_ascii=False, indent=1)
    (TESTS / "golden" / "notes.json").write_text(golden + "\n")
