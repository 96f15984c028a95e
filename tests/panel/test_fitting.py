"""What a study may declare: shares, names and braces, whatever numbers and letters they hold."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from upright.panel.fitting import (
    MISFIT,
    check_holes,
    check_shares,
    check_values,
    each_different,
    misfit,
    quoted,
)

NAMES = st.lists(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8),
    min_size=1,
    max_size=6,
    unique=True,
)


def refused(call, *given_, **more):
    with pytest.raises(PydanticCustomError) as problem:
        call(*given_, **more)
    context = problem.value.context
    assert problem.value.type == MISFIT
    assert context["mend"]
    return context["told"], context["mend"], context["path"]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_counts_of_people_are_shares_if_there_are_two_people(counts):
    shares = {str(at): float(count) for at, count in enumerate(counts)}
    if sum(counts) >= 1:
        check_shares(shares)
    else:
        assert "sum to 0" in refused(check_shares, shares, "shares")[0]


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=9))
def test_any_positive_numbers_are_shares_once_they_sum_to_one(weights):
    total = math.fsum(weights)
    check_shares({str(at): weight / total for at, weight in enumerate(weights)})


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=9), st.floats(0.1, 3))
def test_shares_that_do_not_sum_to_one_are_refused_with_their_sum(weights, scale):
    total = math.fsum(weights)
    shares = {str(at): weight / total * scale for at, weight in enumerate(weights)}
    assume(abs(scale - 1) > 1e-3)
    assume(any(share != int(share) for share in shares.values()))
    told, mend, path = refused(check_shares, shares, "attribute", 3)
    assert f"{math.fsum(shares.values()):g}" in told
    assert "sum to 1" in mend
    assert path == ("attribute", 3)


def test_no_shares_at_all_are_told_as_such():
    assert refused(check_shares, {})[0] == "there are no shares"


@given(NAMES)
def test_a_table_for_every_value_and_no_other_fits_in_any_order(names):
    check_values(reversed(names), names, "age")


@given(NAMES, st.data())
def test_what_a_table_leaves_out_and_what_it_adds_are_both_named(names, data):
    gone = data.draw(st.sampled_from(names))
    table = [name for name in names if name != gone] + ["something else"]
    told, mend, path = refused(check_values, table, names, "age", "tables")
    assert f"nothing is given for {quoted(gone)}" in told
    assert '"something else" is no value of "age"' in told
    assert all(quoted(name) in mend for name in names)
    assert path == ("tables",)


@given(NAMES)
def test_different_names_fit_and_the_later_of_two_equal_ones_is_pointed_at(names):
    assume(len({name.casefold() for name in names}) == len(names))
    plain = [f"{at} {name}" for at, name in enumerate(names)]
    each_different("product", plain, beginnings=True)
    _, mend, path = refused(each_different, "product", [*plain, plain[0]])
    assert path == ("product", len(plain), "name")
    assert "name of its own" in mend


@pytest.mark.parametrize(
    ("one", "other"),
    [("Tea", "tea"), ("tea", "\uff54ea"), ("stra\u00dfe", "STRASSE"), ("\u00e9", "e\u0301")],
)
def test_names_that_a_reader_cannot_tell_apart_are_one_name(one, other):
    assert "two of product" in refused(each_different, "product", [one, other])[0]


def test_a_beginning_is_refused_where_answers_are_read_and_allowed_elsewhere():
    each_different("attribute", ["age", "age of the car"])
    for names, at in ((["tea", "tea set"], 1), (["tea set", "tea"], 0)):
        told, mend, path = refused(each_different, "product", names, beginnings=True)
        assert told == '"tea set" begins with the name "tea"'
        assert "told apart" in mend
        assert path == ("product", at, "name")


@given(NAMES)
def test_a_template_of_known_names_fits(names):
    known = {f"a{name}" for name in names}
    template = " and ".join(f"{{{name}}}" for name in sorted(known))
    check_holes(template, known, "persona", needed=known)


@pytest.mark.parametrize(
    "template",
    ["{age!r}", "{age:>5}", "{age:d}", "{age.real}", "{age[0]}", "{}", "{0}", "{hair}", "{ age }"],
)
def test_braces_that_are_no_plain_name_are_shown_as_they_are_written(template):
    told, mend, path = refused(check_holes, f"so {template}", {"age", "sex"}, "persona")
    assert template in told
    assert mend == 'what is filled is "{age}", "{sex}"'
    assert path == ("persona",)


@pytest.mark.parametrize("template", ["{age", "age}", "{", "}{"])
def test_a_brace_that_stands_alone_is_told(template):
    assert "stands alone" in refused(check_holes, template, {"age"}, "persona")[0]


def test_a_name_that_is_needed_and_missing_is_told():
    told, mend, _ = refused(check_holes, "{age}", {"age", "sex"}, "persona", needed={"sex"})
    assert told == 'does not hold "{sex}"'
    assert mend == 'write "{sex}" into it'


@given(st.text(max_size=30))
def test_what_is_told_is_told_word_for_word_whatever_braces_it_has(told):
    problem = misfit(told, "mend it", "a", 1)
    assert problem.message() == told


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_names_are_listed_in_one_line(names):
    assert len(quoted(*names).splitlines()) == 1
    assert quoted(*names).count('"') >= 2 * len(names)
