"""What is known of one answer's roots in the training data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upright.attribute.lexical import Lexical
from upright.attribute.tier import Credit, Tier
from upright.match.passages import PassageIndex, Place, Source, Span

MOST_DOCUMENTS = 10
"""Named of each span, and in the ranked list; all that hold a span are counted."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """An answer's passages that stand in training data, and the documents it shares most with.

    Attributes:
        spans: the passages that lie in no longer one, the most unlikely first.
        documents: ranked by rare words they share with the answer.
        least: words of the shortest passage that counts.
        index: digest of the index that was asked.
    """

    spans: tuple[Span, ...]
    documents: tuple[Credit, ...]
    least: int
    index: str

    def to_json(self) -> dict[str, Any]:
        """Return the public line shape."""
        return {
            "spans": [_span(span) for span in self.spans],
            "documents": [credit.to_json() for credit in self.documents],
            "least": self.least,
            "index": self.index,
        }


class Attributor:
    """Lays answers to the documents of one index. Safe to use from many threads.

    Args:
        index: the index, or its folder.
        ranking: the tier that ranks documents.

    Raises:
        PassageIndexError: if the folder holds no index, or a damaged one.
    """

    def __init__(self, index: PassageIndex | Path, *, ranking: Tier | None = None) -> None:
        self.index = PassageIndex(index) if isinstance(index, Path) else index
        self._ranking = ranking or Lexical()

    def attribute(self, text: str, *, most: int = MOST_DOCUMENTS) -> Attribution:
        """Return what stands of a text in the training data.

        Args:
            text: the answer.
            most: documents named of each span, and in the ranked list.
        """
        trace = self.index.trace(text)
        spans = tuple(trace.spans(most))
        return Attribution(
            spans, tuple(self._ranking.credits(trace, most)), self.index.least, trace.index
        )

    def source(self, document: str) -> Source | None:
        """Return a document by its name, or None if the index does not have it."""
        return self.index.source(document)


def _span(span: Span) -> dict[str, Any]:
    return {
        "start": span.start,
        "end": span.end,
        "words": span.words,
        "rarity": round(span.rarity, 2),
        "found": span.found,
        "documents": [_place(place) for place in span.places],
    }


def _place(place: Place) -> dict[str, Any]:
    shape: dict[str, Any] = {"id": place.document, "start": place.start, "end": place.end}
    return shape | {name: value for name in ("owner", "licence") if (value := getattr(place, name))}
