"""The reading side of an index of passages."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from upright.match.passages import manifest
from upright.match.passages.documents import Row, text_digest
from upright.match.passages.errors import PassageIndexError
from upright.match.passages.shard import Shard
from upright.match.passages.trace import Trace


@dataclass(frozen=True, slots=True)
class Source:
    """A document of the corpus, as far as it is at hand.

    Attributes:
        id: its name.
        owner: whose it is, or "".
        licence: its licence, or "".
        file: where its text stands.
        text: the text, or None where the file is gone or has another text now.
    """

    id: str
    owner: str
    licence: str
    file: str
    text: str | None


class PassageIndex:
    """An index, open for questions. Safe to use from many threads.

    What a writer changes is seen at the next question.

    Args:
        folder: the index's.

    Raises:
        PassageIndexError: if there is none, or a file of it is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._stamp: manifest.Stamp | None = None
        self._shards: tuple[Shard, ...] = ()
        self._least, self._digest = 0, ""
        self._fresh()

    @property
    def least(self) -> int:
        """The shortest passage that is found, in words."""
        return self._fresh()[1]

    @property
    def digest(self) -> str:
        """`sha256:…` of what the index holds now."""
        return self._fresh()[2]

    @property
    def shards(self) -> Sequence[Shard]:
        """The shards as they are now."""
        return self._fresh()[0]

    def __len__(self) -> int:
        return sum(int((~shard.gone).sum()) for shard in self.shards)

    def trace(self, text: str) -> Trace:
        """Hold a text against the corpus."""
        shards, least, digest = self._fresh()
        return Trace(shards, text, least, digest)

    def source(self, name: str) -> Source | None:
        """Return a document of the corpus by its name, with its text read from where it stands."""
        for shard in self.shards:
            for number, one in enumerate(shard.table.ids()):
                if one == name and not shard.gone[number]:
                    row = shard.table[number]
                    return Source(row.id, row.owner, row.licence, row.file, _text(row))
        return None

    def _fresh(self) -> tuple[tuple[Shard, ...], int, str]:
        """Open what a writer has changed since the last question; return what is asked of it."""
        with self._lock:
            stamp = manifest.stamp(self.folder)
            while stamp is None or stamp != self._stamp:
                try:
                    self._reopen()
                except PassageIndexError:
                    # A file that a writer took away since is no damage: its manifest is newer.
                    if manifest.stamp(self.folder) == stamp:
                        raise
                else:
                    self._stamp = stamp
                stamp = manifest.stamp(self.folder)
            return self._shards, self._least, self._digest

    def _reopen(self) -> None:
        now = manifest.load(self.folder)
        known = {shard.file.file: shard for shard in self._shards}
        self._shards = tuple(
            known[one.file].without(now.gone.get(one.file, ()))
            if one.file in known
            else Shard(self.folder, one, now.gone.get(one.file, ()))
            for one in now.shards
        )
        self._least, self._digest = now.least, now.digest


def _text(row: Row) -> str | None:
    """Read a document's text from its line, unless that is another text by now."""
    path = Path(row.file)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            file.seek(row.offset)
            text = json.loads(file.read(row.length))["text"]
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    return text if isinstance(text, str) and text_digest(text) == row.digest else None
