"""A recording of any format to tags: `POST /tag`."""

from typing import Annotated, Any

import fastapi
import numpy as np
import numpy.typing as npt
import pydantic
from starlette import requests

from tftag import audio
from tftag.server.admission import refusals
from tftag.server.models import served_models, served_version
from tftag.server.recordings import uploads as uploads_lib


class Tag(pydantic.BaseModel):
    """A tag and what the model says of it."""

    tag: str
    probability: float
    threshold: float
    is_given: bool


class Timeline(pydantic.BaseModel):
    """What the model says of each clip, a row of probabilities per clip."""

    clip_seconds: float
    start_seconds: list[float]
    tags: list[str]
    probabilities: list[list[float]]


class Tagged(pydantic.BaseModel):
    """What a model says of a recording, the likeliest tag first."""

    model: str
    version: str
    seconds: float
    remarks: list[str]
    tags: list[Tag]
    timeline: Timeline | None


class Asked(pydantic.BaseModel):
    """What of a recording is asked."""

    # `top=3` would answer with all tags.
    model_config = pydantic.ConfigDict(extra="forbid")

    model: str | None = pydantic.Field(
        None, description="default: the first one"
    )
    timeline: bool = False


def router(
    models: served_models.ServedModels, uploads: uploads_lib.Uploads
) -> fastapi.APIRouter:
    """Makes the route.

    Args:
        models: What is served.
        uploads: Where recordings arrive.
    """
    api = fastapi.APIRouter(tags=["Tags"], responses=refusals.SCHEMA)

    @api.post("/tag", openapi_extra=uploads_lib.OPENAPI)
    async def tag(
        request: requests.Request,
        asked: Annotated[Asked, fastapi.Query()],
    ) -> Tagged:
        """Tags a recording of any format, as a form's file or as the body."""
        name = models.default_name if asked.model is None else asked.model
        served = models.model(name)
        with served.using() as version:
            samples, remarks = await uploads.decoded(
                request, version.tagger.sample_rate_hz
            )
            outputs = await version.run_clips(samples)
            return _tagged(version, samples, remarks, outputs, asked.timeline)

    return api


def _tagged(
    version: served_version.ServedVersion,
    samples: npt.NDArray[Any],
    remarks: list[str],
    outputs: dict[str, npt.NDArray[Any]],
    has_timeline: bool,
) -> Tagged:
    tagger = version.tagger
    clips = outputs["probabilities"]
    calibrated = tagger.recording_of(clips).calibrated
    order = np.argsort(-calibrated, kind="stable")
    return Tagged(
        model=version.name,
        version=str(version.number),
        seconds=round(len(samples) / tagger.sample_rate_hz, 3),
        remarks=remarks,
        tags=[
            Tag(
                tag=tagger.tag_names[place],
                probability=short(calibrated[place]),
                threshold=tagger.thresholds[place],
                is_given=bool(calibrated[place] >= tagger.thresholds[place]),
            )
            for place in order
        ],
        timeline=_timeline(version, samples, clips) if has_timeline else None,
    )


def _timeline(
    version: served_version.ServedVersion,
    samples: npt.NDArray[Any],
    clips: npt.NDArray[Any],
) -> Timeline:
    tagger = version.tagger
    starts = audio.clip_starts(len(samples), tagger.spec)
    return Timeline(
        clip_seconds=tagger.spec.clip_seconds,
        start_seconds=(starts / tagger.sample_rate_hz).round(3).tolist(),
        tags=list(tagger.tag_names),
        probabilities=[
            [short(value) for value in row] for row in tagger.calibrated(clips)
        ],
    )


def short(value: Any) -> float:
    """A float32 with as few digits as tell it from others."""
    return float(str(np.float32(value)))
