"""Where documents and owners stand in a use's data, and their removal from all of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from upright.attribute.corpus import corpus_files, documents
from upright.curate import Curation
from upright.curate.removal import recall
from upright.curate.remove import holding, near_owners, remove
from upright.match.index import IndexWriter
from upright.match.passages import PassageIndex, Store
from upright.match.passages.documents import Row

Prepare = Callable[[Curation], None]
_NEAR = 3


@dataclass(frozen=True, slots=True)
class Held:
    """What stands in a use's data.

    Attributes:
        documents: names of documents, of the index and of the corpus.
        files: that hold documents of the index.
        unknown: names that nothing has.
    """

    documents: tuple[str, ...]
    files: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remade:
    """A corpus that was made again.

    Attributes:
        left_out: records of what it is made of that stay out of it.
        digest: of the corpus as it is now.
    """

    left_out: int
    digest: str


@dataclass(frozen=True, slots=True)
class Data:
    """The folders of a use's data.

    Attributes:
        training: index of training data.
        works: index of protected works, if there is one.
        corpus: what `upright curate` wrote, if the use names it.
        prepare: sets how the corpus is made again: workers, and who is told how far it is.
    """

    training: Path
    works: Path | None = None
    corpus: Path | None = None
    prepare: Prepare = lambda _curation: None

    def find(self, names: Collection[str], owners: Collection[str]) -> Held:
        """Look where documents of some names, and all documents of some owners, stand.

        Raises:
            InputError: if the folder of the corpus holds none.
        """
        rows = [row for row in self._rows() if row.id in set(names) or row.owner in set(owners)]
        found = {row.id for row in rows}
        if self.corpus is not None:
            found |= set(holding(recall(self.corpus), owners, names))
        files = sorted({row.file for row in rows if row.file})
        unknown = tuple(name for name in names if name not in found)
        return Held(tuple(sorted(found)), tuple(files), unknown)

    def near(self, owner: str) -> list[str]:
        """Return owners whose names are like one."""
        names = {row.owner.casefold(): row.owner for row in self._rows() if row.owner}
        near = [names[one] for one in get_close_matches(owner.casefold(), names, _NEAR)]
        more = [] if self.corpus is None else near_owners(recall(self.corpus), owner)
        return list(dict.fromkeys((*near, *more)))

    def forget(self, names: Sequence[str], owners: Sequence[str]) -> int:
        """Remove documents and owners from the index of training data; return how many went.

        Raises:
            PassageIndexError: if the index cannot be changed now.
        """
        with Store(self.training) as store:
            gone = len(store.forget(names))
            gone += sum(len(store.forget(owner=owner)) for owner in owners)
            store.purge()
        return gone

    def remake(self, names: Sequence[str], owners: Sequence[str]) -> Remade | None:
        """Make the corpus again without documents and owners; None where the use has none.

        An index that is made of the corpus takes it in again: places in its files have moved, and
        what had been left out as a twin of a removed record is back.

        Raises:
            InputError: if a file that the corpus was made of is no longer there.
            BusyError: while another run writes into the corpus.
        """
        if self.corpus is None:
            return None
        data = (self.corpus / "data").resolve()
        followed = any(Path(file).is_relative_to(data) for file in self._files())
        curation = recall(self.corpus)
        self.prepare(curation)
        removal = remove(curation, owners=owners, records=names)
        if followed and removal.curated.summary.kept:
            with Store(self.training) as store:
                store.add(one for file in corpus_files([self.corpus]) for one in documents(file))
        return Remade(removal.count, removal.curated.summary.digest)

    def remove_works(self, works: Sequence[str]) -> int:
        """Remove works from the index of protected works; return how many went."""
        if self.works is None or not works:
            return 0
        with IndexWriter(self.works) as writer:
            return sum(writer.remove(work) for work in works)

    def remaining(
        self, files: Sequence[str], names: Sequence[str], owners: Sequence[str]
    ) -> list[str]:
        """Return which documents files of the corpus hold, or what of the owners they hold.

        Files that lie beside those of the index are looked at too: a corpus that is made anew may
        put a document into another of its files.

        Raises:
            ConfigError: for a file that cannot be read.
        """
        wanted, whose, found = set(names), set(owners), set[str]()
        for folder in sorted({Path(file).parent for file in files}):
            if folder.is_dir() and any(folder.rglob("*.jsonl*")):
                for file in corpus_files([folder]):
                    found |= {
                        one.id for one in documents(file) if one.id in wanted or one.owner in whose
                    }
        if self.corpus is not None:
            found |= set(holding(recall(self.corpus), owners, names))
        return sorted(found)

    def _rows(self) -> Iterator[Row]:
        for shard in PassageIndex(self.training).shards:
            for number in range(len(shard.table)):
                if not shard.gone[number]:
                    yield shard.table[number]

    def _files(self) -> set[str]:
        """Return the files that documents of the index were read from, the removed ones' too."""
        shards = PassageIndex(self.training).shards
        return {shard.table[number].file for shard in shards for number in range(len(shard.table))}
