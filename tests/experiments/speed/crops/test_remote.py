import pytest
import tone_manifest

from experiments import run_benchmark
from experiments.speed.crops import reading
from pipelines import copy_up
from tftag.storage.remote import address as addresses


def test_places_are_measured_beside_each_other(
    door, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(reading, "_FIRST_BATCHES", 1)
    made = tone_manifest.make(tmp_path / "data")
    copy_up.copy_folder(made.folder, addresses.Address("s3://music/data"))
    door.sent_bytes.clear()
    command = ["remote", "s3://music/data", str(made.folder)]
    command += ["--clip-seconds", "0.5", "--seconds", "0.1", "--rounds", "1"]
    assert run_benchmark.main(command) == 0
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert "0.5 s (0.01 MB)" in head and "24 recordings" in head
    figures = {row.rsplit(None, 3)[0]: float(row.split()[-1]) for row in rows}
    assert list(figures) == [
        f"{place}, batches of {size}"
        for place in command[1:3]
        for size in (8, 32)
    ]
    assert min(figures.values()) > 0
    # The bucket was read for its rows, in slices, and not for the others.
    sizes = {n for _, path, n in door.sent_bytes if path.endswith(".wav")}
    assert sizes == {2 * tone_manifest.RATE_HZ // 2}


def test_a_place_named_twice_is_refused(tmp_path):
    with pytest.raises(ValueError, match="once.*data data"):
        run_benchmark.main(["remote", "data", "data"])
