"""Tags a WAV file by SavedModels with TensorFlow and numpy alone.

    python -I tag_without_tftag.py FILE.wav SAVED_MODEL/VERSION...

Prints a JSON list, of each SavedModel: the probabilities of `tag_wav`, of
`serving_default` and of `top_tags`; of a dual encoder, `embed_text` and
`score` as well. Also run by hand and by CI on the other TensorFlow.
"""

import json
import os
import sys
import wave

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# An installed tftag would be found: None makes every import of it fail.
for _name in ("tftag", "pipelines", "experiments", "keras", "soundfile"):
    sys.modules[_name] = None

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

STRINGS = ["dreamy piano", "Été", "zzqx"]


def main(path, *saved_models):
    with wave.open(path) as reader:
        channels = reader.getnchannels()
        data = reader.readframes(reader.getnframes())
    waveform = np.frombuffer(data, "<i2").reshape(-1, channels)
    waveform = waveform.mean(axis=1, dtype=np.float32)
    with open(path, "rb") as file:
        wav = file.read()
    answers = [_answer(folder, waveform, wav) for folder in saved_models]
    sys.stdout.write(json.dumps(answers) + "\n")


def _answer(saved_model, waveform, wav):
    loaded = tf.saved_model.load(saved_model)
    run = loaded.signatures
    batch = tf.constant(waveform[np.newaxis])
    from_wav = run["tag_wav"](wav=tf.constant([wav]))
    from_waveform = run["serving_default"](waveform=batch)
    top = run["top_tags"](waveform=batch)
    answer = {
        "tensorflow": tf.__version__,
        "tag_names": [name.decode() for name in from_wav["tags"].numpy()[0]],
        "tag_wav": from_wav["probabilities"].numpy()[0].tolist(),
        "serving_default": from_waveform["probabilities"].numpy()[0].tolist(),
        "calibrated": from_waveform["calibrated"].numpy()[0].tolist(),
        "top_tags": [name.decode() for name in top["tags"].numpy()[0]],
    }
    if "score" in run:
        text = run["embed_text"](strings=tf.constant(STRINGS))
        score = run["score"](waveform=batch, strings=tf.constant(STRINGS))
        answer["embed_text"] = text["embedding"].numpy().tolist()
        answer["known_share"] = text["known_share"].numpy().tolist()
        answer["score"] = score["score"].numpy()[0].tolist()
    return answer


if __name__ == "__main__":
    main(*sys.argv[1:])
