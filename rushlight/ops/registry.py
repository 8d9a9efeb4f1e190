"""The table of all ops by name. `table.py` says what an op is and enters it here."""

from __future__ import annotations

from typing import Any

OPS: dict[str, Any] = {}
"""Every op by name. A primitive and a derived op may share a name's root, never the name."""
