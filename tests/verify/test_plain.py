import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.verify.plain import plain

PROSE = 'It\'s late, and "nobody" came; so we (all of us) went home.'


@pytest.mark.parametrize(
    "other",
    [
        PROSE.replace("'", "\u2019").replace(' "', " \u201c").replace('" ', "\u201d "),
        PROSE.replace(" ", "  \n"),
        PROSE.replace("o", "o\u200b"),
        PROSE.replace("o", "\u043e").replace("a", "\u0430"),
        PROSE.replace(",", " ,").replace(";", " ;"),
        f"\ufeff{PROSE}\x07\n\n",
        PROSE.replace("home", "\uff48\uff4f\uff4d\uff45"),
        PROSE.replace('"nobody"', "``nobody''"),
        PROSE.replace("(", "( ").replace(")", " )"),
    ],
    ids=[
        "quotes",
        "space",
        "zero width",
        "look-alikes",
        "spaced marks",
        "unseen",
        "wide",
        "typed quotes",
        "spaced brackets",
    ],
)
def test_layout_and_look_alikes_make_no_difference(other):
    assert plain(other) == PROSE


def test_dashes_of_every_length_are_hyphens():
    assert plain("ten\u2013twelve \u2014 or so\u2014well\u2011known--to all") == (
        "ten-twelve - or so - well-known - to all"
    )


def test_words_of_other_scripts_are_left_as_they_are():
    assert plain("Он сказал: hello. Ωραία!") == "Он сказал: hello. Ωραία!"


@given(st.text())
def test_the_plain_form_of_a_plain_form_is_itself(text):
    once = plain(plain(text))
    assert plain(once) == once
    assert once == once.strip()


@given(st.text(alphabet="ab \u200b\u00ad\n\t\x00", max_size=40))
def test_nothing_unseen_and_no_second_space_is_left(text):
    assert set(plain(text)) <= set("ab ")
    assert "  " not in plain(text)
