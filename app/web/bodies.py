"""Request bodies: their media type, their size, and their JSON as a model. Source: RFC 9110 (8.3, 8.4)."""

from collections.abc import Sequence
from typing import Final

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import ClientDisconnect, Request

from app.errors import Fault, Malformed, TooLarge, UnsupportedMediaType
from app.web.faults import invalid
from app.web.strict_json import MOST_BYTES, read_json

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"


class JsonBody:
    """A dependency: the body as a model, sent in one of these media types. `openapi` describes it.

    With `optional` the body may be empty, which means `{}`.

    Raises: Malformed, TooLarge, UnsupportedMediaType, Invalid (with pointers into the body).
    """

    def __init__(self, model: type[BaseModel], *media_types: str, optional: bool = False) -> None:
        self.model = model
        self.optional = optional
        self.media_types = media_types or (JSON,)

    async def __call__(self, request: Request) -> BaseModel:
        if self.optional and not await read_body(request):
            return self.model.model_validate({})
        check_media_type(request, self.media_types)
        try:
            document = read_json(await read_body(request))
        except Malformed as refusal:
            raise Malformed(f"The body {refusal.detail}.", *refusal.faults) from None
        try:
            return self.model.model_validate(document)
        except ValidationError as error:
            raise invalid(error, document) from None


class EmptyBody(BaseModel):
    """All is said in the address. `{}` may be sent, and nothing else, for it would be ignored."""

    model_config = ConfigDict(extra="forbid")


# The dependency of a route that takes no body.
NO_BODY: Final = Depends(JsonBody(EmptyBody, optional=True))


def check_media_type(request: Request, accepted: Sequence[str]) -> None:
    """Raises: UnsupportedMediaType, for a body of another media type, in another charset, or with a content coding."""
    headers = request.headers.getlist("content-type")
    media_type, *parameters = headers[0].split(";") if len(headers) == 1 else [""]
    if media_type.strip().lower() not in accepted:
        detail = f"is not {' or '.join(accepted)}" if headers else "is missing"
        fault = Fault(detail, "unsupported", parameter="Content-Type", allowed=[*accepted])
        raise UnsupportedMediaType(f"Content-Type {detail}.", fault, headers={"Accept": ", ".join(accepted)})
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in {"utf-8", "utf8"}:
            fault = Fault("names a charset other than UTF-8", "unsupported", parameter="Content-Type")
            raise UnsupportedMediaType("JSON is written in UTF-8.", fault)
    if "content-encoding" in request.headers:
        fault = Fault("is not read: send the body as it is", "unsupported", parameter="Content-Encoding")
        raise UnsupportedMediaType("Bodies are not unpacked here.", fault, headers={"Accept-Encoding": "identity"})


async def read_body(request: Request, most: int = MOST_BYTES) -> bytes:
    """The bytes of the body. Reads them from the connection once, and keeps them for further calls.

    Memory: at most `most` bytes and one chunk. Raises: TooLarge, as soon as it is known; Malformed, if the client
    disconnects or Content-Length is not a number.
    """
    if (kept := getattr(request.state, "body", None)) is not None:
        return bytes(kept)
    too_large = TooLarge(f"A body has at most {most} bytes here.")
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise Malformed("Content-Length is not a number.", Fault("is not a number", parameter="Content-Length"))
    # Python refuses to parse a number of thousands of digits.
    if len(length) > len(str(2**64)) or int(length) > most:
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise too_large
    except ClientDisconnect:
        raise Malformed("The body breaks off.") from None
    request.state.body = bytes(body)
    return bytes(body)
