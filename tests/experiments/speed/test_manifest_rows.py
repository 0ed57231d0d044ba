from experiments.speed import manifest_rows
from pipelines import manifest


def test_rows_are_opened_and_their_clips_are_drawn(tmp_path):
    manifest_rows.write(tmp_path, 700)
    made = manifest.read_manifest(tmp_path)
    assert len(made.tracks) == 700
    assert len({track.path for track in made.tracks}) == 700
    assert made.labels().sum() == 5 * 700
    found = manifest_rows.measure(tmp_path, batches=2)
    assert found["rows"] == 700
    assert 0 < found["open_s"] < 5 and found["open_mb"] < 100
    assert 0 < found["clip_us"]
