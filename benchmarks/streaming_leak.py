"""How much of an e-mail address leaves while an answer that holds it is streamed?

The same answers, cut into the same pieces, go through upright, through LiteLLM's content filter
(prebuilt e-mail pattern, MASK) and through the buffer that NeMo Guardrails ships, each at its
pinned release and in an environment of its own. What leaks is the longest run of the address's
characters in all that was released.

NeMo's buffer is driven as its `LLMRails` drives it, with a rail that blocks a block of tokens
which holds an address: once with its defaults (`stream_first`), once with `stream_first` off.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _leak_peers import LITELLM, NEMO, PEERS
from _peers import peer
from _results import record

CHUNKS = (1, 4, 16)
LENGTHS = range(20, 100)
PLACES = 3
WORDS = ("the tide was low and we sang all night", "about a small boat on its way home")
# Shorter runs also come about by chance.
CHANCE = 4

Case = dict[str, Any]


def cases() -> Iterator[Case]:
    """Yield addresses of every length, in prose, at several places, in pieces of every size."""
    draw = random.Random(20)
    for length in LENGTHS:
        for chunk in CHUNKS:
            for _ in range(PLACES):
                # So far that the address stands anywhere in a block of 200 pieces.
                before, after = prose(draw, draw.randrange(250 * chunk)), prose(draw, 300)
                yield {
                    "before": before,
                    "address": address(draw, length),
                    "after": after,
                    "chunk": chunk,
                }


def prose(draw: random.Random, length: int) -> str:
    """Return about `length` characters of words, with a space at either end."""
    words = " "
    while len(words) < length:
        words += draw.choice(WORDS) + draw.choice([" ", ", ", ". "])
    return words


def address(draw: random.Random, length: int) -> str:
    """Return an address of `length` characters; its local part never over 64."""
    rest = length - len("@example.org")
    local = min(rest, 64)
    label = "".join(draw.choices("bcdfghjkmnpqrstvwxz", k=max(0, rest - local - 1)))
    name = "".join(draw.choices("bcdfghjkmnpqrstvwxz0123456789", k=local))
    return f"{name}@{label}.example.org" if label else f"{name}@example.org"


def leaked(secret: str, released: str) -> int:
    """Return the length of the longest run of `secret` in `released`, 0 where it is chance."""
    longest = 0
    for start in range(len(secret)):
        while secret[start : start + longest + 1] in released and start + longest < len(secret):
            longest += 1
    return longest if longest > CHANCE else 0


def asked(python: Path, name: str, all_cases: list[Case]) -> list[str]:
    """Return what a peer releases of each case."""
    lines = "".join(json.dumps(case) + "\n" for case in all_cases)
    done = subprocess.run(
        [python, Path(__file__).with_name("_leak_peers.py"), name],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('"')]


def row(name: str, all_cases: list[Case], released: list[str]) -> str:
    """Return one line of the table."""
    pairs = list(zip(all_cases, released, strict=True))
    leaks = [leaked(case["address"], text) for case, text in pairs]
    cells = [
        f"{max(leak for leak, case in zip(leaks, all_cases, strict=True) if case['chunk'] == size)}"
        for size in CHUNKS
    ]
    whole = sum(text.startswith(c["before"]) and text.endswith(c["after"]) for c, text in pairs)
    hit = sum(leak > 0 for leak in leaks)
    return f"| {name} | {hit} | {sum(leaks):,} | {' | '.join(cells)} | {len(pairs) - whole} |"


def main() -> None:
    """Ask all, and record what leaked."""
    homes = {
        "upright": Path(sys.executable),
        "LiteLLM": peer("litellm", LITELLM, extra="proxy", relaxed=("certifi",)),
        "NeMo": peer("nemoguardrails", NEMO, relaxed=("certifi",)),
    }
    all_cases = list(cases())
    rows = []
    for name in PEERS:
        released = asked(homes[name.split()[0]], name, all_cases)
        rows.append(row(name, all_cases, released))
    what = (
        f"{len(all_cases):,} answers, each with one e-mail address of {LENGTHS.start} to "
        f"{LENGTHS.stop - 1} characters in prose, streamed in pieces of "
        f"{', '.join(map(str, CHUNKS))} characters. Leaked: the longest run of the address's "
        f"characters that was released, where it is longer than {CHANCE}. Asked of upright: 0."
    )
    sizes = " | ".join(f"most, pieces of {size}" for size in CHUNKS)
    title = f"| | answers that leak | characters leaked | {sizes} | otherwise altered or cut |"
    note = "NeMo's rail blocks (its buffer cannot rewrite), so its answers end at the block."
    record("Streaming leak", [what, "", title, "|---" * (len(CHUNKS) + 4) + "|", *rows, "", note])


if __name__ == "__main__":
    main()
