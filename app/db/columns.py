"""Column types that both databases share, ids, and the time as it is stored."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, LargeBinary, MetaData, String, Uuid
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine
from uuid_utils import compat as uuids

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def milliseconds(value: datetime) -> int:
    """Milliseconds since 1970; a finer fraction is cut off."""
    return (value - _EPOCH) // _MILLISECOND


def from_milliseconds(value: int) -> datetime:
    """In UTC."""
    return _EPOCH + value * _MILLISECOND


def utcnow() -> datetime:
    """Now, in UTC, cut to milliseconds as everything stored is."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def new_id() -> UUID:
    """A UUIDv7: its first 48 bits are the time, so ids sort by when they were made. Source: RFC 9562, 5.7."""
    return uuids.uuid7()


class UtcDateTime(TypeDecorator[datetime]):
    """An instant in UTC, to the millisecond. SQLite stores milliseconds since 1970: an integer is small and sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True
    python_type = datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        return value if value is None or dialect.name != "sqlite" else milliseconds(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Called for each row of a list, so not `process_result_value`, which SQLAlchemy wraps twice."""
        return _from_stored if dialect.name == "sqlite" else _in_utc


def _from_stored(value: int | None) -> datetime | None:
    return None if value is None else from_milliseconds(value)


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    # asyncpg stores the first instant there is as -infinity, and reads it without a zone.
    return value.astimezone(UTC) if value.tzinfo is not None else value.replace(tzinfo=UTC)


def uuid_to_bytes(value: str) -> bytes:
    """Raises: ValueError, for text that is no UUID."""
    packed = bytes.fromhex(value.replace("-", ""))
    if len(packed) != 16:
        raise ValueError(f"badly formed UUID: {value!r}")
    return packed


class Uuid16(TypeDecorator[str]):
    """A UUID in 16 bytes. In Python it is its canonical text: 36 characters, lower case.

    Order: that of the text, on both databases, because both compare the bytes one by one.
    Raises: ValueError, when a value is bound that is no UUID.
    """

    impl = Uuid()
    cache_ok = True
    python_type = str

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(LargeBinary(16) if dialect.name == "sqlite" else Uuid())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> UUID | bytes | None:
        if value is None:
            return None
        return uuid_to_bytes(value) if dialect.name == "sqlite" else UUID(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], str | None]:
        return _uuid_text if dialect.name == "sqlite" else _text


def _uuid_text(value: bytes | None) -> str | None:
    if value is None:
        return None
    digits = value.hex()  # in a third of the time that `str(UUID(bytes=value))` takes
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


Json: Final = JSON(none_as_null=True)
# Slugs and keys sort by their characters on both databases, whatever the server's locale.
Name: Final = String(120).with_variant(String(120, collation="C"), "postgresql")


def to_json_text(value: Any) -> str:
    return to_json(value).decode()


class Base(DeclarativeBase):
    """What all tables inherit from: names for their constraints that are the same on both databases."""

    metadata = MetaData(
        naming_convention={kind: f"{kind}_%(table_name)s_%(column_0_N_name)s" for kind in ("ix", "uq", "fk")}
        | {"ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s"}
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime}
