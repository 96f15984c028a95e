"""A body is read within bounds of bytes, time and texts."""

from __future__ import annotations

import asyncio
import json

import pytest
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from upright.serve.body import MOST_TEXTS, read_model
from upright.serve.errors import ApiError


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


def read(body, *, limit=10_000_000):
    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    return asyncio.run(read_model(request, Anything, limit=limit))


def refusal(body, **options):
    with pytest.raises(ApiError) as caught:
        read(body, **options)
    return caught.value.problem.status, caught.value.problem.code


@pytest.mark.parametrize(
    "value",
    [
        {"tools": [{"d": ["a"] * (MOST_TEXTS + 1)}]},
        {"a": {str(number): 1 for number in range(MOST_TEXTS + 1)}},
        {"a": [[["x"]]] * (MOST_TEXTS + 1)},
    ],
    ids=["list", "names", "nested"],
)
def test_more_texts_than_a_conversation_has_are_refused(value):
    assert refusal(json.dumps(value).encode()) == (400, "too_many_texts")


def test_a_text_with_many_quotation_marks_is_one_text():
    assert read(json.dumps({"prompt": '"' * 5 * MOST_TEXTS}).encode()).prompt.startswith('"')


def test_as_many_texts_as_are_allowed_pass():
    names = 1
    assert read(json.dumps({"a": ["x"] * (MOST_TEXTS - names)}).encode()).a[0] == "x"


def test_one_byte_too_many_is_refused():
    body = b'{"a": "bbbb"}'
    assert read(body, limit=len(body)).a == "bbbb"
    assert refusal(body, limit=len(body) - 1) == (413, "request_too_large")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a": \x00}'])
def test_what_is_not_json_is_said_to_be_none(body):
    assert refusal(body) == (400, "invalid_json")
