"""Texts as words, with all that says who they are about taken out before groups are compared.

Names, pronouns, titles and words such as "mother" differ because the people differ: a comparison
that sees them finds the groups themselves. Both words of a pair become one sign; names become signs
that keep how a person is called (`[first name]`, `[full name]`), found by capital letters and place
and not by whose names a list knows, so that no group's names are masked less than another's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from upright.audit.swap import first_names, gendered
from upright.audit.tone_lexicons import known_word

_TOKEN = re.compile(
    "(?P<address>\\S+@\\S+|https?://\\S+|www\\.\\S+)"
    "|(?P<number>\\d+(?:[.,:/-]\\d+)*)"
    "|(?P<word>[^\\W\\d_]+(?:[-'\u2019][^\\W\\d_]+)*)"
    "|(?P<mark>\\.\\.\\.|[.!?\u2026,;:()\u2014\u2013])"
)
_BOTH = re.compile("(?<!\\w)(?:s/he|\\(s\\)he)(?!\\w)", re.IGNORECASE)
_CLITIC = re.compile("['\u2019](?:s|d|ll|re|ve|m)$", re.IGNORECASE)
_ENDS = frozenset({".", "!", "?", "...", "\u2026", ":"})
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "mister", "missus"})
_RANKS = frozenset({"dr", "prof", "professor", "doctor", "sgt", "capt", "lt", "col", "gen", "rev"})
_SHORT = _TITLES | _RANKS | {"st", "jr", "sr", "vs", "etc", "no", "inc"}
_PARTICLES = frozenset(
    {"de", "da", "del", "van", "von", "der", "la", "le", "bin", "al", "el", "di"}
)
_OF_SONS = frozenset({"jr", "sr"})
_NUMBERED = frozenset({"II", "III", "IV"})
_AFTER_NAMES = frozenset("is was has had will would can could does did and 's 'll 'd".split())  # noqa: SIM905 (a list of words)
_NO_NAME = ("ly", "ing", "tion", "ful", "ous", "ive", "able", "ible", "ness", "ment", "ed", "less")
_THEY = frozenset({"they", "them", "their", "theirs"})
_AGREES = {"are": "is", "were": "was", "have": "has", "do": "does", "'re": "'s", "'ve": "'s"}
# Words that other languages do not share, a quarter of the words of English prose and more.
_ENGLISH = frozenset(
    "the and to is that it for with as by be have had has are were not this from but they".split()  # noqa: SIM905 (a list of words)
)
_OFTEN, _FEW = 0.08, 50
SIGNS = ("[name]", "[first name]", "[last name]", "[full name]", "[title]", "[number]")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without what says who it is about.

    Attributes:
        tokens: words in lower case, signs, and marks (`.`, `!`, `?`, `,` and so on).
        emphasised: words written in capitals.
    """

    tokens: tuple[str, ...]
    emphasised: int = 0


@dataclass(slots=True)
class _Raw:
    """A word or mark as it stands in the text."""

    text: str
    first: bool  # whether it begins a sentence
    kind: str

    @property
    def lower(self) -> str:
        return self.text.lower().replace("\u2019", "'")

    @property
    def capital(self) -> bool:
        return self.kind == "word" and self.text[0].isupper()


