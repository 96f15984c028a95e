"""With which keys the answers of a use are marked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from upright.keys import WatermarkKeys
from upright.policy import Policy

if TYPE_CHECKING:
    from upright.watermark import EpochKey, Mark, Scheme

FOLDER = "watermark"
"""Where in the home the keys lie."""


def mark_of(policy: Policy, home: Path, *, scheme: Scheme | None = None) -> Mark | None:
    """Return the mark of a use: its own key of the newest epoch; None if it marks nothing.

    Args:
        policy: the use case; the tenant of the mark is its name.
        home: has the keys; the first mark makes one.
        scheme: in place of the policy's.

    Raises:
        KeyFileError: for a key file that is open to others or holds no key.
    """
    section = policy.watermark
    chosen = scheme or section.scheme
    if chosen == "none":
        return None
    from upright.watermark import Mark, epoch_key  # noqa: PLC0415 (numpy is optional)

    epoch, master = WatermarkKeys(home / FOLDER).current()
    key = epoch_key(master, policy.use_case.name, epoch)
    return Mark(key, chosen, section.width, section.payload)


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
