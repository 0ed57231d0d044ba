import os

import drawn_index
import killed_child
import numpy as np
import pytest

from tftag.search.index import contents, writer
from tftag.search.index.segments import segment

ROWS = drawn_index.vectors(300)


def added(numbers):
    return [(drawn_index.recording(at), ROWS[at]) for at in numbers]


def change(folder, numbers, gone=(), begun=None):
    with writer.opened(folder, begun or drawn_index.begun()) as index:
        gone = {drawn_index.recording(at).key for at in gone}
        index.change(added(numbers), gone)


def held(folder):
    """Numbers of the recordings of an index, from the disk."""
    with writer.opened(folder, drawn_index.begun()) as index:
        assert index.parts.contents.roots == ("/music",)
        found = []
        for part, row in index.parts.rows():
            found.append(int(part.segment.arrays["modified_ns"][row]))
            np.testing.assert_array_equal(
                part.segment.arrays["vectors"][row], ROWS[found[-1]]
            )
        return sorted(found)


def files(folder):
    return [n for n in os.listdir(folder) if n.endswith(segment.SUFFIX)]


def test_recordings_come_and_go(tmp_path):
    folder = tmp_path / "i"
    change(folder, range(20))
    change(folder, range(20, 25), gone=[3, 4])
    assert held(folder) == [0, 1, 2, *range(5, 25)]
    change(folder, [3], gone=[20])
    assert held(folder) == [0, 1, 2, 3, *range(5, 20), *range(21, 25)]
    change(folder, [], gone=range(300))
    assert held(folder) == [] and files(folder) == []


@pytest.mark.parametrize(
    "wrong",
    [ROWS[1][:-1], ROWS[1][None], 2 * ROWS[1], 0 * ROWS[1], np.nan * ROWS[1]],
)
def test_a_vector_that_no_search_could_read_leaves_all_as_it_was(
    tmp_path, wrong
):
    folder = tmp_path / "i"
    change(folder, [0])
    before = files(folder)
    with writer.opened(folder, drawn_index.begun()) as index:
        with pytest.raises(ValueError, match=r"shape \[12\] and of length 1"):
            index.change([*added([2]), (drawn_index.recording(1), wrong)])
    assert held(folder) == [0] and files(folder) == before


def test_many_changes_leave_few_segments(tmp_path):
    folder, most = tmp_path / "i", 0
    with writer.opened(folder, drawn_index.begun()) as index:
        for at in range(0, 120, 4):
            index.change(added(range(at, at + 4)))
            most = max(most, len(files(folder)))
            assert len(files(folder)) == len(index.parts.parts)
    assert most <= 4
    assert held(folder) == list(range(120))


def test_what_is_mostly_gone_is_made_anew(tmp_path):
    folder = tmp_path / "i"
    change(folder, range(100))
    with writer.opened(folder, drawn_index.begun()) as index:
        index.change([], {drawn_index.recording(at).key for at in range(30)})
        assert len(index.parts.parts[0].segment) == 100
        assert index.settle()
        (part,) = index.parts.parts
        assert len(part.segment) == len(part) == 70
        assert not index.settle()
    assert held(folder) == list(range(30, 100))


@killed_child.forks
@pytest.mark.parametrize(
    ("module", "name"),
    [(segment, "_crc"), (os, "replace"), (contents, "write")],
)
def test_a_kill_leaves_the_index_of_before(tmp_path, monkeypatch, module, name):
    folder = tmp_path / "i"
    change(folder, range(50))
    with monkeypatch.context() as patch:
        patch.setattr(module, name, killed_child.die)
        killed_child.run(lambda: change(folder, range(50, 90), gone=range(10)))
    assert held(folder) == list(range(50))
    change(folder, range(50, 90), gone=range(10))
    assert held(folder) == list(range(10, 90))
    # Nothing is left of what was not finished.
    with writer.opened(folder, drawn_index.begun()) as index:
        names = {part.segment.name for part in index.parts.parts}
    assert set(os.listdir(folder)) == {".lock", contents.FILE_NAME, *names}


@killed_child.forks
def test_a_kill_in_the_first_write_leaves_a_folder_to_begin_in(
    tmp_path, monkeypatch
):
    folder = tmp_path / "i"
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed_child.die)
        killed_child.run(lambda: change(folder, range(5)))
    assert len(os.listdir(folder)) == 2 and not contents.is_index(folder)
    change(folder, range(5))
    assert held(folder) == list(range(5))
    assert len(os.listdir(folder)) == 3


