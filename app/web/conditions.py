"""If-Match: a write changes the revision that its sender has seen, or nothing. Source: RFC 9110, 13.1.1."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from app.errors import Fault, Malformed, NoRevision, Stale, Unconditional

_ETAG: Final = r'(?:W/)?"[!#-~\x80-\xff]*+"'
# Members, of which some may be empty, and commas between them. The possessive quantifiers never backtrack.
_LIST: Final = re.compile(rf"(?:[ \t]*+(?:{_ETAG})?+[ \t]*+(?:,|$))*+")
_REVISION: Final = re.compile(r'"([1-9][0-9]{0,9})(?:-gzip)?"')
# The ETag of all that is no plain document. Source: `caching.digest`.
_DIGEST: Final = re.compile(r'"[0-9a-f]{32}(?:-gzip)?"')


@dataclass(frozen=True, slots=True)
class Condition:
    """What If-Match demands: one of these revisions, or any if they are None.

    `has_weak`: the header has weak ETags, which match nothing. `has_digest`: it has ETags of lists or selections, and
    no revision. `is_missing`: it is required, and was not sent.
    """

    revisions: frozenset[int] | None
    has_weak: bool = False
    has_digest: bool = False
    is_missing: bool = False

    def check(self, revision: int | None) -> None:
        """Compares the condition with the present revision, which is None if the object does not exist.

        Raises: Unconditional, if the object exists and there is no condition; Stale, if the condition names others;
        NoRevision, if it names none, but has the ETag of a selection.
        """
        if self.is_missing:
            if revision is not None:
                detail = "Send If-Match with the ETag you last saw of it."
                raise Unconditional(detail, Fault("is missing", "missing", parameter="If-Match"))
        elif revision is None:
            raise Stale("If-Match asks for something that is there, and nothing is.", revision=None)
        elif self.has_digest:
            detail = "is the ETag of a list or a selection; send that of the document, without `fields` and `include`"
            fault = Fault(detail, "no-revision", parameter="If-Match")
            raise NoRevision(f"If-Match {detail}.", fault, headers={"ETag": f'"{revision}"'}, revision=revision)
        elif self.revisions is not None and revision not in self.revisions:
            detail = f"The present revision is {revision}.{' A weak ETag (W/) never matches.' if self.has_weak else ''}"
            raise Stale(detail, headers={"ETag": f'"{revision}"'}, revision=revision)


class _IfMatch:
    """A dependency: the condition of the request. Without the header it is `*`, unless the header is `required`."""

    def __init__(self, *, required: bool) -> None:
        self.required = required
        # The name of the parameter in the OpenAPI document.
        self.parameter = "IfMatch" if required else "IfMatchOptional"

    async def __call__(self, request: Request) -> Condition:
        """Raises: Malformed."""
        headers = request.headers.getlist("if-match")
        return read_if_match(",".join(headers)) if headers else Condition(None, is_missing=self.required)


def read_if_match(header: str) -> Condition:
    """The condition in the header. ETags that are weak, or of no revision, name no revision.

    Raises: Malformed, for a header that is neither `*` nor a list of ETags.
    """
    if header.strip(" \t") == "*":
        return Condition(None)
    etags = re.findall(_ETAG, header)
    if not etags or not _LIST.fullmatch(header):
        fault = Fault("is neither `*` nor a list of ETags", "malformed", parameter="If-Match")
        raise Malformed('If-Match is `*` or a list of ETags, such as "7", in their quotes.', fault)
    revisions = frozenset(int(match[1]) for match in map(_REVISION.fullmatch, etags) if match)
    has_digest = not revisions and any(map(_DIGEST.fullmatch, etags))
    return Condition(revisions, has_weak=any(etag.startswith("W/") for etag in etags), has_digest=has_digest)


# For routes that change an object: the header is required. For routes that act on one: it is checked if sent.
IfMatch = Annotated[Condition, Depends(_IfMatch(required=True))]
IfMatchOptional = Annotated[Condition, Depends(_IfMatch(required=False))]
