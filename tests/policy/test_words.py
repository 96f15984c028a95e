"""A policy in words says all that the policy does, and nothing that it does not."""

from __future__ import annotations

import pytest

from upright.policy import parse_policy, preset, preset_names
from upright.policy.model import Generation, Limits
from upright.policy.words import ACTIONS, CONTEXTS, STAGES, describe, join, name_of, rule_line
from upright.terms import Action, Context, Stage

FULL = """\
schema = 1
[use_case]
name = "demo"
purpose = "Shows every sentence."
audience = "testers"
languages = ["en", "de"]
[engine]
kind = "transformers"
path = "models/small"
[generation]
mode = "grounded"
temperature = 0.5
top_k = 40
top_p = 0.9
repetition_penalty = 1.1
max_tokens = 99
system = "Be exact."
[watermark]
scheme = "split"
[sources]
database = "library"
[guard]
on_error = "flag"
model = false
degrees = { "toxicity.threat" = [0.0, 0.4, 0.7] }
deadline_ms = 250
notice = "Stopped."
review_notice = "Waiting."
[[guard.rule]]
detect = ["pii.email", "custom.ticket_number"]
at = ["prompt"]
action = "pseudonymise"
min_severity = 2
min_score = 0.5
[[guard.rule]]
detect = ["toxicity.*"]
at = ["output"]
action = "replace"
text = "Let us not."
context = { quotation = "review", report = "flag" }
[[guard.rule]]
detect = ["hidden.*"]
at = ["data"]
action = "redact"
observe = true
[guard.images]
max_images = 3
max_bytes = 5000
max_pixels = 6000
max_frames = 2
hashes = "posters.txt"
distance = 20
artists = ["Ada Sample", "Bo Sample"]
[[guard.pattern]]
rule = "custom.ticket_number"
pattern = "T-[0-9]+"
[[guard.exception]]
detect = ["pii.email"]
text = ["help@shop.example", "press@shop.example"]
reason = "Our own."
[[guard.exception]]
detect = ["pii.phone"]
pattern = "0800.*"
reason = "Free numbers."
[[audit.gate]]
measure = "fairness.pronouns.balance_gap"
within = 0.1
[disclosure]
text = "By a machine."
visible = true
[ledger]
keep_texts = true
[limits]
requests_per_minute = 7
"""

SENTENCES = {
    "Use": [
        "demo: Shows every sentence.",
        "Read by testers.",
        "Languages: en, de.",
    ],
    "Generation": [
        "Text comes from the local model in models/small.",
        "Mode grounded: words are drawn cautiously, claims rest on sources.",
        "Drawn with temperature 0.5, top-k 40, top-p 0.9, repetition penalty 1.1.",
        "At most 99 tokens an answer.",
        "Told beforehand: “Be exact.”",
        "Answers carry a watermark (scheme split).",
        "Answers are certified: others can check that they were delivered as they are.",
        "Sources are taken from library.",
    ],
    "In what users write": [
        (
            "E-mail addresses and the pattern “ticket number” (from severity 2, from score 0.5): "
            "swapped for a stand-in, and put back in the answer."
        ),
    ],
    "In answers": [
        (
            "Toxic language: the whole text gives way to a fixed one: “Let us not.”; "
            "in a labelled quotation: the whole text waits for a person; "
            "in a report of it: left in place and recorded."
        ),
    ],
    "In training data": [
        "Hidden characters: only watched; it would be replaced by a placeholder.",
    ],
    "What stands in place of withheld text": [
        "Where a text stops: “Stopped.”",
        "While a person decides: “Waiting.”",
    ],
    "When a detector fails": [
        "It is recorded, and the text passes; it is always recorded as an error.",
        "Each detector has 250 ms.",
    ],
    "Pictures": [
        "At most 3 in a request; each has at most 5000 bytes, 6000 pixels and 2 frames.",
        "A request with the address of a picture, instead of the picture, is refused.",
        "The use's list is posters.txt; up to 20 of 256 bits may differ.",
        "Registered artists: Ada Sample and Bo Sample.",
    ],
    "The trained model": [
        "It is not asked; the tables of words and phrases are.",
        "Threats: degree 1 from 0%, 2 from 40% and 3 from 70% of people on.",
    ],
    "Exceptions": [
        "“help@shop.example” and “press@shop.example” never count as e-mail addresses: Our own.",
        "whatever matches 0800.* never counts as phone numbers: Free numbers.",
    ],
    "Disclosure and records": [
        "“By a machine.” stands at the end of each answer.",
        "Texts are kept, encrypted, and can be erased; digests stay.",
        "A key may send 7 requests a minute.",
    ],
    "Audits to pass": ["fairness.pronouns.balance_gap within 0.1"],
}


