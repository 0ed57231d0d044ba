"""Services that several tests ask."""

import threading
import types

import pytest
import running_service
import soundfile
import tiny_tagger

from tftag.audio import decoding_pool


@pytest.fixture(scope="session")
def service(tagger_folder, encoder_folder, small_index):
    """Serves the tiny models and an index of five recordings."""
    folders = [tagger_folder.parent, encoder_folder.parent]
    with running_service.running(folders, index=small_index) as running:
        yield running


@pytest.fixture
def service_client(service):
    """A client of `service`."""
    return service.client


@pytest.fixture
def slow_decoding(monkeypatch):
    """Decoding has `began`, and waits until `go`."""
    began, go = threading.Event(), threading.Event()

    def wait(self, path, rate_hz):
        began.set()
        assert go.wait(30)
        return decode(self, path, rate_hz)

    decode = decoding_pool.Worker.decode
    monkeypatch.setattr(decoding_pool.Worker, "decode", wait)
    yield types.SimpleNamespace(began=began, go=go)
    go.set()


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """A folder of five recordings, one of which is named as a trap."""
    folder = tmp_path_factory.mktemp("library")
    names = ("a.wav", "b.flac", "<script>.wav", "c d/e.wav", "c d/f\u00e9.flac")
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        sound = 0.3 * tiny_tagger.music(tiny_tagger.CLIP * (seed + 1), seed)
        soundfile.write(path, sound, tiny_tagger.SPEC.sample_rate_hz)
    return folder


@pytest.fixture(scope="session")
def small_index(library, encoder_folder, tmp_path_factory):
    """Its index."""
    from tftag.cli import main

    folder = tmp_path_factory.mktemp("index") / "my.index"
    arguments = ["--model", str(encoder_folder), "--threads", "1"]
    assert (
        main.main(["index", str(library), "--out", str(folder), *arguments])
        == 0
    )
    return folder
