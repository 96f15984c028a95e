"""The first step: what the guard of the use makes of each record of a shard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from upright.curate.lines import Line, parse, written
from upright.curate.shards import Shard
from upright.guard import Guard
from upright.jobs import Work
from upright.jobs.task import Function
from upright.policy import Policy, UseCase
from upright.terms import Action, Finding, Record, Stage, Verdict

_BATCH = 64
_DROPPED = frozenset({Action.BLOCK, Action.REPLACE})
EFFECTS, REJECTS = "effects.jsonl", "rejects.jsonl"


def guard_work(policy: Policy) -> Work:
    """Return the step for a policy. Only its guard and its languages are part of the step's name.

    Raises:
        ConfigError: for a guard that cannot be built.
    """
    use = Policy(
        schema=1,
        use_case=UseCase(
            name="curate",
            purpose="Guards training data.",
            languages=policy.use_case.languages,
        ),
        guard=policy.guard,
        match=policy.match,
    ).beside(policy.folder)
    # Where the index of protected works lies; its content is part of the guard's digest.
    folder = str(Path(policy.folder).resolve()) if policy.match else ""
    spec = {"policy": use.model_dump_json(by_alias=True), "folder": folder}
    return Work("guard", f"{__name__}:guarding", spec, Guard.from_policy(use).digest)


def guarding(spec: Mapping[str, Any]) -> Function:
    """Build the step's function in a worker."""
    policy = Policy.model_validate_json(spec["policy"]).beside(spec["folder"])
    guard = Guard.from_policy(policy)

    def perform(payload: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        shard = Shard.of(payload)
        lines, rejects = parse(shard, shard.read())
        effects = b"".join(written(effect) + b"\n" for effect in _effects(guard, lines))
        (folder / EFFECTS).write_bytes(effects)
        (folder / REJECTS).write_bytes(b"".join(written(asdict(r)) + b"\n" for r in rejects))
        return {
            "records": len(lines),
            "rejects": len(rejects),
            "effects": hashlib.sha256(effects).hexdigest(),
        }

    return perform


def read_effects(folder: Path) -> dict[int, dict[str, Any]]:
    """Return what happens to records, by their place among the shard's records."""
    lines = (folder / EFFECTS).read_bytes().splitlines()
    return {effect["at"]: effect for effect in map(json.loads, lines)}


def _effects(guard: Guard, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    for begin in range(0, len(lines), _BATCH):
        batch = [Record(line.text, line.id) for line in lines[begin : begin + _BATCH]]
        for at, (record, verdict) in enumerate(
            zip(batch, guard.check(batch, Stage.DATA), strict=True), begin
        ):
            if verdict.outcomes or verdict.errors:
                yield _effect(at, record, verdict)


def _effect(at: int, record: Record, verdict: Verdict) -> dict[str, Any]:
    """Return what happens to a record: it goes, waits for a person, or leaves with this text."""
    effect: dict[str, Any] = {"at": at, "entries": [*_entries(verdict)]}
    if verdict.action in _DROPPED:
        effect["fate"] = "drop"
    elif verdict.action is Action.REVIEW:
        effect["fate"] = "review"
    elif verdict.text != record.text:
        effect["text"] = verdict.text
    return effect


def _entries(verdict: Verdict) -> Iterator[dict[str, Any]]:
    """Yield a line of the ledger for each rule and action."""
    found: dict[tuple[str, Action], list[Finding]] = {}
    for outcome in verdict.outcomes:
        if outcome.action is not Action.ALLOW:
            found.setdefault((outcome.finding.rule, outcome.action), []).append(outcome.finding)
        for action in outcome.observed:
            yield {"rule": outcome.finding.rule, "action": f"would {action.value}"}
    for (rule, action), findings in sorted(found.items(), key=lambda item: item[0]):
        entry: dict[str, Any] = {
            "rule": rule,
            "action": action.value,
            "count": len(findings),
            "severity": max(finding.severity for finding in findings),
        }
        # Which works a copy is of.
        if sources := sorted({finding.source for finding in findings if finding.source}):
            entry["sources"] = sources
        yield entry
    for error in verdict.errors:
        yield {"rule": error.rule, "action": error.action.value, "error": error.kind}
