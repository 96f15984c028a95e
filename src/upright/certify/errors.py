"""What goes wrong with certificates, in words for their user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from upright.certify.offline import Refused
from upright.terms import UprightError


class CertificateError(UprightError):
    """A certificate, a proof or a text is not accepted."""

    exit_code = 1


@contextmanager
def told() -> Iterator[None]:
    """Turn what the offline verifier refuses into an error of upright.

    Raises:
        CertificateError: with the same words.
    """
    try:
        yield
    except Refused as error:
        raise CertificateError(
            str(error), mend="ask for the file as it was issued, and for the issuer's keys"
        ) from None
