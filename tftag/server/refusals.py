"""What a request is refused with: a status, and a text that says why.

TensorFlow Serving's form, for all endpoints: `{"error": "..."}`.
"""

import json
from typing import Any

from starlette import responses

from tftag import audio
from tftag.console import quiet

with quiet.tensorflow_start():
    import tensorflow as tf

BAD, NO_TOKEN, FORBIDDEN, NOT_FOUND = 400, 401, 403, 404
SLOW_BODY, TOO_LARGE, TOO_MANY = 408, 413, 429
FAILED, NOT_POSSIBLE, UNAVAILABLE, TOO_SLOW = 500, 501, 503, 504

# By TensorFlow's codes, as TensorFlow Serving answers them.
_OF_CODES = {
    tf.errors.CANCELLED: 499,
    tf.errors.INVALID_ARGUMENT: BAD,
    tf.errors.DEADLINE_EXCEEDED: TOO_SLOW,
    tf.errors.NOT_FOUND: NOT_FOUND,
    tf.errors.ALREADY_EXISTS: 409,
    tf.errors.PERMISSION_DENIED: FORBIDDEN,
    tf.errors.UNAUTHENTICATED: NO_TOKEN,
    tf.errors.RESOURCE_EXHAUSTED: TOO_MANY,
    tf.errors.FAILED_PRECONDITION: BAD,
    tf.errors.ABORTED: 409,
    tf.errors.OUT_OF_RANGE: BAD,
    tf.errors.UNIMPLEMENTED: NOT_POSSIBLE,
    tf.errors.UNAVAILABLE: UNAVAILABLE,
}


class Refused(ValueError):
    """A request that is not answered.

    Attributes:
        status: Of HTTP.
        headers: To be sent with it.
    """

    def __init__(
        self, status: int, text: str, headers: dict[str, str] | None = None
    ) -> None:
        """Keeps the status beside the text."""
        super().__init__(text)
        self.status = status
        self.headers = headers or {}


def of(error: Exception) -> Refused:
    """What an error is answered with."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, audio.UnusableAudio):
        is_long = error.reason == "too long"
        return Refused(TOO_LARGE if is_long else BAD, str(error))
    if isinstance(error, TimeoutError):
        return Refused(TOO_SLOW, str(error) or "It took too long.")
    if isinstance(error, tf.errors.OpError):
        status = _OF_CODES.get(error.error_code, FAILED)
        return Refused(status, error.message or type(error).__name__)
    # What went wrong inside is no business of a stranger's; the log has it.
    return Refused(FAILED, "Something went wrong here; the log says what.")


def response(refused: Refused) -> responses.Response:
    """The answer to a request that is refused."""
    return responses.Response(
        body(str(refused)),
        refused.status,
        {**refused.headers, "Cache-Control": "no-store"},
        "application/json",
    )


def body(text: str) -> bytes:
    """The bytes of an error; ASCII, so that nothing in it is obeyed."""
    return json.dumps({"error": text}).encode()


SCHEMA: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "Why it is refused.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"error": {"type": "string"}},
                    "required": ["error"],
                }
            }
        },
    }
}
