"""What `write` does is tested with the sets that it writes, but for this."""

import pytest

from pipelines import synthetic
from pipelines.synthetic import folder as synthetic_folder
from tftag import tags


def write(folder, plans, made_by="here", processes=1):
    return synthetic_folder.write(
        folder,
        plans,
        tags=[("told", *planned.tags) for planned in plans],
        vocabulary=tags.TagVocabulary(("told", "bass")),
        source={"made_by": made_by},
        sample_rate_hz=8_000,
        processes=processes,
    )


@pytest.fixture
def plans(quick_render):
    return synthetic.plan(12)


def test_a_command_says_what_it_made(plans, tmp_path, capsys):
    def make(folder, seed, tracks):
        assert (seed, tracks) == (3, 12)
        return write(folder, plans)

    asked = ["--out", str(tmp_path), "--seed", "3", "--tracks", "12"]
    assert synthetic_folder.command(make, "here", "A set.", "out", asked) == 0
    printed = capsys.readouterr().out
    playing = sum("bass" in planned.tags for planned in plans)
    first, *rows = printed.splitlines()
    assert "12 tracks (8 train, 2 validation, 2 test), 1 s" in first
    assert [row.split() for row in rows] == [
        ["told", "12"],
        ["bass", str(playing)],
    ]


def test_only_sets_of_the_same_maker_take_each_others_place(plans, tmp_path):
    path = write(tmp_path, plans)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"made by there.*manifest\.json"):
        write(tmp_path, plans, made_by="there")
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="Received: -1"):
        write(tmp_path, plans, processes=-1)


def test_a_set_needs_no_docstring(capsys):
    """Under -OO Python has none."""
    with pytest.raises(SystemExit) as ended:
        synthetic_folder.command(write, "here", None, "out", ["--help"])
    assert ended.value.code == 0
    assert "--tracks" in capsys.readouterr().out
