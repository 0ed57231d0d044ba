import pathlib

import pytest

from tftag.storage.remote import address as addresses

Address = addresses.Address
SIGNED = "https://me:pass@host:8443/music/a%20b.mp3?X-Amz-Signature=abc&x=1"


def test_a_folder_and_a_name_make_an_address():
    assert Address("s3://b/music") / "a/1.wav" == Address(
        "s3://b/music/a/1.wav"
    )
    assert Address("s3://b/music/") / "./x" == Address("s3://b/music/x")
    assert Address("gs://b") / "x.wav" == Address("gs://b/x.wav")
    assert Address("s3://b/a #?1") / "c?.mp3" == Address("s3://b/a #?1/c?.mp3")


def test_a_name_cannot_leave_the_bucket_or_the_host():
    for folder in ("s3://b/music", "https://host/music"):
        top = folder.rpartition("/")[0]
        assert Address(folder) / "../x" == Address(f"{top}/x")
        assert Address(folder) / "../../../../x" == Address(f"{top}/x")


def test_a_web_address_keeps_its_query_behind_its_path():
    made = Address("https://host/music?sig=1") / "a b#1.mp3"
    assert made.text == "https://host/music/a%20b%231.mp3?sig=1"
    assert made.name == "a b#1.mp3"
    assert made.parent == Address("https://host/music?sig=1")
    assert made.relative_to(Address("https://host/music")) == "a b#1.mp3"


def test_parent_and_name():
    file = Address("s3://b/music/a b.mp3")
    assert file.name == "a b.mp3"
    assert file.parent == Address("s3://b/music")
    assert file.parent.parent == Address("s3://b")
    assert Address("s3://b/music/").name == "music"
    # Not a folder of its own: the name of a local copy is made of it.
    assert Address("https://h/a%2F..%2Fb.mp3").name == "b.mp3"


def test_printed_it_has_no_secrets():
    signed = Address(SIGNED)
    assert str(signed) == "https://host:8443/music/a%20b.mp3"
    assert f"{signed}" == str(signed)
    for text in (repr(signed), repr([signed])):
        assert "pass" not in text and "abc" not in text
    assert signed.has_secrets and signed.text == SIGNED
    assert not Address("s3://b/what?.mp3").has_secrets
    assert str(Address("s3://b/what?.mp3")) == "s3://b/what?.mp3"
    assert str(Address("s3://key:word@b/x@y")) == "s3://b/x@y"


def test_texts_lose_the_secrets_of_their_urls_only():
    said = f"403, url='{SIGNED}' and <{SIGNED}> said me@home.org ok?"
    clean = addresses.without_secrets(said)
    assert clean == (
        "403, url='https://host:8443/music/a%20b.mp3' and "
        "<https://host:8443/music/a%20b.mp3> said me@home.org ok?"
    )


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("s3://AKIA:se/cr+et@bucket/x.mp3", "s3://bucket/x.mp3"),
        ("S3A://KEY:SECRET@b/x", "S3A://b/x"),
        ("ftp://me:p@ss@h/x?token=1", "ftp://h/x"),
        ("HTTPS://U:P@H/x?X-Amz-Signature=1", "HTTPS://H/x"),
        ("gs://key@b/what?.mp3", "gs://b/what?.mp3"),
        ("https://host:80/me@home.mp3", "https://host:80/me@home.mp3"),
        ("s3://b/x@y:z@w", "s3://b/x@y:z@w"),
        ("s3://KEY%2F:a%2Fb@b/x", "s3://b/x"),
    ],
)
def test_every_scheme_loses_its_secrets(text, clean):
    assert addresses.without_secrets(text) == clean
    said = addresses.without_secrets(f"In '{text}' and <{text}> too")
    assert said == f"In '{clean}' and <{clean}> too"
    if addresses.is_remote(text):
        assert str(Address(text)).lower() == clean.lower()
        assert Address(text).has_user == (
            Address(text).text != str(Address(text))
        )


