"""Pseudonymise and restore: exact, in whole texts, streams and tool arguments."""

from __future__ import annotations

import json
import threading

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guard.detectors.strategies import emails
from tests.guard.fakes import capital, word
from tests.guard.policies import policy_with, rule
from tests.guard.test_laws import MANY, chunkings

from upright.answer.door import unfold_arguments
from upright.guard import Guard, Pseudonyms, Restorer, restored
from upright.guard.detectors import all_detectors
from upright.terms import Record, Stage

NAMELIKE = st.sampled_from(
    ["[EMAIL_1]", "[EMAIL_2]", "[WORD_1]", "[EMAIL_", "1]", "[", "]", "[EMAIL_10]", "[CAPITAL_3"]
)
VALUES = st.sampled_from(["cat", "cats", "dog", "ABCD", "XYZ", ' "', "\\", "\n", "😀", " and "])
PIECES = st.one_of(NAMELIKE, VALUES, emails())
TURNS = st.lists(st.lists(PIECES, max_size=6).map("".join), min_size=1, max_size=4)
POLICY = policy_with(
    rule("pii.email", action="pseudonymise"), rule("custom.*", action="pseudonymise")
)
EMAIL = [detector for detector in all_detectors() if detector.rule == "pii.email"]
GUARD = Guard(POLICY, [*EMAIL, word(), capital()])


def hidden(turns: list[str]) -> tuple[list[str], Pseudonyms]:
    pseudonyms = Pseudonyms(turns)
    verdicts = GUARD.check([Record(t) for t in turns], Stage.PROMPT, pseudonyms=pseudonyms)
    return [verdict.text for verdict in verdicts], pseudonyms


@settings(max_examples=300 * MANY)
@given(TURNS)
def test_a_conversation_comes_back_exactly(turns):
    texts, pseudonyms = hidden(turns)
    assert [restored(text, pseudonyms.values) for text in texts] == turns


@settings(max_examples=200 * MANY)
@given(turns=TURNS, data=st.data())
def test_a_stream_comes_back_exactly(turns, data):
    texts, pseudonyms = hidden(turns)
    for turn, text in zip(turns, texts, strict=True):
        restorer = Restorer(pseudonyms.values)
        pieces = [restorer.feed(piece) for piece in data.draw(chunkings(text))]
        assert "".join(pieces) + restorer.finish() == turn


@settings(max_examples=200 * MANY)
@given(TURNS)
def test_tool_arguments_come_back_exactly(turns):
    texts, pseudonyms = hidden(turns)
    asked = {"to": texts, "nested": {"n": 1.50, "text": texts[0]}, "none": None}
    arguments = unfold_arguments(json.dumps(asked))
    back = json.loads(
        arguments.fold([restored(leaf, pseudonyms.values) for leaf in arguments.texts])
    )
    assert back == {"to": turns, "nested": {"n": 1.50, "text": turns[0]}, "none": None}


@given(TURNS)
def test_a_conversation_that_comes_again_gets_the_same_placeholders(turns):
    first, again = hidden(turns), hidden(turns)
    assert first[0] == again[0]
    assert first[1].values == again[1].values


@given(TURNS)
def test_no_address_is_left_in_what_the_engine_sees(turns):
    texts, _ = hidden(turns)
    scans = GUARD.scan([Record(text) for text in texts], Stage.PROMPT)
    assert not [found for scan in scans for found in scan.findings if found.rule == "pii.email"]


def test_equal_values_share_a_placeholder_and_different_ones_never():
    pseudonyms = Pseudonyms()
    names = [pseudonyms.placeholder(value, "EMAIL") for value in ["a@x", "b@x", "a@x", "A@x"]]
    assert names == ["[EMAIL_1]", "[EMAIL_2]", "[EMAIL_1]", "[EMAIL_3]"]
    assert pseudonyms.placeholder("a@x", "NAME") == "[NAME_1]"


def test_what_already_stands_in_the_conversation_is_never_given_out():
    pseudonyms = Pseudonyms(["I wrote [EMAIL_1] and [EMAIL_3] myself"])
    assert [pseudonyms.placeholder(v, "EMAIL") for v in "ab"] == ["[EMAIL_2]", "[EMAIL_4]"]


def test_a_value_that_looks_like_a_placeholder_is_not_read_again():
    values = {"[CODE_1]": "[CODE_2]", "[CODE_2]": "x"}
    assert restored("[CODE_1] [CODE_2]", values) == "[CODE_2] x"


def test_what_was_handed_out_later_is_not_in_an_earlier_copy():
    pseudonyms = Pseudonyms()
    pseudonyms.placeholder("a@x", "EMAIL")
    before = pseudonyms.values
    pseudonyms.placeholder("b@x", "EMAIL")
    assert before == {"[EMAIL_1]": "a@x"}


def test_a_piece_that_cannot_become_a_placeholder_is_not_held():
    restorer = Restorer({"[EMAIL_1]": "a@x"})
    assert restorer.feed("see [note") == "see [note"
    assert restorer.feed(" [EMA") == " "
    assert restorer.feed("IL_1] ok [") == "a@x ok "
    assert restorer.finish() == "["


def test_a_text_full_of_brackets_is_read_once():
    text = "[" * 500_000
    assert restored(text + "[EMAIL_1]", {"[EMAIL_1]": "a@x"}) == text + "a@x"


def test_64_conversations_at_once_never_mix():
    mixed: list[int] = []
    gate = threading.Barrier(64)

    def converse(number: int) -> None:
        gate.wait()
        turns = [f"mail u{number}.{k}@example.org now" for k in range(20)]
        texts, pseudonyms = hidden(turns)
        if [restored(text, pseudonyms.values) for text in texts] != turns:
            mixed.append(number)
        if texts[0] != "mail [EMAIL_1] now":
            mixed.append(number)

    threads = [threading.Thread(target=converse, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mixed == []
