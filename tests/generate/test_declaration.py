"""What a draw declares about itself."""

from dataclasses import replace

import pytest

from upright.generate import Sampling, declaration
from upright.generate.balance_share import Balance
from upright.generate.balance_words import tables_digest
from upright.generate.declaration import declared
from upright.terms import digest

BASE = Sampling(0.9, 0, 0.95, 1.1, 100, 7, ("END",))


def test_one_distribution_has_one_digest():
    assert declaration(BASE) == declaration(replace(BASE))
    assert declaration(BASE).startswith("sha256:")
    assert declaration(replace(BASE, temperature=1)) == declaration(replace(BASE, temperature=1.0))


@pytest.mark.parametrize(
    "change", [{"temperature": 0.8}, {"top_k": 1}, {"top_p": 0.9}, {"repetition_penalty": 1.0}]
)
def test_what_shapes_the_distribution_changes_the_digest(change):
    assert declaration(replace(BASE, **change)) != declaration(BASE)


@pytest.mark.parametrize("change", [{"seed": 8}, {"max_tokens": 5}, {"stop": ()}])
def test_what_chooses_among_texts_does_not(change):
    assert declaration(replace(BASE, **change)) == declaration(BASE)


def test_what_was_declared_before_there_was_balance_is_still_true():
    old = "sha256:e058956a3a2c81f804b674c564b69eda3c7b043130dca154ea55f3a2efa12201"
    assert declaration(BASE) == declaration(BASE, None) == old
    assert "balance" not in declared(BASE)


def test_an_answer_under_balance_declares_it():
    found = {declaration(BASE, one) for one in (None, Balance(), Balance("reference"))}
    assert len(found) == 3


def test_what_is_declared_names_the_way_its_place_and_the_tables():
    shape = declared(BASE, Balance("reference"))
    assert shape["balance"]["pronouns"] == "reference"
    assert shape["balance"]["tables"] == tables_digest()
    assert shape["order"][:3] == ("repetition_penalty", "balance", "temperature")
    assert (shape["temperature"], shape["top_p"], shape["top_k"]) == ("0.9", "0.95", 0)


def test_the_digest_can_be_recomputed_from_what_is_declared():
    for balance in (None, Balance()):
        assert declaration(BASE, balance) == digest(declared(BASE, balance))


def test_other_tables_are_another_declaration(monkeypatch):
    before = declaration(BASE, Balance())
    monkeypatch.setattr("upright.generate.balance_words.tables_digest", lambda: "sha256:00")
    assert declaration(BASE, Balance()) != before
    assert declaration(BASE) == declaration(replace(BASE))
