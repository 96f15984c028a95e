"""`secret.*`: credentials by the forms their issuers give them, and by the words beside them."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache, lru_cache

import re2

from upright.guard.detectors.local import Hit, LocalDetector, Presence, contains, matching
from upright.guard.detectors.tables import table

_FILE = "secrets.toml"
_ASSIGNED = "An unguessable value is assigned to a name that means a secret."
_PLACEHOLDER = re.compile(
    r"(?:x+|\*+|\.+|<.*|\$\{?.*|%.*|\{\{.*|(?:your|my|the|some|example|dummy|test|changeme)[\w-]*"
    r"|password|passwd|secret|token|none|null|true|false|undefined|redacted|placeholder)\W*\Z",
    re.IGNORECASE,
)
_ENOUGH_BITS = 2.5


def issued(name: str) -> LocalDetector:
    """Return the detector of the issuer's form that the section `name` of the table gives."""
    rows = table(_FILE)
    row = rows.data[name]

    def judge(match: re.Match[str]) -> Hit | None:
        if len(set(match.group())) < row.get("distinct", 8):
            return None
        return Hit(match.start(), match.end(), row["score"], row["severity"], row["why"])

    return matching(
        f"secret.{name}",
        row["pattern"],
        judge,
        alphabet=row["alphabet"],
        reach=row["reach"],
        version=rows.version,
        present=_marked_with(*row["marks"]),
        opening=row.get("opening"),
    )


def _marked_with(*marks: str) -> Presence:
    """Return the test whether any of an issuer's marks stands in a text."""
    present = contains(*marks)
    return lambda text: _marked(text) and present(text)


@lru_cache(maxsize=64)
def _marked(text: str) -> bool:
    """Say whether a text can hold a mark of any issuer: all detectors ask the same of it."""
    # RE2 takes text that UTF-8 can spell; what else there is each detector searches itself.
    return not text.isascii() or _any_mark().search(text) is not None


@cache
def _any_mark() -> re2._Regexp:
    marks = (mark for row in table(_FILE).data.values() for mark in row["marks"])
    return re2.compile("|".join(map(re.escape, marks)))


def assignment() -> LocalDetector:
    """Return the detector of values assigned to names such as `password` or `api_key`.

    The finding is the value alone.
    """

    def judge(match: re.Match[str]) -> Hit | None:
        value = match["value"]
        if _PLACEHOLDER.match(value) or not _unguessable(value):
            return None
        start, end = match.span("value")
        return Hit(start, end, 0.75, 3, _ASSIGNED)

    return matching(
        "secret.assignment",
        r"(?<![A-Za-z])(?:[Pp]ass(?:word|wd|phrase|code)|PASS(?:WORD|WD|PHRASE|CODE)|[Pp]wd|PWD"
        r"|[Ss]ecret(?:[_-]?[Kk]ey)?|SECRET(?:[_-]?KEY)?|[Tt]oken|TOKEN"
        r"|[Aa]pi[_-]?[Kk]ey|API[_-]?KEY|[Aa]ccess[_-]?[Kk]ey|ACCESS[_-]?KEY"
        r"|[Cc]redentials?|CREDENTIALS?|[Pp]rivate[_-]?[Kk]ey|PRIVATE[_-]?KEY)"
        r"[A-Za-z_-]{0,16}[\"']?(?: ?(?::=|=>|[=:]) ?| is )[\"'`]?"
        r"(?P<value>[^\s\"'`,;<>(){}\[\]]{6,128})",
        judge,
        alphabet=r"[^\n\t,;(){}\[\]]",
        reach=200,
        present=contains(":", "=", " is "),
        opening=r"[Pp]ass|PASS|[Pp]wd|PWD|[Ss]ecret|SECRET|[Tt]oken|TOKEN|[Aa]pi|API|[Aa]ccess"
        r"|ACCESS|[Cc]redential|CREDENTIAL|[Pp]rivate|PRIVATE",
    )


def _unguessable(value: str) -> bool:
    """Say whether a value looks drawn rather than written: several kinds of signs, well mixed."""
    kinds = sum(
        any(test(sign) for sign in value)
        for test in (str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum())
    )
    counts = Counter(value).values()
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
    return kinds > 1 and bits >= _ENOUGH_BITS and not value.isalpha()
