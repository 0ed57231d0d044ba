"""What every test runs under."""

import logging
import os
import pathlib
import shutil
import tempfile

import imageio_ffmpeg
import pytest

# Before any test imports TensorFlow: only errors are worth a line.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def pytest_configure(config):
    """A machine without ffmpeg takes that of imageio-ffmpeg."""
    if shutil.which("ffmpeg") is None:
        folder = tempfile.TemporaryDirectory()
        config.add_cleanup(folder.cleanup)
        program = pathlib.Path(folder.name, "ffmpeg")
        program.symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
        os.environ["PATH"] += os.pathsep + folder.name


@pytest.fixture(autouse=True)
def loggers_as_imported():
    """Commands that ran before print to a stream that is closed by now."""
    for package in ("experiments", "pipelines", "tftag"):
        logger = logging.getLogger(package)
        logger.handlers = []
        logger.propagate = True
        logger.setLevel(logging.NOTSET)


@pytest.fixture
def no_waits(monkeypatch):
    """Remote files are tried again at once, with credentials of the test."""
    from pipelines.storage import retries

    for name in ("AWS_PROFILE", "FSSPEC_S3_ANON"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "a-secret-key",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_GCE_CHECK": "true",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(retries, "LONGEST_WAIT_SECONDS", 0.002)


@pytest.fixture
def fresh(no_waits):
    """No connections from before the test, and none after it."""
    from pipelines.storage import file_systems

    file_systems.close()
    yield
    file_systems.close()


@pytest.fixture(scope="module")
def module_door():
    """An S3 server on loopback, for the tests of a module."""
    import faulty_server

    from pipelines.storage import file_systems

    file_systems.close()
    with faulty_server.s3() as opened:
        yield opened
        file_systems.close()


@pytest.fixture
def door(monkeypatch, no_waits, module_door):
    """The door of an S3 server that AWS_ENDPOINT_URL names, as new."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", module_door.url)
    module_door.reset()
    return module_door
