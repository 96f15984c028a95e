"""Swapping balances who stands near what, and changes nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.curate.corpora import kept, ledger, made, prose, write

from upright.curate.balance import _PAIRS, is_turned, swapped


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("He told his wife.", "She told her husband."),
        ("She gave her brother the book.", "He gave his sister the book."),
        ("I saw her. I saw her again.", "I saw him. I saw him again."),
        ("I saw him with her mother.", "I saw her with his father."),
        ("The book is his, not hers.", "The book is hers, not his."),
        ("HE said: Father's hat.", "SHE said: Mother's hat."),
        ("She's a queen; he'd know.", "He's a king; she'd know."),
        ("The humane mandate of a hero.", "The humane mandate of a hero."),
        ("Mr Smith and Mrs Smith", "Ms Smith and Mr Smith"),
        ("", ""),
    ],
)
def test_women_stand_where_men_stood(text, other):
    assert swapped(text) == other


UNAMBIGUOUS = [word for pair in _PAIRS for word in pair.split()]


@given(st.lists(st.sampled_from([*UNAMBIGUOUS, "the", "nurse", "went", "and"]), max_size=30))
def test_swapping_twice_changes_nothing(words):
    text = " ".join(words)
    assert swapped(swapped(text)) == text


@given(st.text(max_size=120))
def test_words_and_what_is_between_them_stay_in_their_places(text):
    other = swapped(text)
    assert len(other.split()) == len(text.split())
    assert [s for s in other if not s.isalpha()] == [s for s in text if not s.isalpha()]


def test_every_second_record_is_turned_whatever_the_corpus():
    turned = [is_turned(f"r{n}") for n in range(2000)]
    assert 900 < sum(turned) < 1100


def test_a_corpus_is_balanced_and_the_ledger_says_where(tmp_path):
    texts = [f"He was a doctor. {prose(n)}" for n in range(120)]
    source = write(tmp_path / "in.jsonl", [{"id": f"r{n}", "text": t} for n, t in enumerate(texts)])
    shares = {}
    for balance in ("false", "true"):
        output = tmp_path / balance
        made(output, source, section=f"[curate]\nbalance_gender = {balance}")
        bias = json.loads((output / "card.json").read_text())["upright"]["bias"]
        shares[balance] = bias["professions"]["doctor"]["share"]
    assert shares["false"] == 0.0
    assert 0.35 < shares["true"] < 0.65
    told = ledger(tmp_path / "true")
    for record in kept(tmp_path / "true"):
        turned = record["text"].startswith("She")
        assert turned == is_turned(record["id"])
        rules = [entry["rule"] for entry in told.get(record["id"], [])]
        assert rules == (["balance.gender"] if turned else [])
