"""`rushlight run script.py [args]`: a PyTorch program, unchanged, on rushlight."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from ..masquerade import install
from ..reports import without_starter
from ..runtime.recorder import local

HELP = """usage: rushlight run [--eager] script.py [arguments of the script]
       rushlight run [--eager] -m module [arguments]

Runs a program in which `import torch` (and torch.nn, torch.utils.data, ...) means rushlight.

  --eager   run each operation at once instead of recording windows (for debugging)"""


def run(args: list[str]) -> int:
    """Run the program named in `args`; the exit status."""
    args = list(args)
    if not args or args[0] in ("-h", "--help"):
        print(HELP)
        return 0 if args else 2
    if args[0] == "--eager":
        local.recorder.eager = True
        args.pop(0)
    if not args:
        print(HELP, file=sys.stderr)
        return 2
    return play(args)


def play(args: list[str]) -> int:
    """Run `script.py ...` or `-m module ...` as the main program; the exit status."""
    install()
    module = args[0] == "-m"
    if module and len(args) < 2:
        print(HELP, file=sys.stderr)
        return 2
    script = Path(args[0])
    if not module and not script.is_file():
        print(f"rushlight run: there is no file {str(script)!r}", file=sys.stderr)
        return 2
    sys.argv = args[module:]
    try:
        if module:
            sys.path.insert(0, "")
            runpy.run_module(args[1], run_name="__main__", alter_sys=True)
        else:
            sys.path.insert(0, str(script.resolve().parent))
            runpy.run_path(str(script), run_name="__main__")
    except (Exception, KeyboardInterrupt) as error:
        # As Python itself would end, without the frames from before the program.
        traceback = without_starter(error.__traceback__)
        error.__traceback__ = traceback
        sys.excepthook(type(error), error, traceback)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0
