"""Ways to say which training documents an answer rests on. Each is a tier, and is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from upright.match.passages import Trace


@dataclass(frozen=True, slots=True)
class NearCopy:
    """A passage that a text shares with a document but for some words; in characters.

    Attributes:
        start: where it begins in the text.
        end: where it ends there.
        document_start: where it begins in the document.
        document_end: where it ends there.
        share: of the passage's places that were looked up, how many the document has.
    """

    start: int
    end: int
    document_start: int
    document_end: int
    share: float

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {
            "start": self.start,
            "end": self.end,
            "document_start": self.document_start,
            "document_end": self.document_end,
            "share": round(self.share, 3),
        }


@dataclass(frozen=True, slots=True)
class Credit:
    """A training document, and how much of an answer a tier lays to it.

    Attributes:
        document: its name.
        owner: whose it is, or "".
        licence: its licence, or "".
        score: higher is more; comparable within one tier and one answer only.
        near_copy: the longest passage that is the same but for some words, or None.
    """

    document: str
    owner: str
    licence: str
    score: float
    near_copy: NearCopy | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the public shape; what is not there is left out."""
        shape: dict[str, Any] = {"id": self.document, "score": round(self.score, 4)}
        shape |= {name: value for name in ("owner", "licence") if (value := getattr(self, name))}
        if self.near_copy is not None:
            shape["near_copy"] = self.near_copy.to_json()
        return shape


class Tier(Protocol):
    """One way to lay an answer to training documents.

    `Verbatim` counts words that stand there, `Lexical` weighs rare words they share. What a shard
    of the training data, or one document, did to the weights is another tier's matter: it takes the
    answer's text from the trace, and asks models instead of the index.
    """

    def credits(self, trace: Trace, most: int) -> list[Credit]:
        """Return the documents with the highest scores, the highest first.

        Documents that were removed from the index are never among them.

        Args:
            trace: the answer, held against the corpus; `trace.text` is its text.
            most: how many to return at most.
        """
        ...
