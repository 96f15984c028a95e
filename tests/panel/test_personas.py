"""People meet what is declared about them: exactly, up to whole people."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.panel.stand_in import study_text

from upright.panel.personas import personas, rounded, spread
from upright.panel.reading import parse_study

SHARES = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 10), min_size=1, max_size=6)


@given(shares=SHARES, n=st.integers(0, 300), seed=st.integers(0, 5))
def test_counts_are_less_than_one_from_their_share(shares, n, seed):
    counts = rounded(shares, n, random.Random(seed))
    total = sum(shares.values())
    assert sum(counts.values()) == n
    assert all(abs(counts[key] - share / total * n) < 1 for key, share in shares.items())


@given(shares=SHARES, n=st.integers(1, 200), seed=st.integers(0, 5))
def test_values_are_spread_evenly_over_the_list(shares, n, seed):
    values = spread(shares, n, random.Random(seed))
    counts = Counter(values)
    for end in range(1, n + 1):
        part = Counter(values[:end])
        assert all(abs(part[key] - count * end / n) < len(shares) for key, count in counts.items())


@settings(deadline=None, max_examples=25)
@given(st.integers(8, 300), st.integers(0, 1000))
def test_every_declared_share_is_met_up_to_whole_people(number, seed):
    study = parse_study(study_text(number, seed=("seed = 3", f"seed = {seed}")))
    people = personas(study)
    assert [one.number for one in people] == list(range(number))
    genders = Counter(one.traits["gender"] for one in people)
    assert abs(genders["woman"] - number / 2) < 1
    ages = Counter(one.traits["age"] for one in people)
    assert abs(ages["young"] - 0.75 * number) < 1
    old = Counter(one.traits["work"] for one in people if one.traits["age"] == "old")
    assert abs(old["retired"] - 0.75 * ages["old"]) < 1
    assert old["student"] == 0
    women = [one.facts[0] for one in people if one.traits["gender"] == "woman"]
    assert abs(sum(women) - 0.75 * len(women)) < 1


COUNTS = st.lists(st.integers(0, 9), min_size=2, max_size=5).filter(
    lambda counts: sum(map(bool, counts)) > 1
)


def table(counts):
    return "{ " + ", ".join(f"v{at} = {count}" for at, count in enumerate(counts)) + " }"


@settings(deadline=None, max_examples=50)
@given(COUNTS, st.lists(COUNTS, min_size=5, max_size=5), st.floats(0, 1), st.integers(2, 150))
def test_any_declared_shares_are_met_in_every_row_of_every_table(first, rows, chance, number):
    tables = "\n".join(f"v{at} = {table(rows[at])}" for at in range(len(first)))
    study = parse_study(
        f"""
schema = 1
name = "any"
personas = {number}
[[attribute]]
name = "a"
shares = {table(first)}
[[attribute]]
name = "b"
given = "a"
[attribute.tables]
{tables}
[[affinity]]
fact = "f"
product = "p"
chance = {chance}
[[product]]
name = "p"
description = "P."
[[product]]
name = "q"
description = "Q."
"""
    )
    people = personas(study)
    met(Counter(one.traits["a"] for one in people), first, number)
    for at in range(len(first)):
        row = [one.traits["b"] for one in people if one.traits["a"] == f"v{at}"]
        met(Counter(row), rows[at], len(row))
    assert abs(sum(one.facts[0] for one in people) - chance * number) < 1


def met(found, counts, number):
    for at, count in enumerate(counts):
        assert abs(found[f"v{at}"] - count / sum(counts) * number) < 1
        assert count or not found[f"v{at}"], "nobody has what nobody should have"


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 60), st.integers(0, 2**31))
def test_people_are_the_same_whenever_and_wherever_they_are_drawn(number, seed):
    text = study_text(number, s=("seed = 3", f"seed = {seed}"))
    first = personas(parse_study(text))
    random.seed(number)
    assert personas(parse_study(text)) == first
    assert all(one.text.count(";") == 4 for one in first)


@settings(deadline=None, max_examples=20)
@given(st.integers(100, 300), st.integers(0, 100))
def test_a_planted_fact_is_balanced_against_what_it_does_not_depend_on(number, seed):
    people = personas(parse_study(study_text(number, s=("seed = 3", f"seed = {seed}"))))
    for place in ("town", "village"):
        facts = [one.facts[0] for one in people if one.traits["place"] == place]
        assert abs(sum(facts) / len(facts) - 0.5) < 0.15


def test_attributes_that_are_declared_independently_are_balanced():
    people = personas(parse_study(study_text(400)))
    cells = Counter((one.traits["gender"], one.traits["place"]) for one in people)
    assert all(abs(count - 100) <= 8 for count in cells.values())


def test_the_same_study_draws_the_same_people_and_another_seed_others():
    text = study_text(60)
    assert personas(parse_study(text)) == personas(parse_study(text))
    other = parse_study(study_text(60, seed=("seed = 3", "seed = 4")))
    assert personas(other) != personas(parse_study(text))


def test_a_person_is_described_by_traits_and_facts():
    people = personas(parse_study(study_text(40)))
    one = next(one for one in people if one.facts[0])
    other = next(one for one in people if not one.facts[0])
    assert one.text.startswith(f"gender: {one.traits['gender']}; age: ")
    assert one.text.endswith("; likes gardens")
    assert other.text.endswith("; likes games")


def test_a_template_writes_the_description():
    swap = ("seed = 3", 'seed = 3\npersona = "a {age} {gender} in a {place}"')
    people = personas(parse_study(study_text(20, swap=swap)))
    traits = people[0].traits
    assert people[0].text.startswith(
        f"a {traits['age']} {traits['gender']} in a {traits['place']}; "
    )
