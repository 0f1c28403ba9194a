"""Page parameters in, a page out, and the cursors that lead from one to the next."""

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Final, Generic, Self, TypeVar
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError, from_json, to_json
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Fault, Invalid
from app.web.caching import answer
from app.web.fields import said

MAC_BYTES: Final = 12
MOST_VALUES: Final = 30
Item = TypeVar("Item")
Included = TypeVar("Included")


class Count(BaseModel):
    """How many there are in all."""

    value: int = Field(ge=0)
    exact: bool = Field(description="False where counting stopped at 10,000.")


class Page(BaseModel, Generic[Item, Included]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(description="Cursor of the next page; null on the last.")
    prev: str | None = Field(description="Cursor of the page before; null on the first.")
    count: Count | None = Field(description="Filled by `count=true`; null without it.")
    included: Included = Field(description="What `include` asked for, each object once.")


def if_asked(*names: str) -> Callable[[dict[str, Any]], None]:
    """Makes the schema of a document say that these fields are there only where they were asked for."""

    def optional(schema: dict[str, Any]) -> None:
        schema["required"] = [name for name in schema["required"] if name not in names]

    return optional


def whole_number(value: Any) -> Any:
    """`007`, `1_0`, ` 1` and full-width digits are no spelling of a number."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and str(int(value)) == value):
        raise PydanticCustomError("not_a_number", "is not a whole number, such as 20")
    return value


def _flag(value: Any) -> Any:
    """A flag that is named and no more is set."""
    if value == "":
        return True
    if isinstance(value, str) and value not in {"true", "false"}:
        raise PydanticCustomError("not_a_flag", "is neither true nor false", {"allowed": ["true", "false"]})
    return value


def each(kind: Any, *, most: int = 20) -> AfterValidator:
    """For a comma list: every part must be of this kind, and there are at most so many."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def check(value: str) -> str:
        parts = value.split(",")
        if len(parts) > most:
            raise PydanticCustomError("too_many", "has more than {most} values", {"most": most})
        for part in parts:
            try:
                adapter.validate_python(part)
            except ValidationError as error:
                first = error.errors()[0]
                context = dict(first.get("ctx") or {})
                if "expected" in context:
                    raise PydanticCustomError(
                        "unknown_name", "holds a value that is not one of those there are", context
                    ) from None
                raise PydanticCustomError("invalid", "holds a value that {why}", {"why": said(first)}) from None
        return value

    return AfterValidator(check)


def parts(value: str | None) -> tuple[str, ...]:
    """The values of a comma list, each once."""
    return tuple(dict.fromkeys(value.split(","))) if value else ()


Flag = Annotated[bool, BeforeValidator(_flag)]


class Parameters(BaseModel):
    """Query parameters of an endpoint. What it does not declare is refused before it gets here."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PageParams(Parameters):
    """What every list takes."""

    limit: Annotated[int, BeforeValidator(whole_number)] = Field(
        default=20, ge=1, le=100, description="Items on a page.", examples=[5]
    )
    cursor: str | None = Field(
        default=None, description="From `next` or `prev` of a page of the same list, with the same filters and sort."
    )
    count: Flag = Field(default=False, description="Fill `count` with how many there are in all.", examples=[True])

    @model_validator(mode="after")
    def _ids_alone(self) -> Self:
        for name in ("cursor", "sort", "limit"):
            if name in self.model_fields_set and getattr(self, "ids", None) is not None:
                raise conflict(name, "cannot stand together with `ids`")
        return self


def conflict(parameter: str, detail: str, kind: str = "conflict") -> PydanticCustomError:
    """The error of a parameter that does not fit the others."""
    return PydanticCustomError(kind, "{detail}", {"parameter": parameter, "detail": detail})


def few(filters: Mapping[str, Sequence[str | None]]) -> None:
    """Raises: conflict, where the filters have too many values together.

    Each value is a branch or a look-up of the statement: what a short address asks for must stay quick to plan.
    """
    sizes = {name: sum(len(parts(one)) for one in given) for name, given in filters.items()}
    if sum(sizes.values()) > MOST_VALUES:
        detail = f"has, together with the other filters, more than {MOST_VALUES} values"
        raise conflict(max(sizes, key=lambda name: sizes[name]), detail, kind="too_many")


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two items of a list: the sort values of one of them, and which way to read from there."""

    values: tuple[Any, ...]
    backward: bool = False


@dataclass(slots=True)
class Slice:
    """A stretch of a list as stored: items in JSON, and the positions from which the neighbours are read."""

    items: list[str]
    refs: list[str]
    next: Position | None = None
    prev: Position | None = None
    count: tuple[int, bool] | None = None


def cut(rows: list[tuple[Any, ...]], limit: int, position: Position | None) -> tuple[list[tuple[Any, ...]], bool, bool]:
    """Of limit + 1 rows as read: those of the page in the list's order, and whether some lie before, behind."""
    more = len(rows) > limit
    rows = rows[:limit]
    if position is not None and position.backward:
        return rows[::-1], more, True
    return rows, position is not None, more


@dataclass(frozen=True, slots=True)
class Cursors:
    """Writes and reads cursors. Opaque, signed, and bound to the list they were made for: its path, filters, sort."""

    secret: bytes
    list_name: bytes

    def write(self, position: Position) -> str:
        payload = to_json([int(position.backward), *position.values])
        return base64.urlsafe_b64encode(self._mac(payload) + payload).rstrip(b"=").decode()

    def read(self, cursor: str | None) -> Position | None:
        """Raises: Invalid, for a cursor that was not made by this list."""
        if cursor is None:
            return None
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not payload or not hmac.compare_digest(mac, self._mac(payload)):
            detail = "is not a cursor of this list with these filters and this sort"
            raise Invalid(f"Parameter 'cursor' {detail}.", Fault(detail, code="foreign-cursor", parameter="cursor"))
        backward, *values = from_json(payload)
        return Position(tuple(values), bool(backward))

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self.secret, self.list_name + b"\0" + payload, sha256)[:MAC_BYTES]


