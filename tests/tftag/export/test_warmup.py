import numpy as np
import warmup_requests

from tftag.export import warmup


def test_requests_come_back(tmp_path):
    requests = {
        "serving_default": {"waveform": np.ones((2, 300), np.float32)},
        "tag_batch": {
            "waveform": np.zeros((1, 1), np.float32),
            "length_samples": np.array([1 << 40], np.int64),
        },
        "tag_wav": {"wav": np.array([b"RIFF\0\xff"], object)},
        "tag_names": {},
    }
    warmup.write_requests(tmp_path / "requests", "baseline", requests)
    read = warmup_requests.read(tmp_path / "requests")
    assert [name for _, name, _ in read] == list(requests)
    for model_name, signature_name, inputs in read:
        assert model_name == "baseline"
        assert inputs.keys() == requests[signature_name].keys()
        for name, value in inputs.items():
            expected = requests[signature_name][name]
            assert value.dtype == expected.dtype
            np.testing.assert_array_equal(value, expected)
