"""One request through the pipeline: what the engine sees, what leaves, what is recorded."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest
from tests.answer.fakes import (
    HEAD,
    EndlessEngine,
    ScriptedEngine,
    asked,
    chunked,
    echo,
    policy,
    rule,
)

from upright.answer import AnswerRequest, PolicyChangedError, UseStoppedError
from upright.answer.journal import salted_digest
from upright.answer.outbound import digestible
from upright.generate.types import EngineError, Message, Piece
from upright.policy import parse_policy
from upright.terms import Action, Stage

NOTICE = "This text was withheld by the rules of this service."
MAIL = "bob.miller@example.com"


def text_of(pieces, channel="content", choice=0):
    return "".join(p.text for p in pieces if p.channel == channel and p.choice == choice)


def test_the_engine_never_sees_what_the_prompt_rule_redacts(bench):
    b = bench()
    b.complete(("user", f"write to {MAIL}"))
    assert b.engine.jobs[0].messages == (Message("user", "write to [EMAIL]"),)


def test_every_turn_is_guarded_whoever_speaks(bench):
    b = bench()
    roles = ("system", "user", "assistant", "tool", "user")
    b.complete(*((role, f"{role}: {MAIL}") for role in roles))
    assert [m.content for m in b.engine.jobs[0].messages] == [f"{r}: [EMAIL]" for r in roles]


def test_what_a_tool_brought_in_is_judged_as_retrieved(bench):
    use = policy(rules=rule("block", at='"retrieved"') + rule("flag", at='"prompt"'))
    b = bench(use)
    assert b.complete(("user", MAIL)).choices[0].finish_reason == "stop"
    blocked = b.complete(("user", "hello"), ("tool", MAIL))
    assert blocked.choices[0].finish_reason == "content_filter"
    assert [v.stage for v in blocked.upright.verdicts] == [Stage.RETRIEVED]


def test_calling_a_turn_a_tools_does_not_weaken_the_prompts_rules(bench):
    b = bench(policy(rules=rule("redact", at='"prompt", "output"')))
    made = b.complete(("user", "hello"), ("tool", f"mail {MAIL}"))
    assert b.engine.jobs[0].messages[1].content == "mail [EMAIL]"
    assert [(v.stage, v.verdict.action) for v in made.upright.verdicts] == [
        (Stage.PROMPT, "redact")
    ]


def test_a_rule_for_what_tools_bring_in_has_the_say_over_the_prompts(bench):
    b = bench(policy(rules=rule("allow", at='"retrieved"') + rule("block", at='"prompt"')))
    assert b.complete(("user", "hello"), ("tool", MAIL)).choices[0].finish_reason == "stop"
    assert b.engine.jobs[0].messages[1].content == MAIL


def test_a_value_split_over_two_turns_is_redacted_in_both(bench):
    b = bench()
    b.complete(
        ("user", "my address is bob.miller@exam"), ("assistant", "go on"), ("user", "ple.com")
    )
    seen = " ".join(m.content for m in b.engine.jobs[0].messages)
    assert "bob.miller" not in seen
    assert "ple.com" not in seen


def test_the_word_after_a_whole_value_in_the_turn_before_stays(bench):
    b = bench()
    b.complete(("user", f"I am {MAIL}"), ("user", "thanks"), ("user", "4111 1111 1111 1111"))
    assert [m.content for m in b.engine.jobs[0].messages][1] == "thanks"


def test_tool_calls_of_the_history_and_passed_on_fields_are_guarded(bench):
    b = bench()
    call = {"id": "c1", "function": {"name": "send", "arguments": json.dumps({"to": MAIL})}}
    turn = Message("assistant", "", {"tool_calls": [call]})
    tools = [{"type": "function", "function": {"name": "send", "description": f"as {MAIL}"}}]
    b.complete(("user", "hi"), turn, passthrough={"tools": tools})
    job = b.engine.jobs[0]
    assert MAIL not in repr(job)
    assert "[EMAIL]" in job.messages[1].extra["tool_calls"][0]["function"]["arguments"]


@pytest.mark.parametrize("stop", [MAIL, (MAIL, "END"), ["END", MAIL]])
def test_texts_that_end_the_answer_are_guarded_like_the_rest_of_the_request(bench, stop):
    b = bench()
    answer = b.complete(("user", "hi"), overrides={"stop": stop})
    assert MAIL not in repr(b.engine.jobs[0])
    assert "[EMAIL]" in b.engine.jobs[0].sampling.stop
    assert answer.upright.action == "redact"


def test_a_blocked_text_that_ends_the_answer_reaches_no_engine(bench):
    b = bench(policy(rules=rule("block", at='"prompt"')))
    b.complete(("user", "hi"), overrides={"stop": (MAIL,)})
    assert b.engine.jobs == []


def test_the_policys_system_prompt_comes_first(bench):
    b = bench(policy('[generation]\nsystem = "Be brief."\n'))
    b.complete(("user", "hi"))
    assert b.engine.jobs[0].messages[0] == Message("system", "Be brief.")


def test_a_bare_prompt_stays_bare(bench):
    b = bench()
    asyncio.run(b.answerer.complete(AnswerRequest(prompt=f"call {MAIL}")))
    assert b.engine.jobs[0].prompt == "call [EMAIL]"
    assert b.engine.jobs[0].messages is None


def test_a_blocked_prompt_reaches_no_engine(bench):
    b = bench(policy(rules=rule("block", at='"prompt"')))
    answer = b.complete(("user", MAIL), n=2)
    assert b.engine.jobs == []
    assert [(c.content, c.finish_reason) for c in answer.choices] == [
        (NOTICE, "content_filter")
    ] * 2
    assert answer.upright.action == "block"
    assert b.kinds() == ["opened", "closed"]


def test_a_replaced_prompt_is_answered_with_the_rules_text(bench):
    b = bench(policy(rules=rule("replace", at='"prompt"', more='text = "Ask the desk."')))
    assert b.complete(("user", MAIL)).choices[0].content == "Ask the desk."
    assert b.engine.jobs == []


@pytest.mark.parametrize("streamed", [False, True])
def test_a_blocked_answer_ends_with_the_notice_before_the_span(bench, streamed):
    text = f"The address is {MAIL} and more."
    b = bench(policy(rules=rule("block")), ScriptedEngine(chunked(text)))
    if streamed:
        pieces = b.stream()
        said, reason = text_of(pieces), pieces[-1].finish_reason
    else:
        choice = b.complete().choices[0]
        said, reason = choice.content, choice.finish_reason
    assert said == f"The address is {NOTICE}"
    assert reason == "content_filter"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 500])
def test_streamed_and_whole_answers_are_the_same(bench, size):
    text = f"First {MAIL}, then some words, then card 4111 1111 1111 1111. " * 3
    use = policy(rules=rule("redact") + rule("redact", detect="pii.payment_card"))
    whole = bench(use, ScriptedEngine(chunked(text, size))).complete().choices[0].content
    pieces = bench(use, ScriptedEngine(chunked(text, size))).stream()
    assert text_of(pieces) == whole
    assert "bob" not in whole
    assert "4111" not in whole


def test_the_engine_is_stopped_when_nothing_more_can_leave(bench):
    endless = EndlessEngine()
    use = policy(rules=rule("block", detect="custom.stop") + PATTERN)
    b = bench(use, endless)
    pieces = b.stream()
    assert text_of(pieces).endswith(NOTICE)
    assert endless.cancelled == 1


PATTERN = """
[[guard.pattern]]
rule = "custom.stop"
pattern = "word word"
max_length = 20
"""


def test_each_answer_of_several_is_guarded_on_its_own(bench):
    pieces = [*chunked(f"A {MAIL}", choice=0), *chunked("B is fine", choice=1)]
    b = bench(policy(rules=rule("block")), ScriptedEngine(pieces))
    answer = b.complete(n=2)
    assert [c.finish_reason for c in answer.choices] == ["content_filter", "stop"]
    assert answer.choices[1].content == "B is fine"


def test_reasoning_and_refusal_are_guarded_like_content(bench):
    pieces = [
        *chunked(f"think {MAIL}", channel="reasoning"),
        *chunked("done"),
        *chunked(f"no {MAIL}", channel="refusal"),
    ]
    choice = bench(policy(rules=rule("redact")), ScriptedEngine(pieces)).complete().choices[0]
    assert (choice.reasoning, choice.refusal, choice.content) == (
        "think [EMAIL]",
        "no [EMAIL]",
        "done",
    )


def test_blocked_reasoning_takes_the_answer_with_it(bench):
    pieces = [*chunked(f"think {MAIL}", channel="reasoning"), *chunked("done")]
    choice = bench(policy(rules=rule("block")), ScriptedEngine(pieces)).complete().choices[0]
    assert choice.finish_reason == "content_filter"
    assert choice.content == ""


def test_strings_of_unknown_channels_and_choices_never_leave(bench):
    pieces = [Piece(0, "audio", MAIL), Piece(9, "content", MAIL), *chunked("done")]
    answer = bench(policy(rules=rule("flag")), ScriptedEngine(pieces)).complete()
    assert MAIL not in repr(answer)


def test_an_upstreams_finish_reason_is_one_of_the_known_ones(bench):
    pieces = [Piece(text="hi"), Piece(finish_reason=MAIL)]
    assert bench(engine=ScriptedEngine(pieces)).complete().choices[0].finish_reason == "stop"


def tool_pieces(name, arguments):
    return [
        Piece(channel="tool.0.name", text=name, tool_id=MAIL),
        *[Piece(channel="tool.0.arguments", text=a) for a in arguments],
        Piece(finish_reason="tool_calls"),
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_tool_arguments_are_guarded_leaf_by_leaf(bench, streamed):
    arguments = [r'{"to": "bob.mil', r'ler\u0040example.com", "n": 3}']
    b = bench(policy(rules=rule("redact")), ScriptedEngine(tool_pieces("send", arguments)))
    if streamed:
        (call,) = [p.tool for p in b.stream() if p.tool]
    else:
        (call,) = b.complete().choices[0].tools
    assert json.loads(call.arguments) == {"to": "[EMAIL]", "n": 3}
    assert call.name == "send"
    assert MAIL not in call.id


def test_a_blocked_tool_call_is_not_made(bench):
    engine = ScriptedEngine(tool_pieces("send", [json.dumps({"to": MAIL})]))
    choice = bench(policy(rules=rule("block")), engine).complete().choices[0]
    assert choice.tools == ()
    assert (choice.content, choice.finish_reason) == (NOTICE, "content_filter")


def test_arguments_that_are_no_json_are_guarded_as_text(bench):
    engine = ScriptedEngine(tool_pieces("send", [f"to {MAIL}"]))
    (call,) = bench(policy(rules=rule("redact")), engine).complete().choices[0].tools
    assert call.arguments == "to [EMAIL]"


def test_pseudonyms_are_restored_in_text_and_in_tool_arguments(bench):
    def script(job):
        assert MAIL not in repr(job)
        name = job.messages[-1].content.split()[-1]
        return [
            *chunked(f"I write to {name}.", 1),
            *tool_pieces("send", [json.dumps({"to": name})]),
        ]

    both = '"prompt","output"'
    use = policy(rules=rule("pseudonymise", at=both))
    choice = bench(use, ScriptedEngine(script)).complete(("user", f"write to {MAIL}")).choices[0]
    assert choice.content == f"I write to {MAIL}."
    assert json.loads(choice.tools[0].arguments) == {"to": MAIL}
    pieces = bench(use, ScriptedEngine(script)).stream(("user", f"write to {MAIL}"))
    assert text_of(pieces) == f"I write to {MAIL}."


def test_a_value_that_the_engine_invents_stays_pseudonymised(bench):
    use = policy(rules=rule("pseudonymise", at='"prompt","output"'))
    b = bench(use, ScriptedEngine(chunked("ask eve@example.org")))
    assert b.complete(("user", f"I am {MAIL}")).choices[0].content == "ask [EMAIL_2]"


@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_for_review_waits_in_the_queue(bench, streamed):
    use = policy(rules=rule("review") + rule("redact", detect="pii.payment_card"))
    text = f"pay 4111 1111 1111 1111 to {MAIL} now"
    b = bench(use, ScriptedEngine(chunked(text)))
    if streamed:
        pieces = b.stream()
        said, upright = text_of(pieces), pieces[-1].upright
    else:
        answer = b.complete()
        said, upright = answer.choices[0].content, answer.upright
    assert said == "This answer waits for a person's review."
    item = b.ledger.reviews.get(upright.review_id)
    assert item.text == f"pay [PAYMENT_CARD] to {MAIL} now"
    (found,) = item.findings
    assert item.text[found["start"] : found["end"]] == MAIL
    assert item.request == upright.id
    assert b.kinds() == ["opened", "review.opened", "closed"]


def test_what_waits_for_review_is_redacted_on_every_channel(bench):
    use = policy(rules=rule("review") + rule("redact", detect="pii.payment_card"))
    pieces = [Piece(channel="reasoning", text=f"mail {MAIL}"), *chunked("4111 1111 1111 1111")]
    b = bench(use, ScriptedEngine(pieces))
    item = b.ledger.reviews.get(b.complete().upright.review_id)
    assert item.text == f"mail {MAIL}\n\n[PAYMENT_CARD]"


def test_a_tool_call_that_waits_for_review_is_redacted_in_its_leaves(bench):
    use = policy(rules=rule("review") + rule("redact", detect="pii.payment_card"))
    arguments = json.dumps({"to": MAIL, "card": "4111 1111 1111 1111"})
    pieces = [
        Piece(channel="tool.0.name", text="pay"),
        Piece(channel="tool.0.arguments", text=arguments),
        Piece(finish_reason="tool_calls"),
    ]
    b = bench(use, ScriptedEngine(pieces))
    item = b.ledger.reviews.get(b.complete().upright.review_id)
    assert item.text == f'pay({{"to":"{MAIL}","card":"[PAYMENT_CARD]"}})'


def test_tool_calls_beside_a_text_for_review_are_redacted_too(bench):
    use = policy(rules=rule("review") + rule("redact", detect="pii.payment_card"))
    arguments = json.dumps({"card": "4111 1111 1111 1111"})
    pieces = [
        Piece(text=f"mail {MAIL}"),
        Piece(channel="tool.0.name", text="pay"),
        Piece(channel="tool.0.arguments", text=arguments),
        Piece(finish_reason="tool_calls"),
    ]
    b = bench(use, ScriptedEngine(pieces))
    answer = b.complete()
    assert answer.choices[0].tools == ()
    item = b.ledger.reviews.get(answer.upright.review_id)
    assert item.text == f'mail {MAIL}\n\npay({{"card":"[PAYMENT_CARD]"}})'


def test_a_prompt_for_review_waits_and_reaches_no_engine(bench):
    b = bench(policy(rules=rule("review", at='"prompt"')))
    answer = b.complete(("system", "Be kind."), ("user", f"mail {MAIL}"))
    assert b.engine.jobs == []
    assert answer.choices[0].finish_reason == "content_filter"
    item = b.ledger.reviews.get(answer.upright.review_id)
    assert item.text == f"Be kind.\n\nmail {MAIL}"
    assert [item.text[f["start"] : f["end"]] for f in item.findings] == [MAIL]


@pytest.fixture
def held(bench):
    """A pipeline that has held a prompt, and the item's id."""
    rules = rule("review", at='"prompt"') + rule("redact", detect="pii.payment_card", at='"prompt"')
    b = bench(policy(rules=rules))
    return b, b.complete(("user", ASKED)).upright.review_id


