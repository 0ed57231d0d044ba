"""Training of all but the backbone, on clip vectors computed once."""

import keras
import numpy as np
from scipy import linalg

from experiments.scoring import evaluation
from experiments.settings import dual_encoder_config
from pipelines.reading import seeded_draws
from tftag.models import clip_model, dual_encoder, named_outputs
from tftag.words import unit_vectors

# Variance of the part of an output that has nothing to do with its name; that
# of the other part is 1.
_OUTPUT_NOISE = 0.5
# A constant value of every clip that no word has, in units of the typical
# length of a recording's vector. With it cosines rank as products do, so a clip
# with weak outputs does not beat one with strong ones.
_CONSTANT = 2.0


def train_heads(
    model: dual_encoder.DualEncoder,
    clips: evaluation.ClipVectors,
    labels: np.ndarray,
    settings: dual_encoder_config.DualConfig,
    loss: keras.losses.Loss,
) -> None:
    """Trains projection and text tower of a dual encoder in place.

    Args:
        model: what `dual_encoder_training.build` returned; its backbone stays.
        clips: of the training recordings.
        labels: float32 `[recordings, tags]`.
        settings: of the experiment; with `tag_balance`, clips of rare tags are
            drawn more often.
        loss: contrastive.
    """
    heads, training = settings.heads, settings.training
    batch_size = min(heads.heads_batch_size, len(clips.rows))
    steps = -(-len(clips.rows) // batch_size)
    fitted = dual_encoder.heads(model)
    fitted.compile(
        training.make_optimizer(
            heads.heads_epochs * steps, heads.heads_learning_rate
        ),
        loss,
        jit_compile=False,
    )
    keras.utils.set_random_seed(settings.seed)

    def fit(vectors, rows, epochs):
        fitted.fit(
            vectors,
            labels[rows][:, np.newaxis],
            batch_size=batch_size,
            epochs=epochs,
            verbose=0,
        )

    balance = settings.augmentation.tag_balance
    if balance == 0:
        fit(clips.vectors, clips.rows, heads.heads_epochs)
        return
    # As recordings are drawn for training a body, and one of their clips.
    of_recording = seeded_draws.row_probabilities(labels, balance)
    of_recording /= np.maximum(1, np.bincount(clips.rows, None, len(labels)))
    probabilities = of_recording[clips.rows]
    probabilities /= probabilities.sum()
    generator = np.random.default_rng(settings.seed)
    for _ in range(heads.heads_epochs):
        drawn = generator.choice(
            len(clips.rows), len(clips.rows), p=probabilities
        )
        fit(clips.vectors[drawn], clips.rows[drawn], 1)


def fill_outputs(
    model: dual_encoder.DualEncoder,
    tagger: clip_model.ClipModel,
    clips: evaluation.ClipVectors,
    published: tuple[np.ndarray, np.ndarray],
    names: np.ndarray,
) -> None:
    """Makes a dual encoder answer from the outputs of taggers.

    The tagger's logits keep their scale, so a tag that it hardly learned has
    little influence. Published outputs are scaled to a deviation of 1. Both are
    relative to their means over the training recordings.

    Args:
        model: a joint one with the tagger's body and hidden layers like its
            own.
        tagger: the trained tagger.
        clips: of the training recordings.
        published: kernel `[dim, outputs]` and bias of outputs that were trained
            elsewhere, applied to the backbone's vectors.
        names: word vectors of all outputs, the tagger's first.
    """
    projection = model.audio_tower.head
    for layer in projection.layers:
        if layer.name in ("components", "hidden"):
            own = tagger.head.get_layer(layer.name)
            layer.set_weights(own.get_weights())
    sees = keras.Model(
        projection.input, projection.get_layer("hidden_and_vector").output
    )
    last = tagger.head.get_layer("tag_logits")
    kernel = linalg.block_diag(last.kernel / last.members, published[0])
    bias = np.concatenate([last.bias, published[1]])
    usual = np.asarray(sees(clips.means())) @ kernel + bias
    mean, scale = usual.mean(axis=0), np.ones(len(bias))
    scale[last.tag_count :] = 1.0 / np.maximum(
        usual.std(axis=0)[last.tag_count :], 1e-6
    )
    length = np.sqrt(np.mean(np.sum(np.square((usual - mean) * scale), axis=1)))
    named_outputs.fill_projection(
        model,
        np.pad(kernel * scale, ((0, 0), (0, 1))),
        np.append((bias - mean) * scale, _CONSTANT * length),
    )
    weighting = named_outputs.weighting(names, _OUTPUT_NOISE)
    named_outputs.fill_text_tower(
        model.text_tower, names, np.pad(weighting, ((0, 0), (0, 1)))
    )


def embed(
    model: dual_encoder.DualEncoder, clips: evaluation.ClipVectors
) -> np.ndarray:
    """Vectors of recordings in the shared space, from those of their clips.

    Args:
        model: a dual encoder whose backbone made the clips' vectors.
        clips: of whole recordings.

    Returns:
        float32 `[recordings, dim]`, unit length: the mean of the clips' unit
        vectors, made unit length.
    """
    vectors = model.audio_tower.head.predict(clips.vectors, verbose=0)
    means = evaluation.ClipVectors(np.asarray(vectors), clips.rows).means()
    return unit_vectors.unit(means, "embeddings").astype(np.float32)
