"""The script that brings up a primary, its replica, two servers and nginx: parts of it are killed, and it goes on."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import AsyncClient

from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from tests.answers import bearing
from tests.commands import ROOT
from tests.postgres import server_programs
from tests.processes import answers, free_port, until

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx on this machine")
SCRIPT = str(ROOT / "deploy" / "cluster.sh")


class Cluster:
    def __init__(self, home: Path) -> None:
        self.folder, self.port, self.bin = home / "cluster", free_port(), server_programs(home)
        self.environment = {
            **os.environ, "PORT": str(self.port), "PYTHON": sys.executable, "POSTGRES_BIN": str(self.bin),
        }  # fmt: skip

    def run(self, action: str) -> str:
        done = subprocess.run(
            ["sh", SCRIPT, action, str(self.folder)], env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def promote_replica(self) -> None:
        command = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        command += [str(self.bin / "pg_ctl"), "promote", "-s", "-w", "-D", str(self.folder / "postgres" / "replica")]
        subprocess.run(command, check=True, cwd="/")

    def pid(self, name: str) -> int:
        file = "postgres/{}/postmaster.pid" if name in {"primary", "replica"} else "{}.pid"
        return int((self.folder / file.format(name)).read_text().split()[0])


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    home = Path(tempfile.mkdtemp(prefix="dovidka-"))
    home.chmod(0o755)  # PostgreSQL is another user's where the tests are root's
    cluster = Cluster(home)
    try:
        cluster.run("up")
        yield cluster
    finally:
        cluster.run("down")
        shutil.rmtree(home)


async def test_the_cluster_goes_on_without_its_primary_and_without_one_of_its_servers(cluster: Cluster) -> None:
    hosts = f"127.0.0.1:{cluster.port + 3},127.0.0.1:{cluster.port + 4}"
    url = f"postgresql://postgres@{hosts}/dovidka?target_session_attrs=primary"
    database = Database(url)
    new = KeyIn(name="Desk", scopes=["content:write", "content:publish"])
    desk = bearing((await keys.create(database, new, created_by=None)).key)
    await database.close()

    async with AsyncClient(base_url=f"http://127.0.0.1:{cluster.port}", timeout=20) as wire:

        async def publish(slug: str) -> bool:
            story = {"language": "en", "headline": slug, "slug": slug}
            created = await wire.post("/v1/articles", json=story, headers=desk)
            published = await wire.post(f"/v1/articles/{slug}/publish", json={}, headers=desk)
            return (created.status_code, published.status_code) == (201, 200)

        assert await publish("before")
        os.kill(cluster.pid("primary"), signal.SIGQUIT)

        async def is_read() -> bool:
            statuses = [(await wire.get("/v1/articles/before")).status_code for _ in range(4)]
            return statuses == [200] * 4

        await until(is_read)
        await asyncio.to_thread(cluster.promote_replica)
        numbers = iter(range(1_000))

        async def is_written() -> bool:
            return await publish(f"after-{next(numbers)}")

        await until(is_written)
        last = next(numbers) - 1
        os.kill(cluster.pid("server-1"), signal.SIGKILL)
        await until(lambda: not answers(cluster.port + 1))
        for slug in ("before", f"after-{last}"):
            assert [(await wire.get(f"/v1/articles/{slug}")).status_code for _ in range(4)] == [200] * 4
