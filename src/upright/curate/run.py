"""Raw files in, a guarded corpus without twins out: the whole of `upright curate`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upright.curate import removal
from upright.curate.alone import alone
from upright.curate.bias import BiasCounts, card
from upright.curate.card import write_card
from upright.curate.corpus import Corpus, Part
from upright.curate.curation import Curation
from upright.curate.decisions import decide
from upright.curate.gone import Gone
from upright.curate.guarding import guard_work
from upright.curate.heldout_files import prepare
from upright.curate.inputs import Plan
from upright.curate.intake import take_in
from upright.curate.measuring import measure_content, measure_work
from upright.curate.output import Result, Summary, assemble, ledger_of, summarise
from upright.curate.shards import Reject, Shard
from upright.curate.writing import write_work
from upright.jobs import Outcome, Task, Work
from upright.terms import digest

_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Curated:
    """What a run did.

    Attributes:
        summary: what became of all records; the same for any number of workers.
        rejected: what could not be read, and why.
        samples: some entries of the ledger for each rule.
        removed: how many records stay out for each name that was taken out, by 64 bits of it.
    """

    summary: Summary
    rejected: list[dict[str, Any]]
    samples: dict[str, list[dict[str, Any]]]
    removed: Mapping[int, int]


def curate(curation: Curation, *, dry_run: bool = False) -> Curated:
    """Curate; with `dry_run` write no corpus, only say what each rule would do.

    Raises:
        ConfigError: for a policy without a guard, or a guard that cannot be built.
        InputError: for an input that is not there.
        BusyError: while another run writes into the same folder.
        NoSpaceError: if the disk is full; the next run goes on from there.
    """
    guard = guard_work(curation.policy)
    plan = take_in(curation)
    with alone(curation):
        return _curated(curation, guard, plan, dry_run=dry_run)


def _curated(curation: Curation, guard: Work, plan: Plan, *, dry_run: bool) -> Curated:
    parts = _measured(curation, plan, guard)
    corpus = Corpus(parts)
    gone = Gone.of(corpus, removal.removed_from(curation.output), curation.policy.curate.owner)
    decisions = gone.added_to(decide(curation, corpus, gone.passed()))
    results = _written(curation, plan, parts, decisions)
    summary = Summary(curation.policy.digest, guard.version, damaged=plan.damaged)
    rejected = summarise(summary, results, plan.rejects)
    if not dry_run:
        bias = _bias(results)

        def tell(folder: Path) -> None:
            write_card(folder, curation.policy, summary, bias)

        assemble(curation, summary, results, rejected, tell)
        removal.remember(curation)
        curation.forget()
    gone.wipe(curation)
    return Curated(summary, rejected, _samples(results), gone.counts())


def _measured(curation: Curation, plan: Plan, guard: Work) -> list[Part]:
    """Take all shards through guard and filters."""
    measure = measure_work(curation.policy.curate, prepare(curation))
    tasks = [Task(guard.key(shard.key), shard.payload()) for shard in plan.shards]
    guarded = _passed(plan, zip(plan.shards, curation.do(guard, tasks), strict=True))
    tasks = []
    for shard, outcome in guarded:
        effects = curation.store.place(guard.name, outcome.task.key)
        payload = {"shard": shard.payload(), "effects": str(effects)}
        tasks.append(Task(measure.key(measure_content(shard, outcome.result)), payload))
    folders = {task.key: Path(task.payload["effects"]) for task in tasks}
    shards = [shard for shard, _ in guarded]
    return [
        Part(
            shard,
            folders[outcome.task.key],
            curation.store.place(measure.name, outcome.task.key),
            digest([outcome.task.key, outcome.result["digest"]]),
        )
        for shard, outcome in _passed(plan, zip(shards, curation.do(measure, tasks), strict=True))
    ]


def _written(
    curation: Curation,
    plan: Plan,
    parts: Sequence[Part],
    decisions: Mapping[int, Mapping[str, Any]],
) -> list[Result]:
    """Have every shard written."""
    work = write_work(balance=curation.policy.curate.balance_gender)
    tasks = []
    for number, part in enumerate(parts):
        decided = dict(decisions.get(number, {}))
        payload = {
            "shard": part.shard.payload(),
            "effects": str(part.guarded),
            "measured": str(part.measured),
            "decisions": decided,
        }
        tasks.append(Task(work.key(digest([part.content, decided])), payload))
    outcomes = zip([part.shard for part in parts], curation.do(work, tasks), strict=True)
    return [
        Result(
            Path(outcome.task.payload["effects"]),
            curation.store.place(work.name, outcome.task.key),
            dict(outcome.result),
        )
        for _, outcome in _passed(plan, outcomes)
    ]


def _passed(plan: Plan, outcomes: Iterable[tuple[Shard, Outcome]]) -> list[tuple[Shard, Outcome]]:
    """Return what succeeded; what failed becomes a reject of the whole shard."""
    passed = []
    for shard, outcome in outcomes:
        if outcome.error:
            plan.damaged = True
            place = (shard.name, shard.line, shard.start, shard.end)
            plan.rejects.append(Reject(*place, outcome.error))
        else:
            passed.append((shard, outcome))
    return passed


def _bias(results: Sequence[Result]) -> dict[str, Any]:
    counts = BiasCounts()
    for result in results:
        counts.merge(result.counts["bias"])
    return card(counts)


def _samples(results: Sequence[Result]) -> dict[str, list[dict[str, Any]]]:
    """Return the first entries of the ledger for each rule."""
    samples: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        for entry in ledger_of(result):
            found = samples.setdefault(entry["rule"], [])
            if len(found) < _SAMPLES:
                found.append(entry)
    return dict(sorted(samples.items()))
