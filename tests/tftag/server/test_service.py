"""Recordings over HTTP, the library, and what all endpoints have in common."""

import concurrent.futures

import numpy as np
import odd_audio
import pytest
import running_service
import tiny_tagger

from tftag import audio

error_of = running_service.error_of


def sent(client, data, **options):
    """Sends a recording as the body."""
    kind = {"content-type": "application/octet-stream"}
    return client.post("/tag", content=data, headers=kind, **options)


@pytest.fixture
def song(library):
    return library / "c d" / "e.wav"


def test_tags_are_those_of_the_file_with_their_thresholds(client, tagger, song):
    expected = tagger.tag_file(song)
    as_form = client.post("/tag", files={"file": song.read_bytes()}).json()
    found = sent(client, song.read_bytes()).json()
    assert found == as_form
    assert (found["model"], found["version"]) == ("tiny", "1")
    assert found["seconds"] == pytest.approx(1.0)
    assert found["timeline"] is None
    values = [one["probability"] for one in found["tags"]]
    assert values == sorted(values, reverse=True)
    by_tag = {one["tag"]: one for one in found["tags"]}
    assert by_tag.keys() == set(tagger.tag_names)
    for place, tag in enumerate(tagger.tag_names):
        one = by_tag[tag]
        assert one["probability"] == pytest.approx(
            expected.calibrated[place], abs=1e-5
        )
        assert one["threshold"] == tagger.thresholds[place]
        assert one["is_given"] == (one["probability"] >= one["threshold"])


def test_the_timeline_is_that_of_the_file(client, tagger, song):
    expected = tagger.timeline_file(song)
    options = {"params": {"timeline": "true", "model": "tiny"}}
    found = sent(client, song.read_bytes(), **options).json()["timeline"]
    assert found["tags"] == list(tagger.tag_names)
    assert found["clip_seconds"] == tiny_tagger.SPEC.clip_seconds
    for key, value in (
        ("start_seconds", expected.start_seconds),
        ("probabilities", expected.calibrated),
    ):
        np.testing.assert_allclose(found[key], value, atol=1e-3)
    np.testing.assert_allclose(
        found["probabilities"], expected.calibrated, atol=1e-5
    )


def test_many_at_once_are_joined_and_answered_as_alone(
    service, client, tagger, library
):
    """Of several lengths and formats, by several clients, with a bad one."""
    paths = [path for path in library.rglob("*") if path.is_file()]
    contents = {path: path.read_bytes() for path in paths}
    asked = paths * 4 + [None] * 3
    with concurrent.futures.ThreadPoolExecutor(12) as threads:
        answers = list(
            threads.map(
                lambda path: sent(client, contents.get(path, b"no audio")),
                asked,
            )
        )
    for path, answer in zip(asked, answers, strict=True):
        if path is None:
            assert answer.status_code == 400
            continue
        expected = dict(
            zip(tagger.tag_names, tagger.tag_file(path).calibrated, strict=True)
        )
        for one in answer.json()["tags"]:
            assert one["probability"] == pytest.approx(
                expected[one["tag"]], abs=1e-5
            )


@pytest.mark.parametrize("name", sorted(odd_audio.unusable()))
def test_what_is_no_recording_is_refused_with_its_reason(client, name):
    odd = odd_audio.unusable()[name]
    answer = sent(client, odd.data)
    assert answer.status_code == 400
    text = error_of(answer)
    assert text and "/tmp" not in text and "tftag-uploads" not in text


def test_odd_but_whole_recordings_are_tagged(client):
    for name, odd in odd_audio.usable().items():
        answer = sent(client, odd.data)
        assert answer.status_code == 200, (name, answer.text)
        seconds = answer.json()["seconds"]
        assert seconds == pytest.approx(odd.seconds, abs=0.2), name


