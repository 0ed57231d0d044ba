"""The log of the service: a JSON object a line, and nothing that is obeyed."""

import datetime
import logging
import sys

from tftag.storage import plain_json


class Lines(logging.Formatter):
    """Writes a record as a line of JSON in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """Writes a record; `fields` of it stand beside the message."""
        time = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return plain_json.line(line, "ascii").rstrip("\n")


def begin() -> None:
    """Has all that is logged written to stderr, in lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("tftag").setLevel(logging.INFO)
    # Uvicorn's own lines on starting and ending; requests are logged here.
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").handlers = []
    logging.getLogger("uvicorn.access").propagate = False
    logging.captureWarnings(True)
