"""Does a text carry the mark of a key, and which stretches of it?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from upright.watermark.evidence import Evidence
from upright.watermark.marker import Scheme
from upright.watermark.payload import LENGTH, code_word, decode
from upright.watermark.spans import Stretch, scan_p_value, stretches
from upright.watermark.statistics import (
    BETS,
    binomial_tail,
    erlang_tail,
    folded_tail,
    log_mean,
    log_unknown_bits,
    weighted_tail,
)

Floats = NDArray[np.float64]
Verdict = Literal["watermarked", "insufficient"]

PUBLIC_ALPHA = 1e-6
"""The threshold of a public claim, after all keys, epochs, sub-keys and stretches."""

_WHOLE = 1.0 - 1e-9
_POWERS = (2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text that is marked.

    Attributes:
        start: place of its first scored token in the text.
        end: one past its last.
        p_value: of the best such stretch anywhere in the text, for any key: the chance that a
            text without the mark shows one as good.
        key: name of the key.
    """

    start: int
    end: int
    p_value: float
    key: str


@dataclass(frozen=True, slots=True)
class Detection:
    """What a text says of some keys.

    Attributes:
        p_value: the chance that a text which does not depend on the keys says as much, after all
            keys, sub-keys and stretches; never null.
        e_value: averaged over keys and sub-keys; its mean is at most 1 for such a text, at every
            length, so that it may be watched while a text grows.
        scored_tokens: how many tokens were evidence.
        verdict: `watermarked` at or below the threshold, else `insufficient`.
        spans: the marked stretches, in order.
        key: name of the key that fits best.
        subkey: which of its sub-keys.
        payload: what the mark carries, if that was asked for and the text is marked.
        further_tokens: how many more tokens of the same kind a marked text would need; None where
            more would not help, or where nothing can be said.
        evidence: shape (n,), s of each scored token for the best test.
        positions: shape (n,), their places in the text.
        log_e: shape (n,), natural logarithm of the e-value after each.
    """

    p_value: float
    e_value: float
    scored_tokens: int
    verdict: Verdict
    spans: tuple[Span, ...]
    key: str
    subkey: int
    payload: int | None
    further_tokens: int | None
    evidence: Floats
    positions: NDArray[np.int64]
    log_e: Floats


def detect(
    evidence: Evidence,
    *,
    scheme: Scheme = "split",
    payload: int | Literal["unknown"] | None = None,
    alpha: float = PUBLIC_ALPHA,
) -> Detection:
    """Conclude from evidence.

    Args:
        evidence: from a `Reading`.
        scheme: whose mark is looked for.
        payload: the payload of the mark if it is known, `unknown` if it carries one, None if it
            carries none.
        alpha: threshold of the verdict.
    """
    unknown = payload == "unknown"
    signed = evidence.signed
    if isinstance(payload, int):
        signed = np.where(code_word(payload)[evidence.places], -signed, signed)
    gains = _gumbel_gains(evidence.uniform) if scheme == "gumbel" else _split_gains(signed)
    values = _p_values(evidence, signed, scheme, unknown=unknown)
    tests = len(evidence.tests)
    best = int(np.argmin(values))
    whole = min(1.0, tests * values[best])
    found = () if unknown else _spans(evidence, gains, alpha / 2)
    scan = 1.0 if unknown else _best_scan(gains, tests)
    p_value = whole if unknown else min(1.0, 2 * min(whole, scan))
    growth = _growth(gains)
    e_value = _unknown_e(evidence, signed) if unknown else _last(growth)
    marked = p_value <= alpha
    chosen = evidence.tests[best]
    places = evidence.places[:, best]
    votes = np.bincount(places, weights=signed[:, best], minlength=LENGTH).astype(np.float64)
    return Detection(
        p_value=p_value,
        e_value=math.exp(min(700.0, e_value)),
        scored_tokens=int(evidence.positions.size),
        verdict="watermarked" if marked else "insufficient",
        spans=(found or (_all(evidence, chosen.key.name, p_value),)) if marked else (),
        key=chosen.key.name,
        subkey=chosen.subkey,
        payload=decode(votes) if unknown and marked else None,
        further_tokens=None if marked else _further(evidence, values[best], alpha, tests),
        evidence=signed[:, best],
        positions=evidence.positions,
        log_e=growth,
    )


def _all(evidence: Evidence, key: str, p_value: float) -> Span:
    """Return the whole text as one stretch, where no part of it is certain enough by itself."""
    return Span(int(evidence.positions[0]), int(evidence.positions[-1]) + 1, p_value, key)


