"""A load generator, as light as can be.

It prints the rate, and the moments between which each request was under way, as one JSON line.

`python _load.py PORT SECRET REQUESTS CONNECTIONS [RATE]`: without a rate every connection asks
again as soon as it has its answer; with one, requests are sent at their due time and a latency
counts from then, so that a server that falls behind cannot hide it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections import deque

from _upstream import numbered, text

_numbers = itertools.count(time.time_ns() // 1000)


def template(secret: str) -> bytes:
    """Return a request whose prompt of 512 characters gets a number no cache has seen."""
    messages = [{"role": "user", "content": text()}]
    body = json.dumps({"model": "fake", "messages": messages}).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {secret}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Load:
    """All connections and what they measured.

    Args:
        secret: the key.
        requests: how many to send.
    """

    def __init__(self, secret: str, requests: int) -> None:
        self._template = template(secret)
        self._left = requests
        self._expected = requests
        self.answers: list[tuple[float, float]] = []
        self.idle: deque[Connection] = deque()
        self.late: deque[float] = deque()
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def request(self) -> bytes:
        """Return the next request."""
        return numbered(self._template, next(_numbers))

    def answered(self, connection: Connection, begun: float, *, closed_loop: bool) -> None:
        """Note an answer and give its connection the next request, if there is one."""
        self.answers.append((begun, time.perf_counter()))
        if len(self.answers) == self._expected:
            self.finished.set_result(None)
        elif closed_loop:
            self.send_one(connection)
        elif self.late:
            connection.send(self.late.popleft(), closed_loop=False)
        else:
            self.idle.append(connection)

    def send_one(self, connection: Connection) -> None:
        """Send a request of the closed loop."""
        if self._left > 0:
            self._left -= 1
            connection.send(time.perf_counter(), closed_loop=True)

    def due(self, moment: float) -> None:
        """Send a request that is due now, as soon as a connection is free."""
        if self.idle:
            self.idle.popleft().send(moment, closed_loop=False)
        else:
            self.late.append(moment)


class Connection(asyncio.Protocol):
    """One connection to the gateway."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """End the measurement: no gateway may drop a connection here."""
        if not self._load.finished.done():
            self._load.finished.set_exception(error or ConnectionError("the gateway closed"))

    def send(self, begun: float, *, closed_loop: bool) -> None:
        """Send a request whose latency counts from `begun`."""
        self._begun, self._closed_loop = begun, closed_loop
        self._transport.write(self._load.request())

    def data_received(self, data: bytes) -> None:
        """Note the answer once it is whole."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or not is_whole(head.lower(), body):
            return
        if b" 200 " not in head[:16]:
            self._load.finished.set_exception(RuntimeError(head.split(b"\r\n")[0].decode()))
            return
        self._received = b""
        self._load.answered(self, self._begun, closed_loop=self._closed_loop)


def is_whole(head: bytes, body: bytes) -> bool:
    """Say whether a response's body is complete."""
    if b"transfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])


async def main(port: int, secret: str, requests: int, connections: int, rate: float) -> None:
    """Send all requests and print what was measured."""
    load = Load(secret, requests)
    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: Connection(load), "127.0.0.1", port))[1]
        for _ in range(min(connections, requests))
    ]
    begun = time.perf_counter()
    if rate:
        load.idle.extend(opened)
        for number in range(requests):
            moment = begun + number / rate
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            load.due(moment)
    else:
        for connection in opened:
            load.send_one(connection)
    await load.finished
    seconds = time.perf_counter() - begun
    print(json.dumps({"rate": requests / seconds, "answers": load.answers}))


if __name__ == "__main__":
    _, *words = sys.argv
    asyncio.run(
        main(
            int(words[0]),
            words[1],
            int(words[2]),
            int(words[3]),
            float(words[4]) if len(words) > 4 else 0.0,
        )
    )
