"""What OpenAPI says of bodies that the gateway reads itself, within its bounds."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

_ERRORS = {
    400: "the request does not fit",
    401: "no good API key",
    403: "the key belongs to a use that is not served here",
    413: "the request is too large",
    429: "too many requests",
    503: "the gateway, the model or the use cannot answer now",
}

_ENVELOPE: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string"},
            },
        }
    },
}


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the arguments of a route whose JSON body fits a model."""
    return {
        "openapi_extra": {
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _inlined(model.model_json_schema())}},
            }
        },
        "responses": errors(),
    }


def errors() -> dict[int | str, dict[str, Any]]:
    """Return the errors that every address for a key can give."""
    return {
        status: {"description": text, "content": {"application/json": {"schema": _ENVELOPE}}}
        for status, text in _ERRORS.items()
    }


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without references: inside a route they would point nowhere."""
    definitions = schema.pop("$defs", {})

    def resolved(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
        if isinstance(value, dict):
            name = value.get("$ref", "").rpartition("/")[2]
            if name:
                return resolved(definitions[name])
            return {key: resolved(item) for key, item in value.items()}
        return [resolved(item) for item in value] if isinstance(value, list) else value

    inlined: dict[str, Any] = resolved(schema)
    return inlined
