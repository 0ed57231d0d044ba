r"""Losses, negatives and word vectors side by side, on the same taggers.

```
python -m experiments.run_zero_shot --name first
python -m experiments.run_ablation runs/zero_shot/first --words glove.txt random
```

The draws, their taggers and all settings are those of a finished run of
`run_zero_shot`. Only the towers are fitted anew, so what differs between rows
is what the row names. Tags that a source of words does not know are left out
of its training, and all sources are compared on the tags that every one of
them knows.
"""

import argparse
import pathlib
import sys

import numpy as np

from experiments.recordings import run_recordings, unseen_tags
from experiments.runs import console, run_folder, run_settings
from experiments.scoring import evaluation
from experiments.settings import dual_encoder_config, flags
from experiments.training import dual_encoder_training, tagger_training
from experiments.training.transfer_learning import cached_clips
from experiments.zero_shot import ablation_rows, ablation_table, unseen_draw
from pipelines import manifest as manifests
from tftag.cli import command_line
from tftag.models import clip_model
from tftag.storage import atomic_write
from tftag.zero_shot import repeated_draws, tag_split

EXPERIMENT = "ablation"


def main(argv: list[str] | None = None) -> int:
    """Fits and scores all rows, and prints the tables."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    console.begin()
    base = pathlib.Path(arguments.run)
    settings, began, finished = read_run(base)
    manifest = run_recordings.read(settings)
    here = run_recordings.identity(manifest)
    # Runs of earlier versions do not say who the artists were.
    there = {
        "manifest": finished["manifest_fingerprint"],
        "artists": began.get("artists", here["artists"]),
    }
    if here != there:
        raise ValueError(
            "The data must be what the run was made from, by the same artists. "
            f"Received: {here} in {settings.data}, {there} in {base}"
        )
    rows = ablation_rows.rows(settings, tuple(arguments.words))
    run = run_folder.RunDir(arguments.runs, EXPERIMENT, arguments.name)
    with run.locked():
        run_settings.keep(
            run,
            {
                "run": base,
                # In their order, by which the rows of a draw are numbered.
                "words": [
                    [row.title, row.vectors.fingerprint]
                    for row in rows
                    if row.part == "words"
                ],
            },
        )
        environment = run.write_environment(command, settings.seed)
        found = [
            score_draw(rows, settings, plan, base, run)
            for plan in unseen_tags.plan_draws(
                settings, manifest, len(finished["draws"])
            )
        ]
        summary = {
            "run": str(base),
            "protocol": settings.protocol,
            "coverage": coverage(rows, manifest),
            "draws": found,
            "figures": repeated_draws.combine([d["figures"] for d in found]),
            "manifest_fingerprint": manifest.fingerprint,
            "environment": environment,
        }
        run.write_json("metrics.json", summary)
        run.write_csv("ablation.csv", ablation_table.rows(summary))
        print(ablation_table.text(summary))
        print(f"everything in {run.path}")
    return 0


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = run_settings.plain_parser(EXPERIMENT, __doc__)
    add = parser.add_argument
    add("run", help="folder of a finished run of run_zero_shot")
    add(
        "--words",
        nargs="+",
        default=["random"],
        metavar="SOURCE",
        help="word vectors to compare with the run's own: a GloVe file, "
        "word2vec:PATH, hub:HANDLE, shipped or random (random)",
    )
    return parser.parse_args(command)


def read_run(
    base: pathlib.Path,
) -> tuple[dual_encoder_config.DualConfig, dict, dict]:
    """Settings, config.json and metrics.json of a finished run with taggers.

    Raises:
        FileNotFoundError: it is no finished run of `run_zero_shot`.
        ValueError: its taggers are of no use to other towers.
    """
    if not (base / "metrics.json").is_file() or not (base / "draws").is_dir():
        raise FileNotFoundError(
            "Name the folder of a finished run of run_zero_shot, as "
            f"runs/zero_shot/first. Received: {base}"
        )
    run = run_folder.RunDir(base.parent, "", base.name)
    values = run.load_json("config.json")
    made = dual_encoder_config.PRESETS[values["preset"]]()
    settings = flags.replace(made, values)
    if settings.body != "tagger":
        raise ValueError(
            "Towers are compared on the bodies of taggers: run_zero_shot must "
            f"have had --body tagger. Received: {settings.body!r} in {base}"
        )
    return settings, values, run.load_json("metrics.json")


def coverage(
    rows: list[ablation_rows.Variant], manifest: manifests.Manifest
) -> dict:
    """What each source of words knows of the vocabulary."""
    counts = manifest.labels().sum(axis=0)
    found = {}
    for row in rows:
        if row.part != "words":
            continue
        known = row.known(manifest.vocabulary.names)
        whole = row.vectors.coverage(manifest.vocabulary.names, counts)
        found[row.title] = {
            "tags_with_a_vector": float(known.mean()),
            "annotations_with_a_vector": float(
                counts[known].sum() / counts.sum()
            ),
            "tags_with_every_word": whole.tag_share,
            "annotations_with_every_word": whole.annotation_share,
        }
    return found


def score_draw(
    rows: list[ablation_rows.Variant],
    settings: dual_encoder_config.DualConfig,
    plan: unseen_tags.Plan,
    base: pathlib.Path,
    run: run_folder.RunDir,
) -> dict:
    """Fits and scores all rows on one draw.

    Returns:
        What `zero_shot.evaluate` says of each row under `figures`, by kind of
        unseen tag, and how many tags were compared.
    """
    test, split, names = plan.test, plan.split, plan.test.vocabulary.names
    shared = all_know(rows, split, plan.kinds)
    tagger = tagger_training.train_tagger(
        dual_encoder_training.tagger_settings(settings),
        plan.learnt,
        None,
        run_folder.RunDir(base / "draws" / f"draw_{plan.number}", "", "tagger"),
    )
    learnt = dual_encoder_training.learnt_from(settings, tagger, plan.learnt)
    clips, test_clips = (
        dual_encoder_training.clip_vectors(settings, tagger.model, part)
        for part in (learnt, test)
    )
    folder = run.path / "draws"
    folder.mkdir(exist_ok=True)
    scores = {}
    for place, row in enumerate(rows):
        file = folder / f"draw_{plan.number}_row_{place}.npy"
        if not file.exists():
            made = score_row(
                row, tagger.model, clips, learnt, test_clips, names
            )
            with atomic_write.replacing(file, is_text=False) as npy:
                np.save(npy, made)
        scores[row.title] = np.load(file)
        print(f"draw {plan.number}: {row.title}", flush=True)
    figures = {}
    for row in rows:
        asked = split if row.part == "loss" else shared
        figures[row.title] = {
            kind: unseen_draw.figures(
                test.labels(),
                scores[row.title],
                names,
                asked.seen,
                tuple(tag for tag in tags if tag in asked.unseen),
                draws=0,
            )["tag_to_recordings"]
            for kind, tags in plan.kinds.items()
        }
    return {
        "unseen": plan.kinds,
        "tags_every_source_knows": [len(shared.seen), len(shared.unseen)],
        "figures": figures,
    }


def all_know(
    rows: list[ablation_rows.Variant],
    split: tag_split.TagSplit,
    kinds: dict[str, tuple[str, ...]],
) -> tag_split.TagSplit:
    """The tags that every source of words knows.

    Raises:
        ValueError: some do not know any tag that they are to be compared on.
    """
    sides = {"seen": split.seen, **kinds}
    known = {
        side: [
            tag
            for tag, by_all in zip(
                tags, np.all([row.known(tags) for row in rows], 0), strict=True
            )
            if by_all
        ]
        for side, tags in sides.items()
    }
    lacking = [side for side, tags in known.items() if not tags]
    if lacking:
        sources = [row.title for row in rows if row.part == "words"]
        raise ValueError(
            "Sources of words are compared on tags that all of them know; "
            "leave out the one that knows too little. Received: "
            f"{', '.join(sources)}, and no such tag among "
            f"{', '.join(lacking)}: {list(sides[lacking[0]])[:5]}"
        )
    shared = {tag for tags in known.values() for tag in tags}
    return tag_split.TagSplit(
        tuple(tag for tag in split.seen if tag in shared),
        tuple(tag for tag in split.unseen if tag in shared),
    )


def score_row(
    row: ablation_rows.Variant,
    body: clip_model.ClipModel,
    clips: evaluation.ClipVectors,
    learnt: manifests.Manifest,
    test_clips: evaluation.ClipVectors,
    names: tuple[str, ...],
) -> np.ndarray:
    """Scores of the test recordings, `[recordings, tags]`, NaN if unknown."""
    known = row.known(learnt.vocabulary.names)
    model = dual_encoder_training.fit_heads(
        row.settings,
        body,
        clips,
        learnt.labels()[:, known],
        tuple(np.array(learnt.vocabulary.names, object)[known]),
        row.vectors,
    )
    embedded = cached_clips.embed(model, test_clips)
    askable = row.known(names)
    scores = np.full((len(embedded), len(names)), np.nan, np.float32)
    tags = dual_encoder_training.embed_tags(
        model, tuple(np.array(names, object)[askable]), row.vectors
    )
    scores[:, askable] = embedded @ tags.T
    return scores


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
