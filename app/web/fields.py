"""Field types of all schemas: instants, days, slugs, languages, ids, addresses, text. Knows no noun."""

import re
import unicodedata
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
# Valid in Rust and, as schemas need it, in ECMA-262 with the flag `u`: there `\"` is no escape.
_URL: Final = r'^(https?://[^\s<>"\\/?#]+([/?#][^\s<>"\\]*)?|/([^\s<>"\\/][^\s<>"\\]*)?)$'
# A day, month or year.
PERIOD: Final = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
_SYSTEM: Final = r"^[^:]+$"
BLOCK_ID: Final = r"^[A-Za-z0-9_-]{1,40}$"
UUID_TEXT: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Any character but white space and those that leave no mark on a page.
# Source: Unicode, the properties White_Space and Default_Ignorable_Code_Point; the blank of Braille besides.
_VISIBLE: Final = re.compile(
    r"[^\t\n\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def to_utc(value: datetime) -> datetime:
    """The same moment in UTC, cut to milliseconds, so that what is stored, compared and shown is one value.

    Raises: ValueError, for a value without an offset, or before year 1 or after year 9999 in UTC.
    """
    if value.tzinfo is None:
        raise ValueError("needs an offset, such as 2025-01-22T12:35:00Z or 2025-01-22T14:35:00+02:00")
    try:
        value = value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the years 0001 to 9999") from error
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def format_instant(value: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text_of_form(kind: type, pattern: re.Pattern[str], message: str) -> BeforeValidator:
    """Of the texts that Pydantic reads as this kind, takes those of this form only; nothing else is taken."""

    def read(value: Any) -> Any:
        if isinstance(value, kind) or (isinstance(value, str) and pattern.fullmatch(value)):
            return value
        raise ValueError(message)

    return BeforeValidator(read)


def check_text(value: str) -> str:
    """The value itself. Raises: ValueError, for control characters, NUL and half surrogate pairs."""
    if match := _UNPRINTABLE.search(value):
        raise ValueError(f"holds the character U+{ord(match[0]):04X} at place {match.start() + 1}, which no text has")
    return value


def is_blank(text: str) -> bool:
    """Whether nothing of the text can be seen: it is empty, or white space and characters without width alone."""
    return _VISIBLE.search(text) is None


def composed(text: str) -> str:
    """The text in composed letters, so that equal words are equal. Source: Unicode Standard Annex 15, form NFC."""
    return unicodedata.normalize("NFC", text)


def _one_form(value: Any) -> Any:
    """Of a text its one form: composed, and empty where nothing of it can be seen. Anything else stays as it is."""
    if not isinstance(value, str):
        return value
    return "" if is_blank(value) else composed(value)


def canonical_language(value: Any) -> Any:
    """A language tag in the case that BCP 47 recommends: `EN-gb` is `en-GB`. Anything else stays as it is.

    Source: RFC 5646, 2.1.1.
    """
    if not isinstance(value, str) or not value.isascii():
        return value
    language, *subtags = value.lower().split("-")
    cases = {2: str.upper, 4: str.title}
    return "-".join([language, *(cases.get(len(tag), str)(tag) if tag.isalpha() else tag for tag in subtags)])


def _distinct_languages(value: Any) -> Any:
    """Raises: ValueError, where two names of texts by language are the same language."""
    if isinstance(value, dict):
        names = [canonical_language(name) for name in value]
        if repeated := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"names the language {repeated!r} twice")
    return value


def _plain_slug(value: str) -> str:
    if UUID_TEXT.fullmatch(value):
        raise ValueError("has the form of an id; a slug must not")
    return value


def _one_line(value: str) -> str:
    if "\n" in check_text(value) or "\r" in value:
        raise ValueError("must be one line")
    return value


Instant = Annotated[
    datetime,
    _text_of_form(datetime, INSTANT, "is not an instant with an offset, such as 2025-01-22T12:35:00Z"),
    AfterValidator(to_utc),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-01-22T12:35:00.000Z"]}),
]
Day = Annotated[
    date,
    _text_of_form(date, DAY, "is not a date, such as 2025-01-22"),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Id = Annotated[
    UUID,
    _text_of_form(UUID, UUID_TEXT, "is not an id, such as 01948e3c-7a5b-7cc3-8000-0f1d2c3b4a59"),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]
Slug = Annotated[
    str, StringConstraints(min_length=1, max_length=120, pattern=f"^{SLUG.pattern}$"), AfterValidator(_plain_slug)
]
Language = Annotated[
    str, StringConstraints(max_length=35, pattern=f"^{LANGUAGE.pattern}$"), BeforeValidator(canonical_language)
]
# All text that comes in is of one of these types, or inline HTML, which sanitising gives the same form.
ONE_FORM: Final = BeforeValidator(_one_form)
SYSTEM_LENGTH: Final = 100
ORIGIN_ID_LENGTH: Final = 300
LINE_LENGTH: Final = 500
TEXT_LENGTH: Final = 5_000
Line = Annotated[str, StringConstraints(min_length=1, max_length=LINE_LENGTH), AfterValidator(_one_line), ONE_FORM]
# One type with "" in it, not a union of a text and "": generated clients cannot read such a union.
LineOrEmpty = Annotated[str, StringConstraints(max_length=LINE_LENGTH), AfterValidator(_one_line), ONE_FORM]
# Names that other systems have, and give to what stands in them.
SystemName = Annotated[
    str, StringConstraints(min_length=1, max_length=SYSTEM_LENGTH, pattern=_SYSTEM), AfterValidator(_one_line), ONE_FORM
]
ForeignId = Annotated[
    str, StringConstraints(min_length=1, max_length=ORIGIN_ID_LENGTH), AfterValidator(_one_line), ONE_FORM
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LENGTH), AfterValidator(check_text), ONE_FORM]
TextOrEmpty = Annotated[str, StringConstraints(max_length=TEXT_LENGTH), AfterValidator(check_text), ONE_FORM]
Translations = Annotated[
    dict[Language, Text],
    Field(max_length=50, examples=[{"uk": "Річки", "en": "Rivers"}]),
    BeforeValidator(_distinct_languages),
]
Url = Annotated[str, StringConstraints(max_length=2_000, pattern=_URL), AfterValidator(check_text), ONE_FORM]

# The message for a text that does not match a pattern, instead of the pattern itself.
_HINTS: Final = {
    f"^{SLUG.pattern}$": "is not a slug: lower-case Latin letters and digits, joined by single hyphens (river-flood)",
    f"^{LANGUAGE.pattern}$": "is not a language tag, such as uk, en or en-GB",
    _URL: "is not an address: http:// or https:// and a host, or a path that begins with /",
    PERIOD: "is not a year, month or day, such as 2025, 2025-01 or 2025-01-22",
    _SYSTEM: "has a colon, which ends the name of a system in `system:id`",
    BLOCK_ID: "is not the id of a block: 1 to 40 Latin letters, digits, hyphens and underscores",
}


_MESSAGES: Final = {
    "string_too_short": "is empty",
    "extra_forbidden": "is not a field here",
    **dict.fromkeys(("model_type", "dict_type", "model_attributes_type"), "is not an object"),
    "union_tag_invalid": "is not one of the kinds there are",
    "union_tag_not_found": "is missing",
}


def fault_message(error: Mapping[str, Any]) -> str:
    """The message of a finding of Pydantic, worded for clients. `error` is one of `ValidationError.errors()`."""
    message = str(error["msg"])
    if message == "Field required":
        return "is missing"
    if error["type"] == "string_pattern_mismatch":
        return _HINTS.get(error["ctx"]["pattern"], message)
    return _MESSAGES.get(error["type"], message.removeprefix("Value error, "))
