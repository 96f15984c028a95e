"""`pii.ip_address`, `pii.mac_address`, `pii.url_credentials`: traces that machines leave."""

from __future__ import annotations

import ipaddress
import re

from upright.guard.detectors.local import Hit, LocalDetector, contains, digits, matching

_HEX = "[0-9A-Fa-f]"
_VERSION = re.compile(r"(?:version|release|firmware|build|ver|v)[ .:]{0,2}\Z", re.IGNORECASE)
_DOTTED = re.compile(rf"[0-9]\.[0-9]|:{_HEX}{{0,4}}:")
_FEW = digits(1)

_PUBLIC = "A network address that can be reached from anywhere."
_PRIVATE = "A network address of a private network."
_HARDWARE = "Six bytes in the notation of a network card's hardware address."
_USERINFO = "A user name and password stand in an address before its host."


def ip_address() -> LocalDetector:
    """Return the detector of IPv4 and IPv6 addresses; loopback and the like are no findings."""
    return matching(
        "pii.ip_address",
        # More groups than an address has, so that longer dotted numbers are seen as such.
        rf"(?<![\w.:])(?:\d{{1,3}}(?:\.\d{{1,3}}){{3,5}}"
        rf"|{_HEX}{{0,4}}(?::{_HEX}{{0,4}}){{2,8}}(?:\d{{0,3}}(?:\.\d{{1,3}}){{3}})?"
        rf"(?:%\w{{1,16}})?)(?![\w:])",
        _judge_ip,
        alphabet=r"[\w.:%]",
        reach=96,
        flags=re.ASCII,
        present=lambda text: _FEW(text) and _DOTTED.search(text) is not None,
        numeric=True,
    )


def _judge_ip(match: re.Match[str]) -> Hit | None:
    try:
        address = ipaddress.ip_address(match.group())
    except ValueError:
        return None
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return None
    if address.version == 6 and not _looks_meant(match.group()):  # noqa: PLR2004 (IPv6)
        return None
    left = match.string[max(0, match.start() - 12) : match.start()]
    if _VERSION.search(left):
        return None
    if address.is_private:
        return Hit(match.start(), match.end(), 0.7, 1, _PRIVATE)
    return Hit(match.start(), match.end(), 0.95, 2, _PUBLIC)


def _looks_meant(text: str) -> bool:
    """Tell an IPv6 address from words of a program joined by two colons."""
    groups = [group for group in text.partition("%")[0].split(":") if group]
    return len(groups) > 1 and any(sign.isdigit() for sign in text)


def mac_address() -> LocalDetector:
    """Return the detector of hardware addresses with colons, hyphens or dots."""
    return matching(
        "pii.mac_address",
        rf"(?<![\w:.-])(?:{_HEX}{{2}}(?::{_HEX}{{2}}){{5}}|{_HEX}{{2}}(?:-{_HEX}{{2}}){{5}}"
        rf"|{_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}})(?![\w:-])",
        _judge_mac,
        alphabet=r"[\w:.-]",
        reach=18,
        flags=re.ASCII,
        present=digits(1),
        numeric=True,
    )


def _judge_mac(match: re.Match[str]) -> Hit | None:
    number = re.sub(r"[:.-]", "", match.group()).lower()
    if number in {"0" * 12, "f" * 12} or not any(sign.isdigit() for sign in number):
        return None
    return Hit(match.start(), match.end(), 0.95, 2, _HARDWARE)


def url_credentials() -> LocalDetector:
    """Return the detector of `user:password@` in addresses; the finding is that part."""
    return matching(
        "pii.url_credentials",
        r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{1,20}://"
        r"[^\s/?#:@\"'<>\\]{0,64}:[^\s/?#@\"'<>\\]{1,128}@",
        lambda m: Hit(m.start() + m.group().index("//") + 2, m.end() - 1, 0.95, 3, _USERINFO),
        alphabet=r"\S",
        reach=220,
        present=contains("://"),
    )
