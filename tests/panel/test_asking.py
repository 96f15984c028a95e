"""Everybody is asked in every order; what is shown is what was declared, and no more."""

from collections import Counter
from itertools import pairwise, takewhile

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.panel.stand_in import study_text

from upright.panel.asking import PHRASINGS, cells, listing, orders, shown
from upright.panel.personas import personas
from upright.panel.reading import parse_study

THREE = ("[[keep]]", '[[product]]\nname = "ticket"\ndescription = "For a concert."\n\n[[keep]]')
OWN = ("[[keep]]", '[[phrasing]]\nsystem = "Here: {products}"\nuser = "{persona}?"\n\n[[keep]]')


def asked(people=12, **swaps):
    study = parse_study(study_text(people, **swaps))
    return study, cells(study, personas(study))


@given(st.integers(2, 26))
def test_each_product_stands_at_each_place_equally_often(count):
    listed = orders(count)
    assert len(listed) == count
    for place in range(count):
        assert {order[place] for order in listed} == set(range(count))


def test_two_products_are_shown_both_ways_round():
    assert orders(2) == [(0, 1), (1, 0)]


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 40), st.integers(1, 5))
def test_everybody_is_asked_by_as_many_phrasings_as_declared_each_in_every_order(people, each):
    study, found = asked(people, s=("seed = 3", f"seed = 3\nphrasings_each = {each}"))
    counts = Counter((cell.persona, cell.phrasing) for cell in found)
    assert set(counts.values()) == {2}
    by_person = Counter(person for person, _ in counts)
    assert set(by_person.values()) == {min(each, 3)}
    assert len(by_person) == people
    by_phrasing = Counter(phrasing for _, phrasing in counts)
    assert max(by_phrasing.values()) - min(by_phrasing.values() or [0]) <= 1 or people < 3
    assert study.personas == people


def test_no_question_is_asked_twice_of_one_person():
    _, found = asked(20, t=THREE)
    keys = [(cell.persona, cell.phrasing, cell.order) for cell in found]
    assert len(keys) == len(set(keys)) == 20 * 3 * 3


def test_questions_side_by_side_share_their_beginning():
    _, found = asked(30)
    texts = ["".join(turn.content for turn in cell.question.messages) for cell in found]
    shared = [
        sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
        for one, other in pairwise(texts)
    ]
    whole = [len(cell.question.messages[0].content) for cell in found[1:]]
    # Only where phrasing or order change is the list of products read anew.
    assert sum(length < size for length, size in zip(shared, whole, strict=True)) == 5


def test_options_keep_the_order_of_the_study_whatever_is_listed_first():
    study, found = asked(t=THREE)
    names = tuple(one.name for one in study.product)
    assert {cell.question.options for cell in found} == {names}
    for cell in found:
        lines = cell.question.messages[0].content.splitlines()
        listed = [line.split(":")[0][2:] for line in lines if line.startswith("- ")]
        assert listed == [names[at] for at in cell.order]


def test_letters_stand_for_the_products_as_they_are_listed():
    study, found = asked(t=THREE, s=("seed = 3", 'seed = 3\nanswers = "letters"'))
    assert {frozenset(cell.question.options) for cell in found} == {frozenset("ABC")}
    for cell in found:
        text = cell.question.messages[0].content
        for product, letter in zip(study.product, cell.question.options, strict=True):
            assert f"\n{letter}. {product.name}: {product.description}" in f"\n{text}"


def test_the_person_stands_in_the_last_turn_alone():
    study, found = asked()
    people = personas(study)
    for cell in found:
        system, user = cell.question.messages
        assert (system.role, user.role) == ("system", "user")
        assert people[cell.persona].text in user.content
        assert "gender" not in system.content
        assert "spade" not in user.content


def test_phrasings_of_the_study_take_the_place_of_ours():
    _, found = asked(o=OWN)
    assert {cell.phrasing for cell in found} == {0}
    assert {cell.question.messages[0].content[:6] for cell in found} == {"Here: "}
    assert all(cell.question.messages[1].content.endswith("?") for cell in found)


def test_our_phrasings_put_one_question_three_ways():
    assert len({one.system for one in PHRASINGS}) == len({one.user for one in PHRASINGS}) == 3
    for one in PHRASINGS:
        assert one.system.count("{products}") == one.user.count("{persona}") == 1
        # A question that names people of one kind would plant what is measured.
        words = set(f"{one.system} {one.user}".casefold().replace(".", " ").split())
        assert not words & {"he", "she", "his", "her", "man", "woman", "men", "women"}


@given(st.text(st.characters(categories=["L", "N", "P", "Zs", "Cc"]), min_size=1, max_size=60))
def test_a_product_is_one_line_whatever_its_description_holds(description):
    study = parse_study(study_text(4))
    product = study.product[0].model_copy(update={"description": description})
    study = study.model_copy(update={"product": (product, study.product[1])})
    lines = listing(study, (0, 1)).split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("- spade:")
    assert lines[1] == "- game: For evenings."
    assert description.split() == lines[0].removeprefix("- spade:").split()


def test_all_that_stands_around_the_people_is_shown_to_the_guard():
    study, found = asked(t=THREE)
    guarded = shown(study)
    assert len(guarded) == 3 * 3
    for cell in found:
        system = cell.question.messages[0].content
        assert any(text.startswith(f"{system}\n") for text in guarded)
