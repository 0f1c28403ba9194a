"""A terminal for tests: a shell as a person has it open, into which lines are pasted."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from tests.commands import ROOT

# Interactive shells without the settings of a person: zsh takes no comments then, and both know `!`.
SHELLS: Final = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
# Each writes a line with the exit code before the next prompt.
PROMPTED: Final = r'printf "\n### exit %s\n" $?'
EXIT: Final = re.compile(r"\n### exit (\d+)\n")
END: Final = "### all is pasted"
PATIENCE_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.05


class Printed(NamedTuple):
    """What one command wrote to standard output, and its exit code."""

    text: str
    exit_code: int


class Terminal:
    """A shell in a folder. At the end of the `with` block it is ended, with all that it has started."""

    def __init__(self, shell: str, folder: Path, environment: dict[str, str], log: Path) -> None:
        """`log`: the file for what it prints; that with `.err` added has the messages and prompts."""
        self._log, self._errors = log, log.with_suffix(".err")
        self._seen = 0
        with self._log.open("w") as output, self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                SHELLS[shell],
                cwd=folder,
                env={**environment, "PROMPT_COMMAND": PROMPTED},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self.paste(f"precmd() {{ {PROMPTED}; }}\n" if shell == "zsh" else "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def paste(self, lines: str) -> list[Printed]:
        """Runs the lines, and returns what each command of them has printed."""
        self.begin(lines + f"echo '{END}'\n")
        self.wait_for(lambda: f"\n{END}\n" in self._log.read_text()[self._seen :])
        self.wait_for(lambda: EXIT.search(self._log.read_text().rpartition(END)[2]) is not None)
        text = self._log.read_text()
        printed, self._seen = text[self._seen :].partition(END)[0], len(text)
        parts = EXIT.split(printed)
        return [Printed(text, int(code)) for text, code in zip(parts[0::2], parts[1::2], strict=False)]

    def begin(self, lines: str) -> None:
        """Pastes lines that go on until `interrupt`."""
        assert self._process.stdin is not None
        self._process.stdin.write(lines)
        self._process.stdin.flush()

    def interrupt(self) -> None:
        """Presses Ctrl+C."""
        os.killpg(self._process.pid, signal.SIGINT)

    def wait_for(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(LOOK_SECONDS)

    def said(self) -> str:
        """The end of what it has printed, for the message of a failure."""
        return f"{self._log.read_text()[-2_000:]}\n{self._errors.read_text()[-2_000:]}"


def checkout(folder: Path) -> Path:
    """A folder that looks like this checkout after `make dev`, for commands that write where they stand."""
    folder.mkdir()
    for entry in ROOT.iterdir():
        if not entry.name.startswith(".venv") and entry.name != ".git" and ".db" not in entry.name:
            (folder / entry.name).symlink_to(entry)
    environment = folder / ".venv"
    environment.mkdir()
    for entry in Path(sys.prefix).iterdir():
        if not entry.name.startswith("."):
            (environment / entry.name).symlink_to(entry)
    for stamp in (".made", ".installed", ".installed-dev"):
        (environment / stamp).touch()
    return folder
