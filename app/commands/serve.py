"""Serves the API, and prints what describes it; an embedded database is made, filled and migrated on the way."""

import json
import socket
import sys
from pathlib import Path

from app.changes import store as log
from app.commands.console import fail, out
from app.commands.database import usable, with_database
from app.commands.importing import SAMPLE, load_files
from app.db import Address, fold, migrate
from app.settings import Settings


def serve() -> None:
    """Serve the API on HOST and PORT (127.0.0.1:8000). A new SQLite file gets its schema and the sample newsroom."""
    with usable() as settings, socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as listener:
        _bind(listener, settings.host, settings.port)
        path = Address(settings.database_url).path
        if path is not None:
            _prepare(settings, path)
        with_database(settings, lambda database: log.secret(database.reader(), settings.zone))
        _serve(settings, listener)


def _bind(listener: socket.socket, host: str, port: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise fail(f"Cannot listen on {host}:{port}: {error.strerror}. Set HOST or PORT.", 2) from None


def _prepare(settings: Settings, path: Path) -> None:
    """Brings an embedded database up to date. A new one is made aside and moved in place whole."""
    if path.exists() and path.stat().st_size:
        migrate(settings.database_url)
        return
    aside = path.with_name(f".{path.name}.new")
    for leftover in (aside, *(aside.with_name(aside.name + end) for end in ("-wal", "-shm"))):
        leftover.unlink(missing_ok=True)
    url = f"sqlite:///{aside}"
    migrate(url)
    load_files(settings.model_copy(update={"database_url": url}), SAMPLE)
    fold(aside)
    aside.replace(path)


def _serve(settings: Settings, listener: socket.socket) -> None:
    import uvicorn

    from app.main import EXAMPLES, create_app
    from app.web.connections import Connection

    anywhere = settings.host in {"127.0.0.1", "0.0.0.0"}  # noqa: S104
    base = f"http://{'localhost' if anywhere else settings.host}:{listener.getsockname()[1]}"
    out.print(f"\nDovidka serves [bold]{Address(settings.database_url)}[/bold]. Worth opening:\n")
    for path, about in (("/docs", "the API reference"), *EXAMPLES[:4]):
        out.print(f"  {base}{path}\n      [dim]{about}[/dim]")
    out.print("\nStop with Ctrl+C.")
    api = create_app(settings)

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """Ends the streams first: it waits for all requests, and they would not end by themselves."""
            api.state.live.end()
            await super().shutdown(sockets)

    Server(
        uvicorn.Config(
            api,
            http=Connection,
            log_level=settings.log_level if settings.log_level != "info" else "warning",
            access_log=settings.log_level == "debug",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    ).run(sockets=[listener])


def openapi() -> None:
    """Print the OpenAPI document."""
    from app.main import create_app

    with usable() as settings:
        document = json.dumps(create_app(settings).openapi(), ensure_ascii=False, indent=2)
        sys.stdout.buffer.write(document.encode() + b"\n")
