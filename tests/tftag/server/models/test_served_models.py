"""Versions of a model: picked up, labelled, drained, and wrong ones left."""

import gc
import shutil
import threading
import types
import weakref

import pytest
import tensorflow as tf
import waiting

from tftag.server.admission import refusals
from tftag.server.models import served_models, served_version


@pytest.fixture
def folder(tagger_folder, tmp_path):
    """A model with version 1."""
    shutil.copytree(tagger_folder, tmp_path / "tiny" / "1")
    return tmp_path / "tiny"


def opened(folder, **labels):
    model = served_models.ServedModel(
        served_models.Source("tiny", folder, labels), lambda name, count: None
    )
    model.refresh(is_first=True)
    return model


def states(model):
    return {number: state.name for number, state in model.states.items()}


def number_of(model, *which):
    with model.using(*which) as version:
        return version.number


def test_a_new_version_takes_over_and_the_old_one_ends_with_its_last_request(
    folder,
):
    model = opened(folder)
    assert number_of(model) == 1
    shutil.copytree(folder / "1", folder / "2")
    with model.using() as version:
        thread = threading.Thread(target=model.refresh)
        thread.start()
        both = {1: "UNLOADING", 2: "AVAILABLE"}
        waiting.until(lambda: states(model) == both)
        # Others are answered by the new one, this one still by the old one.
        assert number_of(model) == 2
        answer = version.tagger.tag_samples([0.5, -0.5, 0.25])
        assert len(answer.calibrated) == len(version.tagger.tag_names)
        assert thread.is_alive()
    thread.join(60)
    assert states(model) == {1: "END", 2: "AVAILABLE"}
    with pytest.raises(refusals.Refused, match=r"Specific\(tiny, 1\)"):
        number_of(model, 1)


def test_a_version_that_cannot_be_opened_leaves_the_one_before_it(folder):
    model = opened(folder)
    broken = folder / "2"
    broken.mkdir()
    (broken / "saved_model.pb").write_bytes(b"half of it")
    before = model.states
    model.refresh()
    # Who reads them while they change has them as they were.
    assert before.keys() == {1}
    assert states(model) == {1: "AVAILABLE", 2: "END"}
    assert model.states[2].code != "OK" and model.states[2].message
    assert number_of(model) == 1
    # Not tried again before it has changed, and then taken.
    tried = model.states[2]
    model.refresh()
    assert model.states[2] is tried
    shutil.rmtree(broken)
    shutil.copytree(folder / "1", broken)
    model.refresh()
    assert number_of(model) == 2


def test_a_label_keeps_its_version(folder):
    shutil.copytree(folder / "1", folder / "5")
    model = opened(folder, stable=1)
    assert number_of(model) == 5
    assert number_of(model, None, "stable") == 1
    with pytest.raises(refusals.Refused, match="label: other") as caught:
        number_of(model, None, "other")
    assert caught.value.status == 400


def test_a_folder_that_is_away_takes_nothing_down(folder):
    model = opened(folder)
    folder.rename(folder.with_name("away"))
    model.refresh()
    assert number_of(model) == 1


def test_a_single_version_can_be_served(folder):
    assert number_of(opened(folder / "1")) == 1


def test_what_is_not_there_at_first_is_an_error(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="without any version"):
        opened(tmp_path)
    with pytest.raises(FileNotFoundError, match="3"):
        opened(folder, stable=3)
    one = served_models.Source("tiny", folder)
    with pytest.raises(ValueError, match="'tiny' twice"):
        served_models.ServedModels([one, one], 1, lambda name, count: None)


class FailsInItsFirstClip:
    """A model that is opened, and has too little memory to be run."""

    clips_at_once = 2
    spec = types.SimpleNamespace(clip_samples=10)

    def run_clips(self, tensors):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM")


def test_a_version_that_fails_in_its_first_clip_is_tried_once(
    folder, monkeypatch
):
    model = opened(folder)
    shutil.copytree(folder / "1", folder / "2")
    tried = []

    def load(path):
        tried.append(FailsInItsFirstClip())
        return tried[-1]

    monkeypatch.setattr(served_version.loading, "load", load)
    threads = threading.active_count()
    for _ in range(3):
        model.refresh()
    assert len(tried) == 1
    assert states(model) == {1: "AVAILABLE", 2: "END"}
    assert "OOM" in model.states[2].message
    gone = weakref.ref(tried.pop())

    def is_left_by_all():
        gc.collect()
        return threading.active_count() <= threads and not gone()

    waiting.until(is_left_by_all)
    with pytest.raises(ValueError, match="cannot be run.*OOM"):
        opened(folder)
    model.close()
