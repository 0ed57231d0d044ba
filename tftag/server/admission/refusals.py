"""What a request is refused with: a status, and a text that says why.

TensorFlow Serving's form, for all endpoints: `{"error": "..."}`.
"""

import json
from typing import Any, NoReturn

from starlette import responses

from tftag import audio

BAD, NO_TOKEN, FORBIDDEN, NOT_FOUND, NO_METHOD = 400, 401, 403, 404, 405
SLOW_BODY, TOO_LARGE, NO_SUCH_PART, TOO_MANY = 408, 413, 416, 429
FAILED, NOT_POSSIBLE, STORE_FAILED, UNAVAILABLE, TOO_SLOW = range(500, 505)

# By TensorFlow's codes (tf.errors), as TensorFlow Serving answers them; the
# others are faults of the service.
_OF_CODES = {
    1: 499,  # cancelled
    3: BAD,  # invalid argument
    4: TOO_SLOW,  # deadline exceeded
    5: NOT_FOUND,
    6: 409,  # already exists
    7: FORBIDDEN,  # permission denied
    8: TOO_MANY,  # resource exhausted
    9: BAD,  # failed precondition
    10: 409,  # aborted
    11: BAD,  # out of range
    12: NOT_POSSIBLE,  # unimplemented
    14: UNAVAILABLE,
    16: NO_TOKEN,  # unauthenticated
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


def refuse(text: str) -> NoReturn:
    """Says that a request cannot be used as it is."""
    raise Refused(BAD, text)


def of(error: Exception) -> Refused:
    """What an error is answered with."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, audio.UnusableAudio):
        is_long = error.reason == "too long"
        return Refused(TOO_LARGE if is_long else BAD, str(error))
    # With a number it is the system's, of a disk, and names a file.
    if isinstance(error, TimeoutError) and error.errno is None:
        return Refused(TOO_SLOW, str(error) or "It took too long.")
    code = getattr(error, "error_code", None)  # of TensorFlow's errors alone
    if code in _OF_CODES:
        return Refused(_OF_CODES[code], str(error))
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
