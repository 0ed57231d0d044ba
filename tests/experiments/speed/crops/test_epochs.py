"""What the first epoch of a place costs, and the later ones."""

import tone_manifest

from experiments.speed.crops import epochs
from pipelines import copy_up
from tftag.storage.remote import address as addresses


def test_each_epoch_of_a_place_is_measured(door, tmp_path, monkeypatch):
    monkeypatch.setenv("TFTAG_CACHE", str(tmp_path / "cache"))
    made = tone_manifest.make(tmp_path / "data")
    copy_up.copy_folder(made.folder, addresses.Address("s3://music/data"))
    found = epochs.measured("s3://music/data", clip_seconds=0.5, epochs=2)
    assert found["crops"] == 24
    for name in ("crops_per_second", "cpu_ms_per_crop"):
        assert len(found[name]) == 2 and min(found[name]) > 0
