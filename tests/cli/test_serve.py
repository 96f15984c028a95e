"""`upright serve` and `upright answer` as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import psutil
import pytest
from tests.answer.fakes import HEAD, rule

from upright.cli import main
from upright.ledger import Ledger

MAIL = "bob.miller@example.com"


class Upstream(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that repeats the last turn."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        said = body["messages"][-1]["content"]
        delta = {"role": "assistant", "content": said}
        first = {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        if body.get("stream"):
            parts = [json.dumps(first), json.dumps(last), "[DONE]"]
            raw = "".join(f"data: {part}\n\n" for part in parts).encode()
            kind = "text/event-stream"
        else:
            choice = {"index": 0, "message": delta, "finish_reason": "stop"}
            raw, kind = json.dumps({"choices": [choice]}).encode(), "application/json"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        """Stay quiet."""


@pytest.fixture
def use_file(tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    policy = tmp_path / "upright.toml"
    address = f"http://127.0.0.1:{server.server_port}/v1"
    use = HEAD.replace("http://127.0.0.1:9/v1", address)
    policy.write_text(use + rule("redact", at='"prompt","output"'))
    yield policy
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(*words):
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 0


def serving(use_file, *more):
    upright = str(Path(sys.executable).with_name("upright"))
    command = [upright, "serve", "--policy", str(use_file)]
    return subprocess.Popen(
        [*command, "--port", "0", "--workers", "1", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


def test_serve_answers_guarded_and_ends_on_a_signal(use_file, home):
    child = serving(use_file)
    first, *told = [child.stdout.readline() for _ in range(4)]
    base = first.split(" on ")[1].split("/v1")[0]
    secret = (home / "local.key").read_text().strip()
    with httpx2.Client(base_url=base, headers={"authorization": f"Bearer {secret}"}) as client:
        body = {"messages": [{"role": "user", "content": f"write to {MAIL}"}]}
        made = client.post("/v1/chat/completions", json=body).json()
        console = next(line for line in told if "console" in line).split()[1]
        assert client.get(console, follow_redirects=True).status_code == 200
    assert made["choices"][0]["message"]["content"] == "write to [EMAIL]"
    assert "test-use" in first
    child.send_signal(signal.SIGINT)
    rest, errors = child.communicate(timeout=60)
    assert child.returncode in {0, -signal.SIGINT}
    assert MAIL not in rest + errors
    assert "Traceback" not in errors


def test_serve_says_when_the_port_is_taken(use_file, home, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--policy", str(use_file), "--host", "203.0.113.1", "--port", "1"])
    assert ended.value.code == 2
    assert "cannot listen on 203.0.113.1:1" in capsys.readouterr().err


def test_serve_says_when_the_policy_is_wrong(tmp_path, home, capsys):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("schema = 1\n")
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--policy", str(wrong), "--port", "0"])
    assert ended.value.code == 2
    assert "wrong.toml" in capsys.readouterr().err


def test_serve_says_why_an_engine_cannot_be_opened(tmp_path, home):
    policy = tmp_path / "upright.toml"
    engine = HEAD.replace('kind = "openai"', 'kind = "transformers"\npath = "/nowhere"')
    policy.write_text(engine + rule("redact"))
    child = serving(policy)
    _, errors = child.communicate(timeout=120)
    assert child.returncode == 2
    assert "/nowhere" in errors
    assert "Traceback" not in errors


def test_answer_prints_text_verdicts_and_ids(use_file, home, capsys):
    run("answer", "--policy", str(use_file), "--prompt", f"write to {MAIL}")
    printed = capsys.readouterr().out
    assert printed.startswith("write to [EMAIL]\n")
    assert "prompt content: pii.email → redact" in printed
    assert "id: ans_" in printed
    assert MAIL not in printed


def test_answer_gives_json(use_file, home, capsys):
    run("answer", "--policy", str(use_file), "--prompt", f"write to {MAIL}", "--json")
    made = json.loads(capsys.readouterr().out)
    assert made["text"] == "write to [EMAIL]"
    assert made["finish_reason"] == "stop"
    assert made["x_upright"]["id"] == made["id"]
    assert made["x_upright"]["action"] == "redact"


def test_answer_obeys_the_kill_switch(use_file, home, capsys):
    with Ledger.open() as ledger:
        ledger.uses.publish(use_file.read_text(), by="test")
        ledger.uses.stop("test-use", "for repair", by="test")
    with pytest.raises(SystemExit) as ended:
        main(["answer", "--policy", str(use_file), "--prompt", "hello"])
    assert ended.value.code == 2
    assert "stopped: for repair" in capsys.readouterr().err


def test_replicas_share_an_address_and_a_ledger_and_are_started_anew(use_file, home):
    child = serving(use_file, "--replicas", "2", "--quiet")
    base = child.stdout.readline().split(" on ")[1].split("/v1")[0]
    secret = (home / "local.key").read_text().strip()
    headers = {"authorization": f"Bearer {secret}", "connection": "close"}
    body = {"messages": [{"role": "user", "content": MAIL}]}

    def ask():
        return httpx2.post(f"{base}/v1/chat/completions", json=body, headers=headers, timeout=60)

    replicas = [p for p in psutil.Process(child.pid).children() if "spawn_main" in str(p.cmdline())]
    assert len(replicas) == 2
    assert {ask().status_code for _ in range(8)} == {200}
    with Ledger.open() as ledger:
        ledger.uses.stop("test-use", "for repair", by="test")
        assert {ask().status_code for _ in range(8)} == {503}
        ledger.uses.resume("test-use", by="test")
    replicas[0].kill()
    assert {ask().status_code for _ in range(8)} == {200}
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=60)
    assert not any(process.is_running() for process in replicas)
    with Ledger.open() as ledger:
        assert ledger.verify().ok
