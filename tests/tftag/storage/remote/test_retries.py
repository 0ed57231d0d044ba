import asyncio
import errno
import types

import aiohttp
import pytest
from botocore import exceptions as boto
from s3fs import errors

from tftag.storage.remote import address as addresses
from tftag.storage.remote import retries

FILE = addresses.Address("https://me:pass@host/x.wav?sig=abc")
BUCKET_FILE = addresses.Address("s3://b/x.wav")


def answered(status, code="Something"):
    """What s3fs makes of an answer: its own error, because of botocore's."""
    answer = {"Error": {"Code": code, "Message": "as the server said"}}
    answer["ResponseMetadata"] = {"HTTPStatusCode": status}
    error = OSError(errno.EIO, "as the server said")
    error.__cause__ = boto.ClientError(answer, "GetObject")
    return error


def web_answered(status):
    request = aiohttp.RequestInfo("u", "GET", {}, "u")
    return aiohttp.ClientResponseError(
        request, (), status=status, message=f"for {FILE.text}"
    )


class Failing:
    """Fails so often, then succeeds."""

    def __init__(self, error, times):
        self.error, self.times, self.calls = error, times, 0

    def __call__(self):
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return "read"


PASSING = [
    ConnectionResetError("reset"),
    TimeoutError(),
    asyncio.TimeoutError(),
    aiohttp.ClientPayloadError("cut"),
    aiohttp.ServerDisconnectedError(),
    boto.EndpointConnectionError(endpoint_url="http://h"),
    boto.ReadTimeoutError(endpoint_url="http://h"),
    *(answered(status) for status in (500, 502, 503, 504, 429, 408)),
    *(web_answered(status) for status in (500, 503, 429)),
    # Of S3, whose status for it is that of a bad request.
    errors.translate_boto_error(answered(400, "RequestTimeout").__cause__),
]
LASTING = [
    PermissionError("no"),
    FileNotFoundError("x"),
    IsADirectoryError("x"),
    boto.NoCredentialsError(),
    boto.ParamValidationError(report='Invalid bucket name "a_B"'),
    boto.NoRegionError(),
    boto.ProfileNotFound(profile="x"),
    ValueError("Bad Request"),
    OSError("Forbidden: u"),
    *(answered(status) for status in (301, 400, 403, 404, 416, 501)),
    *(web_answered(status) for status in (403, 404, 410, 416)),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_may_pass_is_tried_again(no_waits, error):
    call = Failing(error, retries.ATTEMPTS - 1)
    assert retries.retried(FILE, call) == "read"
    assert call.calls == retries.ATTEMPTS
    call = Failing(error, 1_000)
    with pytest.raises(retries.RemoteError, match="tried 7 times") as caught:
        retries.retried(FILE, call)
    assert call.calls == retries.ATTEMPTS
    assert not caught.value.is_missing


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_what_lasts_is_named_at_once(no_waits, error):
    call = Failing(error, 1)
    with pytest.raises(retries.RemoteError) as caught:
        retries.retried(FILE, call)
    assert call.calls == 1 and "tried" not in str(caught.value)
    statuses = [
        getattr(error, "status", None),
        getattr(error.__cause__, "response", {})
        .get("ResponseMetadata", {})
        .get("HTTPStatusCode"),
    ]
    missing = isinstance(error, FileNotFoundError)
    missing |= any(status in (404, 410) for status in statuses)
    assert caught.value.is_missing == missing


@pytest.mark.parametrize("status", [503, 403])
def test_a_web_client_that_says_not_found_is_asked_why(no_waits, status):
    # fsspec's `info` has no other error.
    error = FileNotFoundError(FILE.text)
    error.__cause__ = web_answered(status)
    with pytest.raises(retries.RemoteError, match=f"answers {status}") as e:
        retries.retried(FILE, Failing(error, 1_000))
    assert not e.value.is_missing


@pytest.mark.parametrize("error", [*PASSING, *LASTING], ids=repr)
def test_no_secret_is_told_nor_kept_as_a_cause(no_waits, error):
    error.args = (*error.args, FILE.text)
    with pytest.raises(retries.RemoteError) as caught:
        retries.retried(FILE, Failing(error, 1_000))
    assert str(caught.value).startswith("https://host/x.wav: ")
    assert "pass" not in str(caught.value) and "abc" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_reason_says_what_can_be_done(no_waits):
    with pytest.raises(retries.RemoteError, match="AWS_ACCESS_KEY_ID"):
        retries.retried(BUCKET_FILE, Failing(boto.NoCredentialsError(), 1))
    with pytest.raises(retries.RemoteError, match="as the server said"):
        retries.retried(BUCKET_FILE, Failing(answered(403), 1))


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_credentials_in_the_address_of_a_bucket_are_refused(no_waits, scheme):
    address = addresses.Address(f"{scheme}://KEY:wo/rd@bucket/a.mp3")
    call = Failing(ValueError("no"), 1)
    with pytest.raises(retries.RemoteError, match="by variables") as caught:
        retries.retried(address, call)
    assert call.calls == 0
    assert str(caught.value).startswith(f"{scheme}://bucket/a.mp3: ")
    assert "rd@" not in str(caught.value)


def test_a_full_disk_is_no_fault_of_the_server(no_waits):
    call = Failing(OSError(errno.ENOSPC, "No space left on device"), 1)
    with pytest.raises(OSError, match="No space") as caught:
        retries.retried(BUCKET_FILE, call)
    assert not isinstance(caught.value, retries.RemoteError)
    assert call.calls == 1


def test_waits_grow_to_a_limit_and_are_not_all_alike(monkeypatch):
    waits = []
    clock = types.SimpleNamespace(sleep=waits.append)
    monkeypatch.setattr(retries, "time", clock)
    for _ in range(2):
        with pytest.raises(retries.RemoteError):
            retries.retried(BUCKET_FILE, Failing(TimeoutError(), 1_000))
    first, second = waits[:6], waits[6:]
    for times in (first, second):
        for wait, middle in zip(times, (0.5, 1, 2, 4, 8, 16), strict=True):
            assert 0.75 * middle <= wait <= 1.25 * middle
    assert first != second


def test_gcsfs_is_not_multiplied(no_waits):
    call = Failing(TimeoutError(), 1_000)
    with pytest.raises(retries.RemoteError):
        retries.retried(addresses.Address("gs://b/x"), call)
    assert call.calls == retries.GS_ATTEMPTS