def _split_gains(signed: Floats) -> Floats:
    """Return ln(1 + λ s), shape (bets, n, tests)."""
    gains: Floats = np.log1p(np.array(BETS)[:, None, None] * signed[None])
    return gains


def _gumbel_gains(uniform: Floats) -> Floats:
    """Return ln(a u^(a - 1)) for some powers a, shape (powers, n, tests); each has mean 1."""
    powers = np.array(_POWERS)[:, None, None]
    gains: Floats = np.log(powers) + (powers - 1) * np.log(uniform[None])
    return gains


def _p_values(evidence: Evidence, signed: Floats, scheme: Scheme, *, unknown: bool) -> Floats:
    """Return the exact p-value of each test alone, shape (tests,)."""
    columns = range(len(evidence.tests))
    found = [_p_value(evidence, signed, scheme, column, unknown=unknown) for column in columns]
    return np.array(found)


def _p_value(
    evidence: Evidence, signed: Floats, scheme: Scheme, column: int, *, unknown: bool
) -> float:
    own = signed[:, column]
    if scheme == "gumbel":
        return erlang_tail(float(-np.log1p(-evidence.uniform[:, column]).sum()), own.size)
    whole = np.abs(own) >= _WHOLE if evidence.exact else np.ones(own.size, dtype=np.bool_)
    if unknown:
        places = evidence.places[whole, column]
        greens = np.bincount(places, weights=own[whole] > 0, minlength=LENGTH).astype(np.int64)
        return folded_tail(greens, np.bincount(places, minlength=LENGTH))
    if not evidence.exact:
        return weighted_tail(own)
    return binomial_tail(int((own[whole] > 0).sum()), int(whole.sum()))


def _growth(gains: Floats) -> Floats:
    """Return ln of the e-value after each position, averaged over bets and tests, shape (n,)."""
    bets, count, tests = gains.shape
    running = np.cumsum(gains, axis=1).transpose(0, 2, 1)
    return log_mean(running.reshape(bets * tests, count))


def _last(growth: Floats) -> float:
    return float(growth[-1]) if growth.size else 0.0


def _unknown_e(evidence: Evidence, signed: Floats) -> float:
    columns = range(len(evidence.tests))
    logs = [log_unknown_bits(signed[:, c], evidence.places[:, c], LENGTH) for c in columns]
    return float(log_mean(np.array(logs)))


def _best_scan(gains: Floats, tests: int) -> float:
    """Return the p-value of the best stretch over all starts, bets and tests."""
    nothing = np.zeros((gains.shape[0], 1, gains.shape[2]))
    sums = np.concatenate([nothing, np.cumsum(gains, axis=1)], axis=1)
    rise = float((sums - np.minimum.accumulate(sums, axis=1)).max())
    return scan_p_value(rise, gains.shape[1], tests * gains.shape[0])


def _spans(evidence: Evidence, gains: Floats, alpha: float) -> tuple[Span, ...]:
    bets, count, tests = gains.shape
    if not count:
        return ()
    threshold = math.log(count * bets * tests / alpha)
    found: list[tuple[Stretch, int]] = [
        (stretch, column)
        for column in range(tests)
        for bet in range(bets)
        for stretch in stretches(gains[bet, :, column], threshold)
    ]
    chosen: list[tuple[Stretch, int]] = []
    for stretch, column in sorted(found, key=lambda item: -item[0].log_e):
        if all(stretch.end <= other.start or other.end <= stretch.start for other, _ in chosen):
            chosen.append((stretch, column))
    return tuple(
        Span(
            start=int(evidence.positions[stretch.start]),
            end=int(evidence.positions[stretch.end - 1]) + 1,
            p_value=scan_p_value(stretch.log_e, count, bets * tests),
            key=evidence.tests[column].key.name,
        )
        for stretch, column in sorted(chosen, key=lambda item: item[0].start)
    )


def _further(evidence: Evidence, best: float, alpha: float, tests: int) -> int | None:
    """Return how many tokens more a marked text of this kind needs."""
    count = evidence.positions.size
    if not evidence.exact or not count:
        return None
    telling = float((np.abs(evidence.signed) >= _WHOLE).mean())
    needed = math.log2(2 * tests / alpha)
    if telling == 0.0 or (telling * count > needed and best * tests > alpha**0.25):
        # Certain of every word, or long enough already without a sign of the mark.
        return None
    have = -math.log2(max(best, 2.0**-needed))
    return max(1, math.ceil((needed - have) / telling))
