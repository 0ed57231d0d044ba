"""The screen shows the project's messages, once, and hides other noise."""

import logging

import pytest

from experiments import console
from pipelines.storage import address as addresses


@pytest.fixture(autouse=True)
def loggers_as_they_were():
    names = ("experiments", "pipelines", "tftag", "absl", "tensorflow")
    kept = {}
    for name in names:
        logger = logging.getLogger(name)
        kept[name] = (logger.level, logger.handlers, logger.propagate)
    yield
    for name, (level, handlers, propagate) in kept.items():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.handlers, logger.propagate = handlers, propagate


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
    # An address is nothing that `tftag tag` could be tried on.
    assert console.short(addresses.Address("s3://b/c.wav")) == "AUDIO"


def test_a_path_with_spaces_can_be_pasted_into_a_shell(tmp_path):
    assert console.quoted(tmp_path / "a b.mp3") == f"'{tmp_path}/a b.mp3'"
    assert console.quoted(tmp_path / "a.mp3") == f"{tmp_path}/a.mp3"
