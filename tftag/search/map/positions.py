"""Places of recordings on a plane: like ones are near each other.

t-SNE (van der Maaten and Hinton, Visualizing data using t-SNE, 2008, by
scikit-learn) of the first principal components, from which it also starts: so
the same library has the same map. Near points sound alike; how far apart
groups are, and how large, says little.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

_COMPONENTS = 30
_PERPLEXITY = 30.0
_FEWEST = 5
_THREADED_FROM = 2_000


def check_installed() -> None:
    """Refuses where there is no scikit-learn or Jinja2.

    Raises:
        ValueError: One is not installed.
    """
    try:
        import jinja2
        import sklearn
    except ImportError as error:
        raise ValueError(
            "A map is made with scikit-learn and Jinja2: install tftag[map]. "
            f"Received: {error}."
        ) from error
    del jinja2, sklearn


def of(vectors: npt.NDArray[np.floating[Any]]) -> npt.NDArray[Any]:
    """Places vectors on a plane.

    Args:
        vectors: `[recordings, dim]`, at least one.

    Returns:
        float64 `[recordings, 2]`, in 0 to 1, around .5, the sides in their
        proportion.
    """
    import threadpoolctl
    from sklearn import decomposition, manifold

    rows = np.asarray(vectors, np.float64)
    count = min(_COMPONENTS, *rows.shape)
    if len(rows) < _FEWEST or not np.ptp(rows, axis=0).any():
        places = np.zeros((len(rows), 2))
        places[:, 0] = np.arange(len(rows))
        return _scaled(places)
    components = decomposition.PCA(count, svd_solver="covariance_eigh")
    main = components.fit_transform(rows)
    start = main[:, :2] if count > 1 else np.pad(main, [(0, 0), (0, 1)])
    tsne = manifold.TSNE(
        perplexity=min(_PERPLEXITY, (len(rows) - 1) / 3),
        init=(1e-4 * start / start[:, 0].std()).astype(np.float32),
        learning_rate="auto",
        random_state=0,
    )
    # Threads that wait for each other take longer over few recordings.
    few = len(rows) < _THREADED_FROM
    with threadpoolctl.threadpool_limits(1 if few else None):
        places = tsne.fit_transform(main)
    return _scaled(np.asarray(places, np.float64))


def _scaled(places: npt.NDArray[Any]) -> npt.NDArray[Any]:
    low, high = places.min(axis=0), places.max(axis=0)
    size = (high - low).max() or 1.0
    scaled: npt.NDArray[Any] = (places - (low + high) / 2) / size + 0.5
    return scaled
