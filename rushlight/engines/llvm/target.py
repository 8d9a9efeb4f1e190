"""What the processor can do: its lanes, registers and caches, and LLVM's view of it.

RUSHLIGHT_CPU=avx512, avx2 or baseline asks for no more than that, for tests and comparisons.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite
import llvmlite.binding as llvm

LEVELS = {
    "avx512": ("x86-64-v4", 512),
    "avx2": ("x86-64-v3", 256),
    "baseline": ("x86-64-v2", 128),
}
"""The processors that RUSHLIGHT_CPU stands for, and the bits of their vectors."""

CACHES = (32 << 10, 512 << 10, 8 << 20)
"""Sizes of the caches where the system does not tell."""


class Target(NamedTuple):
    """A processor to compile for."""

    triple: str
    cpu: str
    features: str
    bits: int  # of a vector register
    registers: int  # vector registers that an emitter may fill
    caches: tuple[int, int, int]  # bytes of L1 data, L2 and L3

    def lanes(self, kind: str) -> int:
        """How many elements of an LLVM kind one register holds: `lanes("float")`.

        >>> target().lanes("float") >= 4
        True
        """
        sizes = {"i1": 8, "i8": 8, "i16": 16, "half": 16, "i32": 32, "float": 32}
        return self.bits // sizes.get(kind, 64)

    @property
    def halves(self) -> bool:
        """Whether it converts float16; what cannot would call a library that need not be there."""
        return not is_x86(self.triple) or self.bits >= 256

    @property
    def identity(self) -> str:
        """All that code compiled for this target depends on, besides its text."""
        version = ".".join(map(str, llvm.llvm_version_info))
        return " ".join([self.triple, self.cpu, self.features, "LLVM", version])

    @property
    def name(self) -> str:
        """The target in words."""
        return f"{self.cpu}, {self.bits}-bit vectors"


@cache
def target() -> Target:
    """The processor that this process runs on, or the lesser one that was asked for."""
    triple = llvm.get_process_triple()
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features()
    wanted = os.environ.get("RUSHLIGHT_CPU", "")
    if wanted and wanted not in LEVELS:
        raise ValueError(f"RUSHLIGHT_CPU is {wanted!r}\n  hint: one of {', '.join(LEVELS)}")
    bits, flat = host_bits(triple, features), features.flatten()
    if wanted and is_x86(triple):
        cpu, most = LEVELS[wanted]
        if most > bits:
            raise ValueError(
                f"RUSHLIGHT_CPU is {wanted!r}, which this processor cannot run\n"
                f"  hint: it has {bits}-bit vectors"
            )
        bits, flat = most, ""
    registers = 32 if bits == 512 or not is_x86(triple) else 16
    return Target(triple, cpu, flat, bits, registers, cache_sizes())


def is_x86(triple: str) -> bool:
    """Whether a triple is of the x86-64 family."""
    return triple.startswith(("x86_64", "amd64"))


def host_bits(triple: str, features: Any) -> int:
    """The width of the vectors that the host computes fastest in."""
    if not is_x86(triple):
        return 128
    if all([features.get(f) for f in ("avx512f", "avx512vl", "avx512dq", "avx512bw")]):
        return 512
    return 256 if features.get("avx2") and features.get("fma") else 128


def cache_sizes(where: str = "/sys/devices/system/cpu/cpu0/cache") -> tuple[int, int, int]:
    """Bytes of the first processor's L1 data, L2 and L3 caches."""
    found = dict(zip((1, 2, 3), CACHES, strict=True))
    for index in sorted(Path(where).glob("index*")):
        try:
            kind, level, size = [
                (index / part).read_text().strip() for part in ("type", "level", "size")
            ]
            if kind != "Instruction" and int(level) in found:
                found[int(level)] = size_in_bytes(size)
        except (OSError, ValueError):
            continue  # a container may hide them
    return found[1], found[2], found[3]


def size_in_bytes(text: str) -> int:
    """The number of bytes in a size such as 48K.

    >>> size_in_bytes("48K")
    49152
    """
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    return int(text[:-1]) * units[text[-1]] if text[-1:] in units else int(text)


@cache
def initialised() -> None:
    """Set LLVM up, once in the process."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def machine(optimisation: int = 1) -> Any:
    """A new LLVM TargetMachine for the target; not to be shared between threads."""
    initialised()
    to = target()
    return llvm.Target.from_triple(to.triple).create_target_machine(
        cpu=to.cpu,
        features=to.features,
        opt=optimisation,
        reloc="pic",
        codemodel="small",
        jit=True,
    )


def versions() -> str:
    """The versions of llvmlite and LLVM, in words."""
    return f"llvmlite {llvmlite.__version__}, LLVM {'.'.join(map(str, llvm.llvm_version_info))}"
