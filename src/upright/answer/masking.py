"""Whether the answers of a use are kept from completing runs of protected works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upright.generate.types import Engine, ReadingEngine
from upright.policy import MatchSection, Policy

if TYPE_CHECKING:
    from upright.match.index import Index, RunMask


@dataclass(frozen=True, slots=True)
class Works:
    """The protected works of a use.

    Attributes:
        index: the works.
        section: what counts as a copy.
    """

    index: Index
    section: MatchSection

    def mask(self, shown: Sequence[str]) -> RunMask:
        """Return what an answer must not complete, but for what the user wrote."""
        from upright.guard.detectors.copies import counting  # noqa: PLC0415 (loads numpy)
        from upright.match.index import RunMask  # noqa: PLC0415 (as above)

        return RunMask(self.index.segments, self.section.run, counting(self.section), shown)


def works_for(policy: Policy, engine: Engine) -> Works | None:
    """Return the works of a use that resamples; None if it does not, or its engine cannot.

    Raises:
        WorksError: where there is no index in the folder.
        DamagedIndexError: naming the file of the index that is not what was written.
    """
    section, folder = policy.match, policy.index_folder
    if section is None or folder is None or not section.resample:
        return None
    if not isinstance(engine, ReadingEngine):
        return None
    from upright.match.index import Index  # noqa: PLC0415 (loads numpy)

    return Works(Index.open(folder), section)
