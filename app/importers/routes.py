"""Documents in as NDJSON over HTTP, what became of each out as NDJSON: streamed both ways, in memory for one batch."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.articles import desk as articles
from app.articles.schemas import ArticleIn
from app.changes import store as log
from app.changes.store import Writing
from app.changes.writes import Written
from app.db import Database
from app.deps import Needs, no_idempotency_key
from app.errors import Fault, Invalid, Malformed, Raced, Refusal, Unavailable
from app.importers.documents import LINES
from app.notes import desk as notes
from app.notes.schemas import NotePut
from app.sources import store as sources
from app.sources.schemas import SourcePut
from app.tags import store as tags
from app.tags.schemas import TagPut
from app.web.answers import STREAMED
from app.web.bodies import MOST_BYTES, check_media_type, read_json
from app.web.caching import PRIVATE
from app.web.caller import Caller
from app.web.fields import Id
from app.web.parameters import strict_query
from app.web.problems import invalid

NDJSON: Final = "application/x-ndjson"
BATCH: Final = 100
# What an export tells, and every write makes anew.
DERIVED: Final = frozenset({"noun", "excerpt", "notes", "word_count", "reading_minutes"})
BATCH_BYTES: Final = MOST_BYTES
ATTEMPTS: Final = 5
router = APIRouter(prefix="/v1", tags=["import"], dependencies=[Depends(strict_query)])


class ArticleSent(ArticleIn):
    """An article as it is imported: its id, where it is to have one, says which one it is."""

    id: Id | None = None


async def _tag(done: Writing, sent: TagPut) -> tuple[Written, str]:
    slug = named(sent)
    before = await tags.find(done, slug)
    return _told(await tags.put(done, slug, sent, before), before.newest.revision if before else None)


async def _source(done: Writing, sent: SourcePut) -> tuple[Written, str]:
    slug = named(sent)
    before = await sources.find(done, slug)
    return _told(await sources.put(done, slug, sent, before), before.newest.revision if before else None)


async def _note(done: Writing, sent: NotePut) -> tuple[Written, str]:
    slug = named(sent)
    before = await notes.find(done, slug)
    return _told(await notes.put(done, slug, sent, before), before.revision if before else None)


async def _article(done: Writing, sent: ArticleSent) -> tuple[Written, str]:
    content = ArticleIn.model_construct(**{name: value for name, value in sent if name != "id"})
    return await articles.put(done, content, sent.id)


def named(sent: TagPut | SourcePut | NotePut) -> str:
    """The slug. Raises: Invalid, where it is left out."""
    if sent.slug is None:
        raise Invalid("A line says which object it is.", Fault("is missing", "missing", pointer="/slug"))
    return sent.slug


def _told(written: Written, before: int | None) -> tuple[Written, str]:
    return written, "created" if before is None else "unchanged" if before == written.revision else "updated"


Put = Callable[[Writing, Any], Awaitable[tuple[Written, str]]]
PUT: Final[dict[str, tuple[type[BaseModel], Put]]] = {
    "tag": (TagPut, _tag),
    "source": (SourcePut, _source),
    "note": (NotePut, _note),
    "article": (ArticleSent, _article),
}


@dataclass(slots=True)
class Line:
    """One line on its way in, what it says, and what became of it."""

    number: int
    document: Any = None
    noun: str | None = None
    ref: str | None = None
    outcome: str = "error"
    error: dict[str, Any] | None = None
    warnings: list[dict[str, Any]] = field(default_factory=list)
    not_restored: list[str] = field(default_factory=list)

    def refuse(self, refusal: Refusal) -> None:
        """Takes down why it was not taken in."""
        self.outcome = "error"
        faults = [fault.document() for fault in refusal.faults]
        self.error = {"code": refusal.code, "detail": refusal.detail, "errors": faults}

    def result(self) -> bytes:
        """The line of the answer."""
        found = {
            "line": self.number,
            "noun": self.noun,
            "ref": self.ref,
            "outcome": self.outcome,
            "error": self.error,
            "warnings": self.warnings,
            "not_restored": self.not_restored,
        }
        return to_json(found) + b"\n"


class _Streamed(Response):
    """Sends as it comes, and leaves reading the request to whoever makes the chunks."""

    media_type = NDJSON

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        super().__init__(headers={"Cache-Control": PRIVATE})
        del self.headers["content-length"]
        self.chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for chunk in self.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


@router.post(
    "/import",
    status_code=200,
    response_class=_Streamed,
    responses=STREAMED,
    openapi_extra={"requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}}},
)
async def import_documents(request: Request, caller: Annotated[Caller, Depends(Needs("content:write"))]) -> Response:
    """Import documents, one JSON object a line.

    Each line has its `noun` and is in the form that `export ndjson` writes. A new object is created, one that is there
    gets this content; new articles and notes are drafts. The answer is a line for each, in order: what became of it,
    and why where it was refused; one bad line never loses the others. What only `python -m app import` may restore
    (revision, status, dates) is left aside, and named in `not_restored`. Lines are committed in batches, and their
    results sent after the commit: read the answer while you send. What comes too slowly, less than 5 kB in ten seconds,
    breaks off, and what came whole until then is taken in. What is public changes at once. Sending the same lines again
    changes nothing, so `Idempotency-Key` is refused here.
    """
    await no_idempotency_key(request)
    check_media_type(request, (NDJSON,))
    state = request.app.state
    return _Streamed(_results(request, state.database, state.settings.zone, caller))


async def _results(request: Request, database: Database, zone: ZoneInfo, caller: Caller) -> AsyncIterator[bytes]:
    batch: list[Line] = []
    size = 0
    async for number, text in _lines(request):
        batch.append(_line(number, text))
        size += len(text)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield await _take_in(database, zone, caller, batch)
            batch, size = [], 0
    yield await _take_in(database, zone, caller, batch)


async def _lines(request: Request) -> AsyncIterator[tuple[int, bytes]]:
    """(number, text) of the lines that are not blank. Of one that is too long no more is kept than shows that it is."""
    number, rest = 1, b""
    try:
        async for chunk in request.stream():
            *ended, rest = (rest + chunk).split(b"\n")
            for text in ended:
                if text.strip():
                    yield number, text
                number += 1
            rest = rest[: MOST_BYTES + 1]
    except ClientDisconnect:
        return
    if rest.strip():
        yield number, rest


def _line(number: int, text: bytes) -> Line:
    line = Line(number)
    try:
        if len(text) > MOST_BYTES:
            raise Malformed(f"is longer than {MOST_BYTES // 2**20} MiB")
        document = read_json(text)
        noun = document.get("noun") if isinstance(document, dict) else None
        if not isinstance(noun, str) or noun not in PUT:
            fault = Fault("is not one of the nouns there are", "unknown-name", pointer="/noun", allowed=[*PUT])
            raise Malformed("is not one JSON object with its `noun`", fault)
    except Malformed as refusal:
        line.refuse(Malformed(f"The line {refusal.detail}.", *refusal.faults))
        return line
    line.noun, line.document = noun, document
    ref = document.get("id") or document.get("slug")
    line.ref = ref if isinstance(ref, str) else None
    return line


async def _take_in(database: Database, zone: ZoneInfo, caller: Caller, batch: list[Line]) -> bytes:
    """Writes a batch; its results, once that is committed. A second state of an object takes another transaction."""
    names: set[tuple[str | None, Any]] = set()
    some: list[Line] = []
    for line in batch:
        if line.document is None:
            continue
        given = (line.document.get("id"), line.document.get("slug"))
        own = {(line.noun, name) for name in given if isinstance(name, str)}
        if own & names:
            await _write(database, zone, caller, some)
            names, some = set(), []
        names |= own
        some.append(line)
    await _write(database, zone, caller, some)
    return b"".join(line.result() for line in batch)


async def _write(database: Database, zone: ZoneInfo, caller: Caller, lines: list[Line]) -> None:
    """Writes the lines in one transaction."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with log.writing(database, actor=caller.name, zone=zone) as done:
                for line in lines:
                    await _put(done, line)
            return
        except (Raced, Unavailable) as refusal:
            if isinstance(refusal, Unavailable) or attempt == ATTEMPTS:
                for line in lines:
                    line.refuse(refusal)
                return


async def _put(done: Writing, line: Line) -> None:
    line.error = None
    try:
        put, sent = _read(line)
        async with done.savepoint():
            written, line.outcome = await put(done, sent)
    except (Raced, Unavailable):
        raise
    except Refusal as refusal:
        line.refuse(refusal)
        return
    line.ref = written.ref
    line.warnings = [{"pointer": fault.pointer, "detail": fault.detail} for fault in written.warnings]


def _read(line: Line) -> tuple[Put, BaseModel]:
    """What the line is to be put by, and what it says. Raises: Invalid."""
    assert line.noun is not None
    model, put = PUT[line.noun]
    told = LINES[line.noun].model_fields.keys() - model.model_fields.keys()
    line.not_restored = sorted((line.document.keys() & told) - DERIVED)
    given = {name: value for name, value in line.document.items() if name not in told}
    try:
        return put, model.model_validate(given)
    except ValidationError as error:
        raise invalid(error, given) from None
