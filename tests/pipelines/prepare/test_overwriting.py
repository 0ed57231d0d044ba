import pytest

from pipelines.prepare import overwriting
from tftag.storage.remote import address


def test_what_lies_elsewhere_is_read(tmp_path):
    out = tmp_path / "mine"
    overwriting.refuse_own_files(
        out,
        [
            tmp_path / "wav" / "a.wav",
            out / "music" / "wav" / "a.wav",
            out / "wav2" / "a.wav",
            out / "tags.csv",
            str(tmp_path / "manifest.csv"),
            address.Address("s3://bucket/wav/a.wav"),
            "s3://bucket/manifest.csv",
        ],
    )


@pytest.mark.parametrize(
    "name",
    [
        "wav/a.wav",
        "wav/disc 1/a.wav",
        "wav",
        "music/../wav/a.wav",
        "manifest.csv",
        "manifest.json",
        "rejected.csv",
        "progress.jsonl",
    ],
)
def test_its_own_files_are_refused(tmp_path, name):
    out = tmp_path / "mine"
    (out / "music").mkdir(parents=True)
    sources = [tmp_path / "b.wav", f"{out}/{name}"]
    with pytest.raises(ValueError, match="name another --out.*1 such files"):
        overwriting.refuse_own_files(out, sources)


def test_links_hide_nothing(tmp_path, monkeypatch):
    music, out = tmp_path / "music", tmp_path / "mine"
    (out / "wav").mkdir(parents=True)
    (out / "wav" / "a.wav").write_bytes(b"the only copy")
    music.mkdir()
    (music / "linked.wav").symlink_to(out / "wav" / "a.wav")
    (tmp_path / "other name").symlink_to(out)
    for source in ("music/linked.wav", "other name/wav/a.wav"):
        with pytest.raises(ValueError, match="its own wav there"):
            overwriting.refuse_own_files(out, [tmp_path / source])
    monkeypatch.chdir(out)
    with pytest.raises(ValueError, match="the first is wav/a.wav"):
        overwriting.refuse_own_files(".", ["wav/a.wav"])
