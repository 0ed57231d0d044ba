"""A run over files that is stopped; the others are tried by the command."""

import numpy as np
import pytest

from tftag.cli.tag import journal, shards, tagging

NAMES = [f"{name}.wav" for name in "abcd"]


@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_a_stopped_run_goes_on_where_it_was(tmp_path, stop_after):
    music = tmp_path / "music"
    music.mkdir()
    for name in NAMES:
        (music / name).write_bytes(name.encode())
    decoded = []

    def decode(paths, fail):
        for path in paths:
            decoded.append(path.name)
            yield path, np.zeros(1)

    def answer(recordings):
        return ((path, []) for path, _ in recordings)

    def run(stop_after=None):
        with journal.opened(tmp_path / "journal", "a model") as notes:
            run = tagging.Run([music], shards.Shard(), notes, pytest.fail)
            for count, _ in enumerate(run.tag(decode, answer), start=1):
                if count == stop_after:
                    return None
            return [path.name for path, _ in run.results()]

    run(stop_after)
    finished = set(decoded[:stop_after])
    decoded.clear()
    assert run() == NAMES
    # What was noted is not decoded again; what was not, is.
    assert len(finished & set(decoded)) <= 1
    assert finished | set(decoded) == set(NAMES)
