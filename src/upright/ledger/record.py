"""An event, the entry it becomes, and the digest that chains entries together."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upright.ledger.errors import LedgerError
from upright.terms import canonical_json

GENESIS = "sha256:" + "0" * 64
"""What stands as `previous` in the first entry."""

_DOMAIN = b"upright.ledger.event.v1\0"
_KIND = re.compile(r"[a-z]+(\.[a-z]+)?", re.ASCII)
_NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,200}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_quote = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, before it has a place in the chain.

    Attributes:
        kind: what happened, such as `opened` or `policy.stopped`.
        use_case: name of the use case it happened in, or "".
        body: the particulars, as JSON. Never a text, never a found value.
        request: id of the request it belongs to, or "".

    Raises:
        LedgerError: for a kind or a name that the chain cannot hold.
    """

    kind: str
    use_case: str
    body: Mapping[str, Any]
    request: str = ""

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise LedgerError(
                f"{self.kind!r} is no kind of event", mend="use words like `opened`, `key.created`"
            )
        for field in ("use_case", "request"):
            value = getattr(self, field)
            if not _NAME.fullmatch(value):
                raise LedgerError(
                    f"the {field} of an event does not fit: {value[:80]!r}",
                    mend="at most 200 characters, no control characters",
                )

    def body_text(self) -> str:
        """Return the canonical JSON of the body, as it is stored and digested.

        Raises:
            LedgerError: for a body that is not JSON.
        """
        try:
            text = canonical_json(dict(self.body)).decode("utf-8", "surrogatepass")
        except (TypeError, ValueError, RecursionError) as error:
            raise LedgerError(f"the body of a {self.kind!r} event is not JSON: {error}") from None
        # Databases take no lone surrogate; as an escape it is the same JSON value.
        return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the chain.

    Attributes:
        sequence: its place; the first entry is 1 and none is left out.
        time: when it was appended, RFC 3339 in UTC with microseconds.
        kind: see Event.
        use_case: see Event.
        request: see Event.
        body: see Event.
        previous: digest of the entry before, or GENESIS.
        digest: of everything above.
    """

    sequence: int
    time: str
    kind: str
    use_case: str
    request: str
    body: Mapping[str, Any]
    previous: str
    digest: str

    def to_json(self) -> dict[str, Any]:
        """Return the public shape, one line of `ledger export`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def entry_digest(  # noqa: PLR0917 (the table's columns, in their order)
    sequence: int, time: str, kind: str, use_case: str, request: str, body: str, previous: str
) -> str:
    """Return the digest of an entry: domain-separated SHA-256 over its canonical JSON.

    `body` is already canonical and is set in as it is, so that verifying parses nothing. The
    form stays unambiguous: every field behind it is a quoted string or a number, so it can be
    read from its end in one way only.
    """
    text = (
        f'{{"body":{body},"kind":{_quote(kind)},"previous":{_quote(previous)},'
        f'"request":{_quote(request)},"sequence":{sequence},"time":{_quote(time)},'
        f'"use_case":{_quote(use_case)}}}'
    )
    # Only a row that was tampered with holds surrogates; its digest must differ, not fail.
    raw = text.encode("utf-8", "surrogatepass")
    return "sha256:" + hashlib.sha256(_DOMAIN + raw).hexdigest()
