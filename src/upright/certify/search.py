"""Finding the certificate of a text: the exact text, an excerpt of it, or an edited copy."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from upright.certify import offline
from upright.certify.chunks import LONGEST, candidates
from upright.certify.echo import Span
from upright.certify.excerpt import Piece, piece, piece_hash
from upright.certify.offline import LARGEST_TEXT, Opened, Refused
from upright.certify.salts import Salts
from upright.certify.sketch import (
    NO_TAG,
    TAG_BYTES,
    chunk_tag,
    contains,
    likeness,
    phrase_tags,
    whole_tag,
    word_tags,
)
from upright.certify.words import words_of
from upright.keys import LookupKeys
from upright.ledger import CertificateStore, Revocation, StoredCertificate

_log = logging.getLogger(__name__)

EXCERPT = 100
"""Characters in a row that an excerpt has at least; less may be anybody's."""
_CERTIFIED_SHARE = 0.5
_PLAIN = frozenset("LMNPZ")
"""Letters, marks, numbers, punctuation, separators: what people put between words."""
_HASH = 32


Kind = Literal["exact", "excerpt", "edited"]


@dataclass(frozen=True, slots=True)
class Match:
    """A certificate that has to do with a text.

    Attributes:
        kind: the exact text, proved chunks of it, or an edited copy of it.
        certificate: id.
        use_case: whose answer it was.
        request: the answer's id in the ledger.
        time: when it was recorded, RFC 3339.
        spans: characters of the text's NFC that are certified; none for an edited copy.
        echoed: characters that stood in the prompt of an exact text; never certified.
        length: characters of the text's NFC.
        verbatim: all of the text's words stand in the certified one in a row, and nothing but
            the signs that stand between words was added.
        alike: share of the smaller sketch that both have; None where that is too little.
        revocation: set if the issuer took the certificate back.
    """

    kind: Kind
    certificate: str
    use_case: str
    request: str
    time: str
    spans: tuple[Span, ...]
    echoed: tuple[Span, ...]
    length: int
    verbatim: bool
    alike: float | None
    revocation: Revocation | None

    @property
    def share(self) -> float:
        """The share of the text that is certified."""
        return sum(end - start for start, end in self.spans) / self.length

    @property
    def certified(self) -> bool:
        """Whether the text as it is was certified, and the certificate stands.

        At least half of it must be certified: what stood in the prompt is not. An excerpt must
        be verbatim and proved in one stretch, but for less than a chunk at either end; with a
        word changed it is an edited copy, whatever `spans` still proves of it.
        """
        if self.revocation is not None or self.share < _CERTIFIED_SHARE or not self.verbatim:
            return False
        first, last = self.spans[0], self.spans[-1]
        whole = first == last and first[0] < LONGEST and self.length - last[1] < LONGEST
        return whole or self.kind == "exact"

    @property
    def edited_copy_of(self) -> str | None:
        """Id of the certificate whose text was edited into this one; never raises a verdict."""
        return self.certificate if self.alike is not None and not self.certified else None

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        revoked = self.revocation
        return {
            "id": self.certificate,
            "kind": self.kind,
            "certified": self.certified,
            "time": self.time,
            "request": self.request,
            "share": self.share,
            "spans": [{"start": start, "end": end} for start, end in self.spans],
            "echoed": [{"start": start, "end": end} for start, end in self.echoed],
            "alike": self.alike,
            "revoked": None
            if revoked is None
            else {"time": revoked.time, "reason": revoked.reason},
        }


@dataclass(frozen=True, slots=True)
class Record:
    """What the vault keeps of a certificate, taken apart.

    Attributes:
        opened: the certificate, checked.
        leaves: hashes of its chunks.
        starts: their first characters.
        tags: their keyed tags.
        words: short keyed tags of the text's words.
    """

    opened: Opened
    leaves: list[bytes]
    starts: list[int]
    tags: list[bytes]
    words: bytes


