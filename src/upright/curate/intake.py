"""Make shards of all inputs; what is not JSON lines is written as such into the work folder."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from upright.curate.curation import WORK, Curation
from upright.curate.errors import InputError
from upright.curate.inputs import Input, Plan, cut_lines, find_inputs
from upright.curate.kinds import Kind, packing
from upright.curate.lines import written
from upright.curate.reading import Read, records_of
from upright.curate.shards import SIZE, Reject, Shard
from upright.jobs import Outcome, Task, Work
from upright.jobs.task import Function
from upright.terms import digest

STDIN = "-"
RECEIVED = "received"
_GROUP = 64


def take_in(curation: Curation) -> Plan:
    """Return the shards of all inputs, in their order.

    Raises:
        InputError: for an input that is not there, or is nothing upright reads.
        NoSpaceError: if the disk is full.
    """
    _refuse_own(curation)
    found = find_inputs([_received(curation, path) for path in curation.inputs])
    inputs = [item for item in found if not _is_ours(curation, item)]
    groups = list(_groups(inputs))
    work = Work("intake", f"{__name__}:converting", {"size": SIZE}, "1")
    tasks = {
        number: _task(work, group) for number, group in enumerate(groups) if not _as_it_is(group[0])
    }
    made = dict(zip(tasks, curation.do(work, list(tasks.values())), strict=True))
    plan = Plan()
    for number, group in enumerate(groups):
        if number in made:
            _add(plan, group, made[number], curation)
        elif group[0].kind is None:
            plan.rejects.append(Reject(group[0].name, 0, 0, 0, "not a kind of file that is read"))
        else:
            cut_lines(group[0], plan)
    return plan


def _refuse_own(curation: Curation) -> None:
    """Refuse inputs that are results: nothing in the output folder is read."""
    output = curation.output.resolve()
    for path in curation.inputs:
        given = Path(path).resolve()
        inside = given.is_relative_to(output) and not given.is_relative_to(output / WORK)
        if path != STDIN and inside:
            raise InputError(
                f"{path}: lies in the output {curation.output}, where nothing is read",
                mend="name another folder with --output",
            )


def _received(curation: Curation, path: str) -> str:
    """Return a file's path; what comes on standard input is put into a file first."""
    if path != STDIN:
        return path
    file = received_file(curation)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        shutil.copyfileobj(sys.stdin.buffer, out)
    return str(file)


def received_file(curation: Curation) -> Path:
    """Return where that is which came on standard input."""
    return curation.store.folder / RECEIVED / "stdin.jsonl"


def _is_ours(curation: Curation, item: Input) -> bool:
    """Say whether a file is a result, found since the output lies in a folder that is read."""
    output, path = curation.output.resolve(), item.path.resolve()
    return path.is_relative_to(output) and not path.is_relative_to(output / WORK / RECEIVED)


def _as_it_is(item: Input) -> bool:
    return item.kind is None or (item.kind is Kind.LINES and not packing(item.path))


def _groups(inputs: list[Input]) -> Iterator[list[Input]]:
    """Yield inputs that are read together: a large one alone, small texts in a row."""
    group: list[Input] = []
    size = 0
    for item in inputs:
        length = item.path.stat().st_size if item.kind else 0
        alone = _as_it_is(item) or item.kind in {Kind.LINES, Kind.TABLE, Kind.PARQUET}
        if group and (alone or len(group) == _GROUP or size + length > SIZE):
            yield group
            group, size = [], 0
        if alone:
            yield [item]
        else:
            group.append(item)
            size += length
    if group:
        yield group


def _task(work: Work, group: list[Input]) -> Task:
    contents = []
    for item in group:
        with item.path.open("rb") as file:
            contents.append(hashlib.file_digest(file, "sha256").hexdigest())
    files = [[str(item.path.resolve()), item.name, item.kind] for item in group]
    key = work.key(digest([[item.name for item in group], contents]))
    return Task(key, {"files": files, "contents": contents})


def converting(spec: Mapping[str, Any]) -> Function:
    """Build the step's function in a worker."""
    size = int(spec["size"])

    def perform(payload: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        out = _Out(folder, size)
        for path, name, kind in payload["files"]:
            for found in records_of(Input(Path(path), name, Kind(kind))):
                out.add(name, found)
        return out.finish()

    return perform


class _Out:
    """Lines of JSON with a line of lineage for each, in parts of some size."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._size = size
        self._lines: list[bytes] = []
        self._origins: list[bytes] = []
        self._length = 0
        self._parts: list[dict[str, Any]] = []
        self._rejects: list[dict[str, Any]] = []

    def add(self, name: str, found: Read | Reject) -> None:
        """Take a record, or what is none."""
        if isinstance(found, Reject):
            self._rejects.append(asdict(found))
            return
        place = {"file": name, "line": found.line, "start": found.start, "end": found.end}
        text = found.fields.get("text")
        if not isinstance(text, str):
            why = "no string under `text`"
            self._rejects.append(asdict(Reject(name, found.line, found.start, found.end, why)))
            return
        own = found.fields.get("id")
        fields = found.fields if own not in {None, ""} else {**found.fields, "id": None}
        if fields["id"] is None:
            fields["id"] = f"{name}:{found.line}"
        line = written(fields)
        self._lines.append(line)
        self._origins.append(written(place))
        self._length += len(line) + 1
        if self._length >= self._size:
            self._flush()

    def finish(self) -> dict[str, Any]:
        """Write the rest; return what was written."""
        self._flush()
        return {"parts": self._parts, "rejects": self._rejects}

    def _flush(self) -> None:
        if not self._lines:
            return
        raw = b"\n".join(self._lines) + b"\n"
        number = len(self._parts)
        (self._folder / f"{number}.jsonl").write_bytes(raw)
        (self._folder / f"{number}.origins.jsonl").write_bytes(b"\n".join(self._origins) + b"\n")
        content = hashlib.sha256(raw).hexdigest()
        self._parts.append({"bytes": len(raw), "content": content, "lines": len(self._lines)})
        self._lines, self._origins, self._length = [], [], 0


def _add(plan: Plan, group: list[Input], outcome: Outcome, curation: Curation) -> None:
    """Add what became of some files."""
    if outcome.error:
        plan.damaged = True
        plan.rejects += [Reject(item.name, 0, 0, 0, outcome.error) for item in group]
        return
    rejects = [Reject(**reject) for reject in outcome.result["rejects"]]
    plan.rejects += rejects
    plan.damaged |= any("damaged" in reject.reason for reject in rejects)
    place = curation.store.place("intake", outcome.task.key)
    line = 1
    for number, part in enumerate(outcome.result["parts"]):
        file, origins = place / f"{number}.jsonl", place / f"{number}.origins.jsonl"
        name = group[0].name
        plan.shards.append(
            Shard(str(file), name, 0, part["bytes"], line, part["content"], str(origins))
        )
        line += part["lines"]
