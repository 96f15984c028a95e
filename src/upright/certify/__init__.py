"""Certificates of answers, the log they are in, and what finds them again."""

from upright.certify.certificate import Certificate, read_base64
from upright.certify.certifier import DEFAULT_ISSUER, Certifier
from upright.certify.draft import Draft
from upright.certify.errors import CertificateError
from upright.certify.search import Match
from upright.certify.statement import Statement

__all__ = [
    "DEFAULT_ISSUER",
    "Certificate",
    "CertificateError",
    "Certifier",
    "Draft",
    "Match",
    "Statement",
    "read_base64",
]
