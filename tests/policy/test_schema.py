"""The published schema takes what upright takes and refuses what it refuses."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from upright.policy import Policy, preset_names, preset_text
from upright.policy.check import keys_of, section_of
from upright.policy.schema import json_schema, schema_text

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_published_file_is_the_schema():
    published = ROOT / "docs" / "schema" / "upright.schema.json"
    assert published.read_text(encoding="utf-8") == schema_text()
    assert json.loads(schema_text()) == json_schema()


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_satisfies_it(name):
    VALIDATOR.validate(tomllib.loads(preset_text(name)))


def test_the_file_of_the_design_satisfies_it():
    text = Path(__file__).with_name("order_support.toml").read_text(encoding="utf-8")
    VALIDATOR.validate(tomllib.loads(text))


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"gaurd": {}},
        {"generation": {"temperature": 3}},
        {"generation": {"mode": "wild"}},
        {"guard": {"rule": [{"detect": ["a"], "at": ["outptu"], "action": "flag"}]}},
        {"guard": {"rule": [{"detect": [], "at": ["output"], "action": "flag"}]}},
        {"guard": {"pattern": [{"rule": "pii.x", "pattern": "a"}]}},
        {"limits": {"requests_per_minute": 0}},
    ],
    ids=str,
)
def test_what_upright_refuses_the_schema_refuses(change):
    use = {"name": "x", "purpose": "y"}
    sound = {"schema": 1, "use_case": use}
    VALIDATOR.validate(sound)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**sound, **change})


def sections():
    """Yield every section of the file with its path."""
    waiting = [("", Policy)]
    while waiting:
        path, model = waiting.pop()
        yield path, model
        for name, field in model.model_fields.items():
            inner = section_of(field.annotation)
            if inner is not None:
                waiting.append((f"{path}.{name}".strip("."), inner))


def test_every_section_says_what_it_is_for():
    for path, model in sections():
        assert model.__doc__, path
        assert keys_of(model), path


def test_every_key_says_what_it_is_for():
    silent = [
        f"{path}.{name}"
        for path, model in sections()
        for name, field in model.model_fields.items()
        if section_of(field.annotation) is None and not field.description
    ]
    assert silent == []
