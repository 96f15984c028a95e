"""Errors as clients of the OpenAI wire format know them.

A message here is written by us and never repeats what a client or an upstream sent: a value in
an error is a value in somebody's log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from upright.answer.images import ImageRefusedError
from upright.answer.request import PolicyChangedError, UseStoppedError
from upright.generate.types import EngineError
from upright.terms import UprightError


@dataclass(frozen=True, slots=True)
class Problem:
    """What one HTTP error says.

    Attributes:
        status: the HTTP status.
        code: stable name for programs.
        message: for people; says what mends it.
        param: the request's field at fault, or None.
        headers: further response headers.
    """

    status: int
    code: str
    message: str
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The coarse kind in OpenAI's vocabulary."""
        return _TYPES.get(self.status, "api_error" if self.status >= 500 else _INVALID)  # noqa: PLR2004 (the HTTP line between the client's faults and ours)

    def envelope(self) -> dict[str, Any]:
        """Return the response's body."""
        return {
            "error": {
                "message": self.message,
                "type": self.type,
                "param": self.param,
                "code": self.code,
            }
        }


class ApiError(Exception):
    """Ends a request with a Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def refused(
    status: int,
    code: str,
    message: str,
    *,
    param: str | None = None,
    retry_after: float | None = None,
) -> ApiError:
    """Build the error that ends a request; `retry_after` is in seconds, rounded up."""
    headers = {} if retry_after is None else {"retry-after": str(max(1, int(-(-retry_after // 1))))}
    if status == 401:  # noqa: PLR2004 (RFC 9110 wants the header with this status)
        headers["www-authenticate"] = "Bearer"
    return ApiError(Problem(status, code, message, param, headers))


def problem_of(error: BaseException) -> Problem:
    """Return what a client may know of any exception."""
    if isinstance(error, ApiError):
        return error.problem
    if isinstance(error, UseStoppedError):
        return Problem(503, "use_stopped", "this use was stopped by a person; ask its owner")
    if isinstance(error, PolicyChangedError):
        return Problem(
            503,
            "policy_changed",
            "the policy of this use is changing; ask again",
            headers={"retry-after": "1"},
        )
    if isinstance(error, EngineError):
        return _ENGINE.get(error.kind, _ENGINE["unavailable"])
    if isinstance(error, UprightError):
        return _refusal(error)
    return Problem(500, "internal_error", "an internal error; its id is in the header x-upright-id")


def _refusal(error: UprightError) -> Problem:
    if isinstance(error, ImageRefusedError):
        told = f"{error.problem}: {error.mend}" if error.mend else error.problem
        return Problem(400, "unsupported_content", told, "messages")
    return Problem(500, "misconfigured", "the service is not set up for this; its log says why")


def http_problem(status: int) -> Problem:
    """Return the Problem of a status that routing gives (404, 405)."""
    code, message = _HTTP.get(status, ("http_error", "the request cannot be served"))
    return Problem(status, code, message)


_INVALID = "invalid_request_error"

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}

_HTTP = {
    404: ("not_found", "there is nothing at this address; see /openapi.json"),
    405: ("method_not_allowed", "this address does not take that method; see /openapi.json"),
}

_ENGINE = {
    "timeout": Problem(504, "engine_timeout", "the language model did not answer in time"),
    "refused": Problem(502, "engine_refused", "the language model refused the request"),
    "malformed": Problem(502, "engine_malformed", "the language model's answer cannot be read"),
    "unavailable": Problem(
        503, "engine_unavailable", "the language model is away", headers={"retry-after": "5"}
    ),
    "overloaded": Problem(
        503, "engine_overloaded", "the language model is busy", headers={"retry-after": "1"}
    ),
    "bad_request": Problem(
        400,
        "engine_bad_request",
        "the language model cannot take this request: it may be too long for its context",
    ),
}
