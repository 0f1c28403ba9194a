"""What operations say of their answers in the OpenAPI document: headers, refusals, and the parameters behind them.

Routes name the answers they share with all others by the constants below.
"""

from typing import Any, Final

from app.errors import (
    Conflict,
    Fault,
    Forbidden,
    Malformed,
    Refusal,
    Stale,
    TooLarge,
    Trimmed,
    Unavailable,
    Unconditional,
    UnsupportedMediaType,
)
from app.web.bodies import MOST_BYTES
from app.web.problems import MEDIA_TYPE

Json = dict[str, Any]
Responses = dict[int | str, Json]


def ref(kind: str, name: str) -> Json:
    """A reference to a component of the document."""
    return {"$ref": f"#/components/{kind}/{name}"}


def _header(text: str, example: str | int, kind: str = "string", *, required: bool = True) -> Json:
    return {"description": text, "required": required, "schema": {"type": kind}, "example": example}


HEADERS: Final[Json] = {
    "ETag": _header(
        "Strong, and equal for one URL and encoding if and only if the body is equal. Of a plain document it is the"
        " revision (`-gzip` behind it where the body is compressed), of all else a digest.",
        '"7"',
    ),
    "CacheControl": _header(
        "How long the answer may be kept. Problems and redirects are `no-store`, answers to a key `private, no-store`.",
        "public, max-age=5, stale-while-revalidate=30",
    ),
    "SurrogateKey": _header(
        "What the answer shows, by the keys with which the log of changes names what a change touched: a cache that"
        " drops what has one of a change's keys holds nothing outdated.",
        "articles:tag:trams article:01948e3c-7a5b-7cc3-8000-0f1d2c3b4a59 tag:trams",
        required=False,
    ),
    "Vary": _header("The request headers that the answer depends on.", "Accept-Encoding, Authorization"),
    "Link": _header(
        'The pages beside this one, `rel="next"` and `rel="prev"` (RFC 8288), as relative references; not there where'
        " there is only one page.",
        '</v1/articles?limit=20&cursor=d8pM>; rel="next"',
        required=False,
    ),
    "Location": _header("Where it is; of a redirect with the query as sent.", "/v1/articles/x"),
    "RetryAfter": _header("Seconds to wait before asking again.", 2, "integer"),
    "RequestId": _header(
        "Names this request in the server's log: the one sent, where it was usable (1 to 64 letters, digits, `.`, `_`,"
        " `-`), or a new one.",
        "01a2048e87357795a8f8b4f4a659af3e",
    ),
    "ServerTiming": _header("How long the server worked, in milliseconds.", "total;dur=0.7"),
    "ContentPosition": _header(
        "Where the write stands in the log of changes; not there where it changed nothing.", "d42", required=False
    ),
    "IdempotencyReplayed": _header(
        "`true` where this answer was given before, to the same `Idempotency-Key`: nothing was done again.",
        "true",
        required=False,
    ),
}
_ALWAYS: Final = {"X-Request-ID": ref("headers", "RequestId"), "Server-Timing": ref("headers", "ServerTiming")}
_KEPT: Final = {"Cache-Control": ref("headers", "CacheControl"), "Vary": ref("headers", "Vary")}
_NAMED: Final = {"Surrogate-Key": ref("headers", "SurrogateKey")}
_READ: Final = {"ETag": ref("headers", "ETag"), **_NAMED, **_KEPT, **_ALWAYS}
_REFUSED: Final = {"Cache-Control": ref("headers", "CacheControl"), **_ALWAYS}
_POSITION: Final = {"Content-Position": ref("headers", "ContentPosition")}
_WRITTEN: Final = {"ETag": ref("headers", "ETag"), **_POSITION, **_REFUSED}

_EVENT: Final = """\
id: 134
event: change
data: {"at":"2025-01-22T12:35:00.000Z","op":"updated","noun":"tag","ref":"trams","revision":2,\
"keys":["tag:trams","tags"],"reason":null}

"""