def list_name(path: str, filters: Mapping[str, Any]) -> bytes:
    """What a cursor is bound to."""
    return to_json([path, {name: value for name, value in sorted(filters.items()) if value not in (None, [])}])


def names(value: str | None, allowed: Iterable[str], parameter: str) -> tuple[str, ...]:
    """A comma list of names, each once. Raises: Invalid, naming the unknown one and those there are."""
    if value is None:
        return ()
    known = list(allowed)
    wanted = tuple(dict.fromkeys(value.split(",")))
    for name in wanted:
        if name not in known:
            detail = f"{name!r} is not one of the names there are" if name else "holds an empty name"
            raise Invalid(
                f"Parameter {parameter!r}: {detail}.",
                Fault(detail, code="unknown-name", parameter=parameter, allowed=known),
            )
    return wanted


def only(document: str | bytes, fields: Sequence[str]) -> bytes:
    """The document with these fields only, in the document's order."""
    found = from_json(document)
    return to_json({name: value for name, value in found.items() if name in fields})


def inside(included: Mapping[str, Mapping[str, str]]) -> bytes:
    """The `included` object: groups of objects by slug or id, which need no escaping, each JSON already."""
    groups = []
    for group, objects in included.items():
        members = ",".join([f'"{name}":{one}' for name, one in objects.items()])
        groups.append(f'"{group}":{{{members}}}')
    return f"{{{','.join(groups)}}}".encode()


async def page(
    request: Request,
    cursors: Cursors,
    found: Slice,
    *,
    noun: str,
    lists: Sequence[str] = (),
    fields: Sequence[str] = (),
    included: Mapping[str, Mapping[str, str]] | None = None,
) -> Response:
    """A page as a response, joined of documents that are JSON already.

    `lists` names what it is a stretch of, as the log does: `articles:tag:trams`; all of the noun by default.
    """
    ahead, back = (cursors.write(one) if one else None for one in (found.next, found.prev))
    items = b",".join([only(one, fields) for one in found.items]) if fields else ",".join(found.items).encode()
    count = None if found.count is None else {"value": found.count[0], "exact": found.count[1]}
    body = b'{"items":[%s],"next":%s,"prev":%s,"count":%s,"included":%s}' % (
        items,
        to_json(ahead),
        to_json(back),
        to_json(count),
        inside(included or {}),
    )
    keys = surrogate_keys(noun, found.refs, lists or [f"{noun}s"], included)
    return await answer(request, body, headers=links(request, next=ahead, prev=back) | keys)


# What stands in a group of `included`. Translations are articles too, told in short.
GROUPS: Final = {"tags": "tag", "sources": "source", "notes": "note", "articles": "article"}


def surrogate_keys(
    noun: str, refs: Iterable[str], lists: Iterable[str], included: Mapping[str, Mapping[str, str]] | None
) -> dict[str, str]:
    """The header that names what an answer shows, by the keys with which the log names what a change touched."""
    keys = dict.fromkeys([*lists, *(f"{noun}:{ref}" for ref in refs)])
    for group, objects in (included or {}).items():
        if group == "translations":
            others = (other["id"] for one in objects.values() for other in from_json(one).values())
            keys |= dict.fromkeys(f"article:{ref}" for ref in others)
        elif group in GROUPS:
            keys |= dict.fromkeys(f"{GROUPS[group]}:{ref.partition('@')[0]}" for ref in objects)
    return {"Surrogate-Key": " ".join(keys)}


async def item(
    request: Request,
    document: str,
    revision: int,
    *,
    key: str,
    fields: Sequence[str] = (),
    included: Mapping[str, Mapping[str, str]] | None = None,
) -> Response:
    """One document as a response: as stored where nothing else was asked for, and then its ETag is its revision.

    `key` is its name in the log: `tag:trams`.
    """
    noun, _, ref = key.partition(":")
    headers = surrogate_keys(noun, [ref], (), included)
    if not fields and included is None:
        return await answer(request, document.encode(), revision=revision, headers=headers)
    body = only(document, fields) if fields else document.encode()
    if included is not None:
        body = body[:-1] + b',"included":%s}' % inside(included)
    return await answer(request, body, headers=headers)


def links(request: Request, *, next: str | None, prev: str | None) -> dict[str, str]:
    """The Link header for a page. References are relative, so no Host can colour them. Source: RFC 8288."""
    path = quote(request.scope["path"], safe="/-._~")
    query = [pair for pair in request.scope["query_string"].decode("ascii", "ignore").split("&") if pair]
    kept = [pair for pair in query if not pair.startswith("cursor=")]
    found = [
        f'<{path}?{"&".join([*kept, f"cursor={cursor}"])}>; rel="{relation}"'
        for relation, cursor in (("next", next), ("prev", prev))
        if cursor is not None
    ]
    return {"Link": ", ".join(found)} if found else {}
