"""Request bodies, taken at their word: of a known media type, in UTF-8, in size, strict JSON, of the model. Knows no
noun. Source: RFC 8259 (JSON), RFC 7493 (what of it all readers read alike), RFC 9110 (8.3, 8.4)."""

from math import isfinite
from typing import Any, Final

import jiter
from fastapi import Depends
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import ClientDisconnect, Request

from app.errors import Fault, Malformed, TooLarge, UnsupportedMediaType
from app.web.problems import invalid, pointer

MOST_BYTES: Final = 2 * 2**20
DEPTH: Final = 64
JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"


class Sent:
    """A dependency: the body as a model, sent as one of these media types. The OpenAPI document tells of it.

    With `optional` there may be none, which says what `{}` says.

    Raises: Malformed, TooLarge, UnsupportedMediaType, Invalid (with pointers into the body).
    """

    def __init__(self, model: type[BaseModel], *media_types: str, optional: bool = False) -> None:
        self.model = model
        self.optional = optional
        self.media_types = media_types or (JSON,)

    async def __call__(self, request: Request) -> BaseModel:
        if self.optional and not await body_of(request):
            return self.model.model_validate({})
        check_media_type(request, self.media_types)
        try:
            document = read_json(await body_of(request))
        except Malformed as refusal:
            raise Malformed(f"The body {refusal.detail}.", *refusal.faults) from None
        try:
            return self.model.model_validate(document)
        except ValidationError as error:
            raise invalid(error, document) from None


class Nothing(BaseModel):
    """All is said in the address. `{}` may be sent, and nothing else, for it would be ignored."""

    model_config = ConfigDict(extra="forbid")


NOTHING: Final = Depends(Sent(Nothing, optional=True))


def check_media_type(request: Request, taken: tuple[str, ...]) -> None:
    """Raises: UnsupportedMediaType, for a body of another media type, in another charset, or with a content coding."""
    given = request.headers.getlist("content-type")
    media_type, *parameters = given[0].split(";") if len(given) == 1 else [""]
    if media_type.strip().lower() not in taken:
        detail = f"is not {' or '.join(taken)}" if given else "is missing"
        fault = Fault(detail, "unsupported", parameter="Content-Type", allowed=[*taken])
        raise UnsupportedMediaType(f"Content-Type {detail}.", fault, headers={"Accept": ", ".join(taken)})
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in {"utf-8", "utf8"}:
            fault = Fault("names a charset other than UTF-8", "unsupported", parameter="Content-Type")
            raise UnsupportedMediaType("JSON is written in UTF-8.", fault)
    if "content-encoding" in request.headers:
        fault = Fault("is not read: send the body as it is", "unsupported", parameter="Content-Encoding")
        raise UnsupportedMediaType("Bodies are not unpacked here.", fault, headers={"Accept-Encoding": "identity"})


async def body_of(request: Request, most: int = MOST_BYTES) -> bytes:
    """The bytes of the body, read once however often it is asked for.

    Memory: what is allowed and one chunk. Raises: TooLarge, as soon as it is known; Malformed, where it breaks off.
    """
    if (read := getattr(request.state, "body", None)) is not None:
        return bytes(read)
    too_large = TooLarge(f"A body has at most {most} bytes here.")
    declared = request.headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdigit()):
        raise Malformed("Content-Length is not a number.", Fault("is not a number", parameter="Content-Length"))
    if len(declared) > len(str(2**64)) or int(declared) > most:
        raise too_large
    found = bytearray()
    try:
        async for chunk in request.stream():
            found += chunk
            if len(found) > most:
                raise too_large
    except ClientDisconnect:
        raise Malformed("The body breaks off.") from None
    request.state.body = bytes(found)
    return bytes(found)


def read_json(text: bytes) -> Any:
    """The one document that the text is, read as every strict reader reads it.

    Raises: Malformed, whose detail and one fault say what is wrong and where: no UTF-8, a byte order mark, no JSON, a
    key twice in one object, NaN, a number or a nesting beyond bounds, half a surrogate pair.
    """
    if text.startswith(b"\xef\xbb\xbf"):
        raise _malformed("begins with a byte order mark")
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise _malformed(f"is not UTF-8 (byte {error.start + 1})", code="not-utf-8") from None
    if not text.strip():
        raise _malformed("is empty", code="empty")
    try:
        document = jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        reason, _, place = str(error).partition(" at line ")
        if "recursion" in reason:
            reason = f"nested deeper than {DEPTH} levels"
        raise _malformed(f"is not JSON: {reason[:200]} at line {place[-40:]}") from None
    _check_bounds(document)
    return document


def _malformed(detail: str, code: str = "malformed", where: str = "") -> Malformed:
    return Malformed(detail, Fault(detail, code, pointer=where))


def _check_bounds(document: Any) -> None:
    """Raises: Malformed, for a nesting that is too deep or a number that is infinite. Cost: one look at each value."""
    # Of each list and object: the like of the one around it, its step from there, itself.
    level: list[Any] = [(None, 0, [document])]
    for depth in range(DEPTH + 1):
        nested = []
        for above in level:
            around = above[2]
            for step, value in around.items() if type(around) is dict else enumerate(around):
                kind = type(value)
                if kind is dict or kind is list:
                    if depth == DEPTH:
                        raise _malformed(f"is not JSON: nested deeper than {DEPTH} levels", where=_way(above, step))
                    if value:
                        nested.append((above, step, value))
                elif kind is float and not isfinite(value):
                    raise _malformed("is not JSON: a number beyond all bounds", where=_way(above, step))
        level = nested


def _way(above: Any, step: str | int) -> str:
    steps = [step]
    while above is not None:
        above, step, _ = above
        steps.append(step)
    return pointer(steps[-3::-1])
