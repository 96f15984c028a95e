"""Planted values: what a person wrote is nowhere but in the answer they get."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.answer.fakes import HEAD, ScriptedEngine, echo, rule
from tests.serve.gateway import chat

from upright.generate.types import EngineError
from upright.serve import logs, telemetry

CANARIES = [f"canary.{number}@leak{number}.example.com" for number in range(1000)]
ALL = '"prompt","retrieved","output"'


@pytest.fixture
def lines():
    """All that is logged, through the formatter that `upright serve` installs."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    handler = logs.install(logging.DEBUG)
    root.setLevel(logging.DEBUG)
    handler.stream = io.StringIO()
    yield handler.stream
    root.handlers[:], root.level, sys.excepthook, threading.excepthook = before
    logging.captureWarnings(capture=False)


@pytest.fixture
def spans(monkeypatch):
    """All spans of the gateway."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    return exporter


def test_a_thousand_planted_values_are_found_nowhere(gateway, lines, spans):
    limits = "[limits]\nrequests_per_minute = 1000000\n"
    running = gateway(HEAD + limits + rule("redact", at=ALL))
    with running.http() as client:
        for start in range(0, 1000, 50):
            some = CANARIES[start : start + 50]
            body = chat(" ".join(some), stream=start % 100 == 0)
            body["messages"] += [{"role": "tool", "content": mail} for mail in some]
            body |= {"user": some[0], "metadata": {"x": some[1]}, some[2]: some[3]}
            assert client.post("/v1/chat/completions", json=body).status_code == 200
            client.post("/v1/moderations", json={"input": some})
            client.post("/v1/completions", json={"prompt": some[0], "stop": some[1], "n": some[2]})
            client.get(f"/v1/reviews/{some[0]}")
            client.post("/v1/appeals", json={"id": some[0], "reason": some[1]})
            client.get(f"/{some[0]}?q={some[1]}", headers={"x-canary": some[2]})
        metrics = client.get("/metrics").text
    told = json.dumps([span.to_json() for span in spans.get_finished_spans()])
    ledger = repr(running.state.ledger.entries(limit=100_000))
    on_disk = b"".join(path.read_bytes() for path in running.home.rglob("*") if path.is_file())
    for place in (lines.getvalue(), metrics, told, ledger, on_disk.decode("latin-1")):
        assert place
        assert "canary." not in place
        assert "leak" not in place


def test_a_failing_engine_and_a_bug_leave_no_value_behind(gateway, lines, spans):
    faults = iter([EngineError(CANARIES[0], kind="malformed"), ValueError(CANARIES[1])])

    def script(job):
        raise next(faults)

    running = gateway(engine=ScriptedEngine(script))
    for _ in range(2):
        assert "canary." not in running.post(chat(CANARIES[2])).text
    told = json.dumps([span.to_json() for span in spans.get_finished_spans()])
    assert "canary." not in told
    assert "ValueError" in told
    assert "canary." not in lines.getvalue()
    assert '"error": "ValueError"' in lines.getvalue()
    assert "canary." not in repr(running.state.ledger.entries(limit=1000))


def test_values_of_a_policy_that_flags_are_not_kept_either(gateway, lines):
    running = gateway(HEAD + rule("flag", at=ALL), engine=ScriptedEngine(echo))
    response = running.post(chat(CANARIES[0]))
    assert response.json()["choices"][0]["message"]["content"] == CANARIES[0]
    assert "canary." not in json.dumps(response.json()["x_upright"])
    assert "canary." not in lines.getvalue() + repr(running.state.ledger.entries(limit=1000))


def test_no_library_can_log_a_value(lines):
    mail = CANARIES[0]
    logging.getLogger("asyncio").error("exception was never retrieved: %r", ValueError(mail))
    logging.getLogger("httpx2").warning(f"POST {mail}")  # noqa: G004 (libraries do)
    try:
        {}[mail]
    except KeyError:
        logging.getLogger("uvicorn.error").exception("failed for %s", mail)
    warnings.warn(mail, stacklevel=1)
    text = lines.getvalue()
    assert "canary" not in text
    assert len(text.splitlines()) == 4
    assert '"error": "KeyError"' in text
    assert all(json.loads(line)["event"] == "library" for line in text.splitlines())


def test_a_handler_that_a_library_brought_prints_no_value(lines):
    printed = io.StringIO()
    library = logging.getLogger("uvicorn.error")
    library.addHandler(logging.StreamHandler(printed))
    library.propagate = False
    handler = logs.install(logging.DEBUG)
    handler.stream = lines
    library.error("failed for %s", CANARIES[0])
    assert printed.getvalue() == ""
    assert "canary" not in lines.getvalue()
    assert lines.getvalue().count('"library"') == 1


def test_no_uncaught_exception_tells_a_value(lines):
    def fail():
        raise ValueError(CANARIES[0])

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert "canary" not in lines.getvalue()
    assert lines.getvalue().count('"event": "uncaught"') == 2


def test_a_line_of_ours_has_only_the_listed_fields(lines):
    logs.log("answered", id="ans_1", status=200)
    assert json.loads(lines.getvalue())["id"] == "ans_1"
    with pytest.raises(ValueError, match="prompt"):
        logs.log("answered", prompt=CANARIES[0])


def test_a_failure_is_told_by_type_and_place(lines):
    try:
        int(CANARIES[0])
    except ValueError as error:
        logs.log_failure("failed", error, id="ans_1")
    line = json.loads(lines.getvalue())
    assert line["error"] == "ValueError"
    assert line["where"].startswith("test_canaries.py:")


def test_spans_carry_the_conventions_names(gateway, spans):
    running = gateway()
    running.post(chat("hello"))
    running.until(spans.get_finished_spans)
    (span,) = spans.get_finished_spans()
    assert span.name == "chat scripted"
    assert span.attributes[telemetry.OPERATION] == "chat"
    assert span.attributes[telemetry.INPUT_TOKENS] == 7
    assert span.attributes[telemetry.FINISH_REASONS] == ("stop",)
    assert span.attributes[telemetry.RESPONSE_ID].startswith("ans_")


def test_metrics_count_requests_findings_and_refusals(gateway):
    running = gateway()
    running.post(chat("bob.miller@example.com"))
    running.post({})
    with running.http() as client:
        page = client.get("/metrics").text
    assert 'upright_requests_total{route="chat.completions",status="200"} 1.0' in page
    assert 'upright_findings_total{action="redact",rule="pii.email",stage="prompt"} 1.0' in page
    assert 'upright_refused_total{code="invalid_value"} 1.0' in page
    assert 'upright_tokens_total{direction="in",use="test-use"} 7.0' in page
