"""Receipts for certificates that were just recorded, without reading the log where that is so."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from upright.certify.certificate import Certificate
from upright.certify.draft import Draft
from upright.certify.issuer import Issuer, sign1
from upright.certify.offline import RECEIPTS
from upright.ledger import CertificateStore, NotFoundError, Proof


class _Waiting:
    """A draft, and the certificate that it becomes."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.finished: Certificate | None = None


class Receipts:
    """Adds receipts. Safe to use from many threads.

    Whoever comes while another is being served waits and is served together with all who came
    meanwhile: one reading of the log and one signed head do for all of them.

    Args:
        store: has the certificates and the log.
        issuer: signs.
    """

    def __init__(self, store: CertificateStore, issuer: Issuer) -> None:
        self._store = store
        self._issuer = issuer
        self._serving = threading.Lock()
        self._gate = threading.Lock()
        self._waiting: list[_Waiting] = []

    def finish_fresh(self, draft: Draft) -> Certificate | None:
        """Add the receipt to a certificate that this ledger recorded just now, once.

        The transaction that recorded it left its proof behind, so no database is asked. None
        where there is no such proof.
        """
        proof = self._store.take_proof(draft.id)
        return None if proof is None else self._finished(draft, proof)

    def finish(self, draft: Draft) -> Certificate:
        """Add the receipt to a certificate that the ledger has recorded.

        Raises:
            NotFoundError: if it has not.
        """
        fresh = self.finish_fresh(draft)
        if fresh is not None:
            return fresh
        mine = _Waiting(draft)
        with self._gate:
            self._waiting.append(mine)
        with self._serving:
            if mine.finished is None:
                with self._gate:
                    batch, self._waiting = self._waiting, []
                # An error of one who served us left us behind; then we are not in the list.
                self._serve(batch if mine in batch else [mine])
        if mine.finished is None:
            raise NotFoundError(f"no certificate {draft.id!r} here", mend="record it first")
        return mine.finished

    def _serve(self, batch: Sequence[_Waiting]) -> None:
        leaves = self._store.leaves([one.draft.id for one in batch])
        recorded = [one for one in batch if one.draft.id in leaves]
        proofs = self._store.log.inclusions([leaves[one.draft.id] for one in recorded])
        for one, proof in zip(recorded, proofs, strict=True):
            one.finished = self._finished(one.draft, proof)

    def _finished(self, draft: Draft, proof: Proof) -> Certificate:
        header = {"disclosed": draft.disclosed, RECEIPTS: [self._issuer.receipt(proof)]}
        return Certificate(draft.id, sign1(draft.protected, header, draft.payload, draft.signature))
