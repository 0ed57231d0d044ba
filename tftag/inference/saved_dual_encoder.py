"""Opens the SavedModel of a dual encoder: vectors of files and of any string.

Needs no model code.
"""

import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tftag import audio, tags, words
from tftag.console import counts_in_words
from tftag.inference import (
    long_recordings,
    model_card,
    saved_tagger,
    version_folder,
    waveforms,
)


class SavedDualEncoder(saved_tagger.SavedTagger):
    """A dual encoder that was exported.

    It tags as a tagger does, with the tags it was trained with. Recordings
    and strings have vectors in one space besides, of which the dot product is
    the cosine.

    >>> from tftag.inference import saved_dual_encoder
    >>> folder = "saved_models/dual_encoder"
    >>> encoder = saved_dual_encoder.SavedDualEncoder(folder)
    >>> vectors, known_share = encoder.embed_texts(["calm piano", "zzqx"])
    >>> (vectors @ encoder.embed_file("song.wav")).shape
    (2,)

    Attributes:
        space: Fingerprint of the space: vectors of another one are noise.
        dim: Length of a vector.
    """

    _needed = (*saved_tagger.SavedTagger._needed, "embed_batch", "embed_text")

    def __init__(
        self,
        path: str | os.PathLike[str],
        starts_fast: bool = False,
        is_for_few: bool = False,
        opens_later: bool = False,
    ):
        """Opens a SavedModel.

        Args:
            path: As for a tagger.
            starts_fast: As for a tagger.
            is_for_few: As for a tagger.
            opens_later: As for a tagger.

        Raises:
            FileNotFoundError: There is no SavedModel.
            ValueError: It is a tagger, damaged, or not one that tftag wrote.
        """
        folder = version_folder.newest(path)
        card = model_card.read(folder)
        if card.get("kind") != model_card.DUAL_ENCODER:
            raise ValueError(
                "The SavedModel must be a dual encoder; a tagger knows its own "
                f"{counts_in_words.count(len(card['tags']), 'tag')} and no "
                f"others. Received: {folder}, a tagger."
            )
        super().__init__(folder, starts_fast, is_for_few, opens_later)
        self.space = str(card["space"]["fingerprint"])
        self.dim = int(card["space"]["dim"])

    def embed_file(
        self, path: str | os.PathLike[str]
    ) -> npt.NDArray[np.float32]:
        """Embeds a file of any format that `audio.decode_file` reads.

        Args:
            path: The file.

        Returns:
            float32 `[dim]` of unit length.

        Raises:
            audio.UnusableAudio: Nothing can be read, or only silence.
            FileNotFoundError: There is no such file.
        """
        recording = audio.decode_file(path, self.sample_rate_hz)
        return self.embed_batch([recording.samples])[0]

    def embed_batch(
        self, batch: Sequence[npt.ArrayLike]
    ) -> npt.NDArray[np.float32]:
        """Embeds several waveforms at once.

        Args:
            batch: Waveforms as `tag_batch` takes them.

        Returns:
            float32 `[batch, dim]`, each of unit length.

        Raises:
            ValueError: No samples, NaN, infinity, another shape, or nothing
                but zeros.
        """
        if not len(batch):  # an array of them has no truth
            return np.zeros((0, self.dim), np.float32)
        if len(batch) == 1 and (outputs := self._by_clip(batch[0])) is not None:
            return self.vector_of(outputs["embedding"])[np.newaxis]
        return self._run("embed_batch", **waveforms.padded_rows(batch))[
            "embedding"
        ]

    def vector_of(self, clips: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The vector of a recording by those of its clips.

        Args:
            clips: Embeddings that `run_clips` gives, float32 `[clips, dim]`.

        Returns:
            float32 `[dim]` of unit length.
        """
        mean = clips.mean(axis=0, dtype=np.float64)
        mean /= np.linalg.norm(mean) or 1.0
        return mean.astype(np.float32)

    def embed_each(
        self, recordings: Iterable[waveforms.Waveform]
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Embeds many waveforms, with no more in memory than fill the network.

        Args:
            recordings: Waveforms as `tag_batch` takes them; read as needed.

        Yields:
            float32 `[dim]` of each, in their order.
        """
        for batch in self._batches(recordings):
            yield from self.embed_batch(batch)

    def describe_each(
        self, recordings: Iterable[npt.NDArray[Any]]
    ) -> Iterator[tuple[npt.NDArray[Any], tuple[str, ...]]]:
        """Embeds and tags many waveforms, in one pass of the network.

        Args:
            recordings: As `embed_each` takes them.

        Yields:
            float32 `[dim]` of each, and its tags at their thresholds or
            above, in their order.
        """
        for batch in self._batches(recordings):
            for vector, tagged in self._described(batch):
                given = np.flatnonzero(tagged.calibrated >= self.thresholds)
                yield vector, tuple(self.tag_names[at] for at in given)

    def _described(
        self, batch: Sequence[npt.ArrayLike]
    ) -> Iterable[tuple[npt.NDArray[Any], saved_tagger.TaggedRecording]]:
        if self.run_clips is None:  # an export of before
            tagged = self.tag_batch(batch)
            return zip(self.embed_batch(batch), tagged, strict=True)
        outputs = long_recordings.run_clips(
            self.run_clips,
            list(map(waveforms.plain_waveform, batch)),
            self.spec,
            self.clips_at_once,
        )
        return [
            (
                self.vector_of(one["embedding"]),
                self.recording_of(one["probabilities"]),
            )
            for one in outputs
        ]

    def embed_texts(
        self, texts: Sequence[str]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Embeds strings: words, tags, phrases, in any spelling.

        Args:
            texts: `[n]` strings.

        Returns:
            float32 `[n, dim]`, of unit length, 0 where no word is known; and
            float32 `[n]`, the share of the words that are known.

        Raises:
            ValueError: A string is no valid Unicode.
        """
        encoded = [text.encode() for text in texts]
        answer = self._run("embed_text", strings=np.array(encoded, object))
        return answer["embedding"], answer["known_share"]

    def score(
        self, samples: npt.ArrayLike, texts: Sequence[str]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Compares a waveform with strings.

        Args:
            samples: As `tag_samples` takes them.
            texts: `[n]` strings.

        Returns:
            Cosines, float32 `[n]`, 0 where no word is known; and the known
            shares, float32 `[n]`.

        Raises:
            ValueError: As `embed_batch` and `embed_texts`.
        """
        vectors, known_share = self.embed_texts(texts)
        return vectors @ self.embed_batch([samples])[0], known_share

    def is_known(self, phrase: str) -> bool:
        """Whether a phrase as a whole is a tag or has a vector of its own.

        This is what `query.parse` asks for.
        """
        is_tag = tags.clean_tag(phrase) in self.tag_names
        return is_tag or words.normalize(phrase) in self._phrases.rows

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrases that have a vector."""
        return self._phrases.phrases

    def unknown_words(self, text: str) -> dict[str, str | None]:
        """Finds the words of a text that have no vector.

        Args:
            text: A word, tag or phrase, in any spelling.

        Returns:
            Each of them, and the known phrase that is spelled most like it.
        """
        unknown = self._phrases.lookup(text).unknown
        return {word: self._phrases.nearest(word) for word in unknown}

    @functools.cached_property
    def _phrases(self) -> words.WordVectors:
        """What is known; the vectors themselves are in the graph."""
        path = self.folder / "assets" / model_card.PHRASES_FILE_NAME
        phrases = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        return words.WordVectors(
            tuple(phrases), np.ones((len(phrases), 1)), {}, os.fspath(path)
        )
