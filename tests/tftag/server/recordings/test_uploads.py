import odd_audio
import pytest
import running_service

sent = running_service.sent
error_of = running_service.error_of


@pytest.mark.parametrize("name", sorted(odd_audio.unusable()))
def test_what_is_no_recording_is_refused_with_its_reason(service_client, name):
    odd = odd_audio.unusable()[name]
    answer = sent(service_client, odd.data)
    assert answer.status_code == 400
    text = error_of(answer)
    assert text and "/tmp" not in text and "tftag-uploads" not in text


def test_odd_but_whole_recordings_are_tagged(service_client):
    for name, odd in odd_audio.usable().items():
        answer = sent(service_client, odd.data)
        assert answer.status_code == 200, (name, answer.text)
        seconds = answer.json()["seconds"]
        assert seconds == pytest.approx(odd.seconds, abs=0.2), name


def test_sixteen_channels_at_192_khz(service_client):
    x = odd_audio.tone(0.3, 192_000, 16)
    data = odd_audio.encoded(x, 192_000, "WAV", "FLOAT")
    assert len(data) > 1 << 20
    assert sent(service_client, data).status_code == 413
    short = odd_audio.encoded(x[:9_600], 192_000, "WAV", "FLOAT")
    assert sent(service_client, short).json()["seconds"] == pytest.approx(0.05)


def test_a_form_without_a_file_is_refused(service_client):
    answer = service_client.post("/tag", files={"other": b"x"})
    assert answer.status_code == 400
    assert "field file" in error_of(answer)
    answer = service_client.post("/tag", data={"file": "text"})
    assert answer.status_code == 400
    broken = {"content-type": "multipart/form-data"}
    answer = service_client.post("/tag", content=b"x", headers=broken)
    assert answer.status_code == 400
    broken = {"content-type": "multipart/form-data; boundary=a"}
    answer = service_client.post("/tag", content=b"--b\r\n", headers=broken)
    assert answer.status_code == 400


def test_nothing_is_left_of_an_upload(service, service_client, song, tmp_path):
    folder = service.service.uploads.folder
    for data in (song.read_bytes(), b"no audio", b""):
        sent(service_client, data)
        service_client.post("/tag", files={"file": ("../../evil.wav", data)})
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700
