"""The official client, unchanged, is answered in its own types."""

from __future__ import annotations

import asyncio
import json

import openai
import pytest
from tests.answer.fakes import HEAD, ScriptedEngine, chunked, rule

from upright.generate.types import Piece, TokenLogprob

MAIL = "bob.miller@example.com"
NOTICE = "This text was withheld by the rules of this service."
TURNS = [{"role": "user", "content": f"write to {MAIL}"}]


def test_a_chat_completion_carries_text_usage_and_evidence(gateway):
    answer = gateway().sdk().chat.completions.create(model="any", messages=TURNS)
    assert answer.choices[0].message.content == "write to [EMAIL]"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    evidence = answer.model_extra["x_upright"]
    assert evidence["id"] == answer.id
    assert evidence["use_case"] == "test-use"
    assert evidence["policy_digest"].startswith("sha256:")
    assert evidence["guard_digest"].startswith("sha256:")
    assert evidence["verdicts"][0]["findings"][0]["rule"] == "pii.email"


def test_the_id_is_the_one_in_the_ledger(gateway):
    running = gateway()
    answer = running.sdk().chat.completions.create(model="any", messages=TURNS)
    with running.state.ledger as ledger:
        kinds = [entry.kind for entry in ledger.entries(request=answer.id)]
    assert kinds == ["opened", "closed"]


def test_a_stream_says_the_same_as_the_whole_and_ends_with_the_evidence(gateway):
    client = gateway().sdk()
    chunks = list(client.chat.completions.create(model="any", messages=TURNS, stream=True))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert said == "write to [EMAIL]"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].model_extra["x_upright"]["id"] == chunks[0].id
    assert not any("x_upright" in (chunk.model_extra or {}) for chunk in chunks[:-1])


def test_a_stream_ends_with_the_usage_if_asked(gateway):
    stream = (
        gateway()
        .sdk()
        .chat.completions.create(
            model="any", messages=TURNS, stream=True, stream_options={"include_usage": True}
        )
    )
    *_, last = stream
    assert last.choices == []
    assert last.usage.prompt_tokens == 7
    assert last.model_extra["x_upright"]["action"] == "redact"


def test_the_asynchronous_client_gets_the_same(gateway):
    running = gateway()

    async def both():
        async with running.async_sdk() as client:
            whole = await client.chat.completions.create(model="any", messages=TURNS)
            stream = await client.chat.completions.create(model="any", messages=TURNS, stream=True)
            parts = [chunk.choices[0].delta.content or "" async for chunk in stream]
        return whole.choices[0].message.content, "".join(parts)

    assert asyncio.run(both()) == ("write to [EMAIL]",) * 2


