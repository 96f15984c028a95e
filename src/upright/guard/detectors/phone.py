"""`pii.phone`: telephone numbers, validated by the numbering plans of `phonenumbers`.

Candidates are runs of digits only, so ordinary prose costs nothing. A number in international
form must fit its country's plan. A national one must fit a plan of the use's languages, or be
written in groups after a word that announces a telephone number: people write numbers of other
countries as they do at home.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from upright.guard.detectors.checksums import luhn
from upright.guard.detectors.local import Hit, LocalDetector, cue_before, digits, matching
from upright.guard.detectors.tables import table

_REACH = 64
_CUE_DISTANCE = 48
_OTHER_DISTANCE = 24
_UNANNOUNCED = 9
_MOST_DIGITS = 13  # of a national number: ITU-T E.164 without its shortest country code
_MOST_GROUPS = 6
_FEWEST_ABROAD, _MOST_ABROAD = 8, 15  # with the country's code
_PLAN = "phonenumbers 9"
_EXTENSION = re.compile(r"(?:x|ext)", re.IGNORECASE)
_NOT_PHONES = re.compile(
    r"""
      \d{1,2}([./-])\d{1,2}\1(?:\d{2}|\d{4})(?:[ ,T].*)?      # a date, a time may follow
    | (?:1[5-9]|20)\d\d([./-])\d{1,2}\2\d{1,2}(?:[ ,T].*)?    # a date, year first
    | (?:1[5-9]|20)\d\d\s?[-/]\s?(?:1[5-9]|20)\d\d  # a range of years
    | \d{1,3}(?:\.\d{1,3}){3}                     # an IPv4 address
    | \d{3}-\d{2}-\d{4}                           # a Social Security number
    | \d{5}[ -]\d{4}                              # a ZIP+4 code
    """,
    re.VERBOSE,
)
_SHAPED = re.compile(
    r"""
      \(\d{1,5}\)[ .-]?\d{2,5}(?:[ .-]\d{2,5}){0,3}          # an area code in parentheses
    | 0\d{1,4}(?:([ .-])\d{2,4}(?:\1\d{2,4}){1,4})           # a trunk prefix and groups
    | \d{2,4}([ .-])\d{2,4}\2\d{2,4}(?:\2\d{2,4}){1,2}       # four or five groups
    | \d{3}([ .-])\d{3}\3\d{4}                             # as in North America
    """,
    re.VERBOSE,
)
_INTERNATIONAL = (0.95, "A number in international form, with a plus sign and a country's code.")
_NATIONAL = (0.95, "A number of a national numbering plan, announced by the words before it.")
_UNCUED = (0.8, "A number that fits a national numbering plan of this use's languages.")
_ANNOUNCED = (0.7, "Digits grouped as a telephone number, announced by the words before them.")
_BY_SHAPE = (0.5, "Digits grouped as telephone numbers are and other numbers are not.")


def phone(languages: Iterable[str] = ("en",)) -> LocalDetector:
    """Return the detector of telephone numbers.

    Args:
        languages: BCP 47 tags; they say in which countries national numbers are looked for.
    """
    rows = table("phone.toml")
    regions = _regions(languages, rows.data["regions"])
    near = cue_before(rows.data["cues"], _CUE_DISTANCE)
    other = cue_before(rows.data["other"], _OTHER_DISTANCE)

    def judge(match: re.Match[str]) -> Hit | None:
        main = _EXTENSION.split(match.group())[0].rstrip()
        number = re.sub(r"\D", "", main)
        is_card = len(number) > _MOST_DIGITS - 1 and luhn(number)
        if is_card or _NOT_PHONES.fullmatch(main):
            return None
        if main.startswith("+"):
            long_enough = _FEWEST_ABROAD <= len(number) <= _MOST_ABROAD
            return _hit(match, *_INTERNATIONAL) if long_enough else None
        # Checked before any plan is asked, which is what costs time.
        if len(number) > _MOST_DIGITS or len(re.findall(r"\d+", main)) > _MOST_GROUPS:
            return None
        return None if other(match) else national(match, main, len(number))

    def national(match: re.Match[str], main: str, size: int) -> Hit | None:
        announced = near(match)
        likely = announced or _UNANNOUNCED <= size < len(main)
        if likely and any(_fits(main, region) for region in regions):
            return _hit(match, *(_NATIONAL if announced else _UNCUED))
        if announced:
            return _hit(match, *_ANNOUNCED)
        shaped = len(main) < len(match.group()) or _SHAPED.fullmatch(main)
        return _hit(match, *_BY_SHAPE) if shaped else None

    return matching(
        "pii.phone",
        r"(?<![\w@#/:.,$€£-])(?:\+ ?)?\(?\d(?:[ ()./-]{0,3}\d){5,16}"
        r"(?: ?(?:x|ext|ext\.|extension) ?\d{1,6})?(?![\w%])",
        judge,
        alphabet=r"[\w ()./+-]",
        reach=_REACH,
        version=f"{rows.version}:{_PLAN}:{','.join(regions)}",
        flags=re.IGNORECASE,
        present=digits(6),
        numeric=True,
    )


def _hit(match: re.Match[str], score: float, why: str) -> Hit:
    return Hit(match.start(), match.end(), score, 2, why)


def _regions(languages: Iterable[str], by_language: dict[str, list[str]]) -> list[str]:
    """Return the countries to try: those the tags name, then those of their languages."""
    found: list[str] = []
    for tag in languages:
        language, _, rest = tag.replace("_", "-").partition("-")
        named = [part.upper() for part in rest.split("-") if len(part) == 2]  # noqa: PLR2004 (ISO 3166)
        found += named + by_language.get(language.lower(), [])
    return list(dict.fromkeys(found))


def _fits(text: str, region: str | None) -> bool:
    """Say whether the text is a valid number of a plan."""
    import phonenumbers  # noqa: PLC0415 (loads its tables; only texts with candidates need them)

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, region)))
    except phonenumbers.NumberParseException:
        return False
