"""Counters for Prometheus. Labels are names of ours (uses, routes, rules), never text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from upright.answer.request import Usage, XUpright

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """One registry for one gateway, so that two gateways in a process do not mix."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("requests", "Requests by route and status", "route", "status")
        self.refused = self._counter("refused", "Requests refused by code", "code")
        self.answers = self._counter("answers", "Answers by strictest action", "use", "action")
        self.findings = self._counter("findings", "Findings by rule", "stage", "rule", "action")
        self.errors = self._counter("detector_errors", "Detectors without answer", "rule", "kind")
        self.tokens = self._counter("tokens", "Tokens by direction", "use", "direction")
        self.cancelled = self._counter("cancelled", "Requests whose client went away", "route")
        self.in_flight = Gauge(
            "upright_in_flight", "Requests at work or waiting", registry=self.registry
        )
        self.seconds = self._seconds("request_seconds", "Time to the whole response")
        self.first = self._seconds("first_piece_seconds", "Time to the first released text")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"upright_{name}", text, labels, registry=self.registry)

    def _seconds(self, name: str, text: str) -> Histogram:
        return Histogram(
            f"upright_{name}", text, ("route",), registry=self.registry, buckets=_SECONDS
        )

    def answered(self, upright: XUpright, usage: Usage) -> None:
        """Count one answer."""
        self.answers.labels(upright.use_case, upright.action).inc()
        for name, count in (("in", usage.prompt_tokens), ("out", usage.completion_tokens)):
            if count:
                self.tokens.labels(upright.use_case, name).inc(count)
        for judged in upright.verdicts:
            for outcome in judged.verdict.outcomes:
                self.findings.labels(
                    judged.stage.value, outcome.finding.rule, outcome.action.value
                ).inc()
            for error in judged.verdict.errors:
                self.errors.labels(error.rule, error.kind).inc()

    def page(self) -> bytes:
        """Return what Prometheus reads."""
        return generate_latest(self.registry)
