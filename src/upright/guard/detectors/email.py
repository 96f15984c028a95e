"""`pii.email`: addresses, international domains included."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upright.guard.detectors.local import Hit, LocalDetector, contains, open_run
from upright.guard.detectors.scripts import UNSPACED

_LOCAL = 64
_DOMAIN = 255
_REACH = _LOCAL + 1 + _DOMAIN + 1

# In scripts without spaces a word before an address is no part of it.
_WORD = rf"[^\W{UNSPACED}]"
_ATEXT = r"!#$%&'*+/=?^_`{|}~.\-"
_LEADING = "!#$%&'*/=?^`{|}.-"
_ENDS_UNSPACED = re.compile(f"[{UNSPACED}]")
_BEFORE = re.compile(rf"(?:{_WORD}|[{_ATEXT}]){{1,{_LOCAL}}}")
_BEFORE_UNSPACED = re.compile(rf"[\w{_ATEXT}]{{1,{_LOCAL}}}")
_BEFORE_QUOTED = re.compile(rf'"[\w{_ATEXT}]{{1,{_LOCAL - 2}}}"')
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_TOP = r"(?:xn--[A-Za-z0-9-]{1,59}|[A-Za-z]{2,63}|[^\W\d_]{2,63})"
_AFTER = re.compile(rf"(?:{_LABEL}\.){{1,8}}{_TOP}")
_WHY = "Has the form of an e-mail address: a local part, an at sign and a domain."


def email() -> LocalDetector:
    """Return the detector of e-mail addresses."""
    return LocalDetector(
        "pii.email",
        version="1",
        reach=_REACH,
        scan=_scan,
        tail=open_run(rf"[\w{_ATEXT}@\"]", _REACH),
        present=contains("@"),
    )


def _scan(text: str) -> Iterator[Hit]:
    floor = 0
    at = text.find("@")
    while at >= 0:
        end = _domain_end(text, at + 1)
        start = _local_start(text, at, floor) if end else at
        if start < at:
            yield Hit(start, end, 0.99, 2, _WHY)
            floor = end
        at = text.find("@", max(at + 1, floor))


def _domain_end(text: str, start: int) -> int:
    """Return where the domain that starts at `start` ends, or 0."""
    match = _AFTER.match(text, start, start + _DOMAIN)
    return match.end() if match else 0


def _local_start(text: str, at: int, floor: int) -> int:
    """Return where the local part that ends at `at` starts; `at` if there is none."""
    backwards = text[max(floor, at - _LOCAL) : at][::-1]
    if quoted := _BEFORE_QUOTED.match(backwards):
        return at - quoted.end()
    pattern = _BEFORE_UNSPACED if _ENDS_UNSPACED.match(backwards) else _BEFORE
    match = pattern.match(backwards)
    if match is None:
        return at
    # A sentence's punctuation is no part of the address that follows it.
    return at - len(match.group().rstrip(_LEADING))
