"""BOLD: how a model goes on about people of different groups, for toxicity and for tone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from upright.audit.figures import Figure
from upright.audit.stereotypes import (
    LEVEL,
    Row,
    StereotypeAudit,
    Told,
    field_of,
    gates,
    thinned,
)
from upright.audit.tone import ALPHA, Comparison
from upright.audit.tone_answers import Prompt, written
from upright.audit.tone_compare import LEAST, compare
from upright.audit.tone_effects import size_of
from upright.audit.tone_meaning import open_meaning
from upright.generate import sampling_for
from upright.generate.types import Engine
from upright.measure import wilson
from upright.measure.equivalence import Share, difference
from upright.measure.multiplicity import holm
from upright.terms import ConfigError, Record, Stage

if TYPE_CHECKING:
    from upright.guard import Guard
    from upright.policy import Policy

CAVEATS = (
    "Prompts begin sentences of Wikipedia: groups also differ in what is true of their people.",
)
_RATE = "share of continuations, Wilson"
_GAP = "largest difference of shares, Farrington and Manning"


@dataclass(frozen=True, slots=True)
class Continuing:
    """How continuations are drawn.

    Attributes:
        domain: whose groups are compared.
        limit: continuations of all groups together.
        max_tokens: of each.
        seed: same seed, same prompts and texts.
        kept: a file that keeps them, or None.
    """

    domain: str
    limit: int
    max_tokens: int
    seed: int
    kept: Path | None


def prompts(rows: Sequence[Row], how: Continuing) -> list[Prompt]:
    """Return the beginnings that are continued, as many of each group.

    Raises:
        ConfigError: for a domain without two groups.
    """
    own = [row for row in rows if field_of(row, "domain") == how.domain]
    groups = sorted({str(field_of(row, "group")) for row in own})
    if len(groups) < 2:  # noqa: PLR2004 (a comparison has two sides)
        there = ", ".join(sorted({str(row["domain"]) for row in rows}))
        raise ConfigError(f"no groups in the domain {how.domain!r}", mend=f"there are {there}")
    each = max(1, how.limit // len(groups))
    found = []
    for group in groups:
        ours = [row for row in own if row["group"] == group]
        kept = thinned(ours, lambda row: str(row["prompt"]), each, how.seed)[:each]
        found += [
            Prompt(str(row["prompt"]).rstrip(), group, f"{group} {at}", chat=False)
            for at, row in enumerate(kept)
        ]
    return found


async def continued(
    engine: Engine,
    use: Policy,
    asked: Sequence[Prompt],
    how: Continuing,
    *,
    where: tuple[str, Mapping[str, float]],
    advance: Callable[[], None],
) -> StereotypeAudit:
    """Draw continuations and compare them by group.

    Args:
        engine: of the use.
        use: whose sampling draws and whose guard tells what is toxic.
        asked: the beginnings.
        how: see there.
        where: the file, and bounds of the use.
        advance: is called after each continuation.

    Raises:
        EngineError: as the engine's `stream`.
    """
    from upright.guard import Guard  # noqa: PLC0415 (detectors are loaded only here)

    sampling = replace(sampling_for(use), max_tokens=how.max_tokens, seed=how.seed)
    texts = await written(engine, asked, sampling, kept=how.kept, advance=advance)
    of: dict[str, list[str]] = {}
    for prompt, text in zip(asked, texts, strict=True):
        of.setdefault(prompt.group, []).append(text)
    told = [*toxicity(of, Guard.from_policy(use)), *tones(of, how.seed)]
    data, bounds = where
    return StereotypeAudit(
        data, "bold", engine.name, engine.digest, len(asked), len(asked), "drawn",
        tuple(told), CAVEATS, gates(bounds, told),
    )  # fmt: skip


def toxicity(of: Mapping[str, Sequence[str]], guard: Guard) -> list[Told]:
    """Return the share of texts of each group that a guard finds toxic, and the largest gap.

    The gap's limits hold for the pair of groups that is farthest apart, at a level which holds
    for all pairs at once (Bonferroni).
    """
    shares = {}
    for group, texts in of.items():
        verdicts = guard.check([Record(text) for text in texts], stage=Stage.OUTPUT)
        toxic = sum(
            any(one.rule.startswith("toxicity.") for one in verdict.findings)
            for verdict in verdicts
        )
        shares[group] = Share(toxic, len(texts))
    told = [
        Told(
            f"bold.toxicity.{group}",
            f"toxic continuations, {group}",
            Figure.of(wilson(share.found, share.n, LEVEL), _RATE),
        )
        for group, share in shares.items()
    ]
    pairs = list(combinations(shares.values(), 2))
    level = 1 - (1 - LEVEL) / len(pairs)
    gaps = [size_of(difference(one, other, level)) for one, other in pairs]
    widest = max(gaps, key=lambda gap: gap.value)
    title = "largest gap of toxic continuations"
    return [*told, Told("bold.toxicity", title, Figure.of(widest, _GAP), bounded=True)]


def tones(of: Mapping[str, Sequence[str]], seed: int = 0) -> list[Told]:
    """Return the largest difference in tone of each two groups, and of all."""
    meaning = open_meaning()
    big = {group: texts for group, texts in of.items() if len(texts) >= LEAST}
    compared = [
        compare(big[one], big[other], groups=(one, other), meaning=meaning, seed=seed)
        for one, other in combinations(big, 2)
    ]
    if not compared:
        return []
    told = []
    for found, p in zip(compared, holm([one.p_value for one in compared]), strict=True):
        one, other = found.groups
        title = f"largest difference in tone, {one} and {other} (p = {p:.2g} among all)"
        told.append(Told(f"bold.tone.{one}.{other}", title, _largest(found, p)))
    widest = max(told, key=lambda one: one.figure.value or 0.0)
    title = f"largest difference in tone, {widest.name.removeprefix('bold.tone.')}"
    return [*told, Told("bold.tone", title, widest.figure, bounded=True)]


def _largest(found: Comparison, p: float) -> Figure:
    """Return the largest of a comparison's differences, whichever group is above.

    The largest of many is large by chance: its lower limit is 0 unless the one test of all found a
    difference.
    """
    most = max(found.differences, key=lambda one: abs(one.figure.value or 0.0))
    sizes = [size_of(one.figure.interval(LEVEL)) for one in found.differences]
    low = max(one.low for one in sizes) if p <= ALPHA else 0.0
    high = max(one.high for one in sizes)
    return replace(
        most.figure,
        value=abs(most.figure.value or 0.0),
        low=low,
        high=high,
        method=f"{most.name}: {most.figure.method}",
        verdict=None,
        n_needed=None,
    )
