"""Proving a stretch of a certified text without showing the rest of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from upright.certify import offline
from upright.certify.certificate import disclose
from upright.certify.chunks import chunks
from upright.certify.errors import CertificateError, told
from upright.certify.offline import Opened, encode
from upright.certify.salts import Salts
from upright.ledger.merkle import inclusion, leaf_hash, tree

Piece = tuple[bytes, int, bytes]
"""A chunk's salt, its first character in the text, and its bytes."""


def piece(salts: Salts, number: int, start: int, text: str) -> Piece:
    """Return a chunk with its salt."""
    return salts.of("chunk", number), start, text.encode("utf-8", "surrogatepass")


def piece_hash(one: Piece) -> bytes:
    """Return the leaf of a chunk in the certificate's tree."""
    return leaf_hash(encode(one))


def excerpt(opened: Opened, text: str, start: int, end: int, shown: Iterable[str] = ()) -> bytes:
    """Prove the chunks that a stretch of the text touches.

    Args:
        opened: a certificate that discloses everything.
        text: the whole text.
        start: first character of the stretch, in the text's NFC.
        end: the character behind it.
        shown: fields to disclose besides those that the proof needs.

    Raises:
        CertificateError: if the text is another one, or the stretch is empty.
    """
    with told():
        offline.check_text(opened, text)
    if opened.secret is None:
        raise CertificateError("only a whole certificate proves excerpts", mend="use the whole one")
    cut = chunks(unicodedata.normalize("NFC", text))
    salts = Salts(opened.secret)
    pieces = [piece(salts, number, *chunk) for number, chunk in enumerate(cut)]
    wanted = {
        number: pieces[number]
        for number, (first, chunk) in enumerate(cut)
        if max(start, first) < min(end, first + len(chunk))
    }
    return prove(opened, [piece_hash(one) for one in pieces], wanted, shown)


def prove(
    opened: Opened,
    leaves: Sequence[bytes],
    pieces: Mapping[int, Piece],
    shown: Iterable[str] = (),
) -> bytes:
    """Put an excerpt together from the leaves of all chunks and some of the chunks.

    Raises:
        CertificateError: if there are no chunks to prove.
    """
    if not pieces:
        raise CertificateError("the excerpt is empty", mend="name characters of the text")
    hash_of = tree(leaves)
    proofs = [
        [number, start, salt, raw, [hash_of(span) for span in inclusion(number, len(leaves))]]
        for number, (salt, start, raw) in sorted(pieces.items())
    ]
    certificate = disclose(opened, {"chunks", "echoed", *shown})
    return encode({"certificate": certificate, "chunks": proofs})
