"""Which of some options a written answer, or its first token, stands for."""

from __future__ import annotations

import math
from collections.abc import Sequence

_AROUND = " \t\r\n\"'`*_([{<.:-"


def option_of(text: str, options: Sequence[str]) -> int | None:
    """Return the place of the option that an answer begins with; None if it is none of them.

    Case, and quotation marks and other signs before the answer, do not count. The option must
    end where a word ends; among several the longest is meant.
    """
    told = text.lstrip(_AROUND).casefold()
    found, longest = None, 0
    for at, option in enumerate(options):
        name = option.strip().casefold()
        rest = told[len(name) :]
        whole = told.startswith(name) and not (rest and rest[0].isalnum())
        if whole and len(name) > longest:
            found, longest = at, len(name)
    return found


def placed_mass(
    top: Sequence[tuple[str, float]], options: Sequence[str]
) -> tuple[float, ...] | None:
    """Return the mass that a list of first tokens puts on each option.

    A token counts for an option that begins with it, if no other option does.

    Args:
        top: tokens with their log-probabilities in nats.
        options: the options.

    Returns:
        The masses in the order of `options`; None if nothing is listed or two options share
        their beginning with a listed token, so that the first token cannot tell them apart.
    """
    if not top:
        return None
    names = [option.strip().casefold() for option in options]
    masses = [0.0] * len(names)
    for token, log in top:
        begin = token.strip().casefold()
        owners = [at for at, name in enumerate(names) if begin and name.startswith(begin)]
        if len(owners) > 1:
            return None
        for at in owners:
            masses[at] += math.exp(log)
    return tuple(masses)
