"""Parts of the OpenAPI document that operations share: headers, responses, refusals, header parameters.

Routes pass the upper-case constants to FastAPI as `responses`, joined as needed: `{**PAGED, **NOT_FOUND}`.
"""

from typing import Any, Final

from app import errors
from app.errors import Fault, Refusal
from app.web.problems import MEDIA_TYPE
from app.web.strict_json import MOST_BYTES

Json = dict[str, Any]
Responses = dict[int | str, Json]


def ref(kind: str, name: str) -> Json:
    """A reference to a component of the document, such as `ref("headers", "ETag")`."""
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
        "How long the answer may be kept. Problems are `no-store` but for `withdrawn`, answers to a key"
        " `private, no-store`.",
        "public, max-age=5, stale-while-revalidate=30, stale-if-error=300",
    ),
    "CDNCacheControl": _header(
        "How long a cache may keep the answer that is purged by its keys (RFC 9213).",
        "public, max-age=86400, stale-if-error=86400",
        required=False,
    ),
    "SurrogateKey": _header(
        "What the answer depends on: it changes only when a change has one of these keys in its `keys`. At most 50, in"
        " 1,900 bytes. The server may be set to call the header `Cache-Tag`, `Edge-Cache-Tag` or `xkey`.",
        "articles.tag.trams tag.trams article.AZSOPHpbfMOAAA8dLDtKWQ",
        required=False,
    ),
    "CacheStatus": _header(
        "Whether the answer came from the server's own memory (RFC 9211).", "Dovidka; hit", required=False
    ),
    "Vary": _header("The request headers that the answer depends on.", "Accept-Encoding, Authorization"),
    "Link": _header(
        'The pages beside this one, `rel="next"` and `rel="prev"`, not there if there is only one; or the other forms'
        ' of a document, `rel="alternate"` with its `type` (RFC 8288). References are relative.',
        '</v1/articles?limit=20&cursor=d8pM>; rel="next"',
        required=False,
    ),
    "Location": _header("Where it is; of a redirect with the query as sent.", "/v1/articles/x"),
    "ContentLocation": _header(
        "Of an answer to `language`: where this version is shown in the same way.",
        "/v1/articles/the-tram-that-carries-nobody",
        required=False,
    ),
    "RetryAfter": _header("Seconds to wait before asking again.", 2, "integer"),
    "RequestId": _header(
        "Names this request in the server's log: the one sent, where it was usable (1 to 64 letters, digits, `.`, `_`,"
        " `-`), or a new one.",
        "01a2048e87357795a8f8b4f4a659af3e",
    ),
    "ServerTiming": _header("How long the server worked, in milliseconds.", "total;dur=0.7"),
    "ContentPosition": _header(
        "The position in the log that the answer reflects, for `Min-Position`: a number of the public log, or, for the"
        " desk and of a write, `d` and one of the complete log.",
        "d42",
        required=False,
    ),
    "RateLimit": _header(
        "What is left of the limit that the request counts against, and the seconds until it is whole again"
        " (draft-ietf-httpapi-ratelimit-headers); not there where nothing is limited.",
        '"address";r=588;t=42',
        required=False,
    ),
    "RateLimitPolicy": _header(
        "The limit that the request counts against: so much in so many seconds, by address or by key.",
        '"address";q=600;w=60',
        required=False,
    ),
    "IdempotencyReplayed": _header(
        "`true` where this answer was given before, to the same `Idempotency-Key`: nothing was done again.",
        "true",
        required=False,
    ),
}


def _headers(*names: str) -> Json:
    return {name: ref("headers", name.replace("-", "")) for name in names}


# Headers of every answer, of reads, of answers that are not cached, and of writes.
_ALWAYS: Final = {
    "X-Request-ID": ref("headers", "RequestId"),
    **_headers("Server-Timing", "Content-Position", "Cache-Status", "RateLimit", "RateLimit-Policy"),
}
_KEPT: Final = {**_headers("Surrogate-Key", "Cache-Control", "CDN-Cache-Control", "Vary"), **_ALWAYS}
_READ: Final = {**_headers("ETag"), **_KEPT}
_UNCACHED: Final = {**_headers("Cache-Control"), **_ALWAYS}
_WRITTEN: Final = {**_headers("ETag"), **_UNCACHED}

