"""TensorFlow Serving's REST interface: status, metadata, predict.

Paths, bodies, errors and statuses are those of its http_rest_api_handler.cc.
No signature of tftag's exports classifies or regresses in that server's sense,
so these two are refused as it refuses them.
"""

import asyncio
import itertools
import re
from typing import Any, NoReturn

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
_PATHS = (
    "/v1/models/{name}",
    "/v1/models/{name}/versions/{version}",
    "/v1/models/{name}/labels/{label}",
)
# How a path ends, by method, and what it is for.
_ENDS = {
    "GET": {
        "": "How the versions of a model are",
        "/metadata": "The signatures of a model",
    },
    "POST": {
        f":{verb}": f"Asks a signature of a model to {verb}"
        for verb in ("predict", "classify", "regress")
    },
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
            refusals.refuse(f"Malformed request: {request.method} {path:.200}")
        number = _number(found["number"])
        if found["name"] is None:
            refusals.refuse("Missing model name in request.")
        if not end:
            states = _status(models, found["name"], number, found["label"])
            return responses.JSONResponse(states)
        if end == "/metadata":
            model = models.model(found["name"])
            with model.using(number, found["label"]) as version:
                return responses.JSONResponse(_metadata(version))
        document = await _document(request)
        if end != ":predict":
            json_bodies.check_examples(document)
        model = models.model(found["name"])
        with model.using(number, found["label"]) as version:
            if end == ":predict":
                return await _predict(version, document)
            _refuse_method(version, document, end.removeprefix(":"))

    for path, (method, ends) in itertools.product(_PATHS, _ENDS.items()):
        for end, summary in ends.items():
            api.add_api_route(
                path + end,
                answer,
                methods=[method],
                summary=summary,
                description=_OTHERWISE,
                openapi_extra={
                    "parameters": _parameters(path),
                    **(_BODY if method == "POST" else {}),
                },
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


def _parameters(path: str) -> list[dict[str, Any]]:
    """The parameters in a path, as OpenAPI describes them."""
    found = []
    for name in re.findall(r"{(\w+)}", path):
        schema = {"type": "string"}
        if name == "version":
            schema["pattern"] = r"^\d+$"
        place = {"name": name, "in": "path", "required": True}
        found.append({**place, "schema": schema})
    return found


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


def _refuse_method(
    version: served_version.ServedVersion, document: dict[str, Any], end: str
) -> NoReturn:
    name = json_bodies.signature_name(document) or "serving_default"
    definition = version.signature_definitions.get(name)
    if definition is None:
        refusals.refuse(f"No signature was found with the name: {name:.100}")
    kinds = {"classify": "classification", "regress": "regression"}
    refusals.refuse(
        f"Expected {kinds[end]} signature method_name to be "
        f"tensorflow/serving/{end}. Was: {definition['method_name']}"
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
        states = model.states
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
        refusals.refuse(f"Failed to convert version: {text:.100} to numeric.")
    return int(text)
