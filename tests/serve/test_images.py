"""Pictures through the gateway, with the official client: in a chat, and drawn."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json

import httpx2
import openai
import pytest
from PIL import Image as Pillow
from tests.answer.fakes import HEAD, ScriptedEngine, echo, rule
from tests.pictures import encoded, image, scene

from upright.answer.journal import salted_digest
from upright.generate.breaker import CircuitBreaker
from upright.generate.openai_engine import OpenAIEngine
from upright.guard.images.pdq import pdq
from upright.terms import Image

ALL = '"prompt","output"'
NOTICE = "This text was withheld by the rules of this service."
LIMITS = "[limits]\nmax_request_bytes = 10000000\nrequests_per_minute = 100000\n"


@pytest.fixture
def use(tmp_path):
    """A use with a list of one picture, and some rules."""
    listed = tmp_path / "list.txt"
    listed.write_text(f"{pdq(scene(1)).bits.hex()} the poster\n", encoding="utf-8")

    def made(*rules, more="", head=HEAD):
        section = f'[guard]\ndeadline_ms = 30000\n[guard.images]\nhashes = "{listed}"\n{more}\n'
        return head + LIMITS + section + "".join(rules)

    return made


def url(one: Image) -> str:
    return f"data:{one.media_type};base64,{base64.b64encode(one.data).decode()}"


def turn(*parts, role="user"):
    content = [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "image_url", "image_url": {"url": url(part), "detail": "low"}}
        for part in parts
    ]
    return [{"role": role, "content": content}]


def asked(running, messages, **more):
    return running.sdk().chat.completions.create(model="any", messages=messages, **more)


def refused(running, messages, match):
    with pytest.raises(openai.BadRequestError, match=match) as caught:
        asked(running, messages)
    assert caught.value.code == "unsupported_content"


# In a chat ---------------------------------------------------------------------------------------


def test_a_picture_that_may_pass_reaches_the_engine_where_it_stood(gateway, use):
    bodies = []

    def upstream(request):
        bodies.append(json.loads(request.content))
        choice = {"index": 0, "message": {"content": "A house."}, "finish_reason": "stop"}
        return httpx2.Response(200, json={"choices": [choice]})

    engine = OpenAIEngine("http://up/v1", "any", transport=httpx2.MockTransport(upstream))
    running = gateway(use(rule("redact", detect="image.protected", at=ALL)), engine=engine)
    answer = asked(running, turn("this\n", image(2), image(3), "or that?"))
    assert answer.choices[0].message.content == "A house."
    first, second, third, fourth = bodies[0]["messages"][-1]["content"]
    assert first == {"type": "text", "text": "this\n"}
    assert second == {"type": "image_url", "image_url": {"url": url(image(2)), "detail": "low"}}
    assert third["image_url"]["url"] == url(image(3))
    assert fourth == {"type": "text", "text": "or that?"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_listed_picture_is_taken_out_and_the_rest_goes_on(gateway, use, stream):
    engine = ScriptedEngine(echo)
    running = gateway(use(rule("redact", detect="image.protected", at=ALL)), engine=engine)
    made = asked(running, turn("see", image(1), image(2)), stream=stream)
    said = (
        "".join(chunk.choices[0].delta.content or "" for chunk in made)
        if stream
        else made.choices[0].message.content
    )
    assert said == f"see\n[PROTECTED]\n{image(2).placeholder}"
    (message,) = engine.jobs[0].messages
    assert [shown.image for shown in message.images] == [image(2)]
    assert url(image(1)) not in repr(engine.jobs)


def test_a_finding_points_at_the_placeholder_in_the_turn(gateway, use):
    running = gateway(use(rule("redact", detect="image.protected", at=ALL)))
    answer = asked(running, turn("see", image(1)))
    (verdict,) = answer.model_extra["x_upright"]["verdicts"]
    (finding,) = verdict["findings"]
    text = f"see\n{image(1).placeholder}"
    assert text[finding["start"] : finding["end"]] == image(1).placeholder
    assert (finding["rule"], finding["source"]) == ("image.protected", "the poster")


def test_a_blocked_picture_keeps_the_request_from_the_engine(gateway, use):
    engine = ScriptedEngine(echo)
    running = gateway(use(rule("block", detect="image.protected", at=ALL)), engine=engine)
    answer = asked(running, turn("see", image(1)))
    assert answer.choices[0].finish_reason == "content_filter"
    assert answer.choices[0].message.content == NOTICE
    assert engine.jobs == []


@pytest.mark.parametrize("on_error", ["block", "flag", "allow"])
def test_a_picture_that_lies_or_is_cut_ends_as_the_policy_says(gateway, use, on_error):
    engine = ScriptedEngine(echo)
    text = use(rule("redact", detect="image.*", at=ALL))
    running = gateway(text.replace("[guard]", f'[guard]\non_error = "{on_error}"'), engine=engine)
    lying = Image("image/png", image(2, "JPEG").data)
    cut = Image("image/png", image(2).data[:500])
    for one in (lying, cut):
        answer = asked(running, turn("see", one))
        errors = answer.model_extra["x_upright"]["verdicts"][0]["errors"]
        assert {error["rule"] for error in errors} == {"image.unsafe", "image.protected"}
        assert (answer.choices[0].finish_reason == "content_filter") == (on_error == "block")
    assert "error" in running.kinds()
    assert len(engine.jobs) == (0 if on_error == "block" else 2)


ADDRESSES = (
    "http://example.org/a.png",
    "https://127.0.0.1/x",
    "HTTP://[::1]/a.png",
    "file:///etc/passwd",
    "ftp://example.org/a.png",
    "data:text/html;base64,PGh0bWw+",
    "data:image/svg+xml;base64,PHN2Zy8+",
    "data:image/png;base64,not base64!",
    "data:image/png;base64,",
    "data:image/png,raw",
    "",
)


def test_an_address_is_refused_and_never_fetched(gateway, use):
    engine = ScriptedEngine(echo)
    running = gateway(use(rule("redact", detect="image.protected", at=ALL)), engine=engine)
    for address in ADDRESSES:
        part = {"type": "image_url", "image_url": {"url": address}}
        refused(running, [{"role": "user", "content": [part]}], "picture")
    assert engine.jobs == []


def test_an_address_is_passed_on_unread_where_the_use_says_so(gateway, use):
    engine = ScriptedEngine(echo)
    text = use(
        rule("redact", detect="image.protected", at=ALL),
        rule("redact", at=ALL),
        more='urls = "pass"',
    )
    running = gateway(text, engine=engine)

    def shown(address):
        part = {"type": "image_url", "image_url": {"url": address}}
        asked(running, [{"role": "user", "content": [part]}])
        return [one.url for one in engine.jobs[-1].messages[0].images]

    assert shown("https://example.org/a.png?b=c") == ["https://example.org/a.png?b=c"]
    # The address is text like any other: what the guard takes out of it does not travel.
    assert shown("https://example.org/bob.miller@example.com/a.png") == []


def test_bounds_on_number_and_bytes_are_refusals(gateway, use):
    engine = ScriptedEngine(echo)
    text = use(
        rule("redact", detect="image.protected", at=ALL), more="max_images = 2\nmax_bytes = 50000"
    )
    running = gateway(text, engine=engine)
    assert len(image(2).data) < 50_000
    asked(running, turn(image(2), image(3)))
    refused(running, turn(image(2), image(3), image(4)), "2 pictures")
    refused(running, turn(Image("image/png", encoded(scene(2, 400, 400)))), "50000 bytes")
    assert len(engine.jobs) == 1


@pytest.mark.parametrize("role", ["system", "assistant"])
def test_only_users_and_tools_show_pictures(gateway, use, role):
    running = gateway(use(rule("redact", detect="image.protected", at=ALL)))
    refused(running, turn(image(2), role=role), "only text and")


def test_a_tool_s_picture_is_judged_too(gateway, use):
    running = gateway(use(rule("block", detect="image.protected", at=ALL)))
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    turns = [
        {"role": "user", "content": "look"},
        {"role": "assistant", "tool_calls": [call]},
        *[{**one, "tool_call_id": "c1"} for one in turn("seen", image(1), role="tool")],
    ]
    assert asked(running, turns).choices[0].finish_reason == "content_filter"


def test_a_use_that_looks_at_no_pictures_takes_none(gateway, use):
    refused(gateway(HEAD + LIMITS + rule("redact")), turn(image(2)), "only text")
    refused(gateway(use(rule("redact"))), turn(image(2)), "no rule of this use looks")
    only_answers = use(rule("block", detect="image.protected", at='"output"'))
    refused(gateway(only_answers), turn(image(2)), "no rule of this use looks")
    local = HEAD.replace('kind = "openai"', 'kind = "embedded"')
    text = use(rule("redact", detect="image.protected", at=ALL), head=local)
    refused(gateway(text), turn(image(2)), "reads no pictures")


def test_a_picture_that_a_person_released_is_that_very_picture(gateway, use):
    engine = ScriptedEngine(echo)
    running = gateway(use(rule("review", detect="image.protected", at=ALL)), engine=engine)
    held = asked(running, turn("see", image(1)))
    item = held.model_extra["x_upright"]["review_id"]
    running.state.ledger.reviews.decide(item, "release", by="ann", reason="ours")
    assert engine.jobs == []
    other = Image("image/jpeg", encoded(scene(1), "JPEG"))
    again = asked(running, turn("see", other), extra_body={"review_id": item})
    assert again.choices[0].finish_reason == "content_filter"
    released = asked(running, turn("see", image(1)), extra_body={"review_id": item})
    assert released.choices[0].finish_reason == "stop"
    assert [one.image for one in engine.jobs[0].messages[0].images] == [image(1)]


# Drawn -------------------------------------------------------------------------------------------


class Upstream:
    """A server that draws what it is told to; remembers what it was asked."""

    def __init__(self, *pictures: Image, **item) -> None:
        self.pictures = list(pictures)
        self.item = item
        self.bodies: list[dict] = []

    def __call__(self, request):
        self.bodies.append(json.loads(request.content))
        data = [
            {"b64_json": base64.b64encode(one.data).decode(), **self.item} for one in self.pictures
        ]
        return httpx2.Response(200, json={"created": 1, "data": data})

    def engine(self, **options) -> OpenAIEngine:
        transport = httpx2.MockTransport(self)
        return OpenAIEngine("http://up/v1", "drawer", transport=transport, retries=0, **options)


DRAWING = (
    rule("block", detect="image.protected", at=ALL, more="min_severity = 2"),
    rule("block", detect="style.*", at='"prompt"'),
    rule("redact", at=ALL),
)
ARTISTS = 'artists = ["Ada Sample"]'


@pytest.fixture
def drawing(gateway, use):
    """A gateway that draws."""

    def start(upstream, *rules, more=ARTISTS, **options):
        """Only rules for what is drawn, unless others are given."""
        return gateway(use(*(rules or DRAWING), more=more), engine=upstream.engine(**options))

    return start


def drawn(running, prompt="a house", **more):
    return running.sdk().images.generate(model="any", prompt=prompt, **more)


def withheld(running, prompt="a house", **more):
    with pytest.raises(openai.BadRequestError) as caught:
        drawn(running, prompt, **more)
    assert caught.value.code == "content_policy_violation"
    return caught.value


def closed(running):
    return running.state.ledger.entries(kind="closed", limit=100)[-1].body


def test_pictures_come_with_evidence_and_in_the_client_s_types(drawing):
    upstream = Upstream(image(2), image(3, "JPEG"), revised_prompt="a small house")
    running = drawing(upstream)
    answer = drawn(running, "a house for bob.miller@example.com", n=2, size="256x256")
    assert upstream.bodies == [
        {
            "model": "drawer",
            "prompt": "a house for [EMAIL]",
            "n": 2,
            "size": "256x256",
            "response_format": "b64_json",
        }
    ]
    assert [one.revised_prompt for one in answer.data] == ["a small house"] * 2
    for one, media_type in zip(answer.data, ("image/png", "image/jpeg"), strict=True):
        told = one.model_extra["x_upright"]
        digest = hashlib.sha256(base64.b64decode(one.b64_json)).hexdigest()
        assert (told["sha256"], told["media_type"]) == (f"sha256:{digest}", media_type)
    evidence = answer.model_extra["x_upright"]
    assert evidence["action"] == "redact"
    assert evidence["verdicts"][0]["findings"][0]["rule"] == "pii.email"


def test_the_ledger_has_the_digest_of_what_left(drawing):
    running = drawing(Upstream(image(2)))
    answer = drawn(running)
    evidence = answer.model_extra["x_upright"]
    entries = running.state.ledger.entries(request=evidence["id"])
    assert [entry.kind for entry in entries] == ["opened", "closed"]
    told = [{"sha256": answer.data[0].model_extra["x_upright"]["sha256"], "revised_prompt": ""}]
    digest = salted_digest(bytes.fromhex(evidence["salt"]), told)
    assert closed(running)["answer_digest"] == digest
    assert closed(running)["pictures"] == 1


def test_a_picture_carries_a_manifest_that_names_the_answer(drawing):
    c2pa = pytest.importorskip("c2pa", reason="the extra `c2pa` is not installed")
    answer = drawn(drawing(Upstream(image(2))))
    (one,) = answer.data
    assert one.model_extra["x_upright"]["c2pa"] is True
    with c2pa.Reader("image/png", io.BytesIO(base64.b64decode(one.b64_json))) as reader:
        assert answer.model_extra["x_upright"]["id"] in reader.json()


def test_a_use_that_declines_certificates_signs_no_picture(gateway, use):
    text = use(*DRAWING, more=ARTISTS) + "\n[certificates]\nissue = false\n"
    answer = drawn(gateway(text, engine=Upstream(image(2)).engine()))
    assert answer.data[0].model_extra["x_upright"]["c2pa"] is False
    assert base64.b64decode(answer.data[0].b64_json) == image(2).data


def test_a_request_for_a_registered_style_never_reaches_the_server(drawing):
    upstream = Upstream(image(2))
    running = drawing(upstream)
    error = withheld(running, "a castle in the style of Ada Sample")
    assert error.body["message"] == NOTICE
    assert error.response.json()["x_upright"]["verdicts"][0]["findings"][0]["rule"] == (
        "style.request"
    )
    assert error.response.headers["x-upright-id"].startswith("ans_")
    assert upstream.bodies == []
    assert closed(running)["finish_reason"] == "content_filter"


def test_where_one_picture_is_blocked_none_leaves(drawing):
    running = drawing(Upstream(image(2), image(1)))
    error = withheld(running, n=2)
    assert "b64_json" not in error.response.text
    (verdict,) = error.response.json()["x_upright"]["verdicts"]
    assert (verdict["stage"], verdict["index"], verdict["channel"]) == ("output", 1, "image")
    assert closed(running)["output"]["rules"] == {"image.protected": {"block": 1}}


def test_a_redacted_picture_stays_and_the_others_leave(drawing):
    redacting = rule("redact", detect="image.protected", at=ALL, more="min_severity = 2")
    running = drawing(Upstream(image(1), image(2)), redacting, more="")
    (one,) = drawn(running, n=2).data
    assert one.model_extra["x_upright"]["media_type"] == "image/png"
    withheld(drawing(Upstream(image(1)), redacting, more=""))


@pytest.mark.parametrize("action", ["review", "replace"])
def test_other_ways_to_withhold_let_no_picture_out(drawing, action):
    more = 'text = "Not this."\n' if action == "replace" else ""
    running = drawing(
        Upstream(image(1)), rule(action, detect="image.protected", at=ALL, more=more), more=""
    )
    assert withheld(running).body["message"] == ("Not this." if action == "replace" else NOTICE)


def test_a_prompt_held_for_review_waits_for_a_person(drawing):
    rules = (rule("review", at='"prompt"'), DRAWING[0])
    running = drawing(Upstream(image(2)), *rules, more="")
    prompt = "a house for bob.miller@example.com"
    error = withheld(running, prompt)
    item = error.response.json()["x_upright"]["review_id"]
    running.state.ledger.reviews.decide(item, "release", by="ann", reason="fine")
    assert drawn(running, prompt, extra_body={"review_id": item}).data


def test_what_the_server_made_of_the_prompt_is_guarded_too(drawing):
    running = drawing(Upstream(image(2), revised_prompt="for bob.miller@example.com"))
    assert drawn(running).data[0].revised_prompt == "for [EMAIL]"


def test_words_in_the_file_do_not_leave(drawing):
    word = b"prompt-of-ann"
    buffer = io.BytesIO()
    Pillow.fromarray(scene(2)).save(buffer, "JPEG", comment=word)
    answer = drawn(drawing(Upstream(Image("image/jpeg", buffer.getvalue()))))
    assert word not in base64.b64decode(answer.data[0].b64_json)


LIES = {
    "no JSON": lambda _: httpx2.Response(200, html="<h1>Bad gateway</h1>"),
    "a list": lambda _: httpx2.Response(200, json=[1]),
    "no data": lambda _: httpx2.Response(200, json={"data": []}),
    "too many": lambda _: answer_with(image(2), image(3)),
    "no base64": lambda _: httpx2.Response(200, json={"data": [{"b64_json": "###"}]}),
    "a number": lambda _: httpx2.Response(200, json={"data": [{"b64_json": 7}]}),
    "an address": lambda _: httpx2.Response(200, json={"data": [{"url": "http://169.254.1.1/"}]}),
    "a page": lambda _: answer_with(Image("image/png", b"<!DOCTYPE html><title>x</title>")),
    "cut off": lambda _: answer_with(Image("image/png", image(2).data[:800])),
    "too large": lambda _: answer_with(Image("image/png", image(2).data + bytes(200_000))),
    "endless": lambda _: httpx2.Response(200, content=b"[" * 3_000_000),
    "a bad prompt": lambda _: answer_with(image(2), revised_prompt=["x"]),
}


def answer_with(*pictures, **item):
    return Upstream(*pictures, **item)(httpx2.Request("POST", "http://up", json={}))


class Patient(CircuitBreaker):
    """Never opens, so that each lie is asked for."""

    def failed(self) -> None:
        self.succeeded()


class Lying(Upstream):
    def __init__(self, lie) -> None:
        super().__init__()
        self.lie = lie

    def __call__(self, request):
        return self.lie(request)


def test_a_server_that_lies_is_a_bad_gateway_and_nothing_of_it_leaves(drawing):
    upstream = Lying(None)
    running = drawing(upstream, more="max_bytes = 150000\n" + ARTISTS, breaker=Patient())
    for upstream.lie in LIES.values():
        with pytest.raises(openai.InternalServerError) as caught:
            drawn(running)
        assert (caught.value.status_code, caught.value.code) == (502, "engine_malformed")
        assert closed(running)["finish_reason"] == "error"


def test_a_file_that_is_not_what_its_first_bytes_say_is_withheld(drawing):
    # Built like a PNG, and no decoder can read it: the detectors fail, and the use says block.
    data = bytearray(image(2).data)
    data[60:400] = bytes(340)
    error = withheld(drawing(Upstream(Image("image/png", bytes(data)))))
    assert error.response.json()["x_upright"]["verdicts"][0]["errors"]


def test_a_server_s_refusal_is_told_as_for_answers_in_words(drawing):
    upstream = Lying(None)
    running = drawing(upstream, breaker=Patient())
    for status, ours in ((400, 400), (401, 502), (404, 502), (429, 503), (500, 503)):
        upstream.lie = lambda _, s=status: httpx2.Response(s, text="bob.miller@example.com")
        with pytest.raises(openai.APIStatusError) as caught:
            drawn(running)
        assert caught.value.status_code == ours
        assert "bob.miller" not in caught.value.response.text


class Slow(Upstream):
    """Never answers, and knows when nobody waits any more."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.left = False

    def engine(self, **options):
        async def handle(_request):
            self.asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.left = True

        transport = httpx2.MockTransport(handle)
        return OpenAIEngine("http://up/v1", "drawer", transport=transport, retries=0, **options)


