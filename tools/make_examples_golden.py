"""Write tests/golden/examples.json: what the examples print under PyTorch, shortened."""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"

if __name__ == "__main__":
    command = [sys.executable, str(TESTS / "example_runs.py")]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = text.replace('", "', '",\n "')  # one example a line
    (TESTS / "golden" / "examples.json").write_text(lines)
