"""The forward pass of all-MiniLM-L6-v2 in numpy.

Reimers and Gurevych 2019, Sentence-BERT, https://arxiv.org/abs/1908.10084;
Wang et al. 2020, MiniLM, https://arxiv.org/abs/2002.10957.
"""

import itertools
import json
import math
import pathlib

import numpy as np
from scipy import special


class MiniLm:
    """A BERT encoder, averaged over its tokens and scaled to unit length."""

    def __init__(self, config: dict, weights: dict, tokenizer):
        """Takes the parts of a model.

        Args:
            config: As in `config.json`.
            weights: Name to float32 array.
            tokenizer: Its `encode_batch` gives objects with `ids`.
        """
        self._layers = config["num_hidden_layers"]
        self._heads = config["num_attention_heads"]
        self._epsilon = config["layer_norm_eps"]
        self._weights = weights
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, folder: pathlib.Path) -> "MiniLm":
        """Reads `config.json`, `model.safetensors` and `tokenizer.json`."""
        import safetensors.numpy
        import tokenizers

        tokenizer = tokenizers.Tokenizer.from_file(
            str(folder / "tokenizer.json")
        )
        # Texts of one length are encoded together: see `embed`.
        tokenizer.no_padding()
        return cls(
            json.loads((folder / "config.json").read_text()),
            safetensors.numpy.load_file(folder / "model.safetensors"),
            tokenizer,
        )

    def embed(self, texts: list[str], batch: int = 256) -> np.ndarray:
        """Embeds texts.

        Args:
            texts: Short texts.
            batch: How many go through the network at a time.

        Returns:
            float32 `[texts, dim]`, rows of unit length.
        """
        tokens = [item.ids for item in self._tokenizer.encode_batch(texts)]
        # Texts of one length go together: nothing is padded, and no mask is
        # needed.
        order = sorted(range(len(texts)), key=lambda at: len(tokens[at]))
        rows: list[np.ndarray] = [np.zeros(0)] * len(texts)
        for _, equal in itertools.groupby(order, lambda at: len(tokens[at])):
            all_places = list(equal)
            for first in range(0, len(all_places), batch):
                places = all_places[first : first + batch]
                ids = np.array([tokens[place] for place in places])
                for place, row in zip(places, self._encode(ids), strict=True):
                    rows[place] = row
        return np.stack(rows)

    def _encode(self, ids: np.ndarray) -> np.ndarray:
        """Embeds ids `[batch, tokens]` as `[batch, dim]`."""
        name = "embeddings."
        x = (
            self._weights[name + "word_embeddings.weight"][ids]
            + self._weights[name + "position_embeddings.weight"][: ids.shape[1]]
            + self._weights[name + "token_type_embeddings.weight"][0]
        )
        x = self._normalize(x, name + "LayerNorm")
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}."
            attended = self._attend(x, name + "attention.self.")
            x = self._normalize(
                x + self._dense(attended, name + "attention.output.dense"),
                name + "attention.output.LayerNorm",
            )
            hidden = _gelu(self._dense(x, name + "intermediate.dense"))
            x = self._normalize(
                x + self._dense(hidden, name + "output.dense"),
                name + "output.LayerNorm",
            )
        mean = x.mean(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _attend(self, x, name):
        batch, tokens, dim = x.shape

        def split(kind):
            heads = self._dense(x, name + kind).reshape(
                batch, tokens, self._heads, dim // self._heads
            )
            return heads.transpose(0, 2, 1, 3)

        query, key, value = (split(k) for k in ("query", "key", "value"))
        scores = query @ key.transpose(0, 1, 3, 2)
        scores /= math.sqrt(dim // self._heads)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ value).transpose(0, 2, 1, 3).reshape(x.shape)

    def _dense(self, x, name):
        return (
            x @ self._weights[f"{name}.weight"].T
            + self._weights[f"{name}.bias"]
        )

    def _normalize(self, x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + self._epsilon)
        return (
            x * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        )


def _gelu(x: np.ndarray) -> np.ndarray:
    return (0.5 * x * (1.0 + special.erf(x / math.sqrt(2.0)))).astype(
        np.float32
    )