def test_what_is_changed_twice_is_there_once(tmp_path, monkeypatch):
    """As Ctrl-C has it: the first time may have been the whole of it."""
    folder = tmp_path / "i"
    for module, name in ((contents, "write"), (segment, "remove_others")):
        real = getattr(module, name)

        def interrupted(*of, real=real):
            real(*of)
            raise KeyboardInterrupt

        change(folder, range(10), gone=range(300))
        with writer.opened(folder, drawn_index.begun()) as index:
            more = added(range(8, 30))
            gone = {drawn_index.recording(0).key}
            with monkeypatch.context() as patch:
                patch.setattr(module, name, interrupted)
                with pytest.raises(KeyboardInterrupt):
                    index.change(more, gone)
            index.change([*more, *more], gone)
        assert held(folder) == list(range(1, 30))


def test_a_full_disk_leaves_the_index_of_before(tmp_path, monkeypatch):
    folder = tmp_path / "i"
    change(folder, range(50))
    fsync = os.fsync
    for most in range(3):
        left = [fsync] * most

        def full(file, left=left):
            if not left:
                raise OSError(28, "No space left on device")
            left.pop()(file)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(OSError, match="No space"):
                change(folder, range(50, 60))
        assert held(folder)[:50] == list(range(50))
    change(folder, range(60, 70))


def test_folders_keep_their_numbers_and_go_with_their_recordings(tmp_path):
    folder = tmp_path / "i"
    begun = drawn_index.begun(roots=())
    places = [tmp_path / name for name in "abc"]
    with writer.opened(folder, begun) as index:
        index.set_roots(places[:2])
        index.change(
            [(drawn_index.recording(at, at % 2), ROWS[at]) for at in range(20)],
            unusable={
                7: (0, "x.wav", "silent"),
                8: (1, "y.wav", "silent"),
            },
        )
        index.set_roots([places[2], places[1]])
        roots = index.parts.contents.roots
        assert roots == (None, str(places[1]), str(places[2]))
        assert index.parts.contents.unusable == {8: (1, "y.wav", "silent")}
        numbers = [
            int(part.segment.arrays["modified_ns"][row])
            for part, row in index.parts.rows()
        ]
        assert numbers == list(range(1, 20, 2))


def test_other_decoders_try_what_was_unusable_again(tmp_path):
    folder = tmp_path / "i"
    with writer.opened(folder, drawn_index.begun(decoders="old")) as index:
        index.change([], unusable={7: (0, "x.wav", "silent")})
        index.set_readers("old", True)
        assert len(index.parts.contents.unusable) == 1
        index.set_readers("new", False)
        assert index.parts.contents.unusable == {}
        assert not index.parts.contents.has_file_tags
        # Some recordings have none: that is not mended by reading more.
        index.set_readers("new", True)
        assert not index.parts.contents.has_file_tags


def test_one_at_a_time_changes_an_index(tmp_path):
    folder = tmp_path / "i"
    with (
        writer.opened(folder, drawn_index.begun()),
        pytest.raises(writer.Locked, match="Another process"),
        writer.opened(folder, drawn_index.begun()),
    ):
        pass


def test_what_another_changes_does_not_begin_anew(tmp_path):
    folder, reasons = tmp_path / "i", []
    other = drawn_index.begun(model="model b")
    with writer.opened(folder, drawn_index.begun()) as index:
        index.change(added([1]))
        with (
            pytest.raises(writer.Locked),
            writer.opened(folder, other, reasons.append),
        ):
            pass
        index.change(added([2]))
    assert held(folder) == [1, 2] and not reasons
    with writer.opened(folder, other, reasons.append) as index:
        assert not len(index.parts) and not files(folder)
    assert "must be of the model" in str(*reasons)


def test_what_another_version_wrote_does_not_begin_anew(tmp_path):
    folder = tmp_path / "i"
    change(folder, range(3))
    path = folder / contents.FILE_NAME
    path.write_text(path.read_text().replace('"format": 2', '"format": 3'))
    before = path.read_bytes(), files(folder)
    with (
        pytest.raises(contents.OtherFormat, match="format 3"),
        writer.opened(folder, drawn_index.begun(), pytest.fail),
    ):
        pass
    assert (path.read_bytes(), files(folder)) == before


def test_refuses_what_is_no_index_or_of_another_model(tmp_path):
    (tmp_path / "mine.mp3").write_bytes(b"x")
    with (
        pytest.raises(ValueError, match="a folder of its own.*'mine.mp3'"),
        writer.opened(tmp_path, drawn_index.begun()),
    ):
        pass
    assert os.listdir(tmp_path) == ["mine.mp3"]
    folder = tmp_path / "i"
    change(folder, range(3))
    for other in ({"model": "model b"}, {"dim": 13}):
        with pytest.raises(ValueError, match="musicnn_words, or make another"):
            change(folder, [], begun=drawn_index.begun(**other))
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(ValueError, match="link"):
        change(tmp_path / "link", [])