EVENT_STREAM: Final = "text/event-stream"
_STREAMED: Final[Json] = {
    "at": "2025-01-22T12:35:00.000Z",
    "op": "withdrawn",
    "noun": "note",
    "ref": "humpback-bridge",
    "revision": 2,
    "keys": ["changes", "note.humpback-bridge", "notes"],
    "reason": "error",
}


def shared(**names: int | str) -> Responses:
    """References to shared responses by status: `shared(NotFound=404)`."""
    return {status: ref("responses", name) for name, status in names.items()}


UNAVAILABLE: Final = shared(Unavailable=503)
UNCACHED: Final[Responses] = {200: {"headers": _UNCACHED}, **shared(Refused="default")}
_INPUT: Final = shared(Invalid=422, Unavailable=503, Refused="default")
READ: Final[Responses] = {200: {"headers": _READ}, **shared(NotModified=304, Unauthorized=401), **_INPUT}
KEYED: Final[Responses] = {**shared(Unauthorized=401, Forbidden=403), **_INPUT}
WRITTEN: Final[Responses] = {200: {"headers": _WRITTEN}}
CREATED: Final[Responses] = {201: {"headers": {**_headers("Location"), **_WRITTEN}}}
ISSUED: Final[Responses] = {201: {"headers": {**_headers("Location"), **_UNCACHED}}}
DONE: Final[Responses] = {204: {"headers": _UNCACHED}}
STREAMED: Final[Responses] = {**UNCACHED, **shared(Malformed=400, UnsupportedMediaType=415), **_INPUT}
# With Link: pages, and documents that have other forms.
PAGED: Final[Responses] = {200: {"headers": {**_headers("Link"), **_READ}}}
ONE_OF_SEVERAL: Final[Responses] = {200: {"headers": {**_headers("Link", "Content-Location"), **_READ}}}
CONFLICT, MOVED, NOT_FOUND = shared(Conflict=409), shared(Moved=308), shared(NotFound=404)
TRIMMED, WITHDRAWN = shared(Trimmed=410), shared(Withdrawn=410)


def events(data: str) -> Responses:
    """Of a stream of Server-Sent Events. `data` is the name of the schema of their data.

    OpenAPI 3.1 cannot describe the events of a stream; by custom its schema is that of their data, and generators read
    it so. `event_schema` is what 3.2 can say.
    """
    content = {EVENT_STREAM: {"schema": ref("schemas", data), "example": _STREAMED}}
    return {200: {"headers": _UNCACHED, "content": content}, **shared(Unauthorized=401), **_INPUT}


def event_schema(data: Json) -> Json:
    """The schema of one event. Source: OpenAPI 3.2, 4.14.4.1; of the fields: the HTML standard, 9.2."""
    text = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    fields = {
        "id": {"type": "string", "description": "Its position in the log; `goaway` has none."},
        "event": {"type": "string", "enum": ["change", "goaway"]},
        "retry": {"type": "integer", "minimum": 0, "description": "Of `goaway`: milliseconds until to connect again."},
        "data": {**text, "description": "Of `change`: what changed, as JSON. Of `goaway`: `{}`."},
    }
    return {"type": "object", "properties": fields, "required": ["event", "data"]}


def put_responses(written: type) -> Responses:
    """Of a PUT that replaces an object, or makes it; both are answered by this model."""
    return {**WRITTEN, 201: {**CREATED[201], "model": written}, **CONFLICT}