def test_every_section_is_said_in_words():
    sections = describe(parse_policy(FULL))
    assert {section.title: list(section.lines) for section in sections} == SENTENCES


def test_a_stage_without_rules_is_not_mentioned():
    assert STAGES[Stage.RETRIEVED] not in {s.title for s in describe(parse_policy(FULL))}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('path = "models/small"', "", None),
        ('scheme = "split"', 'scheme = "none"', "Answers carry no watermark."),
        (
            "[sources]",
            '[balance]\npronouns = "balanced"\n[sources]',
            "Where the text tells no gender, she and he are equally likely.",
        ),
        ("[sources]", "[certificates]\nissue = false\n[sources]", "Answers are not certified."),
        ('text = "By a machine."', "", "Readers are not told that a machine wrote it."),
        ("visible = true", "", "“By a machine.” stands beside each answer."),
        ("keep_texts = true", "", "Texts are not kept; their digests are."),
        (
            "max_images = 3",
            'urls = "pass"',
            "The address of a picture is passed on; what is there is not looked at.",
        ),
        ('on_error = "flag"', "", "It withholds the text; it is always recorded as an error."),
    ],
)
def test_a_changed_setting_changes_its_sentence(old, new, said):
    text = FULL.replace(old, new)
    if said is None:
        text = text.replace('kind = "transformers"', "")
        said = "Text comes from the embedded model."
    assert said in {line for section in describe(parse_policy(text)) for line in section.lines}


def test_a_server_is_named_with_its_address():
    text = FULL.replace('kind = "transformers"\npath = "models/small"', "")
    text = text.replace("[engine]", '[engine]\nkind = "openai"\nbase_url = "http://h/v1"')
    lines = {line for section in describe(parse_policy(text)) for line in section.lines}
    assert "Text comes from smollm2-135m-instruct on the server at http://h/v1." in lines


def test_every_action_stage_and_context_has_words():
    assert set(ACTIONS) == set(Action)
    assert set(STAGES) == set(Stage)
    assert set(CONTEXTS) == set(Context)
    for words in (ACTIONS, STAGES, CONTEXTS):
        assert len(set(words.values())) == len(words)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("pii.*", "personal data"),
        ("pii.email", "e-mail addresses"),
        ("pii.shoe_size", "shoe size"),
        ("pii.url*", "pii.url*"),
        ("topic.drugs", "the topic “drugs”"),
        ("topic.*", "denied topics"),
        ("custom.order_id", "the pattern “order id”"),
        ("*", "all findings"),
    ],
)
def test_rules_are_called_what_people_call_them(rule, name):
    assert name_of(rule) == name


@pytest.mark.parametrize(
    ("words", "joined"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")],
)
def test_lists_read_as_a_sentence(words, joined):
    assert join(words) == joined


@pytest.mark.parametrize("name", preset_names())
def test_each_preset_says_each_of_its_rules_where_it_applies(name):
    policy = preset(name)
    sections = {section.title: section.lines for section in describe(policy)}
    for rule in policy.guard.rule:
        for stage in rule.at:
            assert rule_line(rule) in sections[STAGES[stage]]
    assert f"Mode {policy.generation.mode}" in " ".join(sections["Generation"])
    assert any(policy.disclosure.text in line for line in sections["Disclosure and records"])


def test_the_numbers_of_a_policy_are_said_as_they_are():
    policy = parse_policy(FULL).model_copy(
        update={"generation": Generation(max_tokens=4321), "limits": Limits(requests_per_minute=17)}
    )
    text = " ".join(line for section in describe(policy) for line in section.lines)
    assert "4321 tokens" in text
    assert "17 requests" in text
