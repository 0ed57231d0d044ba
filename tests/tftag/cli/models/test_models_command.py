import pytest
import tftag_command

from tftag.pretrained import presets


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TFTAG_CACHE", str(tmp_path))
    return tmp_path


def run(capsys, *words):
    assert tftag_command.run("models", *words) == 0
    return capsys.readouterr().out


def test_every_preset_is_listed(capsys):
    paragraphs = run(capsys).split("\n\n")
    assert [text.split("\n")[0] for text in paragraphs] == list(presets.PRESETS)
    for text, preset in zip(paragraphs, presets.PRESETS.values(), strict=True):
        assert preset.summary in text and "not exported yet" in text
        assert f"tags: {len(preset.tags)}; " in text and "ISC" in text
        for network in preset.networks:
            assert f"roc_auc {network.figures['roc_auc']}" in text
    assert [text.count("the default of") for text in paragraphs] == [1, 0, 0, 1]


def test_one_preset_is_listed_with_its_tags(capsys):
    printed = run(capsys, "mtt_musicnn")
    *_, last = printed.splitlines()
    assert last == "  tags: " + ", ".join(presets.MTT.tags)
    assert "msd_musicnn" not in printed


def test_what_was_exported_is_named_with_its_size(capsys, cache, monkeypatch):
    def export(name, folder):
        (folder / "1").mkdir(parents=True)
        (folder / "1" / "saved_model.pb").write_bytes(bytes(2_340_000))

    monkeypatch.setattr(presets, "_export", export)
    folder = presets.saved_model("msd_musicnn")
    assert folder.parent == cache
    assert f"exported: {folder}, 2.3 MB\n" in run(capsys, "msd_musicnn")


def test_a_preset_that_is_not_there_is_told_its_nearest(capsys):
    assert tftag_command.run("models", "msdmusicnn") == 2
    assert "The nearest preset is 'msd_musicnn'" in capsys.readouterr().err
