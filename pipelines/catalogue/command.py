"""The command: finds the files, and gives what is left of them to Beam."""

import logging
import sys

import apache_beam as beam
from apache_beam.options import pipeline_options
from apache_beam.runners.portability import fn_api_runner
from apache_beam.utils import shared

from pipelines.catalogue import describe, listing, shards
from pipelines.storage import address as addresses
from tftag.cli import command_line
from tftag.console import interrupts
from tftag.pretrained import presets
from tftag.serving import version_folder

_log = logging.getLogger(__name__)
# It repeats what the workers of this machine have said.
_ECHO = "apache_beam.runners.portability.local_job_service"
_OWN_RUNNER = "FnApiRunner"


def main(argv: list[str] | None = None) -> int:
    """Describes what is not yet in the output.

    Returns:
        0; 1 where files could not be used.
    """
    command = sys.argv[1:] if argv is None else argv
    asked, engine = _parser().parse_known_args(command)
    _check(asked)
    output = addresses.place(asked.output)
    missing = []

    def cannot_list(name, error):
        missing.append(name)
        print(f"not in the catalogue: {error}", file=sys.stderr)

    root, names = listing.files(asked.input, cannot_list)
    done = shards.finished(output)
    model = version_folder.newest(presets.resolve(asked.model))
    fingerprint = version_folder.fingerprint(model)
    everything = list(
        listing.shards(root, names, asked.files_per_shard, fingerprint)
    )
    left = [shard for shard in everything if shard.key not in done]
    print(
        f"{sum(len(shard.names) for shard in everything)} files in "
        f"{len(everything)} shards, {len(everything) - len(left)} done before",
        flush=True,
    )
    if not left:
        return 1 if missing else 0
    with interrupts.keeping(
        lambda: (
            f"the shards that are finished are kept in {output}; "
            f"to go on: {interrupts.command()}"
        )
    ):
        result = run(left, asked, engine)
    counts = {
        counter.key.metric.name: counter.committed
        for counter in result.metrics().query()["counters"]
    }
    rejected = counts.get(describe.REJECTED, 0)
    print(
        f"{counts.get('described', 0)} described, {rejected} rejected "
        f"(names and reasons in {output / shards.REJECTED})"
    )
    return 1 if rejected or missing else 0


def run(left: list[listing.Shard], asked, engine: list[str]):
    """Runs the pipeline to its end, on the engine that its flags name."""
    options = pipeline_options.PipelineOptions(
        # Each worker's process opens the SavedModel: as many as there are
        # cores, unless the flags say otherwise.
        [
            "--direct_running_mode=multi_processing",
            f"--direct_num_workers={asked.processes}",
            "--default_sdk_harness_log_level=WARNING",
            *engine,
        ]
    )
    standard = options.view_as(pipeline_options.StandardOptions)
    # Beam's own choice of a direct runner begins with a download.
    runner = standard.runner or fn_api_runner.FnApiRunner()
    if runner == _OWN_RUNNER:
        runner = fn_api_runner.FnApiRunner()
    logging.getLogger(_ECHO).setLevel(logging.ERROR)
    pipeline = beam.Pipeline(runner=runner, options=options)
    found = (
        pipeline
        | "Shards" >> beam.Create(left, reshuffle=True)
        | "Describe"
        >> beam.ParDo(
            describe.DescribeShard(
                asked.model, asked.output, asked.top, shared.Shared()
            )
        ).with_outputs(describe.REJECTED, main="described")
    )
    (
        found[describe.REJECTED]
        | "Name" >> beam.Map(lambda one: f"{one['name']}: {one['reason']}")
        | "Say" >> beam.Map(_say)
    )
    result = pipeline.run()
    result.wait_until_finish()
    return result


def _say(text: str) -> None:
    _log.warning("not in the catalogue: %s", text)


def _parser() -> command_line.Parser:
    parser = command_line.Parser(
        prog="python -m pipelines.catalogue",
        description="Tags and embeds a catalogue of files on Apache Beam.",
        epilog="All other flags are Beam's: --runner FlinkRunner "
        "--flink_master HOST:8081, --runner DataflowRunner --project ...; "
        "without them the work is done here, in several processes. Exit "
        "status: 0; 1 where files could not be used; 2 where the arguments "
        "are wrong.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--model",
        default=presets.DUAL_ENCODER,
        help="a preset's name, or the folder of a SavedModel that every "
        f"worker reaches ({presets.DUAL_ENCODER})",
    )
    add(
        "--input",
        required=True,
        metavar="FOLDER",
        help="of music, to the bottom; or its s3:// or gs:// address",
    )
    add(
        "--output",
        required=True,
        metavar="FOLDER",
        help="or address; what is finished there is not done again",
    )
    add("--files-per-shard", type=int, default=200, help="at most (200)")
    add("--top", type=int, default=10, help="tags of a recording (10)")
    add(
        "--processes",
        type=int,
        default=0,
        help="of the runner of this machine (one per core)",
    )
    return parser


def _check(asked) -> None:
    for name, least in (("files_per_shard", 1), ("top", 1), ("processes", 0)):
        if getattr(asked, name) < least:
            raise ValueError(
                f"--{name.replace('_', '-')} must be at least {least}. "
                f"Received: {getattr(asked, name)}"
            )
    for place in (asked.input, asked.output):
        if isinstance(found := addresses.place(place), addresses.Address):
            # It is sent to workers and stands in their logs.
            addresses.refuse_secrets(found)
