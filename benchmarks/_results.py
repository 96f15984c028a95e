"""Writes figures into RESULTS.md, one section for each benchmark, each with its machine and day."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
_TITLE = "# Figures\n\nEach section is written by its script in this folder.\n"


def record(section: str, lines: Sequence[str], *, path: Path = RESULTS) -> None:
    """Put a section in place of the older one of that name, or at the end; and print it.

    Args:
        section: its heading.
        lines: Markdown.
        path: the file.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else _TITLE
    body = "\n".join([f"## {section}", "", _where_and_when(), "", *lines, ""])
    older = re.compile(rf"^## {re.escape(section)}$.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if older.search(text):
        text = older.sub(lambda _: body + "\n", text)
    else:
        text = f"{text.rstrip()}\n\n{body}"
    path.write_text(text.rstrip() + "\n", encoding="utf-8")
    print(body)


def _where_and_when() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    # What else the machine did: figures of a busy one are worse than they need be.
    busy = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    machine = f"Python {platform.python_version()}, {platform.machine()}, {cores} cores"
    return f"{day}, {machine}, load {busy} at the end."