def open_record(raw: bytes, keys: offline.Keys) -> Record:
    """Read a vault record and check its certificate.

    Raises:
        Refused: if it was changed.
    """
    match offline.decode(raw):
        case [bytes(data), bytes(leaves), [*starts], bytes(tags), bytes(words)]:
            opened = offline.open_certificate(data, keys, receipt=False)
            return Record(opened, _split(leaves, _HASH), starts, _split(tags, TAG_BYTES), words)
    raise Refused("not a record of a certificate")


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk of a certified text that stands in a text.

    Attributes:
        start: where it stands here.
        number: which it is there.
        text: what it says.
        piece: what proves it.
    """

    start: int
    number: int
    text: str
    piece: Piece


class Search:
    """Looks one text up.

    Args:
        store: the certificates.
        lookups: the secrets that made their tags.
        trusted: issuers' keys.
        text: what is looked for.
    """

    def __init__(
        self, store: CertificateStore, lookups: LookupKeys, trusted: offline.Keys, text: str
    ) -> None:
        self._store = store
        self._lookups = lookups
        self._trusted = trusted
        self._text = unicodedata.normalize("NFC", text)
        self._words = words_of(self._text).words

    def best(self, use_case: str | None = None) -> Match | None:
        """Return the strongest match; None if there is none, or no text to look for."""
        if not self._text or len(self._text) > LARGEST_TEXT:
            return None
        known = set(self._lookups.epochs())
        pairs = [
            (tenant, epoch)
            for tenant, epoch in self._store.epochs()
            if epoch in known and use_case in {None, tenant}
        ]
        found = [*self._exact(pairs)]
        if not any(match.certified for match in found):
            for tenant, epoch in pairs:
                found += self._alike(tenant, epoch)
        return max(found, key=_strength, default=None)

    def _exact(self, pairs: list[tuple[str, int]]) -> Iterator[Match]:
        raw = offline.text_bytes(self._text)
        tags = [self._lookups.key(epoch, tenant, "exact").tag(raw) for tenant, epoch in pairs]
        for stored in self._store.with_exact(tags):
            record = self._record(stored)
            if record is None:
                continue
            spans = offline.check_text(record.opened, self._text)
            echoed = offline.echoed(record.opened)
            yield self._match("exact", stored, spans, echoed=echoed, verbatim=True)

    def _alike(self, tenant: str, epoch: int) -> Iterator[Match]:
        key = self._lookups.key(epoch, tenant, "sketch")
        tags = phrase_tags(self._words, key)
        whole = whole_tag(self._words, key) if self._words else b""
        for stored, _ in self._store.with_tags([*tags, whole]):
            theirs = set(_split(stored.tags, TAG_BYTES))
            record = self._record(stored)
            if record is None:
                continue
            spans = self._excerpts(record, tenant, epoch)
            alike = 1.0 if whole in theirs else likeness(tags, theirs)
            if spans or alike is not None:
                kind: Kind = "excerpt" if spans else "edited"
                row = word_tags(self._words, self._lookups.key(epoch, tenant, "word"))
                verbatim = contains(record.words, row) and self._adds_no_sign(spans)
                yield self._match(kind, stored, spans, alike=alike, verbatim=verbatim)

    def _adds_no_sign(self, spans: Sequence[Span]) -> bool:
        """Say whether what is not proved is words, white space and the signs between words."""
        outside = offline.outside(spans, len(self._text))
        rest = "".join(self._text[start:end] for start, end in outside).removeprefix("\ufeff")
        return all(sign.isspace() or unicodedata.category(sign)[0] in _PLAIN for sign in rest)

    def _excerpts(self, record: Record, tenant: str, epoch: int) -> list[Span]:
        """Return the stretches of the text that are proved chunks, one behind the other."""
        spans: list[Span] = []
        for run in self.runs(record, tenant, epoch):
            end = run[-1].start + len(run[-1].text)
            if end - run[0].start >= EXCERPT:
                spans.append((run[0].start, end))
        return spans

    def runs(self, record: Record, tenant: str, epoch: int) -> Iterator[list[Found]]:
        """Yield runs of chunks that the text shares with a certified one, from left to right.

        A keyed tag finds one chunk; its neighbours are then where the certificate says.
        """
        key = self._lookups.key(epoch, tenant, "chunk")
        numbers: dict[bytes, list[int]] = {}
        for number, tag in enumerate(record.tags):
            if tag != NO_TAG:
                numbers.setdefault(tag, []).append(number)
        covered = 0
        for start, end in candidates(self._text) if numbers else ():
            if start < covered:
                continue
            places = numbers.get(chunk_tag(self._text[start:end], key), ())
            runs = [self._run(record, number, start, covered) for number in places]
            if best := max(runs, key=len, default=[]):
                covered = best[-1].start + len(best[-1].text)
                yield best

    def _run(self, record: Record, number: int, start: int, covered: int) -> list[Found]:
        """Follow a certified text from one of its chunks in both directions."""
        run: list[Found] = []
        after, at = number, start
        while (found := self._found(record, after, at)) is not None:
            run.append(found)
            after, at = after + 1, at + len(found.text)
        while run and run[0].number:
            before = record.starts[run[0].number] - record.starts[run[0].number - 1]
            earlier = self._found(record, run[0].number - 1, run[0].start - before)
            if earlier is None or earlier.start < covered:
                break
            run.insert(0, earlier)
        return run

    def _found(self, record: Record, number: int, start: int) -> Found | None:
        """Return a chunk of the certified text if it stands at this place of the text."""
        secret = record.opened.secret
        if secret is None or start < 0 or number >= len(record.tags):
            return None
        if record.tags[number] == NO_TAG:
            return None
        ends = [*record.starts[1:], record.opened.fields["length"]]
        text = self._text[start : start + ends[number] - record.starts[number]]
        one = piece(Salts(secret), number, record.starts[number], text)
        return Found(start, number, text, one) if piece_hash(one) == record.leaves[number] else None

    def _record(self, stored: StoredCertificate) -> Record | None:
        raw = self._store.record(stored)
        try:
            return None if raw is None else open_record(raw, self._trusted)
        except Refused as refused:
            # Another certificate may be good; and what anybody may ask must not tell of this one.
            _log.warning("certificate %s is no match: %s", stored.id, refused)
            return None

    def _match(
        self,
        kind: Kind,
        stored: StoredCertificate,
        spans: list[Span],
        *,
        verbatim: bool,
        echoed: Sequence[Span] = (),
        alike: float | None = None,
    ) -> Match:
        return Match(
            kind=kind,
            certificate=stored.id,
            use_case=stored.use_case,
            request=stored.request,
            time=stored.time,
            spans=tuple(spans),
            echoed=tuple(echoed),
            length=len(self._text),
            verbatim=verbatim,
            alike=alike,
            revocation=self._store.revocation(stored.id),
        )


def _strength(match: Match) -> tuple[bool, bool, float, float]:
    return match.certified, match.kind == "exact", match.share, match.alike or 0.0


def _split(raw: bytes, size: int) -> list[bytes]:
    return [raw[start : start + size] for start in range(0, len(raw), size)]
