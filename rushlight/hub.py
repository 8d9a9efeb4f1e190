"""`torch.hub`: programs and weights from the network, of which there are none here.

What a program loads from there is written for PyTorch and run unseen. Take its source instead and
run it with `rushlight run`; load weights from a file with `torch.load`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .errors import MissingError, explain

__all__ = [
    "download_url_to_file",
    "get_dir",
    "help",
    "list",
    "load",
    "load_state_dict_from_url",
    "set_dir",
]

HINT = (
    "nothing is fetched from the network: get the file another way, then "
    "model.load_state_dict(torch.load(path))"
)

folder: str | None = None


def get_dir() -> str:
    """The folder in which PyTorch keeps what it fetched: programs look for files there."""
    home = os.environ.get("TORCH_HOME") or Path.home() / ".cache" / "torch"
    return folder or str(Path(home) / "hub")


def set_dir(d: Any) -> None:
    """Have `get_dir` give `d`."""
    global folder
    folder = os.path.expanduser(d)


def refusal(name: str) -> Any:
    """The function `torch.hub.<name>`, which is not here."""

    def function(*args: Any, **kwargs: Any) -> Any:
        got = {"the argument": repr(args[0])} if args else {}
        raise MissingError(explain(f"torch.hub.{name}", "rushlight does not have this", got, HINT))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raises MissingError: nothing is fetched from the network."
    return function


load = refusal("load")
list = refusal("list")
help = refusal("help")
load_state_dict_from_url = refusal("load_state_dict_from_url")
download_url_to_file = refusal("download_url_to_file")