ASKED = f"mail {MAIL} about 4111 1111 1111 1111"


def test_a_released_prompt_is_answered_when_it_comes_again(held):
    b, item = held
    b.ledger.reviews.decide(item, "release", "fine", "reviewer")
    answer = b.complete(("user", ASKED), review_id=item)
    assert answer.choices[0].finish_reason == "stop"
    assert b.engine.jobs[0].messages[0].content == f"mail {MAIL} about [PAYMENT_CARD]"


def test_a_release_holds_for_that_very_prompt_alone(held):
    b, item = held
    b.ledger.reviews.decide(item, "release", "fine", "reviewer")
    for other in (f"{ASKED}!", ASKED.replace("bob", "eve")):
        answer = b.complete(("user", other), review_id=item)
        assert answer.choices[0].finish_reason == "content_filter"
    assert b.engine.jobs == []


@pytest.mark.parametrize("decision", [None, "withhold"])
def test_a_prompt_that_nobody_released_stays_held(held, decision):
    b, item = held
    if decision:
        b.ledger.reviews.decide(item, decision, "no", "reviewer")
    for name in (item, "unknown", ""):
        answer = b.complete(("user", ASKED), review_id=name)
        assert answer.choices[0].finish_reason == "content_filter"
    assert b.engine.jobs == []


