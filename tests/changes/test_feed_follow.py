"""The example client: its copy equals what the server shows, whenever it starts and however it ends."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic_core import to_json
from typer.testing import Result

from app import follow
from app.changes import feed
from app.db import Database, utcnow
from app.follow import CannotFollow, open_copy
from tests.commands import ROOT, invoke
from tests.contents import accept, exported, tombstone
from tests.factories import article, article_id, box, draft, note, source, tag, words
from tests.processes import served

Json = dict[str, Any]
KINDS = ["copy.ndjson", "copy.db"]


def documents(path: Path) -> dict[tuple[str, str], Json]:
    """The documents in a copy, by noun and ref."""
    if path.suffix == ".db":
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT noun, ref, document FROM documents").fetchall()
        return {(noun, ref): json.loads(document) for noun, ref, document in rows}
    latest = {}
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        if "noun" in entry:
            latest[entry["noun"], entry["ref"]] = entry["document"]
    return {key: document for key, document in latest.items() if document is not None}


async def shown(database: Database) -> dict[tuple[str, str], Json]:
    """The documents that the server shows to everyone, from a public export, by noun and ref."""
    public = {}
    for line in await exported(database, public=True):
        document = json.loads(line)
        noun = document.pop("noun")
        for name in ("former_slugs", "withdrawal"):
            document.pop(name, None)
        if document.get("status") not in {"withdrawn", "draft"}:
            public[noun, document["id"] if noun == "article" else document["slug"]] = document
    return public


async def run(url: str, path: Path) -> Result:
    """Brings the copy up to date, in this process."""
    return await asyncio.to_thread(invoke, "", "follow", url, "--to", path, "--once")


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    with served(database_url) as port:
        yield f"http://127.0.0.1:{port}"


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


@contextmanager
def follower(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Python with these arguments; killed at the end if it still runs."""
    command = [sys.executable, *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


@pytest.mark.parametrize("name", KINDS)
async def test_a_copy_is_updated_kept_up_to_date_and_started_over_when_it_is_too_old(
    url: str, database: Database, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    await accept(database, tag("rivers"), source("wire"), note("mill"), article("flood", body=[box("mill")]))
    await accept(database, article("dam", tags=["rivers"]), article("error"), draft("secret"))

    first = await run(url, path)
    assert first.exit_code == 0, first.stderr
    assert "is at position 5" in first.stderr
    assert documents(path) == await shown(database)
    await accept(database, tombstone("error"), article("dam", headline="Corrected"))
    assert (await run(url, path)).exit_code == 0
    assert documents(path) == await shown(database)

    with follower("-m", "app", "follow", url, "--to", path) as running:
        await accept(database, article("later"))
        await until(lambda: ("article", article_id("later")) in documents(path))
        running.send_signal(signal.SIGINT)
        _, messages = await asyncio.to_thread(running.communicate, None, 10)
    assert (running.returncode, "Stopped." in messages) == (0, True), messages

    await accept(database, tombstone("later"), article("last", body=[words("The end.")]))
    assert await feed.trim(database, utcnow() + timedelta(days=1))
    again = await run(url, path)
    assert (again.exit_code, "starting over" in again.stderr) == (0, True), again.stderr
    assert documents(path) == await shown(database)
    assert (await run(url, path)).exit_code == 0


@pytest.mark.parametrize("name", KINDS)
async def test_a_follower_that_is_killed_at_any_moment_continues_where_it_was(
    url: str, database: Database, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    await accept(database, *(article(f"story-{n}") for n in range(600)))
    # The command alone: to import all the others for each start takes a second.
    code = "import app.follow, typer, app.commands.follow as c; app.follow.BATCH_SIZE = 7; typer.run(c.follow)"
    for n in range(3):
        with follower("-c", code, url, "--to", path, "--once") as running:
            enough = 60 * (n + 1)
            await until(lambda enough=enough: _count(path) >= enough or running.poll() is not None)  # type: ignore[misc]
    assert (await run(url, path)).exit_code == 0
    assert documents(path) == await shown(database)


def _count(path: Path) -> int:
    """The number of documents in a copy that is being written. Uses none of the code under test."""
    if not path.exists():
        return 0
    if path.suffix == ".ndjson":
        return path.read_bytes().count(b"\n")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM documents").fetchone()
    except sqlite3.Error:
        return 0
    return int(count)


# --- the file ------------------------------------------------------------------------------------------------------


def stored_position(path: Path) -> int:
    with closing(open_copy(path)) as copy:
        return copy.position


def entry(seq: int, ref: str, document: Json | None) -> Json:
    return {"seq": seq, "noun": "tag", "ref": ref, "document": document}


@pytest.mark.parametrize("name", KINDS)
def test_a_copy_stores_its_position_and_removes_deleted_objects(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with closing(open_copy(path)) as copy:
        copy.apply([entry(1, "a", {"n": 1}), entry(2, "b", {"n": 1}), entry(3, "a", {"n": 2})])
        copy.apply([entry(4, "b", None)])
        assert (copy.position, stored_position(path)) == (4, 4)
        assert documents(path) == {("tag", "a"): {"n": 2}}
        copy.replace(iter([entry(9, "c", {"n": 1})]), 9)
        assert (copy.position, stored_position(path)) == (9, 9)
        assert documents(path) == {("tag", "c"): {"n": 1}}
        copy.replace(iter([]), 12)
    assert (stored_position(path), documents(path)) == (12, {})


def test_a_line_that_was_not_written_completely_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "copy.ndjson"
    open_copy(path).apply([entry(1, "a", {"n": 1}), entry(2, "b", {"n": 1})])
    path.write_bytes(path.read_bytes()[:-5])
    copy = open_copy(path)
    assert copy.position == 1
    copy.apply([entry(2, "b", {"n": 1})])
    assert documents(path) == {("tag", "a"): {"n": 1}, ("tag", "b"): {"n": 1}}


def test_an_ndjson_copy_is_compacted_when_most_lines_are_outdated(tmp_path: Path) -> None:
    path = tmp_path / "copy.ndjson"
    open_copy(path).apply([entry(n, f"t{n % 10}", {"n": n} if n % 10 else None) for n in range(1, 2_001)])
    before = documents(path)
    copy = open_copy(path)
    assert (copy.position, documents(path)) == (2_000, before)
    assert path.read_bytes().count(b"\n") == 10


@pytest.mark.parametrize(
    ("name", "content"),
    [("copy.txt", b""), ("copy.ndjson", b"no copy\n"), ("copy.ndjson", b"{}\n"), ("x.db", b"x" * 99)],
)
def test_a_file_that_is_not_a_copy_is_not_changed(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CannotFollow):
        open_copy(path)
    assert path.read_bytes() == content


# --- the server ----------------------------------------------------------------------------------------------------


def answering(answers: Iterable[httpx.Response | Exception]) -> httpx.Client:
    """A client of a server that gives these answers, one after the other."""
    remaining = iter(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        answer = next(remaining)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.Client(base_url="http://news.test", transport=httpx.MockTransport(handle))


def page(head: int, *entries: Json) -> httpx.Response:
    return httpx.Response(200, content=to_json({"items": entries, "head": head}))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (httpx.Response(404, text="<html>"), "Is it the address of a Dovidka server"),
        (httpx.Response(200, text="<html>"), "Is it the address of a Dovidka server"),
        (httpx.ConnectError("refused"), "does not answer: refused"),
        (httpx.Response(503), "it answers 503"),
        (
            httpx.Response(
                422, json={"code": "invalid", "detail": "after is a position to come.", "errors": [{"code": "future"}]}
            ),
            "The copy is of another server",
        ),
    ],
)
def test_an_error_of_the_server_is_explained(tmp_path: Path, answer: httpx.Response | Exception, message: str) -> None:
    with (
        closing(open_copy(tmp_path / "copy.db")) as copy,
        answering([answer]) as client,
        pytest.raises(CannotFollow, match=message),
    ):
        follow.follow(client, copy, print, once=True)


def test_a_server_that_does_not_answer_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    timeout = httpx.ReadTimeout("late")
    answers: list[httpx.Response | Exception] = [page(1, entry(1, "a", {})), timeout, httpx.Response(502)]
    answers += [page(2, entry(2, "b", {})), timeout, httpx.Response(400)]
    with closing(open_copy(tmp_path / "copy.db")) as copy, answering(answers) as client, pytest.raises(CannotFollow):
        follow.follow(client, copy, print, once=False)
    assert (copy.position, pauses) == (2, [1, 2, 1])


async def test_a_command_that_fails_closes_its_client_and_its_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = answering([httpx.Response(404, text="<html>")])
    closed: list[follow.SqliteCopy] = []
    close = follow.SqliteCopy.close

    def record(copy: follow.SqliteCopy) -> None:
        closed.append(copy)
        close(copy)

    monkeypatch.setattr(follow, "connect", lambda url: client)
    monkeypatch.setattr(follow.SqliteCopy, "close", record)

    result = await run("http://news.test", tmp_path / "copy.db")

    assert result.exit_code == 1
    assert client.is_closed
    assert len(closed) == 1


async def test_an_invalid_address_is_refused(tmp_path: Path) -> None:
    for url in ("news.example", "ftp://news.example"):
        result = await run(url, tmp_path / "copy.db")
        assert (result.exit_code, "is not the address of a server" in result.stderr) == (2, True), result.stderr


INVALID_ANSWERS = [
    (200, b'{"items": [{"seq": 1, "noun": "tag", "ref": "a"}], "head": 1}'),
    (200, b'{"items": [{"seq": "1", "noun": "tag", "ref": "a", "document": {}}], "head": 1}'),
    (200, b'{"items": [{"seq": 1, "noun": "tag", "ref": {}, "document": {}}], "head": 1}'),
    (200, b'{"items": [1], "head": 1}'),
    (200, b'{"items": {"a": 1}, "head": 1}'),
    (200, b'{"items": [], "head": "1"}'),
    (410, b"Gone"),
    (410, b'{"head": null}'),
    (410, b'{"head": 7, "items": [{}], "next": null}'),
    (410, b'{"head": 7, "items": [{"slug": {}}], "next": null}'),
]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("status", "body"), INVALID_ANSWERS)
def test_a_server_of_another_kind_is_named_without_its_password(
    tmp_path: Path, name: str, status: int, body: bytes
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status if request.url.path == "/v1/changes" else 200, content=body)

    client = httpx.Client(base_url="http://me:hush@news.example", transport=httpx.MockTransport(answer))
    with closing(open_copy(tmp_path / name)) as copy, client, pytest.raises(CannotFollow) as raised:
        follow.follow(client, copy, print, once=True)
    assert "http://news.example/v1/" in str(raised.value)
    assert copy.position == 0


def test_a_path_where_no_copy_can_be_stored_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "copy.db", tmp_path):
        with pytest.raises(CannotFollow, match=r"cannot be used: (unable to open|database is)|ends in \.ndjson"):
            open_copy(path)
