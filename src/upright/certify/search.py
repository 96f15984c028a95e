"""Finding the certificate of a text: the exact text, an excerpt of it, or an edited copy."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from upright.certify import offline
from upright.certify.chunks import chunks
from upright.certify.echo import Span
from upright.certify.excerpt import Piece, piece, piece_hash
from upright.certify.offline import LARGEST_TEXT, Opened, Refused
from upright.certify.sketch import TAG_BYTES, chunk_tag, is_copy, phrase_tags, whole_tag
from upright.certify.words import words_of
from upright.keys import LookupKeys
from upright.ledger import CertificateStore, Revocation, StoredCertificate

EXCERPT = 100
"""Characters in a row that an excerpt has at least; less may be anybody's."""
_CERTIFIED_SHARE = 0.5
_HASH = 32


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
        share: of the text that is certified; of the smaller sketch that is shared, for a copy.
        revocation: set if the issuer took the certificate back.
    """

    kind: Literal["exact", "excerpt", "edited"]
    certificate: str
    use_case: str
    request: str
    time: str
    spans: tuple[Span, ...]
    echoed: tuple[Span, ...]
    share: float
    revocation: Revocation | None

    @property
    def certified(self) -> bool:
        """Whether at least half of the text is certified, and the certificate stands."""
        proved = self.kind != "edited" and self.revocation is None
        return proved and self.share >= _CERTIFIED_SHARE

    @property
    def edited_copy_of(self) -> str | None:
        """Id of the certificate whose text was edited into this one."""
        return self.certificate if self.kind == "edited" else None


@dataclass(frozen=True, slots=True)
class Record:
    """What the vault keeps of a certificate, taken apart.

    Attributes:
        opened: the certificate, checked.
        leaves: hashes of its chunks.
        starts: their first characters.
        tags: their keyed tags.
    """

    opened: Opened
    leaves: list[bytes]
    starts: list[int]
    tags: list[bytes]


def open_record(raw: bytes, keys: offline.Keys) -> Record:
    """Read a vault record and check its certificate.

    Raises:
        Refused: if it was changed.
    """
    match offline.decode(raw):
        case [bytes(data), bytes(leaves), [*starts], bytes(tags)]:
            opened = offline.open_certificate(data, keys, receipt=False)
            return Record(opened, _split(leaves, _HASH), starts, _split(tags, TAG_BYTES))
    raise Refused("not a record of a certificate")


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
            yield self._match("exact", stored, spans, echoed, self._share(spans))

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
            shared = len(theirs.intersection(tags))
            if spans:
                yield self._match("excerpt", stored, spans, [], self._share(spans))
            elif whole in theirs:
                yield self._match("edited", stored, [], [], 1.0)
            elif is_copy(shared, len(tags), len(theirs)):
                share = shared / min(len(tags), len(theirs))
                yield self._match("edited", stored, [], [], share)

    def _excerpts(self, record: Record, tenant: str, epoch: int) -> list[Span]:
        """Return the stretches of the text that are proved chunks, one behind the other."""
        runs: list[tuple[int, Span]] = []
        for start, number, one in self.pieces(record, tenant, epoch):
            end = start + len(one[2].decode("utf-8", "surrogatepass"))
            follows = bool(runs) and runs[-1][0] == number - 1 and runs[-1][1][1] == start
            first = runs.pop()[1][0] if follows else start
            runs.append((number, (first, end)))
        return [span for _, span in runs if span[1] - span[0] >= EXCERPT]

    def pieces(self, record: Record, tenant: str, epoch: int) -> Iterator[tuple[int, int, Piece]]:
        """Yield the text's chunks that are a certificate's: where here, which there, the chunk."""
        secret = record.opened.secret
        key = self._lookups.key(epoch, tenant, "chunk")
        numbers: dict[bytes, list[int]] = {}
        for number, tag in enumerate(record.tags):
            numbers.setdefault(tag, []).append(number)
        last = -1
        for start, chunk in chunks(self._text):
            places = numbers.get(chunk_tag(chunk, key), [])
            if not places or secret is None:
                continue
            # Of a chunk that the certificate has more than once, the next in order.
            last = next((place for place in places if place > last), places[0])
            one = piece(secret, last, record.starts[last], chunk)
            if piece_hash(one) == record.leaves[last]:
                yield start, last, one

    def _record(self, stored: StoredCertificate) -> Record | None:
        raw = self._store.record(stored)
        return None if raw is None else open_record(raw, self._trusted)

    def _share(self, spans: list[Span]) -> float:
        return sum(end - start for start, end in spans) / len(self._text)

    def _match(
        self,
        kind: Literal["exact", "excerpt", "edited"],
        stored: StoredCertificate,
        spans: list[Span],
        echoed: list[Span],
        share: float,
    ) -> Match:
        revocation = self._store.revocation(stored.id)
        return Match(
            kind,
            stored.id,
            stored.use_case,
            stored.request,
            stored.time,
            tuple(spans),
            tuple(echoed),
            share,
            revocation,
        )


def _strength(match: Match) -> tuple[bool, bool, float]:
    return match.certified, match.kind != "edited", match.share


def _split(raw: bytes, size: int) -> list[bytes]:
    return [raw[start : start + size] for start in range(0, len(raw), size)]
