"""Values that a person splits over several turns.

Each turn alone can be harmless: a card number in two halves is two short numbers. So the ends
of the person's turns are also read joined, once with a space and once without, and a finding
that crosses from one turn into another is applied to its part in each. Where one turn alone
shows the same value already, the words of the next turn only happen to continue it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from upright.answer.inbound import Part
from upright.terms import Finding, Record

# Of a long turn only its ends can take part in a crossing; the middle is left out, so that a
# long conversation is not read three times.
EDGE = 1024

_JOINTS = (" ", "")
_CUT = "\n\n"


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A piece of a part as it stands in a view."""

    part: int
    offset: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class View:
    """The joined turns as one text.

    Attributes:
        record: the text.
        stretches: which part each stretch of it comes from.
    """

    record: Record
    stretches: tuple[_Stretch, ...]

    def crossing(self, findings: Iterable[Finding]) -> Iterator[list[tuple[int, Finding]]]:
        """Yield, for each finding over several parts, (part's number, its share) of each."""
        starts = [stretch.start for stretch in self.stretches]
        ends = [stretch.end for stretch in self.stretches]
        for finding in findings:
            first = bisect_right(ends, finding.start)
            touched = self.stretches[first : bisect_left(starts, finding.end, first)]
            if len({stretch.part for stretch in touched}) > 1:
                yield [(stretch.part, _clipped(finding, stretch)) for stretch in touched]


def joined_views(parts: Sequence[Part]) -> list[View]:
    """Return the views of a request's user turns; none if there are fewer than two."""
    turns = [(number, part) for number, part in enumerate(parts) if part.is_user_turn]
    turns = [(number, part) for number, part in turns if part.record.text]
    if len(turns) < 2:  # noqa: PLR2004 (one turn crosses nothing)
        return []
    return [_view(turns, joint) for joint in _JOINTS]


def _view(turns: Sequence[tuple[int, Part]], joint: str) -> View:
    text = ""
    stretches: list[_Stretch] = []
    for number, part in turns:
        text += joint if text else ""
        for offset, piece in _ends(part.record.text):
            text += _CUT if offset else ""
            stretches.append(_Stretch(number, offset, len(text), len(text) + len(piece)))
            text += piece
    return View(Record(text, "joined", "user"), tuple(stretches))


def _ends(text: str) -> list[tuple[int, str]]:
    if len(text) <= 2 * EDGE:
        return [(0, text)]
    return [(0, text[:EDGE]), (len(text) - EDGE, text[-EDGE:])]


def _clipped(finding: Finding, stretch: _Stretch) -> Finding:
    start = max(finding.start, stretch.start) - stretch.start + stretch.offset
    end = min(finding.end, stretch.end) - stretch.start + stretch.offset
    return replace(finding, start=start, end=end)
