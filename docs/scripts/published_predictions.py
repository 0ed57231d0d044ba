"""Scores predictions that others published, with the figures of this package.

```
python -m docs.scripts.published_predictions est.csv gt.csv
python -m docs.scripts.published_predictions predictions.npy groundtruth.npy
```

The pairs that `docs/reproduce.md` names: tables without a header whose rows
are a number, a tab, a name and a value per tag, or arrays `[recordings, tags]`.
"""

import argparse
import csv
import pathlib

import numpy as np

from tftag import metrics


def main(argv: list[str] | None = None) -> int:
    """Prints the macro averages over the tags."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("predictions", help="a score per recording and tag")
    parser.add_argument("truth", help="0 or 1 per recording and tag")
    arguments = parser.parse_args(argv)
    scored, scores = read(arguments.predictions)
    named, truth = read(arguments.truth)
    if scored != named:
        raise ValueError(
            "Predictions and truth must be of the same recordings in the same "
            f"order. Received: {len(scored)} and {len(named)} recordings"
        )
    found = metrics.summarize(truth, scores, draws=0)
    print(f"{len(truth)} recordings, {truth.shape[1]} tags")
    print(f"ROC-AUC {found['roc_auc']['value']:.12f}")
    print(f"MAP     {found['map']['value']:.12f}")
    return 0


def read(path: str) -> tuple[list[str], np.ndarray]:
    """Names and values float64 `[recordings, tags]`; of arrays, numbers."""
    if pathlib.Path(path).suffix == ".npy":
        values = np.load(path, allow_pickle=False).astype(np.float64)
        return [str(number) for number in range(len(values))], values
    names, values = [], []
    with open(path, encoding="utf-8", newline="") as file:
        for _, cells in csv.reader(file, delimiter="\t"):
            name, *numbers = cells.split(",")
            names.append(name)
            values.append([float(number) for number in numbers])
    return names, np.array(values)


if __name__ == "__main__":
    raise SystemExit(main())
