"""The ledger as one object: chain, checkpoints, and the stores that live beside the chain."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack

from sqlalchemy import URL

from upright.keys import SigningKeys, make_private_folder
from upright.ledger import chain
from upright.ledger.api_keys import ApiKeyStore
from upright.ledger.certificates import CertificateStore, NewCertificate
from upright.ledger.checkpoint import Checkpoint, CheckpointFile, make_checkpoint
from upright.ledger.database import Database
from upright.ledger.errors import NotFoundError
from upright.ledger.migrate import migrate
from upright.ledger.record import Entry, Event
from upright.ledger.reviews import ReviewQueue
from upright.ledger.uses import UseState, UseStore, states
from upright.ledger.vault import Vault
from upright.ledger.verify import Progress, Verification, verify
from upright.terms import home as default_home


class Ledger:
    """Append-only events, chained by digests and signed now and then.

    Safe to use from many threads; many processes may open the same database.

    Attributes:
        uses: policy versions and the kill switch.
        vault: erasable texts.
        reviews: what waits for a person.
        api_keys: who may call.
        certificates: which answers were certified, and the transparency log.
    """

    def __init__(self, database: Database, home: Path) -> None:
        self._database = database
        self._keys = SigningKeys(home / "signing")
        self._file = CheckpointFile(home / "checkpoints.jsonl")
        self.home = home
        self.uses = UseStore(database)
        self.vault = Vault(database, home / "vault.key")
        self.reviews = ReviewQueue(database, self.vault)
        self.api_keys = ApiKeyStore(database, home)
        self.certificates = CertificateStore(database, self.vault)

    @classmethod
    def open(cls, url: str | None = None, *, home: Path | None = None, create: bool = True) -> Self:
        """Open a ledger.

        Args:
            url: `postgresql://…` or `sqlite:///file`; None takes UPRIGHT_DATABASE_URL, or else
                `ledger.db` in the home.
            home: folder of keys and checkpoints; None takes `upright.terms.home()`.
            create: make the database's tables if they are not there.

        Raises:
            ConfigError: for a URL that is no database for a ledger.
            NotFoundError: if there is no ledger and none is to be made.
            LedgerError: if the database cannot be reached or was written by a newer upright.
        """
        folder = home or default_home()
        address = url or os.environ.get("UPRIGHT_DATABASE_URL") or _in_folder(folder)
        if create:
            make_private_folder(folder)
        database = Database(address, create=create)
        try:
            migrate(database, create=create)
        except BaseException:
            database.close()
            raise
        return cls(database, folder)

    def close(self) -> None:
        """Close the database; a LedgerWriter must be closed before."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, event: Event) -> Entry:
        """Append one event; it is on the disk when this returns.

        Raises:
            LedgerError: if it could not be recorded.
        """
        return self.append_many([event])[0]

    def append_many(self, events: Sequence[Event]) -> list[Entry]:
        """Append events in one transaction, all or none.

        Raises:
            LedgerError: if they could not be recorded.
        """
        with self._database.writing() as connection:
            return chain.append(connection, events)

    def append_with_states(
        self, events: Sequence[Event], certificates: Sequence[NewCertificate] = ()
    ) -> list[tuple[Entry, UseState]]:
        """Append events, and read their use cases' states in the same transaction.

        Args:
            events: what happened.
            certificates: recorded with them, all or nothing.

        Raises:
            LedgerError: if they could not be recorded.
        """
        with self._database.writing() as connection:
            entries = chain.append(connection, events)
            proofs = self.certificates.add_within(connection, certificates)
            found = states(connection, {event.use_case for event in events})
        self.certificates.committed(certificates, proofs)
        return [(entry, found[entry.use_case]) for entry in entries]

    def entries(self, **which: Unpack[chain.Selection]) -> list[Entry]:
        """Return entries in order.

        Args:
            **which: see `upright.ledger.chain.Selection`; 100 of them if no `limit` is given.
        """
        with self._database.reading() as connection:
            return list(chain.read(connection, chain.query(**which)))

    def export(self, *, after: int = 0) -> Iterator[Entry]:
        """Yield all entries behind `after`, however many, as they stood at the start."""
        with self._database.reading() as connection:
            yield from chain.read(connection, chain.query(after=after, limit=None))

    def entry(self, sequence: int) -> Entry:
        """Return one entry.

        Raises:
            NotFoundError: if there is none at that place.
        """
        found = self.entries(after=sequence - 1, before=sequence + 1)
        if not found:
            raise NotFoundError(
                f"the ledger has no record {sequence}", mend="upright ledger show lists the newest"
            )
        return found[0]

    def count(self) -> int:
        """Return how many entries there are."""
        with self._database.reading() as connection:
            return chain.count(connection)

    def head(self) -> Entry | None:
        """Return the newest entry."""
        return next(iter(self.entries(limit=1, newest_first=True)), None)

    def checkpoint(self) -> Checkpoint:
        """Sign the chain as it is now; see `make_checkpoint`.

        Raises:
            LedgerError: for an empty ledger, or a file that cannot be written.
        """
        with self._database.writing() as connection:
            return make_checkpoint(connection, self._keys, self._file)

    def last_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint in the home's file, unchecked; None where there is none."""
        return self._file.last()

    def verify(
        self, progress: Progress | None = None, *, copies: Path | None = None
    ) -> Verification:
        """Check the whole chain; see `upright.ledger.verify`.

        Args:
            progress: called with (entries read, entries in all).
            copies: a file of checkpoints that was kept elsewhere, to be compared as well.

        Raises:
            NotFoundError: if that file is not there.
            LedgerError: if the database cannot be read.
        """
        kept = None if copies is None else CheckpointFile(copies)
        if copies is not None and not copies.is_file():
            raise NotFoundError(
                f"{copies}: no such file", mend="give a file of lines of `ledger checkpoint --json`"
            )
        return verify(self._database, self._keys, self._file, progress=progress, copies=kept)

    def rotate_signing_key(self) -> str:
        """Sign the chain a last time with the current key, then begin a new one.

        Returns:
            The new key's id. The old key still verifies; its private half is deleted.
        """
        with self._database.writing() as connection:
            if chain.head(connection)[0]:
                make_checkpoint(connection, self._keys, self._file)
            return self._keys.rotate()


def _in_folder(folder: Path) -> URL:
    # Built from its parts: a folder's name may hold what has a meaning in a URL.
    return URL.create("sqlite", database=str(folder / "ledger.db"))
