import odd_audio
import pytest
import tftag_command

from tftag.console import own_process
from tftag.pretrained import presets


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What the process that learns would get."""
    calls = []

    def run(module, arguments):
        assert module == "tftag.export.learned_tag"
        calls.append(arguments)
        answers = "b.wav: its end is missing", "saved_models/x/2", "0.75"
        return "".join(f"of a library\n\0{answer}\0" for answer in answers)

    monkeypatch.setattr(own_process, "run", run)
    monkeypatch.chdir(tmp_path)
    for name in ("a.wav", "b.wav", "c.wav"):
        (tmp_path / name).write_bytes(odd_audio.encoded(odd_audio.tone()))
    return calls


def learn(*words):
    return tftag_command.run("learn", "sleepy", *words)


def test_a_folder_gets_the_new_version_itself(asked, tagger_folder, capsys):
    model = str(tagger_folder.parent)
    for named in (model, str(tagger_folder)):
        status = learn(
            *("--like", "a.wav", "b.wav", "--unlike", "c.wav", "--model", named)
        )
        assert status == 0
        assert asked.pop() == [
            *("--like", "a.wav", "b.wav", "--unlike", "c.wav"),
            *("--", named, "sleepy", model),
        ]
        said = capsys.readouterr()
        assert "saved_models/x/2" in said.out
        assert "75 % of the recordings" in said.out
        assert "guess" not in said.out
        assert said.err == "b.wav: its end is missing\n"


def test_a_tag_that_is_not_told_apart_is_doubted(
    asked, tagger_folder, monkeypatch, capsys
):
    answers = "\0saved_models/x/2\0", "\0000.0\0"
    monkeypatch.setattr(own_process, "run", lambda *_: "".join(answers))
    named = ("--model", tagger_folder, "--out", "x y")
    assert learn("--like", "a.wav", "b.wav", *named) == 0
    said = capsys.readouterr().out
    assert said.endswith("tftag tag music/ --model 'x y'\n")
    assert "0 % of the recordings" in said
    assert "no better than a guess" in said


def test_a_preset_is_not_changed(asked, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(presets, "saved_model", lambda name, say: "cached")
    assert learn("--like", "a.wav", "b.wav") == 0
    folder = "saved_models/msd_musicnn"
    assert asked == [
        ["--like", "a.wav", "b.wav", "--", "cached", "sleepy", folder]
    ]
    (tmp_path / folder / "1").mkdir(parents=True)
    (tmp_path / folder / "1" / "saved_model.pb").write_bytes(b"")
    capsys.readouterr()
    assert learn("--like", "a.wav", "b.wav") == 2
    assert f"by --model {folder}; --out names" in capsys.readouterr().err
    assert len(asked) == 1


def test_a_refusal_is_one_line(asked, monkeypatch, tagger_folder, capsys):
    def refuse(module, arguments):
        raise ValueError("--unlike must name recordings")

    monkeypatch.setattr(own_process, "run", refuse)
    named = ("--like", "a.wav", "b.wav", "--model", str(tagger_folder))
    assert learn(*named) == 2
    assert capsys.readouterr().err == "error: --unlike must name recordings\n"
