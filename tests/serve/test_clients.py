"""Clients that leave, dawdle or lie."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading

from tests.answer.fakes import HEAD, EndlessEngine, ScriptedEngine, echo, rule
from tests.serve.gateway import PATIENCE, chat

from upright.generate.types import Piece
from upright.serve.attended import Wire


def raw_request(running, body: dict, *, headers: str = "") -> bytes:
    content = json.dumps(body).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
        f"authorization: Bearer {running.secret}\r\n{headers}"
        f"content-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def connected(running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE)


class SilentEngine(ScriptedEngine):
    """Starts and writes nothing."""

    async def stream(self, job):
        self.jobs.append(job)
        try:
            await asyncio.Event().wait()
            yield Piece()
        finally:
            self.cancelled += 1


def ends_as_cancelled(running, engine):
    running.until(lambda: engine.cancelled == 1)
    running.until(lambda: running.kinds()[-1] == "closed")
    assert running.state.ledger.head().body["finish_reason"] == "cancelled"
    assert running.state.gate.in_flight == 0


def test_a_client_that_leaves_before_the_first_token_stops_the_engine(gateway):
    for streamed in (False, True):
        engine = SilentEngine()
        running = gateway(engine=engine)
        with connected(running) as client:
            client.sendall(raw_request(running, chat(stream=streamed)))
            running.until(lambda engine=engine: engine.jobs)
        ends_as_cancelled(running, engine)


def test_a_client_that_leaves_within_the_stream_stops_the_engine(gateway):
    engine = EndlessEngine()
    running = gateway(engine=engine)
    with connected(running) as client:
        client.sendall(raw_request(running, chat(stream=True)))
        received = b""
        while b"word" not in received:
            received += client.recv(4096)
    ends_as_cancelled(running, engine)


def test_a_client_that_leaves_within_its_request_leaves_nothing_behind(gateway):
    running = gateway()
    with connected(running) as client:
        client.sendall(raw_request(running, chat())[:-5])
    assert running.post(chat()).status_code == 200
    assert running.kinds().count("opened") == 1


def test_a_client_that_reads_nothing_is_cut_off(gateway, monkeypatch):
    monkeypatch.setattr("upright.serve.attended.SEND_SECONDS", 0.2)
    engine = ScriptedEngine(lambda _: (Piece(text="word " * 2000) for _ in iter(int, 1)))
    running = gateway(engine=engine)
    with connected(running) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(raw_request(running, chat(stream=True)))
        running.until(lambda: engine.cancelled == 1)
    ends_as_cancelled(running, engine)


def test_a_write_waits_only_so_long():
    async def stuck(_message):
        await asyncio.Event().wait()

    async def run():
        with contextlib.suppress(TimeoutError):
            await Wire(stuck, seconds=0.01).write(b"x")
            return False
        return True

    assert asyncio.run(run())


def test_a_slow_clients_engine_waits_too(gateway):
    written = []

    def script(_):
        while True:
            written.append(1)
            yield Piece(text="word " * 1000)

    running = gateway(engine=ScriptedEngine(script))
    with connected(running) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(raw_request(running, chat(stream=True)))
        running.until(lambda: len(written) > 10)
        counts = []
        for _ in range(3):
            running.on_loop(asyncio.sleep(0.1))
            counts.append(len(written))
    # What is buffered on the way is bounded: at the end nothing more is taken from the engine.
    assert counts[-1] < 5_000


def test_a_header_cannot_smuggle_a_second_request(gateway):
    running = gateway()
    headers = "transfer-encoding: chunked\r\n"
    with connected(running) as client:
        client.sendall(raw_request(running, chat(), headers=headers) + b"\r\n\r\n")
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400")


def test_sixty_four_requests_at_once_never_mix_their_pseudonyms(gateway):
    use = HEAD + "[limits]\nmax_concurrent = 200\nrequests_per_minute = 100000\n"
    use += rule("pseudonymise", at='"prompt","output"')
    engine = ScriptedEngine(echo)
    running = gateway(use, engine=engine)
    barrier = threading.Barrier(8)

    async def ask(client, number):
        mail = f"person{number}@example{number}.com"
        text = f"I am number {number}, write to {mail} or {mail}."
        stream = number % 2 == 0
        made = await client.chat.completions.create(
            model="any", messages=[{"role": "user", "content": text}], stream=stream
        )
        if stream:
            said = "".join([chunk.choices[0].delta.content or "" async for chunk in made])
        else:
            said = made.choices[0].message.content
        return said == text

    def eight(start):
        async def together():
            async with running.async_sdk() as client:
                return await asyncio.gather(*(ask(client, start * 8 + i) for i in range(8)))

        barrier.wait(PATIENCE)
        results.extend(asyncio.run(together()))

    results: list[bool] = []
    threads = [threading.Thread(target=eight, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert results == [True] * 64
    assert not any("@" in message.content for job in engine.jobs for message in job.messages)


def test_a_body_that_trickles_in_is_408(gateway, monkeypatch):
    monkeypatch.setattr("upright.serve.body.BODY_SECONDS", 0.1)
    running = gateway()
    with connected(running) as client:
        client.sendall(raw_request(running, chat())[:-5])
        answer = b""
        while b"request_too_slow" not in answer and (more := client.recv(65536)):
            answer += more
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"request_too_slow" in answer


def test_small_writes_are_not_held_back_by_the_network(gateway):
    running = gateway()
    with connected(running) as client:
        client.sendall(raw_request(running, chat()))
        assert client.recv(12) == b"HTTP/1.1 200"
        (connection,) = running.server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
