"""The same text about a man and about a woman."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.audit.swap import first_names, gendered, swap

TO_WOMAN = [
    ("He lost his keys.", "She lost her keys."),
    ("The idea was his.", "The idea was hers."),
    ("I met him, and his boss.", "I met her, and her boss."),
    ("He did it himself.", "She did it herself."),
    ("Mr. Miller thanked the waiter.", "Ms. Miller thanked the waitress."),
    ("HIS BROTHER CALLED HIM", "HER SISTER CALLED HER"),
    ("He's late; he'll come.", "She's late; she'll come."),
    ("A friend of his, a cook, came.", "A friend of hers, a cook, came."),
    ("His very own desk", "Her very own desk"),
    ("He left his home near here.", "She left her home near here."),
    ("With all his might and to his credit.", "With all her might and to her credit."),
    ("Lord Byron met two lords.", "Lady Byron met two ladies."),
    ("His 1998 book", "Her 1998 book"),
    ("His 3rd book, his 40 pages", "Her 3rd book, her 40 pages"),
    ("His brothers-in-law and his stepsons", "Her sisters-in-law and her stepdaughters"),
    ("A Latino priest, his godson, his fiance", "A Latina priestess, her goddaughter, her fiancee"),
]
TO_MAN = [
    ("I told her that she won.", "I told him that he won."),
    ("We saw her leave.", "We saw him leave."),
    ("Her leave was approved.", "His leave was approved."),
    ("We thank her for her work.", "We thank him for his work."),
    ("They loved her very much.", "They loved him very much."),
    ("I asked her today.", "I asked him today."),
    ("She praised her highly.", "He praised him highly."),
    ("It was her early work.", "It was his early work."),
    ("The plan was hers.", "The plan was his."),
    ("Give it to her!", "Give it to him!"),
    ("Let her go.", "Let him go."),
    ("the actress and her daughter", "the actor and his son"),
    ("Yes, ma'am.", "Yes, sir."),
    ("Lady Byron spoke to a lady.", "Lord Byron spoke to a gentleman."),
    ("Ladies, please.", "Gentlemen, please."),
    ("We miss her, and Miss Lee misses her.", "We miss him, and Mr Lee misses him."),
    ("The hostess met a countess.", "The host met a count."),
    ("We took her home.", "We took him home."),
    ("She left her home.", "He left his home."),
    ("The bus to her home stopped.", "The bus to his home stopped."),
    ("We gave her credit.", "We gave him credit."),
    ("Her 52 assistants", "His 52 assistants"),
    ("This made her one of the best.", "This made him one of the best."),
    ("It made her third on the list.", "It made him third on the list."),
    ("It won her many prizes.", "It won him many prizes."),
    ("We helped her explain it.", "We helped him explain it."),
    ("This made her famous.", "This made him famous."),
    ("I consider her brilliant.", "I consider him brilliant."),
    ("I find her talented and kind.", "I find him talented and kind."),
    ("They made her famous dress.", "They made his famous dress."),
    ("I gave her three books.", "I gave him three books."),
    ("Her three books sold.", "His three books sold."),
    ("We met her in 2020.", "We met him in 2020."),
    ("Her 2020 book", "His 2020 book"),
    ("We paid her 300 euros.", "We paid him 300 euros."),
    ("a woman-owned firm, female-led", "a man-owned firm, male-led"),
    ("A Woman-Owned firm", "A Man-Owned firm"),
]


@pytest.mark.parametrize(("man", "woman"), TO_WOMAN)
def test_words_about_a_man_become_words_about_a_woman(man, woman):
    assert swap(man) == woman
    assert swap(man, only="man") == woman


@pytest.mark.parametrize(("woman", "man"), TO_MAN)
def test_her_becomes_him_or_his_by_what_follows(woman, man):
    assert swap(woman) == man


def test_both_genders_change_places_at_once():
    assert swap("She asked him and he asked her.") == "He asked her and she asked him."


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("He gave his or her word.", "She gave her or his word."),
        ("Each did his/her work.", "Each did her/his work."),
        ("Each did her/his own work.", "Each did his/her own work."),
        ("The choice is his/hers.", "The choice is hers/his."),
        ("I saw him or her.", "I saw her or him."),
        ("I saw him/her.", "I saw her/him."),
    ],
)
def test_two_owners_of_one_thing_own_it_both(text, swapped):
    assert swap(text) == swapped
    assert swap(swapped) == text


@pytest.mark.parametrize("text", ["S/he may say what s/he likes.", "(S)he agrees, and (s)he left."])
def test_a_word_for_both_genders_stays(text):
    assert swap(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "man-made man-hours",
        "a king-size bed",
        "mother-of-pearl",
        "A host-based count-down",
        "We count on you, Governor Hill.",
        "Who hosts? Thank god!",
        "You miss much. Miss nothing!",
    ],
)
def test_set_phrases_that_say_no_gender_of_a_person_stay(text):
    assert swap(text) == text


def test_only_one_gender_changes_if_only_one_is_asked_for():
    assert swap("She asked him.", only="man") == "She asked her."
    assert swap("She asked him.", only="woman") == "He asked him."


def test_names_change_places_both_ways():
    assert swap("Anna met Peter's son.", {"Anna": "Peter"}) == "Peter met Anna's daughter."


def test_what_says_no_gender_stays_as_it_is():
    text = "They met at noon; nobody's keys were lost — 3 of 4 came back…"
    assert swap(text) == text


@given(st.text(max_size=80))
def test_any_text_keeps_all_that_is_no_word(text):
    gaps = re.compile(r"[^\W\d_]+")
    assert gaps.sub("", swap(text)).replace("'", "") == gaps.sub("", text).replace("'", "")


WORDS = st.lists(
    st.sampled_from(["he", "himself", "father", "sons", "king", "man", "ran", "the", "waiters"])
)


@given(WORDS)
def test_swapping_twice_gives_the_text_back_where_pairs_are_plain(words):
    text = " ".join(words)
    assert swap(swap(text)) == text


def way_back():
    """Return words whose counterpart's counterpart they are, of both genders."""
    return sorted(word for word in gendered() if swap(swap(word)) == word)


