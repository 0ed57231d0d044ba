"""Tags of the files of a command: written as they come, or kept in a journal.

With --out every finished file is noted in a journal beside it, and the rows
are written from that at the end: see `journal`.
"""

import argparse
import dataclasses
import functools
import hashlib
import os
import pathlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from tftag.audio import audio_files, decoding, decoding_pool, remote_files
from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, failures, row_output
from tftag.cli.tag import journal, shards, tag_effects, tag_table, tagging
from tftag.console import counts_in_words, interrupts, quiet
from tftag.inference import version_folder
from tftag.storage import atomic_write, plain_json
from tftag.storage.remote import address as addresses
from tftag.storage.remote import fetched_files

if TYPE_CHECKING:  # it imports TensorFlow
    from tftag.inference import saved_tagger

# As long as a file system takes a name.
_NAME_BYTES = 255


_Kind = type[tag_table.TrainedTag] | type[tag_table.AskedTag]
Entries = Iterator[tuple[remote_files.Place, list[journal.Entry]]]


@dataclasses.dataclass(frozen=True)
class Answering:
    """A model and what is asked of it.

    Attributes:
        model: The model that was opened; of its files perhaps the card alone.
        kind: What is listed of each recording.
        begin: Loads the network, and refuses what it cannot be asked. Without
            it that happens at the first recording.
        answer: Yields path and entries of each recording.
    """

    model: "saved_tagger.SavedTagger"
    kind: _Kind
    begin: Callable[[], object]
    answer: Callable[[tagging.Recordings], Entries]


class _NothingTagged(Exception):
    """No file could be tagged: rows of an earlier call are worth more."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of a large library."""
    parser.add_argument(
        "--threads",
        type=arguments_lib.count,
        metavar="N",
        help="decode N files at a time, and give the model as many threads "
        "(default: all cores)",
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        default=shards.Shard(),
        metavar="I/N",
        help="only part I of N of the files, for N processes or machines, each "
        "with an --out of its own",
    )


def _shard(text: str) -> shards.Shard:
    try:
        return shards.Shard.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def limit_threads(threads: int | None) -> None:
    """Gives TensorFlow so many threads; before it is imported."""
    if threads is not None:
        # It starts all of them: tens of thousands never come to an end.
        threads = min(threads, decoding_pool.usable_cores())
        for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
            os.environ[name] = str(threads)


def check(arguments: argparse.Namespace) -> None:
    """Refuses a place for the rows before a model is opened.

    Raises:
        ValueError: It is one of the files that are read, or a folder, or ends
            like a file of another format.
        FileNotFoundError: It lies in no folder.
    """
    arguments_lib.row_format(arguments)
    if _is_kept(arguments):
        folder = chosen_model.folder(arguments.model)
        row_output.check(arguments.out, arguments.paths, folder)


def without_model(arguments: argparse.Namespace) -> int | None:
    """Says what is wrong with the files where none of them can be tagged.

    Of a library the first file that can be opened is enough: what it holds is
    for the processes that decode.

    Returns:
        The exit status; None where a model is to be opened.

    Raises:
        OSError: There is no place to write to.
    """
    if any(map(addresses.is_remote, arguments.paths)):
        return None
    is_kept = _is_kept(arguments)
    look = _open if is_kept else decoding.check_file
    found: list[tuple[pathlib.Path, Exception]] = []
    for path in audio_files.find(
        arguments.paths, lambda *failed: found.append(failed)
    ):
        if not arguments.shard.holds(path):
            continue
        try:
            with quiet.libraries():
                look(path)
        except audio_files.UNREADABLE as error:
            found.append((path, error))
        else:
            return None
    if not found:  # a part of the files without any
        return None
    fail = failures.Failures("not tagged")
    for failed in found:
        fail(*failed)
    if is_kept:
        return _nothing_written(arguments.out)
    kind: _Kind = tag_table.TrainedTag
    if arguments.tags is not None:
        kind = tag_table.AskedTag
    with row_output.opened(
        arguments.out, arguments.paths, chosen_model.folder(arguments.model)
    ) as out:
        _table(arguments, kind, out).close()
    return 1 if fail.count else 0


def _open(path: pathlib.Path) -> None:
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))  # a pipe would wait


def write(arguments: argparse.Namespace, asked: Answering) -> int:
    """Tags the files of the command line.

    Where a journal has all of them, the network is not loaded.

    Args:
        arguments: What `main` parsed.
        asked: What is asked of the model.

    Returns:
        0, or 1 where some of the files could not be tagged.

    Raises:
        ValueError: An argument is not what it must be.
        OSError: There is no place to write to.
    """
    fail = failures.Failures("not tagged")
    if not _is_kept(arguments):
        asked.begin()
        _stream(arguments, asked, fail)
        return 1 if fail.count else 0
    try:
        _keep(arguments, asked, fail)
    except _NothingTagged:
        return _nothing_written(arguments.out)
    return 1 if fail.count else 0


def _nothing_written(out: str) -> int:
    sys.stderr.write(f"nothing was tagged: {out} was not written\n")
    return 1


