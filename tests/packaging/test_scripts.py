"""`make run` and `make test` behave on a machine that is not as they would like it."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def suite():
    return load("test")


def start_run(port, tmp_path):
    environment = {**os.environ, "UPRIGHT_PORT": str(port), "UPRIGHT_HOME": str(tmp_path / "home")}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "run.py")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_run_says_which_port_is_taken_and_how_to_take_another(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = start_run(port, tmp_path)
        _, error = done.communicate(timeout=60)
    assert done.returncode == 2
    assert f"error: port {port} of 127.0.0.1 is taken" in error
    assert f"UPRIGHT_PORT={port + 1} make run" in error
    assert not (tmp_path / "home").exists()


@pytest.mark.embedded
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_answers_shows_verdicts_and_ends_with_everything_it_started(tmp_path, number):
    port = free_port()
    child = start_run(port, tmp_path)
    printed = ""
    for line in child.stdout:
        printed += line
        if "console" in line:
            break
    started = psutil.Process(child.pid).children(recursive=True)
    child.send_signal(number)
    rest, error = child.communicate(timeout=60)
    assert child.returncode == 0, error
    assert "stopping" in rest
    assert "prompt: found pii.email; action redact" in printed
    assert "record   ans_" in printed
    assert f"http://127.0.0.1:{port}/console/enter/" in printed
    assert started
    assert psutil.wait_procs(started, timeout=30)[1] == []


def test_run_says_that_the_gateway_ended(tmp_path, monkeypatch, capsys):
    script = load("run")
    monkeypatch.setattr(script, "PRESET", "no-such-preset")
    monkeypatch.setattr(script, "PORT", free_port())
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    assert script.main() == 1
    assert "the gateway ended at once with exit code 2" in capsys.readouterr().err


def part(suite, found, skipped="postgres"):
    answers = iter(found)
    return suite.SystemPart("A thing", ("thing-package",), lambda: next(answers), skipped)


def test_a_part_that_is_there_is_left_alone(suite, monkeypatch, capsys):
    monkeypatch.setattr(suite.subprocess, "run", pytest.fail)
    part(suite, [True]).provide()
    assert capsys.readouterr().out == ""


def test_without_root_the_missing_part_and_what_skips_are_told(suite, monkeypatch, capsys):
    monkeypatch.setattr(suite.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(suite.subprocess, "run", pytest.fail)
    part(suite, [False, False]).provide()
    out = capsys.readouterr().out
    assert "A thing is not here, so tests marked `postgres` skip" in out
    assert "mend: apt-get install thing-package" in out


def test_as_root_the_missing_part_is_installed(suite, monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(suite.os, "geteuid", lambda: 0)
    monkeypatch.setattr(suite.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(suite.subprocess, "run", lambda command, **_: ran.append(command))
    part(suite, [False, True]).provide()
    assert ran == [
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "-y", "thing-package"],
    ]
    assert "skip" not in capsys.readouterr().out


@pytest.mark.parametrize(("codes", "exit_code"), [([0, 0], 0), ([0, 1], 1), ([1, 0], 1)])
def test_one_failed_step_fails_the_whole_and_stops_nothing(
    suite, monkeypatch, capsys, codes, exit_code
):
    answers = iter(codes)
    monkeypatch.setattr(suite, "SYSTEM_PARTS", ())
    monkeypatch.setattr(suite, "STEPS", (("first", ["a"]), ("second", ["b"])))
    monkeypatch.setattr(
        suite.subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, next(answers)),
    )
    assert suite.main() == exit_code
    summary = capsys.readouterr().out.partition("== summary")[2]
    assert summary.count("ok") == codes.count(0)
    assert summary.count("FAILED") == codes.count(1)


def test_every_check_of_the_house_is_a_step(suite):
    programs = {command[0] for _, command in suite.STEPS}
    assert programs == {"ruff", "mypy", "lint-imports", "python", "pytest"}
    assert [command for _, command in suite.STEPS if command[:2] == ["ruff", "format"]] == [
        ["ruff", "format", "--check", "."]
    ]
