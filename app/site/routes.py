"""Fronts, and the pages of what stories are listed by, over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field
from pydantic_core import from_json
from starlette.convertors import Convertor, register_url_convertor

from app.articles import listing
from app.articles.archive_schemas import ArchiveQuery
from app.changes import views
from app.changes.views import EVERYONE
from app.db import Reader
from app.deps import Read
from app.errors import NotFound
from app.formats.story import Site, in_language
from app.lists import store as lists
from app.notes import store as notes
from app.site import addresses, dates, frames
from app.site.behind import ApiRequest
from app.site.frames import ALL, Reading
from app.site.lists import FRONT, StoryList, collected, front, stories
from app.site.rendering import Alternate, Frame, Head, files, page_response
from app.site.stories import StoryPage
from app.site.timelines import timeline_of
from app.site.wording import language_name
from app.sources import store as sources
from app.tags import store as tags
from app.tags.schemas import TagQuery
from app.web.caching import cached_response
from app.web.fields import LANGUAGE, Language
from app.web.parameters import strict_query
from app.web.queries import Parameters
from app.web.spans import period

router = APIRouter(dependencies=[Depends(strict_query)], include_in_schema=False)
FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


class _LanguagePath(Convertor[str]):
    """A part of a path that has the form of a language: no other address is one of a front."""

    regex = LANGUAGE.pattern

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("language", _LanguagePath())


class PageParameters(Parameters):
    """What a list of stories is narrowed to, and where its page begins."""

    language: Language | None = Field(default=None)
    cursor: str | None = Field(default=None)


PageQuery = Annotated[PageParameters, Query()]


class CollectionParameters(Parameters):
    """What a collection, which is one page, is narrowed to."""

    language: Language | None = Field(default=None)


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


# --- fronts ------------------------------------------------------------------------------------------------------


@router.get("/")
async def show_front(request: Request, read: Read) -> Response:
    return await _front(request, read, None)


@router.get("/{language:language}")
async def show_front_in_language(request: Request, read: Read, language: str) -> Response:
    if not LANGUAGE.fullmatch(language):
        raise NotFound("There is nothing at this address.")
    return await _front(request, read, language)


async def _front(request: Request, read: Reader, language: str | None) -> Response:
    """In the language, or in that of most stories. Raises: NotFound, for a language without stories."""
    site = _site(request)
    async with read.snapshot() as snapshot:
        languages = [*await lists.languages(snapshot, ALL)]
        if language is not None and language not in languages:
            raise NotFound(f"There is nothing in the language {language!r}.")
        shown = language or (languages[0] if languages else "en")
        frame = await frames.frame_in(snapshot, site, shown)
        others = [other for other in languages if other != shown]
        page = await front(snapshot, site, frame.sections, shown, others[:20])
    versions = [Alternate(f"{site.url}/{other}", other) for other in languages]
    head = Head(
        title=site.name,
        address=f"{site.url}/{language or ''}",
        alternates=(
            *versions,
            Alternate(f"{site.url}/", "x-default"),
            *frames.feeds(site, language_name(shown), shown),
        ),
    )
    latest = page.latest
    archive = latest and addresses.narrowed(dates.archive_path(latest.at, site.zone), shown)
    return await page_response(
        request,
        "front.html",
        frame=frame,
        head=head,
        behind=page.behind,
        names=[ALL, f"collection:{FRONT}"],
        page=page,
        languages=languages,
        latest=latest,
        archive=archive,
    )


# --- lists -------------------------------------------------------------------------------------------------------


async def _stories(
    request: Request,
    read: Reader,
    path: str,
    query: PageParameters,
    frame: Frame,
    *,
    quotes_of: str | None = None,
    **filters: str,
) -> StoryList:
    return await stories(
        read,
        request.app.state.secret,
        _site(request),
        path,
        filters,
        language=query.language,
        cursor=query.cursor,
        labels=frame.labels,
        quotes_of=quotes_of,
    )


async def _list_response(
    request: Request, reading: Reading, template: str, listed: StoryList, head: Head, names: list[str], **context: Any
) -> Response:
    all_names = [*names, *reading.names, *listed.names]
    return await page_response(
        request,
        template,
        frame=reading.frame,
        head=head,
        behind=listed.behind,
        names=all_names,
        listed=listed,
        **context,
    )


@router.get("/sections/{slug}")
async def show_section(request: Request, read: Read, slug: str, query: PageQuery) -> Response:
    return await _tag(request, read, slug, query, is_section=True)


@router.get("/tags/{slug}")
async def show_tag(request: Request, read: Read, slug: str, query: PageQuery) -> Response:
    return await _tag(request, read, slug, query, is_section=False)


async def _tag(request: Request, read: Reader, slug: str, query: PageParameters, *, is_section: bool) -> Response:
    """Raises: NotFound, also for a tag at the address of a section."""
    site = _site(request)
    async with read.snapshot() as snapshot:
        tag = from_json((await tags.get(snapshot, EVERYONE, slug))[1])
        if is_section and tag["type"] != "section":
            raise NotFound(f"There is no section {slug!r}.")
        reading = await frames.frame_of_list(snapshot, site, query.language)
        under = await tags.page(snapshot, EVERYONE, TagQuery.model_validate({"parent": slug, "limit": 100}), None)
        above = await views.cards(snapshot, EVERYONE, {"tag": [tag["parent"]] if tag["parent"] else []})
        path = addresses.of("sections" if is_section else "tags", slug)
        filters = {"section" if is_section else "tag": slug}
        listed = await _stories(request, snapshot, path, query, reading.frame, **filters)
        language = reading.frame.language
        begins = not is_section and query.cursor is None
        timeline = await timeline_of(snapshot, site, slug, language) if begins else None
    title = in_language(tag["labels"], language)
    return await _list_response(
        request,
        reading,
        "tag.html",
        listed,
        Head(
            title=title,
            address=site.url + addresses.narrowed(addresses.of_tag(tag), query.language),
            description=in_language(tag["description"], language) if tag["description"] else None,
            alternates=(
                *frames.alternates(site, addresses.of_tag(tag), [*tag["labels"]]),
                *frames.feeds(site, title, query.language, **filters),
            ),
        ),
        [f"tag:{slug}", *(f"tag:{parent}" for parent in above["tag"]), *(timeline.names if timeline else ())],
        timeline=timeline,
        tag=tag,
        title=title,
        under=_labelled(under.items, language),
        above=_labelled([*above["tag"].values()], language),
    )


def _labelled(items: list[str], language: str) -> list[tuple[str, dict[str, Any]]]:
    """(name in the language, tag) of tags that are JSON."""
    return [(in_language(tag["labels"], language), tag) for tag in map(from_json, items)]


@router.get("/sources/{slug}")
async def show_source(request: Request, read: Read, slug: str, query: PageQuery) -> Response:
    return await _source(request, read, slug, query, is_author=False)


@router.get("/authors/{slug}")
async def show_author(request: Request, read: Read, slug: str, query: PageQuery) -> Response:
    return await _source(request, read, slug, query, is_author=True)


async def _source(request: Request, read: Reader, slug: str, query: PageParameters, *, is_author: bool) -> Response:
    """What a source said, reported or gave; of an author the stories."""
    site = _site(request)
    async with read.snapshot() as snapshot:
        source = from_json((await sources.get(snapshot, EVERYONE, slug))[1])
        reading = await frames.frame_of_list(snapshot, site, query.language)
        above = await views.cards(snapshot, EVERYONE, {"source": [source["parent"]] if source["parent"] else []})
        path = addresses.of("authors" if is_author else "sources", slug)
        narrowed = {"source": slug, **({"role": "author"} if is_author else {})}
        quotes_of = None if is_author else slug
        listed = await _stories(request, snapshot, path, query, reading.frame, quotes_of=quotes_of, **narrowed)
    language = reading.frame.language
    parents = [from_json(parent) for parent in above["source"].values()]
    title = in_language(source["names"], language)
    return await _list_response(
        request,
        reading,
        "source.html",
        listed,
        Head(
            title=title,
            address=site.url + addresses.narrowed(path, query.language),
            description=in_language(source["description"], language) if source["description"] else None,
            alternates=(
                *frames.alternates(site, path, [*source["names"]]),
                *frames.feeds(site, title, query.language, **narrowed),
            ),
        ),
        [f"source:{slug}", *(f"source:{parent}" for parent in above["source"])],
        source=source,
        title=title,
        is_author=is_author,
        above=[(in_language(parent["names"], language), parent["slug"]) for parent in parents],
    )


@router.get("/notes/{slug}")
async def show_note(request: Request, read: Read, slug: str, query: PageQuery) -> Response:
    """A note, and where it is used. It is in its own language, whatever its list is narrowed to."""
    site = _site(request)
    async with read.snapshot() as snapshot:
        document = (await notes.get(snapshot, EVERYONE, slug)).document(EVERYONE)
        beside = await notes.named(snapshot, EVERYONE, [document], ("tag", "source", "article"))
        page = StoryPage.of("note", document, beside, site)
        frame = await frames.frame_in(snapshot, site, page.story.language)
        listed = await _stories(request, snapshot, addresses.of("notes", slug), query, frame, note=slug)
    behind = ApiRequest.to(site.url, f"/v1/notes/{slug}", include="tags,sources")
    names = [f"note:{slug}", *page.story.keys, *listed.names]
    return await page_response(
        request,
        "note.html",
        frame=frame,
        head=page.head(),
        behind=behind,
        names=names,
        page=page,
        body=page.body,
        listed=listed,
    )


@router.get("/collections/{slug}")
async def show_collection(
    request: Request, read: Read, slug: str, query: Annotated[CollectionParameters, Query()]
) -> Response:
    """The stories of a collection, in its order."""
    site = _site(request)
    async with read.snapshot() as snapshot:
        reading = await frames.frame_of_list(snapshot, site, query.language)
        collection, listed = await collected(snapshot, site, slug, query.language, reading.frame.labels)
    language = reading.frame.language
    path, title = addresses.of("collections", slug), in_language(collection["labels"], language)
    description = in_language(collection["description"], language) if collection["description"] else None
    feeds = frames.feeds(site, title, query.language, of=f"collections/{slug}")
    return await _list_response(
        request,
        reading,
        "collection.html",
        listed,
        Head(
            title=title,
            address=site.url + addresses.narrowed(path, query.language),
            description=description,
            alternates=(*frames.alternates(site, path, [*collection["labels"]]), *feeds),
        ),
        [],
        title=title,
    )


@router.get("/archive/{year}/{month}")
async def show_archive(request: Request, read: Read, year: str, month: str, query: PageQuery) -> Response:
    """Raises: NotFound, for a month in which nothing was published."""
    site, shown = _site(request), f"{year}-{month}"
    async with read.snapshot() as snapshot:
        counted = ArchiveQuery.model_validate({"language": query.language} if query.language else {})
        months = dict(await listing.archive(snapshot, EVERYONE, counted))
        if shown not in months:
            raise NotFound("Nothing was published in this month.")
        reading = await frames.frame_of_list(snapshot, site, query.language)
        path = f"/archive/{year}/{month}"
        listed = await _stories(request, snapshot, path, query, reading.frame, date=period(shown))
    name = dates.day(shown, reading.frame.language)
    title = name[:1].upper() + name[1:]
    return await _list_response(
        request,
        reading,
        "archive.html",
        listed,
        Head(
            title=title,
            address=site.url + addresses.narrowed(path, query.language),
            alternates=frames.alternates(site, path, [query.language] if query.language else []),
        ),
        [ALL],
        title=title,
        shown=shown,
        narrowed_to=query.language,
        years=_by_year(months, reading.frame.language),
    )


def _by_year(months: dict[str, int], language: str) -> dict[str, list[tuple[str, str, int]]]:
    """(month, its name, number of stories) of each month that has some, by year, the last year first."""
    years: dict[str, list[tuple[str, str, int]]] = {}
    for shown, number in months.items():
        year, _, month = shown.partition("-")
        years.setdefault(year, []).append((shown, dates.month(int(month), language), number))
    return dict(reversed(years.items()))


# --- files -------------------------------------------------------------------------------------------------------


@router.get("/pages/{name}")
async def get_file(request: Request, name: str) -> Response:
    """A file that pages load."""
    if name not in files():
        raise NotFound("There is nothing at this address.")
    body, media_type = files()[name]
    return await cached_response(request, body, media_type=media_type, headers=FOR_EVER)
