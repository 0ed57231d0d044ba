import math

import numpy as np
import pytest

from tools import minilm

CONFIG = {
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "layer_norm_eps": 1e-12,
}
DIM, HIDDEN = 8, 12


class Tokenizer:
    """A letter is a token."""

    def encode_batch(self, texts):
        class Encoding:
            def __init__(self, text):
                self.ids = [ord(letter) - ord("a") for letter in text]

        return [Encoding(text) for text in texts]


def weights():
    rng = np.random.default_rng(0)
    made = {}

    def add(name, *shape):
        made[name] = rng.normal(size=shape).astype(np.float32)

    add("embeddings.word_embeddings.weight", 26, DIM)
    add("embeddings.position_embeddings.weight", 16, DIM)
    add("embeddings.token_type_embeddings.weight", 2, DIM)
    norms = ["embeddings.LayerNorm"]
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        norms += [f"{layer}.attention.output.LayerNorm"]
        norms += [f"{layer}.output.LayerNorm"]
        for name, outputs, inputs in (
            ("attention.self.query", DIM, DIM),
            ("attention.self.key", DIM, DIM),
            ("attention.self.value", DIM, DIM),
            ("attention.output.dense", DIM, DIM),
            ("intermediate.dense", HIDDEN, DIM),
            ("output.dense", DIM, HIDDEN),
        ):
            add(f"{layer}.{name}.weight", outputs, inputs)
            add(f"{layer}.{name}.bias", outputs)
    for norm in norms:
        add(f"{norm}.weight", DIM)
        add(f"{norm}.bias", DIM)
    return made


def reference(w, text):
    """The encoder token by token and head by head, in plain Python."""

    def dense(x, name):
        return w[f"{name}.weight"] @ x + w[f"{name}.bias"]

    def norm(x, name):
        x = (x - x.mean()) / math.sqrt(x.var() + 1e-12)
        return x * w[f"{name}.weight"] + w[f"{name}.bias"]

    def gelu(x):
        return x * (1 + np.array([math.erf(v / math.sqrt(2)) for v in x])) / 2

    rows = []
    for place, letter in enumerate(text):
        row = w["embeddings.word_embeddings.weight"][ord(letter) - 97]
        row = row + w["embeddings.position_embeddings.weight"][place]
        row = row + w["embeddings.token_type_embeddings.weight"][0]
        rows.append(norm(row.astype(np.float64), "embeddings.LayerNorm"))
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        name = f"{layer}.attention.self."
        parts = {
            kind: [dense(row, name + kind) for row in rows]
            for kind in ("query", "key", "value")
        }
        mixed = []
        for query in parts["query"]:
            heads = []
            for head in (slice(0, 4), slice(4, 8)):
                score = [query[head] @ k[head] / 2 for k in parts["key"]]
                share = np.exp(score) / np.exp(score).sum()
                heads.append(
                    sum(
                        s * v[head]
                        for s, v in zip(share, parts["value"], strict=True)
                    )
                )
            mixed.append(np.concatenate(heads))
        new = []
        for row, attended in zip(rows, mixed, strict=True):
            name = f"{layer}.attention.output"
            row = norm(
                row + dense(attended, f"{name}.dense"), f"{name}.LayerNorm"
            )
            hidden = gelu(dense(row, f"{layer}.intermediate.dense"))
            new.append(
                norm(
                    row + dense(hidden, f"{layer}.output.dense"),
                    f"{layer}.output.LayerNorm",
                )
            )
        rows = new
    mean = np.mean(rows, axis=0)
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_the_encoder_equals_the_slow_one(batch):
    model = minilm.MiniLm(CONFIG, weights(), Tokenizer())
    texts = ["abc", "z", "abcd", "cba", "hello", "world", "q"]
    rows = model.embed(texts, batch=batch)
    assert rows.shape == (len(texts), DIM)
    for row, text in zip(rows, texts, strict=True):
        np.testing.assert_allclose(row, reference(weights(), text), atol=2e-5)
