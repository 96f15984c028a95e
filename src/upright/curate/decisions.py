"""What is decided over all records at once: whose go, and what is cut from those that stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.curate.corpus import Corpus
from upright.curate.curation import Curation
from upright.curate.exposure import find_excess
from upright.curate.twins import find_twins

Entries = dict[int, dict[str, Any]]
"""By the number of a record, what the ledger says of it; `cuts` for what is cut."""


def decide(
    curation: Curation, corpus: Corpus, removed: Mapping[int, dict[str, Any]]
) -> dict[int, dict[str, dict[str, Any]]]:
    """Return by part, and in it by place, what is decided.

    Args:
        curation: with the policy.
        corpus: all records that guard and filters let through.
        removed: what the ledger says of those that somebody had taken out.
    """
    entries: Entries = {}
    alive = np.ones(len(corpus), np.bool_)
    _take(entries, alive, removed)
    _take(entries, alive, _same_ids(corpus, alive))
    _take(entries, alive, _twins(curation, corpus, alive))
    if curation.policy.curate.exposure is not None:
        for record, cuts in find_excess(curation, corpus, alive).items():
            entries[record] = {"cuts": cuts}
    return _by_part(corpus, entries)


def _take(entries: Entries, alive: NDArray[np.bool_], found: Mapping[int, dict[str, Any]]) -> None:
    entries |= found
    alive[list(found)] = False


def _same_ids(corpus: Corpus, alive: NDArray[np.bool_]) -> Entries:
    """Return the records whose id an earlier one has: which is meant nobody could say."""
    records = np.flatnonzero(alive)
    names = corpus.names[records]
    order = np.argsort(names, kind="stable")
    same = names[order][1:] == names[order][:-1]
    if not same.any():
        return {}
    doubtful = records[order[np.flatnonzero(np.append(same, False) | np.append(False, same))]]
    first: dict[str, int] = {}
    found: Entries = {}
    for record, told in corpus.read(doubtful.tolist()):
        if told.id and first.setdefault(told.id, record) != record:
            found[record] = {
                "step": "id",
                "rule": "id.duplicate",
                "action": "reject",
                "why": "an earlier record has the same id",
            }
    return found


def _twins(curation: Curation, corpus: Corpus, alive: NDArray[np.bool_]) -> Entries:
    twins = find_twins(corpus, alive, curation.policy.curate)
    names = corpus.ids({twin.kept for twin in twins.values()})
    return {
        record: {
            "step": "twin",
            "rule": "duplicate.exact" if twin.exact else "duplicate.near",
            "action": "drop",
            "kept": names[twin.kept],
            "similarity": round(twin.likeness, 6),
        }
        for record, twin in twins.items()
    }


def _by_part(
    corpus: Corpus, entries: Mapping[int, dict[str, Any]]
) -> dict[int, dict[str, dict[str, Any]]]:
    grouped: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for number, records in corpus.by_part(entries).items():
        for record in records:
            grouped[number][str(int(corpus.places[record]))] = entries[record]
    return dict(grouped)
