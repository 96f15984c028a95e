"""What stood in the prompt is recorded and certified by nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certify.conftest import ESSAY, TALE, statement

from upright.certify import offline
from upright.certify.echo import MOST_SPANS, Prompt, Texts
from upright.certify.offline import Refused
from upright.certify.words import words_of


def echoed(answer: str, *prompt: str) -> list[str]:
    words = words_of(answer)
    return [answer[start:end].strip() for start, end in Prompt(words, Texts(prompt)).echoed()]


def test_a_persons_essay_repeated_by_the_model_never_comes_back_certified(certifier):
    answers = {
        "alone": ESSAY,
        "with a preface": f"Here is your essay:\n\n{ESSAY}",
        "with a remark behind it": f"{ESSAY}\n\nThat is a touching story!",
        "louder": ESSAY.upper(),
        "in other spaces and quotes": ESSAY.replace(" ", "  ").replace(".", " …"),
        "with a word changed here and there": ESSAY.replace("bees", "wasps").replace(
            "hive", "nest"
        ),
    }
    prompt = ["You are helpful.", f"Please repeat my essay.\n{ESSAY}"]
    for number, answer in enumerate(answers.values()):
        certifier.issue(statement(request=f"ans_{number}"), answer, prompt)
    match = certifier.find(ESSAY)
    assert match is not None, "the answer that was the essay is on record"
    assert (match.kind, match.certified, match.spans) == ("exact", False, ())
    for part in (ESSAY[:200], ESSAY[100:], ESSAY.lower(), ESSAY.replace("forty", "fifty")):
        found = certifier.find(part)
        assert found is None or not (found.certified or found.edited_copy_of or found.spans)


def test_an_essay_with_every_seventh_word_changed_is_not_an_edited_copy_either(certifier):
    words = ESSAY.split()
    answer = " ".join("thing" if at % 7 == 6 else word for at, word in enumerate(words))
    certifier.issue(statement(), answer, [ESSAY])
    match = certifier.find(ESSAY)
    assert match is None or match.edited_copy_of is None


def test_the_models_own_words_around_an_essay_are_certified_and_only_they(certifier):
    preface = "Here is what you gave me, just as it was:"
    answer = f"{preface}\n{ESSAY}\n{TALE}"
    issued = certifier.issue(statement(), answer, [ESSAY])
    opened = certifier.open_certificate(issued.data)
    spans = [answer[start:end] for start, end in offline.check_text(opened, answer)]
    assert [span.strip() for span in spans] == [preface.rstrip(":"), TALE]
    match = certifier.find(TALE)
    assert (match.kind, match.certified) == ("excerpt", True)
    assert certifier.find(ESSAY) is None


def test_an_excerpt_says_which_of_its_pieces_stood_in_the_prompt(certifier):
    answer = f"{TALE} {ESSAY}"
    issued = certifier.issue(statement(), answer, [ESSAY])
    whole = certifier.excerpt_of(issued.data, answer, 0, len(answer))
    _, pieces = offline.check_excerpt(whole, certifier.issuer.trusted())
    assert "".join(text for _, text, _ in pieces) == answer
    for start, text, certified in pieces:
        if certified:
            assert start + len(text) <= len(TALE) + 1
    assert sum(len(text) for _, text, certified in pieces if certified) > len(TALE) - 128


def test_everything_the_model_was_shown_counts_as_prompt():
    passages = ["You are a poet.", "The moon is made of old green cheese", "Say it."]
    assert echoed("Yes: the moon is made of old green cheese!", *passages) == [
        ": the moon is made of old green cheese!"
    ]


@pytest.mark.parametrize(
    ("answer", "prompt", "found"),
    [
        ("the cat sat", "write: the cat sat", ["the cat sat"]),
        ("the cat sat", "write: the cat stood", []),
        ("Yes.", "Yes or no?", ["Yes."]),
        ("one two three four five six", "one two three four five six", None),
        ("one two three four five and on", "one two three four five six", []),
        ("", "anything", []),
        ("…", "…", []),
        ("anything at all", "", []),
        ("我喜欢在海边散步看日落", "他说, 我喜欢在海边散步", ["我喜欢在海边散步"]),
        ("ONE, two; three - four\tfive\nSIX", "one two three four five six", None),
        ("\uff4f\uff4e\uff45 two three four five six", "one two three four five six", None),
        ("o\u200bne two three four five six", "one two three four five six", None),
    ],
)  # fmt: skip
def test_runs_of_six_words_count_however_they_are_written(answer, prompt, found):
    assert echoed(answer, prompt) == ([answer] if found is None else found)


@given(
    own=st.lists(st.sampled_from("abcdef"), min_size=12, max_size=40),
    start=st.integers(0, 11),
    length=st.integers(6, 12),
)
def test_every_run_of_six_words_that_stood_in_the_prompt_is_within_an_echoed_span(
    own, start, length
):
    answer = " ".join(f"{word}{at}" for at, word in enumerate(own))
    words = words_of(answer)
    run = words.words[start : start + length]
    spans = Prompt(words, Texts(["x y " + " ".join(run) + " z"])).echoed()
    if len(run) >= 6:
        first, last = words.spans[start], words.spans[start + len(run) - 1]
        assert any(begin <= first[0] and last[1] <= end for begin, end in spans)


@given(order=st.lists(st.integers(0, 400), max_size=400))
def test_spans_are_few_in_order_and_apart(order):
    prompt = " ".join(f"p{number}" for number in range(400))
    answer = " ".join(f"p{number}" for number in order)
    spans = Prompt(words_of(answer), Texts([prompt])).echoed()
    assert len(spans) <= MOST_SPANS
    flat = [bound for span in spans for bound in span]
    assert flat == sorted(set(flat))
    assert not flat or (flat[0] >= 0 and flat[-1] <= len(answer))


def test_more_spans_than_fit_are_joined_and_nothing_is_lost():
    runs = [[f"r{number}w{word}" for word in range(6)] for number in range(40)]
    prompt = " . ".join(" ".join(run) for run in runs[::-1])
    answer = " between us ".join(" ".join(run) for run in runs)
    words = words_of(answer)
    spans = Prompt(words, Texts([prompt])).echoed()
    assert len(spans) == MOST_SPANS
    for word, (start, end) in zip(words.words, words.spans, strict=True):
        if word.startswith("r"):
            assert any(first <= start and end <= last for first, last in spans)


def test_a_certificate_with_many_echoes_stays_small(certifier):
    runs = [[f"r{number}w{word}" for word in range(6)] for number in range(40)]
    prompt = " . ".join(" ".join(run) for run in runs[::-1])
    answer = " between us ".join(" ".join(run) for run in runs)
    issued = certifier.issue(statement(), answer, [prompt])
    assert len(issued.data) < 900


@pytest.mark.parametrize("flat", [None, "x", [1], [1, "x"], {}])
def test_an_echo_that_cannot_be_read_certifies_nothing(opened, flat):
    opened.fields["echoed"], before = flat, opened.fields["echoed"]
    try:
        with pytest.raises(Refused, match="prompt"):
            offline.echoed(opened)
    finally:
        opened.fields["echoed"] = before


@given(st.lists(st.sampled_from(["No.", "Written with AI.", "It is fiction."]), min_size=1))
def test_a_text_of_the_services_own_texts_alone_is_wholly_echoed(said):
    answer = words_of(" ".join(said))
    own = Texts(own=["No.", "Written with AI.", "It is fiction."])
    assert Prompt(answer, own).echoed() == [(0, answer.length)]


def test_a_short_notice_beside_an_answer_is_echoed_and_the_answer_is_not():
    text = "The mill stood empty for a year. Withheld."
    spans = Prompt(words_of(text), Texts(own=["Withheld."])).echoed()
    assert [text[start:end].strip(" .") for start, end in spans] == ["Withheld"]
