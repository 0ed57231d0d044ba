import numpy as np
import pytest
import sklearn.metrics

from docs.scripts import published_predictions


@pytest.fixture
def pair(tmp_path):
    """A table of scores and one of truth, in the form that others publish."""
    draw = np.random.default_rng(0)
    truth = (draw.random((30, 4)) < 0.4).astype(float)
    scores = draw.random((30, 4))
    for name, values in (("est", scores), ("gt", truth)):
        lines = [
            f"{number}\ta/{number}.mp3,{','.join(map(str, row))}\n"
            for number, row in enumerate(values)
        ]
        (tmp_path / f"{name}.csv").write_text("".join(lines))
        np.save(tmp_path / f"{name}.npy", values)
    return tmp_path, truth, scores


@pytest.mark.parametrize("ending", ["csv", "npy"])
def test_the_figures_are_those_of_scikit_learn(pair, ending, capsys):
    folder, truth, scores = pair
    files = [str(folder / f"{name}.{ending}") for name in ("est", "gt")]
    assert published_predictions.main(files) == 0
    said = capsys.readouterr().out
    area = sklearn.metrics.roc_auc_score(truth, scores)
    precision = sklearn.metrics.average_precision_score(truth, scores)
    assert f"ROC-AUC {area:.12f}" in said
    assert f"MAP     {precision:.12f}" in said


def test_tables_of_other_recordings_are_refused(pair):
    folder, _, _ = pair
    text = (folder / "gt.csv").read_text().replace("a/3.mp3", "a/x.mp3")
    (folder / "gt.csv").write_text(text)
    with pytest.raises(ValueError, match="same recordings"):
        published_predictions.main(
            [str(folder / "est.csv"), str(folder / "gt.csv")]
        )
