"""What the shipped guard says of texts, asked once and kept between runs.

Kept under the digests of the weights, of the code that reads with them and of the text; no text
is kept.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from _peers import CACHE

from upright.guard import Guard
from upright.guard.detectors import build_detectors
from upright.guard.model.heads import CONTEXTS, HEADS, TOXICITY
from upright.guard.model.reader import shared_reader
from upright.policy import Policy, parse_policy
from upright.terms import Action, Record, Stage, hazard_of_rule

RULES = """
schema = 1
[use_case]
name = "benchmark"
purpose = "Withholds what is toxic, harmful or an attack, and lets mentions pass."
[guard]
model = true
[[guard.rule]]
detect = ["toxicity.*"]
at = ["prompt", "retrieved", "output", "data"]
min_severity = 2
action = "block"
[guard.rule.context]
quotation = "allow"
counter_speech = "allow"
report = "allow"
negation = "allow"
reclaimed = "allow"
opinion = "allow"
[[guard.rule]]
detect = ["request.*", "injection.*"]
at = ["prompt", "retrieved", "output", "data"]
action = "block"
"""
_MARKED = 0.5
_PLAIN = CONTEXTS.index("plain")
_TOXIC = len(TOXICITY) + 1
# Rules, code and tables on which a reading depends, below upright.guard.
_PARTS = ("model", "legible", "detectors/tables", "windows.py", "context.py", "context.toml")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the guard says of one text.

    Attributes:
        blocked: rule ids for which the use's rules would block.
        scores: of the verdict, by hazard: said and meant, the highest of all windows.
        raw: probability of each of `HEADS`, the highest of all windows, said only.
        meant: the same times the probability that it is meant, for toxicity.
        found: spans of the findings of `toxicity.*`.
        marked: spans of the words that carry a toxic meaning, whatever the findings.
    """

    blocked: tuple[str, ...]
    scores: dict[str, float]
    raw: tuple[float, ...]
    meant: tuple[float, ...]
    found: tuple[tuple[int, int], ...]
    marked: tuple[tuple[int, int], ...]

    def blocks(self, family: str) -> bool:
        """Say whether rules of a family, `toxicity` or another, would block."""
        return any(rule.startswith(f"{family}.") for rule in self.blocked)

    def toxic(self) -> float:
        """Return the highest score of a kind of toxicity, as `guard check --scores` gives it."""
        return max(self.scores[hazard] for hazard in TOXIC_HAZARDS)

    def head(self, name: str) -> float:
        """Return the raw probability of one head."""
        return self.raw[HEADS.index(name)]


TOXIC_HAZARDS = tuple(hazard_of_rule(f"toxicity.{name}") for name in TOXICITY)


def policy() -> Policy:
    """Return the use whose rules say what counts as flagged here."""
    return parse_policy(RULES)


@cache
def guard() -> Guard:
    """Return the guard of that use, which gives scores too."""
    use = policy()
    return Guard(use, build_detectors(use), everything=True)


def seen(texts: Sequence[str], stage: Stage = Stage.OUTPUT) -> list[Seen]:
    """Return what the guard says of texts, in order."""
    known = _kept()
    keys = [f"{stage}:{hashlib.sha256(_bytes(text)).hexdigest()}" for text in texts]
    fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    with _file().open("a", encoding="utf-8") as out:
        for number, (key, text) in enumerate(fresh.items(), start=1):
            told = _told(text, stage)
            known[key] = told
            out.write(json.dumps([key, told]) + "\n")
            if number % 1000 == 0:
                print(f"  {number:,} of {len(fresh):,} texts read", file=sys.stderr)
    return [_seen(known[key]) for key in keys]


def _told(text: str, stage: Stage) -> list[Any]:
    verdict = guard().check([Record(text)], stage)[0]
    if verdict.errors:
        sys.exit(f"{verdict.errors[0].rule} failed on a text: {verdict.errors[0].kind}")
    blocked = {
        outcome.finding.rule for outcome in verdict.outcomes if outcome.action is Action.BLOCK
    }
    found = [
        [outcome.finding.start, outcome.finding.end]
        for outcome in verdict.outcomes
        if outcome.finding.rule.startswith("toxicity.")
    ]
    parts = shared_reader().parts(text, gated=False)
    raw = [max(part.reading.heads[at] for part in parts) for at in range(len(HEADS)) if parts]
    meant = [
        max(
            part.reading.heads[at] * (part.reading.contexts[_PLAIN] if at < _TOXIC else 1.0)
            for part in parts
        )
        for at in range(len(HEADS))
        if parts
    ]
    zeros = [0.0] * len(HEADS)
    marked = [span for part in parts for span in _marked(part)]
    return [sorted(blocked), dict(verdict.scores), raw or zeros, meant or zeros, found, marked]


def _marked(part: Any) -> Iterable[list[int]]:  # noqa: ANN401 (a window with its reading)
    for start, end, share in part.reading.marks:
        if share >= _MARKED:
            first, last = part.form.span(start, end)
            yield [part.window.start + first, part.window.start + last]


def _seen(told: list[Any]) -> Seen:
    blocked, scores, raw, meant, found, marked = told
    return Seen(
        tuple(blocked),
        scores,
        tuple(raw),
        tuple(meant),
        tuple((start, end) for start, end in found),
        tuple((start, end) for start, end in marked),
    )


@cache
def _kept() -> dict[str, Any]:
    if not _file().is_file():
        return {}
    with _file().open(encoding="utf-8") as lines:
        return dict(json.loads(line) for line in lines if line.endswith("]\n"))


@cache
def _file() -> Any:  # noqa: ANN401 (a path)
    state = hashlib.sha256(shared_reader().version.encode() + RULES.encode())
    for part in _PARTS:
        for raw in _sources(files("upright.guard").joinpath(part)):
            state.update(raw)
    folder = CACHE / "guards"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{state.hexdigest()[:24]}.jsonl"


def _sources(place: Traversable) -> Iterable[bytes]:
    if place.is_file():
        yield place.read_bytes()
        return
    for entry in sorted(place.iterdir(), key=lambda item: item.name):
        if entry.is_dir() or entry.name.endswith((".py", ".toml")):
            yield from _sources(entry)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
