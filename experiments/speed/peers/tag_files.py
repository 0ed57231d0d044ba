"""Tags audio files with the same network, as one writes it by hand.

    python tag_files.py --network network.npz --out tags.csv FILE ...
    python tag_files.py --onnx network.onnx --network ... --out tags.csv FILE

With PyTorch, a DataLoader's workers decode while the network runs; with ONNX
Runtime, PyTorch is not even imported: NumPy makes the spectrogram.
"""

import argparse
import csv

import numpy as np
import soundfile
import soxr

RATE_HZ = 16_000
CLIP_SAMPLES = 30 * RATE_HZ
_FILES_AT_ONCE, _WORKERS = 8, 2


def clips_of(path: str) -> np.ndarray:
    """Decodes a file to clips at full scale, float32 `[clips, samples]`."""
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    samples = soxr.resample(samples.mean(axis=1), rate_hz, RATE_HZ)
    samples /= np.abs(samples).max()
    count = -(-len(samples) // CLIP_SAMPLES)
    starts = np.linspace(0, max(0, len(samples) - CLIP_SAMPLES), count)
    clips = np.zeros((count, CLIP_SAMPLES), np.float32)
    for clip, start in zip(clips, starts.astype(int), strict=True):
        part = samples[start : start + CLIP_SAMPLES]
        clip[: len(part)] = part
    return clips


def main() -> int:
    """Writes a line of probabilities per file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--network", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--onnx")
    asked = parser.parse_args()
    if asked.onnx:
        groups = _by_onnx_runtime(asked.files, asked.network, asked.onnx)
    else:
        groups = _by_pytorch(asked.files, asked.network)
    with open(asked.out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for path, logits in zip(asked.files, groups, strict=True):
            mean = (1 / (1 + np.exp(-logits))).mean(axis=0)
            writer.writerow([path, *mean])
    return 0


def _by_onnx_runtime(files, network_file, onnx_file):
    import log_mel_numpy
    import onnxruntime

    with np.load(network_file) as arrays:
        filterbank = arrays["filterbank"]
    session = onnxruntime.InferenceSession(
        onnx_file, providers=["CPUExecutionProvider"]
    )
    for path in files:
        spectrogram = log_mel_numpy.log_mel(clips_of(path), filterbank)
        yield session.run(None, {"x": spectrogram})[0]


def _by_pytorch(files, network_file):
    import network
    import torch

    class Files(torch.utils.data.Dataset):
        def __len__(self):
            return len(files)

        def __getitem__(self, row):
            return torch.from_numpy(clips_of(files[row]))

    tagger, _ = network.read(network_file)
    tagger.eval()
    loader = torch.utils.data.DataLoader(
        Files(),
        min(_FILES_AT_ONCE, len(files)),
        num_workers=min(_WORKERS, len(files) // _FILES_AT_ONCE),
        collate_fn=list,
    )
    for group in loader:
        with torch.inference_mode():
            logits = tagger(torch.cat(group))
        yield from (
            part.numpy() for part in logits.split([len(c) for c in group])
        )


if __name__ == "__main__":
    raise SystemExit(main())
