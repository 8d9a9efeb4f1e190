"""What the benchmarks share: the environment of a contender, and tables for people, in Markdown."""

import os

NAMES = {"torch": "torch eager", "compile": "torch.compile", "jax": "jax.jit"}

ABSENT = "not installed"

UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_NUM_THREADS", "PYTHONDONTWRITEBYTECODE")


def environment():
    """The environment of a contender."""
    return {k: v for k, v in os.environ.items() if k not in UNSET}


def span(micros):
    """A time with a unit that suits it."""
    if micros is None:
        return "-"
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if micros >= size:
            return f"{micros / size:.3g} {unit}"
    return f"{micros:.3g} µs"


def against(theirs, ours):
    """A time of another contender, and how many times ours it is."""
    if theirs is None or theirs.get("error") == ABSENT:
        return "-"
    if "error" in theirs:
        return "failed"
    if ours is None:
        return span(theirs["micros"])
    return f"{span(theirs['micros'])} ({theirs['micros'] / ours['micros']:.2f}x)"


def first_of(measurement):
    """The time of the first step, from cold."""
    if measurement is None or "error" in measurement:
        return "-"
    return span(measurement["first_ms"] * 1e3)


def usable(measurement):
    """`measurement`, or None if nothing was measured."""
    return None if measurement is None or "error" in measurement else measurement


def row(program, found):
    """One line of the table."""
    ours = usable(found.get("rushlight"))
    cells = [program, span(ours["micros"]) if ours else "failed" if "rushlight" in found else "-"]
    cells += [against(found.get(name), ours) for name in NAMES]
    cells.append(" / ".join(first_of(found.get(n)) for n in ("rushlight", "torch", "jax")))
    return "| " + " | ".join(cells) + " |"


def table(found, facts=None):
    """The whole table; with `facts` about the machine, a page."""
    head = ["program", "rushlight", *NAMES.values(), "first step: rushlight / torch / jax"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += [row(program, found[program]) for program in found]
    for program, contenders in found.items():
        for name, measurement in contenders.items():
            if measurement.get("error", ABSENT) != ABSENT:
                lines.append(f"\n{program}, {name}: {measurement['error']}")
    if facts is None:
        return "\n".join(lines)
    start = [
        "# Time of one step",
        "",
        "Least of several repeats, each contender in its own process,",
    ]
    start += ["at its best number of threads; in brackets how many times ours it is.", ""]
    end = ["", *[f"- {name}: {value}" for name, value in facts.items()]]
    return "\n".join(start + lines + end) + "\n"
