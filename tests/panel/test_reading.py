"""A study that does not fit is refused by its line; one that fits is read as it stands."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.panel.stand_in import study_text

from upright.panel.reading import load_study, parse_study
from upright.terms import ConfigError


def refused(swap, source="s.toml"):
    with pytest.raises(ConfigError) as problem:
        parse_study(study_text(swap=swap), source=source)
    return str(problem.value)


def test_a_study_is_read_as_it_stands():
    study = parse_study(study_text())
    assert [one.name for one in study.attribute] == ["gender", "age", "work", "place"]
    assert study.attribute_of("work").values == ("student", "nurse", "retired")
    assert study.affinity_of("gender", "spade").chances == {"woman": 0.75, "man": 0.25}
    assert study.affinity_of("gender", "game") is None
    assert study.answers == "names"


MISFITS = [
    # old, new, line, key, what is wrong, mend
    ("woman = 0.5,", "woman = 0.4,", 9, "attribute 1.shares", "sum to 0.9", "sum to 1, or counts"),
    ("young = 3, old = 1 }", "young = 3.5, old = 1 }", 13, "attribute 2.shares", "4.5", "whole"),
    (
        "young = 3, old = 1 }",
        "young = -3, old = 1 }",
        13,
        "young",
        "-3 is less than 0",
        "at least 0",
    ),
    ("woman = 0.5,", "woman = nan,", 9, "woman", "nan is no number", "0.5"),
    ("woman = 0.5,", "woman = inf,", 9, "woman", "inf is no number", "0.5"),
    ("woman = 0.5,", "woman = 1e300,", 9, "woman", "more than 1e+12", "at most 1e+12"),
    ("woman = 0.5,", 'woman = "half",', 9, "woman", '"half" is no number', "0.5"),
    ("town = 0.5, village = 0.5", "town = 1, village = 0", 24, "attribute 4", "same", "a second"),
    ("town = 0.5, village = 0.5", "", 22, "attribute 4", "no shares", "give either"),
    ("shares = { town = 0.5, village = 0.5 }", "shares = 3", 24, "shares", "no table", "{"),
    ("seed = 3", "sead = 3", 5, "sead", "unknown key", 'did you mean "seed"'),
    ("seed = 3", "seed = -1", 5, "seed", "-1 is less than 0", "at least 0"),
    ("schema = 1", "schema = 2", 2, "schema", "2 is not known", "write 1"),
    ("schema = 1", "", 0, "schema", "missing", "add schema"),
    ('given = "age"', "", 18, "attribute 3.tables", "depend on nothing", "given = "),
    ('given = "age"', 'given = "eyes"', 17, "given", '"eyes" is no attribute above', '"age"'),
    ("old = { nurse", "ancient = { nurse", 18, "tables", '"ancient" is no value of "age"', '"old"'),
    ("woman = 0.75,", "girl = 0.75,", 31, "chances", 'given for "woman"; "girl" is no', '"man"'),
    ('by = "gender"', "", 26, "affinity 1", "not clear who", "chance = "),
    ('by = "gender"', 'by = "eyes"', 30, "by", '"eyes" is no attribute', '"gender", "age"'),
    ('product = "spade"\nby', 'product = "rake"\nby', 29, "product", '"rake" is no', '"game"'),
    ('name = "game"', 'name = "spade 2"', 38, "product 2.name", "begins with", "change one"),
    ('name = "game"', 'name = "spade"', 38, "product 2.name", "two of product", "of its own"),
    ('name = "game"', 'name = "SPADE"', 38, "product 2.name", "two of product", "of its own"),
    ('name = "game"', 'name = "\uff53pade"', 38, "product 2.name", "two of product", "of its own"),
    ('name = "game"', 'name = "a{b}"', 38, "product 2.name", "brace", "without braces"),
    (
        'name = "game"\ndescription = "For evenings."',
        "",
        37,
        "product 2.name",
        "missing",
        "add name",
    ),
    (
        '[[product]]\nname = "game"\ndescription = "For evenings."',
        "",
        33,
        "product",
        "few",
        "2 of [[",
    ),
    ("For evenings.", "x" * 3000, 39, "product 2.description", "too long", "2,000 characters"),
    ("For evenings.", "", 39, "product 2.description", "is empty", "text"),
    (
        'attribute = "gender"\np',
        'attribute = "age"\np',
        41,
        "keep 1",
        "no affinities plant",
        "one [[",
    ),
    ('attribute = "place"', 'attribute = "gender"', 47, "equal 1", '"gender" matters', "take out"),
    (
        'attribute = "place"',
        'attribute = "hair"',
        47,
        "equal 1",
        '"hair" is no attribute',
        '"place"',
    ),
    ('description = "For digging."', "", 33, "product 1.description", "missing", "add description"),
    ("seed = 3", 'persona = "a {colour} {place}"', 5, "persona", '"{colour}"', '"{age}"'),
    ("seed = 3", 'persona = "a {place:>9}"', 5, "persona", '"{place:>9}"', '"{age}"'),
    ("seed = 3", 'persona = "a {place!r}"', 5, "persona", '"{place!r}"', '"{age}"'),
    ("seed = 3", 'persona = "a {place"', 5, "persona", "stands alone", '"{age}"'),
    ("seed = 3", 'persona = "a {age}"', 5, "persona", 'not hold "{place}"', "into it"),
    ("personas = 80", "personas = 0", 4, "personas", "0 is less than 2", "at least 2"),
    ("personas = 80", 'personas = "all"', 4, "personas", '"all" is no whole number', "such as 2"),
    ("seed = 3", 'answers = "words"', 5, "answers", '"words" is not', 'write "names" or "letters"'),
    ("seed = 3", 'reasons = "why"', 5, "reasons", "neither true nor false", "true or false"),
]


@pytest.mark.parametrize("case", MISFITS)
def test_what_does_not_fit_is_told_by_file_line_key_value_and_mend(case):
    old, new, line, key, wrong, mend = case
    problem, _, how = refused((old, new)).partition("\n  mend: ")
    assert problem.startswith(f"s.toml:{line}: " if line else "s.toml: ")
    assert key in problem
    assert wrong in problem
    assert mend in how


@pytest.mark.parametrize(("old", "new"), [case[:2] for case in MISFITS])
def test_no_error_speaks_as_a_program_does(old, new):
    problem = refused((old, new))
    for word in ("['", "Input should", "fits there", "`", "Value error", "tuple", "dict", "None"):
        assert word not in problem


@pytest.mark.parametrize(
    ("system", "user"), [("{products}", "no hole"), ("{product}", "{persona}"), ("{}", "{persona}")]
)
def test_a_phrasing_must_hold_the_products_and_the_person(system, user):
    more = f'[[phrasing]]\nsystem = "{system}"\nuser = "{user}"\n[[product]]'
    told = refused(("[[product]]", more))
    assert "phrasing 1." in told
    assert "{products}" in told or "{persona}" in told


def test_toml_that_cannot_be_read_is_named_by_its_line():
    assert "s.toml:4:" in refused(("personas = 80", "personas = "))


def test_all_problems_are_told_at_once():
    with pytest.raises(ConfigError) as problem:
        parse_study(
            study_text(a=("seed = 3", "sead = 3"), b=("personas = 80", "personas = 0")), source="s"
        )
    told = str(problem.value).splitlines()
    assert [line.split(": ")[0] for line in told] == ["s:4", "  mend", "s:5", "  mend"]


def test_what_follows_from_another_error_is_not_told_beside_it():
    assert refused(("For evenings.", "")).count("mend:") == 1


def test_an_attribute_that_hangs_on_one_that_matters_cannot_be_asked_to_be_equal():
    affinity = ('by = "gender"\nchances = { woman = 0.75, man = 0.25 }',
                'by = "age"\nchances = { young = 0.75, old = 0.25 }')  # fmt: skip
    text = study_text(
        a=affinity, k=('"gender"\nproduct', '"age"\nproduct'), e=('= "place"\nm', '= "work"\nm')
    )
    with pytest.raises(ConfigError, match='depends on "age", so "work" matters'):
        parse_study(text)


def test_what_is_kept_is_planted_once():
    text = study_text()
    start = text.index("[[affinity]]")
    again = text[start : text.index("[[product]]")]
    with pytest.raises(ConfigError, match="2 affinities plant"):
        parse_study(text.replace("[[product]]", again + "[[product]]", 1))


def test_a_phrasing_holds_no_braces_that_would_be_shown():
    more = '[[phrasing]]\nsystem = "{products} {{x}}"\nuser = "{persona}"\n[[product]]'
    assert "double braces" in refused(("[[product]]", more))


_SIGNS = st.characters(exclude_categories=["Cs", "Cc"])


@given(st.text(_SIGNS, max_size=80).filter(lambda name: name.strip()))
def test_any_name_of_one_line_without_braces_is_read_as_it_stands(name):
    fits = len(name.strip()) <= 60 and not {"{", "}", "\n"} & set(name.strip())
    text = study_text(s=('name = "evenings"', f"name = {json.dumps(name, ensure_ascii=False)}"))
    if fits:
        assert parse_study(text).name == name.strip()
    else:
        with pytest.raises(ConfigError, match="mend: "):
            parse_study(text)


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_study(tmp_path / "none.toml")
    (tmp_path / "raw.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8 at byte 0"):
        load_study(tmp_path / "raw.toml")
    (tmp_path / "good.toml").write_text(study_text())
    assert load_study(tmp_path / "good.toml").personas == 80
