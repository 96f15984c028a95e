"""Salts and words on the quick way of issuing: the same as on the plain one."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from upright.certify.offline import salt_of
from upright.certify.salts import Salts
from upright.certify.words import bare_words, words_of


@given(
    secret=st.binary(min_size=16, max_size=16),
    purpose=st.sampled_from(["field", "chunk", "text"]),
    number=st.integers(0, 1 << 20),
)
def test_salts_are_those_that_the_stand_alone_verifier_makes(secret, purpose, number):
    assert Salts(secret).of(purpose, number) == salt_of(secret, purpose, number)


@given(text=st.text(max_size=80))
@example("Don't PANIC, 42! _under_")
@example("Füße ﬁne \u200bhid\u00adden 東京")
def test_words_without_their_places_are_the_same_words(text):
    assert bare_words(text) == words_of(text).words
