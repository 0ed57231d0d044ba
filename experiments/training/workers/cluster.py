"""Who trains together, as `TF_CONFIG` says it."""

import dataclasses
import json
import os

_EXAMPLE = (
    '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, '
    '"task": {"type": "worker", "index": 0}}'
)
_JOBS = ("chief", "worker")


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The processes of a training.

    Attributes:
        names: as `worker 1`, the chief first.
        addresses: of each, `host:port`.
        number: of this process among them; 0 is the chief.
    """

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    number: int

    @property
    def peers(self) -> dict[str, str]:
        """The others, `worker 1 (host:port)` -> `host:port`."""
        return {
            f"{name} ({address})": address
            for place, (name, address) in enumerate(
                zip(self.names, self.addresses, strict=True)
            )
            if place != self.number
        }


ALONE = Cluster(("worker 0",), ("",), 0)


def from_environment() -> Cluster:
    """Reads `TF_CONFIG`.

    Raises:
        ValueError: it is not there, or names no place for this process.
    """
    text = os.environ.get("TF_CONFIG", "")
    try:
        said = json.loads(text)
        jobs, task = dict(said["cluster"]), said["task"]
        job, index = task["type"], int(task["index"])
        lists = {name: jobs.get(name, ()) for name in _JOBS}
        names = [
            f"{n} {place}" for n in lists for place in range(len(lists[n]))
        ]
        addresses = [address for name in lists for address in lists[name]]
        number = names.index(f"{job} {index}")
        ports = [int(address.split(":")[-1]) for address in addresses]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            "--strategy multi-worker needs the addresses of all workers and "
            f"the place of this one in TF_CONFIG, as {_EXAMPLE}. "
            f"Received: {text!r}"
        ) from error
    other = sorted(jobs.keys() - set(_JOBS))
    if (
        other
        or len(lists["chief"]) > 1
        or len(set(addresses)) < len(addresses)
        or not all(0 < port < 65_536 for port in ports)
    ):
        raise ValueError(
            "TF_CONFIG must name workers, and at most one chief, each with a "
            f"host:port of its own. Received: {text!r}"
        )
    return Cluster(tuple(names), tuple(addresses), number)
