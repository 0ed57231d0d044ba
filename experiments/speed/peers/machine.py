"""What the machine can do at most: a matrix product, and a copy."""

import functools
from collections.abc import Callable

import torch

SIZE = 2_048
COPIED_BYTES = 1 << 28  # more than any cache holds


def ways() -> tuple[dict[str, Callable[[], object]], dict[str, float]]:
    """A square matrix product of each precision, and a copy of memory.

    Facts say how many billions of operations, or of bytes that are read or
    written, each of them is.
    """
    calls: dict[str, Callable[[], object]] = {}
    for name, dtype in (
        ("float32", torch.float32),
        ("bfloat16", torch.bfloat16),
    ):
        left, right = torch.ones(2, SIZE, SIZE).to(dtype)
        product = functools.partial(torch.matmul, left, right)
        calls[f"matrix product, {name}"] = product
    source = torch.ones(COPIED_BYTES, dtype=torch.uint8)
    target = torch.empty_like(source)
    calls["copy of memory"] = lambda: target.copy_(source)
    billions = 2 * SIZE**3 / 1e9
    amounts = (billions, billions, 2 * COPIED_BYTES / 1e9)
    return calls, dict(zip(calls, amounts, strict=True))
