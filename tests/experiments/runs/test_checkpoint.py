"""A state is whole or not there; what comes back is what went in."""

import logging

import keras
import numpy as np
import pytest

from experiments.runs import checkpoint


def arrays(value):
    return {
        "model": [
            ("dense/kernel", np.full((2, 3), value, np.float32)),
            ("dense/bias", np.full(3, value, np.float32)),
        ],
        "optimizer": [("iterations", np.array(value, np.int64))],
        "average": [],
    }


def progress(step):
    return checkpoint.Progress(
        epoch=2,
        step=step,
        best_score=0.1 + 0.2,
        best_epoch=1,
        history=[{"epoch": 1, "loss": 1 / 3, "map": float("nan")}],
    )


def test_what_was_saved_comes_back_to_the_bit(tmp_path):
    checkpoint.save(tmp_path, progress(7), arrays(0.1))
    found, groups = checkpoint.load(tmp_path)
    assert found.best_score == 0.1 + 0.2
    assert found.history[0]["loss"] == 1 / 3
    assert np.isnan(found.history[0]["map"])
    assert found.step == 7
    for group, members in arrays(0.1).items():
        assert [name for name, _ in groups[group]] == [n for n, _ in members]
        for (_, a), (_, b) in zip(groups[group], members, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


def test_nothing_saved_is_none(tmp_path):
    assert checkpoint.load(tmp_path) is None
    assert checkpoint.load(tmp_path / "never made") is None


def test_the_last_two_are_kept(tmp_path):
    for step in range(5):
        checkpoint.save(tmp_path, progress(step), arrays(step))
    assert len(list(tmp_path.iterdir())) == 2
    assert checkpoint.load(tmp_path)[0].step == 4


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.9999])
def test_a_truncated_state_falls_back_with_a_warning(tmp_path, caplog, share):
    checkpoint.save(tmp_path, progress(1), arrays(1))
    path = checkpoint.save(tmp_path, progress(2), arrays(2))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with caplog.at_level(logging.WARNING):
        assert checkpoint.load(tmp_path)[0].step == 1
    assert path.name in caplog.text
    # The next state must not take the number of one that is older.
    checkpoint.save(tmp_path, progress(3), arrays(3))
    assert checkpoint.load(tmp_path)[0].step == 3


def test_a_flipped_bit_is_noticed(tmp_path, caplog):
    checkpoint.save(tmp_path, progress(1), arrays(1))
    path = checkpoint.save(tmp_path, progress(2), arrays(2))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert checkpoint.load(tmp_path)[0].step == 1


def test_no_whole_state_is_an_error(tmp_path):
    checkpoint.save(tmp_path, progress(1), arrays(1)).write_bytes(b"no")
    with pytest.raises(ValueError, match="No state .* is whole.*Received"):
        checkpoint.load(tmp_path)


def test_a_full_disk_leaves_the_old_state(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, progress(1), arrays(1))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.atomic_write.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(tmp_path, progress(2), arrays(2))
    assert checkpoint.load(tmp_path)[0].step == 1
    assert len(list(tmp_path.iterdir())) == 1


def model(units=3):
    inputs = keras.Input((2,))
    x = keras.layers.Dense(units, name="dense")(inputs)
    return keras.Model(inputs, keras.layers.Dropout(0.5, seed=1)(x))


def test_variables_are_restored_whatever_was_built_before():
    first = model()
    saved = checkpoint.named(first.variables)
    second = model()
    checkpoint.restore(second.variables, saved, "model")
    for a, b in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_another_shape_name_or_number_is_named_and_changes_nothing():
    wide = checkpoint.named(model(4).variables)
    target = model()
    before = checkpoint.named(target.variables)
    with pytest.raises(ValueError, match=r"dense/kernel \(2, 3\).*\(2, 4\)"):
        checkpoint.restore(target.variables, wide, "model")
    with pytest.raises(ValueError, match="must have the 3 arrays of the model"):
        checkpoint.restore(target.variables, wide[:1], "model")
    renamed = [("other/" + name, array) for name, array in before]
    with pytest.raises(ValueError, match="other/dense/kernel"):
        checkpoint.restore(target.variables, renamed, "model")
    for (_, a), b in zip(before, target.variables, strict=True):
        np.testing.assert_array_equal(a, b.numpy())