def test_a_block_cannot_be_released(bench):
    rules = rule("review", at='"prompt"') + rule("block", detect="pii.payment_card", at='"prompt"')
    b = bench(policy(rules=rules))
    item = b.ledger.reviews.open("test-use", "r", kind="review", text=ASKED, findings=[], reason="")
    b.ledger.reviews.decide(item, "release", "fine", "reviewer")
    answer = b.complete(("user", ASKED), review_id=item)
    assert answer.choices[0].finish_reason == "content_filter"


def test_a_held_answer_gets_the_clients_own_values_back(bench):
    def script(job):
        name = job.messages[-1].content.split()[-1]
        return chunked(f"say hello to {name} and eve@example.org")

    rules = rule("pseudonymise", at='"prompt"') + rule("review")
    b = bench(policy(rules=rules), ScriptedEngine(script))
    answer = b.complete(("user", f"greet {MAIL}"))
    item = b.ledger.reviews.get(answer.upright.review_id)
    assert item.text == f"say hello to {MAIL} and eve@example.org"
    assert [item.text[f["start"] : f["end"]] for f in item.findings] == ["eve@example.org"]


@pytest.mark.parametrize("streamed", [False, True])
def test_the_visible_disclosure_closes_the_answer(bench, streamed):
    use = policy('[disclosure]\ntext = "Written with AI."\nvisible = true\n')
    b = bench(use, ScriptedEngine(chunked("A story.")))
    said = text_of(b.stream()) if streamed else b.complete().choices[0].content
    assert said == "A story.\n\nWritten with AI."


