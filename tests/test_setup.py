"""The rules that the project's own files state about themselves."""

import ast
import configparser
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*-py*.txt"))


def pins(lock: pathlib.Path) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9.-]+)==(\S+)", lock.read_text(), re.M)
    return dict(found)


def test_import_rules_hold():
    command = [sys.executable, "-c", "from importlinter.cli import "]
    command[-1] += "lint_imports_command as c; c()"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_folder_of_modules_is_a_package():
    # The import rules pass over folders without an __init__.py.
    scripts = {ROOT / "experiments" / "speed" / "peers"}  # of .venv-peers
    modules = [
        path
        for tree in ("tftag", "pipelines", "experiments")
        for path in (ROOT / tree).rglob("*.py")
    ]
    missing = {
        path.parent
        for path in modules
        if not (path.parent / "__init__.py").exists()
    }
    assert len(modules) > 300
    assert missing == scripts


def test_code_is_clean():
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_there_is_a_lock_for_every_python():
    assert [lock.stem for lock in LOCKS] == [
        "beam-py311",
        "beam-py312",
        "default-py311",
        "default-py312",
        "newest-py311",
        "newest-py312",
        "newest-py313",
    ]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_lock_holds_every_declared_dependency(lock):
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    declared = setup["options"]["install_requires"]
    extras = setup["options.extras_require"]
    if lock.stem.startswith("beam"):
        declared += extras["catalogue"] + extras["remote"]
    else:
        declared += extras["experiments"] + extras["test"] + extras["word2vec"]
    names = re.findall(r"^([a-z0-9-]+)[<>=]", declared, re.M)
    assert len(names) > 10
    assert set(names) <= set(pins(lock))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_lock_keeps_what_tensorboard_and_hub_import(lock):
    # pkg_resources left setuptools with version 81.
    assert int(pins(lock)["setuptools"].split(".")[0]) < 81


def test_default_lock_carries_the_native_audio_kernels():
    for lock in LOCKS:
        expected = lock.stem.startswith("default")
        assert ("tensorflow-io" in pins(lock)) == expected


def python_files(*folders: str) -> list[pathlib.Path]:
    return [path for name in folders for path in (ROOT / name).rglob("*.py")]


def test_no_file_is_longer_than_400_lines():
    for path in python_files("tftag", "pipelines", "experiments", "tests"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 400, f"{path} has {lines} lines"


def public_functions(scope: ast.AST):
    """Of a module and its public classes; none that is inside another."""
    for node in ast.iter_child_nodes(scope):
        if getattr(node, "name", "_").startswith("_"):
            continue
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from public_functions(node)


def test_public_functions_are_typed():
    seen = 0
    for path in python_files("tftag", "pipelines", "experiments"):
        for made in public_functions(ast.parse(path.read_text("utf-8"))):
            asked = [*made.args.posonlyargs, *made.args.args]
            asked += [*made.args.kwonlyargs, made.args.vararg, made.args.kwarg]
            bare = [
                argument.arg
                for argument in filter(None, asked)
                if argument.annotation is None
                and argument.arg not in ("self", "cls")
            ]
            where = f"{path}: {made.name}"
            assert not bare, f"{where} does not say what {bare} are"
            assert made.returns is not None, f"{where} says not what it returns"
            seen += 1
    assert seen > 500


_NO_ENTRIES = ("__init__.py", "__init__.pyi", "__pycache__", "py.typed")
_NO_ENTRIES += ("conftest.py",)


def test_no_folder_holds_more_than_a_room_may():
    """Twelve entries; the trees up to twenty.

    Commands, and their tests, are listed by their common beginning and do not
    count.
    """
    large = {ROOT / name for name in ("tftag", "pipelines", "experiments")}
    large |= {ROOT / "tests" / folder.relative_to(ROOT) for folder in large}
    folders = {
        path.parent
        for path in python_files("tftag", "pipelines", "experiments", "tests")
    }
    for folder in folders:
        entries = [
            path
            for path in folder.iterdir()
            if path.name not in _NO_ENTRIES
            and not path.match("run_*.py")
            and not path.match("test_run_*.py")
        ]
        most = 20 if folder in large else 12
        assert len(entries) <= most, f"{folder} has {len(entries)} entries"


def test_tests_mirror_the_trees():
    """A test of every module, where the module is."""
    for path in python_files("tftag", "pipelines", "experiments"):
        if path.stem in ("__init__", "__main__"):
            continue
        place = ROOT / "tests" / path.relative_to(ROOT).parent
        assert (place / f"test_{path.stem}.py").exists(), path
