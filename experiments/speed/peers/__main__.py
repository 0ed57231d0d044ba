"""Peers, measured in an interpreter of their own.

Needs requirements/peers.txt and nothing of this project; run the folder. Reads
a JSON object per line and answers each with one. A row is named first, with
what it needs to know; each later line takes one of its ways once:

```
{"row": "front_end", "batch_size": 8, "waveforms": "/tmp/x.npz"}
{"ways": ["librosa", "nnAudio"], "facts": {"librosa differs by": 1e-06}}
{"way": "librosa"}
{"seconds": 0.083}
```

What a peer cannot do it answers with `{"error": "..."}`.
"""

import json
import os
import sys
import time
import traceback
from importlib import metadata

import front_ends
import inference
import machine
import network
import training

_PACKAGES = "torch onnxruntime openvino librosa nnAudio".split()


def versions() -> tuple[dict, dict[str, str]]:
    """What is compared with; measures nothing."""
    return {}, {name: metadata.version(name) for name in _PACKAGES}


ROWS = {
    "front_end": front_ends.ways,
    "inference": inference.ways,
    "machine": machine.ways,
    "onnx_file": network.write_onnx,
    "training": training.ways,
    "versions": versions,
}


def main() -> int:
    """Answers until there is no more line."""
    # Answers go where the questions came from; what libraries print does not.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    ways = {}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if "row" in asked:
                ways, facts = ROWS[asked.pop("row")](**asked)
                answer = {"ways": list(ways), "facts": facts}
            else:
                way = ways[asked["way"]]
                begin = time.perf_counter()
                way()
                answer = {"seconds": time.perf_counter() - begin}
        except Exception as error:
            traceback.print_exc()
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            answer = {"error": said[:200]}
        print(json.dumps(answer), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
