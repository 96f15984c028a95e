"""Pictures as the OpenAI wire format carries them: shown in a turn, asked for, and sent."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from upright.answer.pictures import Delivered, Pictures
from upright.answer.request import AnswerRequest
from upright.generate.types import Shown
from upright.serve.errors import ApiError, Problem, refused
from upright.terms import Image

MOST_PICTURES = 10

# What a server that draws may be told besides the prompt; anything else stays here.
_PASSED_ON = ("size", "quality", "background", "style", "output_format")

# What could end the placeholder, or be read differently by another program, is no address here.
_ADDRESS = re.compile(r"https?://[!#-;=?-Z_a-z~]{3,2048}", re.IGNORECASE)


def shown(url: str, detail: str) -> Shown:
    """Return a picture of a turn.

    Args:
        url: `data:image/…;base64,…`, or an http(s) address, which is not fetched.
        detail: how closely the model should look, or "".

    Raises:
        ApiError: 400 for any other address, another type of file, or what is not base64.
    """
    image = Image.from_url(url)
    if image is not None:
        return Shown(image.placeholder, url, detail, image)
    if _ADDRESS.fullmatch(url):
        return Shown(f"[image {url}]", url, detail)
    raise refused(
        400,
        "unsupported_content",
        "a picture is data:image/png, jpeg, webp or gif in base64",
        param="messages",
    )


class ImagesRequest(BaseModel):
    """Body of `POST /v1/images/generations`."""

    model_config = ConfigDict(extra="allow")

    prompt: str = Field(min_length=1, max_length=32_000)
    model: str = Field(default="", max_length=200)
    n: int | None = Field(default=None, ge=1, le=MOST_PICTURES)
    response_format: Literal["b64_json", "url"] | None = Field(
        default=None, description="Pictures always come as b64_json; an address would bypass us."
    )
    size: str | None = Field(default=None, max_length=20, pattern=r"^(auto|[0-9]{1,5}x[0-9]{1,5})$")
    quality: Literal["auto", "low", "medium", "high", "standard", "hd"] | None = None
    background: Literal["auto", "transparent", "opaque"] | None = None
    style: Literal["vivid", "natural"] | None = None
    output_format: Literal["png", "jpeg", "webp"] | None = None
    review_id: str = Field(
        default="", max_length=100, description="Of a review that released this very prompt."
    )

    def asked(self, key_id: str) -> AnswerRequest:
        """Return what is asked of the pipeline.

        Raises:
            ApiError: for a stream, or pictures by address.
        """
        if self.response_format == "url":
            raise refused(
                400,
                "unsupported_field",
                "pictures are sent as they were looked at: ask for b64_json",
                param="response_format",
            )
        extra = self.model_extra or {}
        for name in ("stream", "partial_images"):
            if extra.get(name):
                raise refused(400, "unsupported_field", f"{name} is not supported", param=name)
        given = ((name, getattr(self, name)) for name in _PASSED_ON)
        return AnswerRequest(
            prompt=self.prompt,
            n=self.n or 1,
            passthrough={name: value for name, value in given if value is not None},
            endpoint="images.generations",
            api_key_id=key_id,
            review_id=self.review_id,
        )


@dataclass(frozen=True, slots=True)
class Withheld(Problem):
    """The error in the place of pictures, with the evidence.

    Attributes:
        upright: the evidence, in its public shape.
    """

    upright: Mapping[str, Any] = field(default_factory=dict)

    def envelope(self) -> dict[str, Any]:
        """Return the response's body."""
        # Not super(): a class with slots is made anew by its decorator.
        return {**Problem.envelope(self), "x_upright": dict(self.upright)}


def withheld(answer: Pictures) -> ApiError:
    """Return the error for pictures that do not leave, in the shape of OpenAI's own filter."""
    return ApiError(
        Withheld(
            400,
            "content_policy_violation",
            answer.notice,
            "prompt",
            upright=answer.upright.to_json(),
        )
    )


def pictures_shape(answer: Pictures) -> dict[str, Any]:
    """Return the response for pictures."""
    return {
        "created": int(time.time()),
        "data": [_picture(one) for one in answer.pictures],
        "x_upright": answer.upright.to_json(),
    }


def _picture(one: Delivered) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "b64_json": base64.b64encode(one.data).decode("ascii"),
        "x_upright": {
            "sha256": one.digest,
            "media_type": one.media_type,
            "c2pa": one.manifest,
        },
    }
    if one.revised_prompt:
        shape["revised_prompt"] = one.revised_prompt
    return shape
