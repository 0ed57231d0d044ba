"""The library: search by words and by example, its map, and its sound."""

import asyncio
import pathlib
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import fastapi
import numpy.typing as npt
import pydantic
from starlette import requests, responses

from tftag.audio import audio_files
from tftag.search import known_terms, library_index, query
from tftag.search.index import contents, filters
from tftag.server.admission import refusals, visitor_messages
from tftag.server.recordings import tagging_api
from tftag.server.recordings import uploads as uploads_lib
from tftag.server.search import index_map, served_index
from tftag.server.search import sound as sound_lib
from tftag.storage.remote import fetched_files

_TYPES = {
    **dict.fromkeys((".ogg", ".oga", ".opus"), "audio/ogg"),
    **dict.fromkeys((".m4a", ".mp4", ".m4b", ".alac"), "audio/mp4"),
    **dict.fromkeys((".aif", ".aiff", ".aifc"), "audio/aiff"),
    **{".mp3": "audio/mpeg", ".flac": "audio/flac", ".wav": "audio/wav"},
    **{".aac": "audio/aac", ".webm": "audio/webm", ".wma": "audio/x-ms-wma"},
}
_LONGEST_QUERY = 1_000
_MOST_EXAMPLES = 32
_MAP_SECONDS = 20.0
_NO_INDEX = (
    "This service has no library to search: it was started without an index. "
    "Start it with `tftag serve --index INDEX`; `tftag index FOLDER --out "
    "INDEX` makes one."
)

Year = Annotated[int | None, pydantic.Field(ge=0, le=9_999)]
Seconds = Annotated[float | None, pydantic.Field(allow_inf_nan=False)]
Text = Annotated[str, fastapi.Query(max_length=_LONGEST_QUERY)]


class Term(pydantic.BaseModel):
    """A part of a query, as it was read."""

    phrase: str
    weight: float


class Given(pydantic.BaseModel):
    """A tag that a recording has."""

    tag: str


class FoundRecording(pydantic.BaseModel):
    """A recording that was found, with what its file says of itself."""

    id: str
    path: str
    score: float
    percentile: float
    title: str | None
    artist: str | None
    album: str | None
    year: int | None
    seconds: float | None
    tags: list[Given]
    copies: int


class Results(pydantic.BaseModel):
    """Recordings from the best down."""

    terms: list[Term]
    warnings: list[str]
    recordings: int
    results: list[FoundRecording]


class Suggestion(pydantic.BaseModel):
    """What a query may become."""

    phrase: str
    query: str


class Suggestions(pydantic.BaseModel):
    """What the last word of a query may become."""

    suggestions: list[Suggestion]


class SearchOptions(pydantic.BaseModel):
    """What recordings must be to be found."""

    # A filter by another name (`year`) would find what it was to leave out.
    model_config = pydantic.ConfigDict(extra="forbid")

    top: int = pydantic.Field(20, ge=1, le=1_000)
    tag: list[str] = []
    without_tag: list[str] = []
    artist: list[str] = []
    album: list[str] = []
    folder: list[str] = []
    year_from: Year = None
    year_to: Year = None
    seconds_from: Seconds = None
    seconds_to: Seconds = None
    per_artist: int | None = pydantic.Field(None, ge=1, le=1_000)

    def options(self) -> dict[str, Any]:
        """As the index takes them."""
        where = filters.Filter(
            tuple(self.tag),
            tuple(self.without_tag),
            tuple(self.artist),
            tuple(self.album),
            (self.year_from, self.year_to),
            (self.seconds_from, self.seconds_to),
            tuple(self.folder),
        )
        return {
            "top": self.top,
            "where": where,
            "most_per_artist": self.per_artist,
        }


class Search(SearchOptions):
    """A query, and what is asked of the recordings."""

    q: str = pydantic.Field(max_length=_LONGEST_QUERY)


class Similar(SearchOptions):
    """Examples, and what is asked of the recordings."""

    like: list[str] = pydantic.Field([], max_length=_MOST_EXAMPLES)
    unlike: list[str] = pydantic.Field([], max_length=_MOST_EXAMPLES)


