"""A training step of the same network in PyTorch."""

from collections.abc import Callable

import network
import numpy as np
import torch


def ways(
    batch_size: int, network_file: str, learning_rate: float
) -> tuple[dict[str, Callable[[], object]], dict[str, float]]:
    """A step from the waveform on.

    Args:
        batch_size: Clips of a step.
        network_file: What `network.read` reads.
        learning_rate: Of plain stochastic gradient descent.
    """
    made = {}
    for name, compiled in (("PyTorch", False), ("torch.compile", True)):
        tagger, arrays = network.read(network_file)
        tagger.train()
        run = torch.compile(tagger) if compiled else tagger
        made[name] = _step(tagger, run, learning_rate)
    samples, tags = arrays["waveform"].shape[1], arrays["logits"].shape[1]
    generator = np.random.default_rng(0)
    # Samples as prepared files have them.
    waveform = generator.integers(
        -32_767, 32_768, (batch_size, samples), np.int16
    )
    labels = generator.integers(0, 2, (batch_size, tags)).astype(np.float32)

    def of_batch(step):
        return lambda: step(
            torch.from_numpy(waveform), torch.from_numpy(labels)
        )

    return {name: of_batch(step) for name, step in made.items()}, {}


def _step(tagger, run, learning_rate):
    optimizer = torch.optim.SGD(tagger.parameters(), learning_rate)
    loss_of = torch.nn.functional.binary_cross_entropy_with_logits

    def step(waveform, labels):
        optimizer.zero_grad()
        loss = loss_of(run(waveform.float() / 32_767), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
