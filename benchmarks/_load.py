"""A load generator, as light as can be. It prints latencies and the rate as one JSON line.

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

from _upstream import text

_numbers = itertools.count(time.time_ns() // 1000)


def request(secret: str) -> bytes:
    """Return a request whose prompt of 512 characters no cache has seen."""
    messages = [{"role": "user", "content": text(next(_numbers))}]
    body = json.dumps({"model": "fake", "messages": messages}).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {secret}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def answer(reader: asyncio.StreamReader) -> None:
    """Read one answer.

    Raises:
        RuntimeError: for any status but 200.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    status, _, fields = head.partition(b"\r\n")
    if b" 200 " not in status:
        raise RuntimeError(status.decode())
    lowered = fields.lower()
    if b"chunked" in lowered:
        while int((await reader.readline()).strip(), 16):
            await reader.readline()
        await reader.readline()
        return
    length = int(lowered.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    await reader.readexactly(length)


async def worker(
    port: int, secret: str, due: asyncio.Queue[float | None], latencies: list[float]
) -> None:
    """Send requests over one connection until there are none left."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (start := await due.get()) is not None:
        begun = start or time.perf_counter()
        writer.write(request(secret))
        await answer(reader)
        latencies.append(time.perf_counter() - begun)
    writer.close()


async def main(port: int, secret: str, requests: int, connections: int, rate: float) -> None:
    """Send all requests and print what was measured."""
    due: asyncio.Queue[float | None] = asyncio.Queue()
    latencies: list[float] = []
    workers = [
        asyncio.create_task(worker(port, secret, due, latencies)) for _ in range(connections)
    ]
    begun = time.perf_counter()
    for number in range(requests):
        if rate:
            moment = begun + number / rate
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            due.put_nowait(moment)
        else:
            due.put_nowait(0.0)
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    seconds = time.perf_counter() - begun
    print(json.dumps({"rate": requests / seconds, "latencies": sorted(latencies)}))


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
