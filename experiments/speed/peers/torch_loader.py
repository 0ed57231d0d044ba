"""The PyTorch half of `run_benchmark pipeline`, for any Python with torch.

Needs torch, numpy and soundfile, and nothing of this project; to read files
of another rate also soxr. Reads one JSON object per line and answers each with
one, an empty one with its version:

```
{"read": "fromfile", "workers": 2, "batch_size": 16, "seconds": 2.0, "files": {
"paths": [...], "samples": 3840000, "data_offset": 44, "clip_samples": 480000}}
```
"""

import json
import sys
import time

import numpy as np
import soundfile
import torch
from torch.utils import data

READS = ("fromfile", "soundfile", "batches", "resampled")
_FIRST_BATCHES = 4  # not timed: workers start, buffers fill
_ENDLESS = 1 << 24  # crops in an epoch; no measurement comes to its end


class RandomCrops(data.Dataset):
    """A crop at a random place of each recording, as int16."""

    def __init__(self, files: dict, read: str):
        """Keeps where the samples are, and how to read them."""
        self.files = files
        self.read = read

    def __len__(self) -> int:
        """Recordings there are."""
        return len(self.files["paths"])

    def __getitem__(self, row: int) -> torch.Tensor:
        """Returns int16 `[samples]`."""
        path, count = self.files["paths"][row], self.files["clip_samples"]
        room = self.files["samples"] - count
        start = int(torch.randint(room + 1, ()))
        if self.read == "resampled":
            return torch.from_numpy(self._resampled(path, start))
        if self.read == "soundfile":
            clip, _ = soundfile.read(path, count, start, dtype="int16")
        else:
            offset = self.files["data_offset"] + 2 * start
            clip = np.fromfile(path, "<i2", count, offset=offset)
        return torch.from_numpy(clip)

    def _resampled(self, path: str, start: int) -> np.ndarray:
        """A slice of a file of any kind, as one reads it by hand."""
        import soxr  # only here

        rate_hz, target_hz = self.files["rate_hz"], self.files["target_hz"]
        first = start * rate_hz // target_hz
        frames = -(-self.files["clip_samples"] * rate_hz // target_hz)
        if path.endswith(".npy"):
            part = np.load(path, mmap_mode="r")[:, first : first + frames]
            part = part.T / np.float32(32_768)
        else:
            part, _ = soundfile.read(
                path, frames, first, dtype="float32", always_2d=True
            )
        clip = soxr.resample(part.mean(axis=1), rate_hz, target_hz)
        whole = np.zeros(self.files["clip_samples"], np.int16)
        clip = clip[: len(whole)]
        whole[: len(clip)] = clip * 32_767
        return whole


class RandomCropBatches(RandomCrops):
    """The same crops, a whole batch read at once into one tensor.

    Not how data sets are usually written: torch asks for a batch at once
    where a data set has `__getitems__`.
    """

    def __getitems__(self, rows: list[int]) -> torch.Tensor:
        """Returns int16 `[batch, samples]`."""
        count = self.files["clip_samples"]
        room = self.files["samples"] - count
        clips = torch.empty((len(rows), count), dtype=torch.int16)
        starts = torch.randint(room + 1, (len(rows),)).tolist()
        for row, start, clip in zip(rows, starts, clips.numpy(), strict=True):
            with open(self.files["paths"][row], "rb", buffering=0) as file:
                file.seek(self.files["data_offset"] + 2 * start)
                file.readinto(memoryview(clip).cast("B"))
        return clips


def crops_of(files: dict, read: str) -> data.Dataset:
    """Returns the data set for a way to read, one of `READS`."""
    if read == "batches":
        return RandomCropBatches(files, read)
    return RandomCrops(files, read)


def clips_per_second(
    crops: data.Dataset, workers: int, batch_size: int, seconds: float
) -> float:
    """Measures a `DataLoader` of shuffled crops."""
    loader = data.DataLoader(
        crops,
        batch_size,
        sampler=data.RandomSampler(
            crops, replacement=True, num_samples=_ENDLESS
        ),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        collate_fn=_as_it_is if hasattr(crops, "__getitems__") else None,
    )
    batches = iter(loader)
    for _ in range(_FIRST_BATCHES):
        next(batches)
    read = 0
    begin = time.perf_counter()
    while (passed := time.perf_counter() - begin) < seconds:
        read += len(next(batches))
    return read / passed


def _as_it_is(batch: torch.Tensor) -> torch.Tensor:
    return batch


def main() -> int:
    """Answers until there is no more line."""
    # Workers have one thread each already. Copying clips into a batch with
    # more is up to ten times slower on a machine that has other work.
    torch.set_num_threads(1)
    for line in sys.stdin:
        answer = {"version": torch.__version__}
        if asked := json.loads(line):
            crops = crops_of(asked.pop("files"), asked.pop("read"))
            answer = {"clips_per_second": clips_per_second(crops, **asked)}
        print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
