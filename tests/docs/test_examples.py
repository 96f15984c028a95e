"""Every example runs, offline, and shows what it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.gateway import gateway

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name, *arguments, folder):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_list_of_texts_is_guarded(tmp_path):
    printed = run("guard_texts.py", folder=tmp_path)
    assert "Write to me: [EMAIL]" in printed
    assert "ann@example.org" not in printed
    assert "M-2041" not in printed
    assert "museum@example.org" in printed
    assert "{'redact': 2, 'allow': 1}" in printed


def test_a_stream_is_guarded(tmp_path):
    printed = run("stream_guard.py", folder=tmp_path)
    assert "streamed equals whole text: True" in printed
    left = [line.partition("in   ")[2] for line in printed.splitlines() if " in   " in line]
    assert not any("keeper" in piece for piece in left)
    assert printed.endswith("write to [EMAIL], or leave a note at the door.\n")


@pytest.mark.embedded
def test_the_gateway_answers_the_official_sdk(tmp_path, monkeypatch):
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    with gateway(tmp_path) as address:
        printed = run("gateway_client.py", f"http://{address}", folder=tmp_path)
    assert printed.count("prompt: ['pii.email'] → redact") == 2
    assert printed.count("recorded as ans_") == 2
    assert "same seed, same text: True" in printed


def test_every_example_is_run_by_a_test():
    tested = Path(__file__).read_text(encoding="utf-8")
    scripts = sorted(EXAMPLES.glob("*.py"))
    assert len(scripts) >= 3
    assert [script.name for script in scripts if f'"{script.name}"' not in tested] == []
