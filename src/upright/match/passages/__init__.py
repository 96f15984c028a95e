"""Where passages of a text stand word for word in a corpus: an index in files, and its answers."""

from upright.match.passages.documents import Document
from upright.match.passages.errors import PassageIndexError
from upright.match.passages.index import PassageIndex, Source
from upright.match.passages.store import Store
from upright.match.passages.trace import Place, Span, Trace

__all__ = [
    "Document",
    "PassageIndex",
    "PassageIndexError",
    "Place",
    "Source",
    "Span",
    "Store",
    "Trace",
]
