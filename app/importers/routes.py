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
from app.deps import Needs
from app.errors import Fault, Malformed, Raced, Refusal, Unavailable
from app.importers.documents import LINES
from app.web.bodies import MOST_BYTES, check_media_type, read_json
from app.web.caching import PRIVATE
from app.web.caller import Caller
from app.web.fields import Id
from app.web.problems import invalid

NDJSON: Final = "application/x-ndjson"
BATCH: Final = 100
BATCH_BYTES: Final = MOST_BYTES
ATTEMPTS: Final = 5
router = APIRouter(prefix="/v1", tags=["import"])


class ArticleSent(ArticleIn):
    """An article as it is imported: its id, where it is to have one, says which one it is."""

    id: Id | None = None


async def _article(done: Writing, sent: ArticleSent) -> tuple[Written, str]:
    ref = sent.id
    return await articles.put(done, ArticleIn.model_construct(sent.model_fields_set - {"id"}, **_content(sent)), ref)


def _content(sent: ArticleSent) -> dict[str, Any]:
    return {name: value for name, value in sent if name != "id"}


Put = Callable[[Writing, Any], Awaitable[tuple[Written, str]]]
PUT: Final[dict[str, tuple[type[BaseModel], Put]]] = {"article": (ArticleSent, _article)}


@dataclass(slots=True)
class Line:
    """One line on its way in, and what became of it."""

    number: int
    text: bytes
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


@router.post("/import")
async def import_documents(request: Request, caller: Annotated[Caller, Depends(Needs("content:write"))]) -> Response:
    """Import documents, one JSON object a line.

    Each line has its `noun` and is in the form that `export ndjson` writes. A new object is created, one that is there
    gets this content; new articles and notes are drafts. The answer is a line for each, in order: what became of it,
    and why where it was refused; one bad line never loses the others. What only `python -m app import` may restore
    (revision, status, dates) is left aside, and named in `not_restored`. Lines are committed in batches, and their
    results sent after the commit: read the answer while you send.
    """
    check_media_type(request, (NDJSON,))
    state = request.app.state
    return _Streamed(_results(request, state.database, state.settings.zone, caller))


class _Streamed(Response):
    """Sends as it comes, and leaves reading the request to whoever makes the chunks."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        super().__init__(media_type=NDJSON, headers={"Cache-Control": PRIVATE})
        del self.headers["content-length"]
        self.chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for chunk in self.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _results(request: Request, database: Database, zone: ZoneInfo, caller: Caller) -> AsyncIterator[bytes]:
    batch: list[Line] = []
    size = 0
    async for line in _lines(request):
        batch.append(line)
        size += len(line.text)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield await _take_in(database, zone, caller, batch)
            batch, size = [], 0
    if batch:
        yield await _take_in(database, zone, caller, batch)


async def _lines(request: Request) -> AsyncIterator[Line]:
    """The lines that are not blank. One that is too long is read past."""
    number, rest, long = 1, b"", False
    try:
        async for chunk in request.stream():
            *ended, rest = (rest + chunk).split(b"\n")
            for text in ended:
                if long or text.strip():
                    yield _line(number, text, long=long)
                number, long = number + 1, False
            if len(rest) > MOST_BYTES:
                rest, long = b"", True
    except ClientDisconnect:
        return
    if long or rest.strip():
        yield _line(number, rest, long=long)


def _line(number: int, text: bytes, *, long: bool) -> Line:
    line = Line(number, b"" if long or len(text) > MOST_BYTES else text)
    if not line.text:
        line.refuse(Malformed(f"The line is longer than {MOST_BYTES // 2**20} MiB."))
    return line


async def _take_in(database: Database, zone: ZoneInfo, caller: Caller, batch: list[Line]) -> bytes:
    """Writes a batch in one transaction; its results, once that is committed."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with log.writing(database, actor=caller.name, zone=zone) as done:
                for line in batch:
                    if line.text:
                        await _take_in_one(done, line)
            break
        except (Raced, Unavailable) as refusal:
            if isinstance(refusal, Unavailable) or attempt == ATTEMPTS:
                for line in batch:
                    line.refuse(refusal)
                break
    return b"".join(line.result() for line in batch)


async def _take_in_one(done: Writing, line: Line) -> None:
    line.error, line.warnings, line.not_restored = None, [], []
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
    """What the line is to be put by, and what it says. Raises: Malformed, Invalid."""
    try:
        document = read_json(line.text)
    except Malformed as refusal:
        raise Malformed(f"The line {refusal.detail}.", *refusal.faults) from None
    noun = document.pop("noun", None) if isinstance(document, dict) else None
    if not isinstance(noun, str) or noun not in PUT:
        fault = Fault("is not one of the nouns there are", "unknown-name", pointer="/noun", allowed=[*PUT])
        raise Malformed("A line is one JSON object with its `noun`.", fault)
    line.noun = noun
    model, put = PUT[noun]
    ref = document.get("id") or document.get("slug")
    line.ref = ref if isinstance(ref, str) else None
    line.not_restored = sorted((document.keys() & LINES[noun].model_fields.keys()) - model.model_fields.keys())
    given = {name: value for name, value in document.items() if name not in line.not_restored}
    try:
        return put, model.model_validate(given)
    except ValidationError as error:
        raise invalid(error, given) from None
