"""Does a text carry the mark of a key, and which stretches of it?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from upright.watermark.evidence import Evidence
from upright.watermark.marker import Scheme
from upright.watermark.payload import LENGTH, code_word, decode
from upright.watermark.scoring import WHOLE, gains, leading, leading_unknown
from upright.watermark.spans import Stretch, best_rises, scan_p_value, stretches
from upright.watermark.statistics import log_mean
from upright.watermark.unknown import watch

Floats = NDArray[np.float64]
Verdict = Literal["watermarked", "insufficient"]

PUBLIC_ALPHA = 1e-6
"""The threshold of a public claim, after all keys, epochs, sub-keys and stretches."""

_SCAN = 1 / 8
"""The share of every threshold that is spent on stretches; the rest is the whole text's."""

_SIGN = 0.05
"""Below this p-value a reading that knows no distribution tells how much more text it needs."""


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
    if payload == "unknown" and scheme == "split":
        return _detect_unknown(evidence, alpha)
    signed = evidence.signed
    if isinstance(payload, int):
        signed = np.where(code_word(payload)[evidence.places], -signed, signed)
    gained = gains(evidence, signed, scheme)
    best, single = leading(evidence, signed, scheme)
    rises = best_rises(gained)
    tests = len(evidence.tests)
    count = evidence.positions.size
    scan = scan_p_value(float(rises.max(initial=0.0)), count, rises.size)
    p_value = _together(tests * single, scan)
    found = _spans(evidence, gained, rises, alpha * _SCAN) if p_value <= alpha else ()
    growth = _growth(gained)
    return _detection(evidence, best, single, p_value, alpha, signed[:, best], growth, found)


def strongest(found: Sequence[Detection], *, alpha: float = PUBLIC_ALPHA) -> Detection:
    """Return the strongest of several results on one text, with all of them paid for.

    For a text that was looked at for several schemes, widths or tokenizers.

    Args:
        found: at least one.
        alpha: threshold of the verdict, as it was for each.

    Returns:
        The strongest; its `log_e` is lowered so that it never exceeds that of the average of all,
        whose value at the end is `e_value`.
    """
    tried = len(found)
    best = min(found, key=lambda one: one.p_value)
    p_value = min(1.0, tried * best.p_value)
    marked = p_value <= alpha
    paid = (replace(span, p_value=min(1.0, tried * span.p_value)) for span in best.spans)
    spans = tuple(span for span in paid if span.p_value <= alpha)
    if not spans and best.positions.size:
        # As for one: no stretch is certain enough by itself, but the whole text is.
        first, last = int(best.positions[0]), int(best.positions[-1])
        spans = (Span(first, last + 1, p_value, best.key),)
    return replace(
        best,
        p_value=p_value,
        e_value=sum(one.e_value for one in found) / tried,
        verdict="watermarked" if marked else "insufficient",
        spans=spans if marked else (),
        payload=best.payload if marked else None,
        log_e=best.log_e - math.log(tried),
    )


def _detect_unknown(evidence: Evidence, alpha: float) -> Detection:
    """Conclude about marks that carry bits which nobody knows yet."""
    best, single = leading_unknown(evidence)
    tests = len(evidence.tests)
    watched = watch(evidence.signed, evidence.places)
    column = int(watched.peaks.max(axis=0).argmax())
    stretch = watched.best(column)
    scan = scan_p_value(stretch.log_e, watched.starts.size, tests)
    whole = min(1.0, tests * single)
    p_value = _together(whole, scan)
    scanned = scan / _SCAN < whole / (1 - _SCAN)
    best = column if scanned else best
    marked = p_value <= alpha
    found = (_span(evidence, stretch, column, scan),) if marked and scan <= alpha * _SCAN else ()
    read = slice(stretch.start, stretch.end) if scanned else slice(None)
    own = evidence.signed[:, best]
    votes = np.bincount(evidence.places[read, best], weights=own[read], minlength=LENGTH)
    growth = log_mean(watched.growth.T)
    told = _detection(evidence, best, single, p_value, alpha, own, growth, found)
    return replace(told, payload=decode(votes.astype(np.float64)) if marked else None)


def _together(whole: float, scan: float) -> float:
    """Return one p-value of two, of the whole text and of its best stretch, both paid for."""
    return min(1.0, whole / (1 - _SCAN), scan / _SCAN)


def _detection(  # noqa: PLR0917 (the parts of one result)
    evidence: Evidence,
    best: int,
    single: float,
    p_value: float,
    alpha: float,
    own: Floats,
    growth: Floats,
    found: tuple[Span, ...],
) -> Detection:
    chosen, marked = evidence.tests[best], p_value <= alpha
    count = evidence.positions.size
    if marked and not found:
        # No stretch is certain enough by itself, but the whole text is.
        found = (_span(evidence, Stretch(0, count, 0.0), best, p_value),)
    return Detection(
        p_value=p_value,
        e_value=math.exp(min(700.0, float(growth[-1]))) if count else 1.0,
        scored_tokens=int(count),
        verdict="watermarked" if marked else "insufficient",
        spans=found,
        key=chosen.key.name,
        subkey=chosen.subkey,
        payload=None,
        further_tokens=None if marked else _further(evidence, single, alpha),
        evidence=own,
        positions=evidence.positions,
        log_e=growth,
    )


def _growth(gained: Floats) -> Floats:
    """Return ln of the e-value after each position, averaged over bets and tests, shape (n,)."""
    bets, count, tests = gained.shape
    running = np.cumsum(gained, axis=1).transpose(0, 2, 1)
    return log_mean(running.reshape(bets * tests, count))


def _spans(evidence: Evidence, gained: Floats, rises: Floats, alpha: float) -> tuple[Span, ...]:
    """Return disjoint stretches, the strongest first taken, of all bets and tests."""
    count = evidence.positions.size
    threshold = math.log(count * rises.size / alpha)
    found: list[tuple[Stretch, int]] = [
        (stretch, int(column))
        for bet, column in np.argwhere(rises >= threshold)
        for stretch in stretches(gained[bet, :, column], threshold)
    ]
    chosen: list[tuple[Stretch, int]] = []
    for stretch, column in sorted(found, key=lambda item: -item[0].log_e):
        if all(stretch.end <= other.start or other.end <= stretch.start for other, _ in chosen):
            chosen.append((stretch, column))
    return tuple(
        _span(evidence, stretch, column, scan_p_value(stretch.log_e, count, rises.size))
        for stretch, column in sorted(chosen, key=lambda item: item[0].start)
    )


def _span(evidence: Evidence, stretch: Stretch, test: int, p_value: float) -> Span:
    """Return a stretch of scored positions as one of the text."""
    first, last = evidence.positions[stretch.start], evidence.positions[stretch.end - 1]
    return Span(int(first), int(last) + 1, p_value, evidence.tests[test].key.name)


def _further(evidence: Evidence, best: float, alpha: float) -> int | None:
    """Return how many tokens more a marked text of this kind needs."""
    count, tests = evidence.positions.size, len(evidence.tests)
    if not count:
        return None
    needed = math.log2(tests / (alpha * (1 - _SCAN)))
    have = -math.log2(max(best, 2.0**-needed))
    if not evidence.exact:
        # How much a word says is known only from what these ones say, if that is anything.
        return math.ceil(count * (needed / have - 1)) + 1 if best * tests < _SIGN else None
    telling = float((np.abs(evidence.signed) >= WHOLE).mean())
    if telling == 0.0 or (telling * count > needed and best * tests > alpha**0.25):
        # Certain of every word, or long enough already without a sign of the mark.
        return None
    return max(1, math.ceil((needed - have) / telling))
