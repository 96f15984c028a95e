"""How much does the guarded gateway cost, and how much does it carry?

A fake upstream and a load generator run as processes of their own on the same machine, so they
take their share of its cores. Prompts and answers have 512 characters and none is sent twice.
upright runs with the whole storytelling preset (every detector there is) and records each
request in its ledger; LiteLLM's proxy runs with its content filter on prompts and answers.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from _peers import peer
from _results import record

HERE = Path(__file__).parent
LITELLM = "1.109.1"
ASKED_RATE = 150
# Half of what is asked, where requests seldom wait for each other, and all of it.
RATES = (75, 150)
ROUNDS = 2
REQUESTS = 3000
WARM_UP = 300
CONNECTIONS = 16
ASKED_P50, ASKED_P99, ASKED_TIMES = 0.010, 0.050, 2.0

POLICY = """
[engine]
kind = "openai"
base_url = "http://127.0.0.1:{port}/v1"
model = "fake"

[limits]
requests_per_minute = 1000000
max_concurrent = 256
"""

# Everything its content filter ships prebuilt for what upright's preset looks for.
LITELLM_CONFIG = """
model_list:
  - model_name: fake
    litellm_params:
      model: openai/fake
      api_base: http://127.0.0.1:{port}/v1
      api_key: none
guardrails:
  - guardrail_name: content
    litellm_params:
      guardrail: litellm_content_filter
      mode: [pre_call, post_call]
      default_on: true
      patterns:
{patterns}
general_settings:
  master_key: sk-bench
litellm_settings:
  request_timeout: 60
"""
PATTERNS = ("email", "us_ssn", "visa", "mastercard", "amex", "ipv4", "us_phone", "aws_access_key")


@contextlib.contextmanager
def child(*command: object, **options: Any) -> Iterator[subprocess.Popen[str]]:  # noqa: ANN401 (Popen's own)
    """Run a process that is ended at the end."""
    process = subprocess.Popen([str(word) for word in command], text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


@contextlib.contextmanager
def upstream() -> Iterator[int]:
    """Run the fake upstream; yield its port."""
    with child(sys.executable, HERE / "_upstream.py", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextlib.contextmanager
def upright(
    port: int,
    home: Path,
    *options: str,
    log: int | IO[str] = subprocess.DEVNULL,
    certified: bool = True,
) -> Iterator[tuple[int, str]]:
    """Run `upright serve` with the storytelling preset; yield its port and a key."""
    from upright.policy.load import preset_text  # noqa: PLC0415 (after the processes' environment)

    policy = home / "policy.toml"
    declined = "" if certified else "\n[certificates]\nissue = false\n"
    policy.write_text(preset_text("storytelling") + POLICY.format(port=port) + declined)
    program = Path(sys.executable).with_name("upright")
    environment = os.environ | {"UPRIGHT_HOME": str(home / "state"), "PYTHONUNBUFFERED": "1"}
    command = (program, "serve", "--policy", policy, "--port", "0", *options)
    with child(*command, stdout=subprocess.PIPE, stderr=log, env=environment) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        own = int(first.split("127.0.0.1:")[1].split("/")[0])
        yield own, (home / "state" / "local.key").read_text().strip()


@contextlib.contextmanager
def litellm(port: int, home: Path, workers: int) -> Iterator[tuple[int, str]]:
    """Run LiteLLM's proxy with its content filter; yield its port and a key."""
    python = peer(
        "litellm",
        LITELLM,
        extra="proxy",
        relaxed=("certifi", "litellm-proxy-extras", "litellm-enterprise"),
    )
    lines = "\n".join(
        f"        - {{pattern_type: prebuilt, pattern_name: {name}, action: MASK}}"
        for name in PATTERNS
    )
    config = home / "litellm.yaml"
    config.write_text(LITELLM_CONFIG.format(port=port, patterns=lines))
    own = free_port()
    command = (
        *(python.with_name("litellm"), "--config", config, "--host", "127.0.0.1"),
        *("--port", own, "--num_workers", workers, "--telemetry", "False"),
    )
    environment = os.environ | {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "PATH": f"{python.parent}:{os.environ['PATH']}",
    }
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with child(*command, env=environment, **quiet):
        wait_for(f"http://127.0.0.1:{own}/health/liveliness")
        yield own, "sk-bench"


