"""How many labels a chosen order saves against a random one: `python benchmarks/active.py`.

A person labels texts in batches; after each batch the small linear model of
`upright.train.active` is fitted on the labels so far and ranks texts that nobody chose from. Four
orders are compared on the same splits: by chance, by the disagreement of the committee (the
phrase tables and five linear models), by the uncertainty of one model, and half of each batch by
disagreement, half by chance. The trained guard model is no member here: it was fitted on these
texts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _data import cited, rows
from _results import record

from upright.measure.ranking import auc
from upright.train.active.choose import choose, committee
from upright.train.active.features import features
from upright.train.active.logistic import Floats, fit
from upright.train.active.members import opinion
from upright.train.guard.corpora import split_of
from upright.train.guard.examples import Example

SEEDS = 12
FIRST = 20
BATCH = 20
LAST = 240
POOL = 700
LEVEL = 0.95
RESAMPLED = 2_000


class Collection(NamedTuple):
    """A task.

    Attributes:
        title: for the report.
        file: where the texts come from.
        texts: as they came.
        labels: 0 or 1, shape (n,).
        features: shape (n, WIDTH).
        tables: what the phrase tables say, shape (n,).
        tested: how many texts nobody chooses from.
    """

    title: str
    file: str
    texts: list[str]
    labels: Floats
    features: NDArray[np.float32]
    tables: NDArray[np.bool_]
    tested: int


class Round(NamedTuple):
    """What a strategy sees before a batch: the places of the labelled and of the other texts."""

    data: Collection
    known: list[int]
    rest: list[int]
    seed: int


Strategy = Callable[[Round, int], list[int]]


def by_chance(now: Round, count: int) -> list[int]:
    """Choose with equal chances."""
    draw = np.random.default_rng([now.seed, len(now.known)])
    return [int(one) for one in draw.permutation(now.rest)[:count]]


def by_disagreement(now: Round, count: int) -> list[int]:
    """Choose as `upright train label next --no-model` does."""
    data = now.data
    said = committee(
        data.features[now.known],
        data.labels[now.known],
        data.features[now.rest],
        seed=now.seed,
    )
    votes = {f"linear {number}": one >= 0.5 for number, one in enumerate(said)}
    votes["tables"] = data.tables[now.rest]
    texts = [data.texts[place] for place in now.rest]
    chosen = choose(texts, votes, said.mean(axis=0), count)
    return [now.rest[one.index] for one in chosen]


def by_uncertainty(now: Round, count: int) -> list[int]:
    """Choose where one model is least certain (Lewis and Gale 1994)."""
    data = now.data
    model = fit(data.features[now.known], data.labels[now.known])
    distance = np.abs(model.probabilities(data.features[now.rest]) - 0.5)
    return [now.rest[place] for place in np.argsort(distance, kind="stable")[:count]]


def half_and_half(now: Round, count: int) -> list[int]:
    """Choose half by disagreement, the others by chance."""
    first = by_disagreement(now, count // 2)
    rest = [place for place in now.rest if place not in set(first)]
    return first + by_chance(now._replace(rest=rest), count - len(first))


STRATEGIES: dict[str, Strategy] = {
    "chance": by_chance,
    "disagreement": by_disagreement,
    "uncertainty": by_uncertainty,
    "half disagreement, half chance": half_and_half,
}


def main() -> None:
    """Measure, and write the figures into RESULTS.md."""
    counts = list(range(FIRST, LAST + 1, BATCH))
    lines = [
        (
            f"Mean AUC on texts that nobody chose from, over {SEEDS} seeds; each seed draws other "
            f"test texts, another pool of at most {POOL} and other first {FIRST} labels. Batches "
            f"of {BATCH}. *Saved* is 1 minus the share of labels with which the order first "
            f"reaches, on its mean curve, what chance reaches with {LAST}; limits by resampling "
            f"the seeds {RESAMPLED:,} times, at 95 %."
        ),
        "",
    ]
    for data in (surge(), davidson()):
        curves = {
            name: np.array([curve(data, strategy, seed) for seed in range(SEEDS)])
            for name, strategy in STRATEGIES.items()
        }
        lines += [f"**{data.title}**, {cited(data.file)}", "", *table(curves, counts), ""]
    record("Active annotation", lines)


def surge() -> Collection:
    """Social posts, toxic or not."""
    file = "toxicity/surge_social.jsonl.gz"
    found = [(row["text"], float(row["label"] == "Toxic")) for row in rows(file)]
    return _collection("Toxic posts", file, found, tested=300)


def davidson() -> Collection:
    """The tenth of the tweets that the guard model was not fitted on: hateful or offensive."""
    file = "toxicity/davidson_tweets.jsonl.gz"
    found = []
    for row in rows(file):
        example = Example(row["text"], {}, source="davidson_tweets", group=row["text"])
        if split_of(example) == "held":
            found.append((row["text"], float(row["label"] != "neither")))
    return _collection("Hateful or offensive tweets", file, found, tested=600)


def _collection(
    title: str, file: str, found: Sequence[tuple[str, float]], *, tested: int
) -> Collection:
    texts = [text for text, _ in found]
    tables = opinion(texts, "toxic", model=False)
    labels = np.array([label for _, label in found])
    return Collection(title, file, texts, labels, features(texts), tables, tested)


def curve(data: Collection, strategy: Strategy, seed: int) -> list[float]:
    """Return the AUC after the first labels and after each batch."""
    order = [int(one) for one in np.random.default_rng(seed).permutation(len(data.texts))]
    test, pool = order[: data.tested], order[data.tested : data.tested + POOL]
    known, rest = pool[:FIRST], pool[FIRST:]
    reached = []
    while True:
        model = fit(data.features[known], data.labels[known])
        scores = model.probabilities(data.features[test])
        reached.append(auc(data.labels[test] == 1, scores, LEVEL).value)
        if len(known) >= LAST:
            return reached
        chosen = strategy(Round(data, known, rest, seed), BATCH)
        known = known + chosen
        rest = [place for place in rest if place not in set(chosen)]


def table(curves: dict[str, Floats], counts: Sequence[int]) -> list[str]:
    """Return the learning curves and the labels saved, as Markdown."""
    shown = [place for place, n in enumerate(counts) if n in {20, 40, 80, 120, 160, 200, 240}]
    heads = [f"{counts[place]} labels" for place in shown]
    lines = [
        f"| Order | {' | '.join(heads)} | labels for the AUC of chance with {LAST} | saved |",
        f"|---|{'---:|' * (len(heads) + 2)}",
    ]
    for name, runs in curves.items():
        means = " | ".join(f"{runs[:, place].mean():.3f}" for place in shown)
        needed, saved = _needed(curves["chance"], runs, counts), _limits(curves, runs, counts)
        told = f"{needed:.0f}" if np.isfinite(needed) else f"more than {LAST}"
        lines.append(f"| {name} | {means} | {told} | {saved if name != 'chance' else '-'} |")
    return lines


def _needed(chance: Floats, runs: Floats, counts: Sequence[int]) -> float:
    """Return with how many labels the mean curve first reaches the last mean of chance."""
    # Summed in the same order, so that chance itself reaches its own mean.
    goal, means = chance.mean(axis=0)[-1], runs.mean(axis=0)
    for place, mean in enumerate(means):
        if mean >= goal:
            if place == 0:
                return float(counts[0])
            before = means[place - 1]
            return counts[place - 1] + BATCH * float((goal - before) / (mean - before))
    return float("inf")


def _limits(curves: dict[str, Floats], runs: Floats, counts: Sequence[int]) -> str:
    draw = np.random.default_rng(0)
    saved = []
    for _ in range(RESAMPLED):
        taken = draw.integers(SEEDS, size=SEEDS)
        saved.append(1 - _needed(curves["chance"][taken], runs[taken], counts) / LAST)
    # Where the goal is not reached at all nothing is saved; how much is lost is not known.
    low, high = np.quantile(np.maximum(saved, -0.01), [0.025, 0.975])
    value = 1 - _needed(curves["chance"], runs, counts) / LAST
    return f"{_share(value)} ({_share(low)} to {_share(high)})"


def _share(value: float) -> str:
    return f"{100 * value:.0f} %" if value >= 0 else "none"


if __name__ == "__main__":
    main()
