"""Do values that people wrote turn up anywhere but in their answers?

A thousand invented values (addresses, card numbers, telephone numbers) go through `upright serve`
in prompts, tool results, fields, headers, paths and broken requests, while the upstream works,
fails and lies. Then everything the service left is searched: its log, its metrics, and every
file of its state folder, the ledger included. Traces are searched in tests/serve.
"""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import gateway
from _results import record

CANARIES = 1000
FAULTS = ("ECHO", "ECHO", "", "FAULT-500", "FAULT-HTML", "FAULT-SSE", "FAULT-SHAPE")


def luhn(digits: str) -> str:
    """Return digits with the check digit that makes them a card number."""
    total = sum(
        sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10))
        for place, digit in enumerate(reversed(digits))
    )
    return digits + str(-total % 10)


def canary(number: int) -> str:
    """Return an invented value that nothing else contains."""
    if number % 3 == 0:
        return f"mara.{number:04d}@harbour{number:04d}.example.com"
    if number % 3 == 1:
        return luhn(f"4539{number:04d}7712345"[:15])
    return f"+1 212 {number:03d} 01{number % 100:02d}"


class Planter:
    """Sends values to a gateway and does not care what it answers.

    Args:
        port: of the gateway.
        secret: a key.
    """

    def __init__(self, port: int, secret: str) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._secret = secret
        self.sent = 0

    def call(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> bytes:  # noqa: ANN401 (any JSON value)
        """Send one request and return its body."""
        self.sent += 1
        raw = (
            body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        )
        own = {"authorization": f"Bearer {self._secret}", "content-type": "application/json"}
        request = urllib.request.Request(self._base + path, raw, own | (headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                answer: bytes = response.read()
        except urllib.error.HTTPError as error:
            answer = error.read()
        return answer

    def plant(self, number: int, value: str) -> bytes:
        """Send a value wherever one can stand; return everything that came back."""
        fault = FAULTS[number % len(FAULTS)]
        messages = [
            {"role": "tool", "tool_call_id": "a", "content": value},
            {"role": "user", "name": "x", "content": f"{fault} write to {value}"},
        ]
        body = {"model": value, "messages": messages, "stream": number % 2 == 0, "user": value}
        back = self.call("/v1/chat/completions", body | {value: value})
        if number % 10 == 0:
            quoted = urllib.request.quote(value)
            back += self.call("/v1/moderations", {"input": value})
            back += self.call("/v1/completions", {"prompt": f"{fault} {value}", "stop": value})
            back += self.call("/v1/completions", {"prompt": 5, "n": value})
            back += self.call("/v1/chat/completions", f'{{"messages": "{value}"'.encode())
            back += self.call("/v1/appeals", {"id": value, "reason": value, "text": value})
            back += self.call(f"/v1/reviews/{quoted}")
            back += self.call(f"/{quoted}?q={quoted}", headers={"x-note": value})
            back += self.call("/v1/models", headers={"authorization": f"Bearer {value}"})
        return back


def found(values: list[str], raw: bytes) -> int:
    """Return how many of the values stand in some bytes."""
    return sum(value.encode() in raw for value in values)


def main() -> int:
    """Plant, search, and write the section."""
    values = [canary(number) for number in range(CANARIES)]
    with tempfile.TemporaryDirectory() as folder, gateway.upstream() as port:
        home = Path(folder)
        log = home / "output.log"
        with (
            log.open("w") as stream,
            gateway.upright(port, home, log=stream) as (own, secret),
        ):
            planter = Planter(own, secret)
            back = b"".join(planter.plant(*pair) for pair in enumerate(values))
            metrics = planter.call("/metrics")
        state = b"".join(p.read_bytes() for p in (home / "state").rglob("*") if p.is_file())
        places = {
            "answers and errors": back,
            "log": log.read_bytes(),
            "metrics": metrics,
            "state folder with the ledger": state,
        }
    hits = {name: found(values, raw) for name, raw in places.items()}
    lines = [
        f"{CANARIES:,} planted values in {planter.sent:,} requests, under a policy that redacts",
        "them and keeps no texts.",
        "",
        "| searched | bytes | values found |",
        "|---|---|---|",
        *(f"| {name} | {len(places[name]):,} | {count} |" for name, count in hits.items()),
    ]
    record("Gateway: planted values", lines)
    return 1 if any(hits.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
