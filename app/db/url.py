"""A database's URL, taken apart, and how it may be shown."""

import re
from pathlib import Path
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit


class DatabaseUrl:
    """A database URL, `text` as the user wrote it. `path` is the file of a SQLite database, None for PostgreSQL.

    `setting` is the name of the setting that it comes from.

    Raises: ValueError, whose message names the accepted forms and hides the password.
    """

    def __init__(self, url: str, setting: str = "DATABASE_URL") -> None:
        if match := re.fullmatch(r"sqlite:///(?P<path>(?!:memory:)[^?#]+)", url):
            self.path: Path | None = Path(match["path"])
        elif re.match(r"postgres(ql)?://", url) and _has_parts(url):
            self.path = None
        else:
            raise ValueError(
                f"{setting} is {_without_password(url)!r}; it must be sqlite:///relative.db,"
                " sqlite:////absolute.db or postgresql://user:password@host/name"
            )
        self.text = url

    def __str__(self) -> str:
        return _without_password(self.text)

    @property
    def host(self) -> str:
        """The host and port of a server, or several with commas between them; the folder of a socket."""
        parts = urlsplit(self.text)
        return parts.netloc.rpartition("@")[2] or ",".join(parse_qs(parts.query).get("host", []))

    @property
    def dialect_name(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self.path else "postgresql"


# A host, or an IPv6 address in brackets, and a port. A URL may have several, separated by commas.
HOST: Final = re.compile(r"(?:\[[^][]*\]|[^][:]*)(?::(?P<port>[0-9]+))?")


def _has_parts(url: str) -> bool:
    """Whether the driver can take the URL apart. It must not meet one that it cannot: its errors show the password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    hosts = [HOST.fullmatch(host) for host in parts.netloc.rpartition("@")[2].split(",")]
    ports = [host["port"] for host in hosts if host and host["port"]]
    ports += [port for value in parse_qs(parts.query).get("port", []) for port in value.split(",") if port]
    return "#" not in url and all(hosts) and all(re.fullmatch("[0-9]{1,5}", p) and int(p) < 65_536 for p in ports)


def _without_password(url: str) -> str:
    """The URL as it may be shown. A password may hold any character before the last @, and may stand in the query."""
    hidden = re.sub(r"(?<=://)([^:/@]*):.*(?=@)", r"\1:***", url, flags=re.DOTALL)
    return re.sub(r"(?<=[?&]password=)[^&]*", "***", hidden)
