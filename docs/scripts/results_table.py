r"""Makes the tables of results on the pages from the files of runs.

```
python -m docs.scripts.results_table
python -m docs.scripts.results_table transfer=runs/cross_validation/first \
    recordings=runs/study/recordings
```

`docs/results.json` has the figures of the runs and studies that pages show;
what a call names is read from its metrics.json first. Then every part of a page
between `<!-- results NAME -->` and `<!-- end -->` is written anew. A figure
that no file of a run is left of says so in `docs/results.json`: `kept` false.
"""

import json
import pathlib
import re

from experiments.studies import markdown
from tftag.cli import command_line
from tftag.storage import atomic_write, plain_json

ROOT = pathlib.Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results.json"
PAGES = tuple(
    ROOT / page
    for page in ("README.md", "docs/results.md", "docs/experiments.md")
)
_PART = re.compile(r"(<!-- results (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_FIGURES = {"roc_auc": "ROC-AUC", "map": "MAP", "p_at_10": "P@10"}
_WHOLE = {
    "map": "MAP",
    "roc_auc": "ROC-AUC",
    "p_at_10": "P@10 of tags (tag -> recordings)",
    "recording_p_at_10": "P@10 of tracks (recording -> tags)",
    "r_precision": "R-precision",
}
# Flags that say where something lies on a machine, or how much time it had.
_PLACES = ("--runs", "--name", "--export", "--copy-to", "--budget")


def main(argv: list[str] | None = None) -> int:
    """Takes up what is named, and writes the pages."""
    parser = command_line.Parser(
        prog="python -m docs.scripts.results_table",
        description=__doc__.split("\n")[0],
    )
    parser.add_argument(
        "runs", nargs="*", metavar="NAME=FOLDER", help="of a finished run"
    )
    arguments = parser.parse_args(argv)
    results = read()
    for named in arguments.runs:
        name, _, folder = named.partition("=")
        found = taken(pathlib.Path(folder))
        results["studies" if "question" in found else "runs"][name] = found
    text = plain_json.text(results, indent=1) + "\n"
    atomic_write.write(RESULTS, text)
    for page in PAGES:
        before = page.read_text("utf-8")
        atomic_write.write(page, filled(before, results))
    return 0


def read() -> dict[str, dict]:
    """The figures that pages show: `runs` and `studies`, each by name."""
    return json.loads(RESULTS.read_text("utf-8"))


def taken(folder: pathlib.Path) -> dict:
    """What pages need of a run.

    Args:
        folder: of a run of `run_baseline`, `run_cross_validation` or
            `run_study` that is finished.
    """
    found = plain_json.read(folder / "metrics.json", "name a finished run")
    if "question" in found:
        kept = {k: v for k, v in found.items() if k != "environment"}
        return kept | {"command": plain_command(found["command"])}
    starts = plain_json.read(folder / "environment.json", "name another run")
    command = plain_command(starts["starts"][-1]["command"])
    return {
        "command": command,
        "kept": True,
        "recordings": found["recordings"],
        **{name: found[name] for name in _WHOLE},
    }


def plain_command(words: list[str]) -> list[str]:
    """A command without the places of the machine that it ran on."""
    kept: list[str] = []
    skips = False
    for word in words:
        if skips or word in _PLACES:
            skips = not skips
        elif kept and kept[-1] == "--data" and "/" in word:
            kept.append(f"data/{pathlib.PurePath(word).name}")
        else:
            kept.append(word)
    return kept


def filled(page: str, results: dict[str, dict]) -> str:
    """A page with its parts written anew.

    Raises:
        ValueError: a part is neither a table nor a study of `results`.
    """

    def part(found: re.Match[str]) -> str:
        begin, name, end = found.groups()
        if name not in TABLES and name not in results["studies"]:
            raise ValueError(
                f"A part must be one of {', '.join(TABLES)} or a study of "
                f"{RESULTS.name}. Received: {name}"
            )
        if name in TABLES:
            return f"{begin}{TABLES[name](results)}{end}"
        return f"{begin}{markdown.section(results['studies'][name])}{end}"

    return _PART.sub(part, page)


def embedded(results: dict[str, dict]) -> str:
    """The embedded set, as the README shows it."""
    return _one_run(
        results["runs"]["embedded"], ("map", "roc_auc", "p_at_10"), False
    )


def embedded_whole(results: dict[str, dict]) -> str:
    """The embedded set with all figures."""
    return _one_run(results["runs"]["embedded"], tuple(_WHOLE), True)


def _one_run(run, names, has_best) -> str:
    best = " best possible |" if has_best else ""
    lines = [
        f"| | value | 95 % interval | chance |{best}",
        "| --- | --- | --- | --- |" + (" --- |" if has_best else ""),
    ]
    for name in names:
        figure = run[name]
        title = _WHOLE[name]
        if not has_best:
            title = title.replace("of tags ", "")
        low, high = figure["ci95"]
        line = (
            f"| {title} | {figure['value']:.3f} | {low:.3f} to {high:.3f} "
            f"| {figure['chance']:.3f} |"
        )
        best = figure.get("ceiling", 1.0)
        lines.append(line + (f" {best:.3g} |" if has_best else ""))
    return "\n".join(lines) + "\n"


def _rows(titles: dict[str, str]):
    """A table of runs, a row each: name in the results -> what it is."""

    def table(results: dict[str, dict]) -> str:
        lines = [
            f"| pooled over 5 folds | {' | '.join(_FIGURES.values())} |",
            "| --- | --- | --- | --- |",
        ]
        for name, title in titles.items():
            cells = [
                _with_interval(results["runs"][name][key]) for key in _FIGURES
            ]
            lines.append(f"| {title} | {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"

    return table


def _with_interval(figure) -> str:
    value = f"{figure['value']:.3f}"
    if figure["ci95"] is None:
        return value
    low, high = figure["ci95"]
    return f"{value} ({low:.3f} to {high:.3f})"


_STRONG = "`strong`, from random weights"
_SCRIPT = "a plain 100-line Keras script of the same seven blocks"
_CONTROL = '`strong --average-with "" --shuffle-labels --epochs 30`'
_ALONE = '`transfer --average-with ""`: both musicnn alone, in seconds'

TABLES = {
    "embedded": embedded,
    "embedded_whole": embedded_whole,
    "4q": _rows(
        {
            "transfer": "`transfer`, from published taggers, with `strong` "
            "and `descriptors`",
            "transfer_alone": _ALONE,
            "strong": _STRONG,
            "plain_script": _SCRIPT,
            "shuffled": f"{_CONTROL}, the control",
        }
    ),
    "4q_transfer": _rows(
        {
            "transfer": "`transfer`",
            "transfer_without_strong": "`transfer --average-with "
            "transfer_vgg+descriptors`: in seconds, no network from random "
            "weights",
            "transfer_alone": _ALONE,
            "msd_regression": "logistic regression (scikit-learn, C 0.01) on "
            "`msd_musicnn`'s embedding",
            "strong": "`strong`, as above",
        }
    ),
    "4q_from_scratch": _rows(
        {
            "strong": "`strong`",
            "strong_alone": '`strong --average-with ""`: without descriptors',
            "descriptors": "`descriptors`: these alone, in seconds",
            "strong_4_members": '`strong --average-with "" --members 4`: '
            "four networks in place of two",
            "plain_script": _SCRIPT,
            "strong_alone_by_probabilities": '`strong --average-with ""`, by '
            "probabilities",
            "plain_script_by_probabilities": "the script, by probabilities",
            "hand_made": "the data set's 100 hand-made features, logistic "
            "regression",
            "shuffled": f"{_CONTROL}: labels dealt out at random",
            "shuffled_seed_1": "the same, dealt again (`--seed 1`)",
        }
    ),
    "4q_seeds": _rows(
        {
            f"{name}{end}": title + more
            for name, title in (
                ("transfer", "`transfer`"),
                ("transfer_alone", '`transfer --average-with ""`'),
                ("strong", "`strong`"),
                ("descriptors", "`descriptors`"),
            )
            for end, more in (
                ("", ""),
                ("_seed_1", ", `--seed 1`"),
                ("_seed_2", ", `--seed 2`"),
            )
        }
        | {"strong_avx2": "`strong`, seed 0 on another processor"}
    ),
}


if __name__ == "__main__":
    raise SystemExit(command_line.run(main))
