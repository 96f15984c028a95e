"""From an answer to a signed certificate and to what the ledger keeps of it."""

from __future__ import annotations

import secrets
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upright.certify import offline
from upright.certify.certificate import certificate_id
from upright.certify.chunks import chunks
from upright.certify.echo import Prompt, Texts, touches
from upright.certify.errors import CertificateError
from upright.certify.excerpt import piece, piece_hash
from upright.certify.issuer import Issuer, sign1
from upright.certify.offline import FIELDS, LARGEST_TEXT, SALT_BYTES, commit, encode
from upright.certify.salts import Salts
from upright.certify.sketch import NO_TAG, PHRASE, chunk_tag, phrase_tags, whole_tag, word_tags
from upright.certify.statement import Statement, raw_digest
from upright.certify.words import words_of
from upright.keys import LookupKey, LookupKeys
from upright.ledger import NewCertificate
from upright.ledger.merkle import leaf_hash, tree


@dataclass(frozen=True, slots=True)
class Draft:
    """A signed certificate that is not in the log yet.

    Attributes:
        id: its name.
        protected: the signed header.
        disclosed: all fields, and the secret that their salts follow from.
        payload: the commitment to the fields.
        signature: of both.
        row: what the ledger records.
    """

    id: str
    protected: bytes
    disclosed: Mapping[str, Any]
    payload: bytes
    signature: bytes
    row: NewCertificate

    @property
    def data(self) -> bytes:
        """COSE_Sign1 that discloses everything, without a receipt."""
        return sign1(self.protected, {"disclosed": self.disclosed}, self.payload, self.signature)

    @property
    def reference(self) -> dict[str, str]:
        """What an event says of it: its name and its leaf in the log, both blind."""
        return {"id": self.id, "leaf": self.row.leaf.hex()}


def draft(
    issuer: Issuer,
    keys: LookupKeys,
    statement: Statement,
    text: str,
    texts: Texts,
) -> Draft:
    """Certify a text.

    Args:
        issuer: signs.
        keys: make the tags that find the text again.
        statement: what else is certified.
        text: the answer as it was sent.
        texts: what the answer may repeat, and nobody certifies.

    Raises:
        CertificateError: for a text that is too long.
    """
    if len(text) > LARGEST_TEXT:
        raise CertificateError(
            f"a text of {len(text)} characters is not certified",
            mend=f"at most {LARGEST_TEXT} characters",
        )
    return _Drafting(issuer, keys, statement, text, texts).draft()


class _Drafting:
    """One text on its way to a certificate."""

    def __init__(
        self,
        issuer: Issuer,
        keys: LookupKeys,
        statement: Statement,
        text: str,
        texts: Texts,
    ) -> None:
        self._issuer = issuer
        self._keys, self._epoch = keys, keys.current()
        self._statement = statement
        self._secret = secrets.token_bytes(SALT_BYTES)
        self._salts = Salts(self._secret)
        self._text = unicodedata.normalize("NFC", text)
        self._words = words_of(self._text)
        self._prompt = Prompt(self._words, texts)
        self._echoed = self._prompt.echoed()
        self._chunks = chunks(self._text)
        self._leaves = [
            piece_hash(piece(self._salts, number, start, chunk))
            for number, (start, chunk) in enumerate(self._chunks)
        ]

    def draft(self) -> Draft:
        told = self._values()
        values = [told[name] for name in FIELDS]
        hashes = [
            commit("field", [self._salts.of("field", number), number, value])
            for number, value in enumerate(values)
        ]
        protected, payload, signature = self._issuer.certificate(hashes)
        leaf = leaf_hash(sign1(protected, {}, payload, signature))
        disclosed = {"secret": self._secret, "values": values}
        data = sign1(protected, {"disclosed": disclosed}, payload, signature)
        row = self._row(leaf, data)
        return Draft(row.id, protected, disclosed, payload, signature, row)

    def _values(self) -> dict[str, Any]:
        statement = self._statement
        raw = offline.text_bytes(self._text)
        root = tree(self._leaves)((0, len(self._leaves)))
        return {
            "issuer": self._issuer.name,
            "key": self._issuer.key(),
            "time": int(time.time()),
            "request": statement.request,
            "use_case": statement.use_case,
            "policy": raw_digest(statement.policy_digest),
            "guard": raw_digest(statement.guard_digest),
            "model": statement.model,
            "model_digest": raw_digest(statement.model_digest),
            "tokenizer_digest": raw_digest(statement.tokenizer_digest),
            "scheme": statement.scheme,
            "epoch": statement.epoch,
            "length": len(self._text),
            "text": commit("text", [self._salts.of("text"), raw]),
            "chunks": [len(self._leaves), root],
            "echoed": [bound for span in self._echoed for bound in span],
        }

    def _row(self, leaf: bytes, data: bytes) -> NewCertificate:
        return NewCertificate(
            id=certificate_id(leaf),
            use_case=self._statement.use_case,
            request=self._statement.request,
            leaf=leaf,
            record=self._record(data),
            epoch=self._epoch,
            exact=self._key("exact").tag(offline.text_bytes(self._text)),
            tags=self._tags(),
        )

    def _record(self, data: bytes) -> bytes:
        """Return what the vault keeps: the certificate, and what proves excerpts of its text."""
        key = self._key("chunk")
        tags = [
            NO_TAG if touches(self._echoed, start, start + len(chunk)) else chunk_tag(chunk, key)
            for start, chunk in self._chunks
        ]
        starts = [start for start, _ in self._chunks]
        words = word_tags(self._words.words, self._key("word"))
        return encode([data, b"".join(self._leaves), starts, b"".join(tags), words])

    def _tags(self) -> tuple[bytes, ...]:
        """Return the tags of the phrases, without those that stood in the prompt."""
        key = self._key("sketch")
        words = self._words.words
        tags = phrase_tags(words, key, self._prompt.repeated(PHRASE))
        if not words or offline.outside(self._echoed, len(self._text)) == []:
            return tags
        return (*tags, whole_tag(words, key))

    def _key(self, purpose: str) -> LookupKey:
        return self._keys.key(self._epoch, self._statement.use_case, purpose)
