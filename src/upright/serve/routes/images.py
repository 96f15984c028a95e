"""The address for pictures: OpenAI's wire format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from upright.answer.pictures import Picturing
from upright.answer.request import AnswerRequest, Usage
from upright.serve import telemetry
from upright.serve.answering import Exchange, answer_headers
from upright.serve.attended import Wire
from upright.serve.body import read_model
from upright.serve.describe import body_of
from upright.serve.pictures import ImagesRequest, pictures_shape, withheld
from upright.serve.shapes import ChatShape, encoded

if TYPE_CHECKING:
    from fastapi import FastAPI

    from upright.answer import Answerer
    from upright.serve.state import GatewayState


def add(app: FastAPI, state: GatewayState) -> None:
    """Add the address to the application."""

    @app.post("/v1/images/generations", tags=["answers"], **body_of(ImagesRequest))
    async def generations(request: Request) -> Response:
        """Draw pictures, look at them, and send those that may leave."""
        key = await state.key(request.headers.get("authorization"))
        limit = state.uses.answerer(key.use_case).policy.limits.max_request_bytes
        body = await read_model(request, ImagesRequest, limit=limit)
        return PictureExchange(state).respond(body.asked(key.id), key.use_case, usage=False)


class PictureExchange(Exchange):
    """One request for pictures and its response, the same way as an answer in words.

    Args:
        state: the gateway's.
    """

    def __init__(self, state: GatewayState) -> None:
        super().__init__(state, "images.generations", "image_generation", _no_shape)

    async def _answer(
        self, wire: Wire, answerer: Answerer, request: AnswerRequest, *, usage: bool
    ) -> None:
        del usage
        picturing = Picturing(answerer, request)
        self._id = picturing.id
        wire.headers = answer_headers(picturing)
        with self._span(answerer, request) as span:
            span.set_attribute(telemetry.RESPONSE_ID, picturing.id)
            answer = await picturing.pictures()
            if answer.notice:
                self._state.metrics.answered(answer.upright, Usage())
                span.set_attribute(telemetry.ACTION, answer.upright.action)
            else:
                self._told(span, answer.upright, Usage(), ["stop"] * len(answer.pictures))
        if answer.notice:
            # A refusal that was decided is no failure of the span.
            raise withheld(answer)
        body = encoded(pictures_shape(answer))
        size = str(len(body))
        await wire.start(200, {"content-type": "application/json", "content-length": size})
        await wire.write(body, more=False)


def _no_shape(answer: str, model: str, usage: bool) -> ChatShape:  # noqa: FBT001 (Exchange's call)
    return ChatShape(answer, model, usage=usage)
