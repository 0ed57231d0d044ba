"""Measures how often fingerprints find a copy, and raise a false alarm.

    python -m pipelines.inspect.fingerprints.fingerprint_rates data/synthetic

Every recording is compared with every other: whatever is found among
different recordings is a false alarm, unless you know better: it is listed.
Then copies of some recordings are distorted in a dozen ways and looked for
among all recordings.
"""

import argparse
import dataclasses
import itertools
import logging
import sys
from collections.abc import Sequence

import numpy as np

from pipelines import manifest, synthetic
from pipelines.inspect.fingerprints import distortions, fingerprint
from pipelines.inspect.fingerprints import near_duplicates as search
from pipelines.reading import slice_reader
from pipelines.synthetic import music
from tftag import audio
from tftag.cli import arguments as arguments_lib
from tftag.cli import command_line
from tftag.storage.remote import address as addresses


@dataclasses.dataclass(frozen=True)
class Detection:
    """What became of the copies of one kind.

    Attributes:
        copies: How many were looked for.
        found: How many were found with their own original.
        with_others: Pairs of a copy and another recording, where the two
            originals are no pair themselves.
        error_rate: Median share of different bits of those found, or nan.
    """

    copies: int
    found: int
    with_others: int
    error_rate: float


@dataclasses.dataclass(frozen=True)
class FalseAlarms:
    """Pairs of different recordings, and those that were found.

    Attributes:
        compared: Kind of pair -> how many there are.
        found: Kind of pair -> those taken for copies.
    """

    compared: dict[str, int]
    found: dict[str, list[search.Pair]]


def count_false_alarms(
    tracks: Sequence[manifest.Track],
    fingerprints: Sequence[np.ndarray],
    max_error_rate: float = search.MAX_ERROR_RATE,
) -> FalseAlarms:
    """Compares all recordings of which no two are equal.

    Args:
        tracks: The recordings.
        fingerprints: Of each, uint32 `[words]`.
        max_error_rate: See `near_duplicates.find`.

    Returns:
        Counts for all pairs, for pairs by one artist, with equal tags, and
        both.
    """

    def kinds(first, second):
        yield "all"
        one, other = tracks[first], tracks[second]
        if one.artist and one.artist == other.artist:
            yield "one artist"
        if one.tags and set(one.tags) == set(other.tags):
            yield "equal tags"

    compared = dict.fromkeys(("all", "one artist", "equal tags"), 0)
    found: dict[str, list[search.Pair]] = {name: [] for name in compared}
    for rows in itertools.combinations(range(len(tracks)), 2):
        for kind in kinds(*rows):
            compared[kind] += 1
    for pair in search.find(fingerprints, max_error_rate):
        for kind in kinds(pair.first, pair.second):
            found[kind].append(pair)
    return FalseAlarms(compared, found)


def detect(
    fingerprints: Sequence[np.ndarray],
    copies: dict[int, np.ndarray],
    max_error_rate: float = search.MAX_ERROR_RATE,
) -> Detection:
    """Looks for copies among recordings.

    Args:
        fingerprints: Of the recordings, uint32 `[words]` each.
        copies: Row of the original -> fingerprint of its copy.
        max_error_rate: See `near_duplicates.find`.

    Returns:
        How many were found.
    """
    originals = list(copies)
    pairs = search.find([*fingerprints, *copies.values()], max_error_rate)
    count = len(fingerprints)
    known = {(p.first, p.second) for p in pairs if p.second < count}
    rates, with_others = {}, 0
    for pair in pairs:
        if pair.first >= count or pair.second < count:
            continue
        original = originals[pair.second - count]
        if pair.first == original:
            rates[original] = pair.error_rate
        elif tuple(sorted((pair.first, original))) not in known:
            with_others += 1
    median = float(np.median(list(rates.values()))) if rates else np.nan
    return Detection(len(copies), len(rates), with_others, median)


def similar(pieces: int, sample_rate_hz: int) -> list[np.ndarray]:
    """Pieces that are as like each other as different pieces can be.

    Args:
        pieces: How many pairs, at most 360.
        sample_rate_hz: What they are synthesised at.

    Returns:
        Fingerprints, two for each plan of the embedded set: one artist with
        all habits, the same tags and length, other notes.
    """
    made = []
    for plan in synthetic.plan()[:pieces]:
        for seed in (plan.seed, (*plan.seed, 1)):
            played = dataclasses.replace(plan, seed=seed)
            wave = music.render(played, sample_rate_hz)
            samples = audio.to_full_scale(wave).samples
            made.append(fingerprint.fingerprint(samples, sample_rate_hz))
    return made


