"""What the detectors of copies share: the works, and how a copy becomes a finding."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import final

from upright.match.index import REACH, CodeWatch, Document, Found, Index, Watch, Work
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
    reach: int = REACH

    def __init__(self, index: Index, section: MatchSection) -> None:
        self._index = index
        told = section.model_dump(mode="json", exclude={"index", "resample"})
        self.version = f"1:{index.digest}:{digest(told)}"
        self._last: tuple[str, list[Reading]] = ("", [])

    @property
    @abstractmethod
    def watch(self) -> Watch | CodeWatch:
        """What is looked for."""

    @abstractmethod
    def readings(self, text: str) -> list[Reading]:
        """Return a text beside the works, once for each way of reading it."""

    @abstractmethod
    def why(self, found: Found) -> str:
        """Return the explanation of a finding; it never repeats the found text."""

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        """Return the findings of each record, ordered by start."""
        return [self._findings(record.text) for record in records]

    def settled(self, text: str) -> int:
        """Return a position up to which all is final, whatever follows."""
        least = [self.watch.settled(reading) for reading in self._read(text)]
        return max(0, len(text) - self.reach, min(least, default=len(text)))

    def _read(self, text: str) -> list[Reading]:
        """Lay a text beside the works; `settled` asks for the text that `find` has read."""
        if self._last[0] != text:
            self._last = (text, self.readings(text))
        return self._last[1]

    def _findings(self, text: str) -> list[Finding]:
        found = {
            (one.start, one.end, one.source.id): one
            for reading in self._read(text)
            for one in self.watch.copies(reading)
        }
        return [self._finding(found[key]) for key in sorted(found)]

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

    def __init__(self, index: Index, section: MatchSection) -> None:
        super().__init__(index, section)
        self._watch = Watch(section.run, section.near, counting(section))

    @property
    def watch(self) -> Watch:
        """Runs of words, and near copies if the use wants them."""
        return self._watch

    def readings(self, text: str) -> list[Reading]:
        """Read the text's words."""
        return [self._index.read(text)]

    def why(self, found: Found) -> str:
        """Say how much of the passage stands in the work."""
        if found.exact:
            return f"{found.tokens} words in a row stand in a protected work."
        return f"{found.score:.0%} of {found.tokens} words stand in a protected work in this order."


@final
class CopiedCode(CopyDetector):
    """Code that stands in a protected work, whatever its names, comments and layout are.

    A text is read in each language in which there are works: which one it is in could change
    with every further line.
    """

    rule = "copy.code"

    def __init__(self, index: Index, section: MatchSection) -> None:
        super().__init__(index, section)
        self._watch = CodeWatch(section.code_run, counting(section))
        self._languages = index.languages()

    @property
    def watch(self) -> CodeWatch:
        """Runs of tokens whose names return at the same places."""
        return self._watch

    def readings(self, text: str) -> list[Reading]:
        """Read the text's tokens in each language of the works."""
        return [self._index.read(text, "code", language) for language in self._languages]

    def why(self, found: Found) -> str:
        """Say how much stands in the work."""
        return f"{found.tokens} tokens of code in a row stand in a protected work, names aside."


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
    return [made(index, policy.match) for made in (CopiedCode, CopiedText) if made.rule in rules]


SAMPLE = Work(
    "the green book",
    "The lighthouse keeper counted the ships that went by each evening and wrote their names in a "
    "green book. One evening no ship came. He lit the lamp all the same, for the sea has a clock "
    "of its own, and nobody has ever seen its hands.",
    owner="Ada Sample",
    licence="all rights reserved",
)

SAMPLE_CODE = Work(
    "tides",
    """
def tides(heights, least=3):
    rising, found = False, []
    for place, height in enumerate(heights[1:], start=1):
        before = heights[place - 1]
        if height > before and not rising:
            found.append(("low", place - 1, before))
        elif height < before and rising:
            found.append(("high", place - 1, before))
        rising = height > before if height != before else rising
    return [one for one in found if abs(one[2]) >= least] or None
""",
    kind="code",
    language="python",
    owner="Ada Sample",
)


def sample_copies() -> list[CopyDetector]:
    """Return a detector of each kind, with a work of our own."""
    index, section = Index.of([SAMPLE, SAMPLE_CODE]), MatchSection(index="sample")
    return [CopiedCode(index, section), CopiedText(index, section)]
