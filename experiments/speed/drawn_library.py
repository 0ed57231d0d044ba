"""A library of any size whose vectors spread as those of real recordings do.

A smoothed bootstrap (Silverman, Density estimation, 1986, 6.4): each drawn
recording is a real one, moved towards the mean and then by noise of the real
covariance, so that mean and covariance stay what they are and neighbours lie
in the real clusters. Dimensions beyond the real ones have the variances that
a power law through the real spectrum gives; then all are rotated, so that no
axis is special, and brought to unit length. Texts are the vectors of real
phrases, brought into the same space the same way.
"""

import dataclasses
import pathlib

import numpy as np

from tftag.search import library_index

_SMOOTHING = 0.5
_BLOCK_ROWS = 50_000
_WORDS_PER_QUERY = 2


@dataclasses.dataclass(frozen=True, eq=False)
class Drawn:
    """What was drawn.

    Attributes:
        vectors: float32 `[recordings, dim]`, mapped from a file.
        texts: float32 `[queries, words, dim]`.
        audio: float32 `[queries, 1, dim]`: of recordings that the library
            does not hold.
    """

    vectors: np.ndarray
    texts: np.ndarray
    audio: np.ndarray


def write(
    like: str, folder: pathlib.Path, count: int, dim: int, queries: int
) -> None:
    """Draws a library and queries, and keeps them in a folder.

    Args:
        like: The index of real recordings; its model is opened for texts.
        folder: Where `vectors.npy`, `texts.npy` and `audio.npy` go.
        count: How many recordings.
        dim: Length of a vector, at least that of the real ones.
        queries: How many of each kind.
    """
    index = library_index.LibraryIndex.open(like)
    real = np.concatenate(list(index.vectors())).astype(np.float64)
    draw = np.random.default_rng(0)
    space = _Space(real, dim, draw)
    vectors = np.lib.format.open_memmap(
        folder / "vectors.npy", "w+", np.float32, (count, dim)
    )
    for start in range(0, count, _BLOCK_ROWS):
        rows = min(_BLOCK_ROWS, count - start)
        vectors[start : start + rows] = space.recordings(rows, draw)
    vectors.flush()
    np.save(folder / "audio.npy", space.recordings(queries, draw)[:, None])
    phrases = _phrase_vectors(index, queries * _WORDS_PER_QUERY, draw)
    texts = space.placed(phrases, draw)
    np.save(folder / "texts.npy", texts.reshape(queries, _WORDS_PER_QUERY, dim))


def read(folder: pathlib.Path) -> Drawn:
    """Opens what `write` has kept."""
    return Drawn(
        np.load(folder / "vectors.npy", mmap_mode="r"),
        np.load(folder / "texts.npy"),
        np.load(folder / "audio.npy"),
    )


def nearest(vectors: np.ndarray, queries: np.ndarray, top: int) -> np.ndarray:
    """The best recordings of each query, by all products.

    Args:
        vectors: `[recordings, dim]`.
        queries: `[queries, words, dim]`; the words of a query are
            standardised over the library and added up.
        top: How many.

    Returns:
        int64 `[queries, top]`.
    """
    count, dim = vectors.shape
    total, outer = np.zeros(dim), np.zeros((dim, dim))
    for start in range(0, count, _BLOCK_ROWS):
        block = vectors[start : start + _BLOCK_ROWS].astype(np.float64)
        total += block.sum(axis=0)
        outer += block.T @ block
    mean = total / count
    covariance = outer / count - np.outer(mean, mean)
    words = queries.astype(np.float64)
    words /= np.linalg.norm(words, axis=-1, keepdims=True)
    spread = np.sqrt(np.einsum("qwd,de,qwe->qw", words, covariance, words))
    directions = (words / spread[..., None]).sum(axis=1).T
    best = np.full((len(queries), top), -np.inf)
    rows = np.zeros((len(queries), top), np.int64)
    for start in range(0, count, _BLOCK_ROWS):
        block = vectors[start : start + _BLOCK_ROWS].astype(np.float64)
        scores = np.concatenate([best, (block @ directions).T], axis=1)
        numbers = np.broadcast_to(
            np.arange(start, start + len(block)), (len(queries), len(block))
        )
        numbers = np.concatenate([rows, numbers], axis=1)
        places = np.argpartition(-scores, top, axis=1)[:, :top]
        best = np.take_along_axis(scores, places, axis=1)
        rows = np.take_along_axis(numbers, places, axis=1)
    return rows


class _Space:
    """Real recordings in more dimensions than they have."""

    def __init__(self, real: np.ndarray, dim: int, draw: np.random.Generator):
        self._mean = real.mean(axis=0)
        self._apart = real - self._mean
        variances, axes = np.linalg.eigh(np.cov(self._apart.T))
        variances = np.maximum(variances[::-1], 0)
        self._root = axes[:, ::-1] * np.sqrt(variances)
        known = len(variances)
        ranks = np.arange(known // 4, known // 2)
        slope, height = np.polyfit(
            np.log(ranks + 1), np.log(variances[ranks]), 1
        )
        more = np.arange(known, dim)
        self._more = np.exp(height + slope * np.log(more + 1)) ** 0.5
        self._rotation, _ = np.linalg.qr(draw.normal(size=(dim, dim)))

    def recordings(self, count: int, draw: np.random.Generator) -> np.ndarray:
        """Returns float32 `[count, dim]` of unit length."""
        chosen = self._apart[draw.integers(len(self._apart), size=count)]
        noise = draw.normal(size=(count, self._root.shape[1])) @ self._root.T
        keep = (1 - _SMOOTHING**2) ** 0.5
        return self.placed(
            self._mean + keep * chosen + _SMOOTHING * noise, draw
        )

    def placed(
        self, vectors: np.ndarray, draw: np.random.Generator
    ) -> np.ndarray:
        """Adds the other dimensions, rotates, and normalises."""
        more = draw.normal(size=(len(vectors), len(self._more))) * self._more
        whole = np.concatenate([vectors, more], axis=1) @ self._rotation.T
        whole /= np.linalg.norm(whole, axis=1, keepdims=True)
        placed: np.ndarray = whole.astype(np.float32)
        return placed


def _phrase_vectors(
    index: library_index.LibraryIndex, count: int, draw: np.random.Generator
) -> np.ndarray:
    """Vectors of phrases that the index's model knows, drawn at random."""
    from tftag.inference import saved_dual_encoder
    from tftag.pretrained import presets

    model = presets.resolve(index.model_name, print)
    encoder = saved_dual_encoder.SavedDualEncoder(model)
    path = encoder.folder / "assets" / "phrases.txt"
    phrases = path.read_text("utf-8").splitlines()
    chosen = [phrases[at] for at in draw.choice(len(phrases), count, False)]
    vectors, _ = encoder.embed_texts(chosen)
    return vectors.astype(np.float64)
