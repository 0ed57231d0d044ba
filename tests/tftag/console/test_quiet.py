import subprocess
import sys

from tftag.console import quiet


def test_libraries_hides_what_python_has_not_written(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import logging, os, sys\n"
        "from tftag.console import quiet\n"
        "with quiet.libraries():\n"
        "    os.write(2, b'noise\\n')\n"
        "    logging.warning('a warning')\n"
        "    sys.stderr.write('a reason')\n"
        "os.write(2, b', and after\\n')\n"
    )
    run = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert run.stderr == b"WARNING:root:a warning\na reason, and after\n"
    assert run.returncode == 0


def test_libraries_leaves_a_stream_that_is_no_file_alone(capsys):
    with quiet.libraries():
        sys.stderr.write("kept")
    assert capsys.readouterr().err == "kept"
