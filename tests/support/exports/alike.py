"""Whether answers are the same but for rounding."""

import numpy as np


def assert_alike(found, expected):
    """Recordings give the same alone and in any batch, to float32's rounding.

    Not to the bit: the kernels of some processors (AVX2) sum in another order
    when there are more rows.
    """
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
