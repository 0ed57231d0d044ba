"""Tags of recordings as a table, CSV or JSON lines."""

import dataclasses
from collections.abc import Sequence
from typing import TextIO

from tftag.storage import escaping, plain_json

FORMATS = ("table", "csv", "jsonl")


@dataclasses.dataclass(frozen=True)
class TrainedTag:
    """A tag of a recording, of those the model was trained with.

    Attributes:
        name: The tag.
        probability: Its calibrated probability.
        is_given: Whether that is at the tag's own threshold or above.
    """

    name: str
    probability: float
    is_given: bool

    COLUMNS = ("tag", "probability", "above_threshold")
    LEGEND = "* at or above the tag's own threshold"

    def values(self) -> tuple[str, float, bool]:
        """Returns the value of each of `COLUMNS`."""
        return self.name, self.probability, self.is_given

    def line(self, width: int) -> str:
        """Returns a line of the table, names as wide as `width`."""
        mark = "*" if self.is_given else " "
        name = escaping.one_line(self.name)
        return f"{mark} {name:<{width}}  {self.probability:.3f}"


@dataclasses.dataclass(frozen=True)
class AskedTag:
    """A tag of a recording, of those a person asked for.

    Attributes:
        name: The tag, with a minus where it is turned away from.
        nearer_than: Share of the model's own tags that lie farther from the
            recording than this one; with a minus, nearer.
        cosine: Of recording and tag, without regard to a minus.
    """

    name: str
    nearer_than: float
    cosine: float

    COLUMNS = ("tag", "nearer_than", "cosine")
    LEGEND = (
        "%: share of the tags the model was trained with that lie farther "
        "from the\nrecording (nearer, after a minus). Then the cosine, -1 to "
        "1: it compares tags of\none recording. Neither is a probability: "
        "those are for trained tags, without --tags."
    )

    def values(self) -> tuple[str, float, float]:
        """Returns the value of each of `COLUMNS`."""
        return self.name, self.nearer_than, self.cosine

    def line(self, width: int) -> str:
        """Returns a line of the table, names as wide as `width`."""
        share = f"{self.nearer_than:4.0%}"
        name = escaping.one_line(self.name)
        return f"  {name:<{width}}  {share}  {self.cosine:6.3f}"


class TagTable:
    """Writes tags in one of `FORMATS`, a recording or clip at a time.

    Attributes:
        is_empty: Whether nothing was added.
    """

    def __init__(
        self,
        file: TextIO,
        form: str,
        kind: type[TrainedTag] | type[AskedTag] = TrainedTag,
        *,
        has_times: bool,
    ):
        """Begins the listing.

        Args:
            file: Where to.
            form: One of `FORMATS`.
            kind: What is listed of each recording.
            has_times: Whether there is an entry for each clip.
        """
        self._file = file
        self._form = form
        self._kind = kind
        self._write_row = escaping.csv_row_writer(file)
        self._has_times = has_times
        self.is_empty = True
        if form == "csv":
            times = ["start_seconds"] if has_times else []
            self._write_row(["path", *times, *kind.COLUMNS])

    def add(
        self,
        path: str,
        tags: Sequence[TrainedTag | AskedTag],
        start_seconds: float | None = None,
    ) -> None:
        """Writes an entry; one without tags too, so that no path is lost.

        Args:
            path: The recording.
            tags: What to list of it, in this order.
            start_seconds: Start of the clip, where there is one entry each.
        """
        self.is_empty = False
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
                        dict(zip(tag.COLUMNS, tag.values(), strict=True))
                        for tag in tags
                    ],
                }
                self._file.write(plain_json.line(fields, self._file.encoding))
        self._file.flush()

    def close(self) -> None:
        """Ends the listing; the file stays open."""
        if self._form == "table" and not self.is_empty:
            self._file.write(f"\n{self._kind.LEGEND}\n")

    def _add_to_table(
        self,
        path: str,
        tags: Sequence[TrainedTag | AskedTag],
        start_seconds: float | None,
    ) -> None:
        time = f"  {_clock(start_seconds or 0.0)}" if self._has_times else ""
        self._file.write(f"{escaping.one_line(path)}{time}\n")
        if not tags:
            self._file.write("    no tag reaches its threshold\n")
        width = max(
            (len(escaping.one_line(tag.name)) for tag in tags), default=0
        )
        for tag in tags:
            self._file.write(f"  {tag.line(width)}\n")

    def _add_to_csv(
        self,
        path: str,
        tags: Sequence[TrainedTag | AskedTag],
        start_seconds: float | None,
    ) -> None:
        times = [start_seconds] if self._has_times else []
        for tag in tags:
            # A bool as 0 or 1.
            values = [
                int(value) if isinstance(value, bool) else value
                for value in tag.values()
            ]
            self._write_row([path, *times, *values])
        if not tags:
            self._write_row([path, *times, *[""] * len(self._kind.COLUMNS)])


def _clock(seconds: float) -> str:
    """Writes seconds as 1:02:03.4 or 2:03.4."""
    tenths = round(10 * seconds)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    end = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{hours}:{minutes:02d}:{end}" if hours else f"{minutes}:{end}"
