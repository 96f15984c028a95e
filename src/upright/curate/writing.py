"""The last step: the kept records of a shard, where each comes from, and why others are not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upright.curate.balance import is_turned, swapped
from upright.curate.bias import BiasCounts
from upright.curate.guarding import read_effects
from upright.curate.lines import Line, parse, written
from upright.curate.measuring import read_drops
from upright.curate.shards import Shard
from upright.jobs import Work
from upright.jobs.task import Function
from upright.match import words as normal

DATA, LINEAGE, LEDGER, REVIEW = "data.jsonl", "lineage.jsonl", "ledger.jsonl", "review.jsonl"
_KINDS = (DATA, LINEAGE, LEDGER, REVIEW)
_BATCH = 64


def write_work(*, balance: bool) -> Work:
    """Return the step; with `balance` every second record that names a gender names the other."""
    return Work("write", f"{__name__}:writing", {"balance": balance}, "1")


def writing(spec: Mapping[str, Any]) -> Function:
    """Build the step's function in a worker."""
    balance = bool(spec["balance"])

    def perform(payload: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        shard = Shard.of(payload["shard"])
        raw = shard.read()
        lines, _ = parse(shard, raw)
        out = _Out(shard, raw, lines, payload, balance)
        out.write_all()
        for kind in _KINDS:
            (folder / kind).write_bytes(b"".join(out.parts[kind]))
        counts = {"records": len(lines), "kept": out.kept, "changed": out.changed}
        return {**counts, "bias": out.bias()}

    return perform


@dataclass(slots=True)
class _Out:
    """What is written of one shard."""

    shard: Shard
    raw: bytes
    lines: Sequence[Line]
    payload: Mapping[str, Any]
    balance: bool
    kept: int = 0
    changed: int = 0
    parts: dict[str, list[bytes]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    texts: list[str] = field(default_factory=list)

    def write_all(self) -> None:
        effects = read_effects(Path(self.payload["effects"]))
        drops = read_drops(Path(self.payload["measured"]))
        decisions: Mapping[str, Mapping[str, Any]] = self.payload["decisions"]
        origins = list(self.shard.lineage() or ())
        for at, line in enumerate(self.lines):
            place = origins[line.number - self.shard.line] if origins else self._place(line)
            decision = dict(decisions.get(str(at), {}))
            self._write(line, place, effects.get(at, {}), drops.get(at), decision)

    def bias(self) -> dict[str, Any]:
        """Return what stands near whom in the kept texts."""
        counts = BiasCounts()
        for begin in range(0, len(self.texts), _BATCH):
            counts.add(self.texts[begin : begin + _BATCH])
        return counts.to_json()

    def _place(self, line: Line) -> dict[str, Any]:
        start = self.shard.start
        return {
            "file": self.shard.name,
            "line": line.number,
            "start": start + line.start,
            "end": start + line.end,
        }

    def _write(
        self,
        line: Line,
        place: Mapping[str, Any],
        effect: Mapping[str, Any],
        drop: Mapping[str, Any] | None,
        decision: dict[str, Any],
    ) -> None:
        name = {"id": line.id, **place}
        if decision.get("step") == "removal":
            # Nothing that was found in it is repeated: it is as if it had not been there.
            self._tell(name, decision)
            return
        for entry in effect.get("entries", ()):
            self._tell(name, {"step": "guard", **entry})
        if "fate" in effect:
            if effect["fate"] == "review":
                held = {
                    "id": line.id,
                    **place,
                    "record": line.fields,
                    "findings": effect["entries"],
                }
                self.parts[REVIEW].append(written(held) + b"\n")
            return
        if drop is not None:
            told = {"step": "filter", "rule": drop["rule"], "action": "drop", "why": drop["why"]}
            self._tell(name, told)
            return
        cuts = decision.pop("cuts", None)
        if cuts is None and decision:
            self._tell(name, decision)
            return
        text = effect.get("text", line.text)
        if cuts is not None:
            text = without(text, cuts)
            empty = not len(normal.words(text))
            told = {"step": "exposure", "rule": "exposure", "action": "drop" if empty else "cut"}
            self._tell(name, {**told, "words": sum(end - start for start, end in cuts)})
            if empty:
                return
        if self.balance and is_turned(line.id) and (other := swapped(text)) != text:
            text = other
            self._tell(name, {"step": "balance", "rule": "balance.gender", "action": "swap"})
        self._keep(line, place, text)

    def _keep(self, line: Line, place: Mapping[str, Any], text: str) -> None:
        same = text == line.text
        if same and line.named:
            record = self.raw[line.start : line.end]
        else:
            own = {} if line.named else {"id": line.id}
            record = written({**own, **line.fields, **own, "text": text})
        raw = text.encode("utf-8", "surrogatepass")
        lineage = {"id": line.id, **place, "text": hashlib.sha256(raw).hexdigest()}
        self.parts[DATA].append(record.strip() + b"\n")
        self.parts[LINEAGE].append(written({**lineage, "changed": not same}) + b"\n")
        self.texts.append(text)
        self.kept += 1
        self.changed += not same

    def _tell(self, name: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        self.parts[LEDGER].append(written({**name, **entry}) + b"\n")


def without(text: str, cuts: Sequence[Sequence[int]]) -> str:
    """Return a text without some of its words.

    Args:
        text: whole.
        cuts: first word and one past the last word of each cut, in order.
    """
    return "".join(_pieces(text, cuts)).strip()


def _pieces(text: str, cuts: Sequence[Sequence[int]]) -> Iterator[str]:
    words = normal.words(text)
    begin = 0
    for first, last in cuts:
        start, end = int(words.starts[first]), int(words.ends[last - 1])
        left = text[begin:start].rstrip()
        gap = text[begin + len(left) : start]
        yield left
        # A cut never makes one word of two.
        yield "\n" if "\n" in gap else " "
        follows = int(words.starts[last]) if last < len(words) else len(text)
        begin = _past(text, end, follows)
    yield text[begin:]


def _past(text: str, end: int, limit: int) -> int:
    """Return the place behind what closes a cut: its punctuation, then white space."""
    while end < limit and not text[end].isspace():
        end += 1
    while end < limit and text[end].isspace():
        end += 1
    return end
