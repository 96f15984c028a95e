"""Reading the Gumbel-max mark of vLLM's own watermarking.

vLLM draws the token with the largest logit plus Gumbel noise, whose uniform numbers are Philox
4x32-10 of key, context and token; the evidence is the one of the scheme `gumbel`. Its context
are the last tokens of the response, and before the response's first token -1 stands.

Philox is no cryptographic function, as vLLM says itself: from marked texts the key may be
recovered. So upright reads this mark and does not make it.

Source: docs.vllm.ai v0.32, "Text watermarking"; the mapping of context and token to Philox's
counter ("philox4x32-10-v1") is vLLM's, checked against values of its release 0.32.0. Philox:
Salmon et al. 2011 (doi 10.1145/2063384.2063405).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from upright.terms import ConfigError
from upright.watermark.evidence import Evidence, Test
from upright.watermark.secret import EpochKey

Words = tuple[NDArray[np.uint64], ...]

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_OF_CONTEXTS, _OF_TOKENS = 0x574D4358, 0x574D544B
_BEFORE = 0xFFFFFFFF
_MANTISSA = 24


def vllm_evidence(
    key: int, tokens: Sequence[int], *, width: int = 4, dual: bool = False
) -> Evidence:
    """Return the evidence of a text for a key of vLLM, for `detect(…, scheme="gumbel")`.

    Args:
        key: the number that stands in vLLM's watermark configuration, below 2⁶⁴.
        tokens: ids of the response alone, by the tokenizer of the model that wrote it.
        width: its `context_width`.
        dual: whether its algorithm is `dual_key_gumbel`; both keys are looked for.

    Raises:
        ConfigError: for a key that vLLM does not take.
    """
    if not 0 <= key < 1 << 64:
        raise ConfigError("the key of vLLM's watermark is no number below 2**64", mend="0 to 2⁶⁴-1")
    contexts, positions = _contexts(tokens, width)
    texts = np.asarray(tokens, dtype=np.int64)[positions].astype(np.uint64)
    keys = [_derived(key, b"key_a"), _derived(key, b"key_b")] if dual else [key]
    uniform = np.stack([philox_uniform(one, contexts, texts) for one in keys], axis=1)
    name = EpochKey(tenant="vllm", epoch=0, context=b"", subkeys=())
    return Evidence(
        tests=tuple(Test(name, number) for number in range(len(keys))),
        positions=positions,
        signed=2 * uniform - 1,
        uniform=uniform,
        places=np.zeros(uniform.shape, dtype=np.int64),
        exact=False,
    )


def philox_uniform(
    key: int, contexts: NDArray[np.uint64], tokens: NDArray[np.uint64]
) -> NDArray[np.float64]:
    """Return vLLM's number in (0, 1) of one token in each context, shape (n,).

    Args:
        key: below 2⁶⁴.
        contexts: shape (n, width), 32-bit ids.
        tokens: shape (n,), 32-bit ids.
    """
    low, high = key & 0xFFFFFFFF, key >> 32
    count, width = contexts.shape
    state = _words(count, _OF_CONTEXTS, width, 0, 0)
    for offset in range(0, width, 4):
        part = list(contexts[:, offset : offset + 4].T)
        part += [_words(count, _BEFORE - at)[0] for at in range(len(part), 4)]
        mixed = tuple(word ^ own for word, own in zip(state, part, strict=True))
        state = _philox(mixed, *_words(count, low ^ offset, high))
    keys = _words(count, low, high ^ _OF_TOKENS)
    blocks = _philox((tokens >> np.uint64(2), *state[:3]), keys[0] ^ state[3], keys[1])
    chosen = np.stack(blocks, axis=1)[np.arange(count), (tokens & np.uint64(3)).astype(np.int64)]
    mantissas = (chosen >> np.uint64(32 - _MANTISSA)).astype(np.float64)
    # vLLM rounds to a 32-bit number here.
    return ((mantissas + 1) / ((1 << _MANTISSA) + 1)).astype(np.float32).astype(np.float64)


def _contexts(tokens: Sequence[int], width: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return each context once, with the place of the token after it."""
    padded = (_BEFORE,) * width + tuple(tokens)
    first: dict[tuple[int, ...], int] = {}
    for at in range(len(tokens)):
        first.setdefault(padded[at : at + width], at)
    contexts = np.array(list(first), dtype=np.uint64).reshape(-1, width)
    return contexts, np.array(list(first.values()), dtype=np.int64)


def _philox(counter: Words, low: NDArray[np.uint64], high: NDArray[np.uint64]) -> Words:
    for number in range(_ROUNDS):
        one, other = (
            multiplier * word for multiplier, word in zip(_MULTIPLIERS, counter[::2], strict=True)
        )
        keys = ((low + np.uint64(number * _WEYL[0])) & _LOW, high + np.uint64(number * _WEYL[1]))
        counter = (
            (other >> _HALF) ^ counter[1] ^ keys[0],
            other & _LOW,
            (one >> _HALF) ^ counter[3] ^ (keys[1] & _LOW),
            one & _LOW,
        )
    return counter


def _words(count: int, *values: int) -> Words:
    return tuple(np.full(count, value, dtype=np.uint64) for value in values)


def _derived(key: int, domain: bytes) -> int:
    return int.from_bytes(hashlib.sha256(domain + key.to_bytes(8, "big")).digest()[:8], "big")
