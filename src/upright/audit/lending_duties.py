"""What a lender owes, by its use and by whoever audits it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.policy.model import LendingSection

MARGIN = 0.01
"""One point: how far false-rejection rates may be apart where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Duties:
    """Which columns are to be equal, and which are to matter.

    Attributes:
        equal: columns whose values are swapped.
        keep: columns that must go on mattering.
        margin: how far false-rejection rates may be apart.
        declared: those of the columns that the use names itself.
    """

    equal: tuple[str, ...]
    keep: tuple[str, ...]
    margin: float
    declared: tuple[str, ...]


def duties(
    section: LendingSection, equal: Sequence[str], keep: Sequence[str], margin: float | None
) -> Duties:
    """Join what a use declares with what a command adds; nothing the use asks for is left out.

    Args:
        section: `[lending]` of the use.
        equal: further columns to swap.
        keep: further columns that must matter.
        margin: of this audit, or None for the use's `max_gap`, else one point.

    Raises:
        ConfigError: if nothing is to be equal, a column is to be equal and to matter, or the
            margin is wider than the use's.
    """
    swapped = tuple(dict.fromkeys([*section.groups, *equal]))
    kept = tuple(dict.fromkeys([*section.keep, *keep]))
    if not swapped:
        raise ConfigError(
            "nothing is to be swapped", mend="give --swap sex, or `groups` under [lending]"
        )
    for name in swapped:
        if name in kept:
            raise ConfigError(
                f"`{name}` is to be equal and to go on mattering",
                mend="name it in one of --swap (groups) and --keep (keep)",
            )
    allowed = section.max_gap
    if margin is not None and allowed is not None and margin > allowed:
        raise ConfigError(
            f"--margin {margin:g} is wider than the use's max_gap, {allowed:g}",
            mend="leave out the option, or change the use",
        )
    bound = next((one for one in (margin, allowed) if one is not None), MARGIN)
    named = (*section.groups, *section.keep)
    return Duties(swapped, kept, bound, tuple(n for n in (*swapped, *kept) if n in named))
