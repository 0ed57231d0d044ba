"""How the words of a query, or examples, become one ranking of recordings.

Each is compared with every recording by cosine; its cosines are brought to
mean 0 and spread 1 over the library, weighted, and added up. So no word
outvotes the others because its cosines happen to spread wide (they do: a
common tag is near to or far from recordings, a rare one about as far from
all). Mean and spread follow from the library's mean and covariance, and the
sum is linear in the recording: the whole query is one vector.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tftag.search.index.segments import moments


def direction(
    weights: npt.NDArray[Any],
    unit_rows: npt.NDArray[Any],
    library: moments.Moments,
) -> npt.NDArray[Any]:
    """The vector whose products with recordings rank as the query does.

    Args:
        weights: Of the words, `[words]`, not 0; below 0 to turn away from
            one. Less a vector could point anywhere, less a standardised
            score is at least away from that word.
        unit_rows: Vectors of the words, `[words, dim]`, of unit length.
        library: Of all recordings.

    Returns:
        float64 `[dim]`. The products are the weighted means of the words'
        cosines in standard deviations, but for a constant. A word by which
        all recordings are equal counts 0.

    Raises:
        ValueError: A weight is 0 or not finite, or there are not as many as
            words.
    """
    if np.shape(weights) != np.shape(unit_rows)[:1]:
        raise ValueError(
            "There must be a weight for each word. Received: "
            f"{np.shape(weights)} for {np.shape(unit_rows)}."
        )
    if not (np.isfinite(weights).all() and weights.all()):
        raise ValueError(
            "The weight of a word must be a finite number other than 0. "
            f"Received: {weights.tolist()}."
        )
    _, spreads = library.mean_and_spread(unit_rows)
    tells = spreads > 0
    scale = np.where(tells, 1 / np.where(tells, spreads, 1.0), 0.0)
    weights = weights / np.abs(weights).max()  # their sum stays finite
    found: npt.NDArray[Any] = (
        (weights * scale) @ unit_rows / np.abs(weights).sum()
    )
    return found
