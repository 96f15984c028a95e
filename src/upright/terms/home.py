"""Where upright keeps its state."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def home() -> Path:
    """Return the state folder: `UPRIGHT_HOME`, or the platform's data folder. Makes nothing."""
    named = os.environ.get("UPRIGHT_HOME")
    if named:
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "upright"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "upright"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "upright"
