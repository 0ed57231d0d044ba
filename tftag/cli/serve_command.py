"""The command `tftag serve`: models and an index over HTTP."""

import argparse
import importlib.util
import ipaddress
import os
import pathlib
from typing import TYPE_CHECKING

from tftag.audio import decoding_pool
from tftag.cli import arguments as arguments_lib
from tftag.cli import chosen_model, command_line
from tftag.cli.find import opened_library
from tftag.console import counts_in_words, interrupts
from tftag.pretrained import presets
from tftag.search import library_index

if TYPE_CHECKING:  # they import TensorFlow
    from tftag.server.admission import limits as limits_lib
    from tftag.server.models import served_models

TOKEN_VARIABLE = "TFTAG_TOKEN"  # noqa: S105
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PACKAGES = ("fastapi", "uvicorn", "python_multipart", "prometheus_client")


def add_parser(commands: "command_line.Commands") -> None:
    """Adds the command to those of `argparse`."""
    serve = commands.add_parser(
        "serve",
        help="answer over HTTP: TensorFlow Serving's REST form, tags, search",
        description="Answers over HTTP: TensorFlow Serving's REST form at "
        "/v1/models, recordings of any format at /tag, with --index also "
        "/search and /similar, and a page at /. Ends on Ctrl-C and SIGTERM, "
        "once running requests are answered. Needs the extra `server`.",
        epilog="Beyond this machine (--host) it requires a token. New versions "
        "of a model are picked up as they appear, and old ones are closed "
        "after their last request. Log: a JSON object per line, on stderr.",
    )
    serve.set_defaults(run=run)
    serve.add_argument(
        "--model",
        action="append",
        type=_source,
        metavar="[NAME=]MODEL",
        help="a preset, saved_models/NAME (its newest version) or "
        "saved_models/NAME/1; may be repeated, the first is /tag's (default: "
        f"{presets.TAGGER})",
    )
    serve.add_argument(
        "--label",
        action="append",
        default=[],
        type=_label,
        metavar="NAME/LABEL=VERSION",
        help="also serve this version of a model, under a label",
    )
    serve.add_argument(
        "--index",
        type=arguments_lib.place,
        metavar="INDEX",
        help="what `tftag index` made, to search and listen to; of one in a "
        "bucket, a copy as it is now",
    )
    serve.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="to listen at (default: %(default)s)",
    )
    serve.add_argument(
        "--port",
        type=_port,
        default=8501,
        metavar="N",
        help="0 for any free one (default: %(default)s)",
    )
    serve.add_argument(
        "--token",
        default=os.environ.get(TOKEN_VARIABLE),
        help=f"what clients must send (default: ${TOKEN_VARIABLE}, which "
        "other users cannot see in the list of processes)",
    )
    serve.add_argument(
        "--threads",
        type=arguments_lib.count,
        default=decoding_pool.usable_cores(),
        metavar="N",
        help="recordings decoded at a time (default: one per core)",
    )
    serve.add_argument(
        "--poll-seconds",
        type=arguments_lib.count,
        default=10,
        metavar="N",
        help="time between checks for new versions and a changed index "
        "(default: %(default)s)",
    )
    for flag, default, text in (
        ("--max-body-mb", 100, "largest uploaded recording"),
        ("--max-json-mb", 32, "largest request in JSON"),
        ("--max-audio-seconds", 3_600, "longest recording"),
        ("--max-request-seconds", 60, "longest time until an answer"),
        ("--max-requests", 64, "requests answered at a time"),
    ):
        serve.add_argument(
            flag,
            type=arguments_lib.count,
            default=default,
            metavar="N",
            help=f"{text} (default: %(default)s)",
        )


