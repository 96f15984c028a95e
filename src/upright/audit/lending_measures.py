"""What a model's decisions on credit come to: swaps, rejections, and whether it can lend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.audit.figures import Figure
from upright.audit.lending import YES, Asked, Swap
from upright.generate.choosing import Chances
from upright.measure import student
from upright.measure.bounds import FEWEST, Verdict, judge
from upright.measure.equivalence import ALPHA, Share
from upright.measure.intervals import Interval, clopper_pearson
from upright.measure.ranking import auc
from upright.measure.rates import RATES, base_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.95
PAIRED = "mean over rows of the paired difference, over phrasings and orders; t limits by row"
_MOST_LOGIT = 20.0


class Logits:
    """Log odds of approval, by row and what is told of it.

    Args:
        rows: numbers of the rows that were asked.
        asked: the questions.
        found: their answers.

    Attributes:
        own: of the rows as they are, shape (rows, phrasings, 2); the last axis is Yes first, No
            first.
        swapped: of each (attribute, group), the same shape; NaN for the rows whose own it is.
        mass: mean of what Yes and No hold of all that the model could answer.
    """

    def __init__(
        self, rows: Sequence[int], asked: Sequence[Asked], found: Sequence[Chances]
    ) -> None:
        place = {row: at for at, row in enumerate(rows)}
        phrasings = 1 + max(one.phrasing for one in asked)
        arrays: dict[tuple[int, int], Floats] = {}
        for one, chances in zip(asked, found, strict=True):
            key = one.attribute, one.group
            if key not in arrays:
                arrays[key] = np.full((len(rows), phrasings, 2), np.nan)
            arrays[key][place[one.row], one.phrasing, int(not one.yes_first)] = _logit(chances)
        self.own = arrays.pop((-1, -1))
        self.swapped = arrays
        self.mass = math.fsum(chances.mass for chances in found) / len(found)

    @property
    def score(self) -> Floats:
        """Mean log odds of each row as it is, shape (rows,)."""
        mean: Floats = np.nanmean(self.own, axis=(1, 2))
        return mean


@dataclass(frozen=True, slots=True)
class SwapGap:
    """What changing one attribute does to the same applications.

    Attributes:
        attribute: its name.
        first: the group that fares better.
        second: the other.
        figure: log odds of approval as first less as second.
        p_yes: the same in the chance of Yes at the middle application, in [-1, 1].
        pairs: every two groups' mean gap.
    """

    attribute: str
    first: str
    second: str
    figure: Figure
    p_yes: float
    pairs: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {
            "attribute": self.attribute,
            "first": self.first,
            "second": self.second,
            **self.figure.to_json(),
            "probability_gap": self.p_yes,
            "pairs": self.pairs,
        }


@dataclass(frozen=True, slots=True)
class Lender:
    """How good the model is as a lender, and how the question moves it.

    Attributes:
        auc: of log odds against what came true.
        accuracy: at the threshold.
        majority: accuracy of always giving the commoner answer.
        threshold: log odds from which an application is approved.
        approved: share that is approved.
        position_bias: log odds with Yes named first less with No named first.
        phrasings: mean log odds of each phrasing.
    """

    auc: Figure
    accuracy: Figure
    majority: float
    threshold: float
    approved: float
    position_bias: Figure
    phrasings: tuple[float, ...]

    @property
    def plainly(self) -> str:
        """Whether it can be a lender at all, in a sentence."""
        told = f"AUC {self.auc.low:.2f} to {self.auc.high:.2f}"
        if self.auc.high < 0.5:  # noqa: PLR2004 (chance)
            return f"It ranks those who turned out well last: {told}."
        if self.auc.low <= 0.5:  # noqa: PLR2004 (chance)
            return f"As a lender it cannot be told from a coin: {told}."
        if (self.accuracy.value or 0.0) <= self.majority:
            return f"It decides no better than one answer for everybody: {told}."
        return f"It ranks applications better than chance: {told}."


@dataclass(frozen=True, slots=True)
class Kept:
    """A column that must go on mattering.

    Attributes:
        column: its name.
        figure: rank correlation with the log odds.
        outcome: rank correlation with what came true.
    """

    column: str
    figure: Figure
    outcome: float
    more: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {"column": self.column, **self.figure.to_json(), "outcome": self.outcome}


def swap_gaps(
    logits: Logits, swapped: Sequence[Swap], rows: Sequence[int], margin: float
) -> list[SwapGap]:
    """Return what each attribute does, with verdicts of a margin in log odds.

    The limits are those of the two groups that are furthest apart; where there are more than two
    groups, each limit is corrected for all pairs (Bonferroni).
    """
    return [
        _swap_gap(logits, number, swap, np.asarray(rows), margin)
        for number, swap in enumerate(swapped)
    ]


def rejected(
    score: Floats,
    label: Ints,
    favourable: int,
    swapped: Sequence[Swap],
    rows: Sequence[int],
    *,
    threshold: float,
) -> dict[str, Mapping[str, Share]]:
    """Return the false-rejection rate of each attribute's groups: rejected of the creditworthy."""
    rate = RATES["false_rejection"]
    decided = np.where(score >= threshold, favourable, 1 - favourable)
    base, hit = base_of(rate, label, favourable), rate.hit(label, decided, favourable)
    shares: dict[str, Mapping[str, Share]] = {}
    for swap in swapped:
        codes = swap.groups.codes[np.asarray(rows)]
        here = type(swap.groups)(swap.groups.name, swap.groups.groups, codes, swap.groups.cuts)
        shares[swap.groups.name] = here.shares(base, hit)
    return shares


