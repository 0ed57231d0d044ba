"""Shows what a prepared data set is like, as text and as a web page.

    python -m pipelines.inspect data/mine --listen

Counts, tags and their company, lengths, levels, artists, what splits share,
and recordings that share audio. Each recording is measured once; what was found
is kept beside the page, so that a second call is quick.
"""

import argparse
import logging
import pathlib
import sys

from pipelines import manifest
from pipelines.inspect import inspection, inspection_text, measurements
from pipelines.inspect.fingerprints import near_duplicates
from pipelines.inspect.pages import inspection_page, listening_page
from tftag.cli import arguments as arguments_lib
from tftag.cli import command_line
from tftag.storage import no_links
from tftag.storage.remote import address as addresses

FOLDER_NAME = "inspection"
PAGE_NAME = "index.html"
LISTENING_NAME = "listen.html"


def main(argv: list[str] | None = None) -> int:
    """Inspects a data set."""
    asked = _parse(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    place = addresses.local(asked.manifest, "MANIFEST", "copy it here first")
    # Files that are gone are a finding here.
    prepared = manifest.read_manifest(place, check_files=False)
    folder = pathlib.Path(asked.out or prepared.local_folder / FOLDER_NAME)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--out must be a folder. Received: {folder}")
    if asked.out is None:
        no_links.refuse(folder)
    measured = None if asked.quick else measurements.measure(prepared, folder)
    seen = inspection.inspect(prepared, measured, asked.max_error_rate)
    sys.stdout.write(inspection_text.write_text(seen))
    written = [folder / PAGE_NAME]
    if asked.listen:
        written.append(folder / LISTENING_NAME)
        listening_page.write(
            seen, folder / LISTENING_NAME, PAGE_NAME, asked.examples
        )
    inspection_page.write(
        seen, folder / PAGE_NAME, LISTENING_NAME if asked.listen else None
    )
    sys.stdout.write(f"\nWrote {' and '.join(map(str, written))}\n")
    return 0


def _parse(argv):
    parser = command_line.Parser(
        prog="python -m pipelines.inspect",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status: 0; 2 where the input is wrong.",
    )
    add = parser.add_argument
    add("manifest", help="prepared folder, or the manifest.csv in it")
    add(
        "--out",
        type=arguments_lib.local_path,
        metavar="DIR",
        help=f"where the pages go (default: {FOLDER_NAME} in that folder)",
    )
    add(
        "--quick",
        action="store_true",
        help="do not open the audio: no levels and no near-duplicates",
    )
    add(
        "--max-error-rate",
        type=float,
        default=near_duplicates.MAX_ERROR_RATE,
        metavar="RATE",
        help="share of the fingerprint's bits that may differ in shared audio; "
        "more finds worse copies and raises more false alarms (default: "
        f"{near_duplicates.MAX_ERROR_RATE})",
    )
    add(
        "--listen",
        action="store_true",
        help=f"also write {LISTENING_NAME}, with players",
    )
    add(
        "--examples",
        type=arguments_lib.count,
        default=2,
        metavar="N",
        help="players per tag and split (default: 2)",
    )
    return parser.parse_args(argv)
