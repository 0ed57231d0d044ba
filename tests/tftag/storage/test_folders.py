import os
import pathlib

import pytest

from tftag.storage import folders


@pytest.fixture
def tree(tmp_path):
    for name in ("music/a/1", "music/b/2", "disk/c/3", "disk/4", "out/5"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


def found(top, passed_over=()):
    names = []

    def cannot_list(error):
        raise error

    for folder, inside, files in folders.walk(top, cannot_list):
        inside[:] = [name for name in inside if name not in passed_over]
        parent = pathlib.Path(folder).relative_to(top)
        names += [(parent / name).as_posix() for name in sorted(files)]
    return names


def test_a_link_leads_to_what_lies_elsewhere(tree):
    (tree / "music" / "a" / "disk").symlink_to("../../disk")
    assert found(tree / "music") == ["a/1", "b/2", "a/disk/4", "a/disk/c/3"]
    # Also a link to begin with.
    (tree / "all").symlink_to(tree / "music")
    assert found(tree / "all") == found(tree / "music")


def test_no_folder_is_listed_twice(tree):
    music = tree / "music"
    (music / "0").symlink_to(music / "b")  # keeps the name b
    (music / "z").symlink_to(tree / "disk" / "c")
    (music / "zz").symlink_to(tree / "disk")
    (music / "zzz").symlink_to(tree / "disk")
    assert found(music) == ["a/1", "b/2", "z/3", "zz/4"]


def test_circles_end_and_nothing_above_is_listed(tree):
    music = tree / "music"
    for name, target in {
        "a/self": "self",
        "a/here": ".",
        "a/up": "..",
        "a/root": os.sep,
        "b/a": "../a",
        "a/b": "../b",
        "a/disk": tree / "disk",
    }.items():
        (music / name).symlink_to(target)
    (tree / "disk" / "back").symlink_to(music)
    (tree / "disk" / "c" / "above").symlink_to(tree / "disk")
    assert sorted(set(found(music)) - {"a/self"}) == [
        "a/1",
        "a/disk/4",
        "a/disk/c/3",
        "b/2",
    ]
    assert len(found(music)) == 5  # the link to itself is named like a file


def test_what_the_caller_takes_out_is_passed_over(tree):
    (tree / "music" / "disk").symlink_to(tree / "disk")
    assert found(tree / "music", {"disk", "b"}) == ["a/1"]
    assert found(tree / "music", {"c"}) == ["a/1", "b/2", "disk/4"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path):
    errors = []
    assert not list(folders.walk(tmp_path / "gone", errors.append))
    (error,) = errors
    assert error.filename == str(tmp_path / "gone")
