"""Keyed tags of a text's phrases, by which an edited copy is known again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from upright.keys import LookupKey

PHRASE = 3
"""Words of a phrase."""
WINDOW = 2
"""Of so many neighbouring phrases at least one keeps its tag (winnowing)."""
TAG_BYTES = 8
WORD_BYTES = 2
NO_TAG = bytes(TAG_BYTES)
"""Stands for the tag of a chunk that is not to be found: it touches what stood in the prompt."""
SHARED, SHARE = 7, 0.1
"""What a copy shares at least: tags, and their share of the smaller sketch."""


def whole_tag(words: Sequence[str], key: LookupKey) -> bytes:
    """Return the tag of a text but for case, space and punctuation."""
    return key.tag(b"whole\0" + _joined(words), TAG_BYTES)


def phrase_tags(
    words: Sequence[str], key: LookupKey, skip: Sequence[bool] = ()
) -> tuple[bytes, ...]:
    """Return the winnowed tags of a text's phrases, in no order that says anything.

    Args:
        words: in normal form.
        key: of the tenant and epoch.
        skip: phrases to leave out, since they stand in the prompt.
    """
    raw = _joined(words).split(b" ")
    tags = [
        key.tag(b"phrase\0" + b" ".join(raw[at : at + PHRASE]), TAG_BYTES)
        for at in range(len(raw) - PHRASE + 1)
    ]
    if skip:
        tags = [tag for tag, left_out in zip(tags, skip, strict=True) if not left_out]
    windows = range(max(1, len(tags) - WINDOW + 1)) if tags else ()
    return tuple(sorted({min(tags[at : at + WINDOW]) for at in windows}))


def chunk_tag(chunk: str, key: LookupKey) -> bytes:
    """Return the tag of a chunk, as it is."""
    return key.tag(b"chunk\0" + chunk.encode("utf-8", "surrogatepass"), TAG_BYTES)


def word_tags(words: Sequence[str], key: LookupKey) -> bytes:
    """Return short tags of words in their order, one behind the other."""
    known = {
        word: key.tag(word.encode("utf-8", "surrogatepass"), WORD_BYTES) for word in set(words)
    }
    return b"".join(known[word] for word in words)


def contains(whole: bytes, part: bytes) -> bool:
    """Say whether the words of one text stand in another in a row, by their tags."""
    at = whole.find(part)
    while at >= 0 and at % WORD_BYTES:
        at = whole.find(part, at + 1)
    return at >= 0


def likeness(one: Collection[bytes], other: Collection[bytes]) -> float | None:
    """Return the share of the smaller sketch that both have; None for too little to mean much."""
    shared = len(set(one).intersection(other))
    smaller = min(len(one), len(other))
    return shared / smaller if shared >= SHARED and shared >= SHARE * smaller else None


def _joined(words: Sequence[str]) -> bytes:
    return " ".join(words).encode("utf-8", "surrogatepass")
