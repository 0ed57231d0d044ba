import io
import json
import wave

import pytest
import tiny_tagger

from tftag import tags
from tftag.export import assets

VOCABULARY = tags.TagVocabulary(tiny_tagger.NAMES)


def written(card, own):
    texts = assets.asset_texts(
        card, own, tiny_tagger.SPEC, VOCABULARY, tiny_tagger.CALIBRATION, 8
    )
    return json.loads(texts["tftag.json"])


def test_the_card_holds_what_the_export_and_the_caller_say():
    card = written({"command": "x"}, {"kind": "y"})
    assert (card["command"], card["kind"]) == ("x", "y")
    assert card["tags"] == list(tiny_tagger.NAMES)
    with pytest.raises(ValueError, match="leave to the export.*: kind, tags"):
        written({"tags": [], "kind": "z"}, {"kind": "y"})


def test_a_text_is_a_line_each(tmp_path):
    texts = {"a.txt": assets.lines(("été", "r&b")), "b.txt": ""}
    paths = assets.write_assets(str(tmp_path), texts)
    assert paths == [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    assert (tmp_path / "a.txt").read_text("utf-8") == "été\nr&b\n"


def test_requests_are_short_and_real():
    requests = assets.dual_encoder_requests(tiny_tagger.SPEC)
    tagger = assets.tagger_requests(tiny_tagger.SPEC)
    assert set(requests) - set(tagger) == {
        *("embed_audio", "embed_batch", "embed_wav", "embed_text"),
        *("score", "score_wav"),
    }
    # Every row brings its own strings: a server can cut it by rows.
    assert requests["score"]["strings"].shape == (1, 1)
    wav = requests["tag_wav"]["wav"][0]
    with wave.open(io.BytesIO(wav)) as reader:
        assert reader.getframerate() == tiny_tagger.SPEC.sample_rate_hz
        assert reader.getnframes() == 800
