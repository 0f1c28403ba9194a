"""Serves the API and prints its OpenAPI document; creates, fills and migrates an embedded database first."""

import json
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from app import logs, metrics
from app.about import EXAMPLES
from app.changes import log
from app.commands.console import failure, out
from app.commands.database import command_settings, migrate_database, run_with_database
from app.commands.importing import SAMPLE, has_no_sample, import_files
from app.db import DatabaseUrl, checkpoint_into_file
from app.importers.store import SEED
from app.settings import Settings

# How long the requests that a server has taken are waited for when it is told to stop.
STOP_SECONDS: Final = 10
# Addresses that lead to something where the sample is not there.
OF_ANY_CONTENT: Final = (("/v1/articles", "the newest stories"), ("/v1/changes", "the log of all changes"))


def serve(
    workers: Annotated[int | None, typer.Option(help="Processes to answer with; WORKERS, or 1, without it.")] = None,
) -> None:
    """Serve the API on HOST and PORT (127.0.0.1:8000). A new SQLite file gets its schema and the sample newsroom."""
    if workers is not None:
        os.environ["WORKERS"] = str(workers)  # which the workers read too
    with command_settings() as settings:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.socket(family) as listener:
            _bind(listener, settings.host, settings.port)
            path = DatabaseUrl(settings.database_url).path
            if path is not None:
                _prepare(settings, path)
            run_with_database(settings, lambda database: log.secret(database.reader(), settings.zone))
            has_sample = not run_with_database(settings, partial(has_no_sample, settings))
            _print_addresses(settings, listener.getsockname()[1], EXAMPLES if has_sample else OF_ANY_CONTENT)
            _serve(settings, listener)


def _bind(listener: socket.socket, host: str, port: int) -> None:
    """Raises: typer.Exit."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise failure(f"Cannot listen on {host}:{port}: {error.strerror}. Set HOST or PORT.", 2) from None


def _prepare(settings: Settings, path: Path) -> None:
    """Migrates an embedded database. A new one is built under another name and renamed when it is complete."""
    if path.exists() and path.stat().st_size:
        migrate_database(settings)
        return
    partial = path.with_name(f".{path.name}.new")
    for suffix in ("", "-wal", "-shm"):  # left by a first start that was killed
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    settings = settings.model_copy(update={"database_url": f"sqlite:///{partial}"})
    migrate_database(settings)
    import_files(settings, SAMPLE, SEED)
    checkpoint_into_file(partial)
    partial.replace(path)


def _serve(settings: Settings, listener: socket.socket) -> None:
    """Serves until a signal ends it: SIGINT and SIGTERM let requests finish, for STOP_SECONDS at most.

    Several workers accept from the one listener. Each is a process of its own, begun anew when it dies; SIGHUP replaces
    them one by one. Whatever is to happen once, they settle by rows of the database, as servers on several machines do.
    """
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from app.web.connections import Connection

    config = uvicorn.Config(
        "app.main:create_app_from_environment",
        factory=True,
        workers=settings.workers,
        http=Connection,
        log_config=logs.UVICORN,
        log_level=settings.log_level if settings.log_level != "info" else "warning",
        access_log=settings.log_level == "debug",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    if settings.workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
        return
    with tempfile.TemporaryDirectory(prefix="dovidka-metrics-") as folder:
        os.environ[metrics.FOLDER] = folder
        Multiprocess(config, [listener]).run()


def _print_addresses(settings: Settings, port: int, examples: Sequence[tuple[str, str]]) -> None:
    host = "localhost" if settings.host in {"127.0.0.1", "0.0.0.0"} else settings.host  # noqa: S104
    out.print(f"\nDovidka serves [bold]{DatabaseUrl(settings.database_url)}[/bold]. Worth opening:\n")
    pages = (("/", "a newspaper made of it"),) if settings.site_pages else ()
    for path, description in (*pages, ("/docs", "the API reference"), *examples)[:5]:
        out.print(f"  http://{host}:{port}{path}\n      [dim]{description}[/dim]")
    out.print("\nStop with Ctrl+C.")


def openapi() -> None:
    """Print the OpenAPI document."""
    from app.main import create_app

    with command_settings() as settings:
        document = json.dumps(create_app(settings).openapi(), ensure_ascii=False, indent=2)
        sys.stdout.buffer.write(document.encode() + b"\n")
