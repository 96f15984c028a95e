"""A panel that is stopped, by a kill, a full disk or a closed pipe, goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.panel.stand_in import Model, study_text

from upright.cli import main
from upright.generate import open as opening
from upright.generate.choosing_work import open_book

PROGRAM = """
import asyncio, resource, sys
from pathlib import Path
from tests.cli.test_panel_stopping import Noting
from upright.cli import main
from upright.generate import open as opening

folder, stop, room = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

class Stopping(Noting):
    async def logs_after(self, prompt, options):
        if self.asked == stop:
            print("now", flush=True)
            await asyncio.Event().wait()
        return await super().logs_after(prompt, options)

def opened(_section):
    if room:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    return Stopping(folder / "first.txt")

opening._embedded = opened
main(["panel", "run", str(folder / "study.toml"), "--json", "--quiet"])
"""
EVERY = 40 * 2 * 3
"""People by orders by phrasings; those who are described alike are fewer."""


class Noting(Model):
    """Notes in a file, through no buffer, which questions it has answered."""

    def __init__(self, notes):
        super().__init__()
        self.notes = notes

    async def logs_after(self, prompt, options):
        logs = await super().logs_after(prompt, options)
        with self.notes.open("ab", buffering=0) as stream:
            stream.write(hashlib.sha256(bytes(prompt)).hexdigest()[:16].encode() + b"\n")
        return logs


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "study.toml").write_text(study_text(40))
    return tmp_path


@pytest.fixture
def run(folder, capsysbinary, monkeypatch):
    """Run the study here, with notes in a file of that name."""

    def call(notes, *words):
        monkeypatch.setattr(opening, "_embedded", lambda _: Noting(folder / notes))
        with pytest.raises(SystemExit) as end:
            main(["panel", "run", str(folder / "study.toml"), "--json", *words])
        captured = capsysbinary.readouterr()
        return end.value.code or 0, captured.out, captured.err.decode()

    return call


def started(folder, *, stop=-1, room=0, stdout=subprocess.PIPE):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), str(stop), str(room)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=Path.cwd(),
    )


def noted(folder, name):
    path = folder / name
    return path.read_text().splitlines() if path.exists() else []


def goes_on(folder, run):
    """Check that the next run asks what is left, and that nobody could tell from its report."""
    code, resumed, _ = run("second.txt", "--quiet")
    assert code == 0
    before, after = noted(folder, "first.txt"), noted(folder, "second.txt")
    assert not set(before) & set(after), "asked twice"
    code, whole, _ = run("whole.txt", "--quiet", "--work", str(folder / "other"))
    assert resumed == whole
    assert sorted(before + after) == sorted(noted(folder, "whole.txt"))


@pytest.mark.parametrize("stop", [4, 31])
def test_a_killed_run_goes_on_and_ends_as_if_it_had_never_been_killed(folder, run, stop):
    running = started(folder, stop=stop)
    assert running.stdout.readline() == b"now\n"
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert len(noted(folder, "first.txt")) == stop
    goes_on(folder, run)


def test_a_disk_that_is_full_loses_nothing_and_is_told(folder, run):
    running = started(folder, room=6_000)
    out, told = running.communicate()
    assert running.returncode == 2
    assert out == b""
    assert b"answers.jsonl: File too large" in told
    assert b"mend: make room there and run again" in told
    assert b"Traceback" not in told
    kept = (folder / "study.work" / "answers.jsonl").read_bytes()
    assert len(kept) == 6_000
    # What the disk had no room for was cut off in the middle: that one alone is asked again.
    answered = noted(folder, "first.txt")
    assert 0 <= len(answered) - kept.count(b"\n") <= 8
    run("second.txt", "--quiet")
    assert len(set(answered) & set(noted(folder, "second.txt"))) <= 8
    whole = run("whole.txt", "--quiet", "--work", str(folder / "other"))
    assert run("second.txt", "--quiet")[1] == whole[1]


def test_a_reader_that_has_gone_loses_no_answer(folder, run):
    reading, writing = os.pipe()
    os.close(reading)
    running = started(folder, stdout=writing)
    os.close(writing)
    _, told = running.communicate()
    assert b"Traceback" not in told
    run("second.txt", "--quiet")
    assert noted(folder, "second.txt") == []


def test_two_runs_at_once_do_not_mix_their_answers(folder, run):
    with open_book(Model(), folder / "study.work"):
        code, out, told = run("first.txt")
    assert (code, out) == (2, b"")
    assert "another run is writing there" in told
    assert noted(folder, "first.txt") == []


def test_a_changed_study_keeps_the_answers_that_fit_and_says_so(folder, run):
    run("first.txt")
    (folder / "study.toml").write_text(study_text(40, m=("margin = 0.1\n\n", "margin = 0.2\n\n")))
    _, out, told = run("second.txt")
    assert "The study has changed since" in told
    assert noted(folder, "second.txt") == []
    assert json.loads(out)["kept"][0]["margin"] == 0.2
    assert "changed" not in run("second.txt")[2]


def test_a_changed_question_is_asked_anew(folder, run):
    run("first.txt")
    (folder / "study.toml").write_text(study_text(40, d=("For digging.", "For deep holes.")))
    _, changed, told = run("second.txt")
    assert "all others are asked anew" in told
    assert len(noted(folder, "second.txt")) == len(noted(folder, "first.txt"))
    assert changed == run("third.txt", "--work", str(folder / "other"))[1]


def test_what_cannot_be_written_is_refused_before_anything_is_asked(folder, run):
    code, out, told = run("first.txt", "--html", str(folder / "none" / "page.html"))
    assert (code, out) == (2, b"")
    assert "page.html" in told
    (folder / "file").write_text("")
    assert run("first.txt", "--work", str(folder / "file"))[0] == 2
    assert noted(folder, "first.txt") == []
    assert not (folder / "study.work").exists()


def test_a_dry_run_counts_each_different_question_once(folder, run):
    first = json.loads(run("first.txt", "--dry-run")[1])
    assert first["people"] == 40
    assert first["calls"] + first["known"] == first["questions"] < EVERY
    assert first["known"] == len(noted(folder, "first.txt"))
    run("second.txt")
    assert len(noted(folder, "second.txt")) == first["calls"]
    last = json.loads(run("third.txt", "--dry-run")[1])
    assert (last["calls"], last["known"]) == (0, first["questions"])
    assert noted(folder, "third.txt") == []
