"""What a work folder was asked before: a study may change between runs, a server may not."""

from __future__ import annotations

import json
from pathlib import Path

from upright.terms import ConfigError

_FILE = "asked.json"


def entered(folder: Path, study: str, server: str) -> bool:
    """Note who is asked what in a folder; return whether it was another study before.

    Answers lie there by their content, so those that still fit a changed study are used. Of a
    server only the name of a model is known, and another server's model may bear the same one.

    Args:
        folder: where answers are kept; it is there, and nobody else writes to it.
        study: digest of the study.
        server: digest of the server's address; empty for a model that is known by its own digest.

    Raises:
        ConfigError: if the answers there are those of another server, or it cannot be written.
    """
    path = folder / _FILE
    try:
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        before, other = known.get("study", study), known.get("server", "")
    except (OSError, ValueError, AttributeError):
        raise ConfigError(f"{path}: no note of a run", mend="take the file out") from None
    if other and server and other != server:
        raise ConfigError(
            f"{folder}: the answers there are those of another server",
            mend="give a folder of its own with --work",
        )
    draft = path.with_suffix(".draft")
    try:
        draft.write_text(
            json.dumps({"study": study, "server": server or other}) + "\n", encoding="utf-8"
        )
        draft.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", mend="make room there") from None
    return bool(before != study)
