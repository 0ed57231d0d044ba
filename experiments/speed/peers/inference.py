"""Inference of the same network: PyTorch, ONNX Runtime, OpenVINO."""

from collections.abc import Callable

import network
import numpy as np
import torch


def ways(
    batch_size: int, network_file: str, onnx_file: str, from_waveform: bool
) -> tuple[dict[str, Callable[[], object]], dict[str, float | str]]:
    """One batch by each runtime, and how far each is from the project's.

    Args:
        batch_size: Clips at a time.
        network_file: What `network.read` reads.
        onnx_file: What `network.write_onnx` wrote.
        from_waveform: Or from a spectrogram on. That of PyTorch stands before
            all of them.
    """
    tagger, arrays = network.read(network_file)
    tagger.eval()
    given = np.resize(
        arrays["waveform"], (batch_size, arrays["waveform"].shape[1])
    )
    inputs, before = torch.from_numpy(given), tagger.log_mel
    if not from_waveform:
        with torch.inference_mode():
            inputs, before = tagger.log_mel(inputs), torch.nn.Identity()
    runs = {
        "PyTorch": tagger.network,
        # Weights as constants, laid out for the kernels.
        "torch.compile": torch.compile(
            tagger.network, options={"freezing": True}
        ),
        **_runtimes(onnx_file),
    }
    calls: dict[str, Callable[[], object]] = {}
    facts: dict[str, float | str] = {}
    for name, run in runs.items():
        call = _call(run, before, inputs)
        try:
            found = np.asarray(call())[: len(arrays["logits"])]
        except Exception as error:
            facts[f"{name} fails"] = f"{type(error).__name__}: {error}"[:200]
            continue
        calls[name] = call
        difference = np.abs(found - arrays["logits"][: len(found)]).max()
        facts[f"{name} differs by"] = float(difference)
    return calls, facts


def _call(run, before, inputs):
    @torch.inference_mode()
    def call():
        return run(before(inputs))

    return call


def _runtimes(onnx_file):
    import onnxruntime
    import openvino

    session = onnxruntime.InferenceSession(
        onnx_file, providers=["CPUExecutionProvider"]
    )
    core = openvino.Core()
    precisions = {"float32": "f32"}
    if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        precisions["bfloat16"] = "bf16"
    compiled = {
        f"OpenVINO, {name}": core.compile_model(
            onnx_file,
            "CPU",
            {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY"},
        )
        for name, hint in precisions.items()
    }
    return {
        "ONNX Runtime": lambda x: session.run(None, {"x": x.numpy()})[0],
        **{
            name: lambda x, model=model: model([x.numpy()])[0]
            for name, model in compiled.items()
        },
    }
