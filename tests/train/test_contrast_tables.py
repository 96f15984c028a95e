"""The promises of the tables: they can be read, agree with each other, and are balanced."""

import re
from collections import Counter, defaultdict

import pytest

from upright.train.contrast.tables import (
    SPLITS,
    _of_set,
    identities,
    templates,
    traits,
    words,
)

SLOTS = re.compile(r"\{(\w+)\}")
OWN = {"group", "one", "adj", "trait", "claim", "that", "full"}


def small(slot):
    return slot[0].lower() + slot[1:]


@pytest.mark.parametrize("split", SPLITS)
def test_every_slot_of_a_template_has_words(split):
    known = set(words(split)) | OWN
    for template in templates(split):
        assert {small(slot) for slot in SLOTS.findall(template.text)} <= known, template.text


@pytest.mark.parametrize("split", SPLITS)
def test_every_list_of_words_is_used_and_has_no_word_twice(split):
    every = [template for either in SPLITS for template in templates(either)]
    used = {small(slot) for template in every for slot in SLOTS.findall(template.text)}
    for slot, entries in words(split).items():
        assert len(set(entries)) == len(entries), slot
        assert slot in used, slot


def test_both_splits_know_the_same_slots():
    assert set(words("train")) == set(words("test"))


@pytest.mark.parametrize("split", SPLITS)
def test_a_frame_has_one_place_for_its_passage_and_nothing_else_has(split):
    for template in templates(split):
        places = [s for s in SLOTS.findall(template.text) if s in {"claim", "that", "full"}]
        assert len(places) == (1 if template.of else 0), template.text


@pytest.mark.parametrize("split", SPLITS)
def test_every_pool_that_is_framed_exists_and_is_of_one_sort(split):
    sorts = defaultdict(set)
    for template in templates(split):
        if template.pool:
            sorts[template.pool].add(template.identified)
    wanted = {pool for template in templates(split) for pool in template.of}
    assert wanted <= set(sorts)
    assert all(len(sort) == 1 for sort in sorts.values())


@pytest.mark.parametrize("split", SPLITS)
def test_marks_open_and_close_in_turn(split):
    for template in templates(split):
        assert re.fullmatch(r"[^⟦⟧]*(?:⟦[^⟦⟧]+⟧[^⟦⟧]*)*", template.text), template.text


def test_template_names_are_not_given_twice():
    names = Counter(template.id for split in SPLITS for template in templates(split))
    assert max(names.values()) == 1


def test_every_kind_is_in_both_splits():
    train, test = ({template.kind for template in templates(split)} for split in SPLITS)
    assert train == test


def test_every_axis_has_as_many_traits_as_any_other():
    axes = {identity.axis for identity in identities()}
    assert len({len(set(traits(axis))) for axis in axes}) == 1


def test_identity_terms_are_not_given_twice():
    for form in ("id", "group", "one"):
        seen = Counter(getattr(identity, form) for identity in identities())
        assert max(seen.values()) == 1, form


def test_a_singular_begins_with_its_article():
    assert all(re.match(r"an? ", identity.one) for identity in identities())


def test_an_unknown_category_or_context_is_refused():
    row = {"kind": "k", "train": ["x"], "toxicity": {"rudeness": 1.0}}
    with pytest.raises(ValueError, match="rudeness"):
        _of_set("made_up.0", row, "train")
    with pytest.raises(ValueError, match="whisper"):
        _of_set("made_up.0", {"kind": "k", "context": "whisper", "train": ["x"]}, "train")


def test_a_sentence_that_states_something_can_follow_that():
    states = {template.text: template.states for template in templates("train")}
    assert states["{Group} are {low}."]
    assert not states["I hate {group} with all my heart."]
    assert not states["Why are {group} so filthy?"]
    assert not states["Fuck all {group}."]


@pytest.mark.parametrize(
    ("row", "asks", "takes_over"),
    [
        ({"toxicity": {"hate": 0.9}, "severity": 3}, None, False),
        ({"toxicity": {"hate": 0.1}, "context": "report"}, False, False),
        ({}, False, False),
        ({"request": True}, True, False),
        ({"injection": True}, False, True),
        ({"of": ["hate"]}, None, None),
    ],
)
def test_what_is_not_judged_is_none_and_harmless_is_false(row, asks, takes_over):
    (template,) = _of_set("made_up.0", {"kind": "k", "train": ["x"], **row}, "train")
    assert (template.request, template.injection) == (asks, takes_over)
