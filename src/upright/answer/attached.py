"""The certificate that travels with one choice of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from upright.certify.certificate import base64url


@dataclass(frozen=True, slots=True)
class Attached:
    """The certificate of one choice.

    Attributes:
        index: which choice.
        id: the certificate's name.
        cose: COSE_Sign1 with its receipt, as `upright certify check` reads it.
    """

    index: int
    id: str
    cose: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the public shape; the certificate is in base64url, without padding."""
        return {"index": self.index, "id": self.id, "cose": base64url(self.cose)}
