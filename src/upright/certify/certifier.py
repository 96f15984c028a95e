"""The unit as one object: certify an answer, find it again, prove it, take it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from upright.certify import offline
from upright.certify.certificate import Certificate, disclose, with_header
from upright.certify.draft import Draft, draft
from upright.certify.echo import Texts
from upright.certify.errors import CertificateError, told
from upright.certify.excerpt import excerpt, prove
from upright.certify.issuer import Issuer
from upright.certify.jws import jws
from upright.certify.offline import FIELDS, RECEIPTS, Head, Opened
from upright.certify.receipts import Receipts
from upright.certify.search import Match, Record, Search, open_record
from upright.certify.statement import Statement
from upright.keys import LookupKeys
from upright.ledger import Event, Ledger, Revocation, StoredCertificate

DEFAULT_ISSUER = "upright"


class Certifier:
    """Certifies the answers of one home. Safe to use from many threads.

    Attributes:
        issuer: its name and keys.

    Args:
        ledger: open for as long as this is.
        issuer: signs.
        lookups: secrets that find texts again.
    """

    def __init__(self, ledger: Ledger, issuer: Issuer, lookups: LookupKeys) -> None:
        self._ledger = ledger
        self._store = ledger.certificates
        self._lookups = lookups
        self._receipts = Receipts(self._store, issuer)
        self.issuer = issuer

    @classmethod
    def open(
        cls, ledger: Ledger, *, issuer: str = DEFAULT_ISSUER, home: Path | None = None
    ) -> Self:
        """Open the certifier of a ledger; keys are made with the first certificate.

        Args:
            ledger: where certificates and the log are.
            issuer: what certificates call the one who issues them.
            home: folder of keys; None takes the ledger's.
        """
        folder = home or ledger.home
        return cls(ledger, Issuer(issuer, folder), LookupKeys(folder / "lookup"))

    # Issuing ---------------------------------------------------------------------------------

    def draft(
        self, statement: Statement, text: str, prompt: Sequence[str] = (), own: Sequence[str] = ()
    ) -> Draft:
        """Sign a certificate that the ledger does not know yet.

        Hand `draft.row` to `LedgerWriter.submit` with the event that closes the answer, put
        `draft.reference` into that event, and `finish` it once the future is done.

        Args:
            statement: what is certified besides the text.
            text: the answer as it is sent.
            prompt: every text that the model was shown; what the answer repeats of it is
                recorded and not certified.
            own: texts of the service itself, such as notices, that are never certified, however
                short they are.

        Raises:
            CertificateError: for a text that is too long.
            KeyFileError: if a key cannot be used.
        """
        return draft(self.issuer, self._lookups, statement, text, Texts(prompt, own))

    def finish(self, drafted: Draft) -> Certificate:
        """Add the receipt to a certificate that the ledger has recorded.

        Raises:
            NotFoundError: if it has not.
        """
        return self._receipts.finish(drafted)

    def finish_fresh(self, drafted: Draft) -> Certificate | None:
        """As `finish`, at once and once; None where the log must be read for it."""
        return self._receipts.finish_fresh(drafted)

    def issue(self, statement: Statement, text: str, prompt: Sequence[str] = ()) -> Certificate:
        """Certify a text in a transaction of its own; see `draft`."""
        drafted = self.draft(statement, text, prompt)
        body = {"certificates": [drafted.reference]}
        event = Event("certified", statement.use_case, body, statement.request)
        self._ledger.append_with_states([event], [drafted.row])
        return self.finish(drafted)

    def newest(self, limit: int = 20) -> list[StoredCertificate]:
        """Return the newest certificates, the newest first."""
        return self._store.newest(limit)

    # Reading ---------------------------------------------------------------------------------

    def certificate(self, name: str) -> Certificate:
        """Return a certificate by its id, with a fresh receipt.

        Raises:
            NotFoundError: if it was erased, or never was.
        """
        record = self._record(name)
        stored = self._store.get(name)
        receipt = self.issuer.receipt(self._store.log.inclusion(stored.leaf))
        header = {**record.opened.signed.unprotected, RECEIPTS: [receipt]}
        return Certificate(name, with_header(record.opened.signed.entry, header))

    def open_certificate(self, data: bytes, text: str | None = None) -> Opened:
        """Check a certificate with the keys that this home trusts.

        Raises:
            CertificateError: if it is refused, is revoked, or is not of this text.
        """
        with told():
            opened = offline.open_certificate(data, self.issuer.trusted())
            if text is not None:
                offline.check_text(opened, text)
        revocation = self.revocation(opened.id)
        if revocation is not None:
            raise CertificateError(
                f"the certificate {opened.id} was revoked at {revocation.time}: "
                f"{revocation.reason}",
                mend="ask its issuer; what it says is no longer vouched for",
            )
        return opened

    def find(self, text: str, *, use_case: str | None = None) -> Match | None:
        """Return the certificate that has most to do with a text.

        Args:
            text: any text.
            use_case: look only among its certificates.

        Raises:
            CertificateError: if the record of a match was changed.
        """
        with told():
            return self._search(text).best(use_case)

    def disclose(self, name: str, fields: Iterable[str], *, text_salt: bool = False) -> bytes:
        """Return a certificate with some fields only, with its receipt.

        Raises:
            NotFoundError: if it was erased, or never was.
            CertificateError: for a name that is no field.
        """
        opened = self.open_certificate(self.certificate(name).data)
        return disclose(opened, fields, text_salt=text_salt)

    def excerpt(self, name: str, stretch: str, shown: Iterable[str] = ()) -> bytes:
        """Prove a stretch of a certified text that is not at hand as a whole.

        Args:
            name: id of the certificate.
            stretch: the excerpt; the chunks that are wholly inside it are proved.
            shown: fields to disclose besides those that the proof needs.

        Raises:
            NotFoundError: if it was erased, or never was.
            CertificateError: if no chunk of the text is in the stretch.
        """
        record, stored = self._record(name), self._store.get(name)
        opened = self.open_certificate(self.certificate(name).data)
        runs = self._search(stretch).runs(record, stored.use_case, stored.epoch)
        pieces = {found.number: found.piece for run in runs for found in run}
        return prove(opened, record.leaves, pieces, shown)

    def excerpt_of(
        self, data: bytes, text: str, start: int, end: int, shown: Iterable[str] = ()
    ) -> bytes:
        """Prove a stretch of a certified text that is at hand; see `upright.certify.excerpt`."""
        return excerpt(self.open_certificate(data), text, start, end, shown)

    def jws(self, name: str, fields: Iterable[str] = FIELDS) -> str:
        """Return a certificate as a JSON Web Signature; see `upright.certify.jws`.

        Raises:
            NotFoundError: if it was erased, or never was.
            CertificateError: for a name that is no field.
        """
        return jws(self.issuer, self.open_certificate(self.certificate(name).data), fields)

    # The log ---------------------------------------------------------------------------------

    def head(self) -> bytes:
        """Return the signed head of the log. Keep a copy where nobody here can change it."""
        return self.issuer.head(self._store.log.head())

    def open_head(self, data: bytes) -> Head:
        """Check a signed head.

        Raises:
            CertificateError: if it is refused.
        """
        with told():
            return offline.open_head(data, self.issuer.trusted())

    def growth(self, older: bytes) -> bytes:
        """Return the newest head with the proof that it contains an older one.

        Raises:
            CertificateError: if the older head is refused, or the log does not contain it.
            NotFoundError: if the log never had so many leaves.
        """
        kept = self.open_head(older)
        newest = self.growth_from(kept.size)
        with told():
            offline.check_growth(newest, kept, self.issuer.trusted())
        return newest

    def growth_from(self, size: int) -> bytes:
        """Return the newest head with the proof that it contains the log of `size` leaves.

        Raises:
            NotFoundError: if the log never had so many leaves, or `size` is not positive.
        """
        return self.issuer.growth(self._store.log.consistency(size))

    # Taking back -----------------------------------------------------------------------------

    def revoke(self, name: str, reason: str) -> Revocation:
        """Take a certificate back, for everybody to see.

        Raises:
            NotFoundError: if it was erased, or never was.
            ConflictError: if it is revoked already.
        """
        return self._store.revoke(name, reason)

    def revocation(self, name: str) -> Revocation | None:
        """Return how a certificate was revoked; None if it was not."""
        return self._store.revocation(name)

    def revoked(self) -> bytes:
        """Return the signed list of revocations, for those who check offline."""
        return self.issuer.revoked(self._store.revocations())

    def erase(self, name: str) -> None:
        """Erase a certificate and what finds its text; its blind leaf stays in the log.

        Raises:
            NotFoundError: if it was erased before, or never was.
        """
        self._store.erase(name)

    def rotate(self) -> dict[str, Any]:
        """Begin a new epoch of the issuer's key and of the look-up secrets; the old ones serve."""
        return {"key": self.issuer.rotate(), "epoch": self._lookups.rotate()}

    def _record(self, name: str) -> Record:
        raw = self._store.record(self._store.get(name))
        if raw is None:
            raise CertificateError(f"the certificate {name} was erased meanwhile")
        with told():
            return open_record(raw, self.issuer.trusted())

    def _search(self, text: str) -> Search:
        return Search(self._store, self._lookups, self.issuer.trusted(), text)
