"""One write over HTTP: its transaction, its Idempotency-Key, its answer. Nothing is answered before the commit."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Request, Response
from pydantic_core import to_json

from app.changes import store as log
from app.changes.routes import noted
from app.changes.shown import NEWEST
from app.changes.store import Answered, Writing
from app.deps import Asking
from app.errors import Fault, Invalid
from app.web.bodies import body_of
from app.web.caching import PRIVATE

IDEMPOTENCY_KEY: Final = re.compile(r"[!-~]{1,255}")


@dataclass(slots=True)
class Written:
    """What a write left of one object, for its answer. `warnings` tells what sanitising removed."""

    noun: str
    ref: str
    revision: int
    document: str
    ednote: str | None = None
    warnings: Sequence[Fault] = ()


class Repeated(Exception):
    """A request that has been answered before: it is to be answered in the same way, and nothing is to be done."""

    def __init__(self, answered: Answered) -> None:
        self.answered = answered


class _Session:
    parameter = "IdempotencyKey"

    async def __call__(self, request: Request, asking: Asking) -> AsyncIterator[Writing]:
        """A transaction of the caller's, committed when the endpoint is through with it, before the answer leaves."""
        assert asking is not None, "a route that writes needs a scope"
        key = _key(request)
        state = request.app.state
        async with log.writing(state.database, actor=asking.name, zone=state.settings.zone) as done:
            if key is not None:
                before = await log.claim(done, asking.id, key, await _fingerprint(request))
                if before is not None:
                    raise Repeated(before)
            yield done
            if key is not None and done.answered is not None:
                await log.remember(done, asking.id, key, done.answered)
        if done.response is not None and done.seq is not None:
            done.response.headers["Content-Position"] = f"d{done.seq}"


WriteSession = Annotated[Writing, Depends(_Session(), scope="function")]


def _key(request: Request) -> str | None:
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if request.method != "POST":
        detail = "belongs to POST; If-Match makes this safe to repeat"
        raise Invalid(f"Idempotency-Key {detail}.", Fault(detail, "conflict", parameter="Idempotency-Key"))
    if len(given) > 1 or not IDEMPOTENCY_KEY.fullmatch(given[0]):
        detail = "is 1 to 255 visible ASCII characters, given once"
        raise Invalid(f"Idempotency-Key {detail}.", Fault(detail, parameter="Idempotency-Key"))
    return given[0]


async def _fingerprint(request: Request) -> str:
    """Of what is asked for: the method, the address and the body."""
    head = f"{request.method} {request.scope['path']}?".encode() + request.scope["query_string"]
    return sha256(head + b"\0" + await body_of(request)).hexdigest()


def reply(session: Writing, written: Written, *, status: int = 200, location: str | None = None) -> Response:
    """The object as the write left it, with its ETag."""
    warnings = [{"pointer": fault.pointer, "detail": fault.detail} for fault in written.warnings]
    session.answered = Answered(status, written.noun, written.ref, written.revision, location, warnings)
    session.response = response = _response(session.answered, written.document, written.ednote)
    return response


def gone(session: Writing) -> Response:
    """The answer to a deletion."""
    session.response = response = Response(status_code=204, headers={"Cache-Control": PRIVATE})
    return response


def _response(answered: Answered, document: str, ednote: str | None) -> Response:
    if answered.noun == "article":
        document = noted(document, ednote, NEWEST)
    body = f'{document[:-1]},"warnings":{to_json(answered.warnings).decode()}}}'
    headers = {"ETag": f'"{answered.revision}"', "Cache-Control": PRIVATE}
    if answered.location is not None:
        headers["Location"] = answered.location
    return Response(body, answered.status, headers, media_type="application/json")


def install(api: FastAPI) -> None:
    """A request that is repeated is answered from what is kept of the first: never its body, but where that stands."""

    @api.exception_handler(Repeated)
    async def repeat(request: Request, repeated: Repeated) -> Response:
        answered = repeated.answered
        response = _response(answered, *await log.at(request.app.state.database.reader(), answered))
        response.headers["Idempotency-Replayed"] = "true"
        return response
