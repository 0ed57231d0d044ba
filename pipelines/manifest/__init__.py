"""The table of prepared recordings that every later part reads."""

from pipelines.manifest.checks import SPLITS
from pipelines.manifest.table import (
    FACTS_NAME,
    TABLE_NAME,
    Manifest,
    read_manifest,
    write_manifest,
)
from pipelines.manifest.tracks import PREPARED, Track, Tracks

__all__ = [
    "FACTS_NAME",
    "PREPARED",
    "SPLITS",
    "TABLE_NAME",
    "Manifest",
    "Track",
    "Tracks",
    "read_manifest",
    "write_manifest",
]