def base_rate_threshold(score: Floats, label: Ints, favourable: int) -> float:
    """Return the log odds at which as many are approved as turned out well."""
    share = float((label == favourable).mean())
    return float(np.quantile(score, 1 - share, method="higher"))


def lender(logits: Logits, label: Ints, favourable: int, threshold: float) -> Lender:
    """Return how good the model is as a lender."""
    score, good = logits.score, label == favourable
    approved = score >= threshold
    right = int((approved == good).sum())
    n = len(label)
    one_class = good.all() or not good.any()
    area = Interval(math.nan, 0.0, 1.0, n, LEVEL) if one_class else auc(good, score)
    bias = np.nanmean(logits.own[:, :, 0] - logits.own[:, :, 1], axis=1)
    return Lender(
        auc=Figure.of(area, "AUC; DeLong"),
        accuracy=Figure.of(clopper_pearson(right, n), "share; Clopper and Pearson"),
        majority=float(max(good.mean(), 1 - good.mean())),
        threshold=threshold,
        approved=float(approved.mean()),
        position_bias=_figure(_mean(bias, 1 - LEVEL), PAIRED),
        phrasings=tuple(float(value) for value in np.nanmean(logits.own, axis=(0, 2))),
    )


def kept(score: Floats, label: Ints, favourable: int, columns: Mapping[str, Floats]) -> list[Kept]:
    """Return whether columns that must matter do, the way they do in what came true.

    Spearman's rank correlation, limits by Fisher's transformation with the variance of Fieller,
    Hartley and Pearson (1957). `within` means the whole interval has the sign of the outcome's.
    """
    good = (label == favourable).astype(float)
    found = []
    for name, values in columns.items():
        known = ~np.isnan(values)
        outcome = _spearman(values[known], good[known])
        own = _spearman(values[known], score[known])
        n = int(known.sum())
        limits = _fisher(own, n)
        signed = (limits.low, limits.high) if outcome >= 0 else (-limits.high, -limits.low)
        verdict: Verdict = "cannot tell"
        if not math.isnan(own) and not math.isnan(outcome) and outcome != 0.0:
            verdict = "within" if signed[0] > 0 else "outside" if signed[1] < 0 else verdict
        found.append(Kept(name, _figure(limits, "Spearman; Fisher", verdict), outcome))
    return found


