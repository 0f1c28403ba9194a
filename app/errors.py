"""The ways we refuse: expected failures, each with its HTTP status, code and title. Knows nothing of HTTP libraries."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that was wrong with the input: where it stands, what it is, and what would be right.

    Exactly one of `parameter` (query, path or header) and `pointer` (JSON pointer, RFC 6901) is set.
    """

    detail: str
    code: str = "invalid"
    parameter: str | None = None
    pointer: str | None = None
    allowed: list[str] | None = None

    @property
    def message(self) -> str:
        """The pointer, if there is one, and the detail."""
        return " ".join(filter(None, (self.pointer, self.detail)))

    def document(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


class Refusal(Exception):
    """An expected failure. Its class says status, code and title; `detail` is for the reader, `extra` joins them."""

    status: int = 500
    code: str = "internal-error"
    title: str = "Something went wrong on our side"

    def __init__(self, detail: str, *faults: Fault, headers: dict[str, str] | None = None, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults
        self.headers = headers or {}
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """What is told of it where it is one of several: code, detail and faults."""
        faults = [fault.document() for fault in self.faults]
        return {"code": self.code, "detail": self.detail, "errors": faults}


class Malformed(Refusal):
    """The request cannot be read at all: broken percent-encoding, two Host headers, JSON that is none."""

    status, code, title = 400, "malformed", "The request cannot be read"


class Unauthorized(Refusal):
    """A key was sent that opens nothing."""

    status, code, title = 401, "unauthorized", "The key is not valid"


class Forbidden(Refusal):
    """The key is valid, and lacks the scope that this takes."""

    status, code, title = 403, "forbidden", "The key does not open this"


class NotFound(Refusal):
    """There is nothing here that this caller may see."""

    status, code, title = 404, "not-found", "Nothing is here"


class MethodNotAllowed(Refusal):
    """The path exists, the method does not; `Allow` names those that do."""

    status, code, title = 405, "method-not-allowed", "This path does not take that method"


class Gone(Refusal):
    """It was public and has been withdrawn, or has expired: `reason`, `public_note` and `replacement` say what may be
    said."""

    status, code, title = 410, "withdrawn", "This has been withdrawn"

    def __init__(self, detail: str, names: tuple[str, ...] = (), **extra: object) -> None:
        """`names` are those of what the refusal depends on: caches may keep it until a change touches one of them."""
        super().__init__(detail, **extra)  # type: ignore[arg-type]
        self.names = names


class Trimmed(Refusal):
    """The log no longer reaches back so far. Read the lists anew, then follow the log from `head`."""

    status, code, title = 410, "trimmed", "The log has been trimmed"


class NotAcceptable(Refusal):
    """`Accept` takes neither JSON nor what this path answers; `Link` names the addresses of other forms."""

    status, code, title = 406, "not-acceptable", "There is no such form at this address"


class Conflict(Refusal):
    """What is asked for does not go together with what is there; `errors` names what stands in the way."""

    status, code, title = 409, "conflict", "Something stands in the way"


class Raced(Refusal):
    """Another writer was there first; the transaction left nothing, and may be tried again."""

    status, code, title = 409, "raced", "Another writer was there first"


class Stale(Refusal):
    """`If-Match` names another revision than the present one: somebody changed the object since you read it."""

    status, code, title = 412, "stale", "The object has changed meanwhile"


class NoRevision(Refusal):
    """`If-Match` has the ETag of a list, or of a selection (`fields`, `include`): only a document's is a revision."""

    status, code, title = 412, "no-revision", "The ETag is not that of the document"


class TooLarge(Refusal):
    """The body is longer than this path reads."""

    status, code, title = 413, "too-large", "The request body is too large"


class UriTooLong(Refusal):
    """The path with its query is longer than we read."""

    status, code, title = 414, "uri-too-long", "The address is too long"


class UnsupportedMediaType(Refusal):
    """The body is of a media type, charset or encoding that this path does not read."""

    status, code, title = 415, "unsupported-media-type", "The media type is not read here"


class Invalid(Refusal):
    """Well-formed, but not what this path takes; `errors` names each fault."""

    status, code, title = 422, "invalid", "The input is not valid"


class Unconditional(Refusal):
    """Changing what is there takes `If-Match` with the ETag you last saw, so that nobody's work is overwritten."""

    status, code, title = 428, "if-match-required", "If-Match is required"


class TooManyRequests(Refusal):
    """You have sent more requests than you may in a while: `RateLimit` says how many, `Retry-After` when to go on."""

    status, code, title = 429, "too-many-requests", "Too many requests"

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(f"{detail} Go on in {seconds} seconds.", headers={"Retry-After": str(seconds)})


class HeadersTooLarge(Refusal):
    """The request's headers are more, or longer, than we read."""

    status, code, title = 431, "headers-too-large", "The request headers are too large"


class Internal(Refusal):
    """A fault of ours; the request id finds it in the server's log."""


class Unavailable(Refusal):
    """The database does not answer just now, or too many wait here already; `Retry-After` says when to come back."""

    status, code, title = 503, "unavailable", "The service is not available just now"

    def __init__(self, detail: str = "The database does not answer. Try again soon.") -> None:
        super().__init__(detail, headers={"Retry-After": "2"})


class ReplicaFailed(Unavailable):
    """A replica of the database did not answer, or gave the statement up. The primary may be asked the same."""


class Behind(Refusal):
    """This server has not reached the position that `Min-Position` asks for; `Retry-After` says when to come back."""

    status, code, title = 503, "behind", "The server is not that far yet"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "2"})


# The refusals of this file by code, in its order.
CATALOGUE: dict[str, type[Refusal]] = {refusal.code: refusal for refusal in Refusal.__subclasses__()}
