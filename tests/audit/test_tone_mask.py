"""What says who a text is about is not seen, and what says how it speaks is."""

from __future__ import annotations

import gzip
import json
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.audit.swap import first_names, gendered, swap
from upright.audit.tone_lexicons import counts, known_word, lexicons, lists_of, words_of
from upright.audit.tone_mask import Masker, reads_as_english


def tokens(text, *others, words=(), neutral=False):
    return list(Masker([text, *others], words, neutral=neutral).mask(text).tokens)


def joined(text, **more):
    return " ".join(tokens(text, **more))


TWINS = [
    ("Emily Smith led her team. Emily is great.", "James Smith led his team. James is great."),
    ("Ms. Novak and her husband came.", "Mr. Novak and his wife came."),
    ("The idea was hers, and she said so herself.", "The idea was his, and he said so himself."),
    ("Grace helped us. We thank Grace.", "Mark helped us. We thank Mark."),
    ("Lakisha Washington won. Lakisha rests.", "Jamal Washington won. Jamal rests."),
    ("A mother of two, an actress.", "A father of two, an actor."),
    ("Dear Maria, you met Dr. Anna Diaz.", "Dear Carlos, you met Dr. Hugo Diaz."),
    ("ANNA shouted.", "PETER shouted."),
    ("emily said it was fine", "james said it was fine"),
    ("Mrs. van Damme called.", "Mr. van Damme called."),
    ("Priya R. Singh spoke.", "Raj T. Singh spoke."),
    ("Xiulan's report is here.", "Haruto's report is here."),
    ("A woman-owned, female-led firm.", "A man-owned, male-led firm."),
    (
        "Her sisters-in-law met the girls\u2019 team.",
        "His brothers-in-law met the boys\u2019 team.",
    ),
    ("She\u2014the boss\u2014left. *She* won.", "He\u2014the boss\u2014left. *He* won."),
    ("Anna Smith won. Anna Weber lost.", "Al Smith Jr. won. Al Weber III lost."),
    ("We met Anna Smith there.", "We met Al Smith Sr. there."),
    ("A Latina priestess and her fiancee", "A Latino priest and his fiance"),
]


@pytest.mark.parametrize(("woman", "man"), TWINS)
def test_texts_that_differ_in_the_person_alone_are_masked_alike(woman, man):
    masker = Masker([woman, man])
    assert masker.mask(woman) == masker.mask(man)


def test_how_a_person_is_called_is_kept():
    text = "Emily Smith joined. Emily led, and Ms. Smith won. Dr. Smith agreed with Smith."
    shown = joined(text)
    assert shown == (
        "[full name] joined . [first name] led , and [title] [last name] won . "
        "dr [last name] agreed with [last name] ."
    )


def test_a_full_stop_after_a_title_ends_no_sentence():
    assert tokens("We met Mr. Smith there.").count(".") == 1


def test_ordinary_words_at_the_start_of_a_sentence_are_no_names():
    text = "However, it rained. Brilliant work! Quickly done. Recommending this. Will it hold?"
    assert "[name]" not in tokens(text, "will it")


def test_words_that_name_the_groups_are_taken_out():
    assert joined("A deaf engineer met a Deaf cook.", words=["deaf"]) == "a engineer met a cook ."


def test_addresses_and_numbers_are_not_read():
    assert joined("Please mail anna@x.org, 24 times.") == "please mail [number] times ."


def test_they_is_masked_where_a_group_is_called_so():
    they = joined("They are kind and lead their team themselves.", neutral=True)
    she = joined("She is kind and leads her team herself.", neutral=True)
    assert they == she


def test_capitals_for_emphasis_are_counted_and_read_as_words():
    masked = Masker([""]).mask("This is AMAZING work")
    assert masked.emphasised == 1
    assert "amazing" in masked.tokens


@given(st.text(max_size=200))
def test_any_text_can_be_masked_and_holds_no_pronoun_of_a_gender(text):
    found = Masker([text]).mask(f"{text} She told him of hers.").tokens
    assert not {"she", "he", "him", "her", "his", "hers"} & set(found)


def test_a_word_for_both_genders_is_masked_like_one_for_either():
    both = tokens("S/he may say what s/he likes, and (s)he does.")
    assert both == tokens("She may say what he likes, and she does.")


@given(
    st.lists(st.sampled_from(sorted(gendered())), min_size=1, max_size=8),
    st.sampled_from([str.lower, str.capitalize, str.upper]),
    st.sampled_from([" ", ", ", " - ", "/", "\u2014", "\n", "-led ", "'s ", "\u2019s "]),
)
def test_no_word_that_says_a_gender_is_left_however_it_is_written_and_joined(words, case, between):
    found = tokens(between.join(map(case, words)) + between)
    signs = gendered()
    plain = [token for token in found if token not in signs.values()]
    told = {part for token in plain for part in token.split("-")}
    assert told.isdisjoint(set(signs) - {"miss"})  # "to miss" is no title


