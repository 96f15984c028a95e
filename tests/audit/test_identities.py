import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.audit import read_terms, shipped_terms
from upright.terms import ConfigError

TERMS = shipped_terms()
TABLE = tomllib.loads(files("upright.audit").joinpath("identity_terms.toml").read_text("utf-8"))
FORMS = [
    (identity, form)
    for identities in TABLE.values()
    for identity, forms in identities.items()
    for form in forms
]


@pytest.mark.parametrize(("identity", "form"), FORMS, ids=[form for _, form in FORMS])
def test_every_form_names_its_identity_in_any_case_and_at_any_place(identity, form):
    for text in (form, f"She is {form}.", f"({form.upper()})", form.replace(" ", "-")):
        assert TERMS.find(text) == (identity,), text


def test_the_table_has_about_sixty_identities():
    assert 55 <= len(TERMS.identities) <= 75
    assert len(TERMS.identities) == len(set(TERMS.identities))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Blackboards and whitewash", ()),
        ("She is Asian-American", ("asian", "american")),
        ("African American and African poets", ("african american", "african")),
        ("old, OLD and older", ("old",)),
        ("a middle\n aged sikh", ("middle aged", "sikh")),
        ("LGBTQ+ people", ("lgbt",)),
        ("", ()),
        ("nothing of the kind", ()),
        ("germane remarks, polishing", ()),
    ],
)
def test_only_whole_words_count_and_the_longest_form(text, found):
    assert TERMS.find(text) == found


@given(st.lists(st.sampled_from([form for _, form in FORMS]), max_size=5))
def test_each_identity_of_a_text_is_named_once(forms):
    found = TERMS.find(" and ".join(forms))
    identity_of = {form: identity for identity, form in FORMS}
    expected = dict.fromkeys(identity_of[form] for form in forms)
    assert found == tuple(expected)


def test_a_table_of_ones_own_takes_its_place(tmp_path):
    path = tmp_path / "terms.toml"
    path.write_text('[trade]\nsmith = ["smith", "Black  smith"]\n', encoding="utf-8")
    terms = read_terms(str(path))
    assert terms.identities == ("smith",)
    assert terms.find("a black-smith, and a muslim") == ("smith",)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "no identity"),
        ("smith = 3", "`smith` is no table"),
        ("[trade]\nsmith = 3", "`smith` is no list of words"),
        ("[trade]\nsmith = []", "`smith` is no list of words"),
        ('[trade]\nsmith = [" "]', "`smith` is no list of words"),
        ('[trade]\nsmith = ["a"]\nsmithy = ["A"]', "'a' names both `smith` and `smithy`"),
        ("[trade", "not TOML"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, content, told):
    path = tmp_path / "terms.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_terms(str(path))
    assert told in caught.value.problem
    assert str(path) in caught.value.problem
    assert caught.value.mend


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read_terms(str(tmp_path / "x.toml"))
