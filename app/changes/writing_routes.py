"""What all routes that write have in common: the transaction, its Idempotency-Key, and the answer after the commit."""

import re
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Request, Response
from pydantic_core import to_json

from app.changes import idempotency, log
from app.changes.log import Transaction, WriteAnswer, Written
from app.deps import OptionalCaller
from app.errors import Fault, Invalid
from app.web.bodies import read_body
from app.web.caching import PRIVATE

IDEMPOTENCY_KEY: Final = re.compile(r"[!-~]{1,255}")


class AnsweredBefore(Exception):
    """The request has been answered before: it is answered in the same way, and nothing is done."""

    def __init__(self, answer: WriteAnswer) -> None:
        self.answer = answer


class _OpenTransaction:
    """A dependency. The OpenAPI document tells of the header by `parameter`."""

    parameter = "IdempotencyKey"

    async def __call__(self, request: Request, caller: OptionalCaller) -> AsyncIterator[Transaction]:
        """A transaction of the caller's, committed when the endpoint has returned and before its answer is sent."""
        assert caller is not None, "a route that writes needs a scope"
        key = _idempotency_key(request)
        state = request.app.state
        async with log.transaction(state.database, actor=caller.name, zone=state.settings.zone) as transaction:
            if key is not None:
                answer = await idempotency.claim(transaction, caller.id, key, await _fingerprint(request))
                if answer is not None:
                    raise AnsweredBefore(answer)
            yield transaction
            if key is not None and transaction.answer is not None:
                await idempotency.keep_answer(transaction, caller.id, key, transaction.answer)
        if transaction.response is not None and transaction.seq is not None:
            transaction.response.headers["Content-Position"] = f"d{transaction.seq}"


# The scope matters: with the default one FastAPI would send the answer first, and a commit that fails would be a 200.
WriteTransaction = Annotated[Transaction, Depends(_OpenTransaction(), scope="function")]


def _idempotency_key(request: Request) -> str | None:
    values = request.headers.getlist("idempotency-key")
    if not values:
        return None
    if request.method != "POST":
        detail = "belongs to POST; If-Match makes this safe to repeat"
        raise Invalid(f"Idempotency-Key {detail}.", Fault(detail, "conflict", parameter="Idempotency-Key"))
    if len(values) > 1 or not IDEMPOTENCY_KEY.fullmatch(values[0]):
        detail = "is 1 to 255 visible ASCII characters, given once"
        raise Invalid(f"Idempotency-Key {detail}.", Fault(detail, parameter="Idempotency-Key"))
    return values[0]


async def _fingerprint(request: Request) -> str:
    """A digest of what is asked for: the method, the address and the body."""
    head = f"{request.method} {request.scope['path']}?".encode() + request.scope["query_string"]
    return sha256(head + b"\0" + await read_body(request)).hexdigest()


def written_response(
    transaction: Transaction, written: Written, *, status: int = 200, location: str | None = None
) -> Response:
    """The object as the write left it, with its ETag."""
    warnings = [{"pointer": fault.pointer, "detail": fault.detail} for fault in written.warnings]
    transaction.answer = WriteAnswer(status, written.noun, written.ref, written.revision, location, warnings)
    transaction.response = response = _response(transaction.answer, written.document)
    return response


def created_response(transaction: Transaction, written: Written, path: str) -> Response:
    """The new object, with the address where it is found: the path of its noun and its name."""
    return written_response(transaction, written, status=201, location=f"{path}/{written.ref}")


def deleted_response(transaction: Transaction) -> Response:
    """The answer to a deletion."""
    transaction.response = response = Response(status_code=204, headers={"Cache-Control": PRIVATE})
    return response


def _response(answer: WriteAnswer, document: str) -> Response:
    body = f'{document[:-1]},"warnings":{to_json(answer.warnings).decode()}}}'
    headers = {"ETag": f'"{answer.revision}"', "Cache-Control": PRIVATE}
    if answer.location is not None:
        headers["Location"] = answer.location
    return Response(body, answer.status, headers, media_type="application/json")


def install(api: FastAPI) -> None:
    """Answers a repeated request from the revision that it was answered with."""

    @api.exception_handler(AnsweredBefore)
    async def answer_again(request: Request, repeated: AnsweredBefore) -> Response:
        read = request.app.state.database.reader()
        response = _response(repeated.answer, await idempotency.answered_document(read, repeated.answer))
        response.headers["Idempotency-Replayed"] = "true"
        return response
