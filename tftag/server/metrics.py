"""What the service counts, as Prometheus reads it."""

import bisect
import collections
import os
import threading
from collections.abc import Mapping

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_JOINED = (1, 2, 4, 8, 16, 32, 64)


class Histogram:
    """How many values were at most as large as each bound, by label."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        """Counts nothing yet."""
        self.bounds = bounds
        self.counts: dict[str, list[int]] = collections.defaultdict(
            lambda: [0] * (len(bounds) + 1)
        )
        self.sums: dict[str, float] = collections.defaultdict(float)

    def add(self, label: str, value: float) -> None:
        """Counts a value."""
        self.counts[label][bisect.bisect_left(self.bounds, value)] += 1
        self.sums[label] += value

    def lines(self, name: str, key: str) -> list[str]:
        """Its lines in Prometheus' text."""
        written = []
        for label, counts in sorted(self.counts.items()):
            total = 0
            for bound, count in zip(
                (*map(repr, self.bounds), "+Inf"), counts, strict=True
            ):
                total += count
                labels = _labels({key: label, "le": bound})
                written.append(f"{name}_bucket{labels} {total}")
            labels = _labels({key: label})
            written.append(f"{name}_sum{labels} {self.sums[label]!r}")
            written.append(f"{name}_count{labels} {total}")
        return written


class Metrics:
    """Counters of one service; any thread may count.

    Attributes:
        active: Requests that are being answered.
    """

    def __init__(self) -> None:
        """Counts nothing yet."""
        self.active = 0
        self._requests: collections.Counter[tuple[str, int]] = (
            collections.Counter()
        )
        self._seconds = Histogram(_SECONDS)
        self._joined = Histogram(_JOINED)
        self._lock = threading.Lock()

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Counts an answer.

        Args:
            endpoint: Its route, never a path: strangers choose paths.
            status: Of HTTP.
            seconds: From the header to the last byte.
        """
        with self._lock:
            self._requests[endpoint, status] += 1
            self._seconds.add(endpoint, seconds)

    def joined(self, model: str, requests: int) -> None:
        """Counts a batch of so many requests."""
        with self._lock:
            self._joined.add(model, requests)

    def text(self, versions: Mapping[str, Mapping[int, str]]) -> str:
        """Writes all in Prometheus' text format.

        Args:
            versions: State of each version of each model.
        """
        with self._lock:
            lines = [
                "# HELP tftag_requests_total Answers by endpoint and status.",
                "# TYPE tftag_requests_total counter",
                *(
                    "tftag_requests_total"
                    f"{_labels({'endpoint': path, 'status': str(status)})} "
                    f"{count}"
                    for (path, status), count in sorted(self._requests.items())
                ),
                "# HELP tftag_request_seconds Time of answers.",
                "# TYPE tftag_request_seconds histogram",
                *self._seconds.lines("tftag_request_seconds", "endpoint"),
                "# HELP tftag_batch_requests Requests joined into a batch.",
                "# TYPE tftag_batch_requests histogram",
                *self._joined.lines("tftag_batch_requests", "model"),
            ]
        lines += [
            "# HELP tftag_active_requests Requests being answered.",
            "# TYPE tftag_active_requests gauge",
            f"tftag_active_requests {self.active}",
            "# HELP tftag_model_version_state 1 for the state it is in.",
            "# TYPE tftag_model_version_state gauge",
        ]
        for model, states in sorted(versions.items()):
            for version, state in sorted(states.items()):
                labels = {"model": model, "version": str(version)}
                labels = _labels({**labels, "state": state})
                lines.append(f"tftag_model_version_state{labels} 1")
        if resident := resident_bytes():
            lines += [
                "# HELP process_resident_memory_bytes Resident memory.",
                "# TYPE process_resident_memory_bytes gauge",
                f"process_resident_memory_bytes {resident}",
            ]
        return "\n".join([*lines, ""])


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _labels(labels: Mapping[str, str]) -> str:
    def escaped(text: str) -> str:
        text = text.replace("\\", r"\\").replace('"', r"\"")
        return text.replace("\n", r"\n")

    pairs = (f'{name}="{escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"
