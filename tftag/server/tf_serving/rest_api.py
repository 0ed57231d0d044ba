"""TensorFlow Serving's REST interface: status, metadata, predict.

Paths, bodies, errors and statuses are those of its http_rest_api_handler.cc.
No signature of tftag's exports classifies or regresses in that server's sense,
so these two are refused as it refuses them.
"""

import asyncio
import re
from collections.abc import Iterator
from typing import Annotated, Any

import fastapi
from starlette import requests, responses

from tftag.server.admission import refusals
from tftag.server.models import served_models, served_version
from tftag.server.tf_serving import json_bodies

# What is read while others wait no longer than for a request of theirs.
_SMALL_BYTES = 1 << 16
_MODEL = re.compile(
    r"/v1/models(?:/(?P<name>[^/:]+))?"
    r"(?:/versions/(?P<number>\d+)|/labels/(?P<label>[^/:]+))?"
    r"(?P<end>/metadata|:predict|:classify|:regress)?",
    re.IGNORECASE,
)
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
_ENDS = {
    "GET": ("", "/metadata"),
    "POST": (":predict", ":classify", ":regress"),
}
_LARGEST_NUMBER = (1 << 63) - 1
_OTHERWISE = (
    "Answered as TensorFlow Serving answers: another method has the status "
    "400, not 405."
)


def router(models: served_models.ServedModels) -> fastapi.APIRouter:
    """Makes the routes.

    Args:
        models: What is served.
    """
    api = fastapi.APIRouter(
        tags=["TensorFlow Serving"], responses=refusals.SCHEMA
    )

    async def answer(request: requests.Request) -> responses.Response:
        # One rule for all paths, as that server has it; those below are for
        # the description.
        path = request.scope["path"]
        found = _MODEL.fullmatch(path)
        end = (found and found["end"] or "").lower()
        is_known = found and end in _ENDS.get(request.method, ())
        if (
            found is None
            or not is_known
            or (end[:1] == ":" and found["name"] is None)
        ):
            raise refusals.Refused(
                refusals.BAD,
                f"Malformed request: {request.method} {path:.200}",
            )
        number = _number(found["number"])
        if found["name"] is None:
            raise refusals.Refused(
                refusals.BAD, "Missing model name in request."
            )
        if not end:
            return _json(_status(models, found["name"], number, found["label"]))
        if end == "/metadata":
            model = models.model(found["name"])
            with model.using(number, found["label"]) as version:
                return _json(_metadata(version))
        document = await _document(request)
        if end != ":predict":
            json_bodies.check_examples(document)
        model = models.model(found["name"])
        with model.using(number, found["label"]) as version:
            if end == ":predict":
                return await _predict(version, document)
            raise _refused_method(version, document, end.removeprefix(":"))

    for path in _paths("{name}"):
        for end, summary in {
            "": "How the versions of a model are",
            "/metadata": "The signatures of a model",
        }.items():
            api.add_api_route(
                path + end,
                _described(answer, path),
                methods=["GET"],
                summary=summary,
                description=_OTHERWISE,
            )
        for end in ("predict", "classify", "regress"):
            api.add_api_route(
                f"{path}:{end}",
                _described(answer, path),
                methods=["POST"],
                summary=f"Asks a signature of a model to {end}",
                description=_OTHERWISE,
                openapi_extra=_BODY,
            )
    for path in ("/v1/{rest:path}", "/V1/{rest:path}"):
        api.add_api_route(
            path, answer, methods=list(_METHODS), include_in_schema=False
        )
    return api


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "signature_name": {"type": "string"},
                        "instances": {"type": "array"},
                        "inputs": {},
                    },
                }
            }
        },
    }
}


def _paths(name: str) -> Iterator[str]:
    yield f"/v1/models/{name}"
    yield f"/v1/models/{name}/versions/{{version}}"
    yield f"/v1/models/{name}/labels/{{label}}"


def _described(answer: Any, path: str) -> Any:
    """The same function, with the parameters that a path has."""
    if "{version}" in path:

        async def of_version(
            request: requests.Request,
            name: str,
            version: Annotated[str, fastapi.Path(pattern=r"^\d+$")],
        ) -> responses.Response:
            return await answer(request)

        return of_version
    if "{label}" in path:

        async def of_label(
            request: requests.Request, name: str, label: str
        ) -> responses.Response:
            return await answer(request)

        return of_label

    async def of_newest(
        request: requests.Request, name: str
    ) -> responses.Response:
        return await answer(request)

    return of_newest


async def _document(request: requests.Request) -> dict[str, Any]:
    body = await request.body()
    if len(body) <= _SMALL_BYTES:
        return json_bodies.parse(body)
    return await asyncio.to_thread(json_bodies.parse, body)


async def _predict(
    version: served_version.ServedVersion, document: dict[str, Any]
) -> responses.Response:
    signature = json_bodies.signature_name(document)
    inputs = version.inputs(signature)
    arrays, is_rows = await asyncio.to_thread(
        json_bodies.columns, document, inputs, signature
    )
    document.clear()  # the largest part of what a request takes
    outputs = await version.predict(signature, arrays)
    text = await asyncio.to_thread(json_bodies.text, outputs, is_rows)
    return responses.Response(text, media_type="application/json")


def _refused_method(
    version: served_version.ServedVersion, document: dict[str, Any], end: str
) -> refusals.Refused:
    name = json_bodies.signature_name(document) or "serving_default"
    definition = version.signature_definitions.get(name)
    if definition is None:
        text = f"No signature was found with the name: {name:.100}"
        return refusals.Refused(refusals.BAD, text)
    kinds = {"classify": "classification", "regress": "regression"}
    return refusals.Refused(
        refusals.BAD,
        f"Expected {kinds[end]} signature method_name to be "
        f"tensorflow/serving/{end}. Was: {definition['method_name']}",
    )


def _status(
    models: served_models.ServedModels,
    name: str,
    number: int | None,
    label: str | None,
) -> dict[str, Any]:
    states: dict[int, served_models.State] = {}
    if name in models.by_name:
        model = models.by_name[name]
        number = model.number(label) if label is not None else number
        states = dict(model.states)
    if number is not None and number not in states:
        text = f"Could not find version {number} of model {name:.100}"
        raise refusals.Refused(refusals.NOT_FOUND, text)
    if not states:
        text = f"Could not find any versions of model {name:.100}"
        raise refusals.Refused(refusals.NOT_FOUND, text)
    return {
        "model_version_status": [
            {
                "version": str(one),
                "state": state.name,
                "status": {
                    "error_code": state.code,
                    "error_message": state.message,
                },
            }
            for one, state in sorted(states.items(), reverse=True)
            if number in (None, one)
        ]
    }


def _metadata(version: served_version.ServedVersion) -> dict[str, Any]:
    return {
        "model_spec": {
            "name": version.name,
            "signature_name": "",
            "version": str(version.number),
        },
        "metadata": {
            "signature_def": {"signature_def": version.signature_definitions}
        },
    }


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if len(text) > 19 or int(text) > _LARGEST_NUMBER:
        raise refusals.Refused(
            refusals.BAD,
            f"Failed to convert version: {text:.100} to numeric.",
        )
    return int(text)


def _json(value: Any) -> responses.Response:
    return responses.JSONResponse(value)
