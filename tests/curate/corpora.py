"""Small corpora for the tests of curate."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from upright.curate import Curated, Curation, curate
from upright.policy import Policy, parse_policy

POLICY = """\
schema = 1
[use_case]
name = "corpus"
purpose = "Text to learn from."
[guard]
model = false
[[guard.rule]]
detect = ["pii.email"]
at = ["data"]
action = "redact"
[[guard.rule]]
detect = ["pii.us_ssn"]
at = ["data"]
action = "block"
[[guard.rule]]
detect = ["pii.iban"]
at = ["data"]
action = "review"
[[guard.rule]]
detect = ["pii.phone"]
at = ["data"]
action = "flag"
"""
WORDS = [
    "river", "stone", "lantern", "quiet", "harbour", "copper", "window", "winter", "garden",
    "letter", "silver", "bridge", "morning", "forest", "candle", "market", "shadow", "ribbon",
    "kettle", "meadow", "barrel", "anchor", "violin", "thunder", "pepper", "saddle", "mirror",
    "pocket", "ladder", "basket", "feather", "hammer", "blanket", "orchard", "compass", "cellar",
]  # fmt: skip


def policy(curate_section: str = "") -> Policy:
    return parse_policy(POLICY + curate_section)


def prose(seed: int, count: int = 60) -> str:
    """Return words that no other seed has in this order."""
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) + str(draw.randrange(40)) for _ in range(count)) + "."


def edited(text: str, share: float, seed: int = 0) -> str:
    draw = random.Random(seed)
    return " ".join(
        f"other{draw.randrange(10**6)}" if draw.random() < share else word for word in text.split()
    )


def write(path: Path, records: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return str(path)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def kept(output: Path) -> list[dict[str, Any]]:
    return [record for file in sorted((output / "data").iterdir()) for record in lines(file)]


def ids(output: Path) -> list[str]:
    return [record["id"] for record in kept(output)]


def ledger(output: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the ledger's entries by the id of their record."""
    told: dict[str, list[dict[str, Any]]] = {}
    for entry in lines(output / "ledger.jsonl"):
        told.setdefault(entry["id"], []).append(entry)
    return told


def made(output: Path, *inputs: str, section: str = "", **more) -> Curated:
    return curate(Curation(inputs, policy(section), output, **more))
