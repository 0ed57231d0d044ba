"""The command: finds the files, and gives what is left of them to Beam."""

import argparse
import sys

from pipelines.catalogue import listing, shards
from tftag.cli import command_line
from tftag.console import counts_in_words, interrupts
from tftag.inference import model_card, version_folder
from tftag.pretrained import presets
from tftag.search.index import catalogue_parts
from tftag.storage import escaping
from tftag.storage.remote import address as addresses

_NOT_INSTALLED = (
    "The catalogue needs Apache Beam, which has an environment of its own: "
    "make setup LOCK=beam, then .venv-beam/bin/python -m pipelines.catalogue."
)


def main(argv: list[str] | None = None) -> int:
    """Describes what is not yet in the output.

    Returns:
        0; 1 where files could not be used.

    Raises:
        ValueError: A flag is not what it must be, or Beam is not installed.
        FileNotFoundError: There is no such folder or model.
    """
    command = sys.argv[1:] if argv is None else argv
    asked, engine_flags = _parser().parse_known_args(command)
    _check(asked)
    try:
        from pipelines.catalogue import engine
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "apache_beam":
            raise
        raise ValueError(_NOT_INSTALLED) from error
    output = addresses.place(asked.output)
    missing = []

    def cannot_list(name, error):
        missing.append(name)
        said = escaping.one_line(str(error))
        print(f"not in the catalogue: {said}", file=sys.stderr)

    root, found = listing.files(asked.input, cannot_list)
    done = shards.finished(output)
    model = version_folder.newest(presets.resolve(asked.model))
    fingerprint = version_folder.fingerprint(model)
    everything = list(
        listing.shards(root, found, asked.files_per_shard, fingerprint)
    )
    left = [shard for shard in everything if shard.key not in done]
    files = sum(len(shard.names) for shard in everything)
    print(
        f"{counts_in_words.count(files, 'file')} in "
        f"{counts_in_words.count(len(everything), 'shard')}, "
        f"{len(everything) - len(left)} done before",
        flush=True,
    )
    if not left:
        return 1 if missing else 0
    card = model_card.read(model)
    said = {"name": asked.model, "tags": card["tags"], **card.get("space", {})}
    said["space"] = said.pop("fingerprint", None)
    shards.write_model(output, fingerprint, said)

    def kept() -> str:
        return (
            f"the shards that are finished are kept in {output}; "
            f"to go on: {interrupts.command()}"
        )

    with interrupts.keeping(kept):
        counts = engine.run(
            left,
            asked.model,
            asked.output,
            asked.top,
            asked.processes,
            engine_flags,
            kept,
        )
    print(
        f"{counts['described']} described, {counts['rejected']} rejected "
        f"(names and reasons in {output / catalogue_parts.REJECTED})"
    )
    if counts["unfinished"]:
        print(
            f"{counts_in_words.are(counts['unfinished'], 'shard')} not "
            "finished, for the reasons "
            f"above; to go on: {interrupts.command()}",
            file=sys.stderr,
        )
    is_whole = not (counts["rejected"] or counts["unfinished"] or missing)
    return 0 if is_whole else 1


def _parser() -> command_line.Parser:
    parser = command_line.Parser(
        prog="python -m pipelines.catalogue",
        description="Tags and embeds a catalogue of files on Apache Beam.",
        epilog="All other flags are Beam's: --runner FlinkRunner "
        "--flink_master HOST:8081, --runner DataflowRunner --project ...; "
        "without them the work is done here, in several processes. Exit "
        "status: 0; 1 where files could not be used; 2 where the arguments "
        "are wrong; 75 where a worker of this machine was killed.",
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
        help="of music, searched recursively; or its s3:// or gs:// address",
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


def _check(asked: argparse.Namespace) -> None:
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
