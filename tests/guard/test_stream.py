"""The stream driver: what leaves when, and how often detectors are asked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guard.fakes import Pattern, WholeText, capital, fakes, word
from tests.guard.policies import NOTICE, REVIEW, policy_with, rule
from tests.guard.test_laws import MANY, assert_stream_equals_whole, chunkings

from upright.guard import Guard
from upright.terms import Action, Context, Record, Stage


def pieces(guard: Guard, *chunks: str, stage: Stage = Stage.OUTPUT) -> list[str]:
    driver = guard.stream(stage)
    return [*(driver.feed(chunk) for chunk in chunks), driver.finish()]


def guard_with(*rules, detectors=None, **section) -> Guard:
    return Guard(policy_with(*rules, **section), detectors or [word()])


def test_settled_text_leaves_at_once_and_open_text_waits():
    assert pieces(guard_with(rule("*")), "one c", "at", ", two") == ["one ", "", "[WORD], ", "two"]


def test_a_block_ends_the_stream_there_and_then():
    driver = guard_with(rule("*", action="block")).stream()
    assert driver.feed("one cat, and more ") == "one " + NOTICE
    assert driver.ended
    assert driver.feed("never seen") == driver.finish() == ""
    assert driver.verdict.text == "one " + NOTICE
    assert driver.verdict.action is Action.BLOCK
    assert driver.window(final=True) is None


@pytest.mark.parametrize("action", ["replace", "review"])
def test_an_answer_that_can_be_taken_whole_is_held_to_its_end(action):
    guard = guard_with(rule("*", action=action))
    assert pieces(guard, "no such ", "word ", "here") == ["", "", "", "no such word here"]
    said = {"replace": "<something else>", "review": REVIEW}[action]
    assert pieces(guard, "one cat ", "here") == ["", "", said]


def test_a_detector_that_needs_the_whole_text_holds_it():
    guard = guard_with(rule("*"), detectors=[WholeText()])
    assert pieces(guard, "late ", "and ", "KEY") == ["", "", "", "[WHOLE] and KEY"]
    assert pieces(guard, "late ", "and ", "no") == ["", "", "", "late and no"]


def test_a_span_that_more_text_may_lengthen_waits_for_it():
    guard = guard_with(
        rule("custom.overlap"), rule("custom.capital", action="block"), detectors=fakes()
    )
    assert "".join(pieces(guard, "xx abcde", "fgh", " ABC")) == "xx [OVERLAP]fgh " + NOTICE


def test_nothing_of_a_redacted_span_leaves_at_any_time():
    guard = guard_with(rule("*"), detectors=[Pattern("custom.secret", "q{3,9}", 9, "q")])
    for size in range(1, 9):
        text = "aa qqqqqqq bb qqqqqqqqq cc"
        released = pieces(guard, *[text[i : i + size] for i in range(0, len(text), size)])
        assert "q" not in "".join(released)


def test_scans_grow_rarer_as_the_text_grows():
    asked = []

    class Counting(Pattern):
        def find(self, records):
            asked.append(len(records[0].text))
            return super().find(records)

    guard = guard_with(rule("*"), detectors=[Counting("custom.word", "cat", 3, "a-z")])
    text = "no beast at all. " * 600
    assert "".join(pieces(guard, *text)) == text
    assert len(asked) < len(text) / 8
    assert sum(asked) < 70 * len(text), "linear in the text, however small the pieces"


def test_a_whole_text_in_one_piece_leaves_with_its_last_words_held():
    driver = guard_with(rule("*")).stream()
    assert driver.feed("x " * 500 + "cat") == "x " * 500
    assert driver.finish() == "[WORD]"


def test_an_empty_text_is_a_text():
    driver = guard_with(rule("*")).stream()
    assert (driver.feed(""), driver.finish()) == ("", "")
    assert (driver.verdict.action, driver.ended) == (Action.ALLOW, True)


def test_nothing_new_asks_for_no_scan():
    driver = guard_with(rule("*")).stream()
    assert driver.window() is None
    driver.add("word")
    assert driver.window() is not None
    assert driver.window() is None


def test_role_and_name_travel_with_the_text():
    driver = guard_with(rule("*")).stream(record=Record("", id="7", role="assistant"))
    driver.add("a cat")
    assert driver.window().record == Record("a cat", id="7", role="assistant")


class Failing:
    """Works until the text holds `FAULT`."""

    rule = "custom.failing"
    reach = 0
    version = "1"

    def __init__(self) -> None:
        self.calls = 0

    def find(self, records):
        self.calls += 1
        if "FAULT" in records[0].text:
            raise OSError
        return [[]]

    def settled(self, text):
        return len(text)


def test_an_error_under_block_lets_nothing_unsettled_leave():
    guard = guard_with(rule("*"), detectors=[Failing(), word()])
    assert pieces(guard, "fine, ", "ca", "FAULT", " more") == ["fine, ", "", NOTICE, "", ""]


@pytest.mark.parametrize("on_error", ["flag", "allow"])
def test_a_detector_that_failed_is_not_asked_again(on_error):
    failing = Failing()
    guard = guard_with(rule("*"), detectors=[failing, word()], on_error=on_error)
    driver = guard.stream()
    released = [driver.feed(chunk) for chunk in ["fine, ", "FAULT ", "cat, ", "dog, "]]
    released.append(driver.finish())
    assert "".join(released) == "fine, FAULT [WORD], [WORD], "
    assert failing.calls == 2
    assert [error.rule for error in driver.verdict.errors] == ["custom.failing"]
    assert driver.failed == {"custom.failing"}


def test_a_finding_waits_for_the_words_that_say_how_it_is_used():
    quoted = rule("custom.word", action="block", context={"quotation": "flag"})
    guard = guard_with(quoted)
    text = 'He said "cat" to me.\nAnd then?'
    driver = guard.stream()
    released = [driver.feed(char) for char in text] + [driver.finish()]
    assert "".join(released) == text
    assert "".join(released[: text.index("\n")]) == 'He said "'
    assert driver.verdict.findings[0].context is Context.QUOTATION


LABELS = st.one_of(
    st.sampled_from(["He said ", "I say ", "she wrote: ", "The sign read ", "according to "]),
    st.sampled_from([" is hateful.", " is wrong. ", "Nobody should say ", "not ", "I think "]),
    st.sampled_from(['"', "“", "”", "\n", ". ", " and ", "x" * 60]),
    st.sampled_from(["cat", "dog", "cats "]),
)


@settings(max_examples=300 * MANY)
@given(data=st.data())
def test_contexts_are_the_same_in_a_stream_as_in_the_whole(data):
    text = "".join(data.draw(st.lists(LABELS, min_size=2, max_size=14)))
    context = data.draw(
        st.dictionaries(
            st.sampled_from(list(Context)),
            st.sampled_from([Action.ALLOW, Action.FLAG, Action.REDACT, Action.BLOCK]),
            min_size=1,
        )
    )
    action = data.draw(st.sampled_from(["block", "redact", "flag"]))
    guard = guard_with(
        rule("custom.*", action=action, context=context), detectors=[word(), capital()]
    )
    assert_stream_equals_whole(guard, text, data.draw(chunkings(text)), Stage.OUTPUT)