def test_a_server_that_takes_too_long_is_a_time_out(drawing):
    upstream = Slow()
    running = drawing(upstream, timeout=0.2)
    with pytest.raises(openai.InternalServerError) as caught:
        drawn(running)
    assert (caught.value.status_code, caught.value.code) == (504, "engine_timeout")
    assert upstream.left


def test_a_client_that_leaves_ends_the_work_and_is_recorded(drawing):
    upstream = Slow()
    running = drawing(upstream)
    with pytest.raises(openai.APITimeoutError):
        running.sdk(timeout=0.5).images.generate(model="any", prompt="a house")
    running.until(lambda: upstream.left)
    running.until(lambda: running.kinds()[-1] == "closed")
    assert closed(running)["finish_reason"] == "cancelled"


def test_what_cannot_be_served_is_refused(drawing):
    upstream = Upstream(image(2))
    running = drawing(upstream)
    wrong = {"response_format": "url", "stream": True, "n": 11, "size": "huge", "prompt": ""}
    for param, value in wrong.items():
        body = {"prompt": "a house", param: value}
        response = running.post(body, "/v1/images/generations")
        assert (response.status_code, response.json()["error"]["param"]) == (400, param)
    assert upstream.bodies == []


def test_unknown_fields_stay_here(drawing):
    upstream = Upstream(image(2))
    body = {"prompt": "a house", "user": "ann", "moderation": "low", "x_guard": "off"}
    assert drawing(upstream).post(body, "/v1/images/generations").status_code == 200
    assert set(upstream.bodies[0]) == {"model", "prompt", "n", "response_format"}


