"""A use-case file is read whole or refused with file, line, value and mend."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from upright.policy import Policy, load_policy, open_policy, parse_policy, preset, preset_text
from upright.policy.check import check_text
from upright.terms import Action, ConfigError, Context, Stage

FIXTURE = Path(__file__).with_name("order_support.toml")
SMALL = 'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'


def refusal(text, source="upright.toml"):
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, source=source)
    return str(caught.value)


def test_the_file_of_the_design_always_works():
    policy = load_policy(FIXTURE)
    assert policy.use_case.name == "order-support"
    assert policy.engine.base_url == "http://127.0.0.1:9000/v1"
    assert policy.generation.temperature == 0.8
    first, second = policy.guard.rule
    assert first.at == (Stage.PROMPT, Stage.OUTPUT, Stage.DATA)
    assert first.action is Action.REDACT
    assert second.context == {Context.QUOTATION: Action.ALLOW}
    assert policy.audit.gate[0].within == 0.10
    assert policy.disclosure.text == "Written with AI. Facts may be wrong."


def test_a_policy_never_changes():
    policy = parse_policy(SMALL)
    with pytest.raises(ValidationError):
        policy.disclosure = None
    with pytest.raises(ValidationError):
        policy.use_case.name = "z"


def test_the_digest_names_the_content_and_not_the_spelling():
    spelled = SMALL.replace("schema = 1", "# same\nschema=1") + "[generation]\nmax_tokens = 512\n"
    other = SMALL + "[generation]\nmax_tokens = 511\n"
    digest = parse_policy(SMALL).digest
    assert parse_policy(spelled).digest == digest
    assert parse_policy(other).digest != digest
    assert digest.startswith("sha256:")


CASES = {
    "unknown section": (SMALL + "[gaurd]\n", 5, "unknown key 'gaurd'", "did you mean 'guard'?"),
    "unknown key": (
        SMALL + "[generation]\nzzz = 1\n",
        6,
        "generation.zzz: unknown key 'zzz'",
        "known here: mode, temperature",
    ),
    "missing key": ("schema = 1\n[use_case]\nname = 'x'\n", 2, "'purpose' is missing", "add"),
    "newer format": (SMALL.replace("1", "2"), 1, "schema: 2", "write schema = 1"),
    "too hot": (
        SMALL + "[generation]\nmode = 'creative'\ntemperature = 3\n",
        7,
        "generation.temperature: 3",
        "a number less than or equal to 2",
    ),
    "no such stage": (
        SMALL + "[[guard.rule]]\ndetect=['a']\nat = ['prompt',\n 'outptu']\naction='flag'\n",
        8,
        "guard.rule[0].at[1]: 'outptu'",
        "'retrieved' or 'output'",
    ),
    "no such action": (
        SMALL + "[[guard.rule]]\ndetect=['a']\nat=['data']\naction = 'delete'\n",
        8,
        "guard.rule[0].action: 'delete'",
        "'review' or 'block'",
    ),
    "a text for a list": (
        SMALL + "[[guard.rule]]\ndetect = 'pii.*'\nat=['data']\naction='flag'\n",
        6,
        "guard.rule[0].detect: 'pii.*'",
        'a list, such as ["…"]',
    ),
    "no such context": (
        SMALL + "[[guard.rule]]\ndetect=['a']\nat=['data']\naction='flag'\ncontext={joke='flag'}\n",
        9,
        "guard.rule[0].context.joke: 'joke'",
        "'negation' or 'contested'",
    ),
    "replace without a text": (
        SMALL + "[[guard.rule]]\ndetect=['a']\nat=['output']\naction='replace'\n",
        5,
        'action = "replace" needs text',
        "write the missing key",
    ),
    "engine without an address": (
        SMALL + "[engine]\nkind = 'openai'\n",
        5,
        'needs base_url = "http://…/v1"',
        "write the missing key",
    ),
    "engine without a folder": (
        SMALL + "[engine]\nkind = 'transformers'\n",
        5,
        "needs path",
        "write the missing key",
    ),
    "unknown hazard": (
        SMALL + "[[guard.pattern]]\nrule='custom.a'\npattern='a'\nhazard='rudeness'\n",
        8,
        "unknown hazard 'rudeness'",
        "write a value that fits",
    ),
    "pattern outside its family": (
        SMALL + "[[guard.pattern]]\nrule='pii.a'\npattern='a'\n",
        6,
        "guard.pattern[0].rule: 'pii.a'",
        "write",
    ),
    "exception of nothing": (
        SMALL + "[[guard.exception]]\ndetect=['a']\nreason='b'\n",
        5,
        "an exception needs text",
        "write the missing key",
    ),
    "TOML that breaks off": (SMALL + "x = [1,\n", 6, "", "mend the TOML there"),
    "TOML that is wrong in the middle": ("schema = 1\nx = 1 2\ny = 3\n", 2, "", "mend the TOML"),
}


@pytest.mark.parametrize(("text", "line", "value", "mend"), CASES.values(), ids=CASES)
def test_an_error_names_file_line_value_and_mend(text, line, value, mend):
    message = refusal(text)
    problem, _, proposal = message.partition("mend: ")
    assert problem.startswith(f"upright.toml:{line}:")
    assert value in problem
    assert mend in proposal


def test_all_problems_are_told_at_once():
    message = refusal(SMALL + "[generation]\nmode = 'wild'\ntemperature = 9\n[limits]\nx = 1\n")
    assert "upright.toml:6: generation.mode" in message
    assert "upright.toml:7: generation.temperature" in message
    assert "upright.toml:9: limits.x" in message


def test_a_flood_of_problems_is_counted_and_not_printed():
    many = "".join(f"key{number} = 1\n" for number in range(30))
    message = refusal(many + SMALL)
    assert message.count("unknown key") == 10
    assert "and 20 more" in message


def test_a_long_value_is_cut_in_the_message():
    message = refusal(SMALL.replace('"x"', f'"{"A" * 500}"'))
    assert "A" * 80 not in message
    assert "…" in message


def test_a_missing_file_says_what_writes_one(tmp_path):
    with pytest.raises(ConfigError, match="No such file") as caught:
        load_policy(tmp_path / "none.toml")
    assert "upright init" in caught.value.mend
    assert "storytelling" in caught.value.mend


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes("name = 'Müller'".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8 at byte 9"):
        load_policy(path)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load_policy(path).use_case.name == "x"


def test_a_preset_is_opened_by_name_and_a_file_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_policy("lending").use_case.name == "lending"
    Path("lending").write_text(SMALL, encoding="utf-8")
    assert open_policy("lending").use_case.name == "x"


def test_an_unknown_preset_is_refused_with_the_known_ones():
    for ask in (preset, preset_text):
        with pytest.raises(ConfigError, match="'poetry'") as caught:
            ask("poetry")
        assert "storytelling" in caught.value.mend


@given(st.text(max_size=200))
def test_no_text_whatever_makes_reading_crash(text):
    policy, problems = check_text(text)
    assert (policy is None) == bool(problems)
    for problem in problems:
        assert problem.message
        assert problem.mend


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
SECTIONS = st.dictionaries(st.sampled_from([*Policy.model_fields, "schema"]), JSONISH)


@given(SECTIONS)
def test_values_of_any_shape_are_taken_or_refused_as_such(data):
    try:
        policy = Policy.model_validate(data)
    except ValidationError:
        return
    assert data["schema"] == 1
    assert Policy.model_validate(policy.model_dump(by_alias=True)).digest == policy.digest
