"""What is said of an address has no secrets."""

import pytest

from tftag.console import addresses


@pytest.mark.parametrize(
    ("said", "clean"),
    [
        ("no s3://KEY:SECRET@b/a b.wav", "no s3://b/a b.wav"),
        ("S3A://KEY:SEC/RET@b/x?y", "S3A://b/x?y"),
        ("https://u:SECRET@h:80/a?sig=SECRET, and", "https://h:80/a and"),
        ("<ftp://SECRET@h> 'gs://K@b'", "<ftp://h> 'gs://b'"),
        ("a@b.c: /music/x@y?.wav", "a@b.c: /music/x@y?.wav"),
        ("https://host:80/a@b", "https://host:80/a@b"),
        ("no file: s3:/KEY:SEC/RET@b/a", "no file: s3:/b/a"),
        ("at C:/music/x@y.wav", "at C:/music/x@y.wav"),
    ],
)
def test_users_passwords_and_queries_are_left_out(said, clean):
    assert addresses.without_secrets(said) == clean
