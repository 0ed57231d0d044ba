"""The table of prepared recordings that every later part reads."""

from pipelines.manifest.table import (
    FACTS_NAME,
    PREPARED,
    SPLITS,
    TABLE_NAME,
    Manifest,
    Track,
    read_manifest,
    write_manifest,
)

__all__ = [
    "FACTS_NAME",
    "PREPARED",
    "SPLITS",
    "TABLE_NAME",
    "Manifest",
    "Track",
    "read_manifest",
    "write_manifest",
]
