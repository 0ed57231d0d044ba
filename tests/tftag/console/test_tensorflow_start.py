"""TensorFlow starts with oneDNN, and under the backend of any notebook."""

import platform

import pytest
from other_process import printed

from tftag.console import tensorflow_start

ASK = (
    "from tensorflow.python.util import _pywrap_util_port as port",
    "print(port.IsMklEnabled())",
)
# Ends the process where TensorFlow, or Keras before it, would start.
END_AT_ITS_START = """
import os, sys
class End:
    def find_spec(self, name, *_):
        if name in ("keras", "tensorflow"):
            names = "TF_ENABLE_ONEDNN_OPTS", "MPLBACKEND"
            print(*map(os.environ.get, names), flush=True)
            os._exit(0)
sys.meta_path.insert(0, End())
"""
NOTEBOOK = "os.environ['MPLBACKEND'] = 'module://of_a_notebook.inline'"
X86 = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"),
    reason="TensorFlow's own choice holds there",
)


@X86
@pytest.mark.parametrize(
    "line",
    [
        "import experiments",
        "import tftag; tftag.Tagger",
        "import tftag.inference.runtimes.python_runtime",
        "import tftag.server.models.served_version",
    ],
    ids=["a run", "a model", "an export", "a service"],
)
def test_whatever_starts_it_prepares_its_environment(line):
    assert printed([END_AT_ITS_START, NOTEBOOK, line]) == "1 None"


@X86
def test_it_is_used():
    assert printed(["import experiments", *ASK]) == "True"


def test_a_setting_holds_but_the_backend_of_a_notebook_elsewhere():
    lines = [
        "import os",
        "os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'",
        NOTEBOOK,
        "import experiments, keras, matplotlib",
    ]
    assert printed([*lines, *ASK]) == "False"


def test_other_processors_are_left_to_tensorflow(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    environment: dict[str, str] = {}
    tensorflow_start.use_onednn(environment)
    assert environment == {}


@pytest.mark.parametrize(
    ("backend", "is_left"),
    [
        ("module://of_a_notebook.backend_inline", False),
        ("module://", False),
        ("module://json", True),
        ("agg", True),
        (None, False),
    ],
)
def test_the_backend_of_a_notebook_elsewhere_is_left_out(backend, is_left):
    before = {"MPLBACKEND": backend} if backend else {}
    environment = dict(before)
    tensorflow_start.leave_out_missing_backend(environment)
    assert environment == (before if is_left else {})
