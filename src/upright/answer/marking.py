"""Whether the answers of a use are marked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from upright.generate.marking import mark_of
from upright.generate.types import Engine, ReadingEngine
from upright.policy import Policy

if TYPE_CHECKING:
    from upright.watermark import Mark


def mark_for(policy: Policy, engine: Engine, home: Path) -> Mark | None:
    """Return the mark of a use's answers; None if it has none.

    Args:
        policy: the use case.
        engine: one that gives only text cannot mark, which `policy lint` says.
        home: has the keys; the first mark makes one.

    Raises:
        KeyFileError: for a key file that is open to others or holds no key.
    """
    return mark_of(policy, home) if isinstance(engine, ReadingEngine) else None
