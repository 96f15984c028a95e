"""A use whose guard finds two invented words, so that scores and actions are known beforehand."""

from __future__ import annotations

import pytest

from upright.audit import Fields, Lines, audit_guard, read_labelled
from upright.policy import parse_policy

POLICY = """\
schema = 1
[use_case]
name = "trial"
purpose = "Tests what an audit says of a guard."
[[guard.rule]]
detect = ["custom.loud"]
at = ["output"]
action = "block"
[[guard.rule]]
detect = ["custom.*"]
at = ["output"]
action = "flag"
[[guard.pattern]]
rule = "custom.loud"
pattern = "grumble"
[[guard.pattern]]
rule = "custom.quiet"
pattern = "mutter"
"""


@pytest.fixture(scope="session")
def policy():
    return parse_policy(POLICY)


@pytest.fixture
def labelled(tmp_path):
    """Read lines of a file that holds a text; return what was read."""

    def read(content, name="lines.jsonl", **fields):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        wanted = {"text": "text", "label": "label", "positive": ("bad",), **fields}
        return read_labelled(str(path), Fields(**wanted))

    return read


@pytest.fixture(scope="session")
def lines_of():
    """Make lines of texts and labels, without a file."""

    def make(rows, **columns):
        texts, positive = zip(*rows, strict=True)
        return Lines("made up", "0" * 64, list(texts), list(positive), **columns)

    return make


@pytest.fixture(scope="session")
def audit(policy, lines_of):
    """An audit of forty lines with every kind of part in it."""
    rows, categories, groups, functionalities = [], [], [], []
    for number in range(40):
        bad = number % 2 == 0
        word = "grumble" if bad and number % 4 == 0 else "mutter" if number % 10 == 0 else "hum"
        rows.append((f"Line {number}: they {word} about it.", bad))
        categories.append(("weather" if number < 30 else "<b>sport</b>",))
        groups.append(("seamstress",) if number < 25 else ("smith", "seamstress"))
        functionalities.append((f"kind {number % 3}",))
    lines = lines_of(rows, categories=categories, groups=groups, functionalities=functionalities)
    return audit_guard(policy, lines, hazards=["custom"])
