"""The same texts through other projects: a linear model of words, and scanners that need weights.

Each runs in an environment of its own; what it is given and gives back is JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from _guard_accuracy import hatexplain, openai, ranked
from _guard_functional import cases
from _guard_readings import seen
from _peers import peer

from upright.guard import Guard
from upright.measure import Interval
from upright.policy import parse_policy
from upright.terms import Record

LINEAR, LINEAR_VERSION = "alt-profanity-check", "1.9.1"
_SCAN = """
import json, sys, time
from profanity_check import predict_prob
texts = json.load(sys.stdin)
predict_prob(texts[:50])
start = time.perf_counter()
scores = predict_prob(texts)
seconds = time.perf_counter() - start
json.dump({"scores": [float(score) for score in scores], "seconds": seconds}, sys.stdout)
"""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_TOXICITY = """
schema = 1
[use_case]
name = "peers"
purpose = "Asks for toxicity alone."
[guard]
model = true
[[guard.rule]]
detect = ["toxicity.*"]
at = ["output"]
action = "flag"
"""
_FLAGGED = 0.5


def peers() -> list[str]:
    """Return the section."""
    texts, harmful = openai()
    posts, toxic = hatexplain()
    every = cases()
    sets = [("OpenAI moderation", texts, harmful), ("HateXplain", posts, toxic)]
    sets.append(("functional cases", [c.text for c in every], [c.toxic for c in every]))
    lines = [
        f"{LINEAR} {LINEAR_VERSION} (linear support vectors over words), the same texts in the",
        "same run; upright's score is the highest kind of toxicity, meant.",
        "",
        "| texts | n | AUC of upright | AUC of the peer |",
        "|---|---:|---|---|",
    ]
    told: list[dict[str, Any]] = [_linear(part) for _, part, _ in sets]
    for (name, part, positive), answer in zip(sets, told, strict=True):
        own = ranked(positive, [item.toxic() for item in seen(part)])
        other = ranked(positive, answer["scores"])
        lines.append(f"| {name} | {len(part):,} | {_told(own)} | {_told(other)} |")
    flagged = np.array(told[-1]["scores"]) >= _FLAGGED
    wanted = np.array(sets[-1][2])
    ours = _seconds(posts) / told[1]["seconds"]
    return [
        *lines,
        "",
        f"At its own threshold the peer flags {flagged[wanted].mean():.0%} of the toxic cases and",
        f"{flagged[~wanted].mean():.0%} of the harmless ones. On the posts of HateXplain, one",
        f"process and one thread each, upright takes {ours:.0f} times as long: it reads them with",
        "a network where the peer adds up weights of words.",
        "",
        *_without_weights(),
    ]


def _linear(texts: Sequence[str]) -> dict[str, Any]:
    python = peer(LINEAR, LINEAR_VERSION)
    answer = subprocess.run(
        [python, "-c", _SCAN],
        input=json.dumps(list(texts)),
        env=os.environ | _ONE_THREAD,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def _seconds(texts: Sequence[str]) -> float:
    guard = Guard.from_policy(parse_policy(_TOXICITY))
    start = time.perf_counter()
    guard.check([Record(text) for text in texts])
    return time.perf_counter() - start


def _told(found: Interval) -> str:
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _without_weights() -> list[str]:
    return [
        "Not measured: the scanners for toxicity and prompt injection of gorget, and of LLM Guard",
        "from which it comes. They fetch their weights from a model hub at the first use, and we",
        "found no package that holds them, so without that hub they cannot run.",
    ]