def run(arguments: argparse.Namespace) -> int:
    """Serves until it is told to end.

    Args:
        arguments: What the parser of `add_parser` made.

    Returns:
        0.

    Raises:
        ValueError: There is no token where one is needed, it cannot be sent,
            a model cannot be opened, or the packages are not installed.
        OSError: There is no such model, or the port is taken.
    """
    token = _token(arguments.token)
    is_loopback = _is_loopback(arguments.host)
    if not is_loopback and token is None:
        raise ValueError(
            "Whoever reaches the port may ask, so beyond this machine a token "
            f"is needed: set {TOKEN_VARIABLE} or give --token. Received: "
            f"--host {arguments.host} without one."
        )
    for _, model in arguments.model or ():
        chosen_model.check(model)
    if arguments.index is not None:
        arguments.index = opened_library.here(arguments.index)
        library_index.LibraryIndex.open(arguments.index)
    for name in _PACKAGES:
        if importlib.util.find_spec(name) is None:
            raise ValueError(
                "The packages of the extra are needed: pip install "
                f"'tftag[server]'. Received: no module {name!r}."
            )
    from tftag.server import json_log, uvicorn_server
    from tftag.server import service as service_lib

    listener = uvicorn_server.bind(arguments.host, arguments.port)
    with listener:
        hosts = None
        if is_loopback and token is None:
            hosts = _LOOPBACK_NAMES | {arguments.host.lower()}
        service = service_lib.Service(
            service_lib.Settings(
                sources=_sources(arguments),
                index=arguments.index and pathlib.Path(arguments.index),
                limits=_limits(arguments),
                token=token,
                hosts=hosts,
                poll_seconds=arguments.poll_seconds,
                processes=arguments.threads,
            )
        )
        json_log.begin()
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        chosen_model.say(f"serving on http://{shown}:{port}")
        with interrupts.unwatched():
            uvicorn_server.server(service).serve_until_told(listener)
    return 0


def _token(text: str | None) -> str | None:
    """What clients must send, without the line end of a file."""
    if text is None:
        return None
    token = text.strip()
    if not token or not (token.isascii() and token.isprintable()):
        raise ValueError(
            f"A token ({TOKEN_VARIABLE} or --token) must be letters, digits "
            "and signs of ASCII, as a header carries them; leave it out for "
            f"none. Received: {counts_in_words.count(len(token), 'character')}"
            f"{', not all of these' if token else ''}."
        )
    return token


def _limits(arguments: argparse.Namespace) -> "limits_lib.Limits":
    from tftag.server.admission import limits as limits_lib

    body_mb, json_mb = arguments.max_body_mb, arguments.max_json_mb
    return limits_lib.Limits(
        body_bytes=body_mb << 20,
        json_bytes=json_mb << 20,
        # Some recordings, and one request in JSON at least.
        held_bytes=max(800, 8 * body_mb, 25 * json_mb) << 20,
        audio_seconds=arguments.max_audio_seconds,
        body_seconds=arguments.max_request_seconds,
        request_seconds=arguments.max_request_seconds,
        requests=arguments.max_requests,
    )


def _sources(arguments: argparse.Namespace) -> "list[served_models.Source]":
    from tftag.server.models import served_models

    models = arguments.model or [(None, presets.TAGGER)]
    if arguments.index is not None:
        # An index may come from a stranger: no folder that it names is opened.
        of_index = library_index.LibraryIndex.open(arguments.index).model_name
        if of_index in presets.PRESETS and (None, of_index) not in models:
            models = [*models, (None, of_index)]
    sources = []
    for name, model in models:
        folder = presets.resolve(model, chosen_model.say)
        if name is None:
            name = model
            if model not in presets.PRESETS:
                folder = pathlib.Path(os.path.abspath(folder))
                name = folder.name
                if (folder / "saved_model.pb").exists():
                    name = folder.parent.name
        labels = {
            label: number for of, label, number in arguments.label if of == name
        }
        sources.append(served_models.Source(name, folder, labels))
    names = [source.name for source in sources]
    labelled = [(of, label) for of, label, _ in arguments.label]
    for of, label, number in arguments.label:
        if labelled.count((of, label)) > 1:
            raise ValueError(
                "A label must be of one version. "
                f"Received: --label {of}/{label} more than once."
            )
        if of not in names:
            raise ValueError(
                f"--label must be of a model that is served, {names}. "
                f"Received: {of}/{label}={number}."
            )
    return sources


def _source(text: str) -> tuple[str | None, str]:
    name, mark, model = text.partition("=")
    if not mark or os.path.lexists(text) or "/" in name:
        return None, arguments_lib.local_path(text)
    if not name or ":" in name:
        raise argparse.ArgumentTypeError(
            f"must be MODEL, or NAME=MODEL without : in it. Received: {text}"
        )
    return name, arguments_lib.local_path(model)


def _label(text: str) -> tuple[str, str, int]:
    model, _, rest = text.partition("/")
    label, _, number = rest.partition("=")
    if not (model and label and number.isdecimal()):
        raise argparse.ArgumentTypeError(
            "must be NAME/LABEL=VERSION, such as baseline/stable=3. "
            f"Received: {text}"
        )
    return model, label, int(number)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(
            f"must be a number from 0 to 65535. Received: {text}"
        )
    return int(text)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
