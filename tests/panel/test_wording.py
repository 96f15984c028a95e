"""Errors of a study speak of the file and not of the program: whatever value is written."""

import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.panel.stand_in import study_text

from upright.panel.reading import parse_study
from upright.panel.study import Study
from upright.panel.wording import path_of, worded
from upright.terms import ConfigError

KEYS = ["name", "personas", "seed", "answers", "reasons", "phrasings_each", "persona", "keep"]
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    st.lists(st.integers(0, 3), max_size=3),
    st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 3), max_size=2),
)
PYTHON = ("Input should", "[type=", "Value error", "dict", "tuple", "NoneType", "pydantic", "`")


def errors(data):
    with pytest.raises(ValidationError) as problem:
        Study.model_validate(data)
    return problem.value.errors()


def declared(**more):
    return tomllib.loads(study_text()) | more


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(KEYS), VALUES)
def test_any_value_of_any_key_is_taken_or_refused_in_plain_words(key, value):
    try:
        Study.model_validate(declared(**{key: value}))
    except ValidationError as problem:
        for error in problem.errors():
            told, mend = worded(error)
            assert told
            assert mend
            assert path_of(error)[0] == key
            for word in PYTHON:
                assert word not in told.replace(json.dumps(value, ensure_ascii=False), "")
                assert word not in mend


@pytest.mark.parametrize(
    ("key", "value", "told", "mend"),
    [
        ("personas", True, "true is less than 2", "write a number of at least 2"),
        ("personas", [3], "a list is no whole number", "write a whole number, such as 2"),
        ("name", {"a": 1}, "a table is no text", "write a text in double quotes"),
        ("name", "", '"" is empty', "write a text that is not"),
        ("name", "x" * 70, f'"{"x" * 60}…" is too long', "shorten it to 60 characters"),
        ("name", "a\nb", '"a b" holds a brace or a line break', "write a name of one line"),
        ("reasons", 3, "3 is neither true nor false", "write true or false"),
        ("seed", 2**40, "1099511627776 is more than 2,147,483,648", "at most 2,147,483,648"),
        ("keep", 3, "3 is no list of tables", "write it under [[keep]]"),
        ("keep", [3], "3 is no table", "write it under a heading of its own"),
        ("product", [], "there are too few", "have at least 2 of [[product]]"),
        ("attribute", [], "there are too few", "have at least 1 of [[attribute]]"),
    ],
)
def test_a_value_is_shown_as_it_is_written_in_the_file(key, value, told, mend):
    (error,) = errors(declared(**{key: value}))
    found, how = worded(error)
    assert found == told or found.startswith(told)
    assert mend in how


def test_too_many_products_are_told_with_how_many_there_may_be():
    products = [{"name": f"product {at:02}", "description": "x"} for at in range(27)]
    told, mend = worded(errors(declared(product=products))[0])
    assert told == "there are too many"
    assert mend == "have at most 26 of [[product]]"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("personnas", "personas"), ("phrasing_each", "phrasings_each"), ("products", "product")],
)
def test_a_key_that_is_misspelt_is_guessed(written, meant):
    told, mend = worded(errors(declared(**{written: 1}))[0])
    assert told == "unknown key"
    assert mend == f'did you mean "{meant}"?'


def test_a_key_that_is_nothing_like_any_is_told_what_may_stand_there():
    product = {"name": "a", "description": "b", "zzz": 1}
    _, mend = worded(errors(declared(product=[product, *declared()["product"]]))[0])
    assert mend == 'take it out; what can stand there is "name", "description"'


def test_a_table_that_is_missing_is_told_with_its_heading():
    data = declared()
    del data["attribute"]
    assert worded(errors(data)[0]) == ("it is missing", "add [[attribute]]")


def test_a_bad_name_of_a_value_is_placed_at_that_value():
    data = declared()
    data["attribute"][0]["shares"] = {"a{b}": 0.5, "man": 0.5}
    (error,) = errors(data)
    assert path_of(error) == ("attribute", 0, "shares", "a{b}")


def refusal(text):
    """Return why a study is refused, with its mend; nothing of one that is read."""
    try:
        parse_study(text, source="s.toml")
    except ConfigError as problem:
        return str(problem), problem.mend
    return None


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_at_all_is_refused_with_its_file_and_a_mend(text):
    problem, mend = refusal(text)
    assert problem.startswith("s.toml")
    assert mend


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 60), st.sampled_from(["", "x", "= 3", '"', "[[", "{ a = 1 }", "\u00e9"]))
def test_a_study_with_any_line_spoilt_is_read_or_refused_in_plain_words(number, spoilt):
    lines = study_text().split("\n")
    lines[number % len(lines)] = spoilt
    problem, mend = refusal("\n".join(lines)) or ("s.toml", "read as it stands")
    assert problem.startswith("s.toml")
    assert mend
    for word in PYTHON:
        assert word not in problem
