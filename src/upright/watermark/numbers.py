"""Keyed random numbers for contexts and tokens.

A context (the last few tokens of a response) becomes a nonce of 96 bits by keyed BLAKE2b. A
sub-key then gives 32-bit numbers by AES-256 of the nonce and a block counter of 32 bits: four
tokens share a block, token v being the (v mod 4)-th big-endian number of block v div 4. So the
numbers of the whole vocabulary are one call in counter mode, and those of one token for many
contexts are one call too. The last block gives the coin and the place of a payload's bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from upright.watermark.secret import EpochKey

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.uint32]

NONCE = 12
_BLOCK = 16
_LAST_BLOCK = 0xFFFFFFFF
_SPAN = float(1 << 32)
_TOP, _LOW = np.uint32(24), np.uint32(0xFF)
# Up to here it is cheaper to ask for the candidates' own blocks than for the whole vocabulary's.
_FEW = 1024


@dataclass(frozen=True, slots=True)
class Coins:
    """What the last block of each context says.

    Attributes:
        upper: shape (n,), Boolean: draw from the upper half.
        places: shape (n,), 32-bit numbers: which bit of a payload the context carries.
    """

    upper: NDArray[np.bool_]
    places: Numbers


def nonces(key: EpochKey, tokens: Sequence[int], width: int) -> Bytes:
    """Return the nonces of all contexts, shape (len(tokens) - width, 12); none if it is short.

    Row i belongs to the token at `width + i`: its context are the `width` tokens before it.
    """
    raw = np.asarray(tokens, dtype="<u4").tobytes()
    count = max(0, len(tokens) - width)
    step, size = 4, 4 * width
    digests = [
        hashlib.blake2b(raw[at : at + size], key=key.context, digest_size=NONCE).digest()
        for at in range(0, step * count, step)
    ]
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(count, NONCE)


def nonce(key: EpochKey, context: Sequence[int]) -> bytes:
    """Return the nonce of one context."""
    raw = np.asarray(context, dtype="<u4").tobytes()
    return hashlib.blake2b(raw, key=key.context, digest_size=NONCE).digest()


def vocabulary_numbers(subkey: bytes, context: bytes, size: int) -> Numbers:
    """Return the numbers of the tokens 0 to size - 1 in one context, shape (size,).

    They are left as the cipher wrote them, most significant byte first, whatever the machine's
    own order is: see `top_bytes`.
    """
    start = context + bytes(_BLOCK - NONCE)
    zeros = _zeros(_BLOCK * -(-size // 4))
    # The cipher wants room for one more block, less a byte.
    stream = np.empty(len(zeros) + _BLOCK - 1, dtype=np.uint8)
    cipher = Cipher(algorithms.AES(subkey), modes.CTR(start)).encryptor()
    cipher.update_into(zeros, stream.data)
    return stream[: 4 * size].view(">u4")


def top_bytes(numbers: Numbers) -> Numbers:
    """Return the most significant byte of each number, shape (n,), without turning any over."""
    if numbers.dtype.isnative:
        return numbers >> _TOP
    return numbers.view(np.uint32) & _LOW


def candidate_numbers(subkey: bytes, context: bytes, tokens: NDArray[np.int64]) -> Numbers:
    """Return the numbers of candidates in one context, shape (n,), in any order of bytes.

    Args:
        subkey: of the response.
        context: its nonce.
        tokens: shape (n,), n > 0, rising.
    """
    size = int(tokens[-1]) + 1
    if tokens.size > _FEW:
        numbers = vocabulary_numbers(subkey, context, size)
        return numbers if tokens.size == size else numbers[tokens]
    rows = np.frombuffer(context * tokens.size, dtype=np.uint8).reshape(-1, NONCE)
    return token_numbers(subkey, rows, tokens)


def candidate_table(subkeys: Sequence[bytes], context: bytes, tokens: NDArray[np.int64]) -> Numbers:
    """Return the numbers of candidates for some sub-keys, shape (len(subkeys), n).

    Args:
        subkeys: of one epoch.
        context: a nonce of that epoch.
        tokens: shape (n,), n > 0, rising.
    """
    if tokens.size > _FEW:
        rows_ = [candidate_numbers(subkey, context, tokens) for subkey in subkeys]
        return np.array(rows_, dtype=np.uint32)
    rows = np.frombuffer(context * tokens.size, dtype=np.uint8).reshape(-1, NONCE)
    plain = _plain(rows, (tokens // 4).astype(np.uint32))
    blocks = b"".join(_encrypted(subkey, plain) for subkey in subkeys)
    numbers = np.frombuffer(blocks, dtype=">u4").reshape(len(subkeys), tokens.size, 4)
    return numbers[:, np.arange(tokens.size), tokens % 4].astype(np.uint32)


def token_numbers(subkey: bytes, contexts: Bytes, tokens: NDArray[np.int64]) -> Numbers:
    """Return the number of one token in each context, shape (n,)."""
    blocks = _blocks(subkey, contexts, (tokens // 4).astype(np.uint32)).view(">u4")
    return blocks[np.arange(tokens.size), tokens % 4].astype(np.uint32)


def coins(subkey: bytes, contexts: Bytes) -> Coins:
    """Return the coins of contexts."""
    last = np.full(len(contexts), _LAST_BLOCK, dtype=np.uint32)
    blocks = _blocks(subkey, contexts, last)
    places = blocks.view(">u4")[:, 1].astype(np.uint32)
    return Coins(upper=(blocks[:, 0] & 1).astype(np.bool_), places=places)


def coin(subkey: bytes, context: bytes) -> tuple[bool, int]:
    """Return what `coins` says of one context: the coin, and the place's number."""
    block = _encrypted(subkey, context + _LAST_BLOCK.to_bytes(_BLOCK - NONCE, "big"))
    return bool(block[0] & 1), int.from_bytes(block[4:8], "big")


def unit(numbers: Numbers) -> NDArray[np.float64]:
    """Return the numbers as values inside (0, 1)."""
    return (numbers.astype(np.uint32, copy=False).astype(np.float64) + 0.5) / _SPAN


@lru_cache(maxsize=4)
def _zeros(size: int) -> bytes:
    return bytes(size)


def _blocks(subkey: bytes, contexts: Bytes, counters: Numbers) -> Bytes:
    blocks = _encrypted(subkey, _plain(contexts, counters))
    return np.frombuffer(blocks, dtype=np.uint8).reshape(-1, _BLOCK)


def _plain(contexts: Bytes, counters: Numbers) -> bytes:
    plain = np.empty((len(contexts), _BLOCK), dtype=np.uint8)
    plain[:, :NONCE] = contexts
    plain[:, NONCE:] = counters.astype(">u4").view(np.uint8).reshape(-1, _BLOCK - NONCE)
    return plain.tobytes()


def _encrypted(subkey: bytes, plain: bytes) -> bytes:
    # Each block is encrypted once and stands for itself: a keyed function, not a message.
    cipher = Cipher(algorithms.AES(subkey), modes.ECB()).encryptor()  # noqa: S305 (see above)
    return cipher.update(plain)