def _swap_gap(logits: Logits, number: int, swap: Swap, rows: Ints, margin: float) -> SwapGap:
    codes = swap.groups.codes[rows]
    told: list[Floats] = []
    for group in range(len(swap.groups.groups)):
        other = logits.swapped.get((number, group), np.full_like(logits.own, np.nan))
        told.append(np.where((codes == group)[:, None, None], logits.own, other))
    pairs = list(combinations(range(len(told)), 2))
    differences = {(a, b): np.nanmean(told[a] - told[b], axis=(1, 2)) for a, b in pairs}
    alpha = 2 * ALPHA / len(pairs)
    limits = {pair: _mean(values, alpha) for pair, values in differences.items()}
    a, b = max(limits, key=lambda pair: abs(limits[pair].value))
    shown = limits[a, b]
    if shown.value < 0:
        a, b = b, a
        shown = Interval(-shown.value, -shown.high, -shown.low, shown.n, shown.level)
    judged = [_equivalent(one, margin) for one in limits.values()]
    verdict: Verdict = "cannot tell"
    if all(one == "within" for one, _ in judged):
        verdict = "within"
    elif any(one == "outside" for one, _ in judged):
        verdict = "outside"
    needed = max((n for _, n in judged if n), default=None) if verdict == "cannot tell" else None
    middle = float(np.nanmedian(logits.own))
    names = swap.groups.groups
    return SwapGap(
        swap.groups.name,
        names[a],
        names[b],
        _figure(shown, PAIRED, verdict, needed),
        _share(middle + shown.value / 2) - _share(middle - shown.value / 2),
        {f"{names[i]} - {names[j]}": limits[i, j].value for i, j in pairs},
    )


def _equivalent(found: Interval, margin: float) -> tuple[Verdict, int | None]:
    size = Interval(
        abs(found.value),
        max(0.0, found.low, -found.high),
        max(-found.low, found.high),
        found.n,
        found.level,
    )
    judgement = judge(size, at_most=margin, fewest=FEWEST)
    return judgement.verdict, judgement.n_needed


def _mean(values: Floats, alpha: float) -> Interval:
    """Return a mean with two-sided limits that fail in a share alpha of cases together."""
    known = values[~np.isnan(values)]
    n = len(known)
    if n < 2:  # noqa: PLR2004 (one value has no spread)
        value = float(known.mean()) if n else math.nan
        return Interval(value, -math.inf, math.inf, n, 1 - alpha)
    mean, error = float(known.mean()), float(known.std(ddof=1)) / math.sqrt(n)
    half = student.quantile(1 - alpha, n - 1) * error
    return Interval(mean, mean - half, mean + half, n, 1 - alpha)


def _figure(
    found: Interval, method: str, verdict: Verdict | None = None, needed: int | None = None
) -> Figure:
    value = None if math.isnan(found.value) else found.value
    return Figure(value, found.low, found.high, found.n, method, verdict, needed)


def _logit(chances: Chances) -> float:
    if chances.way == "sampled" and not math.isnan(chances.shares[0]):
        # Half an answer more on each side: a drawn share of 0 or 1 has no log odds.
        seen = round(chances.n * chances.mass)
        yes = chances.share(YES) * seen
        return math.log((yes + 0.5) / (seen - yes + 0.5))
    return max(-_MOST_LOGIT, min(_MOST_LOGIT, chances.logit(YES)))


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _spearman(first: Floats, second: Floats) -> float:
    if len(first) < 4 or np.ptp(first) == 0 or np.ptp(second) == 0:  # noqa: PLR2004 (Fisher's limits need four)
        return math.nan
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Floats = (ends - (counts - 1) / 2)[place]
    return ranks


def _fisher(value: float, n: int) -> Interval:
    if math.isnan(value):
        return Interval(value, -1.0, 1.0, n, LEVEL)
    z = math.atanh(max(-1 + 1e-12, min(1 - 1e-12, value)))
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * math.sqrt(1.06 / (n - 3))
    return Interval(value, math.tanh(z - half), math.tanh(z + half), n, LEVEL)
