"""Where datasets are kept when the program does not say."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def home() -> Path:
    """The folder for what rushlight keeps between runs, of this user.

    It is $RUSHLIGHT_HOME if that is set, else `rushlight` in $XDG_CACHE_HOME or in the folder where
    the system keeps such things.
    """
    own = os.environ.get("RUSHLIGHT_HOME")
    if own:
        return Path(own).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME")
    if cache and Path(cache).is_absolute():  # the XDG specification: others are to be ignored
        return Path(cache) / "rushlight"
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / "rushlight"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "rushlight"
    return Path.home() / ".cache" / "rushlight"


def datasets() -> Path:
    """The folder for datasets of this user."""
    return home() / "datasets"
