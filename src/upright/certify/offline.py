"""Checks certificates of upright without upright, a network or a database.

This file stands alone: it needs Python 3.11 and the package `cryptography`, nothing else. Read
it, copy it, and run `python offline.py CERTIFICATE --keys issuer.pem --text TEXT`; `--help`
tells the rest, docs/reference/certificate.md the format. What does not fit it exactly is
refused, and nothing in a certificate chooses how it is checked.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import re
import sys
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

FIELDS = (
    "issuer", "key", "time", "request", "use_case", "policy", "guard", "model", "model_digest",
    "tokenizer_digest", "scheme", "epoch", "length", "text", "chunks", "echoed",
)  # fmt: skip
"""What a certificate commits to, in this order."""

_TYPE = "application/vnd.upright."
CERTIFICATE, HEAD, REVOKED = _TYPE + "certificate", _TYPE + "head", _TYPE + "revoked"
ALG, CRIT, KID, CWT, TYP, RECEIPTS, VDS, VDP, EDDSA = 1, 2, 4, 15, 16, 394, 395, 396, -8
LARGEST_FILE, LARGEST_TEXT, SKEW_SECONDS = 1 << 20, 1_000_000, 300
SALT_BYTES, KEY_ID_BYTES, _HASH_BYTES, _DEEPEST = 16, 16, 32, 12
Keys = Mapping[bytes, Ed25519PublicKey]
Pieces = list[tuple[int, str, bool]]


class Refused(ValueError):  # noqa: N818 (it reads as what happened)
    """What was given is not accepted; the text says why."""


def encode(value: Any) -> bytes:  # noqa: ANN401 (any value that CBOR holds)
    """Return the one encoding of a value in deterministic CBOR, RFC 8949 §4.2."""
    if isinstance(value, (bytes, str)):
        raw = value if isinstance(value, bytes) else value.encode()
        return _start(2 if raw is value else 3, len(raw)) + raw
    if type(value) is int:
        return _start(0, value) if value >= 0 else _start(1, -1 - value)
    if isinstance(value, dict):
        pairs = sorted((encode(key), encode(item)) for key, item in value.items())
        return _start(5, len(pairs)) + b"".join(key + item for key, item in pairs)
    if isinstance(value, (list, tuple)):
        return _start(4, len(value)) + b"".join(map(encode, value))
    if value is None:
        return b"\xf6"
    raise Refused(f"a value of type {type(value).__name__} has no place in a certificate")


def _start(major: int, number: int) -> bytes:
    if number < 24:  # noqa: PLR2004 (RFC 8949 §3)
        return bytes((major << 5 | number,))
    size = (number.bit_length() - 1 >> 3).bit_length()  # it takes 1 << size bytes
    if size > 3:  # noqa: PLR2004 (more than eight bytes)
        raise Refused("a number is too large for CBOR")
    return bytes((major << 5 | 24 + size,)) + number.to_bytes(1 << size, "big")


def decode(data: bytes) -> Any:  # noqa: ANN401 (any value that CBOR holds)
    """Return the value of an encoding; refuses every other encoding of the same value."""
    reader = _Reader(data)
    value = reader.value(0)
    if reader.at != len(data):
        raise Refused(f"not one CBOR value: {len(data) - reader.at} bytes are left over")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        start, self.at = self.at, self.at + size
        if self.at > len(self.data):
            raise Refused("cut off: the CBOR ends too early")
        return self.data[start : self.at]

    def value(self, depth: int) -> Any:  # noqa: ANN401 (any value that CBOR holds)
        major, number = self.start()
        if depth > _DEEPEST:
            raise Refused("CBOR is nested too deeply")
        if major == 7 and number == 22:  # noqa: PLR2004 (null)
            return None
        if major < 2:  # noqa: PLR2004 (a whole number)
            return number if major == 0 else -1 - number
        if major in {2, 3}:
            raw = self.take(number)
            return raw if major == 2 else _utf8(raw)  # noqa: PLR2004 (a byte string)
        if major == 4:  # noqa: PLR2004 (a list)
            return [self.value(depth + 1) for _ in range(number)]
        if major == 5:  # noqa: PLR2004 (a map)
            return self.map(number, depth + 1)
        raise Refused("CBOR of a kind that certificates do not use")

    def start(self) -> tuple[int, int]:
        (first,) = self.take(1)
        major, code = first >> 5, first & 31
        if code < 24:  # noqa: PLR2004 (RFC 8949 §3)
            return major, code
        size = {24: 1, 25: 2, 26: 4, 27: 8}.get(code, 0)
        number = int.from_bytes(self.take(size), "big")
        if major == 7 or number < (24 if size == 1 else 1 << 4 * size):  # noqa: PLR2004 (same)
            raise Refused("CBOR that is not deterministic")
        return major, number

    def map(self, number: int, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        before = b""
        for _ in range(number):
            start = self.at
            key = self.value(depth)
            raw = self.data[start : self.at]
            if raw <= before or not isinstance(key, (int, str, bytes)):
                raise Refused("keys of a CBOR map are not in order, or twice there")
            before = raw
            found[key] = self.value(depth)
        return found


def _utf8(raw: bytes, what: str = "a CBOR text") -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Refused(f"{what} is not UTF-8") from None


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf, §2.1.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion path leads to, §2.1.3."""
    if not 0 <= index < size or (size == 1) != (not path):
        raise Refused("an inclusion proof does not fit its tree")
    if size == 1:
        return leaf
    middle, sibling = 1 << (size - 1).bit_length() - 1, path[-1]
    if index < middle:
        return _node_hash(root_of(leaf, index, middle, path[:-1]), sibling)
    return _node_hash(sibling, root_of(leaf, index - middle, size - middle, path[:-1]))


