"""The JSON Schema of the use-case file, for editors and for other tools."""

from __future__ import annotations

import json
from typing import Any

from upright.policy.model import Policy

SCHEMA_FILE = "upright.schema.json"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every use-case file satisfies.

    The schema says what stands where. What depends on two keys at once, such as an engine's
    address, is checked when the file is read.
    """
    schema = Policy.model_json_schema(by_alias=True)
    schema["title"] = "upright use-case file"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """Return the schema as it is published: sorted, indented, one newline at the end."""
    return json.dumps(json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
