"""What `[curate]` asks for is checked, and said in words."""

from __future__ import annotations

import pytest

from upright.policy import CurateSection, parse_policy
from upright.policy.catalogue import Catalogue
from upright.policy.diff import diff
from upright.policy.words import describe
from upright.terms import ConfigError

BASE = 'schema = 1\n[use_case]\nname = "corpus"\npurpose = "Text to learn from."\n'
FULL = (
    BASE
    + """\
[curate]
likeness = 0.7
copies = 2
languages = ["en", "de"]
licences = ["CC-BY-4.0"]
quality = true
min_words = 20
max_words = 900
evaluation = ["exam.jsonl"]
evaluation_words = 9
balance_gender = true
owner = "author"
[curate.exposure]
words = 40
times = 3
"""
)
TITLE = "What a corpus is made of"


def said(text: str) -> list[str]:
    return [x for s in describe(parse_policy(text)) if s.title == TITLE for x in s.lines]


def test_every_wish_is_said():
    assert said(FULL) == [
        "Of records alike in 70% or more, 2 stay.",
        "A passage of 40 words stands in at most 3 places.",
        "Only records in en and de stay.",
        "Only records under CC-BY-4.0 stay.",
        "Only records of 20 to 900 words stay.",
        "Only records that read like prose stay.",
        "Records that share 9 words in a row with exam.jsonl go.",
        "In every second record that names women or men, they are swapped.",
        "The field author names whose a record is.",
    ]


def test_a_use_without_the_section_says_nothing():
    assert said(BASE) == []


def test_near_duplicates_may_stay():
    assert said(BASE + "[curate]\nnear_duplicates = false\nmin_words = 5")[:2] == [
        "Of records with the same text, 1 stay; near duplicates all do.",
        "Only records of 5 to any number of words stay.",
    ]


def test_by_default_no_record_is_judged():
    section = CurateSection()
    asked = (section.languages, section.licences, section.quality, section.min_words)
    assert not any(asked)
    assert section.max_words is None
    assert section.exposure is None


@pytest.mark.parametrize(
    "line",
    ["likeness = 0.2", "likeness = 1.1", "copies = 0", "min_words = -1", "nonsense = 1",
     "[curate.exposure]\nwords = 3", "[curate.exposure]\ntimes = 0"],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(line):
    with pytest.raises(ConfigError):
        parse_policy(BASE + "[curate]\n" + line)


def test_a_changed_wish_is_a_difference():
    changed = diff(parse_policy(BASE), parse_policy(FULL), Catalogue(("pii.email",)))
    assert TITLE in {section.title for section in changed}
