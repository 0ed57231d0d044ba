import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is only compared with")

import network  # noqa: E402

from experiments.settings import baseline_config, flags  # noqa: E402
from experiments.speed.comparison import networks  # noqa: E402


def test_it_answers_as_the_network_whose_weights_it_has(tmp_path):
    seed = baseline_config.seed()
    settings = flags.replace(seed, {"width": 1 / 64, "clip_seconds": 5.0})
    model = networks.drawn_tagger(settings)
    networks.write_network(tmp_path / "n.npz", model, settings.audio)
    tagger, arrays = network.read(str(tmp_path / "n.npz"))
    with torch.inference_mode():
        found = tagger.eval()(torch.from_numpy(arrays["waveform"]))
    np.testing.assert_allclose(found, arrays["logits"], atol=1e-3)