def test_opened_is_committed_before_the_engine_is_asked(bench):
    seen = []

    def script(_):
        seen.append(b.kinds())
        return chunked("hi")

    b = bench(engine=ScriptedEngine(script))
    b.complete()
    assert seen == [["opened"]]


def test_closed_is_committed_before_the_last_piece(bench):
    b = bench()

    async def watch():
        return [
            (piece.finish_reason, b.kinds()[-1])
            async for piece in b.answerer.stream(asked(("user", "hello there"), stream=True))
        ]

    told = asyncio.run(watch())
    assert all(kind == "opened" for reason, kind in told if reason is None)
    assert told[-1] == ("stop", "closed")


def test_the_holder_of_an_answer_can_recompute_its_digest(bench):
    b = bench()
    answer = b.complete(("user", "hello"))
    opened, closed = (body for _, body in b.events())
    salt = bytes.fromhex(answer.upright.salt)
    assert closed["answer_digest"] == salted_digest(salt, digestible(answer.choices))
    assert opened["prompt_digest"] == salted_digest(salt, ["hello"])


def test_equal_answers_have_different_digests(bench):
    b = bench()
    b.complete(("user", "same"))
    b.complete(("user", "same"))
    digests = [body["answer_digest"] for kind, body in b.events() if kind == "closed"]
    assert len(set(digests)) == 2


