"""Writes small SavedModels and a WAV file.

    python tests/support/models/make_saved_model.py FOLDER

FOLDER/tagger/1, FOLDER/dual_encoder/1 and FOLDER/music.wav: CI tags the last
by the others under both TensorFlows.
"""

import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).parents[3])]

import tiny_dual_encoder  # noqa: E402
import tiny_tagger  # noqa: E402

from tftag import audio  # noqa: E402


def main(folder):
    folder = pathlib.Path(folder)
    tiny_tagger.write(tiny_tagger.build(), folder / "tagger")
    tiny_dual_encoder.write(tiny_dual_encoder.build(), folder / "dual_encoder")
    music = audio.to_full_scale(tiny_tagger.music(7 * tiny_tagger.CLIP + 5))
    audio.write_wav(
        folder / "music.wav", music.samples, tiny_tagger.SPEC.sample_rate_hz
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
