"""The names under which OpenTelemetry knows a request, and the span that carries them.

The `gen_ai.*` conventions are still in development; they are named here and nowhere else.
Spans hold names, counts and ids, never text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_CHOICES = "gen_ai.request.choice.count"
REQUEST_STREAM = "gen_ai.request.stream"
RESPONSE_ID = "gen_ai.response.id"
RESPONSE_MODEL = "gen_ai.response.model"
FINISH_REASONS = "gen_ai.response.finish_reasons"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
ERROR_TYPE = "error.type"
USE_CASE = "upright.use_case"
ACTION = "upright.action"
POLICY_DIGEST = "upright.policy.digest"

Opened = AbstractContextManager[Span]
"""The span of a request, while it is under way."""

_tracer = trace.get_tracer("upright.serve")


@contextmanager
def answering(
    operation: str, model: str, attributes: Mapping[str, str | int | bool]
) -> Iterator[Span]:
    """Open the span of one request.

    An exception marks the span by its type alone: recorded in full, its message would travel
    to wherever traces are kept.
    """
    with _tracer.start_as_current_span(
        f"{operation} {model}",
        kind=SpanKind.CLIENT,
        attributes={OPERATION: operation, REQUEST_MODEL: model, **attributes},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute(ERROR_TYPE, type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise
