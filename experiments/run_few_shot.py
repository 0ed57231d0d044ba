r"""Learns tags from 1 to 20 recordings each, and ranks those of other artists.

```
python -m experiments.run_few_shot --data data/mine
python -m experiments.run_few_shot --data data/mine \
    --scratch runs/cross_validation/strong
```

Every draw holds a fifth of the artists back and draws the recordings that
teach a tag from all others; the tags are the same at every size. What learns is
`tftag learn`, on the vectors of the published taggers. Beside it stand the
words alone (`musicnn_words`, which needs no recording) and, with `--scratch`, a
network trained from random weights on all recordings outside the same fold. A
draw that is finished is kept; the same `--name` goes on where the last call
stopped.
"""

import argparse
import dataclasses
import pathlib
import sys

import numpy as np

from experiments.figures import few_shot_plot, plots
from experiments.recordings import run_recordings
from experiments.runs import bucket_copies, console, run_folder, run_settings
from experiments.scoring import few_recordings
from experiments.settings import baseline_config
from experiments.training import tagger_training
from experiments.training.transfer_learning import cached_clips, vector_cache
from pipelines import manifest as manifests
from tftag import metrics
from tftag.cli import arguments as arguments_lib
from tftag.cli import command_line
from tftag.console import counts_in_words
from tftag.export import few_examples
from tftag.pretrained import musicnn_words, presets, published_taggers
from tftag.storage import atomic_write
from tftag.words import sources
from tftag.zero_shot import repeated_draws

EXPERIMENT = "few_shot"
SIZES = (1, 2, 5, 10, 20)
FOLDS = 5
WORDS, SCRATCH = "words alone", "from scratch, all recordings"
UNLIKE = "{}, with as many unlike"
UNNAMED = "{}, with as many unlike, without the name"
BOTH = "both taggers"


def main(argv: list[str] | None = None) -> int:
    """Learns and scores all draws, and writes table and figure."""
    command = sys.argv[1:] if argv is None else argv
    arguments = parse(command)
    console.begin()
    settings = dataclasses.replace(
        baseline_config.transfer(), data=arguments.data, train_on="all"
    )
    manifest = run_recordings.read(settings)
    folds = run_recordings.folds(manifest, FOLDS)
    drawn = [
        few_recordings.draw(
            manifest.labels(),
            folds[number % FOLDS],
            arguments.least,
            max(SIZES),
            arguments.seed + number,
        )
        for number in range(arguments.draws)
    ]
    if not all(drawn):
        raise ValueError(
            f"Some tag must be carried by {arguments.least} recordings, of "
            f"which {max(SIZES)} are outside each fold of the artists. "
            f"Received: none in {arguments.data}"
        )
    scratch = None
    if arguments.scratch:
        scratch = _from_scratch(arguments.scratch, manifest, folds, len(drawn))
    run = run_folder.RunDir(arguments.runs, EXPERIMENT, arguments.name)
    with run.locked():
        run_settings.keep(
            run,
            {
                "least": arguments.least,
                "seed": arguments.seed,
                "scratch": arguments.scratch,
                **run_recordings.identity(manifest),
            },
        )
        bucket_copies.check(arguments.copy_to, run)
        environment = run.write_environment(command, arguments.seed)
        model = tagger_training.build(settings, manifest)
        clips = vector_cache.all_clip_vectors(model, manifest, settings.audio)
        by_words = _by_words(manifest, clips)
        ways = _ways(clips, manifest.vocabulary.names)
        results = []
        for number, examples in enumerate(drawn):
            held = folds[number % FOLDS]
            tags = np.array([each.tag for each in examples])
            print(
                f"draw {number}: {counts_in_words.count(len(tags), 'tag')}, "
                f"{counts_in_words.count(len(held), 'recording')}",
                flush=True,
            )
            scores = _draw(run, number, ways, examples, held)
            scores[WORDS] = by_words[np.ix_(held, tags)]
            if scratch is not None:
                scores[SCRATCH] = scratch[number % FOLDS][:, tags]
            truth = manifest.labels()[np.ix_(held, tags)]
            results.append(
                {
                    name: metrics.summarize(truth, each, draws=0)
                    for name, each in scores.items()
                }
            )
        report(run, manifest, drawn, results, environment)
        bucket_copies.make(arguments.copy_to, run)
    return 0


