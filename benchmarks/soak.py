"""Does the gateway stay whole under ten thousand requests of every kind?

Mixed requests: whole and streamed answers, clients that leave at any moment, upstreams that
answer with errors, with events that cannot be read, with shapes that lie, and bodies that are
too large. Asked: memory grows by at most a tenth, no record is lost, the chain verifies.

`python soak.py [REQUESTS]`
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
from _results import record
from _upstream import text
from gateway import upright, upstream

REQUESTS = 10_000
CONNECTIONS = 12
GROWTH = 0.10
# Caches and pools fill at first; growth is what comes after.
SETTLED = 0.3

Outcome = tuple[str, str]
Kind = Callable[["Client", random.Random], Awaitable[Outcome]]


class Client:
    """Sends one request over a connection of its own."""

    def __init__(self, port: int, secret: str) -> None:
        self._port = port
        self._head = f"host: soak\r\nauthorization: Bearer {secret}\r\n"

    async def send(self, body: bytes, *, read: int = -1) -> tuple[int, bytes]:
        """Return status and body; `read` bytes are read before the client leaves, -1 for all."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            head = f"POST /v1/chat/completions HTTP/1.1\r\n{self._head}connection: close\r\n"
            writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode())
            if read == 0:
                writer.write(body[: len(body) // 2])
                await writer.drain()
                return 0, b""
            writer.write(body)
            answer = await reader.read(read) if read > 0 else await reader.read()
        except ConnectionError:
            # The gateway may answer and close before it has read a body that is too large.
            return 413, b""
        finally:
            writer.close()
        if read > 0 or not answer:
            return 0, b""
        status, _, rest = answer.partition(b"\r\n")
        return int(status.split()[1]), rest


def body_of(prompt: str, *, stream: bool = False) -> bytes:
    """Return a chat request."""
    messages = [{"role": "user", "content": prompt}]
    return json.dumps({"model": "fake", "messages": messages, "stream": stream}).encode()


async def whole(client: Client, draw: random.Random) -> Outcome:
    """Read a whole answer."""
    status, rest = await client.send(body_of(text(draw.randrange(10**9))))
    answer = json.loads(rest.partition(b"\r\n\r\n")[2])["id"] if status == 200 else ""
    return str(status), answer


async def streamed(client: Client, draw: random.Random) -> Outcome:
    """Read a streamed answer to its end."""
    status, rest = await client.send(body_of(text(draw.randrange(10**9)), stream=True))
    ended = b"[DONE]" in rest
    answer = rest.split(b"x-upright-id: ")[1].split(b"\r\n")[0].decode() if ended else ""
    return f"{status} {'ended' if ended else 'cut'}", answer


async def leaving(client: Client, draw: random.Random) -> Outcome:
    """Leave within the request, before the answer or within it."""
    stream = draw.random() < 0.7
    await client.send(
        body_of(text(draw.randrange(10**9)), stream=stream), read=draw.choice([0, 1, 400])
    )
    return "left", ""


async def huge(client: Client, draw: random.Random) -> Outcome:
    """Send more than a request may have."""
    status, _ = await client.send(body_of("x" * draw.randrange(1_000_001, 4_000_000)))
    return str(status), ""


def faulty(word: str) -> Kind:
    """Return a request whose upstream fails."""

    async def ask(client: Client, draw: random.Random) -> Outcome:
        status, rest = await client.send(
            body_of(f"{word} {draw.random()}", stream=draw.random() < 0.5)
        )
        told = b'"error"' in rest
        return f"{status} {'told' if told else 'silent'}", ""

    return ask


KINDS: dict[str, tuple[Kind, float]] = {
    "whole answer": (whole, 40),
    "streamed answer": (streamed, 25),
    "client leaves": (leaving, 15),
    "body too large": (huge, 2),
    "upstream answers 500": (faulty("FAULT-500"), 1),
    "upstream answers HTML": (faulty("FAULT-HTML"), 4),
    "events cannot be read": (faulty("FAULT-SSE"), 5),
    "shapes lie": (faulty("FAULT-SHAPE"), 4),
    "nothing at all": (faulty("FAULT-EMPTY"), 4),
}


class Soak:
    """Runs the mix and keeps what came of it."""

    def __init__(self, client: Client, pid: int, requests: int) -> None:
        self._client = client
        self._process = psutil.Process(pid)
        self._requests = requests
        self._left = requests
        self._draw = random.Random(7)
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.answers: list[str] = []
        self.memory: list[int] = []

    async def run(self) -> None:
        """Send all requests."""
        await asyncio.gather(*(self._worker() for _ in range(CONNECTIONS)))

    async def _worker(self) -> None:
        names = list(KINDS)
        weights = [weight for _, weight in KINDS.values()]
        while self._left > 0:
            self._left -= 1
            (name,) = self._draw.choices(names, weights)
            outcome, answer = await KINDS[name][0](self._client, self._draw)
            self.outcomes[name, outcome] += 1
            if answer:
                self.answers.append(answer)
            done = self._requests - self._left
            if done % max(1, self._requests // 50) == 0:
                self.memory.append(self._resident())

    def _resident(self) -> int:
        family = [self._process, *self._process.children(recursive=True)]
        return sum(process.memory_info().rss for process in family)

    @property
    def growth(self) -> float:
        """Growth of the memory of the gateway and its workers, after it has settled."""
        settled = self.memory[int(len(self.memory) * SETTLED) :]
        third = max(1, len(settled) // 3)
        begin, end = sorted(settled[:third]), sorted(settled[-third:])
        return end[len(end) // 2] / begin[len(begin) // 2] - 1


def main() -> int:
    """Run the soak and write the section."""
    from upright.ledger import Ledger  # noqa: PLC0415 (after the server's environment is made)

    requests = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    with tempfile.TemporaryDirectory() as folder, upstream() as port:
        home = Path(folder)
        with upright(port, home) as (own, secret):
            pid = next(
                process.pid
                for process in psutil.Process().children()
                if "serve" in process.cmdline()
            )
            soak = Soak(Client(own, secret), pid, requests)
            asyncio.run(soak.run())
        with Ledger.open(f"sqlite:///{home}/state/ledger.db", home=home / "state") as ledger:
            verification = ledger.verify()
            closed = {entry.request for entry in ledger.entries(kind="closed", limit=10**7)}
            events = ledger.count()
    lost = len(set(soak.answers) - closed)
    reached = (
        verification.ok and not lost and soak.growth <= GROWTH and not verification.interrupted
    )
    for (name, outcome), count in sorted(soak.outcomes.items()):
        print(f"{count:6} {name}: {outcome}")
    lines = [
        f"{requests:,} mixed requests over {CONNECTIONS} connections: "
        + ", ".join(f"{count:,} of '{name}'" for name, count in kinds(soak).items())
        + ".",
        "",
        f"- memory after settling: {soak.growth:+.1%} (asked: at most +10 %)",
        f"- answers that are not in the ledger: {lost} of {len(soak.answers):,}",
        f"- requests opened and never closed: {len(verification.interrupted)}",
        f"- chain of {events:,} records verifies: {'yes' if verification.ok else 'no'}",
        f"- server errors besides those the upstream caused: {unexpected(soak)}",
    ]
    if requests == REQUESTS or os.environ.get("UPRIGHT_BENCH_RECORD"):
        record("Gateway: soak", lines)
    else:
        print("\n".join(lines))
    return 0 if reached else 1


def kinds(soak: Soak) -> Counter[str]:
    """Return how many requests of each kind were sent."""
    sent: Counter[str] = Counter()
    for (name, _), count in soak.outcomes.items():
        sent[name] += count
    return sent


def unexpected(soak: Soak) -> int:
    """Return how many requests ended with a server error that nothing explains."""
    return sum(
        count
        for (name, outcome), count in soak.outcomes.items()
        if (name == "whole answer" and outcome not in {"200", "503"})
        or (name == "streamed answer" and not outcome.startswith(("200 ended", "503")))
        or outcome.startswith("500")
    )


if __name__ == "__main__":
    sys.exit(main())