def free_port() -> int:
    """Return a port that nothing listens on."""
    import socket  # noqa: PLC0415 (here alone)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    """Return once an address answers.

    Raises:
        RuntimeError: after two minutes.
    """
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer")


@dataclass(frozen=True)
class Run:
    """What a run of the load generator measured.

    Attributes:
        rate: answers a second.
        latencies: seconds, rising; of requests that met no slow spell of the machine.
        every: seconds, rising; of all requests.
    """

    rate: float
    latencies: list[float]
    every: list[float]

    @property
    def spared(self) -> float:
        """The share of requests that met no slow spell of the machine."""
        return len(self.latencies) / len(self.every)


def load(
    port: int, secret: str, requests: int = REQUESTS, connections: int = CONNECTIONS, rate: int = 0
) -> Run:
    """Run the load generator while somebody watches the machine; return what was measured."""
    watching = [sys.executable, str(HERE / "_pauses.py")]
    command = [sys.executable, HERE / "_load.py", port, secret, requests, connections, rate]
    with subprocess.Popen(
        watching, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as watch:
        ran = subprocess.run(
            [str(word) for word in command], check=True, capture_output=True, text=True
        )
        slow = json.loads(watch.communicate()[0])
    result = json.loads(ran.stdout)
    answers = result["answers"]
    calm = [
        (begun, ended)
        for begun, ended in answers
        if not any(begun < end and begin < ended for begin, end in slow)
    ]
    return Run(result["rate"], seconds(calm), seconds(answers))


def seconds(answers: list[tuple[float, float]]) -> list[float]:
    """Return how long answers took, rising."""
    return sorted(ended - begun for begun, ended in answers)


def quantile(latencies: list[float], share: float) -> float:
    """Return a quantile of sorted latencies, in seconds."""
    return latencies[min(len(latencies) - 1, int(share * len(latencies)))]


def filters(port: int, secret: str) -> bool:
    """Say whether a gateway really guards: an address in the prompt must not come back."""
    messages = [{"role": "user", "content": "ECHO: I am bob@example.com"}]
    body = {"model": "fake", "messages": messages}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions",
        json.dumps(body).encode(),
        {"authorization": f"Bearer {secret}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return b"bob@example.com" not in response.read()


def main() -> None:
    """Measure both gateways and write the section."""
    with tempfile.TemporaryDirectory() as folder, upstream() as port:
        home = Path(folder)
        bare = {rate: load(port, "none", rate=rate) for rate in RATES}
        with upright(port, home) as (own, secret):
            assert filters(own, secret)
            load(own, secret, WARM_UP)
            rate = max(load(own, secret).rate for _ in range(ROUNDS))
            ours = {rate: load(own, secret, rate=rate) for rate in RATES}
        with upright(port, home, certified=False) as (own, secret):
            load(own, secret, WARM_UP)
            declined = max(load(own, secret).rate for _ in range(ROUNDS))
        theirs = 0.0
        for workers in (1, 2):
            with litellm(port, home, workers) as (other, key):
                assert filters(other, key)
                load(other, key, WARM_UP)
                found = [load(other, key, REQUESTS // 2).rate for _ in range(ROUNDS)]
                theirs = max(theirs, *found)
    print(f"{rate:.0f}/s, LiteLLM {theirs:.0f}/s")
    latency = [row for at in RATES for row in rows(at, ours[at], bare[at])]
    record("Gateway: added latency and requests per second", lines(latency, rate, declined, theirs))


def rows(rate: int, ours: Run, bare: Run) -> list[tuple[str, str]]:
    """Return the rows about the added latency at one rate."""
    told = []
    for name, share, asked in (("median", 0.50, ASKED_P50), ("99 %", 0.99, ASKED_P99)):
        calm = quantile(ours.latencies, share) - quantile(bare.latencies, share)
        every = quantile(ours.every, share) - quantile(bare.every, share)
        print(f"{rate}/s, {name}: {calm * 1e3:.1f} ms, of all {every * 1e3:.1f} ms")
        met = f"{every / asked:.2f} with the slow spells, which {1 - ours.spared:.0%} met"
        figure = f"{calm / asked:.2f} of the {asked * 1e3:.0f} ms asked ({met})"
        told.append((f"added latency at {rate} requests/s, {name}", figure))
    return told


def lines(latency: list[tuple[str, str]], rate: float, declined: float, theirs: float) -> list[str]:
    """Return the section's lines: shares of what was asked, and the ratio to the peer."""
    table = [
        *latency,
        ("requests/s", f"{rate / ASKED_RATE:.2f} times the {ASKED_RATE} asked"),
        (
            "requests/s of a use that declines certificates",
            f"{declined / ASKED_RATE:.2f} times the {ASKED_RATE} asked",
        ),
        (f"requests/s against LiteLLM {LITELLM} with its filter", f"{rate / theirs:.1f} times"),
    ]
    return [
        "Two cores, shared with the fake upstream and the load generator; prompts and answers of",
        "512 characters, none sent twice; every detector on; each request recorded and synced,",
        "each answer certified unless the row says otherwise.",
        f"Requests/s: the better of {ROUNDS} runs for both; LiteLLM with one and with two workers.",
        "Latency: without what the upstream alone takes. The virtual machine has spells of a tenth",
        "of a second in which a fixed bit of work costs over three times the processor time; a",
        "process of its own watches for them.",
        "",
        "| figure | result |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in table),
    ]


if __name__ == "__main__":
    main()
