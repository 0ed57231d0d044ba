"""The numbered folders of a model: each is there as a whole or not at all."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import uuid
from collections.abc import Callable

from tftag.pretrained import presets


def write(
    folder: str | os.PathLike[str],
    version: int | None,
    fill: Callable[[pathlib.Path], None],
) -> pathlib.Path:
    """Writes `<folder>/<version>/` beside its place, and then renames it.

    Args:
        folder: The model's folder, made where it is not there.
        version: A number that is not taken. `None` is the next one.
        fill: Gets an empty folder. What it raises leaves nothing behind.

    Returns:
        The folder of the version.

    Raises:
        ValueError: The version is taken, or no number of a folder.
    """
    folder = pathlib.Path(os.path.abspath(folder))
    if version is not None and (
        version < 0 or (folder / str(version)).exists()
    ):
        raise ValueError(
            "`version` must be a whole number that is not taken, or None for "
            f"the next one. Received: {version} in {folder}."
        )
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    # TensorFlow Serving passes over what is not a number.
    written = folder / f".writing-{uuid.uuid4().hex}"
    try:
        written.mkdir()
        fill(written)
        return _rename(written, folder, version)
    except BaseException:
        shutil.rmtree(written, ignore_errors=True)
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def newest(path: str | os.PathLike[str]) -> pathlib.Path:
    """Finds the SavedModel with the highest number.

    Args:
        path: A model's folder, or that of a version.

    Returns:
        The folder that `saved_model.pb` is in.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is an ONNX file.
    """
    path = pathlib.Path(path)
    if presets.is_onnx(path):
        raise ValueError(
            "An ONNX file only tags (tftag tag, tftag timeline, tftag.load): "
            "for this name the SavedModel that it was made from, or a preset. "
            f"Received: {path}."
        )
    if (path / "saved_model.pb").exists():
        return path
    if not path.is_dir():
        raise FileNotFoundError(
            "A SavedModel must be a folder such as saved_models/baseline. "
            f"Received: {path}, which is not there."
        )
    found = versions(path)
    if not found:
        raise FileNotFoundError(
            "The folder must hold saved_model.pb, or numbered folders that "
            f"do. Received: {path}, with neither."
        )
    return found[max(found)]


def versions(folder: pathlib.Path) -> dict[int, pathlib.Path]:
    """The versions of a model that are there as a whole, by number.

    Args:
        folder: The model's folder.

    Raises:
        OSError: It cannot be listed.
    """
    return {
        int(path.name): path
        for path in folder.iterdir()
        if path.name.isdecimal() and (path / "saved_model.pb").exists()
    }


def fingerprint(folder: str | os.PathLike[str]) -> str:
    """Returns what changes with any byte of a model: 32 hexadecimal digits.

    Args:
        folder: The folder that `saved_model.pb` is in, or an ONNX file.
    """
    folder = pathlib.Path(folder)
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.rglob("*")) or [folder]:
        # What lies there for others does not change an answer.
        if path.is_file() and "assets.extra" not in path.parts:
            with open(path, "rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.relative_to(folder)}\0{content}\0".encode())
    return digest.hexdigest()


def _rename(
    written: pathlib.Path, folder: pathlib.Path, version: int | None
) -> pathlib.Path:
    """Gives the folder its number: the next one, unless it is asked for."""
    taken = [
        int(path.name) for path in folder.iterdir() if path.name.isdecimal()
    ]
    number = max(taken, default=0) + 1 if version is None else version
    while True:
        try:
            return written.rename(folder / str(number))
        except OSError:
            # Another export may have been faster.
            if version is not None or not (folder / str(number)).exists():
                raise
            number += 1
