"""Scores any words on labelled recordings that a dual encoder never saw.

```
python -m experiments.run_cross_data --data data/mine --model musicnn_words
```

Every tag of the set is a text that ranks the recordings. The figures stand
twice: over all tags, and over those that are no tag of the model, in whatever
spelling.
"""

import argparse
import logging
import sys
from typing import Any

import numpy as np

from experiments.recordings import whole_recordings
from experiments.runs import console, run_folder, run_settings
from experiments.scoring import evaluation
from pipelines import manifest as manifests
from tftag import metrics, tags
from tftag.cli import command_line
from tftag.console import counts_in_words
from tftag.inference import saved_dual_encoder
from tftag.pretrained import presets
from tftag.zero_shot import leaks

# By name: run as a command, __name__ is __main__.
_log = logging.getLogger("experiments.run_cross_data")

EXPERIMENT = "cross_data"


def main(argv: list[str] | None = None) -> int:
    """Ranks the recordings for every tag and writes the figures."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    console.begin()
    manifest = manifests.read_manifest(arguments.data)
    scored = whole_recordings.of_split(manifest, arguments.split)
    encoder = saved_dual_encoder.SavedDualEncoder(
        presets.resolve(arguments.model, _log.info)
    )
    names, truth = labelled(
        scored, arguments.least, in_vocabulary=arguments.vocabulary
    )
    vectors, known_share = encoder.embed_texts(names)
    unknown = [names[at] for at in np.flatnonzero(known_share == 0)]
    run = run_folder.RunDir(arguments.runs, EXPERIMENT, arguments.name)
    with run.locked(goes_on=False):
        run.write_json("config.json", vars(arguments))
        run.write_environment(command, seed=0)
        recordings = whole_recordings.recordings(scored, encoder.sample_rate_hz)
        scores = np.stack(list(encoder.embed_each(recordings))) @ vectors.T
        is_own = np.array(leaks.named_like(names, encoder.tag_names))
        known = whole_recordings.known_to(encoder.card, scored)
        summary: dict[str, Any] = {
            "all": metrics.summarize(truth, scores),
            "recordings_of_the_model": known,
            "tags_of_the_model": [names[at] for at in np.flatnonzero(is_own)],
            "tags_without_a_known_word": unknown,
            "saved_model": str(encoder.folder),
            "fingerprint": manifest.fingerprint,
        }
        if is_own.any() and not is_own.all():
            summary["no_tag_of_the_model"] = metrics.summarize(
                truth[:, ~is_own], scores[:, ~is_own]
            )
        evaluation.write_scores(run, scored, names, truth, scores)
        run.write_json("metrics.json", summary)
    if unknown:
        print(f"without a known word: {', '.join(unknown)}")
    if known:
        print(
            f"the model was trained or selected on {known:,} of the "
            f"{counts_in_words.count(len(truth), 'recording')}: --split test "
            "may leave them out"
        )
    for part in ("all", "no_tag_of_the_model"):
        if part in summary:
            counted = counts_in_words.count(
                summary[part]["tags_counted"], "tag"
            )
            print(f"\n{part.replace('_', ' ')}: {counted}")
            print(evaluation.figures_table(summary[part]))
    print(f"\neverything in {run.path}")
    return 0


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = run_settings.plain_parser(EXPERIMENT, __doc__)
    parser.add_argument(
        "--data", required=True, help="folder of a prepared data set"
    )
    parser.add_argument(
        "--model",
        default=presets.DUAL_ENCODER,
        help="a pretrained model, or the folder of a dual encoder "
        "(%(default)s)",
    )
    whole_recordings.add_split_flag(parser)
    parser.add_argument(
        "--least",
        type=int,
        default=1,
        help="recordings that a tag must have to count (%(default)s)",
    )
    parser.add_argument(
        "--vocabulary",
        action="store_true",
        help="only the tags that the data were prepared to teach",
    )
    return parser.parse_args(command)


def labelled(
    manifest: manifests.Manifest, least: int, *, in_vocabulary: bool = False
) -> tuple[tuple[str, ...], np.ndarray]:
    """Finds the tags of the recordings, and which recordings have them.

    Args:
        manifest: The recordings.
        least: How many of them must have a tag.
        in_vocabulary: Whether a tag must be in the vocabulary.

    Returns:
        The names in order, and the truth, float32 `[recordings, tags]`.

    Raises:
        ValueError: No tag has so many.
    """
    carried = [{tags.clean_tag(t) for t in r.tags} for r in manifest.tracks]
    asked = set().union(*carried)
    if in_vocabulary:
        asked.intersection_update(manifest.vocabulary.names)
    every = sorted(asked)
    truth = np.array([[n in has for n in every] for has in carried], np.float32)
    kept = truth.sum(axis=0) >= least
    if not kept.any():
        raise ValueError(
            f"--least must leave a tag. Received: {least}, of "
            f"{len(manifest.tracks)} recordings."
        )
    names = [n for n, is_kept in zip(every, kept, strict=True) if is_kept]
    return tuple(names), truth[:, kept]


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
