import numpy as np
import odd_audio
import running_service

sent = running_service.sent
error_of = running_service.error_of


def test_what_is_too_large_or_too_long_has_a_status_of_its_own(service_client):
    answer = sent(service_client, bytes((1 << 20) + 1))
    assert answer.status_code == 413
    assert "at most 1048576 bytes" in error_of(answer)
    # Without a header that tells of it.
    chunks = (bytes(1 << 16) for _ in range(40))
    answer = sent(service_client, chunks)
    assert answer.status_code == 413
    quiet = np.where(np.arange(8_000 * 70) == 5, 0.5, 0.0)
    long = odd_audio.encoded(quiet, 8_000, "FLAC")
    answer = sent(service_client, long)
    assert answer.status_code == 413
    assert "longer than 1 min" in error_of(answer)
    body = b'{"instances": [[' + b"0," * (1 << 19) + b"0]]}"
    answer = service_client.post("/v1/models/tiny:predict", content=body)
    assert answer.status_code == 413
