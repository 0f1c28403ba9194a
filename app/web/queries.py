"""What query parameters may hold: numbers, flags, comma-separated lists, pages; and the documents of pages."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Generic, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError, core_schema

from app.errors import Fault, Invalid
from app.web.fields import fault_message

MOST_VALUES: Final = 30
# No number that is asked for has more. Python refuses to read one of thousands.
MOST_DIGITS: Final = 19
# The schema of a list whose values are joined by commas, in one parameter. `openapi` turns the mark into `explode`.
COMMA_LIST: Final = {"type": "array", "x-explode": False}
_WHOLE_NUMBER: Final = re.compile(r"0|[1-9][0-9]*+", re.ASCII)
Item = TypeVar("Item")
Included = TypeVar("Included")


class ListCount(BaseModel):
    """How many there are in all."""

    value: int = Field(ge=0, description="The number.")
    exact: bool = Field(description="False where counting stopped at 10,000.")


class Page(BaseModel, Generic[Item, Included]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(description="Cursor of the next page; null on the last.")
    prev: str | None = Field(description="Cursor of the page before; null on the first.")
    count: ListCount | None = Field(description="Filled by `count=true`; null without it.")
    included: Included = Field(description="What `include` asked for, each object once.")


class Searched(BaseModel):
    """What pages of lists with `q` say besides."""

    did_you_mean: str | None = Field(
        description="Where nothing has the words of `q`: `q` with mistyped words replaced, which finds something. Else"
        " null."
    )


def if_asked(*names: str) -> Callable[[dict[str, Any]], None]:
    """A `json_schema_extra` that removes fields from `required`: they are only there if the request asked for them."""

    def optional(schema: dict[str, Any]) -> None:
        schema["required"] = [name for name in schema["required"] if name not in names]

    return optional


def only_required(*names: str) -> Callable[[dict[str, Any]], None]:
    """A `json_schema_extra` that requires these fields alone: the rest is there if `fields` named it."""

    def optional(schema: dict[str, Any]) -> None:
        schema["required"] = [*names]

    return optional


def whole_number(value: Any) -> Any:
    """The value itself.

    Raises: PydanticCustomError, for text such as `007`, `1_0`, ` 1` and full-width digits, and for too many digits.
    """
    if isinstance(value, str) and not _WHOLE_NUMBER.fullmatch(value):
        raise PydanticCustomError("not_a_number", "is not a whole number, such as 20")
    if isinstance(value, str) and len(value) > MOST_DIGITS:
        raise PydanticCustomError("too_long", "has more than {most} digits", {"most": MOST_DIGITS})
    return value


def _flag(value: Any) -> Any:
    """A flag without a value, as in `?count`, is set."""
    if value == "":
        return True
    if isinstance(value, str) and value not in {"true", "false"}:
        raise PydanticCustomError("not_a_flag", "is neither true nor false", {"allowed": ["true", "false"]})
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]


def comma_list(kind: Any, most: int = 20) -> GetPydanticSchema:
    """Marks a parameter as a comma-separated list of at most `most` values, each of this kind.

    The field holds a tuple of the distinct values, in the order sent: `Annotated[tuple[str, ...], comma_list(Slug)]`.
    OpenAPI describes it as an array of this kind, and `model_dump` writes the string again. A `list` of it may be
    repeated.
    """
    value_type = TypeAdapter[Any](kind)

    def read(value: Any) -> tuple[str, ...]:
        # FastAPI gives the values of a sequence field as a list; `strict_query` has refused a second one.
        text = ",".join(value) if isinstance(value, list | tuple) else value
        if not isinstance(text, str):
            raise PydanticCustomError("string_type", "Input should be a valid string")
        parts = text.split(",")
        if len(parts) > most:
            raise PydanticCustomError("too_many", "has more than {most} values", {"most": most})
        values = []
        for part in parts:
            try:
                values.append(str(value_type.validate_python(part)))
            except ValidationError as error:
                raise _part_error(part, error.errors()[0]) from None
        return tuple(dict.fromkeys(values))

    written = core_schema.plain_serializer_function_ser_schema(",".join)
    core = core_schema.no_info_plain_validator_function(read, serialization=written)
    items = value_type.json_schema()
    return GetPydanticSchema(lambda source, handler: core, lambda schema, handler: {**COMMA_LIST, "items": items})


def names_schema(names: Iterable[str]) -> WithJsonSchema:
    """Describes a parameter for `chosen_names`: a comma-separated list of these names."""
    return WithJsonSchema({**COMMA_LIST, "items": {"type": "string", "enum": [*names]}})


def _part_error(part: str, finding: ErrorDetails) -> PydanticCustomError:
    """The error of a comma-separated list of which this part is wrong."""
    context = {**finding.get("ctx", {}), "part": repr(part)}
    if "expected" in context:
        return PydanticCustomError("unknown_name", "{part} is not one of the names there are", context)
    return PydanticCustomError("invalid", "{part} {why}", {**context, "why": fault_message(finding)})


class Parameters(BaseModel):
    """Query parameters of an endpoint. `strict_query` has refused undeclared ones before this model is built."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PageQuery(Parameters):
    """The parameters of every list. Lists with filters inherit from it."""

    limit: Annotated[int, BeforeValidator(whole_number)] = Field(
        default=20, ge=1, le=100, description="Items on a page.", examples=[5]
    )
    cursor: str | None = Field(
        default=None, description="From `next` or `prev` of a page of the same list, with the same filters and sort."
    )
    count: Flag = Field(default=False, description="Fill `count` with how many there are in all.", examples=[True])

    def filters(self) -> dict[str, object]:
        """The values that a cursor is bound to: filters and sort, with comma-separated lists as one string again."""
        return self.model_dump(exclude=_NOT_FILTERS)

    def list_names(self, noun: str) -> list[str]:
        """The names of what a page depends on, in the form of the log: the objects asked for, else all of the noun."""
        ids: Sequence[str] = getattr(self, "ids", None) or ()
        return [f"{noun}:{id}" for id in ids] or [f"{noun}s"]

    @model_validator(mode="after")
    def _ids_alone(self) -> Self:
        for name in ("cursor", "sort", "limit"):
            if name in self.model_fields_set and getattr(self, "ids", None) is not None:
                raise conflict(name, "cannot stand together with `ids`")
        return self