def test_remarks_say_what_was_done_to_a_recording(client, song):
    whole = song.read_bytes()
    (remark,) = sent(client, whole[: len(whole) // 2]).json()["remarks"]
    assert "/" not in remark.replace("and/or", "")


def test_sixteen_channels_at_192_khz(client):
    x = odd_audio.tone(0.3, 192_000, 16)
    data = odd_audio.encoded(x, 192_000, "WAV", "FLOAT")
    assert len(data) > 1 << 20
    assert sent(client, data).status_code == 413
    short = odd_audio.encoded(x[:9_600], 192_000, "WAV", "FLOAT")
    assert sent(client, short).json()["seconds"] == pytest.approx(0.05)


def test_what_is_too_large_or_too_long_has_a_status_of_its_own(client):
    answer = sent(client, bytes((1 << 20) + 1))
    assert answer.status_code == 413
    assert "at most 1048576 bytes" in error_of(answer)
    # Without a header that tells of it.
    chunks = (bytes(1 << 16) for _ in range(40))
    answer = sent(client, chunks)
    assert answer.status_code == 413
    quiet = np.where(np.arange(8_000 * 70) == 5, 0.5, 0.0)
    long = odd_audio.encoded(quiet, 8_000, "FLAC")
    answer = sent(client, long)
    assert answer.status_code == 413
    assert "longer than 1 minutes" in error_of(answer)
    body = b'{"instances": [[' + b"0," * (1 << 19) + b"0]]}"
    answer = client.post("/v1/models/tiny:predict", content=body)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/page/../service.py", 404),
        ("GET", "/page/%2e%2e/service.py", 404),
        ("GET", "/page/..%2fservice.py", 404),
        ("DELETE", "/tag", 405),
        ("GET", "/tag", 405),
        ("POST", "/tag?timeline=maybe", 400),
        ("POST", "/tag?model=no", 404),
        ("POST", "/tag", 400),
        ("GET", "/search", 400),
        ("GET", "/search?q=", 400),
        ("GET", "/search?q=%22", 400),
        ("GET", "/search?q=zzqx", 400),
        ("GET", "/search?q=rock&top=0", 400),
        ("GET", "/search?q=rock&top=x", 400),
        ("GET", "/search?q=rock&tag=no", 400),
        ("GET", "/search?q=" + "a" * 1_001, 400),
        ("GET", "/similar", 400),
        ("GET", "/similar?like=x", 404),
        ("GET", "/similar?like=" + "0" * 16, 404),
        ("GET", "/audio/" + "0" * 16, 404),
        ("GET", "/audio/..%2F..%2Fetc%2Fpasswd", 404),
        ("GET", "/audio/%2Fetc%2Fpasswd", 404),
        ("GET", "/suggest", 400),
    ],
)
def test_errors_have_one_form_and_a_status(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    text = error_of(answer)
    assert text and "root:" not in text


def test_a_form_without_a_file_is_refused(client):
    answer = client.post("/tag", files={"other": b"x"})
    assert answer.status_code == 400
    assert "field file" in error_of(answer)
    answer = client.post("/tag", data={"file": "text"})
    assert answer.status_code == 400
    broken = {"content-type": "multipart/form-data"}
    answer = client.post("/tag", content=b"x", headers=broken)
    assert answer.status_code == 400
    broken = {"content-type": "multipart/form-data; boundary=a"}
    answer = client.post("/tag", content=b"--b\r\n", headers=broken)
    assert answer.status_code == 400


def test_found_recordings_are_those_of_the_index(client, library, small_index):
    found = client.get("/search", params={"q": "rock -choir", "top": 3}).json()
    assert found["recordings"] == 5 and len(found["results"]) == 3
    assert [one["weight"] for one in found["terms"]] == [1.0, -1.0]
    scores = [one["score"] for one in found["results"]]
    assert scores == sorted(scores, reverse=True)
    for one in found["results"]:
        assert (library / one["path"]).is_file()
        assert 0 <= one["percentile"] <= 100
    unknown = client.get("/search", params={"q": "rock zzqx"}).json()
    assert "zzqx" in unknown["warnings"][0]


def test_like_others_and_like_an_upload(client, library):
    first, second, *_ = client.get("/search?q=rock").json()["results"]
    found = client.get(
        "/similar", params={"like": first["id"], "unlike": second["id"]}
    ).json()["results"]
    names = [one["id"] for one in found]
    assert first["id"] not in names and second["id"] not in names
    data = (library / first["path"]).read_bytes()
    found = client.post("/similar?top=2", files={"file": data}).json()
    assert found["results"][0]["id"] == first["id"]


def test_sound_is_sent_in_parts_and_only_what_is_indexed(client, library):
    one = client.get("/search?q=rock&top=1").json()["results"][0]
    data = (library / one["path"]).read_bytes()
    whole = client.get(f"/audio/{one['id']}")
    assert whole.content == data
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"].startswith("audio/")
    part = {"range": "bytes=10-19"}
    answer = client.get(f"/audio/{one['id']}", headers=part)
    assert answer.status_code == 206 and answer.content == data[10:20]
    beyond = {"range": f"bytes={len(data)}-"}
    answer = client.get(f"/audio/{one['id']}", headers=beyond)
    assert answer.status_code == 416


def test_the_map_has_every_recording_once(client):
    found = client.get("/map").json()
    assert found["recordings"] == 5 == len(set(found["id"]))
    assert all(0 <= at <= 1 for at in (*found["x"], *found["y"]))
    columns = ("x", "y", "path", "title", "artist", "tag")
    assert {len(found[name]) for name in columns} == {5}


def test_a_query_that_is_typed_is_completed(client):
    found = client.get("/suggest", params={"q": "folk -pi"}).json()
    one = {"phrase": "piano", "query": "folk -piano"}
    assert one in found["suggestions"]


def test_what_a_page_needs_to_begin(client, tagger):
    found = client.get("/config").json()
    assert not found["needs_token"]
    tiny, dual = found["models"]
    assert tiny["tags"] == list(tagger.tag_names)
    assert tiny["thresholds"] == tagger.thresholds.tolist()
    assert (tiny["kind"], dual["kind"]) == ("tagger", "dual_encoder")
    assert found["index"] == {"recordings": 5, "has_map": True}
    assert found["limits"]["body_bytes"] == 1 << 20


def test_metrics_count_answers_by_endpoint_and_never_by_path(client):
    client.get("/nothing-that-is-there")
    client.get("/healthz")
    text = client.get("/metrics").text
    assert 'tftag_requests_total{endpoint="/healthz",status="200"}' in text
    assert 'state="AVAILABLE",version="1"} 1.0' in text
    assert "nothing-that-is-there" not in text
    assert "process_resident_memory_bytes" in text


def test_nothing_is_left_of_an_upload(service, client, song, tmp_path):
    folder = service.service.upload_folder
    for data in (song.read_bytes(), b"no audio", b""):
        sent(client, data)
        client.post("/tag", files={"file": ("../../evil.wav", data)})
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700


def test_every_answer_tells_browsers_to_be_careful(client):
    for path in ("/", "/config", "/nothing", "/v1/models/tiny"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in headers["content-security-policy"]


def test_openapi_names_no_status_that_is_never_sent(client):
    described = client.get("/openapi.json").json()
    for path in described["paths"].values():
        for operation in path.values():
            assert "422" not in operation["responses"]
    assert audio.UnusableAudio  # decoded by the same package
