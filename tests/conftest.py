"""What every test runs under."""

import fcntl
import functools
import gc
import logging
import os
import pathlib
import shutil
import sys
import tempfile

import imageio_ffmpeg
import pytest

# Before any test imports TensorFlow: only errors are worth a line.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# As every command has it, on whatever processor.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
if "PYTEST_XDIST_WORKER" in os.environ:
    # The cores have a worker each: more threads only wait for one another.
    for _name in ("OMP_NUM", "TF_NUM_INTRAOP", "TF_NUM_INTEROP"):
        os.environ.setdefault(f"{_name}_THREADS", "1")

# Fixtures that take long and serve several files, and who goes together.
_GROUPS = {
    "baseline_run": "baseline",
    "dual_run": "runs",
    "zero_shot_run": "runs",
    "cross_validation_run": "runs",
    "service_client": "service",
    "encoder_loaded": "exports",
    "encoder_signatures": "exports",
    "without_tftag": "exports",
    "import served_page": "page",
}
# What takes minutes, most of it in other processes, begins first, and then the
# groups, so that no worker is left alone with one. One worker makes both tiny
# exports while the other trains. The service must not: it stays to the end, and
# tests look for what others left running.
_FIRST = ("test_replica_loop.py", "page", "test_examples.py")
_FIRST += ("exports", "runs", "baseline")


def pytest_addoption(parser):
    """`.ci/run` has it where the lock is the newest, the slow lane always."""
    parser.addoption(
        "--rewritten-graphs",
        action="store_true",
        help="have TensorFlow rewrite every graph before its first call",
    )


def pytest_collection_finish(session):
    """Graphs run as they were built.

    To rewrite one takes longer than the few calls that a test makes of it.
    """
    if not session.config.option.rewritten_graphs:
        _rewrite_graphs(False)


def _rewrite_graphs(does):
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].config.optimizer.set_experimental_options(
            {"disable_meta_optimizer": not does}
        )


def pytest_configure(config):
    """A machine without ffmpeg takes that of imageio-ffmpeg."""
    if shutil.which("ffmpeg") is None:
        folder = tempfile.TemporaryDirectory()
        config.add_cleanup(folder.cleanup)
        program = pathlib.Path(folder.name, "ffmpeg")
        program.symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
        os.environ["PATH"] += os.pathsep + folder.name


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is imported stays: nobody looks for garbage in it.

    Of the processor's time of a model that is traced that was a fifth.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """What was captured can be sent by a worker of pytest-xdist.

    Tests of names that are no UTF-8 log halves of characters.
    """
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode())
        for name, text in report.sections
    ]
    return report


# The groups of `--dist loadgroup` are lost on the node ids of pytest 9.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file stays with one worker, and so do files that share a fixture."""
    from xdist import scheduler

    class Files(scheduler.LoadFileScheduling):
        def _split_scope(self, nodeid):
            return _group(config.rootpath / nodeid.partition("::")[0])

    return Files(config, log) if config.getvalue("dist") == "loadfile" else None


@functools.cache
def _group(path):
    text = path.read_text(encoding="utf-8")
    return next((_GROUPS[name] for name in _GROUPS if name in text), str(path))


def pytest_collection_modifyitems(items):
    """Each worker takes the first file that nobody has."""
    order = {name: place for place, name in enumerate(_FIRST)}
    items.sort(
        key=lambda item: order.get(
            pathlib.Path(_group(item.path)).name, len(order)
        )
    )


@pytest.fixture(autouse=True)
def loggers_as_imported():
    """Commands that ran before print to a stream that is closed by now."""
    for package in ("experiments", "pipelines", "tftag"):
        logger = logging.getLogger(package)
        logger.handlers = []
        logger.propagate = True
        logger.setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def tagger_model():
    """The tiny tagger that `tagger_folder` and `tagger` were made of."""
    import tiny_tagger

    return tiny_tagger.build()