def parse(command: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = run_settings.plain_parser(EXPERIMENT, __doc__)
    add = parser.add_argument
    add("--data", required=True, help="folder of a prepared data set")
    add(
        "--draws",
        type=arguments_lib.count,
        default=10,
        help="of the recordings (10)",
    )
    add("--seed", type=arguments_lib.seed, default=0, help="of the draws (0)")
    add(
        "--least",
        type=arguments_lib.count,
        default=25,
        help="recordings that a tag must have to count (%(default)s)",
    )
    add(
        "--scratch",
        default="",
        metavar="RUN",
        help="folder of a run of run_cross_validation on the same data, whose "
        f"scores stand beside the others; it has {FOLDS} folds",
    )
    bucket_copies.add_flag(parser)
    return parser.parse_args(command)


def _draw(run, number, ways, examples, held):
    """Scores by way to learn and size; what is finished is not done again."""
    file = run.path / "draws" / f"draw_{number}.npz"
    if not file.exists():
        found = {
            f"{name}\t{size}": few_recordings.scores(way, examples, size, held)
            for name, way in ways.items()
            for size in SIZES
        }
        file.parent.mkdir(exist_ok=True)
        with atomic_write.replacing(file, is_text=False) as npz:
            np.savez(npz, **found)
    with np.load(file) as saved:
        return dict(saved)


def _ways(clips, names):
    """The ways by their names; `names` are those of the tags."""
    ends = np.cumsum(np.bincount(clips.rows))[:-1]
    both = np.split(clips.vectors, ends)
    dim = clips.vectors.shape[1] // 2
    one = [each[:, :dim] for each in both]
    msd, mtt = presets.MSD, presets.MTT
    beside = _way(one, names, msd)
    return {
        msd.name: dataclasses.replace(beside, is_with_unlike=False),
        UNLIKE.format(msd.name): beside,
        UNLIKE.format(BOTH): _way(both, names, msd, mtt),
        UNNAMED.format(msd.name): dataclasses.replace(
            beside, expected=np.zeros_like(beside.expected)
        ),
    }


def _way(vectors, names, *networks):
    """What `tftag learn` finds in these networks, and in the tags' names."""
    arrays = [published_taggers.read(one.name) for one in networks]
    background = few_examples.Background.of_norms(
        (one["embedding_norm/beta"], one["embedding_norm/gamma"])
        for one in arrays
    )
    kernel, _ = published_taggers.logits(len(background.mean), arrays)
    old = [name for one in networks for name in one.tags]
    words, _ = sources.shipped().embed([*old, *names])
    expected = few_examples.expected_kernels(
        kernel, words[: len(old)], words[len(old) :]
    )
    return few_recordings.Way(
        vectors, background, expected, is_with_unlike=True
    )


def _by_words(manifest, clips):
    """What the words of the tags say, `[recordings, tags]`."""
    known = sources.shipped()
    encoder = musicnn_words.model(known)
    vectors, _ = known.embed(manifest.vocabulary.names)
    texts = np.asarray(encoder.text_tower.predict(vectors, verbose=0))
    return cached_clips.embed(encoder, clips) @ texts.T


def _from_scratch(folder, manifest, folds, draws):
    """The scores of each fold of a cross-validation, as far as asked for."""
    found = []
    for number in range(min(draws, FOLDS)):
        file = pathlib.Path(folder, "folds", f"fold_{number}", "scores.npz")
        if not file.is_file():
            raise FileNotFoundError(
                "--scratch must be a run of run_cross_validation with the "
                f"folds that are drawn. Received: {folder}, without "
                f"{file.name} of fold {number}"
            )
        with np.load(file) as saved:
            scores, rows = saved["scores"], saved["rows"]
        if (
            not np.array_equal(rows, folds[number])
            or scores.shape[1] != manifest.labels().shape[1]
        ):
            raise ValueError(
                "--scratch must be of the same data and its 5 folds. "
                f"Received: {folder}, another fold {number}"
            )
        found.append(scores)
    return found


def report(
    run: run_folder.RunDir,
    manifest: manifests.Manifest,
    drawn: list[list[few_recordings.Examples]],
    results: list[dict],
    environment: dict,
) -> None:
    """Writes table, figure and figures of merit, and prints the table.

    Args:
        run: gets them.
        manifest: the recordings.
        drawn: the examples of each draw.
        results: of each draw: name of the way, and behind a tab the number
            of recordings -> what `metrics.summarize` says.
        environment: of the run.
    """
    figures = repeated_draws.combine(results)
    rows = []
    learned: dict[str, dict[int, dict]] = {}
    fixed: dict[str, dict] = {}
    for key, by_name in figures.items():
        if not isinstance(by_name, dict):
            continue
        name, _, size = key.partition("\t")
        if size:
            learned.setdefault(name, {})[int(size)] = by_name
        else:
            fixed[name] = by_name
        row: dict[str, object] = {"way": name, "recordings": size}
        for figure in few_shot_plot.TITLES:
            low, high = by_name[figure]["ci95_over_draws"] or (None, None)
            row |= {
                figure: by_name[figure]["mean"],
                f"{figure}_low": low,
                f"{figure}_high": high,
                f"{figure}_chance": by_name[figure]["chance"],
            }
        rows.append(row)
    names = manifest.vocabulary.names
    run.write_json(
        "metrics.json",
        {
            "figures": figures,
            "tags": [[names[each.tag] for each in draw] for draw in drawn],
            "manifest_fingerprint": manifest.fingerprint,
            "environment": environment,
        },
    )
    run.write_csv("few_shot.csv", rows)
    run.figures.mkdir(exist_ok=True)
    plots.save(
        few_shot_plot.curves(learned, fixed), run.figures / "few_shot.png"
    )
    text = table(rows)
    with atomic_write.replacing(run.path / "few_shot.md") as file:
        file.write(text + "\n")
    print(f"\n{text}\n\neverything in {run.path}")


def table(rows: list[dict]) -> str:
    """The table in Markdown; its intervals are over the draws."""
    titles = ["", "recordings", *few_shot_plot.TITLES.values()]
    lines = [titles, ["---"] * len(titles)]
    for row in rows:
        cells = [row["way"], row["recordings"]]
        for name in few_shot_plot.TITLES:
            low, high = row[f"{name}_low"], row[f"{name}_high"]
            cell = f"{row[name]:.3f}"
            if low is not None:
                cell += f" ({low:.3f} to {high:.3f})"
            cells.append(cell)
        lines.append(cells)
    chances = [f"{rows[0][f'{n}_chance']:.3f}" for n in few_shot_plot.TITLES]
    lines.append(["chance", "", *chances])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
