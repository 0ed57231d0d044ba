"""Evaluates a SavedModel on any labelled set; tags are matched by name.

```
python -m experiments.run_evaluate saved_models/baseline data/mine
```
"""

import argparse
import dataclasses
import logging
import sys
import time

import numpy as np
import numpy.typing as npt

from experiments.figures import illustrations
from experiments.recordings import whole_recordings
from experiments.runs import console, run_folder, run_settings
from experiments.scoring import evaluation
from pipelines import manifest as manifests
from tftag import tags
from tftag.cli import command_line
from tftag.console import counts_in_words
from tftag.inference import saved_tagger
from tftag.metrics import calibration

# By name: run as a command, __name__ is __main__.
_log = logging.getLogger("experiments.run_evaluate")

EXPERIMENT = "evaluate"
_SAY_EVERY_SECONDS = 20.0


def main(argv: list[str] | None = None) -> int:
    """Scores the recordings and writes the figures."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    console.begin()
    manifest = manifests.read_manifest(arguments.manifest)
    tagger = saved_tagger.SavedTagger(arguments.saved_model)
    scored = whole_recordings.of_split(manifest, arguments.split)
    names, columns, truth = matched(tagger, scored)
    run = run_folder.RunDir(arguments.runs, EXPERIMENT, arguments.name)
    with run.locked(goes_on=False):
        run.write_json("config.json", vars(arguments))
        run.write_environment(command, seed=0)
        scores = score(tagger, scored)[:, columns]
        fitted = calibration.Calibration.from_dict(tagger.card["calibration"])
        report = evaluation.report(
            truth,
            scores,
            names,
            dataclasses.replace(
                fitted,
                offsets=fitted.offsets[columns],
                thresholds=fitted.thresholds[columns],
            ),
            described(tagger, manifest, scored, arguments.split),
        )
        summary = {
            **report.summary,
            "tags": list(names),
            "tags_of_the_model_not_in_the_set": [
                name for name in tagger.tag_names if name not in names
            ],
            "leaks": manifest.audit,
            "fingerprint": manifest.fingerprint,
            "saved_model": str(tagger.folder),
        }
        run.write_csv("per_tag.csv", report.table)
        evaluation.write_scores(run, scored, names, truth, scores)
        illustrations.draw(run, report, names, truth, scores)
        run.write_json("metrics.json", summary)
    print(
        f"\n{counts_in_words.count(summary['recordings'], 'recording')}, "
        f"{summary['evaluated_on']}; "
        f"{len(names)} of the model's {len(tagger.tag_names)} tags"
    )
    print(evaluation.figures_table(summary))
    print(f"\neverything in {run.path}")
    return 0


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = run_settings.plain_parser(EXPERIMENT, __doc__)
    parser.add_argument("saved_model", help="folder of a SavedModel")
    parser.add_argument("manifest", help="folder of a prepared data set")
    whole_recordings.add_split_flag(parser)
    return parser.parse_args(command)


def matched(
    tagger: saved_tagger.SavedTagger, manifest: manifests.Manifest
) -> tuple[tuple[str, ...], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Finds the model's tags that the set labels.

    Returns:
        Their names, their places among the model's outputs, and the truth,
        float32 `[tracks, tags]`.

    Raises:
        ValueError: the two have no tag in common.
    """
    carried = [{tags.clean_tag(t) for t in r.tags} for r in manifest.tracks]
    labelled = set(map(tags.clean_tag, manifest.vocabulary.names))
    labelled = labelled.union(*carried)
    places = [
        place
        for place, name in enumerate(tagger.tag_names)
        if tags.clean_tag(name) in labelled
    ]
    if not places:
        raise ValueError(
            "Model and data must have a tag in common. Received: "
            f"{', '.join(tagger.tag_names[:5])} ... and "
            f"{', '.join(manifest.vocabulary.names[:5])} ..."
        )
    names = tuple(tagger.tag_names[place] for place in places)
    truth = np.array(
        [[tags.clean_tag(n) in has for n in names] for has in carried],
        np.float32,
    )
    return names, np.array(places), truth


def score(
    tagger: saved_tagger.SavedTagger, manifest: manifests.Manifest
) -> np.ndarray:
    """Tags every recording; float32 `[tracks, tags]`."""
    recordings = whole_recordings.recordings(manifest, tagger.sample_rate_hz)
    scores = []
    said = time.monotonic()
    for found in tagger.tag_each(recordings):
        scores.append(found.probabilities)
        if time.monotonic() - said > _SAY_EVERY_SECONDS:
            _log.info("%d of %d recordings", len(scores), len(manifest.tracks))
            said = time.monotonic()
    return np.stack(scores)


def described(
    tagger: saved_tagger.SavedTagger,
    manifest: manifests.Manifest,
    scored: manifests.Manifest,
    split: str,
) -> str:
    """Says what the figures stand for."""
    label = "all splits" if split == "all" else split
    learned = tagger.card.get("data", {}).get("fingerprint")
    if learned != manifest.fingerprint:
        known = whole_recordings.known_to(tagger.card, scored)
        said = f"; the model was trained or selected on {known:,} of them"
        return f"{label} of {manifest.folder}{said if known else ''}"
    settings = tagger.card.get("settings", {})
    if settings.get("train_on") == "all" or "train" in scored.split_counts:
        return f"{label}, with recordings that the model was trained on"
    if "validation" in scored.split_counts:
        return f"{label}, also used for selection"
    return label


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
