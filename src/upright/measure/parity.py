"""Whether groups have equal shares within a margin, and what it would take to tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from upright.measure.bounds import Verdict
from upright.measure.equivalence import (
    ALPHA,
    Share,
    check_margin,
    difference,
    equivalence_p,
    violation_p,
)
from upright.measure.intervals import Interval
from upright.measure.multiplicity import CORRECTIONS
from upright.measure.power import rows_needed

_PARTS = 10_000  # margins are told in ten-thousandths


@dataclass(frozen=True, slots=True)
class Difference:
    """Two groups of one attribute, compared.

    Attributes:
        first: name of the group.
        second: name of the other.
        interval: first minus second; each limit holds at one minus alpha.
        p_within: of "they differ by the margin or more".
        p_outside: of "they differ by the margin at most", corrected for all that were asked.
        verdict: of the margin.
        n_needed: rows of each group that would tell, or None where it is told.
    """

    first: str
    second: str
    interval: Interval
    p_within: float
    p_outside: float
    verdict: Verdict
    n_needed: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference among the groups of one attribute.

    Attributes:
        attribute: its name.
        interval: largest minus smallest share, with limits that hold at one minus alpha each
            whichever groups are furthest apart; n is the rows of the smallest group.
        differences: of each two groups.
        verdict: `within` only where all differences are, `outside` where any is.
        n_needed: rows of each group that would tell; None where it is told.
        smallest_margin: the smallest one that these rows certify; None where there is none.
    """

    attribute: str
    interval: Interval
    differences: tuple[Difference, ...]
    verdict: Verdict
    n_needed: int | None
    smallest_margin: float | None

    def of_group(self, group: str) -> tuple[Verdict, int | None]:
        """Return what is said of one group among the others, and the rows that would tell."""
        return _joined([d for d in self.differences if group in {d.first, d.second}])


def gaps(
    attributes: Mapping[str, Mapping[str, Share]],
    margin: float,
    *,
    alpha: float = ALPHA,
    correction: str = "holm",
) -> list[Gap]:
    """Judge all attributes of one rate.

    That all differences are within needs no correction: the claim is false only if one of them is,
    and that one has its own test (Berger 1982). That one is outside does.

    Args:
        attributes: shares of each group, by attribute.
        margin: the smallest difference that matters, in (0, 1).
        alpha: level of each claim.
        correction: `holm` or `bh`, over all differences of all attributes.

    Raises:
        ValueError: for a margin that is none.
        KeyError: for a correction that is none.
    """
    check_margin(margin)
    found = {
        name: [_compared(pair, groups, margin, alpha) for pair in combinations(groups, 2)]
        for name, groups in attributes.items()
    }
    adjusted = iter(
        CORRECTIONS[correction]([d.p_outside for pairs in found.values() for d in pairs])
    )
    judged: list[Gap] = []
    for name, groups in attributes.items():
        pairs = [_judged(pair, next(adjusted), groups, margin, alpha) for pair in found[name]]
        judged.append(_gap(name, groups, pairs, margin, alpha))
    return judged


def largest_difference(
    groups: Mapping[str, Share], pairs: Sequence[Difference] | None = None, alpha: float = ALPHA
) -> Interval:
    """Return the largest difference among groups with limits that hold at one minus alpha each.

    The pair that is furthest apart in truth has its own upper limit, so the largest of all needs
    no correction; the lower one is the largest of limits that hold at once (Bonferroni).

    Args:
        groups: their shares.
        pairs: their differences, where they are known already.
        alpha: how often each limit may fail.
    """
    n, level = min(share.n for share in groups.values()), 1 - 2 * alpha
    names = list(combinations(groups, 2))
    found = (
        [difference(groups[a], groups[b], level) for a, b in names]
        if pairs is None
        else [pair.interval for pair in pairs]
    )
    known = [one for one in found if not math.isnan(one.value)]
    if not known:
        return Interval(math.nan, 0.0, 1.0, n, level)
    low = 0.0
    for first, second in names:
        joint = difference(groups[first], groups[second], 1 - 2 * alpha / len(names))
        low = max(low, joint.low, -joint.high)
    high = max(max(-one.low, one.high) for one in found)
    return Interval(max(abs(one.value) for one in known), low, high, n, level)


