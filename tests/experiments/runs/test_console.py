"""The screen shows the project's messages, once, and hides other noise."""

import dataclasses
import logging
import shlex
import sys

import tone_manifest

from experiments.runs import console
from tftag.storage.remote import address as addresses


def test_own_messages_are_shown_once_and_others_are_not(capsys):
    console.begin()
    console.begin()
    logging.getLogger("experiments.training").info("epoch 1/3")
    logging.getLogger("tftag.export").warning("look here")
    logging.getLogger("tensorflow").warning("noise")
    said = capsys.readouterr()
    assert said.out == "epoch 1/3\nlook here\n"
    assert said.err == ""


def test_paths_are_shown_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert console.short(tmp_path / "a" / "b.wav") == "a/b.wav"
    assert console.short("a/../c.wav") == "c.wav"
    assert console.short("/elsewhere/c.wav") == "/elsewhere/c.wav"


def test_a_command_can_be_pasted_into_a_shell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = console.tftag_command("search", tmp_path / "my songs", "a -b's")
    python, *words = shlex.split(text)
    assert python == console.short(sys.executable)
    assert words == ["-m", "tftag", "search", "my songs", "a -b's"]


def test_an_example_is_a_recording_that_tftag_reads(tmp_path):
    made = tone_manifest.make(tmp_path / "data", train=2, validation=0)
    assert console.example(made) == made.wav_path(made.tracks[0])
    array = dataclasses.replace(made.tracks[0], codec="npy")
    mixed = dataclasses.replace(made, tracks=(array, made.tracks[1]))
    assert console.example(mixed) == made.wav_path(made.tracks[1])
    assert console.example(dataclasses.replace(made, tracks=(array,))) is None
    remote = dataclasses.replace(made, folder=addresses.Address("s3://b/x"))
    assert console.example(remote) is None