def router(
    served: served_index.ServedIndex | None,
    uploads: uploads_lib.Uploads,
    store_seconds: float,
) -> fastapi.APIRouter:
    """Makes the routes.

    Args:
        served: What is searched; None where each of them says that there is
            nothing, and what the service must be started with.
        uploads: Where recordings arrive.
        store_seconds: What a store may take, each time that it is asked.
    """

    async def needed() -> served_index.ServedIndex:
        if served is None:
            raise refusals.Refused(refusals.NOT_FOUND, _NO_INDEX)
        return served

    Index: TypeAlias = Annotated[  # noqa: N806
        served_index.ServedIndex, fastapi.Depends(needed)
    ]
    api = fastapi.APIRouter(
        tags=["Library"],
        responses={
            **refusals.SCHEMA,
            refusals.NOT_FOUND: {
                **refusals.SCHEMA["default"],
                "description": "What is asked for is not in the library; or "
                "there is none: the service was started without `--index`.",
            },
        },
    )

    @api.get("/search")
    async def search(
        index: Index, asked: Annotated[Search, fastapi.Query()]
    ) -> Results:
        """Finds recordings by words: `dreamy piano^2 -vocals`."""
        return await _refusing(_searched, index, asked)

    @api.get("/similar")
    async def similar(
        index: Index, asked: Annotated[Similar, fastapi.Query()]
    ) -> Results:
        """Finds recordings like others of the library."""
        if not asked.like:
            refusals.refuse("like must be named at least once.")
        held = await asyncio.to_thread(index.current)
        return await _refusing(_alike, held, asked, None)

    @api.post("/similar", openapi_extra=uploads_lib.OPENAPI)
    async def similar_to_upload(
        index: Index,
        request: requests.Request,
        asked: Annotated[Similar, fastapi.Query()],
    ) -> Results:
        """Finds recordings like one that is sent."""
        held = await asyncio.to_thread(index.current)
        with index.using(held) as version:
            encoder = version.encoder
            samples, _ = await uploads.decoded(request, encoder.sample_rate_hz)
            outputs = await version.run_clips(samples)
            vector = encoder.vector_of(outputs["embedding"])
        return await _refusing(_alike, held, asked, vector)

    @api.get("/suggest")
    async def suggest(
        index: Index,
        q: Text,
        top: Annotated[int, fastapi.Query(ge=1, le=100)] = 8,
    ) -> Suggestions:
        """Completes the last word of a query that is being typed."""
        held = await asyncio.to_thread(index.current)
        with index.using(held) as version:
            phrases = await asyncio.to_thread(index.phrases, version)
        return Suggestions(
            suggestions=[
                Suggestion(phrase=phrase, query=text)
                for phrase, text in phrases.complete(q, top)
            ]
        )

    maps = index_map.LibraryMap()

    @api.get("/map")
    async def whole_map(index: Index) -> responses.Response:
        """All recordings in two dimensions, in columns of equal length."""
        if not index_map.is_possible():
            raise refusals.Refused(
                refusals.NOT_FOUND,
                "This service makes no map of its library.",
            )
        held = await asyncio.to_thread(index.current)
        made = asyncio.wrap_future(maps.of(held))
        done, _ = await asyncio.wait({made}, timeout=_MAP_SECONDS)
        if not done:
            raise refusals.Refused(
                refusals.UNAVAILABLE,
                "The map is being made.",
                {"Retry-After": "10"},
            )
        return responses.Response(made.result(), media_type="application/json")

    fetched = fetched_files.FetchedFiles()

    @api.get(
        "/audio/{recording}",
        status_code=200,
        response_class=sound_lib.Sound,
        responses={
            206: {"description": "A part, as Range asked for it."},
            **dict.fromkeys((416, 502, 504), refusals.SCHEMA["default"]),
        },
    )
    async def audio(index: Index, recording: str) -> sound_lib.Sound:
        """The file of a recording, from the disk or its bucket, with Range."""
        file, known = await asyncio.to_thread(index.file, recording)
        ending = pathlib.PurePath(known.name).suffix.lower()
        kind = _TYPES.get(ending, "application/octet-stream")
        return sound_lib.Sound(file, known, kind, fetched, store_seconds)

    return api


async def _refusing(function: Any, *arguments: Any) -> Results:
    """Runs beside the others; what a person asked wrongly is told."""
    try:
        found: Results = await asyncio.to_thread(function, *arguments)
    except (refusals.Refused, contents.DamagedIndex):
        raise
    except ValueError as error:
        text = visitor_messages.of(str(error))
        raise refusals.Refused(refusals.BAD, text) from error
    return found


def _searched(index: served_index.ServedIndex, asked: Search) -> Results:
    warnings: list[str] = []
    held = index.current()
    with index.using(held) as version:
        encoder = version.encoder
        terms, vectors = known_terms.embed(
            encoder, query.parse(asked.q, encoder.is_known), warnings.append
        )
    hits = held.search(terms, vectors, **asked.options())
    return _results(held, hits, terms, warnings)


def _alike(
    held: library_index.LibraryIndex,
    asked: Similar,
    vector: npt.NDArray[Any] | None,
) -> Results:
    like = [served_index.vector_of(held, name) for name in asked.like]
    unlike = [served_index.vector_of(held, name) for name in asked.unlike]
    named = [*map(served_index.key_of, (*asked.like, *asked.unlike))]
    if vector is not None:
        like.append(vector)
    hits = held.similar(like, unlike, leave_out=named, **asked.options())
    return _results(held, hits, (), [])


def _results(
    held: library_index.LibraryIndex,
    hits: Sequence[library_index.Hit],
    terms: Sequence[query.Term],
    warnings: list[str],
) -> Results:
    return Results(
        terms=[Term(phrase=one.phrase, weight=one.weight) for one in terms],
        warnings=warnings,
        recordings=len(held),
        results=[
            FoundRecording(
                id=served_index.name_of(hit.key),
                path=audio_files.shown(hit.name),
                score=tagging_api.short(hit.score),
                percentile=round(100 * hit.percentile, 2),
                title=hit.title or None,
                artist=hit.artist or None,
                album=hit.album or None,
                year=hit.year,
                seconds=hit.seconds,
                tags=[Given(tag=name) for name in hit.tags],
                copies=len(hit.copies),
            )
            for hit in hits
        ],
    )
