"""The service as a whole: models, index, page, and what guards them."""

import asyncio
import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import fastapi
from fastapi import exceptions, staticfiles
from starlette import exceptions as starlette_exceptions
from starlette import requests, responses, routing

import tftag
from tftag import audio
from tftag.server import metrics as metrics_lib
from tftag.server.admission import gate as gate_lib
from tftag.server.admission import limits as limits_lib
from tftag.server.admission import refusals
from tftag.server.models import served_models
from tftag.server.recordings import tagging_api
from tftag.server.recordings import uploads as uploads_lib
from tftag.server.search import index_map, search_api, served_index
from tftag.server.tf_serving import rest_api

_PAGE = pathlib.Path(__file__).parent / "page"


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a service is set up.

    Attributes:
        sources: The models; the first is the default one.
        index: The folder of the index; None for a service without search.
        limits: How much it takes on.
        token: What a client must send; None where anybody may ask.
        hosts: The names that it is asked by; None for any.
        poll_seconds: Between two looks for new versions.
        processes: That decode.
    """

    sources: Sequence[served_models.Source]
    index: pathlib.Path | None = None
    limits: limits_lib.Limits = limits_lib.Limits()
    token: str | None = None
    hosts: frozenset[str] | None = None
    poll_seconds: float = 10.0
    processes: int = 2


class Service:
    """An ASGI application.

    Attributes:
        is_ending: Whether it has been told to end; it is not ready then.
        metrics: What it counts.
        uploads: Where recordings arrive.
    """

    def __init__(self, settings: Settings) -> None:
        """Opens the models.

        Raises:
            FileNotFoundError: There is no such model, or index.
            ValueError: One cannot be opened, or does not fit the others.
        """
        self.is_ending = False
        self._settings = settings
        self.metrics = metrics_lib.Metrics()
        self._models = served_models.ServedModels(
            settings.sources, settings.poll_seconds, self.metrics.joined
        )
        self._index = None
        if settings.index is not None:
            self._index = served_index.ServedIndex(
                settings.index, self._models, settings.poll_seconds
            )
        self.uploads = uploads_lib.Uploads(settings.processes, settings.limits)
        self._gate = gate_lib.Gate(
            self._application(),
            settings.limits,
            self.metrics,
            settings.token,
            settings.hosts,
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers a request."""
        await self._gate(scope, receive, send)

    def end_decoding(self) -> None:
        """Ends the processes that decode, also in the middle of a file."""
        self.uploads.end_decoding()

    def forget_uploads(self) -> None:
        """Ends them, and removes the recordings that they were to decode."""
        self.uploads.close()

    def close(self) -> None:
        """Takes the models down and ends the processes."""
        self.uploads.close()
        self._models.close()

    def _application(self) -> fastapi.FastAPI:
        app = fastapi.FastAPI(
            title="tftag",
            version=tftag.__version__,
            description="Music tagging and tag-based retrieval.",
            docs_url=None,
            redoc_url=None,
        )
        _answer_errors(app)
        app.include_router(self._own_routes())
        app.include_router(tagging_api.router(self._models, self.uploads))
        app.include_router(
            search_api.router(
                self._index, self.uploads, self._settings.limits.store_seconds
            )
        )
        app.include_router(rest_api.router(self._models))
        app.mount("/page", staticfiles.StaticFiles(directory=_PAGE))
        return app

    def _own_routes(self) -> fastapi.APIRouter:
        api = fastapi.APIRouter(tags=["Service"], responses=refusals.SCHEMA)

        @api.get("/", include_in_schema=False)
        async def page() -> responses.FileResponse:
            return responses.FileResponse(_PAGE / "index.html")

        @api.get("/healthz")
        async def healthz() -> dict[str, str]:
            """Whether the process lives."""
            return {"status": "ok"}

        @api.get("/readyz")
        async def readyz() -> dict[str, str]:
            """Whether requests should be sent here."""
            if self.is_ending:
                raise refusals.Refused(refusals.UNAVAILABLE, "It is ending.")
            return {"status": "ready"}

        @api.get("/metrics", response_class=responses.PlainTextResponse)
        async def metrics() -> responses.Response:
            """Counters in Prometheus' text format."""
            text = self.metrics.text(
                {
                    name: {n: state.name for n, state in model.states.items()}
                    for name, model in self._models.by_name.items()
                }
            )
            return responses.PlainTextResponse(
                text, media_type=metrics_lib.CONTENT_TYPE
            )

        @api.get("/config")
        async def config(request: requests.Request) -> dict[str, Any]:
            """What a page needs to begin."""
            needs_token = self._gate.needs_token
            if not self._gate.may_ask(request.headers):
                nothing = dict.fromkeys(("models", "index", "limits"))
                return {"needs_token": needs_token, **nothing}
            told = await asyncio.to_thread(self._config)
            return {"needs_token": needs_token, **told}

        @api.post("/session", status_code=204)
        async def session(request: requests.Request) -> responses.Response:
            """Sets a cookie that stands for the token."""
            response = responses.Response(status_code=204)
            response.set_cookie(
                gate_lib.COOKIE,
                self._gate.session,
                secure=request.url.scheme == "https",
                httponly=True,
                samesite="strict",
            )
            return response

        return api

    def _config(self) -> dict[str, Any]:
        limits = self._settings.limits
        return {
            "models": [
                self._described(model)
                for model in self._models.by_name.values()
            ],
            "index": None
            if self._index is None
            else {
                "recordings": len(self._index.current()),
                "has_map": index_map.is_possible(),
            },
            "limits": {
                "body_bytes": limits.body_bytes,
                "audio_seconds": limits.audio_seconds,
                "request_seconds": limits.request_seconds,
                "queued_requests": limits.requests,
            },
        }

    def _described(self, model: served_models.ServedModel) -> dict[str, Any]:
        with model.using() as version:
            tagger = version.tagger
            return {
                "name": version.name,
                "version": str(version.number),
                "kind": tagger.card.get("kind", "tagger"),
                "clip_seconds": tagger.spec.clip_seconds,
                "sample_rate_hz": tagger.sample_rate_hz,
                "tags": list(tagger.tag_names),
                "thresholds": tagger.thresholds.tolist(),
            }