# Parameters that choose neither the items of a list nor their order. A list by `ids` is one page and has no cursor.
_NOT_FILTERS: Final = {"limit", "cursor", "count", "fields", "include", "ids", "highlight", "facets", "explain"}


def conflict(parameter: str, detail: str, kind: str = "conflict") -> PydanticCustomError:
    """The error of a parameter that does not fit the others, for a validator to raise."""
    return PydanticCustomError(kind, "{detail}", {"parameter": parameter, "detail": detail})


def check_number_of_values(filters: Mapping[str, Sequence[tuple[str, ...] | None]]) -> None:
    """Raises: PydanticCustomError, if the filters have more than 30 values together.

    Each value adds a branch or a look-up to the statement, and the database must plan it quickly.
    """
    sizes = {name: sum(len(values or ()) for values in lists) for name, lists in filters.items()}
    if sum(sizes.values()) > MOST_VALUES:
        detail = f"has, together with the other filters, more than {MOST_VALUES} values"
        raise conflict(max(sizes, key=lambda name: sizes[name]), detail, kind="too_many")


def chosen_names(value: str | None, allowed: Iterable[str], parameter: str) -> tuple[str, ...]:
    """The distinct names of a comma-separated list. Raises: Invalid, naming the unknown one and those there are."""
    if value is None:
        return ()
    allowed_names, names = list(allowed), tuple(dict.fromkeys(value.split(",")))
    for name in names:
        if name not in allowed_names:
            detail = f"{name!r} is not one of the names there are" if name else "holds an empty name"
            fault = Fault(detail, "unknown-name", parameter=parameter, allowed=allowed_names)
            raise Invalid(f"Parameter {parameter!r}: {detail}.", fault)
    return names
