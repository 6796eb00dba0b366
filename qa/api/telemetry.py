"""What `/metrics` shows, in Prometheus's text format, from a registry of the server's own.

This module must not know any route, nor where its numbers come from.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

__all__ = ["Telemetry"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 30.0)
_STAGES = ("encode", "retrieve", "read", "total")


class Telemetry:
    """Counters and gauges of one server."""

    CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)  # memory and CPU time of the process
        self._requests = Counter(
            "menbe_http_requests_total",
            "Requests by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "menbe_http_request_seconds",
            "Time from a request to the end of its reply.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._stages = Histogram(
            "menbe_stage_seconds",
            "Time of a question's stages.",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._questions = Counter(
            "menbe_questions_total",
            "Questions by outcome: answered, or the reason for no answer.",
            ("outcome",),
            registry=self.registry,
        )
        self._changed_at = 0.0
        self._version: str | None = None

    def request(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was replied to."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def question(self, result: dict[str, Any]) -> None:
        """Count a result of the contract, with the stages that ran for it."""
        if "state" in result:
            reason = result["no_answer_reason"]
            self._questions.labels("answered" if reason is None else reason).inc()
        for stage in _STAGES:
            took_ms = result["timings_ms"][stage]
            # A stage that did not run has the time 0: a search reads nothing, nor does a question
            # for which no article is left.
            if took_ms > 0:
                self._stages.labels(stage).observe(took_ms / 1000)

    def gauge(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Show `value()`, asked for at each scrape."""
        Gauge(name, description, registry=self.registry).set_function(value)

    def index_age(self, version: str, changed_at: Callable[[], float]) -> float:
        """Seconds since the last change of the index.

        Args:
            version: of the index.
            changed_at: when it came to be, in Unix time; asked for once a version, since what a
                file's time tells may move on without a change of what is in it.
        """
        now = time.time()
        if version != self._version:
            self._version, self._changed_at = version, min(changed_at(), now)
        return now - self._changed_at

    def render(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)
