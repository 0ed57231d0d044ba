"""Every flag of `tftag` that takes a place takes one of any name."""

import importlib
import shutil

import odd_names
import pytest
import soundfile
import tftag_command
import tiny_tagger

from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line, main

RATE = tiny_tagger.SPEC.sample_rate_hz
# All that is odd in one name, but for its length.
NAMES = [
    "".join(name for name in odd_names.ODD_NAMES if name != odd_names.LONG),
    odd_names.LONG,
]
# In this order: some read what others have left.
LINES = """
    tag SONG --model TAGGER --out FILE.csv
    tag PLAIN --model MODEL --m3u LISTS
    tag MUSIC --model MODEL --write-tags UNDO --fields FIELDS
    tag --undo UNDO
    timeline SONG --model MODEL --out FILE.png
    index MUSIC --model ENCODER --out INDEX
    search INDEX dreamy --model WORDS --out FILE.csv
    search MUSIC dreamy --model WORDS --index INDEX
    similar MUSIC --model WORDS --index INDEX --like SONG --unlike OTHER
    similar INDEX --model WORDS --like SONG --out FILE.csv
    map INDEX --out FILE.htm
"""
# Run in a process of its own, or until it is told to end.
OTHERS = {"learn", "onnx", "serve"}


def test_every_flag_that_takes_a_place_is_here():
    parser = command_line.Parser()
    commands = parser.add_subparsers()
    for module in main.COMMANDS.values():
        importlib.import_module(module).add_parser(commands)
    assert list(commands.choices) == list(main.COMMANDS)
    of_places = {arguments_lib.local_path, arguments_lib.place}
    for name, command in commands.choices.items():
        lines = [line for line in LINES.splitlines() if f" {name} " in line]
        for action in command._actions:
            if action.type in of_places and name not in OTHERS:
                flag = (action.option_strings or [name])[0]
                assert flag == "--catalogue" or any(
                    flag in line for line in lines
                ), (name, flag)


@pytest.fixture(scope="module", params=NAMES, ids=["all", "long"])
def places(request, tagger_folder, encoder_folder, tmp_path_factory):
    """By the words of the lines, places of such a name in folders of it."""
    name, folder = request.param, tmp_path_factory.mktemp("places")
    words = "TAGGER ENCODER MUSIC FILE UNDO FIELDS INDEX"
    made = {word: folder / name / word / name for word in words.split()}
    for place in made.values():
        place.parent.mkdir(parents=True)
    shutil.copytree(tagger_folder.parent, made["TAGGER"])
    shutil.copytree(encoder_folder.parent, made["ENCODER"])
    made["FIELDS"].write_text("tag,field,value\nrock,genre,Rock\n")
    made["MODEL"], made["WORDS"] = tagger_folder.parent, encoder_folder.parent
    made["MUSIC"].mkdir()
    made["SONG"] = made["MUSIC"] / f"{name}.wav"
    made["OTHER"] = made["MUSIC"] / f"{name}.flac"
    for seed, song in enumerate((made["SONG"], made["OTHER"])):
        soundfile.write(song, tiny_tagger.music(RATE, seed) / 8, RATE)
    # A playlist is lines: it cannot name what has a line end in its name.
    one_line = "".join(name.split("\n"))
    made["PLAIN"], made["LISTS"] = folder / "plain", folder / one_line
    made["PLAIN"].mkdir()
    shutil.copy(made["SONG"], made["PLAIN"] / f"{one_line}.wav")
    return made


@pytest.mark.slow
def test_any_name_is_a_name(places, tagger, encoder, monkeypatch, capsys):
    # Opened under its odd name once; that takes a moment.
    for kind, word, model in (
        ("tagger", "MODEL", tagger),
        ("dual_encoder", "WORDS", encoder),
    ):
        known = str(places[word]), model, getattr(chosen_model, f"open_{kind}")
        monkeypatch.setattr(
            chosen_model,
            f"open_{kind}",
            lambda place, *, known=known, **options: (
                known[1]
                if str(place) == known[0]
                else known[2](place, **options)
            ),
        )
    for line in LINES.strip().splitlines():
        argv = []
        for word in line.split():
            place, dot, ending = word.partition(".")
            argv.append(f"{places.get(place, place)}{dot}{ending}")
        assert tftag_command.run(*argv) == 0, capsys.readouterr().err
        capsys.readouterr()
