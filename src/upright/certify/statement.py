"""What the pipeline knows of an answer when it certifies it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from upright.certify.errors import CertificateError

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Statement:
    """What is certified about an answer, besides its text.

    Attributes:
        use_case: whose answer it is; also the tenant of the look-up keys.
        request: the answer's id in the ledger.
        policy_digest: `sha256:…` of the policy in force.
        guard_digest: `sha256:…` of the guard that checked it.
        model: the engine's name for its model.
        model_digest: `sha256:…` of the model, where the engine knows it.
        tokenizer_digest: `sha256:…` of the tokenizer, where the engine knows it.
        scheme: of the watermark; `none` where there is none.
        epoch: of the watermark's key.

    Raises:
        CertificateError: for a digest of another form, or a name that is too long.
    """

    use_case: str
    request: str
    policy_digest: str
    guard_digest: str
    model: str = ""
    model_digest: str | None = None
    tokenizer_digest: str | None = None
    scheme: str = "none"
    epoch: int | None = None

    def __post_init__(self) -> None:
        for name in ("policy_digest", "guard_digest", "model_digest", "tokenizer_digest"):
            raw_digest(getattr(self, name), name)
        for name in ("use_case", "request", "model", "scheme"):
            value = getattr(self, name)
            if len(value) > _LONGEST or not value.isprintable():
                raise CertificateError(
                    f"{name} of a certificate does not fit: {value[:80]!r}",
                    mend=f"at most {_LONGEST} characters, none of them a control character",
                )


def raw_digest(digest: str | None, name: str = "digest") -> bytes | None:
    """Return the 32 bytes of `sha256:…`; None for None.

    Raises:
        CertificateError: for another form.
    """
    if digest is None:
        return None
    match = _DIGEST.fullmatch(digest)
    if match is None:
        raise CertificateError(
            f"{name} of a certificate is no digest: {digest[:80]!r}",
            mend="`sha256:` and 64 hexadecimal digits",
        )
    return bytes.fromhex(match[1])
