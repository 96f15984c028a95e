"""What the functional cases promise of themselves; test_functional.py has what a guard promises."""

import re
from collections import Counter
from functools import cache
from itertools import chain, pairwise

import pytest
from tests.guard.functional import cases

from upright.train.contrast import CATEGORIES, CONTEXTS, contrast, normal_form
from upright.train.contrast.tables import SPLITS, identities, templates, traits, words

IDENTITY_SLOTS = ("group", "one", "adj")


@cache
def fillings(split, slot):
    if slot in IDENTITY_SLOTS:
        return tuple(getattr(identity, slot) for identity in identities())
    if slot == "trait":
        return tuple(chain.from_iterable(traits(one.axis) for one in identities()))
    return words(split)[slot]


def pattern(template):
    """A regular expression for whatever the template can give; passages are captured."""
    parts = re.split(r"\{(\w+)\}", re.sub("[⟦⟧]", "", template.text))
    for place in range(1, len(parts), 2):
        slot = parts[place][0].lower() + parts[place][1:]
        if slot in {"claim", "that", "full"}:
            parts[place] = "(.+)"
        else:
            filled = set(fillings(template.split, slot))
            parts[place] = "(?:" + "|".join(map(re.escape, sorted(filled))) + ")"
    for place in range(0, len(parts), 2):
        parts[place] = re.sub(r"\b([Aa])(\\ )$", r"\1n?\2", re.escape(parts[place]))
    return re.compile("".join(parts), re.IGNORECASE)


@cache
def patterns():
    every = [template for split in SPLITS for template in templates(split)]
    plain = [pattern(template) for template in every if not template.of]
    return plain, [pattern(template) for template in every if template.of]


def can_be_made(text):
    plain, frames = patterns()
    framed = [match[1] for frame in frames if (match := frame.fullmatch(text))]
    candidates = [text, *framed, *(f"{passage}." for passage in framed)]
    return any(one.fullmatch(candidate) for one in plain for candidate in candidates)


def bigrams(text):
    found = re.findall(r"\w+", re.sub(r"\{\w+\}", " ", text.lower()))
    return set(pairwise(["^", *found, "$"]))


def test_there_are_at_least_400_cases_in_25_kinds():
    assert len(cases()) >= 400
    kinds = Counter(case.kind for case in cases())
    assert len(kinds) >= 25
    assert min(kinds.values()) >= 7


def test_both_answers_are_asked_for_about_equally_often():
    toxic = sum(case.toxic for case in cases())
    assert 0.4 <= toxic / len(cases()) <= 0.6


def test_no_case_stands_twice():
    assert max(Counter(normal_form(case.text) for case in cases()).values()) == 1


def test_cases_name_known_categories_and_contexts():
    for case in cases():
        assert case.category in CATEGORIES
        assert case.context is None or case.context in CONTEXTS


def test_a_toxic_case_has_no_context_that_would_excuse_it():
    assert not [case.text for case in cases() if case.toxic and case.context]


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_context_is_asked_for(context):
    assert sum(case.context == context for case in cases()) >= 7


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_is_asked_for(category):
    assert sum(case.category == category and case.toxic for case in cases()) >= 7


def test_no_case_is_a_sentence_that_a_template_can_give():
    assert not [case.text for case in cases() if can_be_made(case.text)]


def test_the_check_above_knows_what_templates_give():
    for split in SPLITS:
        given = [example.text for example in contrast(split)][::50]
        assert sum(can_be_made(text) for text in given) >= 0.97 * len(given)


def test_no_case_is_worded_almost_like_a_template():
    known = [(t.text, bigrams(t.text)) for split in SPLITS for t in templates(split)]
    for case in cases():
        own = bigrams(case.text)
        near = [text for text, grams in known if len(own & grams) / len(own | grams) >= 0.5]
        assert not near, (case.text, near)