def test_what_libraries_make_of_an_address_has_no_secrets():
    address = Address("s3://AKIAKEY:se/cr%2Bet@bucket/a.mp3")
    for said in (
        'Invalid bucket name "AKIAKEY:se/cr%2Bet@bucket": must match',
        "NoSuchKey: se/cr+et@bucket/a.mp3",
        "s3://AKIAKEY:se/cr%2Bet@bucket/a.mp3 and se%2Fcr%252Bet",
    ):
        clean = address.hidden_in(said)
        for secret in ("AKIAKEY", "cr%2Bet", "cr+et", "cr%252Bet"):
            assert secret not in clean
    signed = Address(SIGNED.replace("abc", "a1b2%2F3"))
    assert "a1b2" not in signed.hidden_in("signature a1b2/3 or a1b2%2F3")


def test_a_query_that_is_one_word_is_a_secret():
    for query in ("s1gnature", "expires=&s1gnature", "x=1&s1gnature="):
        address = Address(f"https://host/a.mp3?{query}")
        assert "s1gnature" not in address.hidden_in("bad token s1gnature")


def test_a_scheme_is_written_small_as_libraries_know_it():
    assert Address("S3://Music/A.mp3").text == "s3://Music/A.mp3"
    assert Address("HTTPS://Host/A") == Address("https://Host/A")


def test_addresses_of_this_machine_are_paths():
    for text in ("file:///a%20b/c.mp3", "FILE://localhost/a b/c.mp3"):
        assert addresses.place(text) == pathlib.Path("/a b/c.mp3")
    assert addresses.place("file:///a/b?#.mp3") == pathlib.Path("/a/b?#.mp3")
    for text in ("file://other/a.mp3", "file://localhost"):
        with pytest.raises(ValueError, match="s3, gs, https"):
            addresses.place(text)


def test_what_is_an_address():
    for text in ("s3://b", "S3://b/x", "gs://b/x", "http://h", "https://h/x"):
        assert addresses.is_remote(text)
        assert addresses.place(text) == Address(text)
        assert addresses.place(Address(text)) == Address(text)
    for text in ("music/a.mp3", "/music", "s3:/b", "s3://", "C://x", "a://b"):
        assert not addresses.is_remote(text)
    for path in ("music/a.mp3", pathlib.Path("/music")):
        assert addresses.place(path) == pathlib.Path(path)


def test_other_schemes_are_refused_by_name():
    with pytest.raises(ValueError, match="s3, gs, https.*Received: ftp://h/x"):
        addresses.place("ftp://u:p@h/x".replace("u:p@", ""))
    with pytest.raises(ValueError, match="Received: music"):
        Address("music")


def test_pathlib_cannot_take_it_for_a_path():
    with pytest.raises(TypeError):
        pathlib.Path(Address("s3://b/x"))


def test_names_are_relative_where_they_can_be():
    folder = Address("s3://b/music")
    assert addresses.relative_name(folder / "a/1.mp3", folder) == "a/1.mp3"
    for outside in ("s3://b/music2/x", "s3://c/music/x", "https://h/x"):
        found = addresses.relative_name(Address(outside), folder)
        assert found == outside
    assert addresses.relative_name(Address(SIGNED), pathlib.Path("/m")) == str(
        Address(SIGNED)
    )
    assert addresses.relative_name("/m/x", folder) == "/m/x"
    assert addresses.relative_name("/m/x", "/m") is None


def test_what_is_written_down_must_have_no_secrets():
    addresses.refuse_secrets(Address("https://host/x"))
    with pytest.raises(ValueError, match="no password") as caught:
        addresses.refuse_secrets(Address(SIGNED))
    assert "pass@" not in str(caught.value) and "abc" not in str(caught.value)


def test_a_folder_of_this_machine_is_asked_for():
    assert addresses.local("data", "--out", "go") == pathlib.Path("data")
    with pytest.raises(ValueError, match="--out.*: copy it. .*s3://b/x"):
        addresses.local("s3://b/x", "--out", "copy it")
