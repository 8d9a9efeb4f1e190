"""`rushlight ops`: the functions there are."""

from __future__ import annotations

from ..ops import OPS

HELP = """usage: rushlight ops [word]

Lists every function of the op table (or those whose name contains the word), where its name
appears, and what it returns."""

PLACES = {
    "torch": "torch", "Tensor": "Tensor", "property": "property", "Tensor_": "in-place",
    "F": "nn.functional", "linalg": "linalg", "fft": "fft", "special": "special",
}  # fmt: skip
"""What is printed for each place where a name may appear, in this order."""


def run(args: list[str]) -> int:
    """Print the table; the exit status."""
    if args and args[0] in ("-h", "--help"):
        print(HELP)
        return 0
    word = args[0] if args else ""
    count = 0
    for name, op in sorted(OPS.items()):
        if not op.on or word not in name:
            continue
        count += 1
        places = ", ".join([word for place, word in PLACES.items() if place in op.on])
        summary = (op.__doc__ or "").strip().partition("\n")[0]
        print(f"{name:<28}{places:<38}{summary}")
    print(f"{count} functions")
    return 0
