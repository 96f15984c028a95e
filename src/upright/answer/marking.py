"""Whether and with which key the answers of a use are marked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from upright.generate.types import Engine, ReadingEngine
from upright.keys import WatermarkKeys
from upright.policy import Policy

if TYPE_CHECKING:
    from upright.watermark import EpochKey, Mark

FOLDER = "watermark"
"""Where in the home the keys lie."""


def mark_for(policy: Policy, engine: Engine, home: Path) -> Mark | None:
    """Return the mark of a use's answers: its own key of the newest epoch.

    Args:
        policy: the use case; the tenant of the mark is its name.
        engine: one that gives only text cannot mark, which `policy lint` says.
        home: has the keys; the first mark makes one.

    Raises:
        KeyFileError: for a key file that is open to others or holds no key.
    """
    section = policy.watermark
    if section.scheme == "none" or not isinstance(engine, ReadingEngine):
        return None
    from upright.watermark import Mark, epoch_key  # noqa: PLC0415 (numpy is optional)

    epoch, master = WatermarkKeys(home / FOLDER).current()
    key = epoch_key(master, policy.use_case.name, epoch)
    return Mark(key, section.scheme, section.width, section.payload)


def keys_of(policy: Policy, home: Path) -> list[EpochKey]:
    """Return the keys of a use, the newest first; none if nothing was marked in this home.

    Args:
        policy: the use case.
        home: has the keys.

    Raises:
        KeyFileError: for a key file that is open to others or holds no key.
    """
    own = WatermarkKeys(home / FOLDER).all()
    if not own:
        return []
    from upright.watermark import epoch_key  # noqa: PLC0415 (numpy is optional)

    return [epoch_key(master, policy.use_case.name, epoch) for epoch, master in own]
