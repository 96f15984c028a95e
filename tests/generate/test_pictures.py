"""What a server that draws is asked, and what is believed of its answer."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pictures import image

from upright.generate.openai_engine import OpenAIEngine
from upright.generate.pictures import (
    PictureEngine,
    PictureJob,
    content_parts,
    picture_body,
    read_pictures,
)
from upright.generate.types import EngineError, Message, Shown
from upright.terms import Image

JOB = PictureJob("a house", count=2, most_bytes=200_000)


def answer(*items, **more) -> bytes:
    return json.dumps({"data": list(items), **more}).encode()


def item(one: Image, **more) -> dict:
    return {"b64_json": base64.b64encode(one.data).decode(), **more}


def test_what_upright_sets_wins_over_what_is_passed_on():
    options = {"size": "1x1", "n": 99, "model": "other", "response_format": "url"}
    body = picture_body("drawer", PictureJob("a house", 3, options))
    assert body == {
        "model": "drawer",
        "prompt": "a house",
        "n": 3,
        "size": "1x1",
        "response_format": "b64_json",
    }


@pytest.mark.parametrize("model", ["gpt-image-1", "gpt-image-1-mini", "chatgpt-image-latest"])
def test_a_model_that_refuses_the_field_is_not_sent_it(model):
    assert "response_format" not in picture_body(model, JOB)


def test_pictures_are_read_with_the_kind_that_their_bytes_say():
    drawn = read_pictures(answer(item(image(1)), item(image(2, "WEBP"), revised_prompt="x")), JOB)
    assert [one.image.media_type for one in drawn] == ["image/png", "image/webp"]
    assert [one.revised_prompt for one in drawn] == ["", "x"]
    assert drawn[0].image == image(1)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"<html>", "malformed"),
        (b"[" * 100_000, "malformed"),
        (b"\xff", "malformed"),
        (b"[]", "malformed"),
        (b'{"data": null}', "malformed"),
        (answer(), "malformed"),
        (answer({}, {}, {}), "malformed"),
        (answer("x"), "malformed"),
        (answer({"url": "http://x.example/"}), "malformed"),
        (answer({"b64_json": "*"}), "malformed"),
        (answer({"b64_json": ""}), "malformed"),
        (answer(item(Image("", b"<!DOCTYPE html>"))), "malformed"),
        (answer(item(image(1), revised_prompt=7)), "malformed"),
        (answer(item(Image("", image(1).data + bytes(200_000)))), "malformed"),
        (answer(item(image(1)), error={"message": "ann"}), "unavailable"),
    ],
)
def test_what_is_no_answer_is_told_without_its_words(raw, kind):
    with pytest.raises(EngineError) as caught:
        read_pictures(raw, JOB)
    assert caught.value.kind == kind
    assert "ann" not in str(caught.value)
    assert "x.example" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["data", "b64_json", "url", "error"]), inner)
        ),
    )
)
def test_whatever_json_comes_is_refused_unless_it_holds_pictures(value):
    with pytest.raises(EngineError):
        read_pictures(json.dumps(value).encode(), JOB)


def test_an_answer_may_be_as_large_as_its_pictures():
    assert JOB.most_bytes_of_answer > 2 * 200_000 * 4 / 3
    assert JOB.most_bytes_of_answer < 3 * 200_000 * 4 / 3


def shown(name: str, url: str = "data:…") -> Shown:
    return Shown(f"[image {name}]", url)


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        ("a\n[image x]\nb", ["a", "x", "b"]),
        ("[image x]", ["x"]),
        ("[image x]\n[image y]\n[image x]", ["x", "y", "x"]),
        ("a\n\n[image y]", ["a\n", "y"]),
        ("[PROTECTED]\n[image y]", ["[PROTECTED]", "y"]),
        ("only [image z] words", ["only [image z] words"]),
    ],
)
def test_parts_stand_where_placeholders_do(content, kinds):
    message = Message("user", content, images=(shown("x", "u:x"), shown("y", "u:y")))
    parts = content_parts(message)
    told = [p["text"] if p["type"] == "text" else p["image_url"]["url"][2:] for p in parts]
    assert told == kinds


def test_the_engine_for_servers_draws():
    assert isinstance(OpenAIEngine("http://up/v1", "x"), PictureEngine)
