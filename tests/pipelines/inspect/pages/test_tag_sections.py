import dataclasses

import melodies
import pytest

from pipelines.inspect import inspection
from pipelines.inspect.pages import heat_map, tag_sections


@pytest.fixture
def seen(tmp_path):
    prepared = melodies.with_a_copy(tmp_path / "data", tag="calm & <b>")
    return inspection.inspect(prepared, None)


def test_tags_risks_and_company_are_shown(seen):
    made = tag_sections.write(seen)
    for title in (
        "Recordings per tag",
        "Tags at risk",
        "Tags that go together",
    ):
        assert f"<h2>{title}</h2>" in made
    assert "few recordings: 3" in made
    assert "calm &amp; &lt;b&gt;" in made and "<b>" not in made


def test_nothing_at_risk_needs_no_table(seen):
    tags = tuple(dataclasses.replace(tag, risks=()) for tag in seen.tags)
    made = tag_sections.write(dataclasses.replace(seen, tags=tags))
    assert "Tags at risk" not in made


def test_the_rarest_of_too_many_tags_are_not_drawn(seen, monkeypatch):
    monkeypatch.setattr(heat_map, "MAX_TAGS", 1)
    assert "The 1 rarest tags are not drawn" in tag_sections.write(seen)
