"""How a found passage is used: quoted, reported, rejected, denied, or simply meant.

The answer depends on a bounded stretch around the passage and on nothing else, so it becomes
final while a text is still being written:

- to the left, at most `LEFT` characters and not beyond the line's beginning;
- to the right, at most `RIGHT` characters, not beyond the line's end and not beyond the second
  end of a sentence.

Quotation marks alone say nothing, or anybody could hide an attack in them: a passage counts as
quoted only if words *outside* the marks name a speaker or a source other than the writer, and
as counter-speech only if words outside it reject it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from upright.terms import Context, Finding

LEFT = 240
RIGHT = 160
_SENTENCES = 2
# How far a denial, a view or a claimed word may stand before what it speaks of.
_NEAR = 40

_SENTENCE_END = re.compile(r"[.!?]+[\"'”’»)\]]*\s")  # noqa: RUF001 (quotation marks)
_MARKS = {'"': '"', "“": "”", "„": "“", "«": "»", "‘": "’", "‹": "›"}  # noqa: RUF001 (quotation marks)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a passage.

    Attributes:
        left: the text before it, bounded.
        right: the text after it, bounded.
        final: no text that follows can change either.
    """

    left: str
    right: str
    final: bool


def surroundings(text: str, start: int, end: int) -> Surroundings:
    """Return the bounded text on both sides of a passage."""
    left = text[max(0, start - LEFT) : start]
    left = left[left.rfind("\n") + 1 :]
    right = text[end : end + RIGHT]
    final = len(right) == RIGHT
    line_end = right.find("\n")
    if line_end >= 0:
        right, final = right[:line_end], True
    ends = [match.end() for match in _SENTENCE_END.finditer(right)]
    if len(ends) >= _SENTENCES:
        right, final = right[: ends[_SENTENCES - 1]], True
    return Surroundings(left, right, final)


def context_of(around: Surroundings) -> Context | None:
    """Return how the passage is used, or None where nothing says so."""
    quoted = _outside_quotation(around)
    if quoted is not None:
        left, right = quoted
        if _says("counter_speech", left) or _says("counter_speech", right):
            return Context.COUNTER_SPEECH
        return Context.QUOTATION if _is_labelled(left, right) else None
    sentence = _last_sentence(around.left)
    near = sentence[-_NEAR:]
    if _says("mention", sentence) and (
        _says("counter_speech", sentence) or _says("counter_speech", around.right)
    ):
        return Context.COUNTER_SPEECH
    if _says("report", sentence):
        return Context.REPORT
    for name in (Context.NEGATION, Context.OPINION, Context.RECLAIMED):
        if _says(name.value, near):
            return name
    return None


class ContextTagger:
    """Gives findings their context where a rule wants to know it.

    Args:
        wanted: says for a rule id whether the context of its findings can matter.
    """

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self._wanted = wanted

    def __call__(self, text: str, findings: Sequence[Finding]) -> tuple[list[Finding], int]:
        """Return the findings with their context, and up to where all contexts are final.

        A detector that knows the context itself keeps its word.
        """
        tagged: list[Finding] = []
        final = len(text)
        for finding in findings:
            if finding.context is not None or not self._wanted(finding.rule):
                tagged.append(finding)
                continue
            around = surroundings(text, finding.start, finding.end)
            if not around.final:
                final = min(final, finding.start)
            tagged.append(replace(finding, context=context_of(around)))
        return tagged, final


def _outside_quotation(around: Surroundings) -> tuple[str, str] | None:
    """Return the texts left and right of the quotation marks around a passage."""
    for opening, closing in _MARKS.items():
        at = around.left.rfind(opening)
        if at < 0 or not _is_open(around.left, at, opening, closing):
            continue
        end = around.right.find(closing)
        if end >= 0:
            return around.left[:at], around.right[end + 1 :]
    return None


def _is_open(left: str, at: int, opening: str, closing: str) -> bool:
    if opening == closing:
        return left.count(opening) % 2 == 1
    return closing not in left[at + 1 :]


def _is_labelled(left: str, right: str) -> bool:
    before, after = _last_sentence(left), _first_sentence(right)
    if _says("own_voice", before) or _says("own_voice", after):
        return False
    return _says("attribution", before) or _says("attribution", after)


def _last_sentence(left: str) -> str:
    ends = [match.end() for match in _SENTENCE_END.finditer(left)]
    return left[ends[-1] :] if ends else left


def _first_sentence(right: str) -> str:
    match = _SENTENCE_END.search(right)
    return right[: match.start()] if match else right


def _says(kind: str, text: str) -> bool:
    return _cues()[kind].search(text.lower()) is not None


@cache
def _cues() -> dict[str, re.Pattern[str]]:
    raw = files("upright.guard").joinpath("context.toml").read_text(encoding="utf-8")
    return {kind: _pattern(kind, entries) for kind, entries in tomllib.loads(raw).items()}


def _pattern(kind: str, entries: list[str]) -> re.Pattern[str]:
    # A word is claimed only where it follows at once; all else may stand anywhere near.
    end = r"\s*\Z" if kind == Context.RECLAIMED else r"\b"
    return re.compile(r"\b(?:" + "|".join(entries).replace(" ", r"\s+") + ")" + end)
