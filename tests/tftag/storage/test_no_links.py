import os

import pytest

from tftag.storage import no_links


@pytest.mark.parametrize(
    "write",
    [
        lambda path: no_links.append(path).close(),
        lambda path: no_links.append(path, is_text=False).close(),
        lambda path: no_links.lock(path, "held").__enter__(),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_planted_link_is_refused_by_name(tmp_path, write, is_there):
    precious = tmp_path / "precious"
    if is_there:
        precious.write_text("mine")
    link = tmp_path / ".lock"
    link.symlink_to(precious)
    with pytest.raises(ValueError, match="Received: .*lock, a link to"):
        write(link)
    assert precious.exists() == is_there
    assert not is_there or precious.read_text() == "mine"


def test_a_pipe_is_refused_and_nobody_waits(tmp_path):
    path = tmp_path / "words"
    os.mkfifo(path)
    for use in (no_links.append, no_links.refuse):
        with pytest.raises(ValueError, match="words, which is no file"):
            use(path)


def test_a_file_is_appended_to(tmp_path):
    for text in ("a", "b"):
        with no_links.append(tmp_path / "x") as file:
            file.write(text)
            assert file.name == str(tmp_path / "x")
    assert (tmp_path / "x").read_text() == "ab"


def test_a_lock_keeps_a_second_out_and_writes_nothing(tmp_path):
    path = tmp_path / ".lock"
    path.write_text("as it was")
    with no_links.lock(path, "held"):
        with pytest.raises(ValueError, match="held"):
            with no_links.lock(path, "held"):
                pytest.fail("twice")
    with no_links.lock(path, "held"):
        pass
    assert path.read_text() == "as it was"


def test_a_folder_that_is_a_link_is_refused(tmp_path):
    os.symlink(tmp_path, tmp_path / "wav")
    with pytest.raises(ValueError, match="a link to"):
        no_links.refuse(tmp_path / "wav")
    no_links.refuse(tmp_path)
    no_links.refuse(tmp_path / "not there")
