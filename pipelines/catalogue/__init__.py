"""Tags and embeds a catalogue of files on Apache Beam.

```
python -m pipelines.catalogue --model saved_models/dual_encoder \
    --input music --output catalogue
```

Paths go in, never audio: a worker reads the files it is given. `listing` finds
the files and cuts them into shards, `shards` is what is written, `describe`
runs in the workers, `engine` is the pipeline, and `command` the command line.
"""

from pipelines.catalogue.command import main

__all__ = ["main"]
