"""A fake OpenAI-compatible server, as light as can be: it must not be what is measured.

`python _upstream.py` prints its port. What it answers depends on the prompt: an answer of 512
characters, the prompt itself if it holds ECHO, or the fault that a word in it names.
"""

from __future__ import annotations

import asyncio
import itertools
import json

PROSE = (
    "The evening train was late again, and Mrs. Hollis counted the lamps along the platform "
    "while she waited; beyond the signal box a dog barked twice, somebody laughed, and the rain "
    "began as it always did in that town, without hurry, as if it had been asked to stay. "
)
LENGTH = 512
# Stands where a number of sixteen digits makes a text one that no cache has seen.
MARK = "0123456789012345"

_numbers = itertools.count()


def text(number: int | None = None, length: int = LENGTH) -> str:
    """Return prose of a length; with a number, one that no other number has."""
    mark = MARK if number is None else f"{number:016d}"
    return (f"Page {mark}. " + PROSE * (length // len(PROSE) + 1))[:length]


def numbered(template: bytes, number: int) -> bytes:
    """Return a template with a number in the place of the mark."""
    return template.replace(MARK.encode(), b"%016d" % number)


def _chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    body = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "fake"}
    return b"data: " + json.dumps(body | {"choices": [choice]}).encode() + b"\n\n"


def _stream(answer: str) -> bytes:
    parts = [_chunk({"role": "assistant", "content": ""})]
    parts += [_chunk({"content": answer[i : i + 64]}) for i in range(0, len(answer), 64)]
    return b"".join([*parts, _chunk({}, "stop"), b"data: [DONE]\n\n"])


def _whole(answer: str) -> bytes:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": answer},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 100, "completion_tokens": 100, "total_tokens": 200}
    body = {"id": "x", "object": "chat.completion", "created": 0, "model": "fake", "usage": usage}
    return json.dumps(body | {"choices": [choice]}).encode()


def _response(status: str, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _echo(body: bytes) -> str:
    asked = json.loads(body)
    return str(asked["messages"][-1]["content"] if "messages" in asked else asked["prompt"])


EVENTS = "text/event-stream"
_FAULTS = {
    b"FAULT-500": _response("500 Internal Server Error", "application/json", b'{"error":{}}'),
    b"FAULT-HTML": _response("200 OK", "text/html", b"<html>no</html>"),
    b"FAULT-SSE": _response("200 OK", EVENTS, b"data: {\n\ndata: nonsense\n\n" + b":" * 99),
    b"FAULT-SHAPE": _response("200 OK", EVENTS, b'data: {"choices":[{"delta":{"content":7}}]}\n\n'),
    b"FAULT-EMPTY": _response("200 OK", EVENTS, b""),
}


def _answering(answer: str, *, streamed: bool) -> bytes:
    if streamed:
        return _response("200 OK", EVENTS, _stream(answer))
    return _response("200 OK", "application/json", _whole(answer))


_TEMPLATES = {streamed: _answering(text(), streamed=streamed) for streamed in (False, True)}


class Upstream(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = transport
        self._received = bytearray()

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:end]).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            if len(self._received) < end + 4 + length:
                return
            body = bytes(self._received[end + 4 : end + 4 + length])
            del self._received[: end + 4 + length]
            self._transport.write(self._answer(body))

    def _answer(self, body: bytes) -> bytes:
        for word, response in _FAULTS.items():
            if word in body:
                return response
        streamed = b'"stream":true' in body or b'"stream": true' in body
        if b"ECHO" in body:
            return _answering(_echo(body), streamed=streamed)
        return numbered(_TEMPLATES[streamed], next(_numbers))


async def main() -> None:
    """Serve for ever."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Upstream, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
