"""The README and the pages beside it: every line of their shell blocks is run, as a person pastes it into a shell."""

import json
import os
import re
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from urllib.request import urlopen

import pytest

from app.settings import Settings
from tests.commands import ROOT
from tests.conftest import Fresh
from tests.postgres import programs_folder
from tests.processes import answers, free_port, wait_for
from tests.shells import SHELLS, Printed, Terminal, checkout

# Where the README leads to its last part, a reader has seen the other pages.
LAST_PART: Final = "## Run it for a newsroom"
PAGES: Final = ("agents", "clients", "feed", "import", "operations", "webhooks")
# This one is followed by a test of its own, for it takes Node: tests/clients/test_first_front_end.py.
PAGE_WITH_ITS_OWN_TEST: Final = "first-front-end"
PLACEHOLDER: Final = "postgresql://user:password@host/name"
FENCE: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# What each database and each day makes anew.
MADE_ANEW: Final = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
)
# What a person's interactive zsh, or bash, does not take as it stands: the rest of a line behind `#`; patterns and
# the history outside quotes, and the history inside double quotes.
QUOTED: Final = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
HERE_DOCUMENT: Final = re.compile(r"<<'(\w+)'\n.*?^\1$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A block of code of a page: its heading, its language, its text, and the output that the page shows of it."""

    heading: str
    language: str
    code: str
    shown: str | None = None


def blocks_of(text: str) -> list[Block]:
    """The blocks of a page. A block `json` right behind shell code shows the output of its last command."""
    found: list[Block] = []
    end = 0
    for match in FENCE.finditer(text):
        heading = re.findall(r"^##? (.*)", text[: match.start()], re.MULTILINE)[-1]
        if match[1] == "json" and found and found[-1].language == "sh" and not text[end : match.start()].strip():
            found[-1] = found[-1]._replace(shown=match[2])
        else:
            found.append(Block(heading, match[1], match[2]))
        end = match.end()
    return found


def in_reading_order(*names: str) -> list[Block]:
    """The shell blocks of the README and, before its last part, those of the pages of these names."""
    first, heading, last = (ROOT / "README.md").read_text().partition(LAST_PART)
    pages = [(ROOT / "docs" / f"{name}.md").read_text() for name in names]
    return [block for text in (first, *pages, heading + last) for block in blocks_of(text) if block.language == "sh"]


def documents(text: str) -> list[Any]:
    """The JSON documents of an output, one behind the other."""
    documents, decoder = [], json.JSONDecoder()
    text = text.strip()
    while text:
        document, end = decoder.raw_decode(text)
        documents.append(document)
        text = text[end:].strip()
    return documents


@dataclass
class Reader:
    """A person with terminals in one folder, who pastes block after block. `ports` are free ones for 8000 and 8001."""

    shell: str
    folder: Path
    environment: dict[str, str]
    substitutes: dict[str, str]
    ports: tuple[int, int]
    _stack: ExitStack = field(default_factory=ExitStack)
    _servers: dict[int, Terminal] = field(default_factory=dict)
    _opened: int = 0

    def __enter__(self) -> Self:
        self._desk = self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def follow(self, block: Block) -> list[Printed]:
        """Does what a block says: a server in a terminal of its own, in the place of the one on its port."""
        code = block.code
        for text, substitute in self.substitutes.items():
            code = code.replace(text, substitute)
        if not block.code.endswith("make run\n"):
            printed = self._desk.paste(code)
            assert [output.exit_code for output in printed] == [0] * len(printed), (code, self._desk.said())
            assert printed, code
            return printed
        port = self.ports["PORT=8001" in block.code]
        if port in self._servers:
            self._servers.pop(port).interrupt()
            wait_for(lambda: not answers(port))
        server = self._servers[port] = self._open()
        server.begin(code)
        server.wait_for(lambda: answers(port))
        return []

    def _open(self) -> Terminal:
        self._opened += 1
        log = self.folder.with_name(f"{self.folder.name}-{self._opened}.txt")
        return self._stack.enter_context(Terminal(self.shell, self.folder, self.environment, log))


@pytest.fixture
def reader(request: pytest.FixtureRequest, sqlite: Fresh, postgresql: Fresh, tmp_path: Path) -> Iterator[Reader]:
    """In bash with the SQLite file that the server makes, in zsh with PostgreSQL: each is read with once."""
    shell: str = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    ports = free_port(), free_port()
    environment = {
        "PATH": f"{programs_folder()}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PORT": str(ports[0]),
        # `make test` is shortened by this, as CONTRIBUTING.md says.
        "ARGS": "-q -n 0 -p no:cacheprovider tests/db/test_url.py",
    }
    with postgresql(sample=shell == "zsh") as sample_url, postgresql(migrated=False) as own_url:
        if shell == "zsh":
            environment["DATABASE_URL"] = sample_url
        substitutes = {
            "localhost:8000": f"localhost:{ports[0]}",
            "PORT=8001": f"PORT={ports[1]}",
            PLACEHOLDER: shlex.quote(own_url),
        }
        with Reader(shell, checkout(tmp_path / "dovidka"), environment, substitutes, ports) as reader:
            yield reader


def test_the_readme_leads_to_every_page() -> None:
    led_to = {*re.findall(r"\]\(docs/([a-z-]+\.md)", (ROOT / "README.md").read_text())}
    assert led_to == {page.name for page in (ROOT / "docs").glob("*.md")}


@pytest.mark.parametrize("reader", SHELLS, indirect=True)
def test_all_that_the_pages_say_can_be_pasted_and_does_what_they_show(reader: Reader) -> None:
    printed_by_heading: dict[str, list[Printed]] = {}
    # The other pages with one shell: that none of their lines means something else to the other is tested below.
    for block in in_reading_order(*PAGES if reader.shell == "bash" else ()):
        printed = reader.follow(block)
        printed_by_heading.setdefault(block.heading, []).extend(printed)
        if block.shown is not None:
            assert MADE_ANEW.sub("…", printed[-1].text.strip()) == MADE_ANEW.sub("…", block.shown.strip())

    a_story_is_written_published_and_withdrawn(printed_by_heading)
    # The second process still serves the file that began empty; the first serves PostgreSQL now.
    for port in reader.ports:
        with urlopen(f"http://127.0.0.1:{port}/v1/articles") as answer:
            assert json.load(answer)["items"] == []
    (backup,) = reader.folder.glob("backup-*.db")
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT count(*) FROM articles").fetchone() == (0,)
    assert (reader.folder / "backup.dump").read_bytes().startswith(b"PGDMP")


def a_story_is_written_published_and_withdrawn(printed_by_heading: dict[str, list[Printed]]) -> None:
    def read(heading: str) -> list[Any]:
        return [document for output in printed_by_heading[heading] for document in documents(output.text)]

    *sources, draft, changed, preview = read("Write")
    assert [document["slug"] for document in sources] == ["vera-lamp", "lighthouse", "the-old-lamp", "the-old-lamp"]
    assert sources[-1]["status"] == "published"
    assert (draft["slug"], draft["status"], draft["revision"]) == ("the-lamp-is-lit-again", "draft", 1)
    assert (changed["kicker"], changed["revision"]) == ("Harbour", 2)
    assert "/previews/" in preview["url"]

    published, public, copied, working_copy, again, corrected = read("Publish")
    assert (published["status"], published["revision"]) == ("published", 3)
    assert public["headline"] == "The lamp is lit again"
    included = {noun: [*public["included"][noun]] for noun in ("tags", "sources", "notes")}
    assert included == {"tags": ["lighthouse"], "sources": ["vera-lamp"], "notes": ["the-old-lamp"]}
    assert [document["headline"] for document in (copied, working_copy, again)] == [
        "The lamp is lit again, and turns"
    ] * 3
    assert [copied["status"], again["status"]] == ["draft", "published"]
    assert [document["text"] for document in corrected["corrections"]] == ["The lens began to turn at seven."]

    revisions, difference, withdrawn, gone = read("History")
    assert revisions["items"][-1]["revision"] == 1
    assert {"kicker", "headline"} <= {document["field"] for document in difference["fields"]}
    assert withdrawn["status"] == "withdrawn"
    assert (gone["status"], gone["reason"]) == (410, "error")


def test_a_command_that_fails_is_found_out(tmp_path: Path) -> None:
    with Terminal("bash", tmp_path, {"PATH": os.environ["PATH"]}, tmp_path / "log.txt") as terminal:
        assert terminal.paste("echo first\nfalse\n") == [Printed("first\n", 0), Printed("", 1)]


def test_nothing_that_is_pasted_means_something_else_to_another_shell() -> None:
    blocks = in_reading_order(*PAGES)
    assert blocks
    assert {block.code: faults for block in blocks if (faults := misread_by_some_shell(block.code))} == {}


@pytest.mark.parametrize(
    "code", ["make run  # starts it", "curl localhost/v1?limit=3", 'echo "done!"', "rm *.db", "ls [ab]", "key list …"]
)
def test_what_some_shell_misreads_is_found_out(code: str) -> None:
    assert len(misread_by_some_shell(code)) == 1


def misread_by_some_shell(code: str) -> list[str]:
    code = HERE_DOCUMENT.sub("", code)
    in_double_quotes = "".join(part for part in QUOTED.findall(code) if part.startswith('"'))
    return re.findall(r"[#?*[!~…]", QUOTED.sub("", code)) + re.findall("!", in_double_quotes)


def test_the_pages_have_shell_blocks_and_the_readme_shows_outputs() -> None:
    blocks = in_reading_order(*PAGES)
    headings = [block.heading for block in blocks]
    assert headings.index("Start") < headings.index("Write") < headings.index("Keys") < headings.index(LAST_PART[3:])
    assert len([block for block in blocks if block.shown]) == 2


def test_no_page_has_commands_that_are_not_run() -> None:
    """Each page with commands is in `PAGES`, and its commands are in blocks `sh`; CONTRIBUTING's are the Makefile's."""
    pages = {path.stem: path.read_text() for path in (ROOT / "docs").glob("*.md")}
    assert {name for name, text in pages.items() if "```sh\n" in text} == {*PAGES, PAGE_WITH_ITS_OWN_TEST}
    for name, text in {**pages, "README": (ROOT / "README.md").read_text()}.items():
        for block in blocks_of(text):
            assert block.language == "sh" or not re.search(r"^(curl|make|desk|\.venv)\b", block.code, re.MULTILINE), (
                name
            )


def test_every_setting_is_explained() -> None:
    names = {name.upper() for name in Settings.model_fields}
    rows = re.findall(r"^\| (`[A-Z_`, ]+) \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"[A-Z_]+", row)} == names