def _methods(app: fastapi.FastAPI, scope: Any) -> str:
    """All methods that an address takes: the router names its first route's."""
    # What is mounted has told the scope where.
    scope = {**scope, "root_path": scope.get("app_root_path", "")}

    def takes(method: str) -> bool:
        return any(
            # What is mounted is a folder of files.
            (method == "GET" or not isinstance(route, routing.Mount))
            and route.matches({**scope, "method": method})[0]
            is routing.Match.FULL
            for route in app.routes
        )

    taken = filter(takes, ("GET", "DELETE", "PATCH", "POST", "PUT"))
    # The gate has HEAD answered as GET.
    return ", ".join(taken).replace("GET", "GET, HEAD")


def _answer_errors(app: fastapi.FastAPI) -> None:
    """Has every error answered in one form."""

    @app.exception_handler(exceptions.RequestValidationError)
    async def wrong_parameters(
        request: requests.Request, error: exceptions.RequestValidationError
    ) -> responses.Response:
        texts = [
            f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}. "
            f"Received: {one.get('input')!r:.100}"
            for one in error.errors()
        ]
        return refusals.response(
            refusals.Refused(refusals.BAD, "; ".join(texts))
        )

    @app.exception_handler(starlette_exceptions.HTTPException)
    async def refused_by_routes(
        request: requests.Request, error: starlette_exceptions.HTTPException
    ) -> responses.Response:
        text = f"{error.detail}: {request.method} {request.scope['path']:.200}"
        headers = dict(error.headers or {})
        if error.status_code == refusals.NO_METHOD:
            headers["Allow"] = _methods(app, request.scope)
        return refusals.response(
            refusals.Refused(error.status_code, text, headers)
        )

    async def refused(
        request: requests.Request, error: Exception
    ) -> responses.Response:
        return refusals.response(refusals.of(error))

    # What is neither of the first two goes on to the gate, which logs it
    # where it is a fault of the service.
    for kind in (refusals.Refused, audio.UnusableAudio, Exception):
        app.add_exception_handler(kind, refused)
