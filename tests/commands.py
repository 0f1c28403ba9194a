"""How tests run a command: in their own process, which shows all that it says and returns, or as the program it is."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from typer.testing import CliRunner, Result

from app.__main__ import cli

ROOT: Final = Path(__file__).parent.parent


def invoke(url: str, *arguments: str | Path) -> Result:
    """What the command says of the database at this URL. Raises: whatever the command lets out, but its exit.

    Where a loop is running, it needs a thread of its own: `await asyncio.to_thread(invoke, …)`.
    """
    return CliRunner().invoke(cli, [*map(str, arguments)], env={"DATABASE_URL": url}, catch_exceptions=False)


def program(url: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The same of `python -m app`. Cost: a second and more."""
    return subprocess.run(
        [sys.executable, "-m", "app", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