def distorted(
    samples: np.ndarray,
    sample_rate_hz: int,
    distortion: distortions.Distortion,
    generator: np.random.Generator,
) -> np.ndarray:
    """The fingerprint of a distorted copy of int16 `[samples]`."""
    wave, rate_hz = distortion(
        samples.astype(np.float32) / np.float32(32_768),
        sample_rate_hz,
        generator,
    )
    scaled = wave * (32_767 / max(1e-9, float(np.abs(wave).max())))
    return fingerprint.fingerprint(scaled.round().astype(np.int16), rate_hz)


def main(argv: list[str] | None = None) -> int:
    """Measures and prints two tables."""
    asked = _parse(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    place = addresses.local(asked.manifest, "MANIFEST", "copy it here first")
    prepared = manifest.read_manifest(place)
    # Equal audio is no false alarm and would be found twice.
    first_of = {t.audio_hash: row for row, t in enumerate(prepared.tracks)}
    prepared = prepared.subset(sorted(first_of.values()))
    rate_hz = prepared.sample_rate_hz
    made = [
        fingerprint.fingerprint(_samples(prepared, row), rate_hz)
        for row in range(len(prepared.tracks))
    ]
    limits = asked.max_error_rates
    _print_false_alarms(prepared, made, limits)
    if asked.similar:
        pairs = similar(asked.similar, rate_hz)
        cells = [
            str(sum(p.second == p.first ^ 1 for p in search.find(pairs, limit)))
            for limit in limits
        ]
        _print_row("one plan, played twice", cells, f"{len(pairs) // 2:,}")
    generator = np.random.default_rng(asked.seed)
    count = min(asked.copies, len(made))
    rows = sorted(generator.choice(len(made), count, replace=False).tolist())
    title = f"{count} copies found, of 100"
    _print_row(title, [f"limit {limit:g}" for limit in limits], "bits wrong")
    for name, distortion in distortions.ALL.items():
        copies = {
            row: distorted(_samples(prepared, row), rate_hz, distortion, drawn)
            for row, drawn in zip(rows, generator.spawn(count), strict=True)
        }
        results = [detect(made, copies, limit) for limit in limits]
        cells = [
            f"{100 * r.found / r.copies:.0f}"
            + (f" (+{r.with_others} wrong)" if r.with_others else "")
            for r in results
        ]
        rate = results[-1].error_rate
        _print_row(name, cells, "" if np.isnan(rate) else f"{rate:.3f}")
    return 0


def _samples(prepared, row):
    reader = slice_reader.SliceReader(prepared, prepared.tracks[row].samples)
    return reader.read([row], [0], replace_lost=False)[0][0]


def _print_false_alarms(prepared, made, limits):
    by_limit = [
        count_false_alarms(prepared.tracks, made, limit) for limit in limits
    ]
    columns = [f"limit {limit:g}" for limit in limits]
    _print_row("Pairs found, of different ones", columns, "compared")
    for kind, compared in by_limit[0].compared.items():
        cells = [str(len(alarms.found[kind])) for alarms in by_limit]
        _print_row(kind, cells, f"{compared:,}")
    for pair in by_limit[-1].found["all"][:20]:
        one, other = (prepared.tracks[r] for r in (pair.first, pair.second))
        sys.stdout.write(
            f"  {one.track_id} ({one.artist}) and {other.track_id} "
            f"({other.artist}): {pair.shared_seconds:.1f} s of "
            f"{pair.overlap_seconds:.1f}, {pair.error_rate:.3f}\n"
        )


def _print_row(name, cells, last):
    row = "".join(f"{cell:>16}" for cell in cells)
    sys.stdout.write(f"{name:<36}{row}{last:>12}\n")
    sys.stdout.flush()


def _parse(argv):
    parser = command_line.Parser(
        prog="python -m pipelines.inspect.fingerprints.fingerprint_rates",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("manifest", help="prepared folder, or the manifest.csv in it")
    add("--copies", type=int, default=100, help="recordings copied (100)")
    add("--seed", type=arguments_lib.seed, default=0, help="of the copies (0)")
    add(
        "--similar",
        type=int,
        default=0,
        metavar="N",
        help="also synthesise N pairs that are as similar as can be (0)",
    )
    add(
        "--max-error-rates",
        type=float,
        nargs="+",
        default=[search.MAX_ERROR_RATE],
        metavar="RATE",
        help=f"limits to try ({search.MAX_ERROR_RATE})",
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
