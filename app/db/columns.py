"""Column types that both databases share, ids, and the time as it is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, MetaData, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine
from uuid_utils import compat as uuids

_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(value: datetime) -> int:
    """Since 1970."""
    return (value - _EPOCH) // _MILLISECOND


def from_milliseconds(value: int) -> datetime:
    return _EPOCH + value * _MILLISECOND


def utcnow() -> datetime:
    """Now, in UTC, cut to milliseconds as everything stored is."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def new_id() -> UUID:
    """A UUIDv7: its first 48 bits are the time, so ids sort by when they were made. Source: RFC 9562, 5.7."""
    return uuids.uuid7()


class Moment(TypeDecorator[datetime]):
    """An instant in UTC, to the millisecond. SQLite: milliseconds since 1970, an integer, which sorts and is small."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return milliseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return None if value is None else value.astimezone(UTC)
        return from_milliseconds(value)


Json: Final = JSON(none_as_null=True)
# Slugs and keys sort by their characters on both databases, whatever the server's locale.
Name: Final = String(120).with_variant(String(120, collation="C"), "postgresql")


class RawJson(str):
    """JSON text for a JSON column: stored as it is, not serialised again."""

    __slots__ = ()


def serialise(value: Any) -> str:
    return value if isinstance(value, RawJson) else to_json(value).decode()


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment}
