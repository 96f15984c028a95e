"""Pictures as the OpenAI wire format carries them in."""

from __future__ import annotations

import base64
import re

from upright.generate.types import Shown
from upright.serve.errors import ApiError, refused
from upright.terms import Image

_DATA = re.compile(r"data:(image/(?:png|jpeg|jpg|webp|gif));base64,(.*)", re.DOTALL | re.IGNORECASE)
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
    match = _DATA.fullmatch(url)
    if match is not None:
        try:
            data = base64.b64decode(match[2], validate=True)
        except ValueError:
            raise _refused("the picture's data is not base64") from None
        if not data:
            raise _refused("the picture is empty")
        media_type = match[1].lower()
        image = Image(media_type, data)
        return Shown(image.placeholder, f"data:{media_type};base64,{match[2]}", detail, image)
    if _ADDRESS.fullmatch(url):
        return Shown(f"[image {url}]", url, detail)
    raise _refused("a picture is data:image/png, jpeg, webp or gif in base64")


def _refused(message: str) -> ApiError:
    return refused(400, "unsupported_content", message, param="messages")
