"""How well the guard ranks, sorts and marks what people have labelled, on what was held back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from _data import cited
from _guard_readings import Seen, seen
from _guard_rows import HEAD, at_least, drawn, fitted, held, told
from numpy.typing import NDArray

from upright.measure import Interval
from upright.measure.ranking import auc

OPENAI = "toxicity/openai_moderation.jsonl.gz"
DAVIDSON = "toxicity/davidson_tweets.jsonl.gz"
HATEXPLAIN = "toxicity/hatexplain_posts.jsonl.gz"
SPANS = "toxicity/toxic_spans.jsonl.gz"
_KINDS = ("S", "H", "V", "HR", "SH")
_CLASSES = ("hate_speech", "offensive_language", "neither")
_TUNED = 3_000
Floats = NDArray[np.float64]


def accuracy() -> list[str]:
    """Return the section."""
    data = ", ".join(map(cited, (OPENAI, DAVIDSON, HATEXPLAIN, SPANS)))
    return [
        f"Data: {data}; only the tenth of the groups that was held back from fitting. The scale",
        "and the thresholds of the heads were set on that tenth. A text is as high as its highest",
        "window. *Meant* is what `guard check --scores` gives, the highest kind of toxicity;",
        "*said* leaves out the model's opinion of how it is meant. AUC with DeLong's limits, the",
        "others by drawing the texts again.",
        "",
        *HEAD,
        *_openai(),
        *_davidson(),
        *_hatexplain(),
        *_toxic_spans(),
    ]


def ranked(positive: Sequence[bool], scores: Sequence[float]) -> Interval:
    """Return the area under the curve."""
    return auc(np.array(positive, dtype=np.bool_), np.array(scores, dtype=np.float64))


def openai() -> tuple[list[str], list[bool]]:
    """Return the held texts and whether people found any kind of harm in them."""
    rows = held(OPENAI, "text")
    return [row["text"] for row in rows], [any(row.get(k) == 1 for k in _KINDS) for row in rows]


def _openai() -> list[str]:
    texts, harmful = openai()
    read = seen(texts)
    return [
        at_least("OpenAI moderation, AUC, meant", 0.90, ranked(harmful, _each(read))),
        told("… highest kind, said", ranked(harmful, [max(item.raw[:7]) for item in read])),
        told("… head `toxic`, said", ranked(harmful, [item.head("toxic") for item in read])),
    ]


def _each(read: Sequence[Seen]) -> list[float]:
    return [item.toxic() for item in read]


def _davidson() -> list[str]:
    tuned, rows = fitted(DAVIDSON, "text")[:_TUNED], held(DAVIDSON, "text")
    hate, offensive = _best(_two(tuned), _labels(tuned))
    scores, labels = _two(rows), _labels(rows)
    found = _sorted(scores, hate, offensive)
    name = f"Davidson, macro-F1 of three classes (hate ≥ {hate:.2f}, toxic ≥ {offensive:.2f})"
    votes = [
        (row["votes_hate_speech"] + row["votes_offensive"]) / row["annotators"] for row in rows
    ]
    read = seen([row["text"] for row in rows])
    return [
        at_least(
            name, 0.75, drawn(lambda at: _macro(found[list(at)], labels[list(at)]), len(rows))
        ),
        *_spearman("Davidson", votes, read),
    ]


def _two(rows: Sequence[dict[str, Any]]) -> Floats:
    read = seen([row["text"] for row in rows])
    return np.array([[item.head("hate"), item.head("toxic")] for item in read])


def _labels(rows: Sequence[dict[str, Any]]) -> NDArray[np.int64]:
    return np.array([_CLASSES.index(row["label"]) for row in rows])


def _best(scores: Floats, labels: NDArray[np.int64]) -> tuple[float, float]:
    tried = [
        (float(hate), float(offensive))
        for hate in np.arange(0.1, 0.9, 0.025)
        for offensive in np.arange(0.1, 0.9, 0.025)
    ]
    return max(tried, key=lambda limits: _macro(_sorted(scores, *limits), labels))


def _sorted(scores: Floats, hate: float, offensive: float) -> NDArray[np.int64]:
    return np.where(scores[:, 0] >= hate, 0, np.where(scores[:, 1] >= offensive, 1, 2))


def _macro(found: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    values = []
    for label in range(len(_CLASSES)):
        right = ((found == label) & (labels == label)).sum()
        both = (found == label).sum() + (labels == label).sum()
        values.append(2 * right / both if both else 0.0)
    return float(np.mean(values))


def hatexplain() -> tuple[list[str], list[bool]]:
    """Return the held posts and whether most people called them toxic."""
    rows = held(HATEXPLAIN, "text")
    return [row["text"] for row in rows], [row["label"] != "normal" for row in rows]


def _hatexplain() -> list[str]:
    texts, toxic = hatexplain()
    read = seen(texts)
    return [
        at_least(
            "HateXplain, AUROC, head `toxic`, said",
            0.83,
            ranked(toxic, [item.head("toxic") for item in read]),
        ),
        told("… highest kind, meant", ranked(toxic, _each(read))),
    ]


def _toxic_spans() -> list[str]:
    rows = held(SPANS, "text")
    read = seen([row["text"] for row in rows])
    gold = [_gold(row) for row in rows]
    marked = [_f1(want, item.marked) for want, item in zip(gold, read, strict=True)]
    found = [_f1(want, item.found) for want, item in zip(gold, read, strict=True)]
    with_spans = [score for score, want in zip(marked, gold, strict=True) if want]
    votes = [row["annotators_with_spans"] / row["annotators"] for row in rows]
    return [
        at_least("Toxic Spans, mean F1 of characters, marked words", 0.55, _mean(marked)),
        told("… of posts in which people marked any", _mean(with_spans)),
        told("… spans of the shipped guard's findings", _mean(found)),
        *_spearman("Toxic Spans", votes, read),
    ]


def _gold(row: dict[str, Any]) -> set[int]:
    """Return the characters that at least half of those who marked any have marked."""
    people: dict[int, set[Any]] = {}
    for span in row["spans"]:
        for place in range(span["start"], min(span["end"], len(row["text"]))):
            people.setdefault(place, set()).add(span["annotator"])
    needed = row["annotators_with_spans"] / 2
    return {place for place, who in people.items() if len(who) >= needed}


def _f1(wanted: set[int], spans: Sequence[tuple[int, int]]) -> float:
    """Return the F1 of one post: 1 where nothing is wanted or found, 0 where only one is."""
    found = {place for start, end in spans for place in range(start, end)}
    if not wanted and not found:
        return 1.0
    return 2 * len(wanted & found) / (len(wanted) + len(found))


def _mean(values: Sequence[float]) -> Interval:
    numbers = np.array(values)
    return drawn(lambda at: float(numbers[list(at)].mean()), len(numbers))


def _spearman(name: str, votes: Sequence[float], read: Sequence[Seen]) -> list[str]:
    shares = np.array(votes)

    def correlated(scores: Sequence[float]) -> Interval:
        numbers = np.array(scores)
        return drawn(lambda at: spearman(shares[list(at)], numbers[list(at)]), len(numbers))

    title = f"{name}, Spearman of head `toxic` with the share of votes"
    return [
        at_least(title, 0.65, correlated([item.head("toxic") for item in read])),
        told("… of the highest kind, meant", correlated(_each(read))),
    ]


def spearman(one: Floats, other: Floats) -> float:
    """Return the correlation of ranks, ties in the middle."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks
