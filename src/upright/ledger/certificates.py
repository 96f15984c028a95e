"""Certificates in the ledger: a leaf that stays, and what finds and shows it, which can go.

The log keeps a blinded hash for ever. The certificate itself lies in the vault; beside it lie
keyed tags that find it by its text. Erasing takes those away and leaves the hash.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, tuple_

from upright.ledger import chain, log
from upright.ledger.database import Database, now
from upright.ledger.errors import ConflictError, NotFoundError
from upright.ledger.log import Proof, TransparencyLog
from upright.ledger.record import Event
from upright.ledger.tables import certificates, revocations, sketches
from upright.ledger.vault import CERTIFICATE, NewRecord, Vault

_AT_ONCE = 500
_PROOFS_KEPT = 2000
_BY_EXACT = (
    select(certificates)
    .where(certificates.c.exact.in_(bindparam("exact", expanding=True)))
    .order_by(certificates.c.leaf.desc())
    .limit(bindparam("most"))
)
_BY_TAGS = (
    select(sketches.c.leaf, func.count().label("shared"))
    .where(sketches.c.tag.in_(bindparam("tags", expanding=True)))
    .group_by(sketches.c.leaf)
    .order_by(func.count().desc(), sketches.c.leaf.desc())
    .limit(bindparam("most"))
)
_PAIR = (certificates.c.use_case, certificates.c.epoch)
_FIRST_PAIR = select(*_PAIR).order_by(*_PAIR).limit(1)
_NEXT_PAIR = _FIRST_PAIR.where(tuple_(*_PAIR) > tuple_(bindparam("use_case"), bindparam("epoch")))
_LEAVES = select(certificates.c.id, certificates.c.leaf).where(
    certificates.c.id.in_(bindparam("names", expanding=True))
)
_INSERT = insert(certificates)
_INSERT_TAGS = insert(sketches)


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """A certificate on its way into the ledger.

    Attributes:
        id: its public name.
        use_case: see Event.
        request: see Event.
        leaf: blinded hash for the log, 32 bytes.
        record: what the vault keeps of it.
        epoch: of the look-up key that made the tags.
        exact: keyed tag of the whole text.
        tags: keyed tags of its phrases, 8 bytes each, without repetition.
    """

    id: str
    use_case: str
    request: str
    leaf: bytes
    record: bytes
    epoch: int
    exact: bytes
    tags: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """A certificate in the ledger.

    Attributes:
        id: its public name.
        use_case: see Event.
        request: see Event.
        time: when it was recorded, RFC 3339.
        leaf: its index in the log.
        epoch: of the look-up key that made its tags.
        record: id of its record in the vault.
        tags: keyed tags of its phrases, one behind the other.
    """

    id: str
    use_case: str
    request: str
    time: str
    leaf: int
    epoch: int
    record: str
    tags: bytes


@dataclass(frozen=True, slots=True)
class Revocation:
    """A certificate that its issuer takes back.

    Attributes:
        certificate: its id.
        time: when, RFC 3339.
        reason: why, for everybody to read.
    """

    certificate: str
    time: str
    reason: str


class CertificateStore:
    """Certificates, their look-ups, and the log that they are in.

    Attributes:
        log: the transparency log.

    Args:
        database: where they are.
        vault: where they are readable.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._gate = threading.Lock()
        self._proofs: OrderedDict[str, Proof] = OrderedDict()
        self.log = TransparencyLog(database)

    def add_within(self, connection: Connection, batch: Sequence[NewCertificate]) -> list[Proof]:
        """Record certificates as part of a transaction of `Database.writing`.

        Returns:
            The proof of each in the log, which counts once the transaction is committed; see
            `committed`.
        """
        if not batch:
            return []
        proofs = log.append(connection, [new.leaf for new in batch])
        records = self._vault.put_within(
            connection,
            [NewRecord(CERTIFICATE, new.record, new.use_case, new.request) for new in batch],
        )
        first, time = proofs[0].start, now()
        rows = [
            {
                "leaf": leaf,
                "id": new.id,
                "use_case": new.use_case,
                "request": new.request,
                "time": time,
                "epoch": new.epoch,
                "record": record,
                "exact": new.exact,
                "tags": b"".join(new.tags),
            }
            for leaf, (new, record) in enumerate(zip(batch, records, strict=True), first)
        ]
        connection.execute(_INSERT, rows)
        tags = [
            {"tag": tag, "leaf": leaf} for leaf, new in enumerate(batch, first) for tag in new.tags
        ]
        if tags:
            connection.execute(_INSERT_TAGS, tags)
        return proofs

    def committed(self, batch: Sequence[NewCertificate], proofs: Sequence[Proof]) -> None:
        """Remember the proofs of a transaction that was committed, until somebody takes them."""
        with self._gate:
            self._proofs.update(zip((new.id for new in batch), proofs, strict=True))
            while len(self._proofs) > _PROOFS_KEPT:
                self._proofs.popitem(last=False)

    def take_proof(self, certificate: str) -> Proof | None:
        """Return the proof of a certificate that was recorded here just now, once.

        None for any other: `log.inclusions` reads it from the log.
        """
        with self._gate:
            return self._proofs.pop(certificate, None)

    def get(self, certificate: str) -> StoredCertificate:
        """Return a certificate by its id.

        Raises:
            NotFoundError: if it was erased, or never was.
        """
        with self._database.reading() as connection:
            query = select(certificates).where(certificates.c.id == certificate)
            row = connection.execute(query).first()
        if row is None:
            raise NotFoundError(
                f"no certificate {certificate!r} here",
                mend="it may be erased; `certificate` in an answer's evidence names it",
            )
        return _stored(row)

    def leaves(self, names: Sequence[str]) -> dict[str, int]:
        """Return the index in the log of each certificate that is here, by its id."""
        with self._database.reading() as connection:
            rows = connection.execute(_LEAVES, {"names": list(names)})
            return {row.id: row.leaf for row in rows}

    def newest(self, limit: int = 20) -> list[StoredCertificate]:
        """Return the newest certificates, the newest first."""
        query = select(certificates).order_by(certificates.c.leaf.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_stored(row) for row in connection.execute(query)]

    def record(self, stored: StoredCertificate) -> bytes | None:
        """Return what the vault keeps of a certificate; None if it was erased meanwhile."""
        return self._vault.get(stored.record)

    def epochs(self) -> list[tuple[str, int]]:
        """Return the pairs of use case and look-up epoch that there are certificates of."""
        found: list[tuple[str, int]] = []
        with self._database.reading() as connection:
            # From pair to pair along the index; DISTINCT would read all of it.
            row = connection.execute(_FIRST_PAIR).first()
            while row is not None:
                found.append((row.use_case, row.epoch))
                row = connection.execute(_NEXT_PAIR, dict(row._mapping)).first()  # noqa: SLF001 (SQLAlchemy's public accessor)
        return found

    def with_exact(self, tags: Iterable[bytes], *, most: int = 8) -> list[StoredCertificate]:
        """Return the newest certificates of the text that one of the tags is of."""
        with self._database.reading() as connection:
            rows = connection.execute(_BY_EXACT, {"exact": list(tags), "most": most})
            return [_stored(row) for row in rows]

    def with_tags(
        self, tags: Sequence[bytes], *, most: int = 8
    ) -> list[tuple[StoredCertificate, int]]:
        """Return the certificates that share the most tags, and how many each shares."""
        shared: Counter[int] = Counter()
        with self._database.reading() as connection:
            for start in range(0, len(tags), _AT_ONCE):
                asked = {"tags": list(tags[start : start + _AT_ONCE]), "most": most * 8}
                for row in connection.execute(_BY_TAGS, asked):
                    shared[row.leaf] += row.shared
            best = shared.most_common(most)
            query = select(certificates).where(certificates.c.leaf.in_(leaf for leaf, _ in best))
            rows = {row.leaf: _stored(row) for row in connection.execute(query)}
        return [(rows[leaf], count) for leaf, count in best if leaf in rows]

    def erase(self, certificate: str) -> None:
        """Take away a certificate and all that finds it; its hash stays in the log.

        Raises:
            NotFoundError: if it was erased before, or never was.
        """
        # The vault takes the look-ups of a record with it.
        self._vault.erase(self.get(certificate).record)

    def revoke(self, certificate: str, reason: str) -> Revocation:
        """Take a certificate back, for everybody to see.

        Raises:
            NotFoundError: if it was erased, or never was.
            ConflictError: if it is revoked already.
        """
        stored = self.get(certificate)
        revocation = Revocation(certificate, now(), reason)
        with self._database.writing() as connection:
            if _revoked(connection, certificate):
                raise ConflictError(f"the certificate {certificate} is revoked already")
            row = {"certificate": certificate, "time": revocation.time, "reason": reason}
            connection.execute(insert(revocations), [row])
            body = {"certificate": certificate, "reason": reason}
            event = Event("certificate.revoked", stored.use_case, body, stored.request)
            chain.append(connection, [event])
        return revocation

    def revocation(self, certificate: str) -> Revocation | None:
        """Return how a certificate was revoked; None if it was not."""
        with self._database.reading() as connection:
            return _revoked(connection, certificate)

    def revocations(self) -> list[Revocation]:
        """Return all revocations, the oldest first."""
        query = select(revocations).order_by(revocations.c.time, revocations.c.certificate)
        with self._database.reading() as connection:
            rows = connection.execute(query)
            return [Revocation(row.certificate, row.time, row.reason) for row in rows]


def _revoked(connection: Connection, certificate: str) -> Revocation | None:
    query = select(revocations).where(revocations.c.certificate == certificate)
    row = connection.execute(query).first()
    return Revocation(row.certificate, row.time, row.reason) if row else None


def _stored(row: Row[Any]) -> StoredCertificate:
    fields = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public accessor)
    del fields["exact"]
    return StoredCertificate(**fields)
