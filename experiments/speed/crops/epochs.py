"""What the first epoch from each place costs, and what a later one does.

```
TFTAG_CACHE=$(mktemp -d) python -m experiments.speed.crops.epochs \
    data/in_place data/at_address data/prepared s3://music/prepared
```

Audio at an address is fetched in the first epoch and kept, so a cache that is
empty is asked for. Each place is read in a process of its own.
"""

import json
import resource
import sys
import time

from experiments.speed.crops import remote
from experiments.speed.processes import own_process
from pipelines import manifest as manifests
from pipelines.reading import slice_reader, tf_data
from tftag.cli import arguments as arguments_lib
from tftag.cli import command_line

_BATCH_SIZE = 8


def main(argv: list[str] | None = None) -> int:
    """Reads epochs from each place; prints a JSON object for each place."""
    parser = command_line.Parser(
        prog="python -m experiments.speed.crops.epochs", description=__doc__
    )
    parser.add_argument("data", nargs="+", help="as for `remote`")
    parser.add_argument(
        "--clip-seconds", type=arguments_lib.positive, default=30
    )
    parser.add_argument("--epochs", type=arguments_lib.count, default=3)
    arguments = parser.parse_args(argv)
    for place in arguments.data:
        found = own_process.call(
            measured, place, arguments.clip_seconds, arguments.epochs
        )
        print(json.dumps(found), flush=True)
    return 0


def measured(place: str, clip_seconds: float, epochs: int) -> dict:
    """What each of some epochs costs, a crop of every recording in each.

    Args:
        place: Folder or address of a prepared data set.
        clip_seconds: Length of a crop.
        epochs: How many, at least one.

    Returns:
        "data", "crops" of an epoch, and for each epoch "crops_per_second" and
        "cpu_ms_per_crop", of this process and of those it started.
    """
    manifest = manifests.read_manifest(place)
    spec = remote.audio_spec(manifest, clip_seconds)
    reader = slice_reader.SliceReader(manifest, spec.clip_samples)
    speeds: list[float] = []
    costs: list[float] = []
    crops = 0
    for epoch in range(epochs):
        began, cpu = time.perf_counter(), _cpu_seconds()
        batches = tf_data.training_dataset(
            manifest, spec, reader, batch_size=_BATCH_SIZE, seed=epoch, epochs=1
        )
        crops = _BATCH_SIZE * sum(1 for _ in batches)
        speeds.append(crops / (time.perf_counter() - began))
        costs.append(1e3 * (_cpu_seconds() - cpu) / crops)
    return {
        "data": place,
        "crops": crops,
        "crops_per_second": speeds,
        "cpu_ms_per_crop": costs,
    }


def _cpu_seconds() -> float:
    return sum(
        getattr(resource.getrusage(who), name)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        for name in ("ru_utime", "ru_stime")
    )


if __name__ == "__main__":
    sys.exit(command_line.run(main))
