"""Documents in as NDJSON over HTTP, what became of each out as NDJSON: streamed both ways, in memory for one batch."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.articles import importing
from app.articles.part_schemas import ArticleOriginIn
from app.articles.references import missing_articles
from app.articles.schemas import ArticleIn
from app.changes import log
from app.changes.log import Transaction, Written
from app.changes.saving import IN_USE, SHARED_LANGUAGE, TAKEN, Outcome
from app.collections import desk as collections
from app.collections.schemas import CollectionPut
from app.content.mending import mend_texts
from app.content.sets import pointing_as_sent
from app.db import utcnow
from app.deps import NeedsScope, no_idempotency_key
from app.errors import Conflict, Fault, Invalid, Malformed, Raced, Refusal, Unavailable
from app.importers.documents import LINES, Item, is_blank_line, mend_content, read, read_line, without_original
from app.importers.store import Report, again_if_raced, restore, transactions
from app.notes import desk as notes
from app.notes.schemas import NotePut
from app.sources import store as sources
from app.sources.schemas import SourcePut
from app.tags import store as tags
from app.tags.schemas import TagPut
from app.web.answers import STREAMED
from app.web.bodies import check_media_type
from app.web.caching import PRIVATE
from app.web.caller import Caller
from app.web.faults import invalid
from app.web.fields import Id, LineOrEmpty
from app.web.parameters import strict_query
from app.web.strict_json import MOST_BYTES

NDJSON: Final = "application/x-ndjson"
BATCH: Final = 100
# Members of an exported document that every write derives anew.
DERIVED: Final = frozenset({"noun", "excerpt", "notes", "word_count", "reading_minutes"})
BATCH_BYTES: Final = MOST_BYTES
router = APIRouter(prefix="/v1", tags=["import"], dependencies=[Depends(strict_query)])


class IdentifiedArticle(ArticleIn):
    """An article as it is imported: its id, its slug or its origin says which one it is."""

    id: Id | None = None
    origin: ArticleOriginIn | None = None


class DraftedNote(NotePut):
    """A note as it is imported: a draft may have no heading, as where what it had could not be seen, or was erased."""

    heading: LineOrEmpty


# How a line of each noun is read, and the stores of those that are named by their slugs.
MODELS: Final[dict[str, type[BaseModel]]] = {
    "tag": TagPut, "source": SourcePut, "note": DraftedNote, "article": IdentifiedArticle, "collection": CollectionPut,
}  # fmt: skip
STORES: Final[dict[str, ModuleType]] = {"tag": tags, "source": sources, "note": notes, "collection": collections}


async def _put_by_slug(store: ModuleType, transaction: Transaction, content: Any) -> tuple[Written, Outcome]:
    if content.slug is None:
        raise Invalid("A line says which object it is.", Fault("is missing", "missing", pointer="/slug"))
    before = await store.find(transaction, content.slug)
    written: Written = await store.put(transaction, content.slug, content, before)
    if (written.noun, written.ref) not in transaction.changes:
        return written, "unchanged"
    return written, "created" if before is None else "updated"


async def _put_article(transaction: Transaction, content: IdentifiedArticle, caller: Caller) -> tuple[Written, Outcome]:
    article = ArticleIn.model_construct(**{name: getattr(content, name) for name in ArticleIn.model_fields})
    sees_drafts = "drafts:read" in caller.scopes
    return await importing.put(transaction, article, content.id, content.origin, sees_drafts=sees_drafts)


Begin = Callable[[], AbstractAsyncContextManager[Transaction]]


@dataclass(slots=True)
class Line:
    """One line on its way in, what it says, which of its texts were mended, and what became of it."""

    number: int
    document: Any = None
    noun: str | None = None
    ref: str | None = None
    outcome: Outcome | Literal["error"] = "error"
    error: dict[str, Any] | None = None
    mended: list[Fault] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    not_restored: list[str] = field(default_factory=list)

    def refuse(self, refusal: Refusal) -> None:
        """Records why it was not imported."""
        self.outcome = "error"
        self.error = refusal.document()

    def warn(self, warnings: Iterable[Fault]) -> None:
        """Records what is not stored as it was sent."""
        self.warnings += [{"pointer": fault.pointer, "detail": fault.detail} for fault in warnings]

    def result(self) -> bytes:
        """The line of the answer."""
        names = ("noun", "ref", "outcome", "error", "warnings", "not_restored")
        return to_json({"line": self.number, **{name: getattr(self, name) for name in names}}) + b"\n"


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
async def import_documents(
    request: Request, caller: Annotated[Caller, Depends(NeedsScope("content:write"))]
) -> Response:
    """Import documents, one JSON object a line.

    Each line has its `noun` and is in the form that `export ndjson` writes. A new object is created, one that is there
    gets this content; new articles and notes are drafts. The answer is a line for each, in order: what became of it,
    and why where it was refused; one bad line never loses the others. A key with `archive:write` too restores status,
    dates and former slugs, as `python -m app import` does. What is not restored (without that scope all of these, the
    revision always) is left aside, and named in `not_restored`. Lines are committed in batches, and their
    results sent after the commit: read the answer while you send. What comes too slowly, less than 5 kB in ten seconds,
    breaks off, and what came whole until then is taken in. What is public changes at once. Sending the same lines again
    changes nothing, so `Idempotency-Key` is refused here.
    """
    await no_idempotency_key(request)
    check_media_type(request, (NDJSON,))
    state = request.app.state
    begin = partial(log.transaction, state.database, actor=caller.name, zone=state.settings.zone)
    return _Streamed(_results(request, caller, begin))


async def _results(request: Request, caller: Caller, begin: Begin) -> AsyncIterator[bytes]:
    batch: list[Line] = []
    size = 0
    async for number, text in _lines(request):
        batch.append(_line(number, text))
        size += len(text)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield await _write_batch(caller, begin, batch)
            batch, size = [], 0
    yield await _write_batch(caller, begin, batch)


async def _lines(request: Request) -> AsyncIterator[tuple[int, bytes]]:
    """(number, text) of the lines that are not blank. Of one that is too long no more is kept than shows that it is."""
    number, rest = 1, b""
    try:
        async for chunk in request.stream():
            *ended, rest = (rest + chunk).split(b"\n")
            for text in ended:
                if not is_blank_line(text):
                    yield number, text
                number += 1
            rest = rest[: MOST_BYTES + 1]
    except ClientDisconnect:
        return
    if not is_blank_line(rest):
        yield number, rest


def _line(number: int, text: bytes) -> Line:
    line = Line(number)
    try:
        if len(text) > MOST_BYTES:
            raise Malformed(f"is longer than {MOST_BYTES // 2**20} MiB")
        document = read_line(text)
        noun = document.get("noun") if isinstance(document, dict) else None
        if not isinstance(noun, str) or noun not in MODELS:
            fault = Fault("is not one of the nouns there are", "unknown-name", pointer="/noun", allowed=[*MODELS])
            raise Malformed("is not one JSON object with its `noun`", fault)
    except Malformed as refusal:
        line.refuse(Malformed(f"The line {refusal.detail}.", *refusal.faults))
        return line
    line.noun, line.document, line.mended = noun, document, mend_texts(document)
    ref = document.get("id") or document.get("slug")
    line.ref = ref if isinstance(ref, str) else None
    return line


async def _write_batch(caller: Caller, begin: Begin, batch: list[Line]) -> bytes:
    """Writes a batch; its results, once that is committed."""
    for lines in transactions([line for line in batch if line.document is not None], _names):
        try:
            if "archive:write" in caller.scopes:
                await _restore(caller, begin, lines)
            else:
                await again_if_raced(partial(_write, caller, begin, lines))
        except (Raced, Unavailable) as refusal:
            for line in lines:
                line.refuse(refusal)
    return b"".join(line.result() for line in batch)


async def _restore(caller: Caller, begin: Begin, lines: list[Line]) -> None:
    """Writes lines as the command does, with status, dates and former slugs. Raises: Raced, Unavailable."""
    by_number = {line.number: line for line in lines}
    waiting: list[Item] = []
    for line in lines:
        line.not_restored = ["revision"] if "revision" in line.document else []
        document = {name: value for name, value in line.document.items() if name != "revision"}
        item = read(document, utcnow(), line.number)
        line.warn([*line.mended, *item.warnings])
        if item.faults:
            line.refuse(_refusal(item.faults, caller))
        else:
            waiting.append(item)
    while waiting:
        report, waiting = await again_if_raced(partial(_restore_once, begin, waiting))
        for number, outcome in report.outcomes.items():
            by_number[number].ref, by_number[number].outcome = report.refs[number], outcome
        for number, warning in report.warnings:
            by_number[number].warn([warning])
        for number in dict(report.wrong):
            faults = [fault for line_number, fault in report.wrong if line_number == number]
            by_number[number].refuse(_refusal(faults, caller))


async def _restore_once(begin: Begin, items: list[Item]) -> tuple[Report, list[Item]]:
    async with begin() as transaction:
        report, later = await restore(transaction, items)
        for id in sorted(await missing_articles(transaction, report.related)):
            detail = f"relates to the article {id}, which is not there, or not yet"
            report.warnings.append((report.related[id], Fault(detail, pointer="")))
        return report, later


def _refusal(faults: list[Fault], caller: Caller) -> Refusal:
    """The refusal of a line. Which article has its origin is told to those who see all of them."""
    if "drafts:read" not in caller.scopes:
        hidden = Fault("is that of another article", TAKEN, pointer="/origin")
        faults = [hidden if (fault.pointer, fault.code) == ("/origin", TAKEN) else fault for fault in faults]
    kind = Conflict if all(fault.code in {IN_USE, TAKEN} for fault in faults) else Invalid
    return kind(f"{faults[0].pointer}: {faults[0].detail}", *faults)


def _names(line: Line) -> set[tuple[str | None, str]]:
    """What the line may be known by, so that no two states of one object are written in one transaction."""
    names = {(line.noun, name) for key in ("id", "slug") if isinstance(name := line.document.get(key), str)}
    origin = line.document.get("origin")
    return names | ({("origin", f"{origin.get('system')}:{origin.get('id')}")} if isinstance(origin, dict) else set())


async def _write(caller: Caller, begin: Begin, lines: list[Line]) -> None:
    async with begin() as transaction:
        for line in lines:
            await _put(transaction, line, caller)


async def _put(transaction: Transaction, line: Line, caller: Caller) -> None:
    line.error = None
    try:
        content, warnings = _read(line)
        try:
            with pointing_as_sent(warnings):
                async with transaction.savepoint():
                    written, line.outcome = await _save(transaction, content, line, caller)
        except Invalid as refusal:
            translated = getattr(content, "translation_of", None) is not None
            if not translated or any(fault.code != SHARED_LANGUAGE for fault in refusal.faults):
                raise
            content.translation_of = None  # type: ignore[attr-defined]
            warnings += map(without_original, refusal.faults)
            async with transaction.savepoint():
                written, line.outcome = await _save(transaction, content, line, caller)
    except (Raced, Unavailable):
        raise
    except Refusal as refusal:
        line.refuse(refusal)
        return
    line.ref = written.ref
    line.warn((*warnings, *written.warnings))


async def _save(transaction: Transaction, content: BaseModel, line: Line, caller: Caller) -> tuple[Written, Outcome]:
    if isinstance(content, IdentifiedArticle):
        return await _put_article(transaction, content, caller)
    assert line.noun is not None
    return await _put_by_slug(STORES[line.noun], transaction, content)


def _read(line: Line) -> tuple[BaseModel, list[Fault]]:
    """What the line says, and what of it was mended. Raises: Invalid."""
    assert line.noun is not None
    model = MODELS[line.noun]
    only_in_exports = LINES[line.noun].model_fields.keys() - model.model_fields.keys()
    line.not_restored = sorted((line.document.keys() & only_in_exports) - DERIVED)
    document = {name: value for name, value in line.document.items() if name not in only_in_exports}
    try:
        content = model.model_validate(document)
    except ValidationError as error:
        raise invalid(error, document) from None
    warnings = mend_content(content)[1] if isinstance(content, ArticleIn | NotePut) else []
    return content, line.mended + warnings
