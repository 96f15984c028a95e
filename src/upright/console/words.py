"""How pages say things: actions, hazards, records and numbers in plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from upright.console.marks import Glyphs
from upright.terms import HAZARDS

if TYPE_CHECKING:
    from upright.ledger import Entry

DEEDS: Final[Mapping[str, str]] = {
    "allow": "let through",
    "flag": "flagged",
    "pseudonymise": "pseudonymised",
    "redact": "redacted",
    "replace": "replaced",
    "review": "held for review",
    "block": "blocked",
}

_TONES: Final[Mapping[str, str]] = {
    "personal_data": "personal",
    "secret": "personal",
    "hate": "harm",
    "bias": "harm",
    "harassment": "harm",
    "threat": "harm",
    "sexual": "harm",
    "self_harm": "harm",
    "profanity": "harm",
    "unsafe_image": "harm",
    "harmful_request": "attack",
    "injection": "attack",
    "hidden_text": "attack",
    "copy": "rights",
    "citation": "rights",
    "ungrounded": "rights",
}

KINDS: Final = (
    "opened",
    "closed",
    "error",
    "console.word",
    "policy.published",
    "policy.activated",
    "policy.stopped",
    "policy.resumed",
    "review.opened",
    "review.decided",
    "appeal.opened",
    "key.created",
    "key.revoked",
    "vault.erased",
    "takeout.asked",
    "takeout.waiting",
    "takeout.done",
)

_OWN: Final[Mapping[str, str]] = {"topic": "Topic:", "custom": "Pattern:"}
_SHORT_DIGEST = 12
_SHORT_ID = 18
_SMALLEST_SHARE = 0.0005
_WHITE_SPACE: Final = {" ": "␣", "\n": "↵", "\t": "⇥"}


def deed(action: str) -> str:
    """Return what an action did, as a past participle."""
    return DEEDS.get(str(action), str(action))


def hazard_title(key: str, rule: str = "") -> str:
    """Return what a label says of a hazard; a use's own rules go by their own names."""
    family, _, name = rule.partition(".")
    if family in _OWN and name:
        return f"{_OWN[family]} {name.replace('_', ' ')}"
    return HAZARDS[key].title if key in HAZARDS else key


def tone(hazard: str) -> str:
    """Return the colour group of a hazard."""
    return _TONES.get(hazard, "use")


def percent(share: float) -> str:
    """Return a share of one as a percentage with the digits that matter."""
    if 0 < share < _SMALLEST_SHARE:
        return "< 0.1 %"
    return f"{share * 100:.1f} %"


def width(share: float, top: float) -> str:
    """Return the length of a bar relative to the longest one, for an SVG attribute."""
    return f"{100 * share / top:.2f}%" if top > 0 else "0%"


def moment(time: str) -> str:
    """Return an RFC 3339 time as `2026-11-23 17:05:09 UTC`, or as it came if it is none."""
    try:
        return datetime.fromisoformat(time).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except ValueError:
        return time


def sentence(text: str) -> str:
    """Return an error's words with a capital at their start."""
    return text[:1].upper() + text[1:]


def short(digest: str) -> str:
    """Return the start of a digest, enough to compare by eye."""
    return digest.removeprefix("sha256:")[:_SHORT_DIGEST]


def ellipsis(text: str) -> str:
    """Return a long id cut to a length that fits a table."""
    return text if len(text) <= _SHORT_ID else text[: _SHORT_ID - 1] + "…"


def pretty(value: Any) -> str:  # noqa: ANN401 (any JSON value)
    """Return a JSON value for reading."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def spelled(text: str) -> list[Glyphs]:
    """Return a token with the white space at its edges made visible.

    Inner spaces stay as they are; a line end is visible wherever it stands.
    """
    runs: list[Glyphs] = []
    last = len(text) - 1
    for place, character in enumerate(text):
        edge = place in {0, last} or character != " "
        sign = _WHITE_SPACE.get(character) if edge else None
        if sign is not None:
            runs.append(Glyphs(sign, hidden=True))
        elif runs and not runs[-1].hidden:
            runs[-1] = Glyphs(runs[-1].text + character, hidden=False)
        else:
            runs.append(Glyphs(character, hidden=False))
    return runs


def gist(entry: Entry) -> str:
    """Return what a record says, in a few words."""
    fields, found = _GISTS.get(entry.kind, _OTHER_GIST)
    parts = [str(entry.body[field]) for field in fields if entry.body.get(field)]
    return " · ".join(part for part in [*parts, _found(entry.body.get(found, {}))] if part)


_GISTS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "opened": (("endpoint", "model"), "prompt"),
    "closed": (("finish_reason",), "output"),
    "error": (("stage", "engine"), ""),
    "console.word": (("do", "model"), ""),
}
_OTHER_GIST: Final = (("name", "version", "item", "decision", "reason", "by"), "")


def _found(value: Any) -> str:  # noqa: ANN401 (any JSON value)
    """Return `{rule: {action: count}}` in words; anything else says nothing here."""
    rules = value.get("rules") if isinstance(value, Mapping) else None
    return ", ".join(
        f"{rule} {deed(action)}" + (f" {count} times" if count != 1 else "")
        for rule, counts in (rules or {}).items()
        if isinstance(counts, Mapping)
        for action, count in counts.items()
    )
