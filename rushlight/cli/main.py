"""The `rushlight` command: finds the command asked for and runs it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from ..config import VERSION

COMMANDS = {
    "run": "run a program that says `import torch`, unchanged:  rushlight run script.py [args]",
    "demo": "train a small network on real digits, in seconds, and draw what it learned",
    "trace": "run a program and print the trace of its hottest window",
    "doctor": "say which engine, processor, threads and cache are used, and whether all is well",
    "ops": "list the functions there are, and where their names appear",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` (by default the process's); the exit status."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if args[0] in ("-V", "--version"):
        print(f"rushlight {VERSION}")
        return 0
    command, *rest = args
    if command not in COMMANDS:
        print(f"rushlight: there is no command {command!r}\n\n{usage()}", file=sys.stderr)
        return 2
    module = importlib.import_module(f".{command}", __package__)
    try:
        status: int = module.run(rest)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def usage() -> str:
    """What `rushlight --help` prints."""
    lines = ["usage: rushlight <command> [options]", "", "commands:"]
    lines += [f"  {name:<8}{what}" for name, what in COMMANDS.items()]
    lines += ["", "`rushlight <command> --help` says more about one of them."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
