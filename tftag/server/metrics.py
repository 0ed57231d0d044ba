"""What the service counts, as Prometheus reads it."""

from collections.abc import Mapping

import prometheus_client
from prometheus_client import exposition

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_JOINED = (1, 2, 4, 8, 16, 32, 64)
CONTENT_TYPE = exposition.CONTENT_TYPE_PLAIN_0_0_4


class Metrics:
    """Counters of one service; any thread may count.

    Attributes:
        active: Requests that are being answered.
    """

    def __init__(self) -> None:
        """Counts nothing yet."""
        self.active = 0
        self._registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self._registry)
        self._requests = prometheus_client.Counter(
            "tftag_requests",
            "Answers by endpoint and status.",
            ("endpoint", "status"),
            registry=self._registry,
        )
        self._seconds = prometheus_client.Histogram(
            "tftag_request_seconds",
            "Time of answers.",
            ("endpoint",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._joined = prometheus_client.Histogram(
            "tftag_batch_requests",
            "Requests joined into a batch; clips of recordings count each.",
            ("model",),
            buckets=_JOINED,
            registry=self._registry,
        )
        prometheus_client.Gauge(
            "tftag_active_requests",
            "Requests being answered.",
            registry=self._registry,
        ).set_function(lambda: self.active)
        self._versions = prometheus_client.Gauge(
            "tftag_model_version_state",
            "1 for the state that a version of a model is in.",
            ("model", "version", "state"),
            registry=self._registry,
        )

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Counts an answer.

        Args:
            endpoint: Its route, never a path: strangers choose paths.
            status: Of HTTP.
            seconds: From the header to the last byte.
        """
        self._requests.labels(endpoint, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)

    def joined(self, model: str, requests: int) -> None:
        """Counts a batch of so many requests."""
        self._joined.labels(model).observe(requests)

    def text(self, versions: Mapping[str, Mapping[int, str]]) -> str:
        """Writes all in Prometheus' text format.

        Args:
            versions: State of each version of each model.
        """
        self._versions.clear()
        for model, states in versions.items():
            for version, state in states.items():
                self._versions.labels(model, str(version), state).set(1)
        return exposition.generate_latest(self._registry).decode()