def check_consistency(
    first: int, first_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> None:
    """Make sure that the larger tree only added to the smaller one, §2.1.4."""
    rest = list(path)
    try:
        roots = _roots(first, size, rest, first_root) if 0 < first <= size else None
    except IndexError:
        roots = None
    if rest or roots != (first_root, root):
        raise Refused("the newer log does not contain the older one: the log is forked")


def _roots(first: int, size: int, path: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """Return the roots of the smaller and of the larger tree, and use the path up."""
    if first == size:
        root = path.pop() if known is None else known
        return root, root
    middle, sibling = 1 << (size - 1).bit_length() - 1, path.pop()
    if first <= middle:
        old, new = _roots(first, middle, path, known)
        return old, _node_hash(new, sibling)
    old, new = _roots(first - middle, size - middle, path, None)
    return _node_hash(sibling, old), _node_hash(sibling, new)


@dataclass(frozen=True)
class Signed:
    """A COSE_Sign1 whose signature is good; `entry` is it without what nobody signed."""

    key: bytes
    protected: dict[Any, Any]
    unprotected: dict[Any, Any]
    payload: bytes
    entry: bytes


def signing_input(protected: bytes, payload: bytes) -> bytes:
    """Return the bytes that are signed, §4.4."""
    return encode(["Signature1", protected, b"", payload])


def open_signed(data: bytes, keys: Keys, kind: str, payload: bytes | None = None) -> Signed:
    """Check a signature; `payload` is given where the object leaves it out.

    The algorithm follows from the key: a header that names another is refused. The header must
    also name the kind, so that no statement passes for another.
    """
    protected_bytes, unprotected, inner, signature = _take_apart(data)
    protected = decode(protected_bytes)
    if not isinstance(protected, dict) or protected.get(TYP) != kind:
        raise Refused(f"not an object of the type {kind}")
    if protected.get(ALG) != EDDSA or CRIT in protected:
        raise Refused("its header asks for another algorithm than that of its key")
    if not set(unprotected) <= {RECEIPTS, VDP, "disclosed"}:
        raise Refused("something stands outside the signed header that does not belong there")
    kid = protected.get(KID)
    if not isinstance(kid, bytes) or kid not in keys:
        named = kid.hex() if isinstance(kid, bytes) else "none"
        raise Refused(f"signed by a key that is not trusted here: {named}")
    signed = inner if payload is None else payload
    if signed is None or (payload is not None and inner is not None):
        raise Refused("the payload is not where it belongs")
    try:
        keys[kid].verify(signature, signing_input(protected_bytes, signed))
    except InvalidSignature:
        raise Refused("the signature is wrong: something was changed, or it is forged") from None
    entry = b"\xd2" + encode([protected_bytes, {}, inner, signature])
    return Signed(kid, protected, unprotected, signed, entry)


def _take_apart(data: bytes) -> tuple[bytes, dict[Any, Any], bytes | None, bytes]:
    if len(data) > LARGEST_FILE:
        raise Refused(f"{len(data)} bytes: no certificate is so large")
    if not data.startswith(b"\xd2"):
        raise Refused("not a COSE_Sign1 object")
    match decode(data[1:]):
        case [bytes(protected), dict(unprotected), bytes() | None as payload, bytes(signature)]:
            return protected, unprotected, payload, signature
    raise Refused("not a COSE_Sign1 object")


def read_keys(pem: bytes) -> dict[bytes, Ed25519PublicKey]:
    """Return the keys of a file of PEM blocks, by id."""
    keys: dict[bytes, Ed25519PublicKey] = {}
    for block in re.findall(rb"-----BEGIN.+?-----END [^-]+-----", pem, re.DOTALL):
        try:
            key = load_pem_public_key(block + b"\n")
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise Refused("something in the key file is not an Ed25519 public key")
        name = hashlib.sha256(b"upright.signing-key.v1\0" + key.public_bytes_raw()).digest()
        keys[name[:KEY_ID_BYTES]] = key
    if not keys:
        raise Refused("the key file holds no public key in PEM")
    return keys


@dataclass(frozen=True)
class Head:
    """A signed state of the transparency log: so many leaves, with this root, at this time."""

    size: int
    root: bytes
    time: int


@dataclass(frozen=True)
class Opened:
    """A certificate whose signature, disclosed fields and receipt are good."""

    id: str
    fields: dict[str, Any]
    text_salt: bytes | None
    hashes: list[bytes]  # of all fields, in their order
    secret: bytes | None  # what all salts follow from, if everything is disclosed
    signed: Signed
    head: Head | None  # of the log, from the receipt


def salt_of(secret: bytes, purpose: str, number: int = 0) -> bytes:
    """Return one of the salts that follow from a certificate's secret."""
    label = f"upright.salt.v1 {purpose} {number}".encode()
    # Not hmac.digest, which lets go of the interpreter for every salt of a few bytes.
    return hmac.new(secret, label, "sha256").digest()[:SALT_BYTES]


def commit(kind: str, value: Any) -> bytes:  # noqa: ANN401 (any CBOR value)
    """Return the digest that stands for a value of a kind: `field`, `fields` or `text`."""
    return hashlib.sha256(f"upright.{kind}.v1\0".encode() + encode(value)).digest()


def text_bytes(text: str) -> bytes:
    """Return the text in NFC as UTF-8; a lone surrogate, which UTF-8 lacks, stays distinct."""
    return unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")


def open_certificate(
    data: bytes, keys: Keys, *, now: float | None = None, receipt: bool = True
) -> Opened:
    """Check a certificate; `now` is in seconds since 1970, by default of this machine's clock.

    One without a receipt, which does not show that it is in the log, is refused unless that is
    asked for.
    """
    signed = open_signed(data, keys, CERTIFICATE)
    fields, hashes, secret, text_salt = _disclosed(signed.unprotected.get("disclosed"))
    if decode(signed.payload) != {1: 1, 2: commit("fields", hashes)}:
        raise Refused("a disclosed field is not the one that was signed")
    if fields.get("key", signed.key) != signed.key:
        raise Refused("the certificate names another key than its signature")
    issued = fields.get("time", 0)
    latest = (time.time() if now is None else now) + SKEW_SECONDS
    if type(issued) is not int or issued > latest:
        raise Refused("issued in the future: a clock is wrong, here or at the issuer's")
    head = _recorded(signed, issued, keys) if receipt else None
    name = "crt_" + leaf_hash(signed.entry).hex()[:32]
    return Opened(name, fields, text_salt, hashes, secret, signed, head)


def _disclosed(told: Any) -> tuple[dict[str, Any], list[bytes], bytes | None, bytes | None]:  # noqa: ANN401 (anything at all)
    """Read what is disclosed: everything, with the secret, or some fields, with their salts."""
    secret: bytes | None = None
    match told:
        case {"secret": bytes(secret), "values": [*values], **rest} if not rest:
            items: list[Any] = [[salt_of(secret, "field", n), v] for n, v in enumerate(values)]
            salt: bytes | None = salt_of(secret, "text")
        case {"fields": [*items], "text_salt": salt, **rest} if not rest:
            if salt is not None and (not isinstance(salt, bytes) or len(salt) != SALT_BYTES):
                raise Refused("the salt of the text has another length")
        case _:
            raise Refused("the certificate discloses nothing that can be read")
    if len(items) != len(FIELDS):
        raise Refused(f"the certificate has {len(items)} fields instead of {len(FIELDS)}")
    fields, hashes = {}, []
    for number, (name, item) in enumerate(zip(FIELDS, items, strict=True)):
        match item:
            case bytes() if _is_hash(item):
                hashes.append(item)
            case [bytes(own), value] if len(own) == SALT_BYTES:
                fields[name] = value
                hashes.append(commit("field", [own, number, value]))
            case _:
                raise Refused(f"the field {name!r} is neither disclosed nor withheld")
    return fields, hashes, secret, salt


def _recorded(signed: Signed, issued: int, keys: Keys) -> Head:
    match signed.unprotected.get(RECEIPTS):
        case [bytes(receipt)]:
            size, index, path = _proof(receipt, -1)
        case _:
            raise Refused("no receipt: nothing shows that the certificate is in the log")
    head = open_head(receipt, keys, root_of(leaf_hash(signed.entry), index, size, path))
    if head.size != size or head.time + SKEW_SECONDS < issued:
        raise Refused("the receipt is of another tree, or older than the certificate")
    return head


def open_head(data: bytes, keys: Keys, root: bytes | None = None) -> Head:
    """Check a signed tree head; `root` is given where the object leaves it out."""
    signed = open_signed(data, keys, HEAD, root)
    match signed.protected:
        case {395: 1, 15: {6: int(at)}, "size": int(size)} if size >= 0:
            return Head(size, signed.payload, at)
    raise Refused("not a head of an RFC 9162 log")


def check_growth(data: bytes, older: Head, keys: Keys) -> Head:
    """Check that a newer head, with its consistency proof, only added to an older one."""
    first, size, path = _proof(data, -2)
    head = open_head(data, keys)
    if (first, size) != (older.size, head.size):
        raise Refused("the consistency proof is about other heads")
    check_consistency(first, older.root, size, head.root, path)
    return head


def _proof(data: bytes, kind: int) -> tuple[int, int, list[bytes]]:
    match _take_apart(data)[1].get(VDP):
        case dict(proofs) if isinstance(proofs.get(kind), list):
            match [decode(raw) for raw in proofs[kind] if isinstance(raw, bytes)]:
                case [[int(one), int(two), [*path]]] if all(map(_is_hash, path)):
                    return one, two, path
    raise Refused("the proof is missing or cut off")


def _is_hash(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == _HASH_BYTES


def check_text(opened: Opened, text: str) -> list[tuple[int, int]]:
    """Check that a text is the certified one; return the spans of its NFC that are certified."""
    if len(text) > LARGEST_TEXT:
        raise Refused(f"the text is longer than {LARGEST_TEXT} characters")
    if "text" not in opened.fields or opened.text_salt is None:
        raise Refused("the certificate withholds what comparing a text needs")
    raw = text_bytes(text)
    if commit("text", [opened.text_salt, raw]) != opened.fields["text"]:
        raise Refused("the text is not the certified one")
    return outside(echoed(opened), len(raw.decode("utf-8", "surrogatepass")))


def echoed(opened: Opened) -> list[tuple[int, int]]:
    """Return the spans that stood in the prompt: recorded, and certified by nobody."""
    match opened.fields.get("echoed"):
        case [*flat] if all(type(n) is int for n in flat) and not len(flat) % 2:
            return list(zip(flat[::2], flat[1::2], strict=True))
    raise Refused("the certificate withholds what stood in the prompt")


def outside(spans: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Return what the spans leave of a text."""
    starts = [0, *(end for _, end in spans)]
    ends = [*(start for start, _ in spans), length]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def check_excerpt(data: bytes, keys: Keys, *, now: float | None = None) -> tuple[Opened, Pieces]:
    """Check that pieces belong to a certified text; the rest of it is not needed.

    Returns the certificate, and of each piece its first character, its text, and whether it is
    certified: False where it touches what stood in the prompt.
    """
    match decode(data):
        case {"certificate": bytes(inner), "chunks": [*chunks], **rest} if not rest and chunks:
            opened = open_certificate(inner, keys, now=now)
        case _:
            raise Refused("not an excerpt")
    return opened, [_piece(opened, chunk) for chunk in chunks]


def _piece(opened: Opened, chunk: Any) -> tuple[int, str, bool]:  # noqa: ANN401 (anything at all)
    match chunk, opened.fields.get("chunks"):
        case [int(index), int(start), bytes(salt), bytes(raw), [*path]], [int(count), root]:
            leaf = leaf_hash(encode([salt, start, raw]))
            if not all(map(_is_hash, path)) or root_of(leaf, index, count, path) != root:
                raise Refused("a piece is not part of the certified text")
            text = raw.decode("utf-8", "surrogatepass")
            spans = echoed(opened)
            free = all(end <= start or start + len(text) <= begin for begin, end in spans)
            return start, text, free
    raise Refused("not an excerpt, or one that withholds its certificate's chunks")


def open_revoked(data: bytes, keys: Keys) -> dict[str, str]:
    """Check a signed list of revocations; return reasons by the certificates' ids."""
    match decode(open_signed(data, keys, REVOKED).payload):
        case {"time": int(), "revoked": dict(listed)}:
            return {str(name): str(reason) for name, reason in listed.items()}
    raise Refused("not a list of revocations")


def main(words: Sequence[str] | None = None) -> int:
    """Check files; 0 if all is good, 1 if something is refused."""
    parser = argparse.ArgumentParser(description="Check certificates of upright offline.")
    parser.add_argument("file", type=Path, help="certificate, excerpt or log head")
    parser.add_argument("--keys", type=Path, required=True, help="the issuer's public keys, PEM")
    parser.add_argument("--text", type=Path, help="the text that the certificate is for")
    parser.add_argument("--revoked", type=Path, help="the issuer's signed list of revocations")
    parser.add_argument("--older", type=Path, help="an older log head, kept by you")
    told = parser.parse_args(words)
    given = {name: path for name, path in vars(told).items() if path is not None}
    try:
        report = check(**{name: path.read_bytes() for name, path in given.items()})
    except (Refused, OSError) as error:
        report = {"refused": error}
    sys.stdout.write("".join(f"{name}: {value}\n" for name, value in report.items()))
    return 1 if "refused" in report else 0


def check(file: bytes, keys: bytes, **others: bytes) -> dict[str, Any]:
    """Check the contents of files, and return what they show, for people to read."""
    trusted = read_keys(keys)
    if "older" in others:
        head = check_growth(file, open_head(others["older"], trusted), trusted)
        return {"log": "contains the older one", "size": head.size, "root": head.root.hex()}
    whole = file.startswith(b"\xd2")
    opened, pieces = (
        (open_certificate(file, trusted), []) if whole else check_excerpt(file, trusted)
    )
    revoked = open_revoked(others["revoked"], trusted) if "revoked" in others else {}
    if opened.id in revoked:
        raise Refused(f"the certificate was revoked: {revoked[opened.id]}")
    report: dict[str, Any] = {"certificate": opened.id}
    for name, value in opened.fields.items():
        report[name] = value.hex() if isinstance(value, bytes) else value
    if opened.head is not None:
        report["in the log"] = f"among {opened.head.size}, at {opened.head.time}"
    if "text" in others:
        spans = check_text(opened, _utf8(others["text"], "the text"))
        report["certified"] = spans or "nothing: all of it stood in the prompt"
    for start, piece, free in pieces:
        report[f"from {start}"] = f"{piece!r}" + ("" if free else " (stood in the prompt)")
    return report


if __name__ == "__main__":
    sys.exit(main())
