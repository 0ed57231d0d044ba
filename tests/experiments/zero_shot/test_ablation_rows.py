"""The rows cover what a dual encoder lets one choose, one thing at a time."""

from experiments.settings import dual_encoder_config, flags
from experiments.zero_shot import ablation_rows
from tftag.losses import contrastive, negatives


def test_every_loss_and_every_way_of_negatives_on_the_words_of_the_run():
    rows = ablation_rows.rows(dual_encoder_config.demo(), ())
    made = [row for row in rows if row.part == "loss"]
    losses = {row.settings.training.loss for row in made}
    assert losses == set(contrastive.LOSSES)
    triplets = [r for r in made if r.settings.training.loss == "triplet"]
    drawn = [row.settings.negatives for row in triplets]
    assert sorted(drawn) == sorted(negatives.SAMPLINGS)
    assert len({row.vectors.fingerprint for row in made}) == 1


def test_sources_differ_in_their_words_alone():
    settings = dual_encoder_config.strong()
    rows = ablation_rows.rows(settings, ("random", "shipped", "random"))
    made = [row for row in rows if row.part == "words"]
    assert [row.title for row in made] == ["words: shipped", "words: random"]
    for row in made:
        assert flags.leaves(row.settings) == flags.leaves(settings)
    assert made[0].vectors.fingerprint != made[1].vectors.fingerprint


def test_titles_are_unique():
    rows = ablation_rows.rows(dual_encoder_config.demo(), ("random",))
    assert len({row.title for row in rows}) == len(rows)


def test_files_of_one_name_are_told_apart(tmp_path):
    paths = [tmp_path / folder / "small.txt" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("happy 1 0\nsad 0 1\n")
    rows = ablation_rows.rows(
        dual_encoder_config.demo(), tuple(map(str, paths))
    )
    titles = [row.title for row in rows]
    assert len(set(titles)) == len(titles)
    assert titles[-2:] == [f"words: {path}" for path in paths]


def test_known_are_tags_of_which_a_word_has_a_vector(tmp_path):
    glove = tmp_path / "small.txt"
    glove.write_text("happy 1 0\nsad 0 1\n")
    row = ablation_rows.rows(dual_encoder_config.demo(), (str(glove),))[-1]
    assert row.title == "words: small.txt"
    known = row.known(("happy", "very sad", "angry"))
    assert known.tolist() == [True, True, False]
