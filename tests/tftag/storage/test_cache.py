import pytest

from tftag.storage import cache


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"TFTAG_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
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
