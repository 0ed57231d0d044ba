import concurrent.futures

import numpy as np
import pytest
import running_service
import tiny_tagger

sent = running_service.sent
error_of = running_service.error_of


def test_tags_are_those_of_the_file_with_their_thresholds(
    service_client, tagger, song
):
    expected = tagger.tag_file(song)
    as_form = service_client.post(
        "/tag", files={"file": song.read_bytes()}
    ).json()
    found = sent(service_client, song.read_bytes()).json()
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


def test_a_parameter_that_is_none_is_refused(service_client, song):
    answer = sent(service_client, song.read_bytes(), params={"top": 3})
    assert answer.status_code == 400
    assert "top" in error_of(answer)


def test_the_timeline_is_that_of_the_file(service_client, tagger, song):
    expected = tagger.timeline_file(song)
    options = {"params": {"timeline": "true", "model": "tiny"}}
    found = sent(service_client, song.read_bytes(), **options).json()[
        "timeline"
    ]
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
    service, service_client, tagger, library
):
    """Of several lengths and formats, by several clients, with a bad one."""
    paths = [path for path in library.rglob("*") if path.is_file()]
    contents = {path: path.read_bytes() for path in paths}
    asked = paths * 4 + [None] * 3
    with concurrent.futures.ThreadPoolExecutor(12) as threads:
        answers = list(
            threads.map(
                lambda path: sent(
                    service_client, contents.get(path, b"no audio")
                ),
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


def test_remarks_say_what_was_done_to_a_recording(service_client, song):
    whole = song.read_bytes()
    (remark,) = sent(service_client, whole[: len(whole) // 2]).json()["remarks"]
    assert "/" not in remark.replace("and/or", "")
