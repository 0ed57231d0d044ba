"""The command `tftag`."""

import argparse
import collections
import os
import pathlib
import sys

import numpy as np

from tftag import audio, command_line, listing

# What a folder is searched for. libsndfile reads the first three lines; a
# file of the last is named as one it does not.
_SUFFIXES = frozenset(
    ".wav .wave .flac .ogg .oga .opus .mp3 .mp2 .aif .aiff .aifc .au .snd "
    ".caf .w64 .rf64 .bwf .voc .sph .nist .sf .ircam .paf .svx .8svx .iff "
    ".avr .htk .pvf .xi .wve .sd2 .mpc2k "
    ".m4a .aac .wma .ape .wv .mpc .mka".split()
)


def main(argv: list[str] | None = None) -> int:
    """Runs a command.

    Args:
        argv: Arguments without the program's name; `None` takes `sys.argv`.

    Returns:
        0, or 1 where some of the files could not be tagged.
    """
    return _tag(_parser().parse_args(argv))


def command() -> int:
    """The console script: `main`, and one line for bad input."""
    return command_line.run(main)


def _parser():
    parser = command_line.Parser(prog="tftag", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    tag = commands.add_parser(
        "tag",
        help="tag audio files with an exported model",
        description="Prints the tags of audio files, the likeliest first. "
        "Probabilities are calibrated; * marks tags at or above their own "
        "threshold.",
        epilog="Exit status: 0; 1 where some files could not be tagged (each "
        "is a line on stderr); 2 where the arguments are wrong.",
    )
    tag.add_argument(
        "saved_model",
        metavar="SAVED_MODEL",
        help="saved_models/NAME (its newest version) or saved_models/NAME/1",
    )
    tag.add_argument(
        "paths",
        metavar="FILE_OR_FOLDER",
        nargs="+",
        help="audio of any format that libsndfile reads; folders are searched "
        "to the bottom",
    )
    which = tag.add_mutually_exclusive_group()
    which.add_argument(
        "--top",
        type=_count,
        default=5,
        metavar="N",
        help="the N likeliest tags (default: %(default)s)",
    )
    which.add_argument(
        "--threshold",
        action="store_true",
        help="the tags at or above their own threshold",
    )
    which.add_argument("--all", action="store_true", help="every tag")
    tag.add_argument(
        "--timeline",
        action="store_true",
        help="tags of every clip instead of the whole recording",
    )
    tag.add_argument(
        "--format",
        choices=listing.FORMATS,
        default="table",
        help="default: %(default)s",
    )
    tag.add_argument("--out", metavar="FILE", help="write to FILE, not stdout")
    return parser


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"must be a whole number >= 1. Received: {text}"
        )
    return int(text)


def _tag(arguments):
    # Imported here: it takes seconds, and neither the help text nor a wrong
    # argument has to wait for it.
    with command_line.quiet_tensorflow():
        from tftag import serving

        tagger = serving.SavedTagger(arguments.saved_model)
    if arguments.out is None:
        return _write(tagger, arguments, sys.stdout)
    with open(arguments.out, "w", encoding="utf-8", newline="") as out:
        return _write(tagger, arguments, out)


def _write(tagger, arguments, out):
    failures = []

    def fail(reason):
        failures.append(reason)
        sys.stderr.write(f"not tagged: {' '.join(reason.split())}\n")

    read = _timelines if arguments.timeline else _recordings
    rows = listing.Listing(out, arguments.format, has_times=arguments.timeline)
    for path, start_seconds, calibrated in read(
        tagger, _files(arguments.paths, fail), fail
    ):
        name = os.fsencode(path).decode("utf-8", "replace")
        rows.add(name, _chosen(tagger, calibrated, arguments), start_seconds)
    rows.close()
    return 1 if failures else 0


def _files(paths, fail):
    """Yields the files, and the audio files in the folders."""
    for path in map(pathlib.Path, paths):
        if not path.is_dir():
            yield path
            continue
        found = False
        for folder, folders, names in os.walk(
            path, onerror=lambda error: fail(_reason(error))
        ):
            folders.sort()
            for name in sorted(names):
                # Names with a dot first: copies of a Mac hold no audio there.
                is_audio = os.path.splitext(name)[1].lower() in _SUFFIXES
                if is_audio and not name.startswith("."):
                    found = True
                    yield pathlib.Path(folder, name)
        if not found:
            fail(f"{path}: There are no audio files in this folder.")


def _recordings(tagger, paths, fail):
    """Yields path, None and calibrated probabilities of each file."""
    decoded = collections.deque()

    def read():
        for path in paths:
            try:
                recording = audio.decode_file(path, tagger.sample_rate_hz)
            except (audio.UnusableAudio, OSError) as error:
                fail(_reason(error))
                continue
            decoded.append(path)
            yield recording.samples

    for tagged in tagger.tag_each(read()):
        yield decoded.popleft(), None, tagged.calibrated


def _timelines(tagger, paths, fail):
    """Yields path, start and calibrated probabilities of each clip."""
    for path in paths:
        try:
            timeline = tagger.timeline_file(path)
        except (audio.UnusableAudio, OSError) as error:
            fail(_reason(error))
            continue
        for start_seconds, calibrated in zip(
            timeline.start_seconds, timeline.calibrated, strict=True
        ):
            yield path, float(start_seconds), calibrated


def _chosen(tagger, calibrated, arguments):
    """Returns the tags to list, the likeliest first."""
    is_given = calibrated >= tagger.thresholds
    places = np.argsort(-calibrated, kind="stable")
    if arguments.threshold:
        places = places[is_given[places]]
    elif not arguments.all:
        places = places[: arguments.top]
    return [
        listing.Tag(
            tagger.tag_names[place],
            # As few digits as tell the float32 from its neighbours.
            float(str(calibrated[place])),
            bool(is_given[place]),
        )
        for place in places
    ]


def _reason(error):
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


if __name__ == "__main__":
    raise SystemExit(command())
