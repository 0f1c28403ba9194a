"""Database URLs."""

from pathlib import Path

import pytest

from app.db import DatabaseUrl


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///dovidka.db", Path("dovidka.db")),
        ("sqlite:////var/lib/dovidka.db", Path("/var/lib/dovidka.db")),
        ("sqlite:///with space/назва.db", Path("with space/назва.db")),
        ("postgresql://user:secret@host:5432/name", None),
        ("postgres://host/name?sslmode=require", None),
        ("postgresql://user@one:5432,[::1]:5433/name?target_session_attrs=primary", None),
        ("postgresql://user@/name?host=/run/postgresql&port=5432", None),
    ],
)
def test_a_url_tells_where_the_database_is(url: str, path: Path | None) -> None:
    assert DatabaseUrl(url).path == path


@pytest.mark.parametrize(
    "url",
    [
        "",
        "dovidka.db",
        "sqlite://dovidka.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///a.db?mode=ro",
        "mysql://user:secret@host/name",
        "postgresql+asyncpg://user:secret@host/name",
        "http://user:secret@host/",
        "postgresql://user:secret@[host/name",
        "postgresql://user:secret@host:port/name",
        "postgresql://user:secret@host:70000/name",
        "postgresql://user:secret@host/name?port=x",
        "postgresql://user:secret#@host/name",
        "postgresql://user:secret/@host/name",
    ],
)
def test_a_url_of_another_form_is_refused_with_the_right_ones(url: str) -> None:
    with pytest.raises(ValueError, match=r"must be sqlite:///relative\.db") as raised:
        DatabaseUrl(url)

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://user:se:c@ret@host/name", "postgresql://user:***@host/name"),
        ("postgresql://user@host/name?password=secret&port=1", "postgresql://user@host/name?password=***&port=1"),
    ],
)
def test_a_url_never_shows_its_password(url: str, shown: str) -> None:
    assert str(DatabaseUrl(url)) == shown