@given(
    st.lists(
        st.sampled_from([*sorted(gendered()), "led", "the", "team", "and", "works", ".", "of"]),
        max_size=20,
    )
)
def test_a_text_and_its_swap_are_masked_alike(words):
    text = " ".join(words)
    other = swap(text)
    masker = Masker([text, other])
    assert masker.mask(text) == masker.mask(other)


def test_real_sentences_and_their_swaps_are_masked_alike(shared_data):
    """So that people who differ in nothing but gender can differ in no figure."""
    with gzip.open(shared_data / "lm_fairness" / "bold.jsonl.gz", "rt") as lines:
        texts = [json.loads(line)["wikipedia"] for line in islice(lines, 0, None, 12)]
    swapped = 0
    for text in texts:
        other = swap(text)
        masker = Masker([text, other])
        assert masker.mask(text) == masker.mask(other)
        swapped += text != other
    assert swapped > 300


SURE = {kind: sorted(first_names()[kind]) for kind in ("women", "men")}


@given(
    st.sampled_from(SURE["women"]),
    st.sampled_from(SURE["men"]),
    st.sampled_from([
        "{} led the team.", "We thank {} for that.", "The idea was {}'s.", "Dear {},", "{}, come!",
        "Dr. {} Weber and I met {}.", "\u201c{} is kind,\u201d they wrote.",
    ]),
)  # fmt: skip
def test_whatever_people_are_called_is_masked_alike(woman, man, form):
    written = [form.replace("{}", name.capitalize()) for name in (woman, man)]
    masker = Masker(written)
    assert masker.mask(written[0]) == masker.mask(written[1])
    assert woman not in masker.mask(written[0]).tokens


@given(st.text(max_size=120), st.text("abc -.'", min_size=1, max_size=8))
def test_words_that_name_a_group_are_gone_from_any_text(text, word):
    found = Masker([text], [word]).mask(f"{text} {word} {text}")
    assert word.strip() not in found.tokens or not word.strip().isalpha()


@given(st.text(max_size=200))
def test_masking_does_not_depend_on_the_order_or_number_of_other_texts(text):
    others = [text, "plain words", text]
    assert Masker(others).mask(text) == Masker(others[::-1]).mask(text)
    assert Masker([text, "plain words"]).mask(text) == Masker(others).mask(text)


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("She wrote to the office and said that it was not for her to decide this.", True),
        ("Sie hat das Projekt geleitet und war in der Firma sehr beliebt, in allem.", False),
        ("Elle a dirig\u00e9 le projet pour son travail dans cette \u00e9quipe.", False),
        ("\u5979\u975e\u5e38\u52aa\u529b\uff0c\u5de5\u4f5c\u8ba4\u771f\u8d1f\u8d23\u3002", False),
        ("\u041e\u043d\u0430 \u0440\u0443\u043a\u043e\u0432\u043e\u0434\u0438\u043b\u0430", False),
    ],
)  # fmt: skip
def test_many_words_of_another_language_are_told_from_english(text, english):
    read = [Masker([text]).mask(text)]
    assert reads_as_english(read)  # too few to tell
    assert reads_as_english(read * 60) is english


@given(st.lists(st.text(max_size=30), max_size=5))
def test_any_texts_may_be_asked_for_their_language(texts):
    assert reads_as_english([Masker(texts).mask(text) for text in texts]) in {True, False}


def test_lists_hold_words_stems_and_phrases():
    assert "agency" in lists_of("leadership"[:6])
    assert "standout" in lists_of("brilliantly")
    assert not known_word("timetable")
    found = counts(["he/she", "is", "a", "team", "player", "and", "works", "hard"])
    assert found["communion"] == 1
    assert found["grindstone"] == 1


def test_a_word_of_a_mother_or_father_counts_as_family():
    assert counts(tokens("She is a mother."))["family"] == 1


@given(
    st.lists(st.sampled_from([*sorted(lexicons()["agency"].words), "x", "she", "."]), max_size=30)
)
def test_a_list_counts_no_word_twice_and_texts_joined_count_the_sum(words):
    found = counts(words)
    phrases = sum(len(one.phrases) for one in lexicons().values())
    assert found["agency"] <= len(words) + phrases
    assert found["agency"] >= sum(word in lexicons()["agency"].words for word in words)
    both = counts([*words, ".", *words])
    assert both == {name: 2 * n for name, n in found.items()}


def test_lists_that_are_read_against_each_other_share_no_word_of_their_own():
    lists = lexicons()
    for one in lists.values():
        if one.opposite is not None and one.opposite in lists:
            assert one.words.isdisjoint(lists[one.opposite].words), one.name
    assert "brave" not in words_of(["standout"])
