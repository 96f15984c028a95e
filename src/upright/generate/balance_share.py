"""How the chances of pronouns are shared out where a text leaves the gender open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from upright.generate.balance_reading import Scope
from upright.generate.balance_words import professions

_SURE = 0.999
"""The largest share that a reference gives one gender: neither is ever ruled out."""


@dataclass(frozen=True, slots=True)
class Balance:
    """How chances are shared out.

    Attributes:
        pronouns: `balanced` gives both genders one half, `reference` gives women the share they
            have among a profession's people, where the text speaks of one that is known.
    """

    pronouns: Literal["balanced", "reference"] = "balanced"

    def share(self, scope: Scope) -> float | None:
        """Return what the feminine forms are to have of both, or None to leave them alone."""
        if not scope.open:
            return None
        if self.pronouns == "balanced":
            return 0.5
        known = None if scope.profession is None else professions()[scope.profession]
        return None if known is None else min(max(known, 1 - _SURE), _SURE)