def test_completions_continue_a_text(gateway):
    client = gateway().sdk()
    answer = client.completions.create(model="any", prompt=f"to {MAIL}", max_tokens=9)
    assert answer.choices[0].text == "to [EMAIL]"
    chunks = list(client.completions.create(model="any", prompt=[f"to {MAIL}"], stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == "to [EMAIL]"
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_several_choices_come_whole_and_streamed(gateway):
    client = gateway().sdk()
    answer = client.chat.completions.create(model="any", messages=TURNS, n=3)
    assert [c.message.content for c in answer.choices] == ["write to [EMAIL]"] * 3
    said = {0: "", 1: "", 2: ""}
    for chunk in client.chat.completions.create(model="any", messages=TURNS, n=3, stream=True):
        for choice in chunk.choices:
            said[choice.index] += choice.delta.content or ""
    assert set(said.values()) == {"write to [EMAIL]"}


def tool_script(_job):
    return [
        Piece(channel="tool.0.name", text="send_mail", tool_id="upstream-1"),
        Piece(channel="tool.0.arguments", text='{"to": "bob.miller@ex'),
        Piece(channel="tool.0.arguments", text='ample.com", "urgent": true}'),
        Piece(finish_reason="tool_calls"),
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_tool_calls_come_whole_and_guarded(gateway, streamed):
    client = gateway(engine=ScriptedEngine(tool_script)).sdk()
    made = client.chat.completions.create(
        model="any", messages=TURNS, tools=[TOOL], stream=streamed
    )
    if streamed:
        deltas = [c for chunk in made for c in chunk.choices[0].delta.tool_calls or ()]
        (call,) = deltas
    else:
        assert made.choices[0].finish_reason == "tool_calls"
        assert made.choices[0].message.content is None
        (call,) = made.choices[0].message.tool_calls
    assert call.function.name == "send_mail"
    assert json.loads(call.function.arguments) == {"to": "[EMAIL]", "urgent": True}
    assert call.id.startswith("call_")


TOOL = {
    "type": "function",
    "function": {"name": "send_mail", "description": "Sends.", "parameters": {"type": "object"}},
}


def test_the_helper_of_the_client_for_streams_reassembles_the_answer(gateway):
    client = gateway(engine=ScriptedEngine(tool_script)).sdk()
    with client.chat.completions.stream(model="any", messages=TURNS, tools=[TOOL]) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.tool_calls[0].function.name == "send_mail"


def logprob_script(_job):
    return [
        Piece(text="Hi", logprobs=(TokenLogprob("Hi", -0.1, (("Hi", -0.1), ("Ho", -2.0))),)),
        Piece(text=f" {MAIL}", logprobs=(TokenLogprob(f" {MAIL}", -0.2),)),
        Piece(text=" bye", logprobs=(TokenLogprob(" bye", -0.3),)),
        Piece(finish_reason="stop"),
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_log_probabilities_stop_at_the_first_altered_character(gateway, streamed):
    client = gateway(engine=ScriptedEngine(logprob_script)).sdk()
    made = client.chat.completions.create(
        model="any", messages=TURNS, logprobs=True, top_logprobs=2, stream=streamed
    )
    if streamed:
        tokens = [
            token
            for chunk in made
            if chunk.choices[0].logprobs
            for token in chunk.choices[0].logprobs.content
        ]
        assert [token.token for token in tokens] == ["Hi"]
        assert [top.token for top in tokens[0].top_logprobs] == ["Hi", "Ho"]
    else:
        assert MAIL not in made.model_dump_json()


def test_alternatives_that_the_guard_would_alter_do_not_leave(gateway):
    script = [Piece(text="Hi", logprobs=(TokenLogprob("Hi", -0.1, ((MAIL, -3.0),)),))]
    client = gateway(engine=ScriptedEngine([*script, Piece(finish_reason="stop")])).sdk()
    made = client.chat.completions.create(
        model="any", messages=[{"role": "user", "content": "x"}], logprobs=True, top_logprobs=1
    )
    assert made.choices[0].logprobs.content[0].token == "Hi"
    assert MAIL not in made.model_dump_json()


def test_reasoning_travels_beside_the_content(gateway):
    pieces = [*chunked(f"think {MAIL}", channel="reasoning"), *chunked("done")]
    client = gateway(engine=ScriptedEngine(pieces)).sdk()
    message = client.chat.completions.create(model="any", messages=TURNS).choices[0].message
    assert message.content == "done"
    assert message.model_extra["reasoning_content"] == "think [EMAIL]"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_block_ends_with_content_filter(gateway, streamed):
    client = gateway(HEAD + rule("block"), engine=ScriptedEngine(chunked(f"ask {MAIL} now"))).sdk()
    made = client.chat.completions.create(model="any", messages=TURNS, stream=streamed)
    if streamed:
        chunks = list(made)
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        reason = chunks[-1].choices[0].finish_reason
    else:
        said, reason = made.choices[0].message.content, made.choices[0].finish_reason
    assert (said, reason) == (f"ask {NOTICE}", "content_filter")


def test_the_models_page_names_the_use_and_the_model_behind_it(gateway):
    client = gateway().sdk()
    names = [model.id for model in client.models.list().data]
    assert names == ["test-use", "scripted"]
    for name in names:
        assert client.models.retrieve(name).id == name
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-other")


def test_moderations_map_findings_to_categories(gateway):
    use = HEAD + rule("block", detect="toxicity.*") + rule("redact")
    client = gateway(use).sdk()
    made = client.moderations.create(input=["A quiet evening.", "I will kill you, you idiot."])
    calm, harsh = made.results
    assert not calm.flagged
    assert harsh.flagged
    assert harsh.category_scores.violence > calm.category_scores.violence
    assert harsh.model_extra["x_upright"]["findings"]


def test_a_moderation_is_recorded_without_its_text(gateway):
    running = gateway()
    running.sdk().moderations.create(input=MAIL)
    entry = running.state.ledger.head()
    assert entry.kind == "verdict"
    assert entry.body["output"]["rules"] == {"pii.email": {"redact": 1}}


def test_raw_responses_carry_id_and_disclosure_headers(gateway):
    use = HEAD + '[disclosure]\ntext = "Écrit avec une IA."\n' + rule("redact")
    raw = gateway(use).sdk().chat.completions.with_raw_response.create(model="any", messages=TURNS)
    assert raw.headers["x-upright-id"] == raw.parse().id
    assert raw.headers["x-upright-disclosure"] == "%C3%89crit avec une IA."
