"""fsspec's file systems: one per kind and process, with their settings.

Credentials and endpoints come from where each library looks: for `s3://`
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL and the AWS files,
for `gs://` GOOGLE_APPLICATION_CREDENTIALS and STORAGE_EMULATOR_HOST; fsspec's
own `FSSPEC_S3_...` and `FSSPEC_GCS_...` set any option.
"""

import gc
import importlib
import logging
import os
import threading
from concurrent import futures
from typing import Any

from tftag.storage.remote import address as addresses

CONNECT_SECONDS = 10
SILENT_SECONDS = 20  # without a byte
AT_ONCE = 32  # requests to one server
INSTALL = "pip install 'tftag[remote]'"

_LIBRARIES = {"s3": "s3fs", "gs": "gcsfs", "https": "aiohttp"}
_lock = threading.Lock()
_opened: dict[tuple[str, int], Any] = {}
_pools: dict[int, futures.ThreadPoolExecutor] = {}


def of(address: addresses.Address) -> Any:
    """Returns the `fsspec` file system that an address is in.

    Args:
        address: Any file.

    Raises:
        ValueError: Its library is not installed; names how it is.
    """
    kind = "https" if address.is_web else address.scheme
    # Threads share one; a forked process cannot use its parent's.
    key = (kind, os.getpid())
    with _lock:
        if key not in _opened:
            _opened[key] = _open(kind)
        return _opened[key]


def threads() -> futures.ThreadPoolExecutor:
    """Returns the threads of this process that wait for servers."""
    with _lock:
        if os.getpid() not in _pools:
            _pools[os.getpid()] = futures.ThreadPoolExecutor(AT_ONCE, "remote")
        return _pools[os.getpid()]


def close() -> None:
    """Ends the connections of this process; a later call opens new ones."""
    with _lock:
        pool = _pools.pop(os.getpid(), None)
        were_open = bool(_opened)
        _opened.clear()
    if pool is not None:
        pool.shutdown()
    if were_open:
        gc.collect()  # fsspec closes what is no longer referred to


def _open(kind: str) -> Any:
    try:
        importlib.import_module(_LIBRARIES[kind])
        fsspec = importlib.import_module("fsspec")
    except ImportError as error:
        raise ValueError(
            f"{kind}:// addresses need {error.name}: {INSTALL}"
        ) from error
    # Where it found credentials and endpoint is not for every screen.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    logging.getLogger("aiobotocore").setLevel(logging.WARNING)
    # What changes in a bucket is seen, and memory does not grow with it.
    shared = {"skip_instance_cache": True, "use_listings_cache": False}
    if kind == "s3":
        opened = fsspec.filesystem(
            "s3",
            config_kwargs={
                "connect_timeout": CONNECT_SECONDS,
                "read_timeout": SILENT_SECONDS,
                "max_pool_connections": AT_ONCE,
                # `retries` tries again: two that do so would multiply.
                "retries": {"mode": "standard", "total_max_attempts": 1},
            },
            # Else ten blocks of 50 MB of each file are in memory.
            max_concurrency=1,
            **shared,
        )
        opened.retries = 1
        return opened
    timeout = importlib.import_module("aiohttp").ClientTimeout(
        total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS
    )
    if kind == "gs":
        # It tries again by itself, and logs addresses when it gives up.
        logging.getLogger("gcsfs").setLevel(logging.CRITICAL + 1)
        return fsspec.filesystem(
            "gs",
            requests_timeout=timeout,
            session_kwargs={"trust_env": True},  # HTTPS_PROXY
            **shared,
        )
    return fsspec.filesystem(
        "https",
        # The size is to be that of the file, not of what was packed.
        headers={"Accept-Encoding": "identity"},
        # trust_env: HTTPS_PROXY and ~/.netrc.
        client_kwargs={"timeout": timeout, "trust_env": True},
        **shared,
    )