def _refusal(text: str, headers: Json | None = None, *, model: str = "Problem") -> Json:
    return {
        "description": text,
        "headers": {**(headers or {}), **_UNCACHED},
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
        "`If-Match` names another revision than the present one, which `ETag` and `revision` tell: `stale`. Or it has"
        " the ETag of a list or a selection, which names no revision: `no-revision`.",
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
        "description": "This is a former slug. `Location` leads to the present one, which the body names.",
        "headers": {**_headers("Location"), **_KEPT},
        "content": {"application/json": {"schema": ref("schemas", "ObjectAddress")}},
    },
    "NotModified": {
        "description": "What `If-None-Match` names is still current. There is no body.",
        "headers": {**_headers("Link"), **_READ},
    },
    "Unauthorized": _refusal(
        "A key was sent that is not valid, or none where one is needed. Reading what is public needs none.",
        {"WWW-Authenticate": _header("How to authenticate.", "Bearer")},
    ),
    "Forbidden": _refusal("The key is valid, and lacks the scope that this takes.", model="ForbiddenProblem"),
    "NotFound": _refusal("There is nothing here that the public may see."),
    "Withdrawn": _refusal(
        "It was public and has been withdrawn, or has expired: why, and what to read instead.",
        {"Surrogate-Key": ref("headers", "SurrogateKey"), **_headers("CDN-Cache-Control", "Vary")},
        model="WithdrawnProblem",
    ),
    "Trimmed": _refusal(
        "The log no longer reaches back so far. Read the lists anew, then follow the log from `head`.",
        model="TrimmedProblem",
    ),
    "Invalid": _refusal(
        "A parameter, or a field of the body, is unknown, repeated or has a value it cannot have. `errors` names each,"
        " and what would be right. Nothing is ever ignored."
    ),
    "Unavailable": _refusal(
        "The database does not answer just now, or the server has too much to do.", _headers("Retry-After")
    ),
    "Refused": _refusal(
        "Any other refusal: 400 for a request that cannot be read, 405 for another method, 406 for an `Accept` that"
        " takes neither JSON nor what is here (`Link` names other forms), 413 and 415 for a body too long or of another"
        " media type, 414 and 431 for an address or headers too long, 429 for too many requests, 500 for a fault of"
        " ours.",
        {"Retry-After": {**HEADERS["RetryAfter"], "required": False}},
    ),
}
# Examples of refusals that no request to the sample newsroom produces by itself.
REFUSAL_EXAMPLES: Final[dict[str, Refusal]] = {
    "Malformed": errors.Malformed(
        "The body is not JSON: trailing comma at line 3 column 1.",
        Fault("is not JSON: trailing comma at line 3 column 1", "malformed", pointer=""),
    ),
    "Forbidden": errors.Forbidden("The key lacks the scope content:publish.", scope="content:publish"),
    "Conflict": errors.Conflict("Something still refers to it.", Fault("is its parent", "in-use", parameter="slug")),
    "Stale": errors.Stale("The present revision is 7.", headers={"ETag": '"7"'}, revision=7),
    "TooLarge": errors.TooLarge(f"A body has at most {MOST_BYTES} bytes here."),
    "UnsupportedMediaType": errors.UnsupportedMediaType(
        "Content-Type is not application/json.",
        Fault("is not application/json", "unsupported", parameter="Content-Type", allowed=["application/json"]),
    ),
    "Unconditional": errors.Unconditional(
        "Send If-Match with the ETag you last saw of it.", Fault("is missing", "missing", parameter="If-Match")
    ),
    "Trimmed": errors.Trimmed("What came right after position 7 is kept no more. Start over.", head=1204),
    "Unavailable": errors.Unavailable(),
}


def _request_header(name: str, text: str) -> Json:
    """No example: the reference page would send it, whatever the request."""
    return {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}


PARAMETERS: Final[Json] = {
    "IfNoneMatch": _request_header(
        "If-None-Match", "ETags of the answers you have. Where one is current, the answer is 304 without a body."
    ),
    "MinPosition": _request_header(
        "Min-Position",
        "A `Content-Position`, such as `d205`: the answer is of that state or a newer one, or 503 after two seconds.",
    ),
    "IfMatch": _request_header(
        "If-Match",
        'The ETag you last saw of it, such as `"7"`, or `*` for any. 428 without it, 412 where it was changed since.',
    ),
    "IfMatchOptional": _request_header(
        "If-Match",
        'The ETag you last saw of it, such as `"7"`, if nothing is to be done where it was changed since (412).',
    ),
    "IdempotencyKey": _request_header(
        "Idempotency-Key",
        "A name of your own for this request. Sent again within 24 hours with the same body, it has no second effect"
        " and the same answer; with another body it is 422. A random UUID will do.",
    ),
}
