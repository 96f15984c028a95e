"""Whatever the OpenAPI description allows, and more, is answered; nothing weakens the policy."""

from __future__ import annotations

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from tests.answer.fakes import HEAD, ScriptedEngine, echo, rule
from tests.serve.gateway import Gateway, chat

MAIL = "bob.miller@example.com"
LIMITS = "[limits]\nrequests_per_minute = 100000000\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    use = HEAD + LIMITS + rule("redact", at='"prompt","retrieved","output"')
    with Gateway(home, use, engine=ScriptedEngine(echo)) as gateway:
        yield gateway


OPERATIONS = [
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/completions"),
    ("POST", "/v1/images/generations"),
    ("POST", "/v1/moderations"),
    ("POST", "/v1/appeals"),
    ("POST", "/v1/verify"),
    ("POST", "/v1/attribute"),
    ("GET", "/v1/certificates/{name}"),
    ("GET", "/v1/log/head"),
    ("GET", "/v1/log/consistency"),
    ("GET", "/v1/log/revoked"),
    ("GET", "/v1/log/keys"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{name}"),
    ("GET", "/v1/reviews/{item}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]


@pytest.fixture(scope="module")
def api(running):
    return schemathesis.openapi.from_url(f"{running.url}/openapi.json")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_request_from_the_description_makes_a_server_error(running, api, method, path, data):
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    operation = api[path][method]
    # Some addresses take nothing, so nothing can be wrong about a request to them.
    mode = data.draw(st.sampled_from(modes)) if "{" in path or method == "POST" else modes[0]
    case = data.draw(operation.as_strategy(generation_mode=mode))
    case.call_and_validate(
        headers={"authorization": f"Bearer {running.secret}"}, checks=[not_a_server_error]
    )


def test_the_description_names_every_address(running):
    with running.http(None) as client:
        paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {path for _, path in OPERATIONS}
    assert "$ref" not in json.dumps(paths["/v1/chat/completions"]["post"]["requestBody"])


WEAKENING = st.sampled_from(
    [
        "guard", "guards", "guardrails", "guardrail", "policy", "x_upright", "upright", "observe",
        "on_error", "skip", "disable", "bypass", "no_guard", "scanners_suppress", "metadata",
        "user", "extra_body", "extra_headers", "chat_template", "chat_template_kwargs", "echo_",
        "add_generation_prompt", "documents", "prompt_logprobs", "return_token_ids", "safe_mode",
        "moderation", "deadline_ms", "rule", "rules", "exception", "exceptions", "use_case",
        "system_fingerprint", "model", "seed", "service_tier", "store", "prediction",
    ]
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(["off", "none", "allow", "", "disabled", "*", "pii.*", 0, -1, [], {}])
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["enabled", "action", "rules", "guard"]), inner, max_size=2
        )
    ),
    max_leaves=4,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "x-upright-guard", "x-upright-policy", "x-upright-use-case", "x-guardrails",
            "x-no-guard", "x-forwarded-for", "x-original-url", "x-http-method-override",
            "x-upright-id", "x-moderation", "openai-organization", "prefer",
        ]
    ),
    st.sampled_from(["off", "none", "allow", "0", "false", "*", "other-use", "127.0.0.1"]),
    max_size=3,
)  # fmt: skip


@given(st.dictionaries(WEAKENING, VALUES, max_size=5), HEADERS, st.booleans())
@settings(suppress_health_check=list(HealthCheck))
def test_no_field_and_no_header_weakens_the_policy(running, fields, headers, streamed):
    body = fields | chat(f"say {MAIL}", stream=streamed)
    response = running.post(body, headers=headers)
    assert response.status_code in {200, 400}
    assert MAIL not in response.text
    if response.status_code == 200:
        assert "[EMAIL]" in response.text


@given(st.text(max_size=400), st.booleans())
@settings(suppress_health_check=list(HealthCheck))
def test_any_text_is_answered(running, text, streamed):
    body = json.dumps(chat(text, stream=streamed)).encode("utf-8", "surrogatepass")
    with running.http() as client:
        response = client.post("/v1/chat/completions", content=body)
    assert response.status_code in {200, 400}


def test_a_model_name_is_not_repeated(running):
    assert MAIL not in running.post(chat("hi", model=MAIL)).text