@pytest.fixture(scope="session")
def saved_models(tmp_path_factory):
    """Writes a model into a folder that all workers of a run read."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / "saved_models"
    folder.mkdir(exist_ok=True)

    def version(name, write):
        with open(folder / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # It appears whole.
            if not (folder / name / "1").exists():
                write(folder / name)
        return folder / name / "1"

    return version


@pytest.fixture(scope="session")
def tagger_folder(tagger_model, saved_models):
    """One version of its SavedModel."""
    import tiny_tagger

    card = {
        "metrics": {"map": float("nan")},
        "command": "tests",
        "licences": [tiny_tagger.LICENCE],
    }
    return saved_models(
        "tiny", lambda folder: tiny_tagger.write(tagger_model, folder, card)
    )


@pytest.fixture(scope="session")
def tagger_loaded(tagger_folder):
    """Its SavedModel as TensorFlow loads it, each signature optimised once."""
    import tensorflow as tf

    return tf.saved_model.load(str(tagger_folder))


@pytest.fixture(scope="session")
def tagger(tagger_folder):
    """Its SavedModel, opened."""
    from tftag.inference import saved_tagger

    return saved_tagger.SavedTagger(tagger_folder)


@pytest.fixture(scope="session")
def onnx_file(tagger_folder, saved_models):
    """Its SavedModel as one ONNX file."""
    from tftag.export import onnx_file

    def write(folder):
        (folder / "1").mkdir(parents=True)
        onnx_file.write(tagger_folder, folder / "1" / "tiny.onnx")

    return saved_models("tiny_onnx", write) / "tiny.onnx"


@pytest.fixture(scope="session")
def encoder_model():
    """The tiny dual encoder of `encoder_folder` and `encoder`."""
    import tiny_dual_encoder

    return tiny_dual_encoder.build()


@pytest.fixture(scope="session")
def encoder_folder(encoder_model, saved_models):
    """One version of its SavedModel."""
    import tiny_dual_encoder

    return saved_models(
        "tiny_dual",
        lambda folder: tiny_dual_encoder.write(encoder_model, folder),
    )


@pytest.fixture(scope="session")
def encoder_loaded(encoder_folder):
    """Its SavedModel as TensorFlow loads it, each signature optimised once."""
    import tensorflow as tf

    return tf.saved_model.load(str(encoder_folder))


@pytest.fixture(scope="session")
def encoder_signatures(encoder_loaded):
    """Its signatures."""
    return encoder_loaded.signatures


@pytest.fixture(scope="session")
def encoder(encoder_folder):
    """Its SavedModel, opened by the folder of all versions."""
    from tftag.inference import saved_dual_encoder

    return saved_dual_encoder.SavedDualEncoder(encoder_folder.parent)


@pytest.fixture(scope="session")
def without_tftag(tagger_folder, encoder_folder, tmp_path_factory):
    """Samples, and what both exports say of them to TensorFlow alone."""
    import other_process
    import tiny_tagger

    from tftag import audio

    folder = tmp_path_factory.mktemp("without_tftag")
    music = tiny_tagger.music(3 * tiny_tagger.CLIP)
    samples = audio.to_full_scale(music).samples
    rate_hz = tiny_tagger.SPEC.sample_rate_hz
    audio.write_wav(folder / "row.wav", samples, rate_hz)
    answers = other_process.tagged_without_tftag(
        folder / "row.wav", [tagger_folder, encoder_folder], folder
    )
    return folder / "row.wav", samples, *answers


@pytest.fixture(scope="module")
def rewritten_graphs(pytestconfig):
    """TensorFlow rewrites what this module opens from here on."""
    _rewrite_graphs(True)
    yield
    _rewrite_graphs(pytestconfig.option.rewritten_graphs)


@pytest.fixture
def no_graphs():
    """What is trained takes a few steps, fewer than graphs are worth."""
    import eager_training

    with eager_training.eager_training():
        yield


@pytest.fixture
def no_figures(monkeypatch):
    """What is about something else than figures draws none."""
    from experiments.figures import illustrations

    monkeypatch.setattr(illustrations, "draw", lambda *_: {})
    monkeypatch.setattr(illustrations, "show", lambda *_: None)


@pytest.fixture
def no_waits(monkeypatch):
    """Remote files are tried again at once, with credentials of the test."""
    from tftag.storage.remote import retries

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
    from tftag.storage.remote import file_systems

    file_systems.close()
    yield
    file_systems.close()


@pytest.fixture(scope="module")
def module_door():
    """An S3 server on loopback, for the tests of a module."""
    import faulty_server

    from tftag.storage.remote import file_systems

    file_systems.close()
    with faulty_server.s3() as opened:
        yield opened
        file_systems.close()


@pytest.fixture
def door(monkeypatch, no_waits, module_door):
    """The door of an S3 server that AWS_ENDPOINT_URL names, as new.

    Nothing that is fetched is kept, but where a test asks for `kept_here`.
    """
    monkeypatch.setenv("AWS_ENDPOINT_URL", module_door.url)
    monkeypatch.setenv("TFTAG_AUDIO_CACHE_GB", "0")
    module_door.reset()
    return module_door


@pytest.fixture
def kept_here(monkeypatch, door, tmp_path):
    """The folder in which files of buckets are kept, for this test alone."""
    from tftag.storage.remote import fetched_files

    monkeypatch.delenv("TFTAG_AUDIO_CACHE_GB")
    folder = tmp_path / "cache" / "recordings"
    made = functools.partial(fetched_files.FetchedFiles, folder)
    monkeypatch.setattr(fetched_files, "FetchedFiles", made)
    return folder