def _is_kept(arguments: argparse.Namespace) -> bool:
    """Whether rows go to a file, not to a terminal or pipe."""
    out = arguments.out
    return out is not None and not atomic_write.is_stream(out)


def _stream(
    arguments: argparse.Namespace, asked: Answering, fail: failures.Failures
) -> None:
    """Writes rows as they come."""
    paths = (
        path
        for path in remote_files.find(arguments.paths, fail)
        if arguments.shard.holds(path)
    )
    with row_output.opened(
        arguments.out,
        arguments.paths,
        chosen_model.folder(arguments.model),
    ) as out:
        results = asked.answer(_decoded(asked, paths, fail))
        _list(arguments, asked, out, results, fail, lambda *_: None)


def _keep(
    arguments: argparse.Namespace, asked: Answering, fail: failures.Failures
) -> None:
    """Tags what the journal lacks, then writes the rows of all."""
    import tqdm  # here, because it is slow to import

    threads = arguments.threads or decoding_pool.usable_cores()

    noted = (
        *(_journal(arguments.out), _made_by(arguments, asked)),
        str(arguments.shard),
    )
    if not journal.has_begun(*noted):
        asked.begin()  # what it refuses takes no other journal's place
    with journal.opened(*noted) as notes:
        run = tagging.Run(arguments.paths, arguments.shard, notes, fail)
        with (
            interrupts.keeping(lambda: _kept(run, notes)),
            tqdm.tqdm(
                total=run.new,
                unit="file",
                file=sys.stderr,
                disable=not (run.new and sys.stderr.isatty()),
            ) as bar,
        ):
            if run.new:
                for _ in run.tag(
                    lambda places, fail: _decoded(asked, places, fail, threads),
                    asked.answer,
                ):
                    bar.update()
        with atomic_write.replacing(
            arguments.out, errors="backslashreplace"
        ) as out:
            files = _list(
                *(arguments, asked, out, run.results(), fail, run.note_again)
            )
            if not files:
                raise _NothingTagged
        run.tidy()
    if sys.stderr.isatty():  # quiet where nobody watches
        tagged = counts_in_words.are(files, "file")
        chosen_model.say(f"{tagged} tagged in {arguments.out}")


def _decoded(
    asked: Answering,
    places: Iterable[remote_files.Place],
    fail: remote_files.Fail,
    processes: int | None = None,
) -> tagging.Recordings:
    """Path and waveform of each file, wherever it is; by processes or here."""
    decode = audio_files.decoded
    if processes is not None:
        decode = functools.partial(decoding_pool.decoded, processes=processes)
    return remote_files.decoded(
        places,
        lambda paths, fail: decode(paths, asked.model.sample_rate_hz, fail),
        fail,
        fetched_files.FetchedFiles(tell=chosen_model.say),
    )


def _journal(out: str) -> pathlib.Path:
    """Beside the output, under its name as far as a name may go."""
    path = pathlib.Path(f"{out}.journal")
    name = os.fsencode(path.name)
    if len(name) > _NAME_BYTES:
        digest = hashlib.blake2b(name, digest_size=8).hexdigest()
        path = path.with_name(f"tags-{digest}.journal")
    return path


def _list(
    arguments: argparse.Namespace,
    asked: Answering,
    out: TextIO,
    results: Entries,
    fail: failures.Failures,
    note_again: Callable[[remote_files.Place, list[journal.Entry]], None],
) -> int:
    """Writes rows, and does what else is asked for each file; counts files."""
    files = 0
    rows = _table(arguments, asked.kind, out)
    with tag_effects.opened(
        arguments, lambda path, error: fail(path, error, "not written")
    ) as effects:
        for path, entries in results:
            files += 1
            for entry in entries:
                tags = [asked.kind(*values) for values in entry.tags]
                rows.add(remote_files.shown(path), tags, entry.start_seconds)
                given = [
                    tag.name
                    for tag in tags
                    if isinstance(tag, tag_table.TrainedTag) and tag.is_given
                ]
                # Effects on what is remote were refused.
                if isinstance(path, pathlib.Path) and any(
                    [effect(path, given) for effect in effects]
                ):
                    note_again(path, entries)
    rows.close()
    return files


def _table(
    arguments: argparse.Namespace, kind: _Kind, out: TextIO
) -> tag_table.TagTable:
    return tag_table.TagTable(
        out,
        arguments_lib.row_format(arguments),
        kind,
        has_times=arguments.timeline,
    )


def _kept(run: tagging.Run, notes: journal.Journal) -> str:
    """What is said when Ctrl-C ends the work."""
    return (
        f"{run.finished + run.done} of "
        f"{counts_in_words.are(run.finished + run.new, 'file')} done and kept "
        f"in {os.fspath(notes.path)}; to go on: "
        f"{interrupts.command()}"
    )


def _made_by(arguments: argparse.Namespace, asked: Answering) -> str:
    """What decides the entries of a file besides its bytes."""
    return plain_json.text(
        {
            "model": version_folder.fingerprint(asked.model.folder),
            "tags": arguments.tags,
            "top": arguments.top,
            "threshold": arguments.threshold,
            "all": arguments.all,
            "timeline": arguments.timeline,
        },
        indent=None,
    )
