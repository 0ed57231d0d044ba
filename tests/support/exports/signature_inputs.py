"""The signatures of every export by name, and inputs for them."""

import io

import numpy as np
import soundfile
import tensorflow as tf
import tiny_dual_encoder
import tiny_tagger

from tftag import audio

OF_TAGGERS = (
    *("serving_default", "tag_batch", "tag_wav", "timeline", "timeline_wav"),
    *("top_tags", "top_tags_wav", "tag_clips", "tag_names"),
)
OF_DUAL_ENCODERS = (
    *OF_TAGGERS,
    *("embed_audio", "embed_batch", "embed_wav", "embed_text"),
    *("score", "score_wav"),
)


def inputs_of(signature, rows):
    """Inputs of so many rows, by the names that the signature declares."""
    music = [
        tiny_tagger.music(tiny_tagger.CLIP * 3, row) for row in range(rows)
    ]
    strings = (tiny_dual_encoder.STRINGS * 2)[: rows + 1]
    made = {
        "waveform": tf.constant(np.stack(music)),
        "length_samples": tf.range(1, rows + 1, dtype=tf.int64),
        "wav": tf.constant([wav_bytes(samples) for samples in music]),
        "row": tf.zeros([rows], tf.int64),
        # Of a text, or of what is asked of a recording.
        1: tf.constant(strings[:rows]),
        None: tf.constant([strings[row : row + 2] for row in range(rows)]),
    }
    _, declared = signature.structured_input_signature
    if "peak" in declared:
        clips = made["waveform"][:, : tiny_tagger.CLIP]
        made["peak"] = 2 * tf.reduce_max(tf.abs(clips), axis=1)
        made["waveform"] = clips
    return {
        name: made[spec.shape.rank if name == "strings" else name]
        for name, spec in declared.items()
    }


def wav_bytes(samples):
    """A 16-bit WAV file of a waveform, at full scale unless it is silent."""
    if np.any(samples):
        samples = audio.to_full_scale(samples).samples
    file = io.BytesIO()
    rate_hz = tiny_tagger.SPEC.sample_rate_hz
    soundfile.write(file, samples, rate_hz, "PCM_16", format="WAV")
    return file.getvalue()
