"""What schemathesis makes of the OpenAPI page, asked of all endpoints."""

import logging
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

# A body may fit its description and be no recording. TensorFlow Serving, and
# so this service, answers another method with 400.
_LEFT_OUT = "positive_data_acceptance,unsupported_method"
_BESIDE = pathlib.Path(sys.executable).parent


@pytest.mark.slow
def test_odd_requests_get_an_answer_that_is_described(
    service, caplog, tmp_path
):
    places = os.pathsep.join([str(_BESIDE), os.environ["PATH"]])
    command = shutil.which("schemathesis", path=places)
    if command is None:
        pytest.skip("schemathesis is not installed: install tftag[test]")
    address = f"http://127.0.0.1:{service.port}/openapi.json"
    with caplog.at_level(logging.ERROR):
        done = subprocess.run(
            [
                *(command, "run", address, "--continue-on-failure"),
                *("--exclude-checks", _LEFT_OUT, "--seed", "1"),
                *("--max-examples", "5", "--warnings", "off", "--no-color"),
            ],
            cwd=tmp_path,  # it keeps what it found
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6_000:]
    assert not caplog.records
