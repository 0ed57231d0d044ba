import errno
import json

import pytest
import tensorflow as tf

from tftag import audio
from tftag.server.admission import refusals


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (refusals.Refused(418, "a teapot"), 418),
        (audio.UnusableAudio("silent", "All samples are zero."), 400),
        (audio.UnusableAudio("too long", "It is longer."), 413),
        (TimeoutError(), 504),
        (OSError(errno.ETIMEDOUT, "a secret", "/secret"), 500),
        (tf.errors.InvalidArgumentError(None, None, "wrong"), 400),
        (tf.errors.FailedPreconditionError(None, None, "wrong"), 400),
        (tf.errors.OutOfRangeError(None, None, "wrong"), 400),
        (tf.errors.NotFoundError(None, None, "none"), 404),
        (tf.errors.AlreadyExistsError(None, None, "there"), 409),
        (tf.errors.ResourceExhaustedError(None, None, "full"), 429),
        (tf.errors.CancelledError(None, None, "gone"), 499),
        (tf.errors.UnimplementedError(None, None, "no"), 501),
        (tf.errors.UnavailableError(None, None, "away"), 503),
        (tf.errors.DeadlineExceededError(None, None, "late"), 504),
        (tf.errors.InternalError(None, None, "bad"), 500),
        (LookupError("a secret"), 500),
    ],
)
def test_errors_have_the_status_that_tensorflow_serving_gives(error, status):
    refused = refusals.of(error)
    assert refused.status == status
    assert str(refused) and "secret" not in str(refused)


def test_nothing_in_an_error_is_obeyed():
    body = refusals.body("\x1b[2J\x9b \ud800 <script>")
    assert body.isascii() and b"\x1b" not in body
    assert json.loads(body) == {"error": "\x1b[2J\x9b \ud800 <script>"}
