"""Append-only, hash-chained events with signed checkpoints, and the erasable vault."""

from upright.ledger.api_keys import ApiKey, ApiKeyStore
from upright.ledger.certificates import (
    CertificateStore,
    NewCertificate,
    Revocation,
    StoredCertificate,
)
from upright.ledger.checkpoint import Checkpoint
from upright.ledger.errors import ConflictError, LedgerError, NotFoundError
from upright.ledger.ledger import Ledger
from upright.ledger.log import Proof, TransparencyLog, TreeHead
from upright.ledger.record import GENESIS, Entry, Event
from upright.ledger.reviews import ReviewItem, ReviewQueue
from upright.ledger.uses import PolicyVersion, UseState, UseStore
from upright.ledger.vault import Vault
from upright.ledger.verify import Verification
from upright.ledger.writer import LedgerWriter

__all__ = [
    "GENESIS",
    "ApiKey",
    "ApiKeyStore",
    "CertificateStore",
    "Checkpoint",
    "ConflictError",
    "Entry",
    "Event",
    "Ledger",
    "LedgerError",
    "LedgerWriter",
    "NewCertificate",
    "NotFoundError",
    "PolicyVersion",
    "Proof",
    "ReviewItem",
    "ReviewQueue",
    "Revocation",
    "StoredCertificate",
    "TransparencyLog",
    "TreeHead",
    "UseState",
    "UseStore",
    "Vault",
    "Verification",
]