# What a route or router gives to FastAPI as `responses`.
OTHERWISE: Final[Responses] = {"default": ref("responses", "Refused")}
UNAVAILABLE: Final[Responses] = {503: ref("responses", "Unavailable")}
UNCACHED: Final[Responses] = {200: {"headers": _REFUSED}, **OTHERWISE}
READ: Final[Responses] = {
    200: {"headers": _READ},
    304: ref("responses", "NotModified"),
    401: ref("responses", "Unauthorized"),
    422: ref("responses", "Invalid"),
    **UNAVAILABLE,
    **OTHERWISE,
}
KEYED: Final[Responses] = {
    401: ref("responses", "Unauthorized"),
    403: ref("responses", "Forbidden"),
    422: ref("responses", "Invalid"),
    **UNAVAILABLE,
    **OTHERWISE,
}
WRITTEN: Final[Responses] = {200: {"headers": _WRITTEN}}
CREATED: Final[Responses] = {201: {"headers": {"Location": ref("headers", "Location"), **_WRITTEN}}}
ISSUED: Final[Responses] = {201: {"headers": {"Location": ref("headers", "Location"), **_REFUSED}}}
DONE: Final[Responses] = {204: {"headers": {**_POSITION, **_REFUSED}}}
STREAMED: Final[Responses] = {
    200: {"headers": _REFUSED},
    400: ref("responses", "Malformed"),
    415: ref("responses", "UnsupportedMediaType"),
    422: ref("responses", "Invalid"),
    **UNAVAILABLE,
    **OTHERWISE,
}
CONFLICT: Final[Responses] = {409: ref("responses", "Conflict")}
PAGED: Final[Responses] = {200: {"headers": {"Link": ref("headers", "Link"), **_READ}}}
NOT_FOUND: Final[Responses] = {404: ref("responses", "NotFound")}
WITHDRAWN: Final[Responses] = {410: ref("responses", "Withdrawn")}
TRIMMED: Final[Responses] = {410: ref("responses", "Trimmed")}
EVENTS: Final[Responses] = {
    **{status: answer for status, answer in READ.items() if status != 304},
    200: {"headers": _REFUSED, "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EVENT}}},
}
MOVED: Final[Responses] = {308: ref("responses", "Moved")}


def _refusal(text: str, headers: Json | None = None, *, model: str = "Problem") -> Json:
    return {
        "description": text,
        "headers": {**(headers or {}), **_REFUSED},
        "content": {MEDIA_TYPE: {"schema": ref("schemas", model)}},
    }


RESPONSES: Final[Json] = {
    "Malformed": _refusal(
        "The body is no JSON, not UTF-8, empty or nested too deep, has a key twice or a number that JSON has not; or a"
        " header cannot be read. `errors` says what and where."
    ),
    "Conflict": _refusal(
        "What is asked for does not go together with what is there: `conflict`, and `errors` names what stands in the"
        " way. Or another writer was there first: `raced`, and the same request may be sent again."
    ),
    "Stale": _refusal(
        "`If-Match` names another revision than the present one, which `ETag` and `revision` tell.",
        {"ETag": {**HEADERS["ETag"], "required": False}},
        model="StaleProblem",
    ),
    "TooLarge": _refusal(f"The body is longer than {MOST_BYTES // 2**20} MiB."),
    "UnsupportedMediaType": _refusal(
        "The body is of another media type, in another charset than UTF-8, or compressed.",
        {"Accept": _header("The media types that are read here.", "application/json", required=False)},
    ),
    "Unconditional": _refusal(
        "Changing what is there takes `If-Match`, so that nobody's work is overwritten unseen. Nothing was changed."
    ),
    "Moved": {
        "description": "This is a former slug. `Location` leads to the present one.",
        "headers": {"Location": ref("headers", "Location"), **_REFUSED},
    },
    "NotModified": {
        "description": "What `If-None-Match` names is still current. There is no body.",
        "headers": {"Link": ref("headers", "Link"), **_READ},
    },
    "Unauthorized": _refusal(
        "A key was sent that is not valid, or none where one is needed. Reading what is public needs none.",
        {"WWW-Authenticate": _header("How to authenticate.", "Bearer")},
    ),
    "Forbidden": _refusal("The key is valid, and lacks the scope that this takes.", model="ForbiddenProblem"),
    "NotFound": _refusal("There is nothing here that the public may see."),
    "Withdrawn": _refusal(
        "It was public and has been withdrawn: why, and what to read instead.", model="WithdrawnProblem"
    ),
    "Trimmed": _refusal(
        "The log no longer reaches back so far. Read the lists anew, then follow the log from `head`.",
        model="TrimmedProblem",
    ),
    "Invalid": _refusal(
        "A parameter, or a field of the body, is unknown, repeated or has a value it cannot have. `errors` names each,"
        " and what would be right. Nothing is ever ignored."
    ),
    "Unavailable": _refusal("The database does not answer just now.", {"Retry-After": ref("headers", "RetryAfter")}),
    "Refused": _refusal(
        "Any other refusal: 400 for a request that cannot be read, 405 for another method, 413 and 415 for a body too"
        " long or of another media type, 414 and 431 for an address or headers too long, 500 for a fault of ours."
    ),
}
# Refusals that the sample newsroom does not give of itself.
MADE: Final[dict[str, Refusal]] = {
    "Malformed": Malformed(
        "The body is not JSON: trailing comma at line 3 column 1.",
        Fault("is not JSON: trailing comma at line 3 column 1", "malformed", pointer=""),
    ),
    "Forbidden": Forbidden("The key lacks the scope content:publish.", scope="content:publish"),
    "Conflict": Conflict("Something still refers to it.", Fault("is its parent", "in-use", parameter="slug")),
    "Stale": Stale("The present revision is 7.", headers={"ETag": '"7"'}, revision=7),
    "TooLarge": TooLarge(f"A body has at most {MOST_BYTES} bytes here."),
    "UnsupportedMediaType": UnsupportedMediaType(
        "Content-Type is not application/json.",
        Fault("is not application/json", "unsupported", parameter="Content-Type", allowed=["application/json"]),
    ),
    "Unconditional": Unconditional(
        "Send If-Match with the ETag you last saw of it.", Fault("is missing", "missing", parameter="If-Match")
    ),
    "Trimmed": Trimmed("What came right after position 7 is kept no more. Start over.", head=1204),
    "Unavailable": Unavailable(),
}
PARAMETERS: Final[Json] = {
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "ETags of the answers you have. Where one is current, the answer is 304 without a body.",
        "schema": {"type": "string"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag you last saw of it, or `*` for any. 428 without it, 412 where it was changed since.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "IfMatchOptional": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag you last saw of it, if nothing is to be done where it was changed since (412).",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A name of your own for this request. Sent again within 24 hours with the same body, it has no"
        " second effect and the same answer; with another body it is 422.",
        "schema": {"type": "string"},
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    },
}