class Masker:
    """Masks the texts of one comparison, having seen all of them.

    Args:
        texts: all texts that are compared.
        words: words or phrases that name the groups, in any case: taken out.
        neutral: whether one group is called "they": their pronouns and verb forms become one.
    """

    def __init__(
        self, texts: Iterable[str], words: Iterable[str] = (), *, neutral: bool = False
    ) -> None:
        self._neutral = neutral
        phrases = sorted({word.strip() for word in words if word.strip()}, key=len, reverse=True)
        joined = "|".join(re.escape(phrase) for phrase in phrases)
        self._groups = re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE) if joined else None
        self._lower: set[str] = set()
        for text in texts:
            for raw in self._read(text):
                if raw.kind == "word" and raw.text.islower():
                    self._lower.add(raw.lower)

    def mask(self, text: str) -> Masked:
        """Return a text as words, without names and words that say a group."""
        raws = self._read(text)
        inside = {raw.text for raw in raws if raw.capital and not raw.first}
        named = [self._is_name(raws, at, inside) for at in range(len(raws))]
        for at in range(len(raws) - 2, -1, -1):
            named[at] = named[at] or (named[at + 1] and raws[at].text in _PARTICLES)
        first, last = _parts(raws, named)
        tokens: list[str] = []
        emphasised = at = 0
        while at < len(raws):
            raw = raws[at]
            if named[at]:
                end = _end_of_run(raws, named, at)
                tokens.append(_sign(raws[at:end], first, last, tokens))
                at = end
                continue
            emphasised += raw.kind == "word" and len(raw.text) > 3 and raw.text.isupper()  # noqa: PLR2004 (shorter ones are often abbreviations)
            if not _is_silent(raws, named, at):
                tokens.append(self._plain(raw))
            at += 1
        return Masked(tuple(tokens), emphasised)

    def _read(self, text: str) -> list[_Raw]:
        if self._groups is not None:
            text = self._groups.sub(" ", text)
        text = _BOTH.sub("she", text)
        raws: list[_Raw] = []
        first, end = True, 0
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup or "mark"
            first = first or "\n" in text[end : match.start()]
            end = match.end()
            word = match[0]
            tail = _CLITIC.search(word) if kind == "word" else None
            bare = word[: tail.start()] if tail else word
            raws.append(_Raw(bare, first, kind))
            if tail:
                raws.append(_Raw(tail[0], first=False, kind="clitic"))
            if kind == "mark":
                first = word in _ENDS and not (word == "." and _abbreviates(raws, len(raws) - 1))
                first = first or (word == "(" and raws[-1].first)
            else:
                first = False
        return raws

    def _is_name(self, raws: Sequence[_Raw], at: int, inside: set[str]) -> bool:
        raw, names = raws[at], first_names()
        lower = raw.lower
        if raw.kind != "word" or raw.text == "I" or lower in _SHORT or lower in gendered():
            return False
        listed = lower in names["women"] or lower in names["men"]
        if not raw.capital:
            return listed and lower not in names["words"]
        if raw.text.isupper() and len(raw.text) > 1:
            return listed or raw.text.title() in inside
        return not raw.first or listed or self._opens_with_name(raws, at, inside)

    def _opens_with_name(self, raws: Sequence[_Raw], at: int, inside: set[str]) -> bool:
        """Say whether the capital letter at the start of a sentence is a name's."""
        raw, names = raws[at], first_names()
        lower = raw.lower
        unseen = lower not in self._lower and lower not in names["openers"]
        if lower in names["words"]:
            following = raws[at + 1] if at + 1 < len(raws) else None
            told = following is not None and (following.capital or following.lower in _AFTER_NAMES)
            return unseen or told or raw.text in inside
        return unseen and not known_word(lower) and not lower.endswith(_NO_NAME)

    def _plain(self, raw: _Raw) -> str:
        lower = raw.lower
        if raw.kind == "number":
            return "[number]"
        if lower in _TITLES and (lower != "miss" or raw.capital):
            return "[title]"
        if self._neutral:
            if lower in _THEY:
                return "he/she"
            if lower in {"themselves", "themself"}:
                return "himself/herself"
            lower = _AGREES.get(lower, lower)
            if len(lower) > 3 and lower.endswith("s"):  # noqa: PLR2004 ("she leads", "they lead")
                lower = lower[:-1]
        if lower == "miss":
            return lower
        return "a" if lower == "an" else _signed(lower)


def reads_as_english(texts: Sequence[Masked]) -> bool:
    """Say whether masked texts seem to be English, as lists of words and swapping suppose.

    Where there are few words it cannot be told, and nothing speaks against it.
    """
    words = [token for text in texts for token in text.tokens if token[0].isalpha()]
    return len(words) < _FEW or sum(word in _ENGLISH for word in words) >= _OFTEN * len(words)


def _signed(lower: str) -> str:
    """Return a word, or the parts of one like "woman-owned", with the sign of both genders."""
    signs = gendered()
    if lower in signs or "-" not in lower:
        return signs.get(lower, lower)
    return "-".join(signs.get(part, part) for part in lower.split("-"))


def _is_silent(raws: Sequence[_Raw], named: Sequence[bool], at: int) -> bool:
    """Say whether something is not read: addresses, and what only men are called ("Jr.", "III")."""
    raw = raws[at]
    if raw.kind == "address" or raw.lower in _OF_SONS:
        return True
    if raw.text == ".":
        return _abbreviates(raws, at)
    return raw.text in _NUMBERED and at > 0 and named[at - 1]


def _abbreviates(raws: Sequence[_Raw], at: int) -> bool:
    """Say whether the full stop at a place belongs to the word before it."""
    if at == 0 or raws[at - 1].kind != "word":
        return False
    before = raws[at - 1]
    return before.lower in _SHORT or (len(before.text) == 1 and before.capital)


def _end_of_run(raws: Sequence[_Raw], named: Sequence[bool], at: int) -> int:
    """Return one past the last part of a name: initials and "van der" belong to it."""
    end = at + 1
    while end < len(raws):
        initial = raws[end].text == "." and len(raws[end - 1].text) == 1
        if (named[end] and not raws[end].first) or (initial and _abbreviates(raws, end)):
            end += 1
        elif raws[end].lower in _PARTICLES and end + 1 < len(raws) and named[end + 1]:
            end += 2
        else:
            break
    return end


def _parts(raws: Sequence[_Raw], named: Sequence[bool]) -> tuple[set[str], set[str]]:
    """Return what full names of a text begin and end with."""
    first, last, at = set(), set(), 0
    while at < len(raws):
        end = _end_of_run(raws, named, at) if named[at] else at + 1
        if end - at > 1:
            first.add(raws[at].text)
            last.add(raws[end - 1].text)
        at = end
    return first, last


def _sign(run: Sequence[_Raw], first: set[str], last: set[str], before: Sequence[str]) -> str:
    if sum(raw.kind == "word" for raw in run) > 1:
        return "[full name]"
    if before and (before[-1] == "[title]" or before[-1] in _RANKS):
        return "[last name]"
    name = run[0].text
    return "[first name]" if name in first else "[last name]" if name in last else "[name]"
