import pwd

import pytest

from tftag.storage import cache


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"TFTAG_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"TFTAG_CACHE": "~/a", "HOME": "/c"}, "/c/a"),
        ({"TFTAG_CACHE": "", "XDG_CACHE_HOME": "/b"}, "/b/tftag"),
        (
            {"TFTAG_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/c"},
            "/c/.cache/tftag",
        ),
    ],
)
def test_the_cache_is_the_users(monkeypatch, variables, folder):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(cache.folder()) == folder


def test_whoever_has_no_home_is_told_the_way_out(monkeypatch):
    """A container may run with the number of a user whom it does not know."""

    def nobody(_):
        raise KeyError("uid not found")

    for name in ("TFTAG_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(ValueError, match="TFTAG_CACHE names another folder"):
        cache.folder()
