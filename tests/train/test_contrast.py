"""The promises of `upright.train.contrast.contrast`."""

import re
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise

import pytest

from upright.train.contrast import CATEGORIES, CONTEXTS, contrast, normal_form
from upright.train.contrast.tables import identities, templates

SPLITS = ("train", "test")
MEANT = 0.5
MARKS = re.compile(r"[⟦⟧]|\{\w+\}")


@cache
def made(split):
    return tuple(contrast(split))


@cache
def all_made():
    return tuple(example for split in SPLITS for example in made(split))


def skeleton(text):
    return re.findall(r"\w+", re.sub(r"\{\w+\}", " ", text.lower()))


def bigrams(text):
    words = ["^", *skeleton(text), "$"]
    return set(pairwise(words))


def test_there_are_at_least_ten_thousand_different_sentences():
    assert len({normal_form(example.text) for example in all_made()}) >= 10_000


def test_they_come_from_at_least_250_templates_about_seven_to_three():
    train, test = len(templates("train")), len(templates("test"))
    assert len({example.template for example in all_made()}) >= 250
    assert 0.65 <= train / (train + test) <= 0.75


def test_the_same_seed_gives_the_same_bytes():
    assert repr(list(contrast("train", seed=3))) == repr(list(contrast("train", seed=3)))


def test_another_seed_gives_other_words_and_the_same_templates():
    first, second = list(contrast("test", seed=0)), list(contrast("test", seed=1))
    assert [example.text for example in first] != [example.text for example in second]
    assert {example.template for example in first} == {example.template for example in second}


def test_an_unknown_split_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'dev': say one of train, test"):
        list(contrast("dev"))


def test_no_sentence_is_given_twice():
    assert max(Counter(example.text for example in all_made()).values()) == 1


def test_no_sentence_is_in_both_splits():
    train, test = ({normal_form(example.text) for example in made(split)} for split in SPLITS)
    assert not train & test


# Requests and documents share their phrasings on purpose; what is asked for is different.
def test_no_template_is_in_both_splits_nor_one_close_to_it():
    train = [(template.text, bigrams(template.text)) for template in templates("train")]
    for template in templates("test"):
        own = bigrams(template.text)
        if len(skeleton(template.text)) < 3:
            continue
        for text, others in train:
            shared = len(own & others) / len(own | others)
            assert shared < 0.5, (template.text, text)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("context", CONTEXTS)
def test_every_category_is_met_in_every_context(split, category, context):
    met = {
        example.text
        for example in made(split)
        if example.context == context and category in example.toxicity
    }
    assert len(met) >= 2


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_is_also_meant(split, category):
    meant = [e for e in made(split) if e.toxicity.get(category, 0) >= MEANT and e.context is None]
    assert len(meant) >= 10


def test_labels_are_in_their_ranges():
    for example in all_made():
        assert set(example.toxicity) <= set(CATEGORIES)
        assert all(0 <= degree <= 1 for degree in example.toxicity.values())
        assert example.severity in range(5)
        assert example.context is None or example.context in CONTEXTS


def test_spans_lie_inside_the_text_and_hold_whole_words():
    for example in all_made():
        for start, end in example.spans:
            assert 0 <= start < end <= len(example.text)
            assert example.text[start:end].strip() == example.text[start:end]


def test_what_is_toxic_or_asks_or_takes_over_is_marked():
    for example in all_made():
        if example.toxic or example.request or example.injection:
            assert example.spans, example.text


def test_no_slot_and_no_mark_is_left():
    assert not [example.text for example in all_made() if MARKS.search(example.text)]


def test_articles_fit_the_word_that_follows():
    lone_a = r"\b[Aa] (?:[aeioAEIO](?!uro|ne\b)|[Uu](?!kr|n[io]|s[ae]|ti))"
    lone_an = r"\b[Aa]n (?:[^aeiouhAEIOULS]|Eu|Uk)"
    wrong = re.compile(f"{lone_a}|{lone_an}")
    assert not [example.text for example in all_made() if wrong.search(example.text)]


@pytest.mark.parametrize("split", SPLITS)
def test_every_identity_is_toxic_equally_often(split):
    shares = defaultdict(list)
    for example in made(split):
        if example.target:
            shares[example.target].append(example.toxic)
    assert set(shares) == {identity.id for identity in identities()}
    assert len({(sum(toxic), len(toxic)) for toxic in shares.values()}) == 1


def test_there_are_more_than_sixty_identities_over_seven_axes():
    assert len(identities()) >= 60
    assert {identity.axis for identity in identities()} == {
        "gender",
        "orientation",
        "religion",
        "nationality",
        "ethnicity",
        "disability",
        "age",
    }


def test_sexual_sentences_name_no_identity_and_no_age_below_eighteen():
    sexual = [e for e in all_made() if e.wording.get("sexual", 0) >= MEANT]
    assert sexual
    young = re.compile(r"\b(?:teen|school|child|kid|girl|boy|young|pupil|student)", re.IGNORECASE)
    for example in sexual:
        assert example.target is None
        assert not any(young.search(example.text[a:b]) for a, b in example.spans)


def test_a_frame_that_rejects_or_reports_weakens_what_its_passage_says():
    for example in all_made():
        if example.context and example.kind.startswith(("counter", "report", "quot", "neg")):
            assert max(example.toxicity.values()) <= 0.2


def test_abuse_that_is_only_wrapped_stays_toxic_and_has_no_context():
    wrapped = [example for example in all_made() if example.kind.startswith("wrap_")]
    assert len(wrapped) >= 500
    assert all(example.toxic and example.context is None for example in wrapped)


def test_the_same_words_are_met_meant_and_rejected():
    meant = {
        example.text.removesuffix(".")
        for example in made("train")
        if example.context is None and example.toxic
    }
    rejected = [e for e in made("train") if e.kind == "counter_speech_quoted"]
    again = [e for e in rejected if e.text[slice(*e.spans[0])] in meant]
    assert len(again) >= len(rejected) / 4


def test_harmful_and_harmless_requests_share_their_disguises():
    for split in SPLITS:
        asked = defaultdict(set)
        for example in made(split):
            if example.kind == "request_disguised":
                asked[example.template].add(example.request)
        assert asked
        assert all(answers == {True, False} for answers in asked.values())


def test_injected_and_harmless_documents_share_their_frames():
    for split in SPLITS:
        found = defaultdict(set)
        for example in made(split):
            if example.kind == "document":
                found[example.template].add(example.injection)
        assert found
        assert all(answers == {True, False} for answers in found.values())
