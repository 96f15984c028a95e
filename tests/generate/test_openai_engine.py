"""Any OpenAI-compatible server: what is asked, what is taken, and what happens when it lies."""

import asyncio
import json

import httpx2
import pytest

from upright.generate import EngineError, Job, Message, Sampling, TokenLogprob
from upright.generate import openai_engine as module
from upright.generate.breaker import CircuitBreaker
from upright.generate.openai_engine import OpenAIEngine
from upright.policy import parse_policy
from upright.terms import ConfigError

SECRET = "jane.roe@example.com"
CHAT = Job(Sampling(max_tokens=5), messages=(Message("user", "Hello"),))


def sse(*events, done=True):
    lines = [f"data: {json.dumps(event) if isinstance(event, dict) else event}" for event in events]
    return "\n\n".join([*lines, *(["data: [DONE]"] if done else [])]).encode() + b"\n\n"


def delta(text=None, finish=None, index=0, **fields):
    content = {} if text is None else {"content": text}
    choice = {"index": index, "delta": {**content, **fields}, "finish_reason": finish}
    return {"choices": [choice]}


STREAM = {"content-type": "text/event-stream; charset=utf-8"}
GOOD = sse(delta(role="assistant", text=""), delta("Hel"), delta("lo"), delta(finish="stop"))


