import argparse
import csv

import chosen_data_set
import numpy as np
import pytest
import soundfile
import toy_data_set

from pipelines import manifest, sources
from pipelines.prepare import command, flags
from pipelines.sources import data_set_list
from tftag.cli import command_line

pytestmark = pytest.mark.usefixtures("converted_here")


@pytest.fixture
def with_toy(monkeypatch):
    """The data sets, and one more: what its file and its line do."""
    everything = (*sources.DATA_SETS, toy_data_set.DATA_SET)
    monkeypatch.setattr(sources, "DATA_SETS", everything)
    return everything


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    splits = ("train",) * 3 + ("validation",) + ("test",) * 2
    with open(folder / toy_data_set.INDEX, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "key", "split"))
        for i, split in enumerate(splits):
            name = f"tone {i}.wav"
            writer.writerow((name, ("major", "minor")[i % 2], split))
            tone = 0.1 * np.sin(np.arange(8_000) * (0.1 + 0.05 * i))
            soundfile.write(folder / name, tone, 16_000)
    return folder


def _run(*arguments):
    return command_line.run(command.main, [str(a) for a in arguments])


def test_a_data_set_of_one_file_is_prepared(with_toy, toy, tmp_path, capsys):
    assert _run("--toy", toy, "--out", tmp_path, "--processes", 1) == 0
    made = manifest.read_manifest(tmp_path)
    assert made.split_counts == {"train": 3, "validation": 1, "test": 2}
    assert made.vocabulary.names == ("major", "minor")
    assert made.source["licence"] == toy_data_set.PUBLICATION.licence
    assert made.source["version"] == "tones"
    assert "6 recordings, 3.0 s" in capsys.readouterr().out


def test_its_own_flag_arrives(with_toy, toy, tmp_path):
    flags_given = ("--toy", toy, "--key", "minor", "--processes", 1)
    assert _run(*flags_given, "--out", tmp_path) == 0
    made = manifest.read_manifest(tmp_path)
    assert made.vocabulary.names == ("minor",)


def test_its_flags_stand_in_the_help(with_toy):
    text = " ".join(flags.make_parser("").format_help().split())
    assert "--toy DIR folder of toy.csv and six tones" in text
    assert "--toy: tones" in text
    assert "--key KEY Toy: learn only this one" in text


def test_it_stands_in_the_list(with_toy):
    text = data_set_list.text(with_toy)
    (paragraph,) = (p for p in text.split("\n\n") if p.startswith("Toy"))
    assert paragraph.startswith("Toy: --toy DIR\n")
    assert toy_data_set.PUBLICATION.licence in paragraph
    assert toy_data_set.PUBLICATION.homepage in paragraph
    assert ["tones", "3/1/2", "2", "two", "keys"] in [
        line.split() for line in paragraph.splitlines()
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--out y", "--toy is required"),
        ("--toy x --gtzan x --out y", "not allowed with"),
        ("--toy x --out y --subset a", "--toy must be one of tones"),
        ("--gtzan x --out y --key minor", "--key goes with --toy"),
        ("--toy x --out y --top-genres", "--top-genres goes with --fma"),
        ("--toy x --out y --key b", "--key must be major or minor"),
        ("--toy x --out y --key=", "--key must not be empty"),
    ],
)
def test_its_flags_are_checked_as_all_are(with_toy, text, words, capsys):
    assert _refused(text) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def _refused(text):
    with pytest.raises(SystemExit) as ended:
        flags.parse(text.split(), "")
    return ended.value.code


def test_a_copy_that_is_not_whole_is_refused(with_toy, toy, tmp_path, capsys):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "toy.csv").write_bytes(
        (toy / "toy.csv").read_bytes()[:60]
    )
    wanted = ("--toy", tmp_path / "lists", "--audio", toy)
    assert _run(*wanted, "--out", tmp_path / "out") == 2
    assert "3/1/2 recordings, as published" in capsys.readouterr().err


@pytest.mark.parametrize(
    "each", sources.DATA_SETS, ids=lambda each: each.flag.dest
)
def test_every_data_set_has_all_that_is_shown_of_it(each):
    assert each.name and each.flag.metavar
    for flag in (each.flag, *each.all_options):
        assert flag.name.startswith("--")
        assert len(flag.help) > 10
    if each.publication:
        assert each.publication.homepage.startswith("http")
        assert each.publication.licence
        assert each.versions


def test_no_two_data_sets_mean_something_else_by_a_flag():
    by_name = {}
    for each in sources.DATA_SETS:
        for flag in (each.flag, *each.all_options):
            assert by_name.setdefault(flag.name, flag) == flag


def test_lists_that_are_read_are_known():
    (table,) = (s for s in sources.DATA_SETS if s.flag.name == "--table")
    (pickles,) = (s for s in sources.DATA_SETS if s.flag.name == "--pickles")
    asked = argparse.Namespace(
        table="a.csv", pickles="lists", tag_names="b.txt", tag_separator=";"
    )
    assert table.files(asked) == ["a.csv"]
    assert pickles.files(asked) == ["b.txt"]


def _find_audio(name, text):
    asked, chosen = flags.parse(text.split(), "")
    assert chosen.flag.name == name
    return str(chosen.find_audio(asked))


def test_audio_lies_beside_the_lists_unless_said():
    assert _find_audio("--gtzan", "--gtzan a/b --out y") == "a/b"
    assert _find_audio("--gtzan", "--gtzan a/b --audio c --out y") == "c"
    assert _find_audio("--table", "--table a/b.csv --out y") == "a"
    assert _find_audio("--table", "--table a/b.csv --audio c --out y") == "c"
    text = "--table s3://a/b.csv --out y"
    assert _find_audio("--table", text) == "s3://a"
    assert _find_audio("--mirdata", "--mirdata n --audio c --out y") == "c"


@pytest.mark.parametrize("text", ["--fma s3://x", "--fma x --audio gs://x/y"])
def test_only_tables_and_their_audio_may_have_an_address(text):
    with pytest.raises(ValueError, match="copy it here first"):
        _find_audio("--fma", f"{text} --out y")


@pytest.mark.parametrize(
    ("given", "tags"),
    [([], {"a;b", "c"}), (["--tag-separator", ";"], {"b", "a|c"})],
)
def test_what_joins_tags_is_a_bar_unless_said(tmp_path, given, tags):
    (tmp_path / "x.wav").write_bytes(b"")
    cell = "a;b|c" if not given else "b;a|c"
    (tmp_path / "tags.csv").write_text(f"path,tags\nx.wav,{cell}\n")
    listing = chosen_data_set.read("--table", tmp_path / "tags.csv", *given)
    assert set(listing.recordings[0].tags) == tags


def test_a_tab_between_tags_can_be_written(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"")
    (tmp_path / "tags.tsv").write_text("path\ttags\nx.wav\tpop\trock\n")
    given = ("--table", tmp_path / "tags.tsv", "--tag-separator", r"\t")
    (recording,) = chosen_data_set.read(*given).recordings
    assert recording.tags == ("pop", "rock")
