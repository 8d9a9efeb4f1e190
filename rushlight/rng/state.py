"""The 5056 bytes of a generator's state, as torch.get_rng_state() lays them out (rng spec §2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rushlight.rng.rule import ROUND, Words

STATE_BYTES = 5056

_LAYOUT = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "key", "normal", "has_normal", "single",
                  "has_single"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", ROUND), "<f8", "<i4", "<f4", "u1"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040, 5048, 5052],
        "itemsize": STATE_BYTES,
    }
)  # fmt: skip


def pack_state(
    seed: int, key: Words, drawn: int, normal: float | None, single: float | None
) -> NDArray[np.uint8]:
    """The state bytes of a generator that has drawn so many words of the round of `key`.

    `drawn` is 0 only before the first round. `normal` is the cached second normal; `single`
    a float32 of the same kind, which PyTorch stores and returns but no longer uses.
    """
    state = np.zeros(STATE_BYTES, np.uint8)
    fields = state.view(_LAYOUT)
    fields["seed"] = seed
    fields["left"] = ROUND + 1 - drawn if drawn else 1
    fields["seeded"] = 1
    fields["next"] = drawn
    fields["key"] = key
    if normal is not None:
        fields["normal"] = normal
        fields["has_normal"] = 1
    if single is not None:
        fields["single"] = single
        fields["has_single"] = 1
    return state


def unpack_state(
    state: NDArray[np.uint8] | bytes,
) -> tuple[int, Words, int, float | None, float | None]:
    """Seed, key, drawn, normal and single, as `pack_state` takes them."""
    data = state if isinstance(state, bytes) else np.ascontiguousarray(state, np.uint8).tobytes()
    if len(data) != STATE_BYTES:
        raise RuntimeError(
            f"Expected a CPUGeneratorImplState of size {STATE_BYTES} "
            f"but found the input RNG state size to be {len(data)}"
        )
    fields = np.frombuffer(data, _LAYOUT)[0]
    left, drawn = int(fields["left"]), int(fields["next"])
    # PyTorch takes any `next` up to 624 and reads past its array if `left` does not fit to it.
    if fields["seeded"] != 1 or drawn > ROUND or left != (ROUND + 1 - drawn if drawn else 1):
        raise RuntimeError("Invalid mt19937 state")
    return (
        int(fields["seed"]),
        fields["key"].astype(np.uint32),  # the high halves of the 64-bit slots are ignored
        drawn,
        float(fields["normal"]) if fields["has_normal"] else None,
        float(fields["single"]) if fields["has_single"] else None,
    )
