"""The terms of a query that a dual encoder knows, and their vectors."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tftag.search import query

if TYPE_CHECKING:  # it imports TensorFlow
    from tftag.inference import saved_dual_encoder


def embed(
    encoder: "saved_dual_encoder.SavedDualEncoder",
    terms: Sequence[query.Term],
    warn: Callable[[str], None],
) -> tuple[list[query.Term], npt.NDArray[np.floating[Any]]]:
    """Embeds the terms; one without any known word is left out.

    Args:
        encoder: The model that is asked.
        terms: Of a query.
        warn: Gets a line for every word that is not known.

    Returns:
        The other terms, at least one, and their vectors, float32
        `[terms, dim]`.

    Raises:
        ValueError: No word of any term is known.
    """
    vectors, known_share = encoder.embed_texts([term.phrase for term in terms])
    for term, share in zip(terms, known_share, strict=True):
        if share == 1:
            continue
        effect = "left out" if share == 0 else "looked for without it"
        # A phrase of punctuation has no word at all.
        unknown = encoder.unknown_words(term.phrase) or {term.phrase: None}
        for word, near in unknown.items():
            of = "" if word == term.phrase else f" of {term.phrase!r}"
            hint = f"; the nearest spelling is {near!r}" if near else ""
            warn(f"unknown word {word!r}{of}, {effect}{hint}")
    known = [place for place, share in enumerate(known_share) if share > 0]
    if not known:
        names = ", ".join(_with_near(encoder, term.phrase) for term in terms)
        raise ValueError(
            "At least one word must be one that the model knows. Received: "
            f"{names}."
        )
    return [terms[place] for place in known], vectors[known]


def _with_near(
    encoder: "saved_dual_encoder.SavedDualEncoder", phrase: str
) -> str:
    """A phrase, and what is spelled like its words."""
    near = filter(None, encoder.unknown_words(phrase).values())
    likely = " ".join(near)
    return f"{phrase!r} (like {likely!r}?)" if likely else repr(phrase)


def label(term: query.Term) -> str:
    """Writes a term as a person would type it, without its weight."""
    return f"-{term.phrase}" if term.weight < 0 else term.phrase
