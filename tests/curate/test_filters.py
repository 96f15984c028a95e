"""Filters speak only where they are asked, and say why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.curate.corpora import ids, ledger, made, prose, write

from upright.curate.errors import InputError
from upright.curate.filters import Filters, licence_of, unlike_prose
from upright.curate.heldout import HeldOut, save
from upright.curate.heldout_files import strings
from upright.match import words as normal
from upright.policy import CurateSection

GOOD = "The keeper counted the ships that went by, and wrote their names in a green book."


@given(st.text(max_size=300))
def test_without_a_wish_everything_passes(text):
    assert Filters(CurateSection())({}, text, len(normal.words(text))) is None


@pytest.mark.parametrize(("wish", "fields", "words", "rule"), [
    ({"min_words": 10}, {}, 9, "length.short"),
    ({"min_words": 10}, {}, 10, None),
    ({"max_words": 10}, {}, 11, "length.long"),
    ({"max_words": 10}, {}, 10, None),
    ({"licences": ("MIT",)}, {"license": "MIT"}, 5, None),
    ({"licences": ("MIT",)}, {"licence": "GPL-3.0"}, 5, "licence"),
    ({"licences": ("MIT",)}, {}, 5, "licence"),
])  # fmt: skip
def test_each_wish_is_kept_at_its_edge(wish, fields, words, rule):
    found = Filters(CurateSection(**wish))(fields, GOOD, words)
    assert (found and found[0]) == rule


@pytest.mark.parametrize(("text", "why"), [
    (GOOD, ""),
    ("\n".join([GOOD] * 2 + ["A third line."] * 3), "repeat"),
    ("", "no words"),
    ("a b c d e f g", "characters on average"),
    ("words words # words words # words", "hash or ellipsis"),
    ("1234 5678 9012 word 3456 7890", "have a letter"),
    ("\n".join(f"{GOOD} {n} …" for n in range(9)), "break off"),
])  # fmt: skip
def test_what_does_not_read_like_prose_is_told(text, why):
    assert (why in unlike_prose(text)) if why else unlike_prose(text) == ""


def test_languages_are_told_apart(tmp_path):
    pytest.importorskip("py3langid")
    texts = {
        "en": "The weather was fine this morning, and everybody went down to the sea for a walk.",
        "de": "Das Wetter war heute Morgen schön, und alle gingen zum Meer hinunter spazieren.",
    }
    source = write(tmp_path / "in.jsonl", [{"id": i, "text": t} for i, t in texts.items()])
    made(tmp_path / "out", source, section='[curate]\nlanguages = ["de"]')
    assert ids(tmp_path / "out") == ["de"]
    assert ledger(tmp_path / "out")["en"][0]["why"] == "en"


def test_licences_go_by_either_spelling():
    assert licence_of({"license": "x"}) == licence_of({"licence": "x"}) == "x"
    assert licence_of({"licence": 3}) == ""


# Evaluation data ---------------------------------------------------------------------------------


def test_records_that_share_a_run_with_evaluation_data_go(tmp_path):
    question = prose(500, 30)
    records = [
        {"id": "clean", "text": prose(1)},
        {"id": "leak", "text": f"{prose(2)} {question.upper()} {prose(3)}"},
        {"id": "short", "text": f"{prose(4)} {' '.join(question.split()[:12])}"},
    ]
    write(tmp_path / "exam.jsonl", [{"id": "q1", "question": question, "choices": ["a", "b"]}])
    section = f'[curate]\nevaluation = ["{tmp_path / "exam.jsonl"}"]'
    made(tmp_path / "out", write(tmp_path / "in.jsonl", records), section=section)
    assert ids(tmp_path / "out") == ["clean", "short"]
    (entry,) = ledger(tmp_path / "out")["leak"]
    assert (entry["rule"], entry["why"]) == ("evaluation", "exam.jsonl:1")


def test_evaluation_data_that_changed_is_looked_for_anew(tmp_path):
    source = write(tmp_path / "in.jsonl", [{"id": n, "text": prose(n)} for n in (1, 2)])
    section = f'[curate]\nevaluation = ["{tmp_path / "exam.jsonl"}"]'
    for gone in (1, 2):
        write(tmp_path / "exam.jsonl", [{"text": prose(gone)}])
        made(tmp_path / "out", source, section=section)
        assert ids(tmp_path / "out") == [3 - gone]


def test_evaluation_data_that_cannot_be_read_ends_the_run(tmp_path):
    (tmp_path / "exam.jsonl").write_text("{\n")
    section = f'[curate]\nevaluation = ["{tmp_path / "exam.jsonl"}"]'
    with pytest.raises(InputError, match=r"exam\.jsonl:1"):
        made(tmp_path / "out", write(tmp_path / "in.jsonl", []), section=section)


@given(st.lists(st.integers(0, 5), max_size=40), st.lists(st.integers(0, 5), max_size=40))
def test_a_shared_run_is_found_exactly_where_there_is_one(tmp_path_factory, held, text):
    file = tmp_path_factory.mktemp("held") / "held.npz"
    words = [" ".join(f"w{n}" for n in part) for part in (held, text)]
    save(file, [("exam", words[0])], 5)
    found = HeldOut.load("evaluation", file).shared(normal.words(words[1]).hashes)
    runs = [{tuple(part[at : at + 5]) for at in range(len(part) - 4)} for part in (held, text)]
    assert (found == "exam") == bool(runs[0] & runs[1])


def test_all_strings_of_a_record_count():
    assert list(strings({"a": "x", "b": ["y", {"c": "z"}], "d": 1, "e": None})) == ["x", "y", "z"]
