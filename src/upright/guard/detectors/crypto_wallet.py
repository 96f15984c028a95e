"""`pii.crypto_wallet`: addresses of Bitcoin and its kin, and of Ethereum, by their checksums."""

from __future__ import annotations

import re

from upright.guard.detectors.checksums import base58check, bech32
from upright.guard.detectors.keccak import keccak_256
from upright.guard.detectors.local import Hit, LocalDetector, digits, matching

_HASHED = "A cryptocurrency address whose built-in checksum is right."
_SHAPED = "The prefix and length of an Ethereum address, without its optional checksum."


def crypto_wallet() -> LocalDetector:
    """Return the detector of wallet addresses."""
    return matching(
        "pii.crypto_wallet",
        r"(?<![A-Za-z0-9])(?:[13LMD][1-9A-HJ-NP-Za-km-z]{25,34}"
        r"|(?:bc|tb|ltc|BC|TB|LTC)1[A-Za-z0-9]{11,87}|0x[0-9A-Fa-f]{40})(?![A-Za-z0-9])",
        _judge,
        alphabet="[A-Za-z0-9]",
        reach=96,
        present=digits(1),
    )


def _judge(match: re.Match[str]) -> Hit | None:
    text = match.group()
    if text.startswith("0x"):
        return _judge_ethereum(match, text[2:])
    if not base58check(text) and not bech32(text):
        return None
    return Hit(match.start(), match.end(), 0.99, 2, _HASHED)


def _judge_ethereum(match: re.Match[str], letters: str) -> Hit | None:
    if letters in (letters.lower(), letters.upper()):
        return Hit(match.start(), match.end(), 0.8, 2, _SHAPED)
    if letters != mixed_case(letters):
        return None
    return Hit(match.start(), match.end(), 0.99, 2, _HASHED)


def mixed_case(letters: str) -> str:
    """Return the 40 hex digits of an Ethereum address with the capitals of EIP-55."""
    lower = letters.lower()
    hashed = keccak_256(lower.encode()).hex()
    return "".join(
        sign.upper() if int(nibble, 16) > 7 else sign  # noqa: PLR2004 (EIP-55: the high bit)
        for sign, nibble in zip(lower, hashed, strict=False)
    )
