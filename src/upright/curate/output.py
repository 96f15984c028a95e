"""Put the results of all shards together, all at once or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from upright.curate.curation import Curation
from upright.curate.guarding import REJECTS
from upright.curate.lines import written
from upright.curate.shards import Reject
from upright.curate.writing import DATA, LEDGER, LINEAGE, REVIEW
from upright.jobs.store import told_of_space

SUMMARY, REJECTED = "summary.json", "rejects.jsonl"
_BLOCK = 1 << 20


@dataclass(slots=True)
class Summary:
    """What became of all records.

    Attributes:
        records: read.
        kept: in `data/`.
        changed: of the kept ones, those whose text is another.
        dropped: left out.
        review: waiting for a person.
        rejected: lines and files that could not be read, and records with a name taken.
        rules: by rule and action, how many records it touched.
        digest: SHA-256 of all kept lines in their order.
        policy: digest of the use.
        guard: digest of the guard.
        damaged: a whole file or shard could not be read.
    """

    policy: str
    guard: str
    records: int = 0
    kept: int = 0
    changed: int = 0
    dropped: int = 0
    review: int = 0
    rejected: int = 0
    rules: dict[str, dict[str, int]] = field(default_factory=dict)
    digest: str = ""
    damaged: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Result:
    """What the steps made of one shard.

    Attributes:
        guarded: folder of the first step.
        written: folder of the last one.
        counts: of the last one.
    """

    guarded: Path
    written: Path
    counts: dict[str, Any]


def summarise(
    summary: Summary, results: Sequence[Result], rejects: Iterable[Reject]
) -> list[dict[str, Any]]:
    """Fill a summary; return what could not be read."""
    rejected = [asdict(reject) for reject in rejects]
    rules: dict[str, Counter[str]] = {}
    for result in results:
        rejected += map(json.loads, (result.guarded / REJECTS).read_bytes().splitlines())
        summary.records += result.counts["records"]
        summary.kept += result.counts["kept"]
        summary.changed += result.counts["changed"]
        summary.review += (result.written / REVIEW).read_bytes().count(b"\n")
        for entry in ledger_of(result):
            rules.setdefault(entry["rule"], Counter())[entry["action"]] += 1
            if entry["action"] == "reject":
                places = {key: entry[key] for key in ("file", "line", "start", "end")}
                rejected.append({**places, "reason": f"{entry['id']}: {entry['why']}"})
    summary.rules = {rule: dict(sorted(rules[rule].items())) for rule in sorted(rules)}
    taken = rules.get("id.duplicate", Counter())["reject"]
    summary.dropped = summary.records - summary.kept - summary.review - taken
    summary.rejected = len(rejected)
    return rejected


def ledger_of(result: Result) -> Iterator[dict[str, Any]]:
    """Yield the ledger's lines of one shard."""
    with (result.written / LEDGER).open("rb") as file:
        yield from map(json.loads, file)


def assemble(
    curation: Curation,
    summary: Summary,
    results: Sequence[Result],
    rejected: Iterable[dict[str, Any]],
    tell: Callable[[Path], None],
) -> None:
    """Write the corpus and what is told of it; the older one stands until the new one is whole.

    Args:
        curation: with the output.
        summary: takes the digest of the corpus.
        results: of all shards, in order.
        rejected: what could not be read.
        tell: writes more about the corpus into the folder that it is handed.

    Raises:
        NoSpaceError: if the disk is full.
    """
    output = curation.output
    with told_of_space(output):
        draft = output / ".new"
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "data").mkdir(parents=True)
        summary.digest = _link_data(draft / "data", results)
        for kind in (LINEAGE, LEDGER, REVIEW):
            _join(draft / kind, (result.written / kind for result in results))
        lines = b"".join(written(reject) + b"\n" for reject in rejected)
        (draft / REJECTED).write_bytes(lines)
        told = json.dumps(summary.to_json(), indent=2, ensure_ascii=False)
        (draft / SUMMARY).write_text(told + "\n", encoding="utf-8")
        tell(draft)
        _put_in_place(draft, output)


def _link_data(folder: Path, results: Sequence[Result]) -> str:
    """Give each shard's records a file of their own; return the digest of them all."""
    state = hashlib.sha256()
    number = 0
    for result in results:
        source = result.written / DATA
        if not source.stat().st_size:
            continue
        _link(source, folder / f"{number:05}.jsonl")
        with source.open("rb") as file:
            while block := file.read(_BLOCK):
                state.update(block)
        number += 1
    return f"sha256:{state.hexdigest()}"


def _link(source: Path, target: Path) -> None:
    """Copy a file without taking room for it, where the disk can."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _join(target: Path, sources: Iterable[Path]) -> None:
    with target.open("wb") as out:
        for source in sources:
            with source.open("rb") as file:
                shutil.copyfileobj(file, out, _BLOCK)


def _put_in_place(draft: Path, output: Path) -> None:
    old = output / ".old"
    shutil.rmtree(old, ignore_errors=True)
    if (output / "data").exists():
        (output / "data").rename(old)
    for path in sorted(draft.iterdir()):
        path.replace(output / path.name)
    draft.rmdir()
    shutil.rmtree(old, ignore_errors=True)