class Upstream:
    """Answers requests from a list; keeps what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.pauses = []

    async def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, bytes):
            return httpx2.Response(200, headers=STREAM, content=answer)
        return answer

    @property
    def body(self):
        return json.loads(self.requests[-1].content)

    async def pause(self, seconds):
        self.pauses.append(seconds)

    def engine(self, **options):
        return OpenAIEngine(
            "http://127.0.0.1:9/v1",
            "any",
            transport=httpx2.MockTransport(self),
            pause=self.pause,
            **options,
        )


def pieces_of(upstream, job=CHAT, **options):
    async def run():
        engine = upstream.engine(**options)
        try:
            return [piece async for piece in engine.stream(job)]
        finally:
            await engine.aclose()

    return asyncio.run(run())


def error_of(upstream, job=CHAT, **options):
    with pytest.raises(EngineError) as caught:
        pieces_of(upstream, job, **options)
    assert SECRET not in str(caught.value)
    return caught.value


def text_of(pieces, channel="content"):
    return "".join(piece.text for piece in pieces if piece.channel == channel)


def test_a_streamed_answer_becomes_pieces():
    pieces = pieces_of(Upstream(GOOD))
    assert text_of(pieces) == "Hello"
    assert pieces[-1].finish_reason == "stop"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_answer_is_the_same_however_its_bytes_arrive(size, end):
    events = b": ping\n\n" + sse(delta("naïve 😀 €"), delta(finish="stop"))
    raw = events.replace(b"\n", end)

    class Cut(httpx2.AsyncByteStream):
        async def __aiter__(self):
            for at in range(0, len(raw), size):
                yield raw[at : at + size]

    upstream = Upstream(httpx2.Response(200, headers=STREAM, stream=Cut()))
    assert text_of(pieces_of(upstream)) == "naïve 😀 €"


def test_the_request_carries_sampling_messages_and_passed_through_fields():
    tools = [{"type": "function", "function": {"name": "f"}}]
    job = Job(
        Sampling(0.3, 0, 0.8, 1.0, 17, 5, ("END",)),
        messages=(
            Message("assistant", "", {"tool_calls": [{"id": "1"}]}),
            Message("tool", "42", {"tool_call_id": "1"}),
        ),
        choices=1,
        logprobs=2,
        passthrough={"tools": tools, "model": "other", "stream": False},
    )
    upstream = Upstream(GOOD)
    pieces_of(upstream, job, api_key="k-123")
    assert upstream.requests[0].headers["authorization"] == "Bearer k-123"
    assert str(upstream.requests[0].url) == "http://127.0.0.1:9/v1/chat/completions"
    assert upstream.body == {
        "model": "any",
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.3,
        "top_p": 0.8,
        "max_tokens": 17,
        "seed": 5,
        "stop": ["END"],
        "tools": tools,
        "logprobs": True,
        "top_logprobs": 2,
        "messages": [
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
            {"role": "tool", "content": "42", "tool_call_id": "1"},
        ],
    }


def test_a_bare_prompt_asks_completions_and_reads_their_shape():
    logprobs = {"tokens": ["a"], "token_logprobs": [-0.5], "top_logprobs": [{"a": -0.5, "b": -1}]}
    raw = sse(
        {"choices": [{"index": 0, "text": "a", "logprobs": logprobs, "finish_reason": None}]},
        {"choices": [{"index": 0, "text": "", "finish_reason": "length"}]},
    )
    upstream = Upstream(raw)
    job = Job(Sampling(top_k=4, repetition_penalty=1.2), prompt="Once", logprobs=2)
    pieces = pieces_of(upstream, job)
    assert upstream.requests[0].url.path == "/v1/completions"
    assert upstream.body["prompt"] == "Once"
    assert (upstream.body["top_k"], upstream.body["repetition_penalty"]) == (4, 1.2)
    assert pieces[0].logprobs == (TokenLogprob("a", -0.5, (("a", -0.5), ("b", -1.0))),)
    assert pieces[-1].finish_reason == "length"


def test_every_string_a_client_can_see_has_its_channel():
    calls = [
        {"index": 0, "id": "c1", "type": "function", "function": {"name": "mail", "arguments": ""}},
        {"index": 1, "id": "c2", "function": {"name": "log"}},
    ]
    more = [{"index": 0, "function": {"arguments": '{"to":'}}]
    raw = sse(
        delta(reasoning_content="hmm"),
        delta(refusal="no"),
        delta(unknown_text="never passed on"),
        delta(tool_calls=calls),
        delta(tool_calls=more),
        delta(finish="tool_calls"),
    )
    pieces = pieces_of(Upstream(raw))
    assert text_of(pieces, "reasoning") == "hmm"
    assert text_of(pieces, "refusal") == "no"
    assert text_of(pieces, "tool.0.name") == "mail"
    assert text_of(pieces, "tool.0.arguments") == '{"to":'
    assert text_of(pieces, "tool.1.name") == "log"
    assert {piece.tool_id for piece in pieces} == {None, "c1", "c2"}
    assert "never passed on" not in repr(pieces)


def test_logprobs_of_chat_come_with_their_text():
    block = {
        "content": [
            {"token": "Hi", "logprob": -0.1, "top_logprobs": [{"token": "Yo", "logprob": -3}]}
        ]
    }
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "logprobs": block}]}
    pieces = pieces_of(Upstream(sse(chunk, delta(finish="stop"))))
    assert pieces[0].logprobs == (TokenLogprob("Hi", -0.1, (("Yo", -3.0),)),)


def test_usage_is_reported_once_at_the_end():
    usage = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}
    pieces = pieces_of(Upstream(sse(delta("Hi"), delta(finish="stop"), usage)))
    assert [p.prompt_tokens for p in pieces if p.prompt_tokens is not None] == [9]
    assert sum(p.completion_tokens for p in pieces) == 4


def test_several_choices_are_told_apart():
    job = Job(Sampling(), messages=CHAT.messages, choices=2)
    raw = sse(
        delta("A", index=0),
        delta("B", index=1),
        delta(finish="stop", index=1),
        delta(finish="length", index=0),
    )
    upstream = Upstream(raw)
    pieces = pieces_of(upstream, job)
    assert upstream.body["n"] == 2
    assert {(p.choice, p.text) for p in pieces if p.text} == {(0, "A"), (1, "B")}
    assert {(p.choice, p.finish_reason) for p in pieces if p.finish_reason} == {
        (0, "length"),
        (1, "stop"),
    }


def test_a_missing_done_is_no_fault_when_every_choice_has_ended():
    assert text_of(pieces_of(Upstream(sse(delta("Hi"), delta(finish="stop"), done=False)))) == "Hi"


def test_a_server_that_ignores_stream_is_read_whole():
    message = {"role": "assistant", "content": "Hi", "tool_calls": None}
    answer = {
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1},
    }
    pieces = pieces_of(Upstream(httpx2.Response(200, json=answer)))
    assert text_of(pieces) == "Hi"
    assert pieces[-1].prompt_tokens == 1


LIES = {
    "not json": sse(f"{{{SECRET}"),
    "nested too deep": sse("[" * 200_000),
    "a list": sse("[]"),
    "choices of the wrong type": sse({"choices": SECRET}),
    "choice of the wrong type": sse({"choices": [SECRET]}),
    "delta of the wrong type": sse({"choices": [{"index": 0, "delta": SECRET}]}),
    "content of the wrong type": sse(delta([SECRET])),
    "index of the wrong type": sse(delta("a", index=SECRET)),
    "index true": sse(delta("a", index=True)),
    "index not asked for": sse(delta("a", index=1)),
    "negative index": sse(delta("a", index=-1)),
    "one index twice": sse({"choices": delta("a")["choices"] + delta("b")["choices"]}),
    "two ends": sse(delta("a"), delta(finish="stop"), delta(finish="stop")),
    "text after the end": sse(delta("a"), delta(finish="stop"), delta("b")),
    "unknown end": sse(delta("a"), delta(finish=SECRET)),
    "end of the wrong type": sse(delta("a"), delta(finish=7)),
    "end without an answer": sse(delta(finish="stop")),
    "end of a call that never came": sse(delta("a"), delta(finish="tool_calls")),
    "no end": sse(delta("a")),
    "nothing": sse(),
    "no bytes": b"",
    "tool call of the wrong type": sse(delta(tool_calls=[SECRET])),
    "tool calls of the wrong type": sse(delta(tool_calls={})),
    "one tool number twice": sse(delta(tool_calls=[{"index": 0}, {"index": 0}])),
    "a huge tool number": sse(delta(tool_calls=[{"index": 10**9}])),
    "arguments of the wrong type": sse(
        delta(tool_calls=[{"index": 0, "function": {"arguments": {"a": 1}}}])
    ),
    "logprob of the wrong type": sse(
        {"choices": [{"index": 0, "delta": {"content": "a"}, "logprobs": {"content": [3]}}]}
    ),
    "logprob that is no number": sse(
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": "a"},
                    "logprobs": {"content": [{"token": "a", "logprob": "-1"}]},
                }
            ]
        }
    ),
    "lists of unequal length": sse(
        {
            "choices": [
                {"index": 0, "text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": []}}
            ]
        }
    ),
    "usage of the wrong type": sse({"choices": [], "usage": SECRET}),
    "usage beyond any count": sse(
        delta("a"), delta(finish="stop"), {"usage": {"completion_tokens": 10**400}}
    ),
    "usage that is no count": sse(
        delta("a"), delta(finish="stop"), {"usage": {"prompt_tokens": -1}}
    ),
    "bytes that are no text": b"data: \xff\xfe\n\n",
}


@pytest.mark.parametrize("raw", LIES.values(), ids=LIES)
def test_a_lying_server_is_malformed_and_never_quoted(raw):
    assert error_of(Upstream(raw)).kind == "malformed"


def test_a_page_with_status_200_is_malformed():
    page = httpx2.Response(200, headers={"content-type": "text/html"}, text=f"<p>{SECRET}</p>")
    assert error_of(Upstream(page)).kind == "malformed"


def test_an_answer_without_end_is_cut_off(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 10_000)
    assert error_of(Upstream(sse(*[delta("word ")] * 500))).kind == "malformed"


def test_a_server_that_only_keeps_the_line_open_times_out():
    class Comments(httpx2.AsyncByteStream):
        async def __aiter__(self):
            while True:
                yield b": still here\n\n"
                await asyncio.sleep(0)

    upstream = Upstream(httpx2.Response(200, headers=STREAM, stream=Comments()))
    assert error_of(upstream, timeout=0.05).kind == "timeout"


def test_an_error_event_is_reported_without_its_text():
    assert error_of(Upstream(sse({"error": {"message": SECRET}}))).kind == "unavailable"


@pytest.mark.parametrize(
    ("status", "kind", "requests"),
    [
        (400, "bad_request", 1),
        (401, "refused", 1),
        (403, "refused", 1),
        (404, "refused", 1),
        (422, "bad_request", 1),
        (429, "overloaded", 3),
        (408, "timeout", 3),
        (500, "unavailable", 3),
        (503, "unavailable", 3),
        (504, "timeout", 3),
        (302, "unavailable", 1),
    ],
)
def test_each_status_has_its_kind_and_only_passing_ones_are_retried(status, kind, requests):
    upstream = Upstream(httpx2.Response(status, text=SECRET))
    assert error_of(upstream).kind == kind
    assert len(upstream.requests) == requests
    assert len(upstream.pauses) == requests - 1


@pytest.mark.parametrize(
    "fault",
    [httpx2.ConnectError("no"), httpx2.RemoteProtocolError("no"), httpx2.ConnectTimeout("no")],
    ids=lambda fault: type(fault).__name__,
)
def test_failures_before_the_first_byte_are_retried(fault):
    upstream = Upstream(fault, httpx2.Response(503), GOOD)
    assert text_of(pieces_of(upstream)) == "Hello"
    assert len(upstream.pauses) == 2
    assert 0 < upstream.pauses[0] <= 0.25


def test_a_request_that_timed_out_while_it_ran_is_not_repeated():
    upstream = Upstream(httpx2.ReadTimeout("no"))
    assert error_of(upstream).kind == "timeout"
    assert len(upstream.requests) == 1


def test_nothing_is_retried_once_an_answer_has_begun():
    class Breaks(httpx2.AsyncByteStream):
        async def __aiter__(self):
            yield sse(delta("Hel"), done=False)
            raise httpx2.ReadError("gone")

    upstream = Upstream(httpx2.Response(200, headers=STREAM, stream=Breaks()))
    assert error_of(upstream).kind == "unavailable"
    assert len(upstream.requests) == 1


def test_retry_after_is_honoured_up_to_its_bound():
    busy = httpx2.Response(429, headers={"retry-after": "3"})
    upstream = Upstream(busy, GOOD)
    pieces_of(upstream)
    assert upstream.pauses == [3.0]
    for_ever = Upstream(httpx2.Response(429, headers={"retry-after": "86400"}))
    assert error_of(for_ever).kind == "overloaded"
    assert for_ever.pauses == []


def test_an_open_breaker_asks_the_server_nothing():
    breaker = CircuitBreaker(failures=2, clock=lambda: 0.0)
    upstream = Upstream(httpx2.Response(500))
    for _ in range(2):
        error_of(upstream, retries=0, breaker=breaker)
    assert error_of(upstream, retries=0, breaker=breaker).kind == "unavailable"
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 429])
def test_refusals_do_not_open_the_breaker(status):
    breaker = CircuitBreaker(failures=1)
    error_of(Upstream(httpx2.Response(status)), retries=0, breaker=breaker)
    assert breaker.allows()


def test_lies_open_the_breaker_and_a_good_answer_closes_it():
    breaker = CircuitBreaker(failures=2, clock=lambda: 0.0)
    error_of(Upstream(LIES["not json"]), breaker=breaker)
    pieces_of(Upstream(GOOD), breaker=breaker)
    error_of(Upstream(LIES["not json"]), breaker=breaker)
    assert breaker.allows()


def test_closing_the_stream_closes_the_connection():
    closed = []

    class Endless(httpx2.AsyncByteStream):
        async def __aiter__(self):
            while True:
                yield sse(delta("word "), done=False)

        async def aclose(self):
            closed.append(True)

    async def run():
        engine = Upstream(httpx2.Response(200, headers=STREAM, stream=Endless())).engine()
        stream = engine.stream(CHAT)
        assert (await anext(stream)).text == "word "
        assert not closed
        await stream.aclose()
        assert closed
        await engine.aclose()

    asyncio.run(run())


def test_key_and_address_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("UPRIGHT_ENGINE_API_KEY", "from-environment")
    monkeypatch.setenv("UPRIGHT_ENGINE_BASE_URL", "http://127.0.0.1:7/api/")
    policy = parse_policy(
        'schema = 1\n[use_case]\nname = "t"\npurpose = "T."\n'
        '[engine]\nkind = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n'
    )
    engine = OpenAIEngine.from_section(policy.engine)
    assert str(engine._client.base_url) == "http://127.0.0.1:7/api/"
    assert engine._client.headers["authorization"] == "Bearer from-environment"
    assert (engine.name, engine.digest) == ("m", None)
    asyncio.run(engine.aclose())


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1:80/v1", "ftp://host/v1", "http://", "http://127.0.0.1:x/"]
)
def test_an_address_that_is_none_is_a_configuration_error(address):
    with pytest.raises(ConfigError, match="no address"):
        OpenAIEngine(address, "any")
