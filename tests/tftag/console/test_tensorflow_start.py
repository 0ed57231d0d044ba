"""TensorFlow computes by oneDNN, whatever the processor, unless told not to."""

import platform

import pytest
from other_process import printed

from tftag.console import tensorflow_start

# Of a model that is built by hand TensorFlow's start is heard.
DEAF = "import os; os.dup2(os.open(os.devnull, os.O_WRONLY), 2)"
ASK = (
    "from tensorflow.python.util import _pywrap_util_port as port",
    "print(port.IsMklEnabled())",
)


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"),
    reason="TensorFlow's own choice holds there",
)
@pytest.mark.parametrize(
    "lines",
    [
        ["import experiments"],
        [DEAF, "import tftag", "tftag.Tagger"],
        ["import tftag.inference.runtimes.python_runtime"],
        ["import tftag.server.models.served_version"],
    ],
    ids=["a run", "a model", "an export", "a service"],
)
def test_it_is_used(lines):
    assert printed([*lines, *ASK]) == "True"


def test_a_setting_holds():
    lines = [
        "import os",
        "os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'",
        "import experiments",
    ]
    assert printed([*lines, *ASK]) == "False"


def test_other_processors_are_left_to_tensorflow(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    environment: dict[str, str] = {}
    tensorflow_start.use_onednn(environment)
    assert environment == {}
