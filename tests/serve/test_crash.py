"""kill -9 in the middle: what was sent is in the ledger, and the chain is whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
from tests.answer.fakes import HEAD, rule
from tests.serve.gateway import chat

from upright.ledger import Ledger

SERVER = """
import sys
from pathlib import Path
from tests.answer.fakes import InlinePool, ScriptedEngine, echo
from upright.serve.app import build_app
from upright.serve.run import listening, run
from upright.serve.state import GatewayState, Settings
from upright.serve.uses import Uses

home, policy = Path(sys.argv[1]), Path(sys.argv[2]).read_text()

def uses(ledger, writer, *, workers):
    return Uses(ledger, writer, workers=workers, open_engine=lambda _: ScriptedEngine(echo),
                open_pool=InlinePool)

with listening("127.0.0.1", 0) as sock:
    state = GatewayState.open(Settings((policy,), home=home), uses=uses)
    def ready(_):
        print(sock.getsockname()[1], flush=True)
    run(build_app(state), sock, ready=ready)
"""


def started(home, policy):
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    child = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(home), str(policy)],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    return child, int(child.stdout.readline())


def ask_until_it_dies(port, secret, done, lock, number):
    headers = {"authorization": f"Bearer {secret}"}
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        while True:
            try:
                if number % 2:
                    made = client.post("/v1/chat/completions", json=chat("hello")).json()
                    answer = made["id"]
                else:
                    text = client.post("/v1/chat/completions", json=chat("hi", stream=True)).text
                    *_, last, end = [line[6:] for line in text.splitlines() if line]
                    assert end == "[DONE]"
                    answer = json.loads(last)["x_upright"]["id"]
            except (httpx2.HTTPError, ValueError, AssertionError):
                return
            with lock:
                done.append(answer)


def test_every_answer_that_was_sent_is_in_the_ledger_after_kill_9(tmp_path):
    home, policy = tmp_path / "home", tmp_path / "policy.toml"
    policy.write_text(HEAD + "[limits]\nrequests_per_minute = 1000000\n" + rule("redact"))
    child, port = started(home, policy)
    secret = (home / "local.key").read_text().strip()
    done: list[str] = []
    lock = threading.Lock()
    with ThreadPoolExecutor(6) as threads:
        running = [threads.submit(ask_until_it_dies, port, secret, done, lock, n) for n in range(6)]
        while len(done) < 60:
            assert child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
        for one in running:
            one.result()
    child.stdout.close()
    with Ledger.open(home=home) as ledger:
        assert ledger.verify().ok
        closed = {entry.request for entry in ledger.entries(kind="closed", limit=100_000)}
        opened = {entry.request for entry in ledger.entries(kind="opened", limit=100_000)}
        interrupted = set(ledger.verify().interrupted)
    assert set(done) <= closed
    assert interrupted == opened - closed
    assert len(done) >= 60


def test_sigterm_lets_the_answer_under_way_end(tmp_path):
    home, policy = tmp_path / "home", tmp_path / "policy.toml"
    policy.write_text(HEAD + rule("redact"))
    child, port = started(home, policy)
    secret = (home / "local.key").read_text().strip()
    headers = {"authorization": f"Bearer {secret}"}
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    body = chat("a long story " * 500, stream=True)
    with httpx2.stream("POST", url, json=body, headers=headers) as response:
        lines = response.iter_lines()
        next(lines)
        child.send_signal(signal.SIGTERM)
        rest = list(lines)
    assert "data: [DONE]" in rest
    assert child.wait(60) == -signal.SIGTERM
    child.stdout.close()
    with Ledger.open(home=home) as ledger:
        assert [e.kind for e in ledger.entries()][-2:] == ["opened", "closed"]
        assert ledger.verify().ok
