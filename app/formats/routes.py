"""Renditions over HTTP: articles and notes, their revisions, working copies and previews, in every format."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as PathParameter
from fastapi.responses import Response
from pydantic import Field

from app.articles import store as articles
from app.articles.preview_routes import Token
from app.articles.previews import beside_preview
from app.articles.routes import ArticleRef, moved_response
from app.changes import history
from app.changes.history_routes import RevisionNumber, revision_number
from app.changes.schemas import Drafts, Seen
from app.changes.views import EVERYONE, NEWEST, Perspective, perspective_of
from app.db import Reader, utcnow
from app.deps import NeedsScope, OptionalCaller, PrimaryRead, Read
from app.formats import html, jsonld, markdown, ninjs, text
from app.formats.addresses import RENDITIONS
from app.formats.story import Beside, StoryNoun, stories
from app.notes import store as notes
from app.notes.routes import NoteSlug
from app.publishing import previews
from app.web.answers import MOVED, NOT_FOUND, READ, WITHDRAWN, Responses
from app.web.caching import PRIVATE, cached_response
from app.web.parameters import QueryModel, described, strict_query
from app.web.queries import Parameters

Endpoint = Callable[..., Awaitable[Response]]
# Longer documents are rendered in a thread.
RENDERED_ASIDE: Final = 100_000
# A browser opens a rendition as a page of its own, which may show pictures, and run and load nothing else.
POLICY: Final = "default-src 'none'; img-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
STYLESHEET: Final = (Path(__file__).parent / "story.css").read_bytes()


class NinjsOptions(Parameters):
    """Which ninjs is to be written."""

    version: ninjs.Version = Field(default="3.1", description="The version of ninjs.", examples=["2.2"])


class Format(NamedTuple):
    """One format: `name` ends the address, `title` and `about` describe it in the OpenAPI document.

    `include` are the groups of objects that it shows beside the document, as in `include=`. `options` are the query
    parameters that its renderer takes.
    """

    name: str
    title: str
    media_type: str
    render: Callable[..., bytes]
    about: str
    include: tuple[str, ...] = ("tags", "sources", "notes", "relations")
    options: type[Parameters] = Parameters


LINKED: Final = ("tags", "sources", "notes", "relations", "translations")
FORMATS: Final = (
    Format(
        "html",
        "HTML",
        RENDITIONS["html"],
        html.render,
        "One `article` element without scripts and styles, for pages of your own; `/v1/formats/story.css` may style it."
        " The ids of blocks have `block-` before them.",
    ),
    Format("text", "plain text", RENDITIONS["text"], text.render, "Paragraphs have an empty line between them."),
    Format(
        "markdown",
        "Markdown",
        RENDITIONS["markdown"],
        markdown.render,
        "CommonMark with the tables of GitHub Flavored Markdown, and without raw HTML.",
    ),
    Format(
        "jsonld",
        "JSON-LD",
        RENDITIONS["jsonld"],
        jsonld.render,
        "A NewsArticle, or of a note a BackgroundNewsArticle, in the words of schema.org. It may stand in a `script`"
        " element as it is.",
        LINKED,
    ),
    Format(
        "ninjs",
        "ninjs",
        RENDITIONS["ninjs"],
        ninjs.render,
        "News in JSON by IPTC, with the body as HTML and as text. To the desk, what was withdrawn is `canceled`.",
        LINKED,
        NinjsOptions,
    ),
)
router = APIRouter(prefix="/v1", tags=["renditions"], dependencies=[Depends(strict_query)], responses=READ)
DRAFTS: Final = Depends(NeedsScope("drafts:read"))
WorkingCopyRef = Annotated[
    str, PathParameter(description="Id or slug of the article.", examples=["the-tram-that-carries-nobody"])
]


class Shown(NamedTuple):
    """The document that a request asks for, and what its reader sees beside it."""

    noun: StoryNoun
    ref: str
    document: str
    beside: Beside


async def _shown(
    read: Reader, perspective: Perspective, format: Format, noun: StoryNoun, ref: str, document: str
) -> Shown:
    if noun == "article":
        beside = await articles.beside(read, perspective, [document], format.include)
    else:
        beside = await notes.named(read, perspective, [document], ("tag", "source", "article"))
    return Shown(noun, ref, document, beside)


async def _rendition(
    request: Request, format: Format, options: Parameters, shown: Shown, headers: dict[str, str] | None = None
) -> Response:
    """The document in the format. The ETag is a digest: a rendition shows other objects too."""
    (story,) = stories(shown.noun, [shown.document], shown.beside, request.app.state.site)
    if len(shown.document) > RENDERED_ASIDE:
        body = await asyncio.to_thread(format.render, story, **dict(options))
    else:
        body = format.render(story, **dict(options))
    names = [f"{shown.noun}:{shown.ref}", *story.keys]
    all_headers = {"Content-Security-Policy": POLICY, **(headers or {})}
    return await cached_response(request, body, names=names, media_type=format.media_type, headers=all_headers)


def _get(
    path: str, format: Format, name: str, subject: str, *, responses: Responses, **more: Any
) -> Callable[[Endpoint], Endpoint]:
    """Declares the rendition of what is at a path; `name` is that of the operation, `subject` what it shows."""
    is_json = format.media_type.endswith("json")
    schema = {"type": "object", "additionalProperties": True} if is_json else {"type": "string"}
    content = {format.media_type: {"schema": schema}}
    return router.get(
        f"{path}/{format.name}",
        name=f"get_{name}_{format.name}",
        description=f"{subject} as {format.title}.\n\n{format.about}",
        response_class=Response,
        responses={200: {**READ[200], "content": content}, **NOT_FOUND, **responses},
        openapi_extra=described(format.options) if format.options.model_fields else None,
        **more,
    )


def _add_article_routes(format: Format) -> None:
    options_model = Depends(QueryModel(format.options))

    @_get("/articles/{ref}", format, "article", "An article", responses={**MOVED, **WITHDRAWN})
    async def get_article(
        request: Request,
        caller: OptionalCaller,
        read: Read,
        ref: ArticleRef,
        query: Annotated[Seen, Query()],
        options: Annotated[Parameters, options_model],
    ) -> Response:
        perspective = perspective_of(caller, query.perspective)
        async with read.snapshot() as snapshot:
            article = await articles.get(snapshot, perspective, ref)
            if moved := moved_response(request, ref, article):
                return moved
            shown = await _shown(snapshot, perspective, format, "article", article.id, article.document)
        return await _rendition(request, format, options, shown)

    path, subject = "/articles/{ref}/revisions/{revision}", "An article, as it was at one revision,"

    @_get(path, format, "article_revision", subject, responses={**MOVED, **WITHDRAWN})
    async def get_article_revision(
        request: Request,
        caller: OptionalCaller,
        read: Read,
        ref: ArticleRef,
        revision: RevisionNumber,
        query: Annotated[Drafts, Query()],
        options: Annotated[Parameters, options_model],
    ) -> Response:
        perspective = perspective_of(caller, query.perspective)
        async with read.snapshot() as snapshot:
            article = await articles.get(snapshot, perspective, ref)
            if moved := moved_response(request, ref, article):
                return moved
            state = await history.state_at(snapshot, perspective, "article", article.id, revision_number(revision))
            document = state.document(perspective)
            shown = await _shown(snapshot, perspective, format, "article", article.id, document)
        return await _rendition(request, format, options, shown)

    subject = "The working copy of a published article"

    @_get("/articles/{ref}/draft", format, "working_copy", subject, responses={}, dependencies=[DRAFTS])
    async def get_working_copy(
        request: Request, read: Read, ref: WorkingCopyRef, options: Annotated[Parameters, options_model]
    ) -> Response:
        async with read.snapshot() as snapshot:
            article = await articles.working_copy(snapshot, ref)
            shown = await _shown(snapshot, NEWEST, format, "article", article.id, article.document)
        return await _rendition(request, format, options, shown)


def _add_note_routes(format: Format) -> None:
    options_model = Depends(QueryModel(format.options))

    @_get("/notes/{slug}", format, "note", "A reference note", responses=WITHDRAWN)
    async def get_note(
        request: Request,
        caller: OptionalCaller,
        read: Read,
        slug: NoteSlug,
        query: Annotated[Seen, Query()],
        options: Annotated[Parameters, options_model],
    ) -> Response:
        perspective = perspective_of(caller, query.perspective)
        async with read.snapshot() as snapshot:
            state = await notes.get(snapshot, perspective, slug)
            shown = await _shown(snapshot, perspective, format, "note", slug, state.document(perspective))
        return await _rendition(request, format, options, shown)

    path, subject = "/notes/{slug}/revisions/{revision}", "A reference note, as it was at one revision,"

    @_get(path, format, "note_revision", subject, responses=WITHDRAWN)
    async def get_note_revision(
        request: Request,
        caller: OptionalCaller,
        read: Read,
        slug: NoteSlug,
        revision: RevisionNumber,
        query: Annotated[Drafts, Query()],
        options: Annotated[Parameters, options_model],
    ) -> Response:
        perspective = perspective_of(caller, query.perspective)
        async with read.snapshot() as snapshot:
            await notes.get(snapshot, perspective, slug)
            state = await history.state_at(snapshot, perspective, "note", slug, revision_number(revision))
            shown = await _shown(snapshot, perspective, format, "note", slug, state.document(perspective))
        return await _rendition(request, format, options, shown)


def _add_preview_route(format: Format) -> None:
    options_model = Depends(QueryModel(format.options))

    @_get("/previews/{token}", format, "preview", "What a preview shows,", responses=WITHDRAWN)
    async def get_preview(
        request: Request, read: PrimaryRead, token: Token, options: Annotated[Parameters, options_model]
    ) -> Response:
        preview = previews.open_token(request.app.state.secret, token, utcnow())
        async with read.snapshot() as snapshot:
            noun: StoryNoun = "note" if preview.noun == "note" else "article"
            state = await (notes if noun == "note" else articles).previewed(snapshot, preview.ref)
            document = state.document(EVERYONE)
            previews.check_same_object(preview, document)
            beside = await beside_preview(snapshot, preview, document, format.include)
        shown = Shown(noun, preview.ref, document, beside)
        return await _rendition(request, format, options, shown, {"Cache-Control": PRIVATE})


for _format in FORMATS:
    _add_article_routes(_format)
    _add_note_routes(_format)
    _add_preview_route(_format)


# The address is no part of the API: it is that of a file to copy.
@router.get("/formats/story.css", include_in_schema=False)
async def get_stylesheet(request: Request) -> Response:
    return await cached_response(request, STYLESHEET, media_type="text/css")
