"""A study that does not fit is refused by its line; one that fits is read as it stands."""

import pytest
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


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("woman = 0.5,", "woman = 0.4,", 7, "sum to 0.9"),
        ("young = 3, old = 1 }", "young = 3.5, old = 1 }", 11, "counts"),
        ("young = 3, old = 1 }", "young = -3, old = 1 }", 13, "greater than or equal to 0"),
        ("seed = 3", "sead = 3", 5, "unknown key"),
        ("schema = 1", "schema = 2", 2, "1"),
        ('given = "age"', "", 15, "go together"),
        ('given = "age"', 'given = "eyes"', 17, "'eyes' is no attribute above"),
        ("old = { nurse", "ancient = { nurse", 0, "ancient"),
        ("woman = 0.75,", "girl = 0.75,", 0, "girl"),
        ('by = "gender"', "", 26, "either `chance`"),
        ('product = "spade"\nby', 'product = "rake"\nby', 29, "'rake' is no product"),
        ('name = "game"', 'name = "spade 2"', 38, "begins with"),
        ('name = "game"', 'name = "spade"', 0, "two of product"),
        ('[[keep]]\nattribute = "gender"', '[[keep]]\nattribute = "age"', 0, "no affinity plants"),
        ('[[equal]]\nattribute = "place"', '[[equal]]\nattribute = "gender"', 0, "it matters"),
        ('[[equal]]\nattribute = "place"', '[[equal]]\nattribute = "hair"', 0, "no attribute"),
        ('description = "For digging."', "", 33, "missing"),
        ("seed = 3", 'persona = "a {colour} {age}"', 0, "no attribute"),
        ("personas = 80", "personas = 1", 4, "greater than or equal to 2"),
    ],
)
def test_what_does_not_fit_is_told(old, new, line, told):
    problem = refused((old, new))
    assert told in problem
    assert "mend:" in problem
    assert (f"s.toml:{line}:" in problem) if line else problem.startswith("s.toml")


@pytest.mark.parametrize(
    ("system", "user"), [("{products}", "no hole"), ("{product}", "{persona}"), ("{}", "{persona}")]
)
def test_a_phrasing_must_hold_the_products_and_the_person(system, user):
    more = f'[[phrasing]]\nsystem = "{system}"\nuser = "{user}"\n[[product]]'
    assert "brace" in refused(("[[product]]", more))


def test_toml_that_cannot_be_read_is_named_by_its_line():
    assert "s.toml:4:" in refused(("personas = 80", "personas = "))


def test_all_problems_are_told_at_once():
    with pytest.raises(ConfigError) as problem:
        parse_study(
            study_text(a=("seed = 3", "sead = 3"), b=("personas = 80", "personas = 0")), source="s"
        )
    assert "s:4:" in str(problem.value)
    assert "s:5:" in str(problem.value)


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_study(tmp_path / "none.toml")
    (tmp_path / "raw.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8 at byte 0"):
        load_study(tmp_path / "raw.toml")
    (tmp_path / "good.toml").write_text(study_text())
    assert load_study(tmp_path / "good.toml").personas == 80