def test_the_ledger_holds_no_text_when_texts_are_not_kept(bench):
    b = bench(policy(rules=rule("flag", at='"prompt","output"')))
    b.complete(("user", f"canary {MAIL}"))
    b.stream(("user", f"canary {MAIL}"))
    assert "canary" not in repr(b.events())
    assert MAIL not in repr(b.events())


def test_texts_are_kept_in_the_vault_if_the_use_asks(bench):
    b = bench(policy("[ledger]\nkeep_texts = true\n", rules=rule("flag", at='"output"')))
    answer = b.complete(("user", f"canary {MAIL}"))
    assert b.ledger.vault.erase_request(answer.upright.id) == 2  # the texts and the certificate
    assert "canary" not in repr(b.events())


def test_a_stopped_use_is_refused_before_the_engine_is_asked(bench):
    use_text = policy_text()
    b = bench(parse(use_text))
    b.ledger.uses.publish(use_text, by="test")
    b.ledger.uses.stop("test-use", "for repair", by="test")
    with pytest.raises(UseStoppedError, match="for repair"):
        b.complete()
    assert b.engine.jobs == []
    b.writer.close()
    assert dict(b.events())["closed"]["finish_reason"] == "stopped"


def test_another_active_version_ends_the_request_before_the_engine_is_asked(bench):
    b = bench(parse(policy_text()))
    b.ledger.uses.publish(policy_text("[limits]\nmax_concurrent = 9\n"), by="test")
    with pytest.raises(PolicyChangedError):
        b.complete()
    assert b.engine.jobs == []


