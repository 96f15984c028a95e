"""What the detectors of copies share: the works, and how a copy becomes a finding."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import final

from upright.match.index import REACH, Document, Found, Index, Kind, Watch, Work
from upright.match.index.reading import Reading
from upright.policy.model import MatchSection, Policy
from upright.terms import Finding, Record, digest, hazard_of_rule

SEVERITIES = {"flag": 1, "redact": 2, "replace": 3, "block": 4}
"""What the owner of a work wants of copies, as severities; `allow` makes no finding."""


class CopyDetector(ABC):
    """Finds copies of the works of one kind.

    Args:
        index: the works.
        section: what counts as a copy.
    """

    rule: str
    kind: Kind
    reach: int = REACH

    def __init__(self, index: Index, section: MatchSection) -> None:
        self._index = index
        self._watch = self.watch(section)
        told = section.model_dump(mode="json", exclude={"index", "resample"})
        self.version = f"1:{index.digest}:{digest(told)}"
        self._last: Reading | None = None

    @abstractmethod
    def watch(self, section: MatchSection) -> Watch:
        """Return what is looked for."""

    @abstractmethod
    def why(self, found: Found) -> str:
        """Return the explanation of a finding; it never repeats the found text."""

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        """Return the findings of each record, ordered by start."""
        return [
            [self._finding(found) for found in self._watch.copies(self._read(record.text))]
            for record in records
        ]

    def settled(self, text: str) -> int:
        """Return a position up to which all is final, whatever follows."""
        return max(0, len(text) - self.reach, self._watch.settled(self._read(text)))

    def _read(self, text: str) -> Reading:
        """Lay a text beside the works; `settled` asks for the text that `find` has read."""
        last = self._last
        if last is None or last.text != text:
            last = self._last = self._index.read(text, self.kind)
        return last

    def _finding(self, found: Found) -> Finding:
        return Finding(
            rule=self.rule,
            hazard=hazard_of_rule(self.rule),
            severity=SEVERITIES[found.source.action],
            score=found.score,
            start=found.start,
            end=found.end,
            explanation=self.why(found),
            source=found.source.named,
        )


@final
class CopiedText(CopyDetector):
    """Passages that stand, or nearly stand, in a protected text."""

    rule = "copy.text"
    kind: Kind = "text"

    def watch(self, section: MatchSection) -> Watch:
        """Look for runs of words, and for near copies if the use wants them."""
        return Watch(section.run, section.near, counting(section))

    def why(self, found: Found) -> str:
        """Say how much of the passage stands in the work."""
        if found.exact:
            return f"{found.tokens} words in a row stand in a protected work."
        return f"{found.score:.0%} of {found.tokens} words stand in a protected work in this order."


def counting(section: MatchSection) -> Callable[[Document], bool]:
    """Return what says of a work whether copies of it are a finding in a use."""
    licences = frozenset(licence.casefold() for licence in section.licences)

    def counts(document: Document) -> bool:
        return document.action != "allow" and document.licence.casefold() not in licences

    return counts


def copy_detectors(policy: Policy, rules: Sequence[str]) -> list[CopyDetector]:
    """Return the detectors of some rules for a use that names an index.

    Raises:
        WorksError: where there is no index in the folder.
        DamagedIndexError: naming the file of the index that is not what was written.
    """
    if policy.match is None or policy.index_folder is None:
        return []
    index = Index.open(policy.index_folder)
    return [made(index, policy.match) for made in (CopiedText,) if made.rule in rules]


SAMPLE = Work(
    "the green book",
    "The lighthouse keeper counted the ships that went by each evening and wrote their names in a "
    "green book. One evening no ship came. He lit the lamp all the same, for the sea has a clock "
    "of its own, and nobody has ever seen its hands.",
    owner="Ada Sample",
    licence="all rights reserved",
)


def sample_copies() -> list[CopyDetector]:
    """Return a detector of each kind, with a work of our own."""
    return [CopiedText(Index.of([SAMPLE]), MatchSection(index="sample"))]