def test_a_use_that_looks_at_no_pictures_draws_none(gateway, use):
    upstream = Upstream(image(2))
    for text in (HEAD + LIMITS + rule("redact"), use(rule("redact", at=ALL))):
        response = gateway(text, engine=upstream.engine()).post(
            {"prompt": "x"}, "/v1/images/generations"
        )
        assert response.json()["error"]["code"] == "unsupported_content"
    words_only = gateway(use(*DRAWING, more=ARTISTS), engine=ScriptedEngine(echo))
    assert words_only.post({"prompt": "x"}, "/v1/images/generations").status_code == 400
    few = gateway(use(*DRAWING, more=f"{ARTISTS}\nmax_images = 1"), engine=upstream.engine())
    assert few.post({"prompt": "x", "n": 2}, "/v1/images/generations").status_code == 400
    assert upstream.bodies == []


def test_a_stopped_use_draws_nothing(drawing):
    upstream = Upstream(image(2))
    running = drawing(upstream)
    running.state.ledger.uses.stop("test-use", by="ann", reason="pause")
    with pytest.raises(openai.InternalServerError) as caught:
        drawn(running)
    assert caught.value.code == "use_stopped"
    assert upstream.bodies == []


def test_pictures_are_counted(drawing):
    running = drawing(Upstream(image(2)))
    drawn(running)
    with running.http(None) as client:
        page = client.get("/metrics").text
    assert 'upright_requests_total{route="images.generations",status="200"} 1.0' in page
