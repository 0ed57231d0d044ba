import dataclasses
import re

import pytest

from pipelines import sources
from pipelines.prepare import flags, preparation
from pipelines.sources import data_set_list


def _parse(text):
    return flags.parse(text.split(), "What it does.")[0]


def test_the_first_subset_is_the_default():
    for each in sources.DATA_SETS:
        if each.versions and not each.other_subsets:
            asked = _parse(f"{each.flag.name} x --out y")
            assert asked.subset == each.versions[0].name


def test_data_without_subsets_has_none():
    assert _parse("--table x --out y").subset is None
    assert _parse("--mirdata x --audio z --out y").subset is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--out y", "one of the arguments --table"),
        ("--gtzan x --fma x --out y", "not allowed with"),
        ("--gtzan x", "required: --out"),
        ("--gtzan x --out -", "one of that name is ./-"),
        ("--table x --out y --subset a", "--subset goes with"),
        ("--gtzan x --out y --subset a", "must be one of filtered"),
        ("--fma x --out y --tag-separator ;", "goes with --table or --pickles"),
        ("--table x --out y --tags t --top 5", "leave out --top"),
        ("--table x --out y --tags t --min-count 2", "leave out --top"),
        ("--fma x --out y --subset tiny", "small, medium, large, full"),
        ("--fma x --out y --split-number 1", "--split-number goes with"),
        ("--fma x --out y --split-number 0", "--split-number goes with"),
        ("--fma x --out y --all-tags", "goes with --magnatagatune"),
        ("--gtzan x --out y --merge-synonyms", "goes with --magnatagatune"),
        ("--gtzan x --out y --top-genres", "--top-genres goes with --fma"),
        ("--table x --out y --partial", "--partial goes with"),
        ("--table x --out y --tag-names n", "goes with --pickles; see --tags"),
        ("--mirdata x --out y", "--mirdata needs --audio"),
        ("--table x --out y --split a/b", "must be like 8/1/1"),
    ],
)
def test_flags_that_do_not(text, words, capsys):
    with pytest.raises(SystemExit) as ended:
        _parse(text)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["table", "out", "audio", "tag-separator"])
def test_a_variable_of_the_shell_that_is_not_set_is_named(name, capsys):
    given = {"table": "x", "out": "y"} | {name: ""}
    with pytest.raises(SystemExit):
        flags.parse([f"--{k}={v}" for k, v in given.items()], "")
    assert f"--{name} must not be empty" in capsys.readouterr().err


def test_what_is_not_asked_is_as_the_library_has_it():
    asked, options = _parse("--table x --out y"), preparation.Options()
    names = {field.name for field in dataclasses.fields(options)}
    same = names & set(vars(asked))
    # The others: --tags is a file, --split a text, that become these.
    assert names - same == {"vocabulary", "split_weights"}
    for name in same:
        assert getattr(asked, name) == getattr(options, name), name
    assert asked.tags is None and asked.split is None


def test_every_flag_says_what_it_is_and_its_default():
    text = flags.make_parser("What it does.").format_help()
    entries = re.split(r"^  (?=-)", text, flags=re.M)[1:]
    found = {entry.split()[0]: " ".join(entry.split()[1:]) for entry in entries}
    assert list(found)[:2] == ["-h,", "--list"]
    for name, said in found.items():
        assert len(said) > 10, name
    defaults = {
        "--min-count": "1",
        "--max-rejected-share": "0.1",
        "--sample-rate-hz": "16000",
        "--seconds-per-file": "120",
        "--seed": "0",
        "--split": "8/1/1",
        "--tag-separator": "|",
    }
    for name, default in defaults.items():
        assert f"default: {default})" in found[name]


def test_the_help_has_every_subset():
    text = " ".join(flags.make_parser("").format_help().split())
    for each in sources.DATA_SETS:
        if each.publication:
            assert f"{each.flag.name}: {each.subsets}" in text


def test_the_list_needs_nothing_else(capsys):
    with pytest.raises(SystemExit) as ended:
        _parse("--list")
    assert ended.value.code == 0
    assert capsys.readouterr().out == data_set_list.text(sources.DATA_SETS)
