"""A PostgreSQL server and its streaming replica, to be cut off, promoted and killed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.postgres import NOBODY, server_programs
from tests.processes import free_port

SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_wal_size": "128MB", "fsync": "off"}


class Server:
    """One PostgreSQL server on this machine, run as nobody for root. Raises: RuntimeError, when a program fails."""

    def __init__(self, bin: Path, home: Path, name: str) -> None:
        self.port = free_port()
        self.data = home / name
        self._bin, self._log = bin, home / f"{name}.log"
        self._how: dict[str, Any] = {"cwd": home, "env": {"PATH": os.defpath}}
        if os.geteuid() == 0:
            self._how |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def run(self, program: str, *arguments: str) -> str:
        done = subprocess.run([self._bin / program, *arguments], capture_output=True, text=True, **self._how)
        if done.returncode:
            log = self._log.read_text() if self._log.exists() else ""
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}{log}")
        return str(done.stdout)

    def start(self) -> None:
        options = f"-p {self.port}"
        self.run("pg_ctl", "start", "-s", "-w", "-D", str(self.data), "-l", str(self._log), "-o", options)

    def kill(self) -> None:
        """Ends it at once, as a machine that fails does; nothing where it does not run."""
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", str(self.data))

    def promote(self) -> None:
        self.run("pg_ctl", "promote", "-s", "-w", "-D", str(self.data))

    def sql(self, statement: str, database: str = "postgres") -> str:
        return self.run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", statement).strip()


class Pair:
    """A primary and its replica, with one database in them."""

    def __init__(self, primary: Server, replica: Server, database: str) -> None:
        self.primary, self.replica, self.database = primary, replica, database
        self._conninfo = ""

    @property
    def url(self) -> str:
        """Leads to whichever of the two is the primary."""
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.replica.port}"
        return f"postgresql://postgres@{hosts}/{self.database}?target_session_attrs=primary"

    @property
    def replica_url(self) -> str:
        return self.replica.url(self.database)

    def commit_on_both(self) -> None:
        """From now on a commit is acknowledged when the replica has it, too."""
        self.primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.sql("SELECT pg_reload_conf()")

    def cut_off(self) -> None:
        """The replica hears nothing of the primary any more, and goes on answering."""
        self._conninfo = self.replica.sql("SHOW primary_conninfo")
        self.replica.sql("ALTER SYSTEM SET primary_conninfo = ''")
        self.replica.sql("SELECT pg_reload_conf()")

    def connect_again(self) -> None:
        self.replica.sql(f"ALTER SYSTEM SET primary_conninfo = $conninfo${self._conninfo}$conninfo$")
        self.replica.sql("SELECT pg_reload_conf()")


@contextmanager
def replicated() -> Iterator[Pair]:
    """A pair with an empty database; gone afterwards. Cost: some seconds."""
    home = Path(tempfile.mkdtemp(prefix="dovidka-"))
    bin = server_programs(home)
    primary, replica = Server(bin, home, "primary"), Server(bin, home, "replica")
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", home], check=True)
    try:
        initdb = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        primary.run("initdb", "-D", str(primary.data), *initdb)
        with (primary.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
        primary.start()
        primary.sql("CREATE DATABASE dovidka")
        copy = ("-X", "stream", "-c", "fast", "-R", "--no-sync")
        replica.run("pg_basebackup", "-d", primary.url("postgres"), "-D", str(replica.data), *copy)
        replica.start()
        yield Pair(primary, replica, "dovidka")
    finally:
        replica.kill()
        primary.kill()
        shutil.rmtree(home)