def _compared(
    pair: tuple[str, str], groups: Mapping[str, Share], margin: float, alpha: float
) -> Difference:
    first, second = (groups[name] for name in pair)
    return Difference(
        *pair,
        interval=difference(first, second, 1 - 2 * alpha),
        p_within=equivalence_p(first, second, margin),
        p_outside=violation_p(first, second, margin),
        verdict="cannot tell",
    )


def _judged(
    pair: Difference, adjusted: float, groups: Mapping[str, Share], margin: float, alpha: float
) -> Difference:
    if pair.p_within <= alpha:
        verdict: Verdict = "within"
    else:
        verdict = "outside" if adjusted <= alpha else "cannot tell"
    needed = None
    if verdict == "cannot tell":
        needed = _needed([groups[pair.first], groups[pair.second]], margin, alpha)
    return replace(pair, p_outside=adjusted, verdict=verdict, n_needed=needed)


def _gap(
    name: str,
    groups: Mapping[str, Share],
    pairs: Sequence[Difference],
    margin: float,
    alpha: float,
) -> Gap:
    verdict, _ = _joined(pairs)
    known = [share for share in groups.values() if share.n]
    needed = None
    if verdict == "cannot tell":
        needed = _needed(list(groups.values()), margin, alpha)
    return Gap(
        name,
        largest_difference(groups, pairs, alpha),
        tuple(pairs),
        verdict,
        needed,
        _smallest(groups, pairs, alpha) if len(known) == len(groups) else None,
    )


def _smallest(
    groups: Mapping[str, Share], pairs: Sequence[Difference], alpha: float
) -> float | None:
    """Return the smallest margin, in ten-thousandths, within which all pairs are certified."""
    limits = [max(-pair.interval.low, pair.interval.high) for pair in pairs]

    def certified(margin: int) -> bool:
        # A pair whose limit is far below is certified too.
        share = margin / _PARTS
        tight = [p for p, limit in zip(pairs, limits, strict=True) if limit > share * 0.8]
        return all(equivalence_p(groups[p.first], groups[p.second], share) <= alpha for p in tight)

    # The exact test asks for a little more than the limits do: look just above them, then further.
    short, enough = math.ceil(max(limits, default=1.0) * _PARTS) - 1, 0
    step = 1
    while not enough:
        tried = short + step
        if tried >= _PARTS:
            return None
        if certified(tried):
            enough = tried
        else:
            short, step = tried, 2 * step
    while enough - short > max(1, enough // 100):
        middle = (short + enough) // 2
        short, enough = (short, middle) if certified(middle) else (middle, enough)
    return enough / _PARTS


def _joined(pairs: Sequence[Difference]) -> tuple[Verdict, int | None]:
    verdicts = {pair.verdict for pair in pairs}
    if "outside" in verdicts:
        return "outside", None
    if verdicts == {"within"}:
        return "within", None
    return "cannot tell", max((p.n_needed for p in pairs if p.n_needed), default=None)


def _needed(shares: Sequence[Share], margin: float, alpha: float) -> int | None:
    """Return how many rows each group needs.

    First as if the groups were equal in truth; where there are as many already, as if they
    differed as they do here.
    """
    total, found = sum(share.n for share in shares), sum(share.found for share in shares)
    if len(shares) < 2 or not total:  # noqa: PLR2004 (a pair)
        return None
    common = found / total
    smallest = min(share.n for share in shares)
    needed = rows_needed(common, margin, groups=len(shares), alpha=alpha)
    if needed is not None and needed > smallest:
        return needed
    values = [share.value for share in shares if share.n]
    gap = max(values) - min(values)
    if gap < margin:
        more = rows_needed(common, margin, gap=gap, alpha=alpha)
        return None if more is None or more <= smallest else more
    # Further apart than the margin: as many as would show that.
    return rows_needed(common, gap, gap=margin, alpha=alpha) if gap > margin else None
