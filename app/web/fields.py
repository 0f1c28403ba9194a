"""Field types that all schemas share: instants, days, slugs, languages, ids, addresses and text. Knows no noun."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LANGUAGE: Final = re.compile(
    r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
)
INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_URL: Final = r"^(https?://[^\s<>\"\\/?#]+([/?#][^\s<>\"\\]*)?|/([^\s<>\"\\/][^\s<>\"\\]*)?)$"
UUID_TEXT: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def instant(value: datetime) -> datetime:
    """The same moment in UTC, cut to milliseconds: what is stored, compared and shown is one value.

    Raises: ValueError, without an offset, or where UTC has no such year.
    """
    if value.tzinfo is None:
        raise ValueError("needs an offset, such as 2025-01-22T12:35:00Z or 2025-01-22T14:35:00+02:00")
    try:
        value = value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the years 0001 to 9999") from error
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def show_instant(value: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_instant(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise ValueError("is not an instant with an offset, such as 2025-01-22T12:35:00Z")
    return value


def _read_day(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and DAY.fullmatch(value)):
        return value
    raise ValueError("is not a date, such as 2025-01-22")


def _read_uuid(value: Any) -> Any:
    if isinstance(value, UUID) or (isinstance(value, str) and UUID_TEXT.fullmatch(value)):
        return value
    raise ValueError("is not an id, such as 01948e3c-7a5b-7cc3-8000-0f1d2c3b4a59")


def clean(value: str) -> str:
    """The value itself. Raises: ValueError, for characters that no text holds (NUL, controls, lone surrogates)."""
    if found := _UNPRINTABLE.search(value):
        raise ValueError(f"holds the character U+{ord(found[0]):04X} at place {found.start() + 1}, which no text has")
    return value


def _plain_slug(value: str) -> str:
    if UUID_TEXT.fullmatch(value):
        raise ValueError("has the form of an id; a slug must not")
    return value


def _one_line(value: str) -> str:
    if "\n" in clean(value) or "\r" in value:
        raise ValueError("must be one line")
    return value


Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    AfterValidator(instant),
    PlainSerializer(show_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-01-22T12:35:00.000Z"]}),
]
Day = Annotated[date, BeforeValidator(_read_day), WithJsonSchema({"type": "string", "format": "date"})]
Id = Annotated[UUID, BeforeValidator(_read_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]
Slug = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120, pattern=f"^{SLUG.pattern}$"),
    AfterValidator(_plain_slug),
]
Language = Annotated[str, StringConstraints(max_length=35, pattern=f"^{LANGUAGE.pattern}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_one_line)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=5_000), AfterValidator(clean)]
Translations = Annotated[dict[Language, Text], Field(max_length=50, examples=[{"uk": "Річки", "en": "Rivers"}])]
Url = Annotated[
    str,
    StringConstraints(max_length=2_000, pattern=_URL),
    AfterValidator(clean),
]

# What to say of a text that does not fit: the pattern itself helps nobody.
_HINTS: Final = {
    f"^{SLUG.pattern}$": "is not a slug: lower-case Latin letters and digits, joined by single hyphens (river-flood)",
    f"^{LANGUAGE.pattern}$": "is not a language tag, such as uk, en or en-GB",
    _URL: "is not an address: http:// or https:// and a host, or a path that begins with /",
}


def said(error: Mapping[str, Any]) -> str:
    """What a finding of Pydantic's says, in our words."""
    message = str(error["msg"])
    match error["type"]:
        case "string_pattern_mismatch":
            return _HINTS.get((error.get("ctx") or {}).get("pattern", ""), message)
        case "string_too_short":
            return "is empty"
        case "extra_forbidden":
            return "is not a field here"
        case "missing" if message == "Field required":
            return "is missing"
        case "model_type" | "dict_type" | "model_attributes_type":
            return "is not an object"
        case "union_tag_invalid":
            return "is not one of the kinds there are"
        case "union_tag_not_found":
            return "is missing"
        case _:
            return message.removeprefix("Value error, ")
