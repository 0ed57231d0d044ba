"""Tags of recordings as a table, CSV or JSON lines."""

import csv
import dataclasses
import json
from typing import TextIO

FORMATS = ("table", "csv", "jsonl")
LEGEND = "* at or above the tag's own threshold"


@dataclasses.dataclass(frozen=True)
class Tag:
    """A tag of a recording.

    Attributes:
        name: The tag.
        probability: Its calibrated probability.
        is_given: Whether that is at the tag's own threshold or above.
    """

    name: str
    probability: float
    is_given: bool


class Listing:
    """Writes tags in one of `FORMATS`, a recording or clip at a time."""

    def __init__(self, file: TextIO, form: str, *, has_times: bool):
        """Begins the listing.

        Args:
            file: Where to.
            form: One of `FORMATS`.
            has_times: Whether there is an entry for each clip.
        """
        self._file = file
        self._form = form
        self._csv = csv.writer(file, lineterminator="\n")
        self._has_times = has_times
        if form == "csv":
            times = ["start_seconds"] if has_times else []
            self._csv.writerow(
                ["path", *times, "tag", "probability", "above_threshold"]
            )

    def add(
        self, path: str, tags: list[Tag], start_seconds: float | None = None
    ) -> None:
        """Writes an entry; one without tags too, so that no path is lost.

        Args:
            path: The recording.
            tags: What to list of it, in this order.
            start_seconds: Start of the clip, where there is one entry each.
        """
        match self._form:
            case "table":
                self._add_to_table(path, tags, start_seconds)
            case "csv":
                self._add_to_csv(path, tags, start_seconds)
            case "jsonl":
                times = {"start_seconds": start_seconds}
                fields = {
                    "path": path,
                    **(times if self._has_times else {}),
                    "tags": [
                        {
                            "tag": tag.name,
                            "probability": tag.probability,
                            "above_threshold": tag.is_given,
                        }
                        for tag in tags
                    ],
                }
                self._file.write(json.dumps(fields, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Ends the listing; the file stays open."""
        if self._form == "table":
            self._file.write(f"\n{LEGEND}\n")

    def _add_to_table(self, path, tags, start_seconds):
        time = f"  {_clock(start_seconds)}" if self._has_times else ""
        self._file.write(f"{path}{time}\n")
        if not tags:
            self._file.write("    no tag reaches its threshold\n")
        width = max((len(tag.name) for tag in tags), default=0)
        for tag in tags:
            mark = "*" if tag.is_given else " "
            self._file.write(
                f"  {mark} {tag.name:<{width}}  {tag.probability:.3f}\n"
            )

    def _add_to_csv(self, path, tags, start_seconds):
        times = [start_seconds] if self._has_times else []
        for tag in tags:
            self._csv.writerow(
                [path, *times, tag.name, tag.probability, int(tag.is_given)]
            )
        if not tags:
            self._csv.writerow([path, *times, "", "", ""])


def _clock(seconds):
    """Writes seconds as 1:02:03.4 or 2:03.4."""
    tenths = round(10 * seconds)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    end = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{hours}:{minutes:02d}:{end}" if hours else f"{minutes}:{end}"
