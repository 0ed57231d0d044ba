"""The pipeline, on the engine that flags name: shards in, counts out."""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

import apache_beam as beam
from apache_beam.options import pipeline_options
from apache_beam.runners.portability import fn_api_runner
from apache_beam.utils import shared

from pipelines.catalogue import describe, listing
from tftag.storage import escaping

_log = logging.getLogger(__name__)
# It repeats what the workers of this machine have said.
_ECHO = "apache_beam.runners.portability.local_job_service"
_OWN_RUNNER = "FnApiRunner"
# The runner of this machine waits for ever for a process of its own that was
# killed: all that comes of it is an error in a thread of this name.
_WORKER_THREAD = "run_worker"


def run(
    left: Sequence[listing.Shard],
    model: str,
    output: str,
    top: int,
    processes: int,
    flags: Sequence[str],
    kept: Callable[[], str],
) -> dict[str, int]:
    """Runs the pipeline to its end, or to that of a worker of this machine.

    Such a worker that is killed ends the process, with the status 75: other
    engines work on its shards again by themselves.

    Args:
        left: The shards.
        model: Folder of a SavedModel, or the name of a preset.
        output: Folder or address.
        top: Of each recording, so many of the likeliest tags.
        processes: Of the runner of this machine; 0 is one per core.
        flags: Beam's own.
        kept: Says what a run that ends early leaves.

    Returns:
        How many files were described and rejected, and how many shards are
        unfinished, by these names.
    """
    options = pipeline_options.PipelineOptions(
        # Each worker's process opens the SavedModel.
        [
            "--direct_running_mode=multi_processing",
            f"--direct_num_workers={processes}",
            "--default_sdk_harness_log_level=WARNING",
            *flags,
        ]
    )
    runner = options.view_as(pipeline_options.StandardOptions).runner
    # Beam's own choice of a direct runner begins with a download.
    if runner in (None, _OWN_RUNNER):
        runner = fn_api_runner.FnApiRunner()
    logging.getLogger(_ECHO).setLevel(logging.ERROR)
    pipeline = beam.Pipeline(runner=runner, options=options)
    found = (
        pipeline
        | "Shards" >> beam.Create(left, reshuffle=True)
        | "Describe"
        >> beam.ParDo(
            describe.DescribeShard(model, output, top, shared.Shared())
        ).with_outputs(describe.REJECTED, main="described")
    )
    found[describe.REJECTED] | "Say" >> beam.Map(_say)
    with _ended_with_its_workers(kept):
        result = pipeline.run()
        result.wait_until_finish()
    counts = {
        counter.key.metric.name: counter.committed
        for counter in result.metrics().query()["counters"]
    }
    names = (describe.DESCRIBED, describe.REJECTED, describe.UNFINISHED)
    return {name: counts.get(name, 0) for name in names}


@contextlib.contextmanager
def _ended_with_its_workers(kept: Callable[[], str]) -> Iterator[None]:
    before = threading.excepthook

    def hook(raised: threading.ExceptHookArgs) -> None:
        if raised.thread is None or raised.thread.name != _WORKER_THREAD:
            before(raised)
            return
        sys.stderr.write(
            f"error: a worker is gone ({raised.exc_value}), for want of memory "
            f"perhaps; {kept()}\n"
        )
        sys.stderr.flush()
        os._exit(os.EX_TEMPFAIL)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before


def _say(rejected: dict[str, str]) -> None:
    said = escaping.one_line(f"{rejected['name']}: {rejected['reason']}")
    _log.warning("not in the catalogue: %s", said)
