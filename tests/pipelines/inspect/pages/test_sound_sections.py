import melodies
import pytest

from pipelines.inspect import inspection, measurements
from pipelines.inspect.pages import sound_sections


@pytest.fixture
def prepared(tmp_path):
    return melodies.with_a_copy(tmp_path / "data", artist="<script>x</script>")


def test_levels_and_shared_audio_are_shown(seen):
    made = sound_sections.write(seen)
    assert made.count("<svg") == 6
    assert "train / validation" in made and "+2.0 s" in made
    assert "<script>" not in made and "&lt;script&gt;x" in made


def test_without_listening_there_are_two_charts(prepared):
    made = sound_sections.write(inspection.inspect(prepared, None))
    assert made.count("<svg") == 2 and "the recordings were not read" in made
    assert "Lowest level" not in made


def test_unreadable_and_rejected_files_are_listed(prepared, tmp_path):
    for track in prepared.tracks:
        (prepared.folder / track.path).unlink()
    (prepared.folder / "rejected.csv").write_text(
        "name,reason,detail\na,<silent>,\n"
    )
    measured = measurements.measure(prepared, tmp_path)
    made = sound_sections.write(inspection.inspect(prepared, measured))
    assert "<h2>Unreadable</h2>" in made and made.count("No such file") == 4
    assert "&lt;silent&gt;" in made


def test_equal_audio_is_a_row(tmp_path):
    wave = melodies.melody(0, 4)
    rows = [(wave, split, "A", ["calm"]) for split in ("train", "test")]
    prepared = melodies.prepare(tmp_path / "data", rows)
    made = sound_sections.write(inspection.inspect(prepared, None))
    assert "Equal to the sample" in made and "train, test" in made