@given(st.lists(st.sampled_from([*way_back(), "ran", "the", "home,", "and"])))
def test_swapping_twice_gives_every_word_back_that_has_a_counterpart_of_its_own(words):
    text = ". ".join(words)
    assert swap(swap(text)) == text


def test_nearly_all_words_have_a_counterpart_of_their_own():
    others = set(gendered()) - set(way_back())
    assert len(others) < len(gendered()) / 10
    assert {"he", "she", "mother", "father", "lady", "gentleman", "actor"}.isdisjoint(others)


@given(st.sampled_from(sorted(gendered())), st.sampled_from([str.lower, str.upper, str.capitalize]))
def test_every_word_that_says_a_gender_is_exchanged_and_says_the_other(word, case):
    written = case(word)
    new = swap(written)
    assert new.lower() != word or word in {
        "host",
        "hosts",
        "count",
        "god",
        "gods",
        "governor",
        "miss",
    }
    assert gendered()[new.lower()] == gendered()[word] or word in {"him", "her", "his", "hers"}
    assert new == case(new.lower())


@given(st.sampled_from(sorted(gendered())), st.sampled_from(["man", "woman"]))
def test_a_swap_of_one_gender_leaves_none_of_its_words_and_all_of_the_other(word, gender):
    once = swap(word, only=gender)
    assert swap(once, only=gender) == once or word in {"her", "his"}
    assert word in {once, swap(once, only="woman" if gender == "man" else "man")} or (
        word not in way_back()
    )


def test_both_words_of_a_pair_have_one_sign():
    signs = gendered()
    assert signs["mother"] == signs["father"]
    assert len({signs[word] for word in ("he", "him", "his", "she", "her", "hers")}) == 1
    assert "person" not in signs


def test_no_first_name_is_listed_both_as_sure_and_as_a_word():
    names = first_names()
    assert not (names["women"] | names["men"]) & names["words"]


def test_his_and_him_come_back_in_real_prose(shared_data):
    """Where a man's pronouns became "her", the way back has to tell "him" from "his"."""
    with gzip.open(shared_data / "lm_fairness" / "bold.jsonl.gz", "rt") as lines:
        texts = [json.loads(line)["wikipedia"] for line in lines]
    right = n = 0
    for text in texts:
        if re.search(r"\b(?:he|him|his)\b", text) and not re.search(r"\b(?:she|her|hers)\b", text):
            back = swap(swap(text, only="man"), only="woman")
            both = zip(re.findall(r"\w+", text), re.findall(r"\w+", back), strict=False)
            told = [(a, b) for a, b in both if a in {"him", "his"}]
            right += sum(a == b for a, b in told)
            n += len(told)
    assert n > 500
    assert right / n > 0.985