def test_a_pinned_answerer_obeys_the_kill_switch_alone(bench):
    b = bench(parse(policy_text()))
    b.answerer.pinned = True
    b.ledger.uses.publish(policy_text("[limits]\nmax_concurrent = 9\n"), by="test")
    assert b.complete().choices[0].content == "Hello."
    b.ledger.uses.stop("test-use", "", by="test")
    with pytest.raises(UseStoppedError):
        b.complete()


def policy_text(body=""):
    return HEAD + body + rule("redact")


def parse(text):
    return parse_policy(text)


@pytest.mark.parametrize("streamed", [False, True])
def test_an_engines_failure_is_recorded_and_told(bench, streamed):
    fault = EngineError("gone", kind="unavailable")
    b = bench(engine=ScriptedEngine([Piece(text="a b c d")], fault=fault))
    with pytest.raises(EngineError):
        b.stream() if streamed else b.complete()
    assert b.kinds() == ["opened", "error", "closed"]
    bodies = dict(b.events())
    assert bodies["error"] == {"engine": "unavailable"}
    assert bodies["closed"]["finish_reason"] == "error"


def test_a_client_that_goes_stops_the_engine_and_is_recorded(bench):
    endless = EndlessEngine()
    b = bench(engine=endless)

    async def run():
        async with aclosing(b.answerer.stream(asked(stream=True))) as pieces:
            async for piece in pieces:
                if piece.text:
                    break

    asyncio.run(run())
    assert endless.cancelled == 1
    b.writer.close()
    assert dict(b.events())["closed"]["finish_reason"] == "cancelled"


def test_a_cancelled_request_stops_the_engine_and_is_recorded(bench):
    endless = EndlessEngine()
    b = bench(engine=endless)

    async def run():
        task = asyncio.create_task(b.answerer.complete(asked()))
        await endless.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert endless.cancelled == 1
    b.writer.close()
    assert dict(b.events())["closed"]["finish_reason"] == "cancelled"


def test_tokens_are_counted_over_all_pieces(bench):
    answer = bench(engine=ScriptedEngine(chunked("abcdef", 2))).complete()
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (7, 3)


def test_observed_actions_are_told_and_change_nothing(bench):
    use = policy(rules=rule("block", more="observe = true"))
    answer = bench(use, ScriptedEngine(chunked(f"ask {MAIL}"))).complete()
    assert answer.choices[0].content == f"ask {MAIL}"
    (verdict,) = answer.upright.to_json()["verdicts"]
    assert verdict["findings"][0]["observed"] == ["block"]
    assert answer.upright.action == Action.ALLOW


def test_the_evidence_repeats_no_text(bench):
    answer = bench(policy(rules=rule("flag", at='"prompt","output"'))).complete(("user", MAIL))
    assert MAIL not in json.dumps(answer.upright.to_json())
    assert answer.upright.to_json()["verdicts"][0]["role"] == "user"


def test_echo_is_what_the_tests_say(bench):
    assert text_of(bench(engine=ScriptedEngine(echo)).stream(("user", "hello"))) == "hello"
