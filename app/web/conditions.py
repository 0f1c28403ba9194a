"""If-Match: a change is made to the revision its sender has seen, or not at all. Source: RFC 9110, 13.1.1."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from app.errors import Fault, Malformed, Stale, Unconditional

# Possessive, so that no header makes them look twice at anything. Between commas there may be nothing.
_MEMBER: Final = re.compile(r'[ \t]*+((?:W/)?"[!#-~\x80-\xff]*+")?[ \t]*+(?:,|$)')
_REVISION: Final = re.compile(r'"([1-9][0-9]{0,9})(?:-gzip)?"')


@dataclass(frozen=True, slots=True)
class Condition:
    """What If-Match says: nothing (`given` is false), any revision (`named` is None), or these; `weak` where some of
    its ETags are, which match nothing."""

    given: bool
    named: frozenset[int] | None = frozenset()
    weak: bool = False

    def check(self, revision: int | None) -> None:
        """Holds the condition against the present revision, None being that nothing is there.

        Raises: Unconditional, where there is something and no condition; Stale, where the condition names another.
        """
        if not self.given:
            if revision is not None:
                detail = "Send If-Match with the ETag you last saw of it."
                raise Unconditional(detail, Fault("is missing", "missing", parameter="If-Match"))
        elif revision is None:
            raise Stale("If-Match asks for something that is there, and nothing is.", revision=None)
        elif self.named is not None and revision not in self.named:
            etag = f'"{revision}"'
            detail = f"The present revision is {revision}.{' A weak ETag (W/) never matches.' if self.weak else ''}"
            raise Stale(detail, headers={"ETag": etag}, revision=revision)


class _IfMatch:
    """Whoever states a condition is held to it; where it is `needed`, so is whoever states none."""

    def __init__(self, *, needed: bool) -> None:
        self.needed = needed
        self.parameter = "IfMatch" if needed else "IfMatchOptional"

    async def __call__(self, request: Request) -> Condition:
        """The condition. Raises: Malformed."""
        given = request.headers.getlist("if-match")
        if given:
            return read_if_match(",".join(given))
        return Condition(given=False) if self.needed else Condition(given=True, named=None)


def read_if_match(header: str) -> Condition:
    """The condition that the header states. A weak ETag, or one that is no revision's, names none.

    Raises: Malformed, for what is neither `*` nor a list of ETags.
    """
    if header.strip(" \t") == "*":
        return Condition(given=True, named=None)
    tags: list[str] = []
    place = 0
    while place < len(header):
        member = _MEMBER.match(header, place)
        if member is None:
            break
        tags += filter(None, member.groups())
        place = member.end()
    if place < len(header) or not tags:
        raise Malformed(
            'If-Match is `*` or a list of ETags, such as "7", in their quotes.',
            Fault("is neither `*` nor a list of ETags", "malformed", parameter="If-Match"),
        )
    named = frozenset(int(tag[1]) for tag in map(_REVISION.fullmatch, tags) if tag)
    return Condition(given=True, named=named, weak=any(tag.startswith("W/") for tag in tags))


# What a route that changes something takes, and checks against the revision it found; and one that acts on it.
IfMatch = Annotated[Condition, Depends(_IfMatch(needed=True))]
IfMatchOptional = Annotated[Condition, Depends(_IfMatch(needed=False))]
