"""Files without contents, where only names count."""


def touch(top, *names):
    """Makes files of these names below a folder, and the folders between."""
    for name in names:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
