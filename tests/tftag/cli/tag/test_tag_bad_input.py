"""`tftag tag` on a folder with odd and damaged files."""

import csv
import io
import os

import odd_audio
import pytest
import tftag_command


@pytest.mark.slow
def test_each_file_is_tagged_or_named(tmp_path, tagger_folder, capsys):
    odd = odd_audio.usable() | odd_audio.unusable() | odd_audio.for_ffmpeg()
    # What a folder is searched for goes by the ending of the name.
    odd = {name: file for name, file in odd.items() if "." in name}
    del odd["page.html"]
    expected = {}
    for name, file in odd.items():
        (tmp_path / name).write_bytes(file.data)
        expected[name] = file.by_ffmpeg or file.expected
    good = odd_audio.encoded(odd_audio.tone())
    for name in ("two\nlines.wav", "bytes\udcff.wav"):
        with open(os.fsencode(tmp_path / name), "wb") as file:
            file.write(good)
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    expected |= {"two\nlines.wav": "used", "bytes\ufffd.wav": "used"}
    expected["loop.wav"] = "refused"

    argv = ["tag", str(tagger_folder), str(tmp_path), "--format", "csv"]
    assert tftag_command.run(*argv) == 1
    out, err = capsys.readouterr()
    refused = [line for line in err.splitlines() if line]
    others = [x for x in refused if not x.startswith("not tagged: ")]
    assert others == []
    assert len(refused) == sum(why != "used" for why in expected.values())
    for name, why in expected.items():
        path = str(tmp_path / name)
        assert any(path in line for line in refused) == (why != "used"), name
    used = {str(tmp_path / n) for n, why in expected.items() if why == "used"}
    rows = csv.DictReader(io.StringIO(out))
    assert {row["path"] for row in rows} == used
